// Histogram: latencies in fixed memory, log-linear: 64 buckets for each power of two, so that a
// value is known to 1.6 %.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace warmline::bench {

class Histogram {
 public:
  void Record(std::uint64_t value) {
    buckets_[IndexOf(value)]++;
    count_++;
    if (value > longest_) longest_ = value;
  }
  void Clear() { *this = Histogram(); }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t longest() const { return longest_; }

  // The value that `percent` of all values do not exceed, rounded up to the end of its bucket; 0
  // when there are none.
  [[nodiscard]] std::uint64_t Percentile(double percent) const;

 private:
  static constexpr unsigned kBits = 6;
  static constexpr std::size_t kPerPower = std::size_t{1} << kBits;

  static std::size_t IndexOf(std::uint64_t value);
  static std::uint64_t HighestAt(std::size_t index);

  std::array<std::uint64_t, kPerPower*(64 - kBits + 1)> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t longest_ = 0;
};

}  // namespace warmline::bench
