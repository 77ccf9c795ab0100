#include "engine/sweeper.h"

#include <algorithm>

namespace warmline::engine {
namespace {

constexpr std::uint64_t kPeriodMs = 1'000;
constexpr std::size_t kFewSessions = 500;
constexpr std::size_t kPeriodsARound = 10;

}  // namespace

void Sweeper::Wake() {
  if (!armed()) host_.timers().Arm(*this, host_.now_ms() + kPeriodMs);
}

// The table moves its last session to where one was removed, so a round may miss one; the next will
// not.
void Sweeper::OnTimer() {
  const std::size_t count = sessions_.sessions().size();
  if (count == 0) return;
  const std::size_t share = std::max(kFewSessions, (count + kPeriodsARound - 1) / kPeriodsARound);
  for (std::size_t looked = 0; looked < std::min(share, count); ++looked) {
    if (next_ >= count) next_ = 0;
    sessions_.sessions()[next_++]->LookAtLiveness();
  }
  host_.timers().Arm(*this, host_.now_ms() + kPeriodMs);
}

}  // namespace warmline::engine
