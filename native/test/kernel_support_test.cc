// KernelSupport: what is tried and what a refusal looks like.
#include "net/kernel_support.h"

#include <cerrno>
#include <cstddef>

#include "net/fd.h"
#include "net/socket.h"
#include "test/check.h"
#include "test/net_fixture.h"

namespace warmline::net {
namespace {

using test::Must;

const test::Register kSupported("this kernel has what the relay needs", [] {
  const Fd fd = Must(OpenStream(AF_INET));
  CHECK(TcpInfoFieldsBeyond(Must(TcpInfoBytes(fd.get()))).empty());
  Must(TryPidfdGetfd(fd.get()));
  Must(TrySockDiag());
  // A socket without a connection gives ENOTCONN, a kernel without splice(2) ENOSYS.
  CHECK_EQ(TrySplice(fd.get()).error().err, ENOTCONN);
});

const test::Register kOld("an older kernel fills fewer fields", [] {
  CHECK_EQ(TcpInfoFieldsBeyond(0).size(), std::size_t{8});
  // Linux 4.19 to 5.3: all but the window.
  CHECK_EQ(TcpInfoFieldsBeyond(228).size(), std::size_t{1});
  CHECK(TcpInfoFieldsBeyond(228).front() == "tcpi_snd_wnd");
});

const test::Register kRefused("a refusal says why, and nothing stays open", [] {
  const std::size_t before = test::OpenFds();
  CHECK_EQ(TcpInfoBytes(-1).error().err, EBADF);
  CHECK_EQ(TryRtoMax(-1).error().err, EBADF);
  CHECK_EQ(TrySplice(-1).error().err, EBADF);
  CHECK_EQ(TryPidfdGetfd(-1).error().err, EBADF);
  CHECK_EQ(test::OpenFds(), before);
});

}  // namespace
}  // namespace warmline::net
