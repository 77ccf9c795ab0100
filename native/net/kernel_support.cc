#include "net/kernel_support.h"

#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "net/fd.h"

namespace warmline::net {
namespace {

struct Field {
  std::string_view name;
  std::size_t end;
};

// What net/tcp_info.cc reads that came after Linux 2.6, and where each ends.
constexpr std::array kFields = {
    Field{"tcpi_total_retrans",
          offsetof(tcp_info, tcpi_total_retrans) + sizeof(tcp_info::tcpi_total_retrans)},
    Field{"tcpi_bytes_acked",
          offsetof(tcp_info, tcpi_bytes_acked) + sizeof(tcp_info::tcpi_bytes_acked)},
    Field{"tcpi_bytes_received",
          offsetof(tcp_info, tcpi_bytes_received) + sizeof(tcp_info::tcpi_bytes_received)},
    Field{"tcpi_segs_out", offsetof(tcp_info, tcpi_segs_out) + sizeof(tcp_info::tcpi_segs_out)},
    Field{"tcpi_notsent_bytes",
          offsetof(tcp_info, tcpi_notsent_bytes) + sizeof(tcp_info::tcpi_notsent_bytes)},
    Field{"tcpi_data_segs_out",
          offsetof(tcp_info, tcpi_data_segs_out) + sizeof(tcp_info::tcpi_data_segs_out)},
    Field{"tcpi_rwnd_limited",
          offsetof(tcp_info, tcpi_rwnd_limited) + sizeof(tcp_info::tcpi_rwnd_limited)},
    Field{"tcpi_snd_wnd", offsetof(tcp_info, tcpi_snd_wnd) + sizeof(tcp_info::tcpi_snd_wnd)},
};

// A question for all TCP sockets that listen, on IPv4.
struct ListenersQuestion {
  nlmsghdr header{};
  inet_diag_req_v2 body{};

  ListenersQuestion() {
    constexpr unsigned kListen = 10;  // TCP_LISTEN, net/tcp_states.h
    header.nlmsg_len = sizeof *this;
    header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    body.sdiag_family = AF_INET;
    body.sdiag_protocol = IPPROTO_TCP;
    body.idiag_states = 1U << kListen;
  }
};

// What the first message of an answer says: it is a socket, the end, or the end with a refusal.
Status RefusalIn(const std::byte* answer, std::size_t length) {
  nlmsghdr header{};
  std::int32_t refusal = 0;
  if (length < sizeof header) return {};
  std::memcpy(&header, answer, sizeof header);
  const bool is_end = header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE;
  if (!is_end || length < sizeof header + sizeof refusal) return {};
  std::memcpy(&refusal, answer + sizeof header, sizeof refusal);
  if (refusal >= 0) return {};
  return SysError{-refusal, "sock_diag"};
}

}  // namespace

Result<std::size_t> TcpInfoBytes(int fd) {
  std::array<std::byte, 1024> info{};
  socklen_t length = info.size();
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, info.data(), &length) == -1) {
    return SysError::FromErrno("getsockopt(TCP_INFO)");
  }
  return std::size_t{length};
}

std::vector<std::string_view> TcpInfoFieldsBeyond(std::size_t bytes) {
  std::vector<std::string_view> beyond;
  for (const Field& field : kFields) {
    if (field.end > bytes) beyond.push_back(field.name);
  }
  return beyond;
}

Status TryRtoMax(int fd) {
  constexpr int kTcpRtoMaxMs = 44;  // linux/tcp.h of 6.15; older headers lack it
  int longest_ms = 0;
  socklen_t length = sizeof longest_ms;
  if (::getsockopt(fd, IPPROTO_TCP, kTcpRtoMaxMs, &longest_ms, &length) == -1) {
    return SysError::FromErrno("getsockopt(TCP_RTO_MAX_MS)");
  }
  return {};
}

Status TrySplice(int fd) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) == -1) return SysError::FromErrno("pipe2");
  const Fd read_end(ends[0]);
  const Fd write_end(ends[1]);
  const ssize_t moved =
      ::splice(fd, nullptr, write_end.get(), nullptr, 1, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  // EAGAIN: it would have moved something.
  if (moved == -1 && errno != EAGAIN) return SysError::FromErrno("splice");
  return {};
}

Status TryPidfdGetfd(int fd) {
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!process.valid()) return SysError::FromErrno("pidfd_open");
  const Fd copy(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), fd, 0)));
  if (!copy.valid()) return SysError::FromErrno("pidfd_getfd");
  return {};
}

Status TrySockDiag() {
  const Fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink.valid()) return SysError::FromErrno("socket(NETLINK_SOCK_DIAG)");
  const ListenersQuestion question;
  if (::send(netlink.get(), &question, sizeof question, 0) == -1) {
    return SysError::FromErrno("send(NETLINK_SOCK_DIAG)");
  }
  // The kernel has answered before send returns: netlink_dump_start(), net/netlink/af_netlink.c.
  std::array<std::byte, 8192> answer{};
  const ssize_t length = ::recv(netlink.get(), answer.data(), answer.size(), MSG_DONTWAIT);
  if (length == -1) return SysError::FromErrno("recv(NETLINK_SOCK_DIAG)");
  return RefusalIn(answer.data(), static_cast<std::size_t>(length));
}

}  // namespace warmline::net
