// EventQueue: what fits, what is dropped and counted, and when the listener is woken.
#include "engine/events.h"

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "test/check.h"

namespace warmline::engine {
namespace {

// A queue that counts how often it wakes its listener.
struct CountedQueue {
  explicit CountedQueue(std::size_t capacity) : queue(capacity, [this] { ++wakes; }) {}

  int wakes = 0;
  EventQueue queue;
};

// So many events, told apart by `paused_ms`, which counts from `first`.
std::vector<Event> Some(std::uint64_t first, std::size_t count) {
  std::vector<Event> events;
  for (std::size_t i = 0; i < count; ++i) events.emplace_back(AcceptResumed{nullptr, first + i});
  return events;
}

void Push(EventQueue& queue, std::uint64_t first, std::size_t count) {
  std::vector<Event> events = Some(first, count);
  queue.Push(events);
  CHECK(events.empty());
}

const test::Register kOrder("events are taken once, in the order in which they were told", [] {
  CountedQueue counted(10);
  Push(counted.queue, 0, 3);
  Push(counted.queue, 3, 2);
  const EventQueue::Batch batch = counted.queue.Take();
  REQUIRE(batch.events.size() == 5);
  for (std::uint64_t i = 0; i < 5; ++i) {
    CHECK_EQ(std::get<AcceptResumed>(batch.events[i]).paused_ms, i);
  }
  CHECK_EQ(batch.dropped, 0U);
  CHECK(counted.queue.Take().events.empty());
});

const test::Register kDrops("what does not fit is dropped and counted, the oldest stay", [] {
  CountedQueue counted(4);
  Push(counted.queue, 0, 3);
  Push(counted.queue, 3, 3);
  Push(counted.queue, 6, 1);
  const EventQueue::Batch batch = counted.queue.Take();
  REQUIRE(batch.events.size() == 4);
  CHECK_EQ(std::get<AcceptResumed>(batch.events.back()).paused_ms, 3U);
  CHECK_EQ(batch.dropped, 3U);
  CHECK_EQ(counted.queue.dropped(), 3U);
});

const test::Register kSince("a batch counts its own drops, the queue all of them", [] {
  CountedQueue counted(1);
  Push(counted.queue, 0, 3);
  CHECK_EQ(counted.queue.Take().dropped, 2U);
  Push(counted.queue, 0, 2);
  CHECK_EQ(counted.queue.Take().dropped, 1U);
  CHECK_EQ(counted.queue.Take().dropped, 0U);
  CHECK_EQ(counted.queue.dropped(), 3U);
});

const test::Register kAnswers("an answer is never dropped", [] {
  CountedQueue counted(2);
  Push(counted.queue, 0, 5);
  for (std::uint32_t request = 0; request < 3; ++request) {
    counted.queue.PushAnswer(Inspection{request, {}});
  }
  const EventQueue::Batch batch = counted.queue.Take();
  REQUIRE(batch.events.size() == 5);
  CHECK_EQ(std::get<Inspection>(batch.events.back()).request, 2U);
  CHECK_EQ(batch.dropped, 3U);
});

const test::Register kWake("the listener is woken when an empty queue gets something", [] {
  CountedQueue counted(2);
  std::vector<Event> nothing;
  counted.queue.Push(nothing);
  CHECK_EQ(counted.wakes, 0);
  Push(counted.queue, 0, 1);
  CHECK_EQ(counted.wakes, 1);
  Push(counted.queue, 1, 5);
  counted.queue.PushAnswer(Drained{});
  CHECK_EQ(counted.wakes, 1);
  (void)counted.queue.Take();
  counted.queue.PushAnswer(Drained{});
  CHECK_EQ(counted.wakes, 2);
});

const test::Register kNoRoom("with no room at all the drops alone wake the listener", [] {
  CountedQueue counted(0);
  Push(counted.queue, 0, 2);
  Push(counted.queue, 2, 2);
  CHECK_EQ(counted.wakes, 1);
  CHECK_EQ(counted.queue.Take().dropped, 4U);
});

const test::Register kThreads("threads that tell at once lose nothing but what is counted", [] {
  constexpr std::size_t kTellers = 4;
  constexpr std::size_t kEach = 2000;
  std::atomic<int> wakes = 0;
  EventQueue queue(64, [&] { ++wakes; });
  std::vector<std::thread> tellers;
  for (std::size_t i = 0; i < kTellers; ++i) {
    tellers.emplace_back([&] {
      for (std::size_t k = 0; k < kEach; ++k) Push(queue, k, 1);
    });
  }
  std::size_t taken = 0;
  std::uint64_t dropped = 0;
  const auto take = [&] {
    const EventQueue::Batch batch = queue.Take();
    taken += batch.events.size();
    dropped += batch.dropped;
  };
  while (taken + dropped < kTellers * kEach) take();
  for (std::thread& teller : tellers) teller.join();
  CHECK_EQ(taken + dropped, kTellers * kEach);
  CHECK_EQ(queue.dropped(), dropped);
  CHECK(wakes > 0);
});

}  // namespace
}  // namespace warmline::engine
