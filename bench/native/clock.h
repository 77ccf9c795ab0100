// Clock: time, and the CPU time of other processes, in nanoseconds.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>

namespace warmline::bench {

using Nanoseconds = std::int64_t;

inline constexpr double kPerSecond = 1e9;
inline constexpr double kPerMillisecond = 1e6;
inline constexpr double kPerMicrosecond = 1e3;

// CLOCK_MONOTONIC.
[[nodiscard]] Nanoseconds Now();

// What all threads of these processes have used so far, in user space and in the kernel on their
// behalf: clock_getcpuclockid(3). Dies when one is gone.
[[nodiscard]] Nanoseconds CpuTime(std::span<const pid_t> processes);

}  // namespace warmline::bench
