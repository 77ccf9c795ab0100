// Engine: what it tells, when asked and unasked.
#include <cerrno>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "test/check.h"
#include "test/echo.h"
#include "test/engine_rig.h"
#include "test/net_fixture.h"

namespace warmline::engine {
namespace {

using relay::CloseReason;
using relay::SessionClosed;
using test::EngineRig;
using test::Peer;
using test::RouteTo;

std::uint64_t SumOfClosed(const RouteStats& stats) {
  return std::accumulate(stats.closed.begin(), stats.closed.end(), std::uint64_t{0});
}

std::vector<Peer> ConnectMany(const net::Address& address, std::size_t count) {
  std::vector<Peer> clients;
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(Peer::Connect(address));
    clients.back().Send("ping");
    CHECK_EQ(clients.back().Read(4), std::string("ping"));
  }
  return clients;
}

const test::Register kInspect("a live session is described as the kernel has it", [] {
  const test::Server server;
  relay::Route route = RouteTo({test::Unserved(), server.address()});
  route.client = net::Keepalive{45, 5, 4, 65'000};
  route.upstream = net::Keepalive{30, 5, 2, 20'000};
  EngineRig engine(4);
  const Peer client = Peer::Connect(engine.ApplyOne(route));
  const Peer upstream = server.Accept();
  client.Send("12345");
  CHECK_EQ(upstream.Read(5).size(), 5U);
  upstream.Send("123");
  CHECK_EQ(client.Read(3).size(), 3U);
  // The counters move behind the bytes.
  std::vector<SessionInfo> sessions;
  test::AwaitUntil("both directions are counted", [&] {
    sessions = engine.InspectAll();
    REQUIRE(sessions.size() == 1);
    return sessions[0].bytes_to_client == 3;
  });
  const SessionInfo& info = sessions[0];
  CHECK_EQ(info.state, relay::Session::State::kRelaying);
  CHECK_EQ(info.route->name, std::string("route"));
  CHECK_EQ(info.client.ToString(), test::Must(net::LocalAddress(client.fd())).ToString());
  CHECK_EQ(info.endpoint.value_or(9), 1);
  CHECK_EQ(info.bytes_to_upstream, 5U);
  CHECK(info.client_keepalive == (net::EffectiveKeepalive{true, *route.client}));
  CHECK(info.upstream_keepalive == (net::EffectiveKeepalive{true, *route.upstream}));
});

const test::Register kLimit("so many sessions are told as were asked for, wherever they live", [] {
  const test::Echo echo;
  EngineRig engine(4);
  const std::vector<Peer> clients = ConnectMany(engine.ApplyOne(RouteTo({echo.address()})), 12);
  std::uint32_t request = 100;
  for (const std::size_t limit : {0U, 1U, 3U, 6U, 12U, 100U}) {
    engine->Inspect(++request, limit);
    const Inspection inspection = engine.Await<Inspection>(
        [&](const Inspection& answer) { return answer.request == request; });
    CHECK_EQ(inspection.sessions.size(), std::min<std::size_t>(limit, 12));
    std::set<std::uint64_t> ids;
    for (const SessionInfo& info : inspection.sessions) ids.insert(info.session);
    CHECK_EQ(ids.size(), inspection.sessions.size());
  }
});

const test::Register kStats("the counters of all workers add up", [] {
  const test::Echo echo;
  EngineRig engine(4);
  const net::Address address = engine.ApplyOne(RouteTo({echo.address()}));
  const std::vector<Peer> staying = ConnectMany(address, 9);
  std::vector<Peer> leaving = ConnectMany(address, 21);
  for (std::size_t i = 0; i < 5; ++i) leaving[i].Reset();
  leaving.clear();
  engine.AwaitClosed(21);
  const EngineStats stats = engine->Stats();
  CHECK_EQ(stats.workers, 4U);
  CHECK_EQ(stats.events_dropped, 0U);
  REQUIRE(stats.routes.size() == 1);
  const RouteStats& route = stats.routes[0];
  CHECK_EQ(route.accepted, 30U);
  CHECK_EQ(route.active, 9U);
  CHECK_EQ(SumOfClosed(route), 21U);
  CHECK_EQ(route.closed[static_cast<std::size_t>(CloseReason::kClientReset)], 5U);
  CHECK_EQ(route.bytes_to_upstream, 120U);
  CHECK_EQ(route.bytes_to_client, 120U);
});

// The workers' own clock: a leg is looked at every second.
const test::Register kSuspect("a suspect leg is told, described, and counted while it is one", [] {
  const test::Server server;
  EngineRig engine(2);
  const Peer client = Peer::Connect(engine.ApplyOne(RouteTo({server.address()})));
  const Peer upstream = server.Accept();
  test::Deafen(client.fd());
  upstream.Send("nobody hears it");
  const auto changed = engine.Await<relay::LivenessChanged>();
  CHECK_EQ(changed.side, relay::Side::kClient);
  CHECK(changed.suspect);

  RouteStats stats = engine.StatsOf();
  CHECK_EQ(stats.legs[0].suspect, 1U);
  CHECK_EQ(stats.legs[0].suspected, 1U);
  CHECK_EQ(stats.legs[1].suspect, 0U);
  const std::vector<SessionInfo> sessions = engine.InspectAll();
  REQUIRE(sessions.size() == 1);
  CHECK_EQ(sessions[0].session, changed.session);
  REQUIRE(sessions[0].client_liveness.has_value() && sessions[0].upstream_liveness.has_value());
  CHECK(sessions[0].client_liveness->suspect);
  CHECK(!sessions[0].upstream_liveness->suspect);

  engine->Close();
  stats = engine.StatsOf();
  CHECK_EQ(stats.legs[0].suspect, 0U);
  CHECK_EQ(stats.legs[0].suspected, 1U);
  CHECK_EQ(stats.legs[0].proven, 0U);
});

const test::Register kChosen("only the wanted ends of sessions are told, all are counted", [] {
  const test::Echo echo;
  for (const SessionEvents wanted :
       {SessionEvents::kAll, SessionEvents::kFailures, SessionEvents::kNone}) {
    EngineRig engine(1);
    const Engine::ApplyResult applied =
        engine->Apply({.routes = {test::On({test::Loopback()}, RouteTo({echo.address()}))},
                       .session_events = wanted});
    const auto& open = std::get<std::vector<OpenListener>>(applied);
    std::vector<Peer> clients = ConnectMany(open[0].address, 2);
    clients[0].Reset();
    clients.clear();
    test::AwaitUntil("both are counted", [&] { return SumOfClosed(engine.StatsOf()) == 2; });
    // The answer comes behind whatever was told before.
    (void)engine.InspectAll();
    std::size_t told = 0;
    while (engine.Find<SessionClosed>().has_value()) ++told;
    CHECK_EQ(told, wanted == SessionEvents::kAll        ? 2U
                   : wanted == SessionEvents::kFailures ? 1U
                                                        : 0U);
  }
});

const test::Register kDropped(
    "events that nobody takes are dropped and counted, bytes flow on", [] {
      const test::Echo echo;
      EngineRig engine(2, 3);
      const net::Address address = engine.ApplyOne(RouteTo({echo.address()}));
      for (int i = 0; i < 10; ++i) (void)ConnectMany(address, 1);
      test::AwaitUntil("all are counted", [&] { return SumOfClosed(engine.StatsOf()) == 10; });
      test::AwaitUntil("drops are counted", [&] { return engine->Stats().events_dropped >= 7; });
    });

const test::Register kRefused("an option that the kernel refuses ends each session by name", [] {
  const test::Server server;
  relay::Route route = RouteTo({server.address()});
  route.upstream = net::Keepalive{40'000, 5, 2, 0};
  EngineRig engine(1);
  const net::Address address = engine.ApplyOne(std::move(route));
  CHECK_EQ(Peer::Connect(address).ReadToEnd().error, ECONNRESET);
  const SessionClosed closed = engine.Await<SessionClosed>();
  CHECK_EQ(closed.ending.reason, CloseReason::kUpstreamOptionRefused);
  CHECK_EQ(closed.ending.cause.err, EINVAL);
  CHECK_EQ(std::string(closed.ending.cause.call), std::string("setsockopt(TCP_KEEPIDLE)"));
});

}  // namespace
}  // namespace warmline::engine
