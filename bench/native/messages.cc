// Messages: round trips of 64 bytes, each connection with one under way.
#include <cstdint>
#include <cstdio>
#include <vector>

#include "die.h"
#include "figures.h"
#include "histogram.h"
#include "message.h"
#include "socket.h"
#include "window.h"

namespace warmline::bench {
namespace {

struct Pinger {
  net::Fd fd;
  Nanoseconds sent = 0;
  std::size_t missing = kMessageSize;
  std::uint64_t round_trips = 0;
};

void Ping(Pinger& pinger, Nanoseconds now) {
  pinger.sent = now;
  pinger.missing = kMessageSize;
  SendMessageOrDie(pinger.fd.get());
}

void OnEcho(Pinger& pinger, Histogram& latency) {
  std::array<char, kMessageSize> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  pinger.missing -= Receive(pinger.fd.get(), std::span(buffer).first(pinger.missing));
  if (pinger.missing > 0) return;
  const Nanoseconds now = Now();
  latency.Record(static_cast<std::uint64_t>(now - pinger.sent));
  pinger.round_trips++;
  Ping(pinger, now);
}

std::vector<Pinger> Open(const Options& options, Epoll& epoll) {
  std::vector<Pinger> pingers(options.connections);
  for (Pinger& pinger : pingers) {
    // A first message each, so that no relay is still accepting and dialling when the others count.
    pinger.fd = Connect(options.port, Blocking::kYes);
    SendMessageOrDie(pinger.fd.get());
    ReceiveEchoOrDie(pinger.fd.get());
    epoll.Add(pinger.fd.get(), EPOLLIN | EPOLLET, &pinger);
  }
  for (Pinger& pinger : pingers) Ping(pinger, Now());
  return pingers;
}

double Microseconds(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / kPerMicrosecond;
}

void Print(const Window& window, const Histogram& latency) {
  std::printf(
      "{\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"count\":%ju,\"p50\":%.2f,\"p99\":%.2f,"
      "\"p999\":%.2f,\"longest\":%.2f}\n",
      window.seconds(), window.cpu_seconds(), std::uintmax_t{latency.count()},
      Microseconds(latency.Percentile(50)), Microseconds(latency.Percentile(99)),
      Microseconds(latency.Percentile(99.9)), Microseconds(latency.longest()));
}

}  // namespace

void DriveMessages(const Options& options) {
  Epoll epoll;
  std::vector<Pinger> pingers = Open(options, epoll);
  Histogram latency;
  Window window(options);
  while (window.phase() != Window::Phase::kOver) {
    for (const epoll_event& event : window.Wait(epoll)) {
      OnEcho(*static_cast<Pinger*>(event.data.ptr), latency);
    }
    if (window.BeginsNow(Now())) latency.Clear();
  }
  for (const Pinger& pinger : pingers) {
    if (pinger.round_trips == 0) Die("a connection has not completed one round trip");
  }
  Print(window, latency);
}

}  // namespace warmline::bench
