#include "net/sock_diag.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/fd.h"
#include "net/network_namespace.h"

namespace warmline::net {
namespace {

constexpr SysError kMalformed{EBADMSG, "recvmsg(sock_diag)"};

// Twice what the kernel puts in one datagram of a dump: netlink_dump() in net/netlink/af_netlink.c.
constexpr std::size_t kDatagramSize = 65'536;

// A list that keeps changing is taken as it is after so many times.
constexpr int kAttempts = 4;

// Parsing. What comes in is copied out by its length, never cast: netlink aligns to 4 bytes only.

std::size_t Aligned(std::size_t length) { return (length + 3) & ~std::size_t{3}; }

template <typename T>
std::optional<T> Copy(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// What is left behind the first `length` bytes, which may end the buffer without their padding.
std::span<const std::byte> Behind(std::span<const std::byte> bytes, std::size_t length) {
  return bytes.subspan(std::min(Aligned(length), bytes.size()));
}

CompactAddress AddressOf(std::uint8_t family, const __be32 (&words)[4], __be16 port) {
  if (family == AF_INET) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = port;
    in.sin_addr.s_addr = words[0];
    return CompactAddress(Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&in), sizeof in));
  }
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = port;
  std::memcpy(&in6.sin6_addr, words, sizeof in6.sin6_addr);
  return CompactAddress(Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&in6), sizeof in6));
}

// An older kernel fills less than the struct: what it did not fill stays zero.
TcpSocket::Activity ActivityOf(std::span<const std::byte> bytes) {
  tcp_info info{};
  std::memcpy(&info, bytes.data(), std::min(bytes.size(), sizeof info));
  return {.last_heard_ms = std::min(info.tcpi_last_ack_recv, info.tcpi_last_data_recv),
          .payload_idle_ms = std::min(info.tcpi_last_data_sent, info.tcpi_last_data_recv)};
}

// The payload of INET_DIAG_INFO among a socket's attributes; false when they are malformed.
bool ReadAttributes(std::span<const std::byte> bytes, TcpSocket& socket) {
  while (bytes.size() >= sizeof(rtattr)) {
    const rtattr attribute = *Copy<rtattr>(bytes);
    if (attribute.rta_len < sizeof(rtattr) || attribute.rta_len > bytes.size()) return false;
    const auto payload = bytes.subspan(sizeof(rtattr), attribute.rta_len - sizeof(rtattr));
    if (attribute.rta_type == INET_DIAG_INFO && !payload.empty()) {
      socket.activity = ActivityOf(payload);
    }
    bytes = Behind(bytes, attribute.rta_len);
  }
  return true;
}

// nullopt when it is malformed.
std::optional<TcpSocket> SocketOf(std::span<const std::byte> payload) {
  const std::optional<inet_diag_msg> message = Copy<inet_diag_msg>(payload);
  if (!message.has_value()) return std::nullopt;
  const std::uint8_t family = message->idiag_family;
  if (family != AF_INET && family != AF_INET6) return std::nullopt;
  TcpSocket socket{.local = AddressOf(family, message->id.idiag_src, message->id.idiag_sport),
                   .peer = AddressOf(family, message->id.idiag_dst, message->id.idiag_dport),
                   .state = message->idiag_state,
                   .timer = message->idiag_timer,
                   .tries = message->idiag_retrans,
                   .expires_ms = message->idiag_expires,
                   .uid = message->idiag_uid,
                   .inode = message->idiag_inode,
                   .activity = std::nullopt};
  if (!ReadAttributes(Behind(payload, sizeof(inet_diag_msg)), socket)) return std::nullopt;
  return socket;
}

// NLMSG_ERROR and NLMSG_DONE both begin with 0 or a negative errno; one without it has none.
Status StatusOf(std::span<const std::byte> payload) {
  const int error = Copy<int>(payload).value_or(0);
  return error < 0 ? Status(SysError{-error, "sock_diag(SOCK_DIAG_BY_FAMILY)"}) : Status();
}

Status ReadMessage(const nlmsghdr& header, std::span<const std::byte> payload, DumpPart& part,
                   std::vector<TcpSocket>& sockets) {
  part.interrupted = part.interrupted || (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
  if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE) {
    part.done = true;
    return StatusOf(payload);
  }
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY) return {};
  std::optional<TcpSocket> socket = SocketOf(payload);
  if (!socket.has_value()) return kMalformed;
  sockets.push_back(*socket);
  return {};
}

// Asking

