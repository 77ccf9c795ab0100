// Connects: connections that each carry one message and its echo.
#include <cstdint>
#include <cstdio>
#include <vector>

#include "figures.h"
#include "message.h"
#include "socket.h"
#include "window.h"

namespace warmline::bench {
namespace {

// 127.0.0.2 and on; together they have more ports than a run takes within a minute.
constexpr std::uint8_t kFirstHost = 2;
constexpr std::uint8_t kLastHost = 65;

class Connector {
 public:
  Connector(std::uint16_t port, Epoll& epoll) : port_(port), epoll_(epoll) {}

  // Opens the next connection in place of the last, which it closes.
  void Begin(std::uint8_t host) {
    fd_ = Connect(port_, Blocking::kNo, host);
    missing_ = kMessageSize;
    sent_ = false;
    epoll_.Add(fd_.get(), EPOLLIN | EPOLLOUT | EPOLLET, this);
  }

  // True when the whole echo is there.
  [[nodiscard]] bool OnEvent(std::uint32_t events) {
    if (!sent_ && (events & EPOLLOUT) != 0) {
      SendMessageOrDie(fd_.get());
      sent_ = true;
    }
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0) return false;
    std::array<char, kMessageSize> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    missing_ -= Receive(fd_.get(), std::span(buffer).first(missing_));
    return missing_ == 0;
  }

 private:
  std::uint16_t port_;
  Epoll& epoll_;
  net::Fd fd_;
  std::size_t missing_ = 0;
  bool sent_ = false;
};

}  // namespace

void DriveConnects(const Options& options) {
  Epoll epoll;
  std::uint8_t host = kFirstHost;
  const auto next_host = [&host] {
    host = host == kLastHost ? kFirstHost : static_cast<std::uint8_t>(host + 1);
    return host;
  };
  std::vector<Connector> connectors;
  connectors.reserve(options.connections);
  while (connectors.size() < options.connections) connectors.emplace_back(options.port, epoll);
  for (Connector& connector : connectors) connector.Begin(next_host());
  std::uint64_t count = 0;
  Window window(options);
  while (window.phase() != Window::Phase::kOver) {
    for (const epoll_event& event : window.Wait(epoll)) {
      auto& connector = *static_cast<Connector*>(event.data.ptr);
      if (!connector.OnEvent(event.events)) continue;
      count++;
      connector.Begin(next_host());
    }
    if (window.BeginsNow(Now())) count = 0;
  }
  std::printf("{\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"count\":%ju}\n", window.seconds(),
              window.cpu_seconds(), std::uintmax_t{count});
}

}  // namespace warmline::bench
