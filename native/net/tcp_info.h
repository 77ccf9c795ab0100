// TcpInfo: the TCP_INFO fields that say whether a peer is alive, how the path to it is, and why it
// was declared dead.
#pragma once

#include <cstdint>

#include "net/result.h"

namespace warmline::net {

// tcp(7), linux/tcp.h. They survive the death of the connection until the socket is closed, except
// for `unacked`, which is zeroed.
struct TcpInfo {
  std::uint8_t state = 0;        // TCP_ESTABLISHED and so on, netinet/tcp.h
  std::uint8_t probes = 0;       // tcpi_probes: unanswered keepalive or zero-window probes
  std::uint8_t retransmits = 0;  // tcpi_retransmits: of the segment in flight, in a row
  std::uint32_t unacked = 0;     // segments in flight
  std::uint32_t notsent_bytes = 0;
  std::uint32_t send_mss = 0;           // bytes that one segment takes
  std::uint32_t send_window = 0;        // bytes that the peer would take
  std::uint32_t window_limited_ms = 0;  // in all, that sending waited for the peer's window
  // Since the peer was last heard. Every segment carries an ACK, but the kernel does not note those
  // that come with data and acknowledge nothing new (tcp_rcv_established() in
  // net/ipv4/tcp_input.c), so this is the lesser of tcpi_last_ack_recv and tcpi_last_data_recv.
  std::uint32_t last_ack_ms = 0;
  std::uint32_t last_sent_ms = 0;     // since data was last sent, also again
  std::uint32_t payload_idle_ms = 0;  // since data was last sent or received
  std::uint32_t empty_segments = 0;   // sent without data: probes, ACKs, SYN, FIN
  std::uint32_t total_retransmits = 0;
  std::uint32_t rtt_us = 0;  // smoothed, and its mean deviation
  std::uint32_t rtt_variance_us = 0;
  std::uint64_t bytes_acked = 0;
  std::uint64_t bytes_received = 0;
};

Result<TcpInfo> ReadTcpInfo(int fd);

// Whether the peer's window keeps back what is to be sent. It counts from what is acknowledged:
// when not even one segment fits, nothing gets through. Other reasons to wait, such as a lost
// route, leave it open.
bool IsWindowClosed(const TcpInfo& info);

}  // namespace warmline::net
