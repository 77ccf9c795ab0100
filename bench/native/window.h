// Window: the time in which a figure counts, after the warm-up, and what the watched processes used
// of the CPU in it.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>

#include "clock.h"
#include "epoll.h"
#include "options.h"

namespace warmline::bench {

class Window {
 public:
  enum class Phase : std::uint8_t { kWarmUp, kMeasured, kOver };

  // Begins with the warm-up. `options` outlives it.
  explicit Window(const Options& options);

  [[nodiscard]] Phase phase() const { return phase_; }

  // Waits for events, at most until the phase ends. Dies when nothing has moved for ten seconds.
  [[nodiscard]] std::span<epoll_event> Wait(Epoll& epoll);

  // True when the measured phase has just begun: what was counted before does not count.
  [[nodiscard]] bool BeginsNow(Nanoseconds now);

  [[nodiscard]] double seconds() const;
  [[nodiscard]] double cpu_seconds() const;

 private:
  void Enter(Phase phase, Nanoseconds now);

  const Options& options_;
  Phase phase_ = Phase::kWarmUp;
  Nanoseconds phase_end_;
  Nanoseconds moved_;
  Nanoseconds begin_ = 0;
  Nanoseconds end_ = 0;
  Nanoseconds cpu_ = 0;
};

}  // namespace warmline::bench
