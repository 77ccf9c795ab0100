// Host: what a session asks of the worker that it lives on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "net/keepalive.h"
#include "net/result.h"
#include "relay/close_reason.h"
#include "relay/flow.h"
#include "relay/leg.h"
#include "relay/route.h"
#include "relay/timers.h"

namespace warmline::relay {

class Session;

// Reports: what a session has to say, once. Addresses stay binary until somebody wants to read
// them.
struct SessionClosed {
  std::uint64_t session;
  std::shared_ptr<const Route> route;
  Ending ending;
  std::uint64_t duration_ms;
  net::CompactAddress client;
  std::optional<std::uint16_t> endpoint;  // index into the route's endpoints, the last one tried
  std::uint64_t bytes_to_upstream;
  std::uint64_t bytes_to_client;
};

struct DialFailed {
  std::uint64_t session;
  std::shared_ptr<const Route> route;
  std::uint16_t endpoint;
  CloseReason reason;
  net::SysError cause;
  bool will_retry;
};

struct KeepaliveVerified {
  std::uint64_t session;
  std::shared_ptr<const Route> route;
  std::optional<net::EffectiveKeepalive> client;  // nullopt: a unix socket
  std::optional<net::EffectiveKeepalive> upstream;
};

// A leg has become suspect, or is proven again.
struct LivenessChanged {
  std::uint64_t session;
  std::shared_ptr<const Route> route;
  Side side;
  bool suspect;
  net::TcpInfo info;
  net::CompactAddress client;
  std::uint16_t endpoint;  // index into the route's endpoints
};

using Report = std::variant<SessionClosed, DialFailed, KeepaliveVerified, LivenessChanged>;

// Worker thread, like everything that a session touches.
class Host {
 public:
  Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Registers a leg for all events, edge-triggered, for as long as its fd is open.
  virtual net::Status Watch(Session& session, Side side, int fd) = 0;
  // Its flows go on in this turn, after the events, together with those of other sessions: it is
  // asked for transfers, and Session::Resume is called.
  virtual void ResumeSoon(Session& session) = 0;
  // Session::Resume is called in the next turn, after the other sessions.
  virtual void ResumeLater(Session& session) = 0;
  virtual void Tell(Report report) = 0;
  // There were no file descriptors for a dial: accepting more would only fail more.
  virtual void OnFdLimit(const net::SysError& error) = 0;
  // The session is closed; it is destroyed at the end of the turn.
  virtual void Retire(Session& session) = 0;

  [[nodiscard]] std::uint64_t now_ms() const { return now_ms_; }
  [[nodiscard]] TimerHeap& timers() { return timers_; }
  [[nodiscard]] virtual Lender lender() = 0;

 protected:
  ~Host() = default;

  std::uint64_t now_ms_ = 0;  // monotonic, of the current turn
  TimerHeap timers_;
};

}  // namespace warmline::relay
