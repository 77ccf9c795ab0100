// TcpInfo: the few TCP_INFO fields that say whether a peer is alive and why it was declared dead.
#pragma once

#include <cstdint>

#include "net/result.h"

namespace warmline::net {

// tcp(7), linux/tcp.h. They survive the death of the connection until the socket is closed.
struct TcpInfo {
  std::uint8_t probes = 0;       // tcpi_probes: unanswered keepalive or zero-window probes
  std::uint8_t retransmits = 0;  // tcpi_retransmits: of the segment in flight, in a row
  std::uint32_t unacked = 0;     // segments in flight; zeroed at death
  std::uint32_t notsent_bytes = 0;
  std::uint32_t last_ack_recv_ms = 0;
};

Result<TcpInfo> ReadTcpInfo(int fd);

}  // namespace warmline::net
