#include "clock.h"

#include <ctime>

#include "die.h"

namespace warmline::bench {
namespace {

Nanoseconds Read(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) == -1) DieOfErrno("clock_gettime");
  return Nanoseconds{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Nanoseconds Now() { return Read(CLOCK_MONOTONIC); }

Nanoseconds CpuTime(std::span<const pid_t> processes) {
  Nanoseconds sum = 0;
  for (const pid_t process : processes) {
    clockid_t clock{};
    if (clock_getcpuclockid(process, &clock) != 0) Die("a watched process is gone");
    sum += Read(clock);
  }
  return sum;
}

}  // namespace warmline::bench
