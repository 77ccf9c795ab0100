// TcpInfo: the kernel's fields, on connections that make them move.
#include "net/tcp_info.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>

#include "net/keepalive.h"
#include "net/socket.h"
#include "test/check.h"
#include "test/net_fixture.h"

namespace warmline::net {
namespace {

using test::Connection;
using test::Must;

// Longer than the kernel's clock tick, shorter than anything that it does by itself.
constexpr std::uint32_t kPauseMs = 60;

void Pause() {
  test::AwaitUntil("some time has passed",
                   [waited_ms = 0U]() mutable { return ++waited_ms > kPauseMs; });
}

TcpInfo InfoOf(const Connection& connection) { return Must(ReadTcpInfo(connection.ours.get())); }

const test::Register kQuiet("a quiet connection owes nothing, and its clocks run", [] {
  const Connection connection = test::ConnectTcp();
  Pause();
  const TcpInfo info = InfoOf(connection);
  CHECK_EQ(info.probes, 0);
  CHECK_EQ(info.retransmits, 0);
  CHECK_EQ(info.unacked, 0U);
  CHECK_EQ(info.notsent_bytes, 0U);
  CHECK(info.last_ack_ms >= kPauseMs / 2);
  CHECK(info.payload_idle_ms >= kPauseMs / 2);
  // Neither clock began before the connection did.
  CHECK(info.last_ack_ms < 60'000 && info.payload_idle_ms < 60'000);
});

// Again and again, for the machine may pause in between.
const test::Register kHeard("data that came sets both clocks back", [] {
  const Connection connection = test::ConnectTcp();
  Pause();
  test::AwaitUntil("both are set back", [&] {
    connection.theirs.Send("ping");
    const TcpInfo info = InfoOf(connection);
    return info.last_ack_ms < kPauseMs / 2 && info.payload_idle_ms < kPauseMs / 2;
  });
});

const test::Register kSent("data that was sent sets the payload's clock back", [] {
  const Connection connection = test::ConnectTcp();
  test::Deafen(connection.theirs.fd());
  Pause();
  TcpInfo info;
  test::AwaitUntil("it is set back", [&] {
    REQUIRE(::send(connection.ours.get(), "ping", 4, 0) == 4);
    info = InfoOf(connection);
    return info.payload_idle_ms < kPauseMs / 2;
  });
  // Nobody answered, so nobody was heard.
  CHECK(info.last_ack_ms >= kPauseMs / 2);
  CHECK(info.unacked > 0);
});

const test::Register kRetransmits("what is not answered is retransmitted, and that is counted", [] {
  const Connection connection = test::ConnectTcp();
  test::Deafen(connection.theirs.fd());
  REQUIRE(::send(connection.ours.get(), "ping", 4, 0) == 4);
  test::AwaitUntil("it is retransmitted", [&] { return InfoOf(connection).retransmits > 0; });
  CHECK_EQ(InfoOf(connection).probes, 0);
  test::Undeafen(connection.theirs.fd());
  test::AwaitUntil("it is answered", [&] { return InfoOf(connection).unacked == 0; });
  CHECK_EQ(InfoOf(connection).retransmits, 0);
});

const test::Register kEmpty("segments without data are counted, those with data are not", [] {
  const Connection connection = test::ConnectTcp();
  const std::uint32_t before = InfoOf(connection).empty_segments;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(::send(connection.ours.get(), "ping", 4, 0) == 4);
    CHECK_EQ(connection.theirs.Read(4), std::string("ping"));
  }
  CHECK_EQ(InfoOf(connection).empty_segments, before);
  // Each is acknowledged at once.
  Must(SetIntOption(connection.ours.get(), IPPROTO_TCP, TCP_QUICKACK, 1, "TCP_QUICKACK"));
  connection.theirs.Send("pong");
  test::AwaitUntil("it is acknowledged",
                   [&] { return InfoOf(connection).empty_segments > before; });
  CHECK_EQ(InfoOf(connection).empty_segments, before + 1);
});

const test::Register kProbes("unanswered probes are counted, and an answer sets them back", [] {
  const Connection connection = test::ConnectTcp();
  const std::uint32_t before = InfoOf(connection).empty_segments;
  test::Deafen(connection.theirs.fd());
  Must(ApplyKeepalive(connection.ours.get(), {1, 1, 127, 0}));
  test::AwaitUntil("a probe is unanswered", [&] { return InfoOf(connection).probes > 0; });
  CHECK(InfoOf(connection).last_ack_ms >= 900);
  CHECK(InfoOf(connection).empty_segments > before);
  test::Undeafen(connection.theirs.fd());
  test::AwaitUntil("a probe is answered", [&] { return InfoOf(connection).probes == 0; });
  // Payload is another matter.
  const TcpInfo info = InfoOf(connection);
  CHECK(info.last_ack_ms < info.payload_idle_ms);
});

}  // namespace
}  // namespace warmline::net
