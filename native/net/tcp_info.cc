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
  return TcpInfo{.state = info.tcpi_state,
                 .probes = info.tcpi_probes,
                 .retransmits = info.tcpi_retransmits,
                 .unacked = info.tcpi_unacked,
                 .notsent_bytes = info.tcpi_notsent_bytes,
                 .send_mss = info.tcpi_snd_mss,
                 .send_window = info.tcpi_snd_wnd,
                 .window_limited_ms = static_cast<std::uint32_t>(info.tcpi_rwnd_limited / 1000),
                 .last_ack_ms = std::min(info.tcpi_last_ack_recv, info.tcpi_last_data_recv),
                 .last_sent_ms = info.tcpi_last_data_sent,
                 .payload_idle_ms = std::min(info.tcpi_last_data_sent, info.tcpi_last_data_recv),
                 .empty_segments = info.tcpi_segs_out - info.tcpi_data_segs_out,
                 .total_retransmits = info.tcpi_total_retrans,
                 .rtt_us = info.tcpi_rtt,
                 .rtt_variance_us = info.tcpi_rttvar,
                 .bytes_acked = info.tcpi_bytes_acked,
                 .bytes_received = info.tcpi_bytes_received};
}

bool IsWindowClosed(const TcpInfo& info) {
  const std::uint32_t next =
      info.unacked > 0 ? info.send_mss : std::min(info.send_mss, info.notsent_bytes);
  return info.send_window < next;
}

}  // namespace warmline::net
