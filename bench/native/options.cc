#include "options.h"

#include <charconv>
#include <string_view>
#include <system_error>

#include "die.h"

namespace warmline::bench {
namespace {

template <typename T>
T ParseNumber(std::string_view name, std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  Die(std::string(name) + ": expected a number, got " + std::string(text));
}

Nanoseconds ParseSeconds(std::string_view name, std::string_view text) {
  return static_cast<Nanoseconds>(ParseNumber<double>(name, text) * kPerSecond);
}

void Set(Options& options, std::string_view name, std::string_view value) {
  if (name == "--port") {
    options.port = ParseNumber<std::uint16_t>(name, value);
  } else if (name == "--connections") {
    options.connections = ParseNumber<std::size_t>(name, value);
  } else if (name == "--warm-up") {
    options.warm_up = ParseSeconds(name, value);
  } else if (name == "--seconds") {
    options.measured = ParseSeconds(name, value);
  } else if (name == "--watch") {
    options.watched.push_back(ParseNumber<pid_t>(name, value));
  } else {
    Die("expected an option, got " + std::string(name));
  }
}

}  // namespace

Options ParseOptionsOrDie(std::span<char* const> arguments) {
  if (arguments.size() % 2 == 0) Die("expected a figure and pairs of option and value");
  Options options;
  options.figure = arguments[0];
  for (std::size_t at = 1; at + 1 < arguments.size(); at += 2) {
    Set(options, arguments[at], arguments[at + 1]);
  }
  return options;
}

}  // namespace warmline::bench
