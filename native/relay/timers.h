// Timers: deadlines in a binary heap. Never reads the clock; the worker says what time it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace warmline::relay {

class TimerHeap;

// Something with one deadline at a time. Must be disarmed before it is destroyed. Worker thread.
class TimerTarget {
 public:
  TimerTarget(const TimerTarget&) = delete;
  TimerTarget& operator=(const TimerTarget&) = delete;

  // Its deadline has passed; it is disarmed already and may arm itself again.
  virtual void OnTimer() = 0;

  [[nodiscard]] bool armed() const { return position_ != kUnarmed; }

 protected:
  TimerTarget() = default;
  virtual ~TimerTarget() = default;

 private:
  friend class TimerHeap;
  static constexpr std::uint32_t kUnarmed = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t position_ = kUnarmed;
};

// O(log n) to arm and disarm, O(1) to ask for the next deadline. Worker thread.
class TimerHeap {
 public:
  // Moves the deadline of a target that is armed already.
  void Arm(TimerTarget& target, std::uint64_t deadline_ms);
  void Disarm(TimerTarget& target);
  [[nodiscard]] std::optional<std::uint64_t> Next() const;
  // Calls OnTimer on every target whose deadline is not after now_ms, earliest first.
  void Expire(std::uint64_t now_ms);

 private:
  struct Entry {
    std::uint64_t deadline_ms;
    TimerTarget* target;
  };

  void SiftUp(std::size_t index);
  void SiftDown(std::size_t index);
  void Place(std::size_t index, Entry entry);
  void RemoveAt(std::size_t index);

  std::vector<Entry> heap_;
};

}  // namespace warmline::relay
