// Leg: one of the two connections of a session, and what epoll last said of it.
#pragma once

#include <cstdint>

#include "net/fd.h"
#include "relay/liveness.h"
#include "relay/zero_window.h"

namespace warmline::relay {

enum class Side : std::uint8_t { kClient, kUpstream };

constexpr Side Other(Side side) { return side == Side::kClient ? Side::kUpstream : Side::kClient; }

// Edge-triggered readiness: a flag is set by an event and cleared by the call that finds nothing
// left to do, so a leg is registered once and never modified. Worker thread.
struct Leg {
  net::Fd fd;
  [[no_unique_address]] WindowWatch window{};  // the flags below fit in its padding
  bool readable : 1 = false;
  bool writable : 1 = false;
  bool fin : 1 = false;  // the peer's FIN is in the queue, behind what is unread
  // Reads can stop at a mark inside the stream (urgent data; ancillary data of a unix socket), so a
  // short read does not mean "drained", and splice(2) could wait in front of the mark for ever.
  bool piecewise : 1 = false;
  bool is_unix : 1 = false;  // keepalive does not apply
  Liveness liveness{};
  std::uint32_t empty_segments = 0;  // of those sent, what the route's counters hold
};

}  // namespace warmline::relay
