#include "window.h"

#include <algorithm>

#include "die.h"

namespace warmline::bench {
namespace {

constexpr Nanoseconds kPatience = 10'000'000'000;

}  // namespace

Window::Window(const Options& options)
    : options_(options), phase_end_(Now() + options.warm_up), moved_(Now()) {}

std::span<epoll_event> Window::Wait(Epoll& epoll) {
  const Nanoseconds before = Now();
  const auto events = epoll.Wait(std::min(phase_end_ - before, kPatience));
  if (!events.empty()) {
    moved_ = before;
  } else if (Now() - moved_ > kPatience) {
    Die("nothing has moved for ten seconds");
  }
  return events;
}

bool Window::BeginsNow(Nanoseconds now) {
  if (now < phase_end_) return false;
  switch (phase_) {
    case Phase::kWarmUp: Enter(Phase::kMeasured, now); return true;
    case Phase::kMeasured: Enter(Phase::kOver, now); return false;
    case Phase::kOver: return false;
  }
  return false;
}

void Window::Enter(Phase phase, Nanoseconds now) {
  phase_ = phase;
  const Nanoseconds cpu = CpuTime(options_.watched);
  if (phase == Phase::kMeasured) {
    begin_ = now;
    phase_end_ = now + options_.measured;
    cpu_ = cpu;
  } else {
    end_ = now;
    cpu_ = cpu - cpu_;
  }
}

double Window::seconds() const { return static_cast<double>(end_ - begin_) / kPerSecond; }

double Window::cpu_seconds() const { return static_cast<double>(cpu_) / kPerSecond; }

}  // namespace warmline::bench
