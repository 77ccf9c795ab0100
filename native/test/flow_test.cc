// Flow: which bytes arrive, on which data path, and what stays behind.
#include "relay/flow.h"

#include <poll.h>

#include <string>
#include <thread>

#include "net/socket.h"
#include "test/check.h"
#include "test/flow_rig.h"
#include "test/net_fixture.h"
#include "test/random.h"

namespace warmline::relay {
namespace {

using Outcome = Flow::Outcome;
using test::FlowRig;
using test::kScratchBytes;

constexpr std::uint64_t kMiB = 1024 * 1024;

// Sends and receives `size` bytes of the pattern on threads of their own while this one pumps.
void RelayPattern(FlowRig& rig, std::uint64_t offset, std::uint64_t size) {
  const std::uint64_t before = rig.flow.bytes();
  std::uint64_t received = 0;
  std::thread sender([&] { rig.sender.SendPattern(offset, size); });
  std::thread receiver([&] { received = rig.receiver.ReadPattern(offset, size); });
  rig.PumpUntil(before + size);
  sender.join();
  receiver.join();
  CHECK_EQ(received, size);
  CHECK_EQ(rig.flow.bytes() - before, size);
  CHECK_EQ(rig.pipes.lent(), 0U);
}

const test::Register kCopy("small messages are copied, without a pipe", [] {
  FlowRig rig;
  const std::size_t fds = test::OpenFds();
  for (const std::size_t size : {1U, 100U, 4096U, 60'000U}) {
    rig.sender.SendPattern(0, size);
    test::AwaitReadable(rig.source.fd.get(), size);
    rig.TakeEvents();
    CHECK_EQ(rig.Pump().outcome, Outcome::kSourceDry);
    CHECK_EQ(rig.receiver.ReadPattern(0, size), size);
  }
  CHECK_EQ(rig.flow.bytes(), 1U + 100U + 4096U + 60'000U);
  CHECK_EQ(test::OpenFds(), fds);
});

const test::Register kSplice("bulk goes through a pipe, byte-exact, and gives the pipe back", [] {
  FlowRig rig;
  const std::size_t fds = test::OpenFds();
  constexpr std::uint64_t kTotal = 2 * kMiB;
  test::Preload(rig.sender, rig.source.fd.get(), kTotal);
  rig.PumpUntil(kTotal);
  CHECK_EQ(test::OpenFds(), fds + 2);
  CHECK_EQ(rig.receiver.ReadPattern(0, kTotal), kTotal);
  CHECK_EQ(rig.pipes.lent(), 0U);
  RelayPattern(rig, kTotal, 32 * kMiB);
});

const test::Register kTransitions("bulk and small messages can alternate", [] {
  FlowRig rig;
  test::Random random(1);
  std::uint64_t offset = 0;
  for (int i = 0; i < 60; ++i) {
    const std::uint64_t size = random.Below(3) == 0 ? random.Below(4 * kMiB) : random.Below(2000);
    RelayPattern(rig, offset, size);
    offset += size;
  }
});

const test::Register kFinBehindData("a FIN behind the data ends the flow after the data", [] {
  constexpr std::uint64_t kSizes[] = {0, 1, 1000, kScratchBytes, 2 * kScratchBytes, 8 * kMiB};
  for (const std::uint64_t size : kSizes) {
    FlowRig rig;
    std::thread sender([&] {
      rig.sender.SendPattern(0, size);
      rig.sender.FinishWriting();
    });
    std::uint64_t received = 0;
    std::thread receiver([&] { received = rig.receiver.ReadPattern(0, size); });
    CHECK_EQ(rig.PumpToEnd().outcome, Outcome::kSourceEnded);
    sender.join();
    receiver.join();
    CHECK_EQ(received, size);
    CHECK_EQ(rig.flow.bytes(), size);
    CHECK_EQ(rig.pipes.lent(), 0U);
  }
});

const test::Register kFinSeen("data and FIN that came together are taken in one turn", [] {
  FlowRig rig;
  rig.sender.Send("last words");
  rig.sender.FinishWriting();
  test::AwaitEvents(rig.source.fd.get(), POLLRDHUP);
  rig.TakeEvents();
  CHECK_EQ(rig.Pump().outcome, Outcome::kSourceEnded);
  CHECK_EQ(rig.receiver.Read(10), std::string("last words"));
});

const test::Register kOneByte("one byte at a time arrives one byte at a time", [] {
  FlowRig rig;
  for (std::uint64_t i = 0; i < 500; ++i) {
    rig.sender.SendPattern(i, 1);
    rig.PumpUntil(i + 1);
    CHECK_EQ(rig.receiver.ReadPattern(i, 1), 1U);
  }
});

const test::Register kBudget("one turn moves no more than its budget, and says so", [] {
  FlowRig rig;
  constexpr std::uint64_t kTotal = 2 * kMiB;
  test::Preload(rig.sender, rig.source.fd.get(), kTotal);
  rig.TakeEvents();
  CHECK_EQ(rig.Pump().outcome, Outcome::kBudgetSpent);
  // A pipe that is full when the budget is reached is still emptied.
  CHECK(rig.flow.bytes() >= kMiB && rig.flow.bytes() <= kMiB + 256 * 1024);
  std::thread receiver([&] { CHECK_EQ(rig.receiver.ReadPattern(0, kTotal), kTotal); });
  rig.PumpUntil(kTotal);
  receiver.join();
});

}  // namespace
}  // namespace warmline::relay
