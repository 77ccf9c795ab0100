// Poller: epoll(7), and the tags by which its events find their way.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>

#include "net/fd.h"
#include "net/result.h"

namespace warmline::engine {

// What an event belongs to. Stored in the low bits of the pointer, so owners are 8-byte aligned.
enum class Tag : std::uint8_t { kClientLeg, kUpstreamLeg, kAcceptor, kMailbox };

struct Token {
  Tag tag;
  void* owner;
};

// Worker thread. A closed fd leaves by itself.
class Poller {
 public:
  static net::Result<Poller> Open();

  net::Status Add(int fd, std::uint32_t events, Token token);
  void Remove(int fd);
  // Fills `into` and returns the part that it filled. timeout_ms -1: no limit.
  [[nodiscard]] std::span<const epoll_event> Wait(std::span<epoll_event> into, int timeout_ms);
  static Token TokenOf(const epoll_event& event);

 private:
  explicit Poller(net::Fd epoll) : epoll_(std::move(epoll)) {}

  net::Fd epoll_;
};

}  // namespace warmline::engine
