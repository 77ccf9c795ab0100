#include "net/tcp_info.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace warmline::net {

Result<TcpInfo> ReadTcpInfo(int fd) {
  // An older kernel fills less than the struct; what it did not fill stays zero.
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == -1) {
    return SysError::FromErrno("getsockopt(TCP_INFO)");
  }
  return TcpInfo{.probes = info.tcpi_probes,
                 .retransmits = info.tcpi_retransmits,
                 .unacked = info.tcpi_unacked,
                 .notsent_bytes = info.tcpi_notsent_bytes,
                 .last_ack_ms = std::min(info.tcpi_last_ack_recv, info.tcpi_last_data_recv),
                 .payload_idle_ms = std::min(info.tcpi_last_data_sent, info.tcpi_last_data_recv),
                 .empty_segments = info.tcpi_segs_out - info.tcpi_data_segs_out};
}

}  // namespace warmline::net
