// Route: what a session needs to know of the route that it belongs to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/keepalive.h"
#include "relay/counters.h"

namespace warmline::relay {

// Decided in TypeScript; immutable here, shared by all threads.
struct Route {
  std::string name;
  std::vector<net::Address> endpoints;  // tried in this order; never empty
  std::optional<net::Keepalive> client;
  std::optional<net::Keepalive> upstream;
  std::uint32_t connect_timeout_ms = 0;
  std::uint32_t half_close_timeout_ms = 0;
  bool no_delay = true;
  // The death of one leg ends the other with a FIN, not with an RST.
  bool close_on_death = false;
};

// A route on one worker. Lives until the plan has dropped it and its last session is gone.
struct RouteState {
  // Replaced when the keepalive of its sessions is changed while they live; the rest stays as it
  // is.
  std::shared_ptr<const Route> route;
  std::shared_ptr<RouteCounters> counters;
  std::uint32_t sessions = 0;
  bool verified = false;  // the first session's options were read back and hold
};

}  // namespace warmline::relay
