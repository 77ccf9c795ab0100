// Flow, when one end is slow or fails: what is held, where, and that it is let go of.
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <thread>

#include "net/socket.h"
#include "relay/flow.h"
#include "test/check.h"
#include "test/flow_rig.h"
#include "test/net_fixture.h"

namespace warmline::relay {
namespace {

using Outcome = Flow::Outcome;
using test::FlowRig;
using test::Must;

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::uint64_t kSmall = 30'000;

// Sends small messages until the sink takes no more; returns how many bytes were sent.
std::uint64_t FillByCopying(FlowRig& rig) {
  std::uint64_t sent = 0;
  while (rig.sink.writable) {
    rig.sender.SendPattern(sent, kSmall);
    sent += kSmall;
    test::AwaitReadable(rig.source.fd.get(), kSmall);
    rig.TakeEvents();
    const Outcome outcome = rig.Pump().outcome;
    CHECK_EQ(outcome, rig.sink.writable ? Outcome::kSourceDry : Outcome::kSinkFull);
  }
  return sent;
}

// Has two megabytes ready, so that it is bulk, and a sink that soon takes no more.
std::uint64_t FillBySplicing(FlowRig& rig) {
  Must(net::SetIntOption(rig.sink.fd.get(), SOL_SOCKET, SO_SNDBUF, 200 * 1024, "SO_SNDBUF"));
  test::Preload(rig.sender, rig.source.fd.get(), 2 * kMiB);
  rig.TakeEvents();
  CHECK_EQ(rig.Pump().outcome, Outcome::kSinkFull);
  REQUIRE(!rig.sink.writable);
  return 2 * kMiB;
}

// Reads what is left, from the beginning of the stream, while the flow goes on.
void DrainAndCompare(FlowRig& rig, std::uint64_t size) {
  std::uint64_t received = 0;
  std::thread receiver([&] { received = rig.receiver.ReadPattern(0, size); });
  rig.PumpUntil(size);
  receiver.join();
  CHECK_EQ(received, size);
  CHECK_EQ(rig.pipes.lent(), 0U);
}

const test::Register kCopyHeld("a full sink holds one message back, and nothing more is read", [] {
  FlowRig rig;
  const std::uint64_t sent = FillByCopying(rig);
  CHECK(rig.flow.bytes() < sent);
  CHECK_EQ(rig.pipes.lent(), 0U);

  rig.sender.SendPattern(sent, kSmall);
  test::AwaitReadable(rig.source.fd.get(), kSmall);
  rig.TakeEvents();
  CHECK_EQ(rig.Pump().outcome, Outcome::kSinkFull);
  CHECK_EQ(test::Unread(rig.source.fd.get()), kSmall);
  DrainAndCompare(rig, sent + kSmall);
});

const test::Register kSpliceHeld("a full sink keeps bulk in one pipe until it takes it", [] {
  FlowRig rig;
  const std::uint64_t sent = FillBySplicing(rig);
  CHECK_EQ(rig.pipes.lent(), 1U);
  const std::size_t unread = test::Unread(rig.source.fd.get());
  CHECK_EQ(rig.Pump().outcome, Outcome::kSinkFull);
  CHECK_EQ(test::Unread(rig.source.fd.get()), unread);
  DrainAndCompare(rig, sent);
});

const test::Register kNoPipe("bulk is copied when no pipe can be opened", [] {
  FlowRig rig;
  constexpr std::uint64_t kTotal = 16 * kMiB;
  const test::FdCeiling ceiling(0);
  std::thread sender([&] { rig.sender.SendPattern(0, kTotal); });
  DrainAndCompare(rig, kTotal);
  sender.join();
});

const test::Register kSourceFailed("what came before a reset of the source is delivered", [] {
  for (const std::uint64_t size : {std::uint64_t{5}, 2 * kMiB}) {
    FlowRig rig;
    test::Preload(rig.sender, rig.source.fd.get(), size);
    rig.sender.Reset();
    test::AwaitEvents(rig.source.fd.get(), POLLHUP);
    rig.TakeEvents();
    std::uint64_t received = 0;
    std::thread receiver([&] { received = rig.receiver.ReadPattern(0, size); });
    const Flow::Result result = rig.PumpToEnd();
    receiver.join();
    CHECK_EQ(result.outcome, Outcome::kSourceFailed);
    CHECK_EQ(result.error.err, ECONNRESET);
    CHECK_EQ(received, size);
    CHECK_EQ(rig.pipes.lent(), 0U);
  }
});

const test::Register kSinkFailed("a sink that was reset ends the flow, whatever is held", [] {
  for (const bool bulk : {false, true}) {
    FlowRig rig;
    (void)(bulk ? FillBySplicing(rig) : FillByCopying(rig));
    rig.receiver.Reset();
    test::AwaitEvents(rig.sink.fd.get(), POLLHUP);
    rig.TakeEvents();
    const Flow::Result result = rig.Pump();
    CHECK_EQ(result.outcome, Outcome::kSinkFailed);
    CHECK_EQ(result.error.err, ECONNRESET);
    CHECK_EQ(rig.pipes.lent(), bulk ? 1U : 0U);
    const std::size_t fds = test::OpenFds();
    rig.flow.Abandon(rig.pipes);
    CHECK_EQ(rig.pipes.lent(), 0U);
    // Not kept for others: bytes are in it.
    CHECK_EQ(test::OpenFds(), bulk ? fds - 2 : fds);
  }
});

}  // namespace
}  // namespace warmline::relay
