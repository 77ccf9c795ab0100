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
using test::RouteTo;
using test::Server;
using test::SessionRig;

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

const test::Register kRefused("an option that the kernel refuses ends the session by name", [] {
  const Server server;
  Route route = RouteTo({server.address(), server.address()});
  route.upstream = net::Keepalive{40'000, 5, 2, 0};
  SessionRig rig(std::move(route));
  rig.session.Start();
  CHECK_EQ(rig.closed().reason, CloseReason::kUpstreamOptionRefused);
  CHECK_EQ(rig.closed().cause.err, EINVAL);
  CHECK_EQ(std::string(rig.closed().cause.call), std::string("setsockopt(TCP_KEEPIDLE)"));
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
