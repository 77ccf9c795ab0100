// CloseReason: the one word for how a session ended. The TypeScript twin is src/engine/codes.ts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "net/tcp_info.h"
#include "relay/leg.h"

namespace warmline::relay {

// What can happen to an established leg.
enum class LegEvent : std::uint8_t {
  kFin,
  kReset,
  kKeepaliveTimeout,  // probes of an idle leg went unanswered
  kUserTimeout,       // data in flight went unacknowledged
  kUnreachable,       // ICMP: no route to the peer any more
  kAborted,           // killed here, such as by `ss -K`
  kError,             // another errno
  kOptionRefused,     // the kernel did not take, or does not hold, an option of the plan
};

// The first sixteen are LegEvent × Side, in their order.
enum class CloseReason : std::uint8_t {
  kClientFin,
  kUpstreamFin,
  kClientReset,
  kUpstreamReset,
  kClientKeepaliveTimeout,
  kUpstreamKeepaliveTimeout,
  kClientUserTimeout,
  kUpstreamUserTimeout,
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

CloseReason ReasonFor(Side side, LegEvent event);

// Whether both sides said all they had to say.
bool IsClean(CloseReason reason);

// Why an established leg failed with `error`; `info` was read before the socket was closed.
LegEvent ClassifyDeath(int error, const net::TcpInfo& info);

// Whether an error that connect(2) left behind says that the connection had stood: while it is
// being made, an RST gives ECONNREFUSED.
bool WasConnected(int error);

// Why connect(2) failed with `error`.
CloseReason ClassifyDialFailure(int error);

}  // namespace warmline::relay
