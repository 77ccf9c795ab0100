// SockDiag: every TCP socket of a network namespace, as the kernel lists them over netlink
// (sock_diag(7)). Needs no privilege. Asks and parses; whose sockets they are it does not know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/result.h"

namespace warmline::net {

// What struct inet_diag_msg says of one socket (linux/inet_diag.h), and INET_DIAG_INFO of its past.
struct TcpSocket {
  // From tcp_info; a socket in TIME_WAIT or SYN_RECV has none.
  struct Activity {
    std::uint32_t last_heard_ms = 0;    // since any segment arrived, as TcpInfo::last_ack_ms
    std::uint32_t payload_idle_ms = 0;  // since data was last sent or received
  };

  CompactAddress local;
  CompactAddress peer;
  std::uint8_t state = 0;  // include/net/tcp_states.h: 1 ESTABLISHED … 10 LISTEN
  std::uint8_t timer = 0;  // 0 none, 1 retransmission, 2 keepalive, 3 TIME_WAIT, 4 window probe
  std::uint8_t tries = 0;  // of that timer, without an answer
  std::uint32_t expires_ms = 0;
  std::uint32_t uid = 0;
  std::uint32_t inode = 0;  // 0: no process has it any more
  std::optional<Activity> activity;
};

// What one datagram of a dump held besides sockets.
struct DumpPart {
  bool done = false;         // NLMSG_DONE: nothing follows
  bool interrupted = false;  // NLM_F_DUMP_INTR: the list changed in a way that may have hidden some
};

// Reads the sockets of one datagram and appends them. Messages of another sequence are left out. A
// message that does not fit its datagram is EBADMSG, and an error that the kernel reports is
// itself.
Result<DumpPart> ParseDump(std::span<const std::byte> datagram, std::uint32_t sequence,
                           std::vector<TcpSocket>& sockets);

struct TcpDump {
  std::vector<TcpSocket> sockets;
  bool complete = true;  // false: there were more than the limit, or the list never held still
};

struct DumpQuestion {
  // Of a process, as "/proc/1/ns/net"; "" is the namespace of the calling thread. Another one needs
  // CAP_SYS_ADMIN (setns(2)).
  std::string network_namespace;
  std::size_t limit = 0;  // sockets at most
};

// Lists IPv4 and IPv6, every state.
Result<TcpDump> DumpTcpSockets(const DumpQuestion& question);

}  // namespace warmline::net
