// Session: what the kernel knew of the leg that died, told with its end.
#include <cerrno>
#include <string>
#include <utility>

#include "net/keepalive.h"
#include "relay/session.h"
#include "relay/zero_window.h"
#include "test/check.h"
#include "test/net_fixture.h"
#include "test/session_rig.h"

namespace warmline::relay {
namespace {

using test::Must;
using test::Peer;
using test::RouteTo;
using test::Server;
using test::SessionRig;

const test::Register kInFlight("data that a dead client did not acknowledge is its evidence", [] {
  const Server server;
  Route route = RouteTo({server.address()});
  route.client = net::Keepalive{45, 5, 4, 300};
  SessionRig rig(std::move(route));
  Must(net::SetKeepalive(rig.client_leg, net::Keepalive{45, 5, 4, 300}));
  rig.Connect();
  const Peer upstream = server.Accept();
  test::Deafen(rig.client.fd());
  upstream.Send("nobody hears it");
  // The kernel's own clock.
  rig.RunUntilClosed();
  const Ending ending = rig.closed().ending;
  CHECK_EQ(ending.reason, CloseReason::kClientUserTimeout);
  CHECK_EQ(ending.cause.err, ETIMEDOUT);
  REQUIRE(ending.evidence.has_value());
  CHECK(ending.evidence->retransmits > 0);
  CHECK_EQ(ending.evidence->probes, 0);
  CHECK(ending.evidence->last_ack_ms >= 300);
});

const test::Register kUnseen(
    "a user timeout that struck is named, also when its leg is looked at before", [] {
      const Server server;
      Route route = RouteTo({server.address()});
      route.client = net::Keepalive{45, 5, 4, 300};
      SessionRig rig(std::move(route));
      Must(net::SetKeepalive(rig.client_leg, net::Keepalive{45, 5, 4, 300}));
      rig.Connect();
      const Peer upstream = server.Accept();
      test::Deafen(rig.client.fd());
      (void)upstream.SendUntilFull(0);
      const auto info = [&] {
        return rig.session.ReadInfo(Side::kClient).value_or(net::TcpInfo{});
      };
      rig.RunUntil("more is sent than can be in flight", [&] { return info().notsent_bytes > 0; });
      // Nobody looks at its event; it has nothing in flight any more, as behind a closed window.
      test::AwaitUntil("the kernel gives it up", [&] { return info().unacked == 0; });
      rig.host.Advance(WindowWatch().LookIntervalMs(300));
      REQUIRE(rig.session.state() == Session::State::kRelaying);
      rig.RunUntilClosed();
      CHECK_EQ(rig.closed().ending.reason, CloseReason::kClientUserTimeout);
    });

const test::Register kIdle("probes that a dead upstream did not answer are its evidence", [] {
  const Server server;
  Route route = RouteTo({server.address()});
  route.upstream = net::Keepalive{1, 1, 1, 0};
  SessionRig rig(std::move(route));
  rig.Connect();
  const Peer upstream = server.Accept();
  test::Deafen(upstream.fd());
  rig.RunUntilClosed();
  const Ending ending = rig.closed().ending;
  CHECK_EQ(ending.reason, CloseReason::kUpstreamKeepaliveTimeout);
  REQUIRE(ending.evidence.has_value());
  CHECK(ending.evidence->probes > 0);
  CHECK_EQ(ending.evidence->retransmits, 0);
  CHECK_EQ(ending.evidence->notsent_bytes, 0U);
  CHECK(ending.evidence->last_ack_ms >= 1'900);
  // The evidence stays the dead leg's, although the other one was closed after it.
  CHECK_EQ(rig.client.ReadToEnd().error, ECONNRESET);
});

const test::Register kReset("a reset leg's evidence says that all was well", [] {
  const Server server;
  SessionRig rig(RouteTo({server.address()}));
  rig.Connect();
  server.Accept().Reset();
  rig.RunUntilClosed();
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  REQUIRE(rig.closed().ending.evidence.has_value());
  CHECK_EQ(rig.closed().ending.evidence->probes, 0);
  CHECK_EQ(rig.closed().ending.evidence->retransmits, 0);
});

const test::Register kClient("a client that resets while we dial leaves evidence too", [] {
  const test::SilentServer silent;
  SessionRig rig(RouteTo({silent.address()}));
  rig.session.Start();
  rig.client.Reset();
  rig.RunUntilClosed();
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kClientReset);
  CHECK(rig.closed().ending.evidence.has_value());
});

const test::Register kClean("a clean end has none", [] {
  const Server server;
  SessionRig rig(RouteTo({server.address()}));
  rig.Connect();
  const Peer upstream = server.Accept();
  rig.client.FinishWriting();
  upstream.FinishWriting();
  rig.RunUntilClosed();
  CHECK(IsClean(rig.closed().ending.reason));
  CHECK(!rig.closed().ending.evidence.has_value());
});

const test::Register kOurs("an end of our own choice has none", [] {
  for (const CloseReason reason : {CloseReason::kDrained, CloseReason::kHalfCloseTimeout}) {
    const Server server;
    SessionRig rig(RouteTo({server.address()}));
    rig.Connect();
    const Peer upstream = server.Accept();
    rig.session.Reset(reason);
    CHECK_EQ(rig.closed().ending.reason, reason);
    CHECK(!rig.closed().ending.evidence.has_value());
  }
});

const test::Register kDial("a dial that failed has none", [] {
  SessionRig rig(RouteTo({test::Unserved()}));
  rig.session.Start();
  rig.RunUntilClosed();
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kDialRefused);
  CHECK(!rig.closed().ending.evidence.has_value());
});

const test::Register kUnix("a unix leg that is reset has none", [] {
  const Server server;
  SessionRig rig(RouteTo({server.address()}), test::ConnectUnix());
  rig.Connect();
  const Peer upstream = server.Accept();
  // Closing over unread bytes is how a unix socket resets.
  upstream.Send("unread");
  rig.RunUntil("it is relayed", [&] { return rig.session.bytes(Side::kUpstream) == 6; });
  rig.client.Close();
  rig.RunUntilClosed();
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kClientReset);
  CHECK(!rig.closed().ending.evidence.has_value());
});

}  // namespace
}  // namespace warmline::relay
