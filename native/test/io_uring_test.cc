// IoUring: what a ring makes of a batch is what plain calls make of it.
#include "engine/io_uring.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/system_calls.h"
#include "net/socket.h"
#include "test/check.h"
#include "test/net_fixture.h"
#include "test/ring_rig.h"

namespace warmline::engine {
namespace {

using test::Batch;
using test::Must;
using test::OnThread;

// What holds for the ring holds for plain calls.
void WithEach(void (*run)(BackEnd&)) {
  OnThread([&] {
    SystemCalls calls;
    run(calls);
  });
  test::WithRing(run);
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
  test::WithRing([](BackEnd& ring) {
    test::Forbid(__NR_io_uring_enter);
    for (const std::size_t count : {1U, 2U, 64U}) {
      Batch batch(count);
      batch.SendAll();
      ring.Make(batch.transfers);
      batch.CheckAllMade();
    }
  });
});

}  // namespace
}  // namespace warmline::engine
