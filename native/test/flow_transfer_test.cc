// Flow, when its first piece is a transfer: when one is offered, and what is made of its results.
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "relay/flow.h"
#include "test/check.h"
#include "test/flow_rig.h"
#include "test/net_fixture.h"

namespace warmline::relay {
namespace {

using Outcome = Flow::Outcome;
using test::FlowRig;
using test::kScratchBytes;

// Of a transfer.
constexpr std::size_t kRoom = 4000;
constexpr int kTurnsWithout = 16;

// A flow whose source has `size` bytes of the pattern to read.
struct Ready {
  explicit Ready(std::size_t size = 5) {
    rig.sender.SendPattern(0, size);
    test::AwaitReadable(rig.source.fd.get(), size);
    rig.TakeEvents();
    REQUIRE(rig.source.readable && rig.sink.writable);
  }
  bool TakesTransfer() { return rig.flow.TakesTransfer(rig.source, rig.sink); }
  Flow::Result Settle(std::ptrdiff_t received, std::ptrdiff_t sent = 0) {
    return rig.flow.Settle(rig.source, rig.sink, std::as_bytes(std::span(buffer)), received, sent);
  }

  FlowRig rig;
  std::string buffer = std::string(kRoom, '\0');
};

const test::Register kOffered("a transfer is taken while both ends are ready, however often", [] {
  Ready ready;
  for (int i = 0; i < 100; ++i) CHECK(ready.TakesTransfer());
});

const test::Register kNotReady("no transfer is taken while one of the ends is not ready", [] {
  Ready ready;
  ready.rig.source.readable = false;
  CHECK(!ready.TakesTransfer());
  ready.rig.source.readable = true;
  ready.rig.sink.writable = false;
  CHECK(!ready.TakesTransfer());
  ready.rig.sink.writable = true;
  CHECK(ready.TakesTransfer());
});

const test::Register kBulk("no transfer is taken from bulk, until it runs dry", [] {
  constexpr std::size_t kFourFullReads = 4 * kScratchBytes;
  FlowRig rig;
  test::SetReadableMark(rig.receiver.fd(), kFourFullReads);
  test::Preload(rig.sender, rig.source.fd.get(), kFourFullReads);
  rig.TakeEvents();
  for (const bool bulk : {true, false}) {
    CHECK_EQ(rig.Pump().outcome, Outcome::kSourceDry);
    CHECK_EQ(rig.flow.bytes(), kFourFullReads);
    REQUIRE(rig.sink.writable);
    rig.source.readable = true;
    CHECK_EQ(rig.flow.TakesTransfer(rig.source, rig.sink), !bulk);
  }
});

const test::Register kShort("a short receive drains the source", [] {
  Ready ready;
  const Flow::Result result = ready.Settle(5, 5);
  CHECK_EQ(result.outcome, Outcome::kBudgetSpent);
  CHECK_EQ(ready.rig.flow.bytes(), 5U);
  CHECK(!ready.rig.source.readable);
  CHECK(ready.rig.sink.writable);
});

const test::Register kNotDrained("it does not before a FIN, or where reads come in pieces", [] {
  for (const bool fin : {true, false}) {
    Ready ready;
    ready.rig.source.fin = fin;
    ready.rig.source.piecewise = !fin;
    CHECK_EQ(ready.Settle(5, 5).outcome, Outcome::kBudgetSpent);
    CHECK(ready.rig.source.readable);
  }
});

const test::Register kDry("a receive that finds nothing leaves the source dry", [] {
  Ready ready;
  CHECK_EQ(ready.Settle(-EAGAIN).outcome, Outcome::kSourceDry);
  CHECK(!ready.rig.source.readable);
  CHECK_EQ(ready.rig.flow.bytes(), 0U);
});

const test::Register kEnded("a receive that finds the end ends the flow", [] {
  Ready ready;
  CHECK_EQ(ready.Settle(0).outcome, Outcome::kSourceEnded);
  CHECK(ready.rig.source.readable);
  CHECK(!ready.TakesTransfer());
  CHECK_EQ(ready.rig.Pump().outcome, Outcome::kSourceEnded);
});

const test::Register kFailed("a call that failed says which end has died, and of what", [] {
  Ready dead_source;
  const Flow::Result received = dead_source.Settle(-ECONNRESET);
  CHECK_EQ(received.outcome, Outcome::kSourceFailed);
  CHECK_EQ(received.error.err, ECONNRESET);
  CHECK_EQ(received.error.call, std::string("recv"));

  Ready dead_sink;
  const Flow::Result sent = dead_sink.Settle(5, -EPIPE);
  CHECK_EQ(sent.outcome, Outcome::kSinkFailed);
  CHECK_EQ(sent.error.err, EPIPE);
  CHECK_EQ(sent.error.call, std::string("send"));
  CHECK_EQ(dead_sink.rig.flow.bytes(), 0U);
});

// A transfer that received 1000 bytes of the pattern and sent `sent` of them; 500 more follow.
void HoldAndDeliver(std::ptrdiff_t sent, bool is_full) {
  Ready ready(1000);
  FlowRig& rig = ready.rig;
  REQUIRE(::recv(rig.source.fd.get(), ready.buffer.data(), kRoom, 0) == 1000);
  const std::size_t taken = sent > 0 ? static_cast<std::size_t>(sent) : 0;
  const ssize_t passed_on = ::send(rig.sink.fd.get(), ready.buffer.data(), taken, MSG_NOSIGNAL);
  REQUIRE(passed_on == static_cast<ssize_t>(taken));
  CHECK_EQ(ready.Settle(1000, sent).outcome, Outcome::kBudgetSpent);
  ready.buffer.assign(kRoom, 'x');
  CHECK_EQ(rig.flow.bytes(), taken);
  CHECK_EQ(rig.sink.writable, !is_full);

  rig.sender.SendPattern(1000, 500);
  test::AwaitReadable(rig.source.fd.get(), 500);
  if (is_full) CHECK_EQ(rig.Pump().outcome, Outcome::kSinkFull);
  rig.source.readable = rig.sink.writable = true;
  CHECK(!ready.TakesTransfer());
  CHECK_EQ(rig.Pump().outcome, Outcome::kSourceDry);
  CHECK_EQ(rig.receiver.ReadPattern(0, 1500), 1500U);
  CHECK_EQ(rig.flow.bytes(), 1500U);
}

const test::Register kHeld("what a full sink did not take is held, and goes first", [] {
  HoldAndDeliver(400, true);
  HoldAndDeliver(-EAGAIN, true);
});

const test::Register kInterrupted("a call that was interrupted loses nothing", [] {
  HoldAndDeliver(-EINTR, false);
  Ready ready(1000);
  CHECK_EQ(ready.Settle(-EINTR).outcome, Outcome::kBudgetSpent);
  CHECK(ready.rig.source.readable);
  CHECK_EQ(ready.rig.Pump().outcome, Outcome::kSourceDry);
  CHECK_EQ(ready.rig.receiver.ReadPattern(0, 1000), 1000U);
});

const test::Register kLarge("16 turns go without a transfer behind one that filled its buffer", [] {
  Ready ready;
  for (int round = 0; round < 2; ++round) {
    REQUIRE(ready.TakesTransfer());
    CHECK_EQ(ready.Settle(kRoom, kRoom).outcome, Outcome::kBudgetSpent);
    CHECK(ready.rig.source.readable);
    for (int turn = 0; turn < kTurnsWithout; ++turn) CHECK(!ready.TakesTransfer());
  }
  CHECK(ready.TakesTransfer());
});

}  // namespace
}  // namespace warmline::relay
