// Events: what the workers have to say, carried in batches to the one thread that listens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "net/address.h"
#include "net/keepalive.h"
#include "net/result.h"
#include "relay/host.h"
#include "relay/session.h"

namespace warmline::engine {

// Accepting stopped for want of file descriptors or memory.
struct AcceptPaused {
  std::shared_ptr<const relay::Route> route;
  net::SysError cause;
};

struct AcceptResumed {
  std::shared_ptr<const relay::Route> route;
  std::uint64_t paused_ms;
};

// Accepting has stopped, and the last session of the last worker is gone.
struct Drained {};

// What the kernel knows of a leg's peer.
struct LegLiveness {
  bool suspect;
  net::TcpInfo info;
};

// A live session, read on demand.
struct SessionInfo {
  std::uint64_t session;
  std::shared_ptr<const relay::Route> route;
  relay::Session::State state;
  std::uint64_t age_ms;
  net::CompactAddress client;
  std::optional<std::uint16_t> endpoint;
  std::uint64_t bytes_to_upstream;
  std::uint64_t bytes_to_client;
  std::optional<net::EffectiveKeepalive> client_keepalive;
  std::optional<net::EffectiveKeepalive> upstream_keepalive;
  std::optional<LegLiveness> client_liveness;
  std::optional<LegLiveness> upstream_liveness;
};

struct Inspection {
  std::uint32_t request = 0;
  std::vector<SessionInfo> sessions;
};

// How the sessions of one route took a changed keepalive.
struct RouteRetuning {
  std::string route;
  std::uint64_t retuned = 0;    // set and read back
  std::uint64_t unchanged = 0;  // held it already
  std::uint64_t failed = 0;     // the kernel refused, or holds something else
};

struct Retuning {
  std::uint32_t request = 0;
  std::vector<RouteRetuning> routes;
};

using Event = std::variant<relay::SessionClosed, relay::DialFailed, relay::KeepaliveVerified,
                           relay::LivenessChanged, AcceptPaused, AcceptResumed, Drained, Inspection,
                           Retuning>;

// Bounded: what does not fit is counted and dropped, so that a slow listener never slows relaying.
// Any thread.
class EventQueue {
 public:
  struct Batch {
    std::vector<Event> events;
    std::uint64_t dropped = 0;  // since the last batch
  };

  // `wake` is called on a worker's thread whenever an empty queue gets its first event.
  EventQueue(std::size_t capacity, std::function<void()> wake);

  // Takes what fits of `events` and leaves the vector empty.
  void Push(std::vector<Event>& events);
  // For answers, which are as many as there were questions: never dropped.
  void PushAnswer(Event event);
  // Everything so far.
  [[nodiscard]] Batch Take();
  // Since the beginning.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  const std::size_t capacity_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  Batch batch_;
  std::uint64_t dropped_ = 0;
};

}  // namespace warmline::engine
