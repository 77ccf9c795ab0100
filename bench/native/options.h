// Options: the command line of `load drive`.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "clock.h"

namespace warmline::bench {

struct Options {
  std::string figure;
  std::uint16_t port = 0;
  std::size_t connections = 1;
  Nanoseconds warm_up = 0;
  Nanoseconds measured = 0;
  // The relay's processes, whose CPU time is taken.
  std::vector<pid_t> watched;
};

// Reads FIGURE and then --name value, for all of --port, --connections, --warm-up, --seconds and,
// as often as there are processes, --watch. Dies when it can't.
[[nodiscard]] Options ParseOptionsOrDie(std::span<char* const> arguments);

}  // namespace warmline::bench
