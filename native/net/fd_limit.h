// FdLimit: how many file descriptors the process may have. Process-wide, so only the program calls
// it.
#pragma once

#include <cstdint>

#include "net/result.h"

namespace warmline::net {

struct FdLimit {
  std::uint64_t soft;
  std::uint64_t hard;
};

// Raises the soft limit to the hard one, which needs no privilege: setrlimit(2), RLIMIT_NOFILE.
Result<FdLimit> RaiseFdLimit();

}  // namespace warmline::net
