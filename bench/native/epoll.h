// Epoll: which descriptors are ready, epoll(7), and lines from standard input.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "clock.h"
#include "net/fd.h"

namespace warmline::bench {

class Epoll {
 public:
  Epoll();

  // `owner` comes back with each event of fd. A closed descriptor is removed by the kernel.
  void Add(int fd, std::uint32_t events, void* owner);
  void Change(int fd, std::uint32_t events, void* owner);

  // What is ready, after at most `limit`; forever when there is none. Empty when nothing is.
  [[nodiscard]] std::span<epoll_event> Wait(std::optional<Nanoseconds> limit);

 private:
  net::Fd fd_;
  std::array<epoll_event, 512> events_{};
};

// What is asked of a program that runs: words on standard input, a line each.
class Commands {
 public:
  // Reads what is there. False at the end of input: whoever asked is gone.
  [[nodiscard]] bool Read();
  // The next whole line.
  [[nodiscard]] std::optional<std::string> Next();

 private:
  std::string unread_;
};

}  // namespace warmline::bench
