#include "test/ring_rig.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <thread>

#include "engine/io_uring.h"
#include "test/check.h"

namespace warmline::test {

void OnThread(const std::function<void()>& run) { std::thread(run).join(); }

void WithRing(const std::function<void(engine::BackEnd&)>& run) {
  OnThread([&] {
    const net::Result<std::unique_ptr<engine::BackEnd>> ring = engine::IoUring::Open();
    if (ring.ok()) {
      run(*ring.value());
    } else {
      Skip(std::string(ring.error().call) + ": " +
           std::generic_category().message(ring.error().err) +
           "; needs Linux 5.6, sysctl kernel.io_uring_disabled=0 and no seccomp(2) filter");
    }
  });
}

bool HasRing() {
  bool has = false;
  WithRing([&](engine::BackEnd&) { has = true; });
  return has;
}

void Forbid(std::uint32_t call) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(code), code};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1) {
    BailOut(net::SysError::FromErrno("prctl"));
  }
  REQUIRE(::syscall(static_cast<long>(call), -1, 0, 0, 0, nullptr, 0) == -1 && errno == EPERM);
}

Batch::Batch(std::size_t count, std::size_t room) {
  for (std::size_t i = 0; i < count; ++i) {
    buffers_.emplace_back(room);
    from.push_back(i % 2 == 0 ? ConnectTcp() : ConnectUnix());
    to.push_back(i % 2 == 0 ? ConnectTcp() : ConnectUnix());
    transfers.push_back({.source = from[i].ours.get(), .sink = to[i].ours.get()});
    transfers[i].buffer = buffers_[i];
  }
}

void Batch::Send(std::size_t i) {
  from[i].theirs.SendPattern(OffsetOf(i), SizeOf(i));
  AwaitReadable(transfers[i].source, SizeOf(i));
}

void Batch::SendAll() {
  for (std::size_t i = 0; i < transfers.size(); ++i) Send(i);
}

void Batch::CheckMade(std::size_t i) {
  CHECK_EQ(transfers[i].received, static_cast<int>(SizeOf(i)));
  CHECK_EQ(transfers[i].sent, static_cast<int>(SizeOf(i)));
  AwaitReadable(to[i].theirs.fd(), SizeOf(i));
  CHECK_EQ(Unread(to[i].theirs.fd()), SizeOf(i));
  CHECK_EQ(to[i].theirs.ReadPattern(OffsetOf(i), SizeOf(i)), SizeOf(i));
}

void Batch::CheckAllMade() {
  for (std::size_t i = 0; i < transfers.size(); ++i) CheckMade(i);
}

}  // namespace warmline::test
