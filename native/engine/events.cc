#include "engine/events.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace warmline::engine {

EventQueue::EventQueue(std::size_t capacity, std::function<void()> wake)
    : capacity_(capacity), wake_(std::move(wake)) {}

void EventQueue::Push(std::vector<Event>& events) {
  if (events.empty()) return;
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = batch_.events.empty() && batch_.dropped == 0;
    const std::size_t room = capacity_ - std::min(capacity_, batch_.events.size());
    const std::size_t taken = std::min(room, events.size());
    std::move(events.begin(), std::next(events.begin(), static_cast<std::ptrdiff_t>(taken)),
              std::back_inserter(batch_.events));
    batch_.dropped += events.size() - taken;
    dropped_ += events.size() - taken;
  }
  events.clear();
  if (was_empty) wake_();
}

void EventQueue::PushAnswer(Event event) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = batch_.events.empty() && batch_.dropped == 0;
    batch_.events.push_back(std::move(event));
  }
  if (was_empty) wake_();
}

EventQueue::Batch EventQueue::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(batch_, Batch{});
}

std::uint64_t EventQueue::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace warmline::engine