Result<Fd> OpenDiag() {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd.valid()) return SysError::FromErrno("socket(NETLINK_SOCK_DIAG)");
  // A dump is made while it is read, so nothing is waited for; this is for a kernel that breaks
  // off.
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == -1) {
    return SysError::FromErrno("setsockopt(SO_RCVTIMEO)");
  }
  return fd;
}

Result<Fd> OpenDiagIn(const std::string& network_namespace) {
  return network_namespace.empty() ? OpenDiag() : OpenInNamespace(network_namespace, OpenDiag);
}

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 question;
};

Status Ask(int fd, std::uint8_t family, std::uint32_t sequence) {
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = sequence;
  request.question.sdiag_family = family;
  request.question.sdiag_protocol = IPPROTO_TCP;
  request.question.idiag_ext = 1U << (INET_DIAG_INFO - 1);
  request.question.idiag_states = ~0U;
  if (::send(fd, &request, sizeof request, 0) == -1) return SysError::FromErrno("send(sock_diag)");
  return {};
}

// The length of the next datagram that the kernel sent: other processes may send as well.
Result<std::size_t> Receive(int fd, std::span<std::byte> buffer) {
  for (;;) {
    sockaddr_nl from{};
    iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const ssize_t length = ::recvmsg(fd, &message, 0);
    if (length == -1 && errno == EINTR) continue;
    if (length == -1) return SysError::FromErrno("recvmsg(sock_diag)");
    if ((message.msg_flags & MSG_TRUNC) != 0) return SysError{EMSGSIZE, "recvmsg(sock_diag)"};
    if (length == 0) return kMalformed;
    if (from.nl_pid == 0) return static_cast<std::size_t>(length);
  }
}

// One dump of one family. Above the limit it stops reading; the socket is closed by its owner,
// which ends the dump in the kernel.
Result<DumpPart> ReadDump(int fd, std::uint32_t sequence, std::size_t limit,
                          std::vector<TcpSocket>& sockets) {
  DumpPart whole;
  std::vector<std::byte> buffer(kDatagramSize);
  while (!whole.done && sockets.size() <= limit) {
    const Result<std::size_t> length = Receive(fd, buffer);
    if (!length.ok()) return length.error();
    const Result<DumpPart> part =
        ParseDump(std::span(buffer).first(length.value()), sequence, sockets);
    if (!part.ok()) return part.error();
    whole.done = part.value().done;
    whole.interrupted = whole.interrupted || part.value().interrupted;
  }
  return whole;
}

Result<DumpPart> DumpFamily(const DumpQuestion& question, std::uint8_t family,
                            std::vector<TcpSocket>& sockets) {
  const std::size_t before = sockets.size();
  for (std::uint32_t attempt = 1;; ++attempt) {
    // A socket for each attempt: what is left of a dump that was broken off ends with it.
    Result<Fd> fd = OpenDiagIn(question.network_namespace);
    if (!fd.ok()) return fd.error();
    if (Status asked = Ask(fd.value().get(), family, attempt); !asked.ok()) return asked.error();
    Result<DumpPart> part = ReadDump(fd.value().get(), attempt, question.limit, sockets);
    if (!part.ok() || !part.value().interrupted || attempt == kAttempts) return part;
    sockets.resize(before);
  }
}

}  // namespace

Result<DumpPart> ParseDump(std::span<const std::byte> datagram, std::uint32_t sequence,
                           std::vector<TcpSocket>& sockets) {
  DumpPart part;
  while (!datagram.empty() && !part.done) {
    const std::optional<nlmsghdr> header = Copy<nlmsghdr>(datagram);
    if (!header.has_value()) return kMalformed;
    if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > datagram.size()) {
      return kMalformed;
    }
    const auto payload = datagram.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr));
    if (header->nlmsg_seq == sequence) {
      if (Status read = ReadMessage(*header, payload, part, sockets); !read.ok()) {
        return read.error();
      }
    }
    datagram = Behind(datagram, header->nlmsg_len);
  }
  return part;
}

Result<TcpDump> DumpTcpSockets(const DumpQuestion& question) {
  TcpDump dump;
  for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
    const Result<DumpPart> part = DumpFamily(question, family, dump.sockets);
    // A kernel without IPv6 has no such sockets.
    if (!part.ok() && family == AF_INET6 && part.error().err == ENOENT) continue;
    if (!part.ok()) return part.error();
    if (part.value().interrupted) dump.complete = false;
  }
  if (dump.sockets.size() > question.limit) {
    dump.sockets.resize(question.limit);
    dump.complete = false;
  }
  return dump;
}

}  // namespace warmline::net
