// Session: options set, read back and told, once for each route.
#include <cerrno>
#include <string>
#include <utility>
#include <variant>

#include "net/keepalive.h"
#include "relay/session.h"
#include "test/check.h"
#include "test/net_fixture.h"
#include "test/session_rig.h"

namespace warmline::relay {
namespace {

using test::Connection;
using test::Must;
using test::Peer;
using test::RouteTo;
using test::Server;
using test::SessionRig;

// More than the client's kernel takes when the client does not read, less than ours.
constexpr std::uint64_t kMuch = 3 * 1024 * 1024;
constexpr net::Keepalive kClientOptions{45, 5, 4, 65'000};
constexpr net::Keepalive kUpstreamOptions{30, 5, 2, 20'000};

Route PlannedRoute(const net::Address& endpoint) {
  Route route = RouteTo({endpoint});
  route.client = kClientOptions;
  route.upstream = kUpstreamOptions;
  return route;
}

// An accepted connection that carries what its listener handed on.
Connection Inheriting(const std::optional<net::Keepalive>& keepalive) {
  Connection connection = test::ConnectTcp();
  Must(net::SetKeepalive(connection.ours.get(), keepalive));
  return connection;
}

const test::Register kVerified("the first session of a route tells what both legs hold", [] {
  const Server server;
  SessionRig rig(PlannedRoute(server.address()), Inheriting(kClientOptions));
  rig.Connect();
  REQUIRE(rig.host.reports.size() == 1);
  const auto* verified = std::get_if<KeepaliveVerified>(rig.host.reports.data());
  REQUIRE(verified != nullptr);
  const net::EffectiveKeepalive client{true, kClientOptions};
  const net::EffectiveKeepalive upstream{true, kUpstreamOptions};
  CHECK(verified->client == client);
  CHECK(verified->upstream == upstream);
  CHECK(rig.session.ReadBack(Side::kClient) == client);
  CHECK(rig.session.ReadBack(Side::kUpstream) == upstream);
  CHECK(rig.route.verified);
});

const test::Register kOnce("later sessions of the route say no more about it", [] {
  const Server server;
  SessionRig rig(PlannedRoute(server.address()), Inheriting(kClientOptions));
  rig.route.verified = true;
  rig.Connect();
  CHECK(rig.host.reports.empty());
});

const test::Register kMended("a client with another plan's options gets its own", [] {
  const Server server;
  SessionRig rig(PlannedRoute(server.address()), Inheriting(net::Keepalive{99, 9, 9, 0}));
  rig.Connect();
  const net::EffectiveKeepalive wanted{true, kClientOptions};
  CHECK(rig.session.ReadBack(Side::kClient) == wanted);
});

const test::Register kOff("a route without keepalive leaves it off on both legs", [] {
  const Server server;
  SessionRig rig(RouteTo({server.address()}));
  rig.Connect();
  for (const Side side : {Side::kClient, Side::kUpstream}) {
    const std::optional<net::EffectiveKeepalive> effective = rig.session.ReadBack(side);
    REQUIRE(effective.has_value());
    CHECK(!effective->enabled);
    CHECK_EQ(effective->values.user_timeout_ms, 0);
  }
});

// The user timeout of the client's leg, as the kernel has it.
int ClientUserTimeout(const SessionRig& rig) {
  const std::optional<net::EffectiveKeepalive> effective = rig.session.ReadBack(Side::kClient);
  CHECK(effective.has_value());
  return effective.value_or(net::EffectiveKeepalive{}).values.user_timeout_ms;
}

const test::Register kSlowReader("the user timeout spares a client that does not read", [] {
  const Server server;
  SessionRig rig(PlannedRoute(server.address()), Inheriting(kClientOptions));
  rig.Connect();
  const Peer upstream = server.Accept();
  upstream.SendPattern(0, kMuch);
  rig.RunUntil("all is with our kernel",
               [&] { return rig.session.bytes(Side::kUpstream) == kMuch; });
  rig.RunUntil(
      "the timeout is lifted", [&] { return ClientUserTimeout(rig) == 0; }, 1'000);
  CHECK_EQ(rig.client.ReadPattern(0, kMuch), kMuch);
  rig.RunUntil(
      "the timeout is back",
      [&] { return ClientUserTimeout(rig) == kClientOptions.user_timeout_ms; }, 1'000);
  rig.RunUntil(
      "nobody looks any more", [&] { return !rig.TimerDue().has_value(); }, 1'000);
});

const test::Register kSurvivor("nor does it strike while a death is delivered", [] {
  const Server server;
  SessionRig rig(PlannedRoute(server.address()), Inheriting(kClientOptions));
  rig.Connect();
  Peer upstream = server.Accept();
  upstream.SendPattern(0, kMuch);
  rig.RunUntil("all is with our kernel",
               [&] { return rig.session.bytes(Side::kUpstream) == kMuch; });
  CHECK_EQ(ClientUserTimeout(rig), kClientOptions.user_timeout_ms);
  upstream.Reset();
  rig.RunUntil("the reset is seen",
               [&] { return rig.session.state() == Session::State::kAborting; });
  CHECK_EQ(ClientUserTimeout(rig), 0);
});

const test::Register kRefused("an option that the kernel refuses ends the session by name", [] {
  const Server server;
  Route route = RouteTo({server.address(), server.address()});
  route.upstream = net::Keepalive{40'000, 5, 2, 0};
  SessionRig rig(std::move(route));
  rig.session.Start();
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamOptionRefused);
  CHECK_EQ(rig.closed().ending.cause.err, EINVAL);
  CHECK_EQ(std::string(rig.closed().ending.cause.call), std::string("setsockopt(TCP_KEEPIDLE)"));
  CHECK_EQ(rig.host.reports.size(), 1U);
  CHECK_EQ(rig.client.ReadToEnd().error, ECONNRESET);
});

const test::Register kNotApplicable("a unix leg is told as without keepalive", [] {
  const test::TempDir dir;
  const Server server(*net::Address::FromPath(dir.File("socket")));
  SessionRig rig(PlannedRoute(server.address()), test::ConnectUnix());
  rig.Connect();
  REQUIRE(rig.host.reports.size() == 1);
  const auto* verified = std::get_if<KeepaliveVerified>(rig.host.reports.data());
  REQUIRE(verified != nullptr);
  CHECK(!verified->client.has_value());
  CHECK(!verified->upstream.has_value());
});

}  // namespace
}  // namespace warmline::relay
