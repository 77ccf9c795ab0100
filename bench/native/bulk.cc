// Bulk: bytes as fast as they go, one way or both.
#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "figures.h"
#include "socket.h"
#include "window.h"

namespace warmline::bench {
namespace {

constexpr std::size_t kChunk = std::size_t{256} * 1024;
constexpr std::array<char, kChunk> kBytes{};

struct Transferred {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  // What arrives is copied out, as any reader does.
  std::vector<char> sink = std::vector<char>(kChunk);
};

// One chunk an event, level-triggered, so that connections take turns: a loop until EAGAIN could
// stay with one for as long as the relay keeps up.
void Move(const epoll_event& event, Transferred& count) {
  const int fd = static_cast<net::Fd*>(event.data.ptr)->get();
  if ((event.events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
    count.received += Receive(fd, count.sink);
  }
  if ((event.events & EPOLLOUT) != 0) count.sent += Send(fd, kBytes);
}

void Drive(const Options& options, std::uint32_t events) {
  Epoll epoll;
  std::vector<net::Fd> connections;
  connections.reserve(options.connections);
  while (connections.size() < options.connections) {
    net::Fd& added = connections.emplace_back(Connect(options.port, Blocking::kNo));
    epoll.Add(added.get(), events, &added);
  }
  Transferred count;
  Window window(options);
  while (window.phase() != Window::Phase::kOver) {
    for (const epoll_event& event : window.Wait(epoll)) Move(event, count);
    if (window.BeginsNow(Now())) count.received = count.sent = 0;
  }
  std::printf("{\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"received\":%ju,\"sent\":%ju}\n",
              window.seconds(), window.cpu_seconds(), std::uintmax_t{count.received},
              std::uintmax_t{count.sent});
}

}  // namespace

void DriveBulk(const Options& options) { Drive(options, EPOLLIN); }

void DriveBothWays(const Options& options) { Drive(options, EPOLLIN | EPOLLOUT); }

}  // namespace warmline::bench
