// Plan: the immutable value that the engine runs. Taken whole or not at all.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "net/address.h"
#include "relay/route.h"

namespace warmline::engine {

// Which closed sessions are reported; kFailures leaves out the clean ones.
enum class SessionEvents : std::uint8_t { kAll, kFailures, kNone };

struct RoutePlan {
  std::shared_ptr<const relay::Route> route;
  std::vector<net::Address> listeners;
  int backlog = 0;
};

struct Plan {
  std::vector<RoutePlan> routes;
  SessionEvents session_events = SessionEvents::kAll;
};

}  // namespace warmline::engine
