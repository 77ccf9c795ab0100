#include "histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace warmline::bench {

std::uint64_t Histogram::Percentile(double percent) const {
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100));
  std::uint64_t seen = 0;
  for (std::size_t index = 0; index < buckets_.size(); index++) {
    seen += buckets_[index];
    if (seen >= wanted) return std::min(HighestAt(index), longest_);
  }
  return longest_;
}

// The first two groups of buckets are one wide; each later one is twice as wide as the last.
std::size_t Histogram::IndexOf(std::uint64_t value) {
  if (value < kPerPower) return value;
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
  return shift * kPerPower + (value >> shift);
}

std::uint64_t Histogram::HighestAt(std::size_t index) {
  if (index < kPerPower) return index;
  const std::size_t shift = index / kPerPower - 1;
  return ((index - shift * kPerPower + 1) << shift) - 1;
}

}  // namespace warmline::bench
