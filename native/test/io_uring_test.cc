// IoUring: what a ring makes of a batch is what plain calls make of it; and the kernel may refuse.
#include "engine/io_uring.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <variant>
#include <vector>

#include "engine/engine.h"
#include "engine/system_calls.h"
#include "net/socket.h"
#include "test/check.h"
#include "test/echo.h"
#include "test/engine_rig.h"
#include "test/net_fixture.h"

namespace warmline::engine {
namespace {

using test::Connection;
using test::Must;
using test::Peer;

// Each on a thread of its own: when a ring goes, blocking calls of a thread that has used it are
// interrupted; and what a thread has forbidden itself stays forbidden.
void OnThread(const std::function<void()>& run) { std::thread(run).join(); }

void WithRing(const std::function<void(BackEnd&)>& run) {
  OnThread([&] {
    const net::Result<std::unique_ptr<BackEnd>> ring = IoUring::Open();
    if (ring.ok()) {
      run(*ring.value());
    } else {
      test::Skip(std::string(ring.error().call) + ": " +
                 std::generic_category().message(ring.error().err) +
                 "; needs Linux 5.6, sysctl kernel.io_uring_disabled=0 and no seccomp(2) filter");
    }
  });
}

bool HasRing() {
  bool has = false;
  WithRing([&](BackEnd&) { has = true; });
  return has;
}

// From here on that system call gives this thread, and those that it starts, EPERM.
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
    test::BailOut(net::SysError::FromErrno("prctl"));
  }
  REQUIRE(::syscall(static_cast<long>(call), -1, 0, 0, 0, nullptr, 0) == -1 && errno == EPERM);
}

// Transfers between connections of their own, every other one of unix sockets.
class Batch {
 public:
  explicit Batch(std::size_t count, std::size_t room = 4000) {
    for (std::size_t i = 0; i < count; ++i) {
      buffers_.emplace_back(room);
      from.push_back(i % 2 == 0 ? test::ConnectTcp() : test::ConnectUnix());
      to.push_back(i % 2 == 0 ? test::ConnectTcp() : test::ConnectUnix());
      transfers.push_back({.source = from[i].ours.get(), .sink = to[i].ours.get()});
      transfers[i].buffer = buffers_[i];
    }
  }

