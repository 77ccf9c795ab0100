// Runs every case, or those whose title contains the first argument, and prints TAP.
#include <cstdio>
#include <string>

#include "test/check.h"

namespace warmline::test {
namespace {

int failures_in_case = 0;

}  // namespace

std::vector<Case>& Cases() {
  static std::vector<Case> cases;
  return cases;
}

void Fail(const char* file, int line, const std::string& what) {
  ++failures_in_case;
  std::printf("# %s:%d: %s\n", file, line, what.c_str());
}

int Run(const std::string& filter) {
  std::size_t ran = 0;
  std::size_t failed = 0;
  for (const Case& one : Cases()) {
    if (one.title.find(filter) == std::string::npos) continue;
    failures_in_case = 0;
    one.run();
    ++ran;
    if (failures_in_case > 0) ++failed;
    std::printf("%s %zu - %s\n", failures_in_case > 0 ? "not ok" : "ok", ran, one.title.c_str());
    std::fflush(stdout);
  }
  std::printf("1..%zu\n# pass %zu\n# fail %zu\n", ran, ran - failed, failed);
  return ran > 0 && failed == 0 ? 0 : 1;
}

}  // namespace warmline::test

int main(int argc, char** argv) { return warmline::test::Run(argc > 1 ? argv[1] : ""); }
