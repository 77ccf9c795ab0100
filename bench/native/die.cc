#include "die.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>

namespace warmline::bench {

void Die(std::string_view because) {
  (void)std::fprintf(stderr, "load: %.*s\n", static_cast<int>(because.size()), because.data());
  std::exit(1);  // NOLINT(concurrency-mt-unsafe): there is one thread
}

void DieOfErrno(std::string_view call) {
  const std::error_code error(errno, std::generic_category());
  Die(std::string(call) + ": " + error.message());
}

}  // namespace warmline::bench