  static std::uint64_t OffsetOf(std::size_t i) { return i * 10'000; }
  static std::size_t SizeOf(std::size_t i) { return 1 + i * 61; }
  void Send(std::size_t i) {
    from[i].theirs.SendPattern(OffsetOf(i), SizeOf(i));
    test::AwaitReadable(transfers[i].source, SizeOf(i));
  }
  void SendAll() {
    for (std::size_t i = 0; i < transfers.size(); ++i) Send(i);
  }
  void CheckMade(std::size_t i) {
    CHECK_EQ(transfers[i].received, static_cast<int>(SizeOf(i)));
    CHECK_EQ(transfers[i].sent, static_cast<int>(SizeOf(i)));
    test::AwaitReadable(to[i].theirs.fd(), SizeOf(i));
    CHECK_EQ(test::Unread(to[i].theirs.fd()), SizeOf(i));
    CHECK_EQ(to[i].theirs.ReadPattern(OffsetOf(i), SizeOf(i)), SizeOf(i));
  }
  void CheckAllMade() {
    for (std::size_t i = 0; i < transfers.size(); ++i) CheckMade(i);
  }

  std::vector<Connection> from;
  std::vector<Connection> to;
  std::vector<relay::Transfer> transfers;

 private:
  std::vector<std::vector<std::byte>> buffers_;
};

// What holds for the ring holds for plain calls.
void WithEach(void (*run)(BackEnd&)) {
  OnThread([&] {
    SystemCalls calls;
    run(calls);
  });
  WithRing(run);
}

const test::Register kExact("one to 64 transfers are made by a ring as by plain calls", [] {
  WithEach([](BackEnd& back_end) {
    // Enough to go round the ring.
    for (const std::size_t count : {1U, 2U, 3U, 64U, 63U, 64U, 2U}) {
      Batch batch(count);
      batch.SendAll();
      back_end.Make(batch.transfers);
      batch.CheckAllMade();
    }
    back_end.Make({});
  });
});

const test::Register kOrder("everything is received before anything is sent", [] {
  WithEach([](BackEnd& back_end) {
    Batch batch(2);
    batch.Send(0);
    batch.transfers[0].sink = batch.from[1].theirs.fd();
    back_end.Make(batch.transfers);
    CHECK_EQ(batch.transfers[0].sent, static_cast<int>(Batch::SizeOf(0)));
    CHECK_EQ(batch.transfers[1].received, -EAGAIN);
    CHECK_EQ(test::Unread(batch.transfers[1].source), Batch::SizeOf(0));
  });
});

const test::Register kNothing("what an empty, an ended and a dead source give is told apart", [] {
  WithEach([](BackEnd& back_end) {
    Batch batch(6);
    for (const std::size_t i : {0U, 2U}) batch.from[i].theirs.FinishWriting();
    batch.from[4].theirs.Reset();
    batch.from[5].theirs.Close();
    for (const std::size_t i : {0U, 2U, 4U, 5U}) {
      test::AwaitEvents(batch.transfers[i].source, POLLRDHUP);
    }
    batch.Send(1);
    back_end.Make(batch.transfers);
    CHECK_EQ(batch.transfers[0].received, 0);
    batch.CheckMade(1);
    CHECK_EQ(batch.transfers[2].received, 0);
    CHECK_EQ(batch.transfers[3].received, -EAGAIN);
    CHECK_EQ(batch.transfers[4].received, -ECONNRESET);
    CHECK_EQ(batch.transfers[5].received, 0);
    // Nothing was sent where nothing was received.
    for (const std::size_t i : {0U, 2U, 3U, 4U, 5U}) {
      CHECK_EQ(batch.transfers[i].sent, 0);
      CHECK_EQ(test::Unread(batch.to[i].theirs.fd()), 0U);
    }
  });
});

bool IsSigpipePending() {
  sigset_t pending;
  REQUIRE(sigpending(&pending) == 0);
  return sigismember(&pending, SIGPIPE) == 1;
}

const test::Register kDeadSink("a dead sink gives an error, and no signal", [] {
  WithEach([](BackEnd& back_end) {
    // Blocked, so that also a process that ignores it finds it pending: sig_ignored(), signal.c.
    sigset_t sigpipe;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    REQUIRE(pthread_sigmask(SIG_BLOCK, &sigpipe, nullptr) == 0);
    Batch batch(4);
    for (const std::size_t i : {0U, 1U}) {
      batch.to[i].theirs.Reset();
      test::AwaitEvents(batch.transfers[i].sink, POLLHUP);
    }
    for (const int err : {ECONNRESET, EPIPE}) {
      batch.SendAll();
      back_end.Make(batch.transfers);
      CHECK_EQ(batch.transfers[0].sent, -err);
      CHECK_EQ(batch.transfers[1].sent, -EPIPE);
      batch.CheckMade(2);
      batch.CheckMade(3);
    }
    CHECK(!IsSigpipePending());
    CHECK(::send(batch.transfers[0].sink, "x", 1, 0) == -1 && IsSigpipePending());
  });
});

const test::Register kFull("a sink that takes a part or nothing says so", [] {
  WithEach([](BackEnd& back_end) {
    constexpr std::size_t kMuch = 1024 * 1024;
    Batch batch(3, kMuch);
    Must(net::SetIntOption(batch.transfers[0].sink, SOL_SOCKET, SO_SNDBUF, 8192, "SO_SNDBUF"));
    test::Preload(batch.from[0].theirs, batch.transfers[0].source, kMuch);
    const std::string filling(4096, 'x');
    while (::send(batch.transfers[1].sink, filling.data(), filling.size(), 0) > 0) continue;
    for (const std::size_t i : {1U, 2U}) batch.Send(i);
    back_end.Make(batch.transfers);
    CHECK_EQ(batch.transfers[0].received, static_cast<int>(kMuch));
    const int sent = batch.transfers[0].sent;
    REQUIRE(sent > 0 && sent < static_cast<int>(kMuch));
    const auto taken = static_cast<std::size_t>(sent);
    CHECK_EQ(batch.to[0].theirs.ReadPattern(0, taken), taken);
    CHECK_EQ(test::Unread(batch.to[0].theirs.fd()), 0U);
    CHECK_EQ(batch.transfers[1].sent, -EAGAIN);
    batch.CheckMade(2);
  });
});

const test::Register kBadFd("a descriptor that is none does not disturb the others", [] {
  WithEach([](BackEnd& back_end) {
    Batch batch(5);
    batch.SendAll();
    batch.transfers[1].source = -1;
    batch.transfers[2].sink = -1;
    back_end.Make(batch.transfers);
    CHECK_EQ(batch.transfers[1].received, -EBADF);
    CHECK_EQ(batch.transfers[2].sent, -EBADF);
    for (const std::size_t i : {0U, 3U, 4U}) batch.CheckMade(i);
  });
});

const test::Register kNoEnter("a ring that may no longer be entered makes its transfers", [] {
  WithRing([](BackEnd& ring) {
    Forbid(__NR_io_uring_enter);
    for (const std::size_t count : {1U, 2U, 64U}) {
      Batch batch(count);
      batch.SendAll();
      ring.Make(batch.transfers);
      batch.CheckAllMade();
    }
  });
});

void CheckRefused(std::uint32_t call, const char* name) {
  OnThread([&] {
    Forbid(call);
    const net::Result<std::unique_ptr<BackEnd>> ring = IoUring::Open();
    REQUIRE(!ring.ok());
    CHECK_EQ(ring.error().err, EPERM);
    CHECK_EQ(ring.error().call, std::string(name));
    CHECK(!OpenBackEnds(BackEndKind::kIoUring, 2).ok());
  });
}

const test::Register kRefused("a ring that can't be used is refused when it is opened", [] {
  CheckRefused(__NR_io_uring_setup, "io_uring_setup");
  if (HasRing()) CheckRefused(__NR_io_uring_enter, "io_uring_enter");
});

const test::Register kOneEach("every worker gets a back end of its own", [] {
  CHECK_EQ(Must(OpenBackEnds(BackEndKind::kEpoll, 3)).size(), 3U);
  if (HasRing()) CHECK_EQ(Must(OpenBackEnds(BackEndKind::kIoUring, 3)).size(), 3U);
});

EngineOptions Choosing(BackEndChoice choice) {
  return {.workers = 2, .back_end = choice, .event_capacity = 100, .wake = [] {}};
}

// Relays a message through a new engine; returns what it has to say of itself.
EngineStats RelayThroughOne(BackEndChoice choice) {
  const test::Echo echo;
  const std::unique_ptr<Engine> engine = Must(Engine::Start(Choosing(choice)));
  const Engine::ApplyResult applied =
      engine->Apply({.routes = {test::On({test::Loopback()}, test::RouteTo({echo.address()}))}});
  REQUIRE(std::holds_alternative<std::vector<OpenListener>>(applied));
  const Peer client = Peer::Connect(std::get<std::vector<OpenListener>>(applied)[0].address);
  client.Send("ping");
  CHECK_EQ(client.Read(4), std::string("ping"));
  return engine->Stats();
}

const test::Register kAuto("an engine that may choose takes a ring where it can", [] {
  if (!HasRing()) return;
  const EngineStats stats = RelayThroughOne(BackEndChoice::kAuto);
  CHECK_EQ(stats.back_end, BackEndKind::kIoUring);
  CHECK(!stats.ring_refused.has_value());
});

const test::Register kFallBack("an engine without rings uses epoll, and says why", [] {
  OnThread([] {
    Forbid(__NR_io_uring_setup);
    const EngineStats stats = RelayThroughOne(BackEndChoice::kAuto);
    CHECK_EQ(stats.back_end, BackEndKind::kEpoll);
    REQUIRE(stats.ring_refused.has_value());
    CHECK_EQ(stats.ring_refused->err, EPERM);
    CHECK_EQ(stats.ring_refused->call, std::string("io_uring_setup"));
    CHECK(!RelayThroughOne(BackEndChoice::kEpoll).ring_refused.has_value());

    const net::Result<std::unique_ptr<Engine>> insisting =
        Engine::Start(Choosing(BackEndChoice::kIoUring));
    REQUIRE(!insisting.ok());
    CHECK_EQ(insisting.error().err, EPERM);
  });
});

}  // namespace
}  // namespace warmline::engine
