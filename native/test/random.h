// Random: the same numbers in every run, so that what fails once fails again.
#pragma once

#include <cstdint>

namespace warmline::test {

// xorshift64*. One thread.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed + 1) {}

  std::uint64_t Next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dU;
  }
  // 0 to limit - 1.
  std::uint64_t Below(std::uint64_t limit) { return (Next() >> 32) % limit; }

 private:
  std::uint64_t state_;
};

}  // namespace warmline::test
