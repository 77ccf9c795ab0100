#include "relay/close_reason.h"

#include <cerrno>

namespace warmline::relay {

static_assert(static_cast<int>(CloseReason::kUpstreamOptionRefused) ==
              static_cast<int>(LegEvent::kOptionRefused) * 2 + static_cast<int>(Side::kUpstream));

const char* CloseReasonName(CloseReason reason) {
  switch (reason) {
    case CloseReason::kClientFin: return "clientFin";
    case CloseReason::kUpstreamFin: return "upstreamFin";
    case CloseReason::kClientReset: return "clientReset";
    case CloseReason::kUpstreamReset: return "upstreamReset";
    case CloseReason::kClientKeepaliveTimeout: return "clientKeepaliveTimeout";
    case CloseReason::kUpstreamKeepaliveTimeout: return "upstreamKeepaliveTimeout";
    case CloseReason::kClientUserTimeout: return "clientUserTimeout";
    case CloseReason::kUpstreamUserTimeout: return "upstreamUserTimeout";
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

CloseReason ReasonFor(Side side, LegEvent event) {
  return static_cast<CloseReason>(static_cast<int>(event) * 2 + static_cast<int>(side));
}

bool IsClean(CloseReason reason) {
  return reason == CloseReason::kClientFin || reason == CloseReason::kUpstreamFin;
}

LegEvent ClassifyDeath(int error, const net::TcpInfo& info) {
  switch (error) {
    case ECONNRESET:
    case EPIPE:  // an RST after the peer's FIN: tcp_reset() in net/ipv4/tcp_input.c
      return LegEvent::kReset;
    case ETIMEDOUT:
      // Zero-window probes count in `probes` too, but they leave data unsent.
      return info.probes > 0 && info.retransmits == 0 && info.notsent_bytes == 0
                 ? LegEvent::kKeepaliveTimeout
                 : LegEvent::kUserTimeout;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN: return LegEvent::kUnreachable;
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
