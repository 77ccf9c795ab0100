// SessionRig: one session on a host whose clock stands still until the test moves it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "engine/exchange.h"
#include "net/address.h"
#include "net/fd.h"
#include "relay/host.h"
#include "relay/pipe_pool.h"
#include "relay/route.h"
#include "relay/session.h"
#include "test/net_fixture.h"

namespace warmline::test {

// A route to these endpoints, without keepalive.
relay::Route RouteTo(std::vector<net::Address> endpoints);

// A worker without a thread: turns happen when the test says so.
class FakeHost final : public relay::Host {
 public:
  FakeHost();

  net::Status Watch(relay::Session& session, relay::Side side, int fd) override;
  void ResumeSoon(relay::Session& session) override { exchange_.Add(session); }
  void ResumeLater(relay::Session& session) override;
  void Tell(relay::Report report) override { reports.push_back(std::move(report)); }
  void OnFdLimit(const net::SysError& error) override { fd_limits.push_back(error); }
  void Retire(relay::Session& session) override;
  relay::Lender lender() override { return {scratch_, pipes}; }

  // Dispatches the events that are there, moves what they let move, and resumes; timers are left to
  // Advance.
  void Turn();
  void Advance(std::uint64_t ms);

  std::vector<relay::Report> reports;
  std::vector<net::SysError> fd_limits;
  relay::PipePool pipes;
  std::size_t resumed = 0;
  bool retired = false;

 private:
  net::Fd epoll_;
  engine::Exchange exchange_;
  relay::Session* to_resume_ = nullptr;
  std::array<std::byte, 64 * 1024> scratch_{};
};

class SessionRig {
 public:
  explicit SessionRig(relay::Route route, Connection accepted = ConnectTcp());

  // Turns until `condition` holds; each millisecond that it takes moves the clock by `step_ms`.
  void RunUntil(const char* what, const std::function<bool()>& condition,
                std::uint64_t step_ms = 0);
  // Starts the session and runs it until it relays.
  void Connect();
  void RunUntilClosed(std::uint64_t step_ms = 0);
  // What the session reported at its end; a failure when it has not ended.
  [[nodiscard]] relay::SessionClosed closed() const;
  [[nodiscard]] std::uint64_t CountClosed(relay::CloseReason reason) const;
  // When the session's timer is due, counted from now; nullopt when it has none.
  [[nodiscard]] std::optional<std::uint64_t> TimerDue();

  FakeHost host;
  relay::RouteState route;
  const int client_leg;  // borrowed from the session
  Peer client;
  relay::Session session;
};

}  // namespace warmline::test
