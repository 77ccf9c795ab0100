// ZeroWindow: tells a slow peer from a dead one on a leg that owes acknowledgements.
//
// The kernel's user timeout does not: it also kills a peer that answers every window probe but does
// not read (tcp_probe_timer() in net/ipv4/tcp_timer.c), a state that a relay's own back-pressure
// makes. So while a leg has nothing in flight and something unsent, which is a closed window, its
// user timeout is lifted, and we look ourselves: a slow peer answers probes, a dead one does not.
#pragma once

#include <cstdint>

#include "net/result.h"

namespace warmline::relay {

enum class WindowState : std::uint8_t {
  kSettled,   // everything is acknowledged: no need to look before more is sent
  kWaiting,   // look again
  kPeerGone,  // window probes have gone unanswered for longer than the user timeout
};

// How often to look: often enough to lift the user timeout before it strikes.
std::uint64_t LookIntervalMs(int user_timeout_ms);

// Looks at one TCP leg, and lifts or restores its user timeout. `lifted` is the leg's own.
net::Result<WindowState> LookAtWindow(int fd, int user_timeout_ms, bool& lifted);

}  // namespace warmline::relay
