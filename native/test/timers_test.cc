#include "relay/timers.h"

#include <map>
#include <random>

#include "test/check.h"

namespace warmline::relay {
namespace {

class Probe final : public TimerTarget {
 public:
  void OnTimer() override { ++fired; }
  int fired = 0;
};

const test::Register kOrder("timers fire in the order of their deadlines, and only when due", [] {
  TimerHeap heap;
  Probe early;
  Probe late;
  heap.Arm(late, 20);
  heap.Arm(early, 10);
  CHECK_EQ(heap.Next().value_or(0), 10U);
  heap.Expire(9);
  CHECK_EQ(early.fired, 0);
  heap.Expire(10);
  CHECK_EQ(early.fired, 1);
  CHECK_EQ(late.fired, 0);
  heap.Expire(100);
  CHECK_EQ(late.fired, 1);
  CHECK(!heap.Next().has_value());
});

const test::Register kRandom("a random mix of arming and disarming agrees with a sorted list", [] {
  TimerHeap heap;
  std::vector<Probe> probes(200);
  std::multimap<std::uint64_t, Probe*> reference;
  std::map<Probe*, std::uint64_t> deadlines;
  std::mt19937 random(7);
  const auto forget = [&](Probe& probe) {
    if (!probe.armed()) return;
    auto [begin, end] = reference.equal_range(deadlines[&probe]);
    for (auto it = begin; it != end; ++it) {
      if (it->second == &probe) {
        reference.erase(it);
        break;
      }
    }
  };
  for (int i = 0; i < 20'000; ++i) {
    Probe& probe = probes[random() % probes.size()];
    forget(probe);
    if (random() % 3 == 0) {
      heap.Disarm(probe);
    } else {
      const std::uint64_t deadline = random() % 1000;
      heap.Arm(probe, deadline);
      deadlines[&probe] = deadline;
      reference.emplace(deadline, &probe);
    }
    const auto next = heap.Next();
    if (next.has_value() != !reference.empty()) {
      CHECK(false);
      break;
    }
    if (next.has_value()) CHECK_EQ(*next, reference.begin()->first);
  }
  for (Probe& probe : probes) heap.Disarm(probe);
  CHECK(!heap.Next().has_value());
});

}  // namespace
}  // namespace warmline::relay
