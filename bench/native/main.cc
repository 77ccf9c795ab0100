// Load: the load generator of the benchmark, and what its load ends at. One thread, epoll, no
// dependency, and as little CPU as it can do with, so that the relay in between is what limits.
//
// usage: load serve
//        load drive FIGURE --port N --connections N [--warm-up S] [--seconds S] [--watch PID]...
// FIGURE is bulk, both-ways, messages, connects or hold. Numbers are lines of JSON; what goes wrong
// is a sentence on standard error, and the exit code 1.
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "die.h"
#include "figures.h"
#include "options.h"
#include "serve.h"
#include "socket.h"

namespace warmline::bench {
namespace {

struct Figure {
  std::string_view name;
  void (*drive)(const Options&);
};

constexpr Figure kFigures[] = {
    {.name = "bulk", .drive = DriveBulk},         {.name = "both-ways", .drive = DriveBothWays},
    {.name = "messages", .drive = DriveMessages}, {.name = "connects", .drive = DriveConnects},
    {.name = "hold", .drive = DriveHold},
};

void Drive(const Options& options) {
  for (const Figure& figure : kFigures) {
    if (figure.name == options.figure) return figure.drive(options);
  }
  Die("unknown figure: " + options.figure);
}

int Main(std::span<char* const> arguments) {
  // Whoever reads a line acts on it at once.
  if (setvbuf(stdout, nullptr, _IOLBF, BUFSIZ) != 0) Die("setvbuf failed");
  AllowManyDescriptors();
  const std::string_view role = arguments.size() > 1 ? arguments[1] : "";
  if (role == "serve" && arguments.size() == 2) {
    Serve();
  } else if (role == "drive" && arguments.size() > 2) {
    Drive(ParseOptionsOrDie(arguments.subspan(2)));
  } else {
    Die("usage: load serve | load drive FIGURE --port N --connections N ...");
  }
  return 0;
}

}  // namespace
}  // namespace warmline::bench

int main(int argc, char** argv) {
  return warmline::bench::Main(std::span(argv, static_cast<std::size_t>(argc)));
}
