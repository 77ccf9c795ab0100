#include "relay/timers.h"

namespace warmline::relay {

void TimerHeap::Arm(TimerTarget& target, std::uint64_t deadline_ms) {
  if (target.armed()) RemoveAt(target.position_);
  heap_.push_back({deadline_ms, &target});
  target.position_ = static_cast<std::uint32_t>(heap_.size() - 1);
  SiftUp(heap_.size() - 1);
}

void TimerHeap::Disarm(TimerTarget& target) {
  if (target.armed()) RemoveAt(target.position_);
}

std::optional<std::uint64_t> TimerHeap::Next() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().deadline_ms;
}

void TimerHeap::Expire(std::uint64_t now_ms) {
  while (!heap_.empty() && heap_.front().deadline_ms <= now_ms) {
    TimerTarget* target = heap_.front().target;
    RemoveAt(0);
    target->OnTimer();
  }
}

void TimerHeap::RemoveAt(std::size_t index) {
  heap_[index].target->position_ = TimerTarget::kUnarmed;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (index == heap_.size()) return;
  Place(index, last);
  SiftUp(index);
  SiftDown(last.target->position_);
}

void TimerHeap::SiftUp(std::size_t index) {
  const Entry entry = heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent].deadline_ms <= entry.deadline_ms) break;
    Place(index, heap_[parent]);
    index = parent;
  }
  Place(index, entry);
}

void TimerHeap::SiftDown(std::size_t index) {
  const Entry entry = heap_[index];
  for (;;) {
    std::size_t child = index * 2 + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].deadline_ms < heap_[child].deadline_ms) {
      ++child;
    }
    if (entry.deadline_ms <= heap_[child].deadline_ms) break;
    Place(index, heap_[child]);
    index = child;
  }
  Place(index, entry);
}

void TimerHeap::Place(std::size_t index, Entry entry) {
  heap_[index] = entry;
  entry.target->position_ = static_cast<std::uint32_t>(index);
}

}  // namespace warmline::relay
