// Pidfd: sockets of a process, of which this one is the nearest.
#include "net/pidfd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "net/keepalive.h"
#include "net/socket.h"
#include "test/check.h"
#include "test/net_fixture.h"

namespace warmline::net {
namespace {

using test::Must;

std::uint64_t InodeOf(int fd) {
  struct stat status {};
  REQUIRE(::fstat(fd, &status) == 0);
  return status.st_ino;
}

const test::Register kSame("a duplicate is the same socket, with its options", [] {
  const Fd socket = Must(OpenStream(AF_INET));
  constexpr Keepalive kSome{.idle_s = 45, .interval_s = 5, .count = 4, .user_timeout_ms = 65'000};
  Must(ApplyKeepalive(socket.get(), kSome));
  const Fd process = Must(OpenProcess(::getpid()));
  const Fd duplicate = Must(DuplicateSocket(process.get(), socket.get(), InodeOf(socket.get())));
  CHECK(duplicate.get() != socket.get());
  CHECK(Must(ReadKeepalive(duplicate.get())) == (EffectiveKeepalive{true, kSome}));
});

const test::Register kStale("a descriptor that means something else by now is ESTALE", [] {
  const Fd socket = Must(OpenStream(AF_INET));
  const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Fd process = Must(OpenProcess(::getpid()));
  for (const int fd : {socket.get(), file.get()}) {
    const Result<Fd> duplicate = DuplicateSocket(process.get(), fd, InodeOf(socket.get()) + 1);
    REQUIRE(!duplicate.ok());
    CHECK_EQ(duplicate.error().err, ESTALE);
  }
});

const test::Register kGone("a descriptor or a process that is not there is an error", [] {
  const Fd process = Must(OpenProcess(::getpid()));
  CHECK_EQ(DuplicateSocket(process.get(), 1'000'000, 1).error().err, EBADF);
  CHECK_EQ(OpenProcess(-1).error().err, EINVAL);
});

}  // namespace
}  // namespace warmline::net
