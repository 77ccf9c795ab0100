#include "relay/close_reason.h"

#include <cerrno>
#include <cstdint>

namespace warmline::relay {
namespace {

// Zero-window probes count in `probes` too, but they leave data unsent.
bool IsProbingIdle(const net::TcpInfo& info) {
  return info.probes > 0 && info.retransmits == 0 && info.notsent_bytes == 0;
}

// An answered probe sets the count back, so one that is still counted met the RST. A leg that was
// heard since its last probe was due was reset for another reason.
bool AnswersProbe(const net::TcpInfo& info, const std::optional<net::Keepalive>& keepalive) {
  if (!keepalive.has_value() || !IsProbingIdle(info)) return false;
  return info.last_ack_ms >= static_cast<std::uint32_t>(keepalive->idle_s) * 1'000;
}

// A user timeout replaces the count, so with one the kernel never counts to the end
// (tcp_keepalive_timer() in net/ipv4/tcp_timer.c): one that strikes at the tick at which the count
// would have ended is taken for it.
bool EndsByCount(const net::TcpInfo& info, const net::Keepalive& keepalive) {
  if (keepalive.user_timeout_ms == 0 || info.probes == keepalive.count) return true;
  const std::int64_t interval_ms = std::int64_t{keepalive.interval_s} * 1'000;
  const std::int64_t spared_ms = std::int64_t{keepalive.idle_s} * 1'000 +
                                 interval_ms * keepalive.count - keepalive.user_timeout_ms;
  return spared_ms >= 0 && spared_ms < interval_ms;
}

LegEvent ClassifyTimeout(const net::TcpInfo& info, const std::optional<net::Keepalive>& keepalive) {
  if (IsProbingIdle(info)) {
    return !keepalive.has_value() || EndsByCount(info, *keepalive) ? LegEvent::kKeepaliveTimeout
                                                                   : LegEvent::kUserTimeoutIdle;
  }
  if (info.retransmits == 0 && net::IsWindowClosed(info)) return LegEvent::kZeroWindowTimeout;
  // The window is open, and yet nothing could be sent: no route, or a firewall of this machine.
  if (info.retransmits == 0 && info.probes > 0) return LegEvent::kUnreachable;
  const bool has_user_timeout = keepalive.has_value() && keepalive->user_timeout_ms != 0;
  return has_user_timeout ? LegEvent::kUserTimeout : LegEvent::kRetransmissionTimeout;
}

}  // namespace

static_assert(static_cast<int>(CloseReason::kUpstreamOptionRefused) ==
              static_cast<int>(LegEvent::kOptionRefused) * 2 + static_cast<int>(Side::kUpstream));

const char* CloseReasonName(CloseReason reason) {
  switch (reason) {
    case CloseReason::kClientFin: return "clientFin";
    case CloseReason::kUpstreamFin: return "upstreamFin";
    case CloseReason::kClientReset: return "clientReset";
    case CloseReason::kUpstreamReset: return "upstreamReset";
    case CloseReason::kClientResetAfterProbe: return "clientResetAfterProbe";
    case CloseReason::kUpstreamResetAfterProbe: return "upstreamResetAfterProbe";
    case CloseReason::kClientKeepaliveTimeout: return "clientKeepaliveTimeout";
    case CloseReason::kUpstreamKeepaliveTimeout: return "upstreamKeepaliveTimeout";
    case CloseReason::kClientUserTimeoutIdle: return "clientUserTimeoutIdle";
    case CloseReason::kUpstreamUserTimeoutIdle: return "upstreamUserTimeoutIdle";
    case CloseReason::kClientUserTimeout: return "clientUserTimeout";
    case CloseReason::kUpstreamUserTimeout: return "upstreamUserTimeout";
    case CloseReason::kClientRetransmissionTimeout: return "clientRetransmissionTimeout";
    case CloseReason::kUpstreamRetransmissionTimeout: return "upstreamRetransmissionTimeout";
    case CloseReason::kClientZeroWindowTimeout: return "clientZeroWindowTimeout";
    case CloseReason::kUpstreamZeroWindowTimeout: return "upstreamZeroWindowTimeout";
    case CloseReason::kClientUnreachable: return "clientUnreachable";
    case CloseReason::kUpstreamUnreachable: return "upstreamUnreachable";
    case CloseReason::kClientAborted: return "clientAborted";
    case CloseReason::kUpstreamAborted: return "upstreamAborted";
    case CloseReason::kClientError: return "clientError";
    case CloseReason::kUpstreamError: return "upstreamError";
    case CloseReason::kClientOptionRefused: return "clientOptionRefused";
    case CloseReason::kUpstreamOptionRefused: return "upstreamOptionRefused";
    case CloseReason::kDialRefused: return "dialRefused";
    case CloseReason::kDialTimeout: return "dialTimeout";
    case CloseReason::kDialUnreachable: return "dialUnreachable";
    case CloseReason::kDialFdLimit: return "dialFdLimit";
    case CloseReason::kDialFailed: return "dialFailed";
    case CloseReason::kHalfCloseTimeout: return "halfCloseTimeout";
    case CloseReason::kDrained: return "drained";
  }
  return "";
}

const char* LegEventName(LegEvent event) {
  switch (event) {
    case LegEvent::kFin: return "fin";
    case LegEvent::kReset: return "reset";
    case LegEvent::kResetAfterProbe: return "resetAfterProbe";
    case LegEvent::kKeepaliveTimeout: return "keepaliveTimeout";
    case LegEvent::kUserTimeoutIdle: return "userTimeoutIdle";
    case LegEvent::kUserTimeout: return "userTimeout";
    case LegEvent::kRetransmissionTimeout: return "retransmissionTimeout";
    case LegEvent::kZeroWindowTimeout: return "zeroWindowTimeout";
    case LegEvent::kUnreachable: return "unreachable";
    case LegEvent::kAborted: return "aborted";
    case LegEvent::kError: return "error";
    case LegEvent::kOptionRefused: return "optionRefused";
  }
  return "";
}

CloseReason ReasonFor(Side side, LegEvent event) {
  return static_cast<CloseReason>(static_cast<int>(event) * 2 + static_cast<int>(side));
}

bool IsClean(CloseReason reason) {
  return reason == CloseReason::kClientFin || reason == CloseReason::kUpstreamFin;
}

LegEvent ClassifyDeath(int error, const net::TcpInfo& info,
                       const std::optional<net::Keepalive>& keepalive) {
  switch (error) {
    case ECONNRESET:
    case EPIPE:  // an RST after the peer's FIN: tcp_reset() in net/ipv4/tcp_input.c
      return AnswersProbe(info, keepalive) ? LegEvent::kResetAfterProbe : LegEvent::kReset;
    case ETIMEDOUT: return ClassifyTimeout(info, keepalive);
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    // What else ICMP can say of a connection that stands: icmp_err_convert in net/ipv4/icmp.c, and
    // tab_unreach in net/ipv6/icmp.c.
    case ECONNREFUSED:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case ENONET:
    case EACCES:
    case EPROTO: return LegEvent::kUnreachable;
    case ECONNABORTED: return LegEvent::kAborted;
    default: return LegEvent::kError;
  }
}

bool WasConnected(int error) { return error == ECONNRESET || error == EPIPE; }

CloseReason ClassifyDialFailure(int error) {
  switch (error) {
    case ECONNREFUSED:
    case ENOENT:  // no such unix socket: nobody serves that path
      return CloseReason::kDialRefused;
    case ETIMEDOUT:  // the user timeout bounds connect(2) too
      return CloseReason::kDialTimeout;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN: return CloseReason::kDialUnreachable;
    case EMFILE:
    case ENFILE: return CloseReason::kDialFdLimit;
    default: return CloseReason::kDialFailed;
  }
}

}  // namespace warmline::relay
