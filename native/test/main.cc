// Runs every case on one back end, or those whose title contains the second argument, and prints
// TAP. Each case must leave as many file descriptors behind as it found.
// usage: native_test epoll|io_uring [WORDS OF A TITLE]
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/fd_limit.h"
#include "test/check.h"
#include "test/net_fixture.h"
#include "test/tested_back_end.h"

namespace warmline::test {
namespace {

// Ends a case that spins: the limits of single waits would not notice.
constexpr unsigned kCaseLimitSeconds = 120;

std::atomic<int> failures_in_case = 0;
std::string skipped_because;

bool RunCase(const Case& one, std::size_t number) {
  failures_in_case = 0;
  skipped_because.clear();
  const std::size_t fds_before = OpenFds();
  alarm(kCaseLimitSeconds);
  one.run();
  alarm(0);
  CHECK_EQ(OpenFds(), fds_before);
  const bool passed = failures_in_case == 0;
  std::printf("%s %zu - %s%s%s\n", passed ? "ok" : "not ok", number, one.title,
              skipped_because.empty() ? "" : " # SKIP ", skipped_because.c_str());
  (void)std::fflush(stdout);
  return passed;
}

int Run(std::string_view filter) {
  // As in a worker's thread: splice(2) raises SIGPIPE, and has no flag against it.
  (void)signal(SIGPIPE, SIG_IGN);
  // Some cases need a few thousand; what the machine refuses, they notice.
  (void)net::RaiseFdLimit().ok();
  std::size_t ran = 0;
  std::size_t passed = 0;
  for (const Case& one : Cases()) {
    if (std::string_view(one.title).find(filter) == std::string_view::npos) continue;
    ++ran;
    if (RunCase(one, ran)) ++passed;
  }
  std::printf("1..%zu\n# pass %zu\n# fail %zu\n", ran, passed, ran - passed);
  return ran > 0 && passed == ran ? 0 : 1;
}

}  // namespace

std::vector<Case>& Cases() {
  static std::vector<Case> cases;
  return cases;
}

void Fail(const char* file, int line, const std::string& what) {
  ++failures_in_case;
  std::printf("# %s:%d: %s\n", file, line, what.c_str());
}

void BailOut(const std::string& what) {
  std::printf("Bail out! %s\n", what.c_str());
  (void)std::fflush(stdout);
  std::_Exit(1);
}

void Skip(const std::string& why) {
  // Nobody changes the environment.
  const char* ci = std::getenv("CI");  // NOLINT(concurrency-mt-unsafe)
  if (ci != nullptr && std::string_view(ci) == "true") Fail(__FILE__, __LINE__, "skipped: " + why);
  skipped_because = why;
}

}  // namespace warmline::test

int main(int argc, char** argv) {
  const std::string_view back_end = argc > 1 ? argv[1] : "";
  if (back_end != "epoll" && back_end != "io_uring") {
    std::printf("Bail out! expected epoll or io_uring\n");
    return 2;
  }
  if (back_end == "io_uring")
    warmline::test::tested_back_end = warmline::engine::BackEndKind::kIoUring;
  return warmline::test::Run(argc > 2 ? argv[2] : "");
}
