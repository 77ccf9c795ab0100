// Die: how the load ends when something is not as it should be. A number that was measured over a
// broken connection is worse than none, so every failure ends the program with a sentence.
#pragma once

#include <string_view>

namespace warmline::bench {

// Prints "load: because" and exits with 1.
[[noreturn]] void Die(std::string_view because);

// The same for a system call that has just failed, with what errno says.
[[noreturn]] void DieOfErrno(std::string_view call);

}  // namespace warmline::bench
