// SockDiag: what is read from a dump, whatever the bytes are, and what the kernel really says.
#include "net/sock_diag.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "net/keepalive.h"
#include "net/socket.h"
#include "test/check.h"
#include "test/net_fixture.h"
#include "test/random.h"

namespace warmline::net {
namespace {

using test::Must;
using Bytes = std::vector<std::byte>;

constexpr std::uint32_t kSequence = 7;

template <typename T>
void Append(Bytes& bytes, const T& value) {
  // Not insert(): GCC 12 takes what would be moved behind an empty vector for an overflow.
  const std::size_t end = bytes.size();
  bytes.resize(end + sizeof value);
  std::memcpy(bytes.data() + end, &value, sizeof value);
}

Bytes Message(std::uint16_t type, const Bytes& payload, std::uint16_t flags = NLM_F_MULTI) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + payload.size());
  header.nlmsg_type = type;
  header.nlmsg_flags = flags;
  header.nlmsg_seq = kSequence;
  Bytes bytes;
  Append(bytes, header);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

// An established connection 127.0.0.1:80 -> 127.0.0.1:81 with `info_size` bytes of tcp_info.
Bytes Socket(std::size_t info_size) {
  inet_diag_msg message{};
  message.idiag_family = AF_INET;
  message.idiag_state = 1;
  message.idiag_timer = 2;
  message.idiag_retrans = 3;
  message.idiag_expires = 4567;
  message.idiag_uid = 1000;
  message.idiag_inode = 4'000'000'000;
  message.id.idiag_sport = htons(80);
  message.id.idiag_dport = htons(81);
  message.id.idiag_src[0] = message.id.idiag_dst[0] = htonl(INADDR_LOOPBACK);
  tcp_info info{};
  info.tcpi_last_data_sent = 900;
  info.tcpi_last_data_recv = 800;
  info.tcpi_last_ack_recv = 700;
  rtattr attribute{};
  attribute.rta_type = INET_DIAG_INFO;
  attribute.rta_len = static_cast<std::uint16_t>(sizeof attribute + info_size);
  Bytes payload;
  Append(payload, message);
  Append(payload, attribute);
  Append(payload, info);
  payload.resize(sizeof message + sizeof attribute + info_size);
  return payload;
}

Bytes Joined(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

const test::Register kReads("every field of a socket is read from a dump", [] {
  const Bytes done = Message(NLMSG_DONE, Bytes(sizeof(int)));
  std::vector<TcpSocket> sockets;
  const DumpPart part = Must(ParseDump(
      Joined({Message(SOCK_DIAG_BY_FAMILY, Socket(sizeof(tcp_info))), done}), kSequence, sockets));
  CHECK(part.done);
  CHECK(!part.interrupted);
  REQUIRE(sockets.size() == 1);
  const TcpSocket& socket = sockets[0];
  CHECK_EQ(socket.local.ToString(), std::string("127.0.0.1:80"));
  CHECK_EQ(socket.peer.ToString(), std::string("127.0.0.1:81"));
  CHECK_EQ(socket.state, 1);
  CHECK_EQ(socket.timer, 2);
  CHECK_EQ(socket.tries, 3);
  CHECK_EQ(socket.expires_ms, 4567U);
  CHECK_EQ(socket.uid, 1000U);
  CHECK_EQ(socket.inode, 4'000'000'000U);
  REQUIRE(socket.activity.has_value());
  CHECK_EQ(socket.activity->last_heard_ms, 700U);
  CHECK_EQ(socket.activity->payload_idle_ms, 800U);
});

const test::Register kOlder(
    "the shorter tcp_info of an older kernel is read as far as it goes", [] {
      const std::size_t up_to_last_data_recv = offsetof(tcp_info, tcpi_last_ack_recv);
      std::vector<TcpSocket> sockets;
      (void)Must(ParseDump(Message(SOCK_DIAG_BY_FAMILY, Socket(up_to_last_data_recv)), kSequence,
                           sockets));
      REQUIRE(sockets.size() == 1 && sockets[0].activity.has_value());
      CHECK_EQ(sockets[0].activity->payload_idle_ms, 800U);
    });

const test::Register kForeign("messages of another dump are left out", [] {
  std::vector<TcpSocket> sockets;
  const Bytes bytes = Message(SOCK_DIAG_BY_FAMILY, Socket(sizeof(tcp_info)));
  CHECK(!Must(ParseDump(bytes, kSequence + 1, sockets)).done);
  CHECK(sockets.empty());
});

const test::Register kInterrupted("a dump that changed under way says so", [] {
  std::vector<TcpSocket> sockets;
  const Bytes bytes = Message(NLMSG_DONE, Bytes(sizeof(int)), NLM_F_MULTI | NLM_F_DUMP_INTR);
  CHECK(Must(ParseDump(bytes, kSequence, sockets)).interrupted);
});

const test::Register kRefused("an error of the kernel is the error, with its errno", [] {
  for (const std::uint16_t type : {std::uint16_t{NLMSG_ERROR}, std::uint16_t{NLMSG_DONE}}) {
    Bytes payload;
    Append(payload, -EPERM);
    std::vector<TcpSocket> sockets;
    const Result<DumpPart> part = ParseDump(Message(type, payload), kSequence, sockets);
    REQUIRE(!part.ok());
    CHECK_EQ(part.error().err, EPERM);
  }
});

// A heap block of exactly that size, so that AddressSanitizer sees a read behind its end.
Result<DumpPart> ParseCopy(const Bytes& bytes, std::vector<TcpSocket>& sockets) {
  const Bytes copy(bytes.begin(), bytes.end());
  return ParseDump(copy, kSequence, sockets);
}

Bytes FirstOf(const Bytes& bytes, std::size_t length) {
  const auto first = std::span(bytes).first(length);
  return {first.begin(), first.end()};
}

const test::Register kTruncated("a dump cut short anywhere is malformed or has fewer sockets", [] {
  const Bytes one = Message(SOCK_DIAG_BY_FAMILY, Socket(sizeof(tcp_info)));
  for (std::size_t length = 1; length < one.size(); ++length) {
    std::vector<TcpSocket> sockets;
    const Result<DumpPart> part = ParseCopy(FirstOf(one, length), sockets);
    REQUIRE(!part.ok());
    CHECK_EQ(part.error().err, EBADMSG);
    CHECK(sockets.empty());
  }
});

const test::Register kLies("lengths that lie are malformed", [] {
  const Bytes good = Message(SOCK_DIAG_BY_FAMILY, Socket(sizeof(tcp_info)));
  const std::size_t attribute_at = sizeof(nlmsghdr) + sizeof(inet_diag_msg);
  for (const std::uint32_t lie : {0U, 1U, 3U, 15U, 65'535U, 0xffff'ffffU}) {
    Bytes long_message = good;
    std::memcpy(long_message.data(), &lie, sizeof lie);
    Bytes long_attribute = good;
    const auto short_lie = static_cast<std::uint16_t>(lie == 15 ? 2 : lie);
    std::memcpy(long_attribute.data() + attribute_at, &short_lie, sizeof short_lie);
    for (const Bytes& bytes : {long_message, long_attribute}) {
      std::vector<TcpSocket> sockets;
      const Result<DumpPart> part = ParseCopy(bytes, sockets);
      REQUIRE(!part.ok());
      CHECK_EQ(part.error().err, EBADMSG);
    }
  }
});

const test::Register kFuzz("any bytes are read or refused, without harm and without end", [] {
  const Bytes good =
      Joined({Message(SOCK_DIAG_BY_FAMILY, Socket(sizeof(tcp_info))),
              Message(SOCK_DIAG_BY_FAMILY, Socket(100)), Message(NLMSG_DONE, Bytes(sizeof(int)))});
  test::Random random(1);
  std::size_t read = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = good;
    for (std::uint64_t changes = 1 + random.Below(6); changes > 0; --changes) {
      bytes[random.Below(bytes.size())] = static_cast<std::byte>(random.Below(256));
    }
    bytes.resize(random.Below(2) == 0 ? bytes.size() : random.Below(bytes.size() + 1));
    std::vector<TcpSocket> sockets;
    if (ParseCopy(bytes, sockets).ok()) ++read;
    CHECK(sockets.size() <= 2);
  }
  CHECK(read > 0 && read < 20'000);
});

std::uint32_t InodeOf(int fd) {
  struct stat status {};
  REQUIRE(::fstat(fd, &status) == 0);
  return static_cast<std::uint32_t>(status.st_ino);
}

TcpSocket Dumped(int fd) {
  const TcpDump dump = Must(DumpTcpSockets({.network_namespace = "", .limit = 1'000'000}));
  const auto found = std::ranges::find(dump.sockets, InodeOf(fd), &TcpSocket::inode);
  REQUIRE(found != dump.sockets.end());
  return *found;
}

const test::Register kKernel("the kernel lists a connection with its keepalive timer", [] {
  const test::Connection connection = test::ConnectTcp();
  CHECK_EQ(Dumped(connection.ours.get()).timer, 0);
  Must(ApplyKeepalive(connection.ours.get(), {1000, 10, 3, 0}));
  const TcpSocket socket = Dumped(connection.ours.get());
  CHECK_EQ(socket.state, 1);
  CHECK_EQ(socket.timer, 2);
  CHECK(socket.expires_ms > 900'000 && socket.expires_ms <= 1'000'000);
  CHECK(socket.activity.has_value());
});

const test::Register kIpv6("IPv6 sockets are listed too", [] {
  if (!test::HasIpv6()) return;
  const test::Server server(*Address::FromIp("::1", 0));
  const test::Peer client = test::Peer::Connect(server.address());
  CHECK_EQ(Dumped(client.fd()).peer.ToString(), server.address().ToString());
});

const test::Register kLimit("a dump stops at its limit and says that it is not complete", [] {
  const test::Connection connection = test::ConnectTcp();
  const TcpDump dump = Must(DumpTcpSockets({.network_namespace = "", .limit = 1}));
  CHECK_EQ(dump.sockets.size(), 1U);
  CHECK(!dump.complete);
});

const test::Register kNoNamespace("a namespace that is not there is an error, and nothing leaks",
                                  [] {
                                    const Result<TcpDump> dump = DumpTcpSockets(
                                        {.network_namespace = "/proc/0/ns/net", .limit = 1});
                                    REQUIRE(!dump.ok());
                                    CHECK_EQ(dump.error().err, ENOENT);
                                  });

}  // namespace
}  // namespace warmline::net
