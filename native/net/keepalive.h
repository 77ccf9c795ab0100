// Keepalive: writes and reads the options of tcp(7) that decide when a silent peer is declared
// dead.
#pragma once

#include <optional>

#include "net/result.h"

namespace warmline::net {

// The options of one leg. Ranges are the kernel's; it answers EINVAL outside of them.
struct Keepalive {
  int idle_s = 0;           // TCP_KEEPIDLE, 1 to 32767
  int interval_s = 0;       // TCP_KEEPINTVL, 1 to 32767
  int count = 0;            // TCP_KEEPCNT, 1 to 127
  int user_timeout_ms = 0;  // TCP_USER_TIMEOUT, 0 is off

  friend bool operator==(const Keepalive&, const Keepalive&) = default;
};

// What the kernel holds for a socket; without SO_KEEPALIVE the three values are not in use.
struct EffectiveKeepalive {
  bool enabled = false;  // SO_KEEPALIVE
  Keepalive values;

  friend bool operator==(const EffectiveKeepalive&, const EffectiveKeepalive&) = default;
};

// Whether that is what was asked for; nullopt asks for SO_KEEPALIVE to be off.
bool Holds(const EffectiveKeepalive& effective, const std::optional<Keepalive>& asked);

// Sets all five options on a TCP socket; stops at the first that the kernel refuses. On a live
// connection they hold from now on: the timer is moved, and time that was idle already counts.
Status ApplyKeepalive(int fd, const Keepalive& keepalive);

// As ApplyKeepalive; nullopt turns SO_KEEPALIVE and the user timeout off.
Status SetKeepalive(int fd, const std::optional<Keepalive>& keepalive);

// TCP_USER_TIMEOUT alone; 0 turns it off.
Status SetUserTimeout(int fd, int user_timeout_ms);

// TCP_RTO_MAX_MS: linux/tcp.h of 6.15; older headers lack it.
inline constexpr int kTcpRtoMaxMs = 44;

// TCP_RTO_MAX_MS (Linux 6.15): the longest pause between two retransmissions or window probes, 1000
// to 120000. An older kernel refuses it.
Status SetLongestRetry(int fd, int longest_ms);

// Reads all five options back from a TCP socket.
Result<EffectiveKeepalive> ReadKeepalive(int fd);

// Applies to a fresh TCP socket and reads back.
Result<EffectiveKeepalive> ProbeKeepalive(const Keepalive& keepalive);

}  // namespace warmline::net
