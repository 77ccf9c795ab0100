// CloseReason: the one word for how a session ended. The TypeScript twin is src/engine/codes.ts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "net/keepalive.h"
#include "net/result.h"
#include "net/tcp_info.h"
#include "relay/leg.h"

namespace warmline::relay {

// What can happen to an established leg.
enum class LegEvent : std::uint8_t {
  kFin,
  kReset,
  kResetAfterProbe,        // an RST in answer to a probe: a middlebox forgot, or the peer rebooted
  kKeepaliveTimeout,       // all probes of an idle leg went unanswered
  kUserTimeoutIdle,        // a user timeout that is not the probes' own time struck an idle leg
  kUserTimeout,            // data in flight went unacknowledged for the user timeout
  kRetransmissionTimeout,  // the same without a user timeout, until the kernel gave up
  kZeroWindowTimeout,      // the peer's window was closed, and window probes went unanswered
  kUnreachable,            // ICMP says so, or nothing could be sent
  kAborted,                // killed here, such as by `ss -K`
  kError,                  // another errno
  kOptionRefused,          // the kernel did not take, or does not hold, an option of the plan
};

// The first twenty-four are LegEvent × Side, in their order.
enum class CloseReason : std::uint8_t {
  kClientFin,
  kUpstreamFin,
  kClientReset,
  kUpstreamReset,
  kClientResetAfterProbe,
  kUpstreamResetAfterProbe,
  kClientKeepaliveTimeout,
  kUpstreamKeepaliveTimeout,
  kClientUserTimeoutIdle,
  kUpstreamUserTimeoutIdle,
  kClientUserTimeout,
  kUpstreamUserTimeout,
  kClientRetransmissionTimeout,
  kUpstreamRetransmissionTimeout,
  kClientZeroWindowTimeout,
  kUpstreamZeroWindowTimeout,
  kClientUnreachable,
  kUpstreamUnreachable,
  kClientAborted,
  kUpstreamAborted,
  kClientError,
  kUpstreamError,
  kClientOptionRefused,
  kUpstreamOptionRefused,
  kDialRefused,
  kDialTimeout,
  kDialUnreachable,
  kDialFdLimit,
  kDialFailed,
  kHalfCloseTimeout,
  kDrained,
};

inline constexpr std::size_t kCloseReasonCount =
    static_cast<std::size_t>(CloseReason::kDrained) + 1;

// camelCase, as in logs and metrics: "upstreamKeepaliveTimeout".
const char* CloseReasonName(CloseReason reason);

// The same without the leg: "keepaliveTimeout".
const char* LegEventName(LegEvent event);

CloseReason ReasonFor(Side side, LegEvent event);

// Whether both sides said all they had to say.
bool IsClean(CloseReason reason);

// What the kernel knew of a leg when it failed.
struct Evidence {
  std::uint8_t probes = 0;
  std::uint8_t retransmits = 0;
  std::uint32_t notsent_bytes = 0;
  std::uint32_t last_ack_ms = 0;

  friend bool operator==(const Evidence&, const Evidence&) = default;
};

// How a session ends.
struct Ending {
  CloseReason reason = CloseReason::kDrained;
  net::SysError cause{};               // err 0: none
  std::optional<Evidence> evidence{};  // of the leg that failed; nullopt: none did, or it is no TCP
};

// Why an established leg failed with `error`; `info` was read before the socket was closed, and
// `keepalive` is what the kernel went by.
LegEvent ClassifyDeath(int error, const net::TcpInfo& info,
                       const std::optional<net::Keepalive>& keepalive);

// Whether an error that connect(2) left behind says that the connection had stood: while it is
// being made, an RST gives ECONNREFUSED.
bool WasConnected(int error);

// Why connect(2) failed with `error`.
CloseReason ClassifyDialFailure(int error);

}  // namespace warmline::relay
