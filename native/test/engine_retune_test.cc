// Engine: live sessions are brought to a changed keepalive, and counted exactly.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/check.h"
#include "test/echo.h"
#include "test/engine_rig.h"
#include "test/net_fixture.h"

namespace warmline::engine {
namespace {

using test::EngineRig;
using test::Loopback;
using test::On;
using test::Peer;

constexpr net::Keepalive kBefore{45, 5, 4, 65'000};
constexpr net::Keepalive kAfter{60, 6, 6, 96'000};
// More than a worker retunes in one turn.
constexpr std::size_t kMany = 200;

relay::Route Planned(const net::Address& endpoint, const std::optional<net::Keepalive>& keepalive,
                     const std::string& name = "route") {
  relay::Route route = test::RouteTo({endpoint});
  route.name = name;
  route.client = keepalive;
  route.upstream = keepalive;
  return route;
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

Retuning AwaitRetuning(EngineRig& engine, std::uint32_t request) {
  return engine.Await<Retuning>([&](const Retuning& answer) { return answer.request == request; });
}

std::vector<RouteRetuning> Retune(EngineRig& engine) {
  constexpr std::uint32_t kRequest = 7;
  engine->Retune(kRequest);
  return AwaitRetuning(engine, kRequest).routes;
}

void CheckCounts(const RouteRetuning& route, std::size_t retuned, std::size_t unchanged) {
  CHECK_EQ(route.retuned, retuned);
  CHECK_EQ(route.unchanged, unchanged);
  CHECK_EQ(route.failed, 0U);
}

// How many live sessions hold this on both legs.
std::size_t CountHolding(EngineRig& engine, const net::Keepalive& keepalive) {
  const net::EffectiveKeepalive wanted{true, keepalive};
  const std::vector<SessionInfo> sessions = engine.InspectAll();
  return static_cast<std::size_t>(
      std::count_if(sessions.begin(), sessions.end(), [&](const SessionInfo& info) {
        return info.client_keepalive == wanted && info.upstream_keepalive == wanted;
      }));
}

void RetuneMany(std::uint32_t workers) {
  const test::Echo echo;
  EngineRig engine(workers);
  const net::Address address = engine.ApplyOne(Planned(echo.address(), kBefore));
  const std::vector<Peer> clients = ConnectMany(address, kMany);
  engine.ApplyOne(Planned(echo.address(), kAfter));
  CHECK_EQ(CountHolding(engine, kBefore), kMany);

  std::vector<RouteRetuning> routes = Retune(engine);
  REQUIRE(routes.size() == 1);
  CHECK_EQ(routes[0].route, std::string("route"));
  CheckCounts(routes[0], kMany, 0);
  CHECK_EQ(CountHolding(engine, kAfter), kMany);

  routes = Retune(engine);
  REQUIRE(routes.size() == 1);
  CheckCounts(routes[0], 0, kMany);
}

const test::Register kOne("all sessions of a worker are retuned, more than a turn's share",
                          [] { RetuneMany(1); });

const test::Register kSeveral("the counts of several workers add up", [] { RetuneMany(4); });

const test::Register kPlans("sessions of every plan before are included", [] {
  const test::Echo echo;
  EngineRig engine(2);
  const net::Address address = engine.ApplyOne(Planned(echo.address(), kBefore));
  const std::vector<Peer> oldest = ConnectMany(address, 3);
  engine.ApplyOne(Planned(echo.address(), std::nullopt));
  const std::vector<Peer> older = ConnectMany(address, 4);
  engine.ApplyOne(Planned(echo.address(), kAfter));
  // By its answer every worker has the plan.
  CHECK_EQ(CountHolding(engine, kAfter), 0U);
  const std::vector<Peer> newest = ConnectMany(address, 5);
  const std::vector<RouteRetuning> routes = Retune(engine);
  REQUIRE(routes.size() == 1);
  CheckCounts(routes[0], 7, 5);
  CHECK_EQ(CountHolding(engine, kAfter), 12U);
});

const test::Register kDropped("those of a route that the plan has dropped stay as they are", [] {
  const test::Echo echo;
  EngineRig engine(2);
  const std::vector<net::Address> at = engine.Apply(
      {On({Loopback()}, Planned(echo.address(), kBefore, "kept")),
       On({*net::Address::FromIp("127.0.0.2", 0)}, Planned(echo.address(), kBefore, "dropped"))});
  const std::vector<Peer> kept = ConnectMany(at[0], 3);
  const std::vector<Peer> dropped = ConnectMany(at[1], 4);
  engine.Apply({On({Loopback()}, Planned(echo.address(), kAfter, "kept")),
                On({}, Planned(echo.address(), kAfter, "empty"))});
  std::vector<RouteRetuning> routes = Retune(engine);
  REQUIRE(routes.size() == 2);
  CHECK_EQ(routes[0].route, std::string("kept"));
  CheckCounts(routes[0], 3, 0);
  CHECK_EQ(routes[1].route, std::string("empty"));
  CheckCounts(routes[1], 0, 0);
  CHECK_EQ(CountHolding(engine, kBefore), 4U);

  // Its name is back, and so are its sessions.
  engine.Apply({On({Loopback()}, Planned(echo.address(), kAfter, "dropped"))});
  routes = Retune(engine);
  REQUIRE(routes.size() == 1);
  CheckCounts(routes[0], 4, 0);
  CHECK_EQ(CountHolding(engine, kAfter), 7U);
});

const test::Register kName("the rest of an old session's route stays as it was", [] {
  const test::Echo echo;
  EngineRig engine(1);
  const net::Address address = engine.ApplyOne(Planned(echo.address(), kBefore));
  std::vector<Peer> clients = ConnectMany(address, 1);
  relay::Route changed = Planned(Loopback(1), kAfter);
  changed.half_close_timeout_ms = 1;
  engine.ApplyOne(std::move(changed));
  (void)Retune(engine);
  clients.clear();
  const relay::SessionClosed closed = engine.AwaitClosed(1)[0];
  CHECK_EQ(closed.route->endpoints[0].ToString(), echo.address().ToString());
  CHECK_EQ(closed.route->half_close_timeout_ms, 60'000U);
  CHECK(closed.route->client == kAfter);
});

const test::Register kRefused("a refusal is counted for each session, and ends none", [] {
  const test::Echo echo;
  EngineRig engine(2);
  const net::Address address = engine.ApplyOne(Planned(echo.address(), kBefore));
  const std::vector<Peer> clients = ConnectMany(address, 6);
  relay::Route refused = Planned(echo.address(), kBefore);
  refused.upstream = net::Keepalive{40'000, 5, 4, 0};
  engine.ApplyOne(std::move(refused));
  const std::vector<RouteRetuning> routes = Retune(engine);
  REQUIRE(routes.size() == 1);
  CHECK_EQ(routes[0].failed, 6U);
  CHECK_EQ(routes[0].retuned + routes[0].unchanged, 0U);
  for (const Peer& client : clients) {
    client.Send("ping");
    CHECK_EQ(client.Read(4), std::string("ping"));
  }
});

const test::Register kEmpty("workers without sessions, or without a plan, answer too", [] {
  EngineRig engine(4);
  CHECK(Retune(engine).empty());
  engine.ApplyOne(Planned(Loopback(1), kAfter));
  const std::vector<RouteRetuning> routes = Retune(engine);
  REQUIRE(routes.size() == 1);
  CheckCounts(routes[0], 0, 0);
});

const test::Register kTwoAtOnce("two requests, one behind the other, are both answered", [] {
  const test::Echo echo;
  EngineRig engine(2);
  const net::Address address = engine.ApplyOne(Planned(echo.address(), kBefore));
  const std::vector<Peer> clients = ConnectMany(address, kMany);
  engine.ApplyOne(Planned(echo.address(), kAfter));
  engine->Retune(1);
  engine->Retune(2);
  engine.ApplyOne(Planned(echo.address(), kBefore));
  engine->Retune(3);
  CheckCounts(AwaitRetuning(engine, 1).routes.at(0), kMany, 0);
  CheckCounts(AwaitRetuning(engine, 2).routes.at(0), 0, kMany);
  CheckCounts(AwaitRetuning(engine, 3).routes.at(0), kMany, 0);
  CHECK_EQ(CountHolding(engine, kBefore), kMany);
});

const test::Register kStopped("after StopAccepting the sessions left are retuned", [] {
  const test::Echo echo;
  EngineRig engine(2);
  const net::Address address = engine.ApplyOne(Planned(echo.address(), kBefore));
  const std::vector<Peer> clients = ConnectMany(address, 5);
  engine.ApplyOne(Planned(echo.address(), kAfter));
  engine->StopAccepting();
  CheckCounts(Retune(engine).at(0), 5, 0);
});

const test::Register kGone("sessions that end meanwhile are counted once, or not at all", [] {
  const test::Echo echo;
  for (int round = 0; round < 5; ++round) {
    EngineRig engine(1);
    const net::Address address = engine.ApplyOne(Planned(echo.address(), kBefore));
    std::vector<Peer> clients = ConnectMany(address, kMany);
    engine.ApplyOne(Planned(echo.address(), kAfter));
    // Its next turn finds the request and the resets together.
    engine.StallWorker();
    engine->Retune(7);
    const std::size_t leaving = kMany / 2;
    for (std::size_t i = 0; i < leaving; ++i) clients[i * 2].Reset();
    engine.Release();
    const RouteRetuning counts = AwaitRetuning(engine, 7).routes.at(0);
    CHECK_EQ(counts.unchanged + counts.failed, 0U);
    CHECK(counts.retuned >= kMany - leaving && counts.retuned <= kMany);
    engine.AwaitClosed(leaving);
    CHECK_EQ(CountHolding(engine, kAfter), kMany - leaving);
  }
});

const test::Register kDialing("a session whose dial is under way is retuned", [] {
  const test::SilentServer silent;
  EngineRig engine(1);
  const net::Address address = engine.ApplyOne(Planned(silent.address(), kBefore));
  const Peer client = Peer::Connect(address);
  test::AwaitUntil("it dials", [&] { return engine.InspectAll().size() == 1; });
  engine.ApplyOne(Planned(silent.address(), kAfter));
  CheckCounts(Retune(engine).at(0), 1, 0);
  CHECK_EQ(CountHolding(engine, kAfter), 1U);
});

const test::Register kClose("an engine that is closed in the middle of a retuning just ends", [] {
  const test::Echo echo;
  for (int round = 0; round < 5; ++round) {
    EngineRig engine(2);
    const net::Address address = engine.ApplyOne(Planned(echo.address(), kBefore));
    const std::vector<Peer> clients = ConnectMany(address, kMany);
    engine.ApplyOne(Planned(echo.address(), kAfter));
    engine->Retune(1);
    engine->Retune(2);
    engine->Close();
    CHECK_EQ(engine.StatsOf().active, 0U);
  }
});

const test::Register kClosed("a closed engine answers that there is nothing", [] {
  EngineRig engine(2);
  engine.ApplyOne(Planned(Loopback(1), kAfter));
  engine->Close();
  CHECK(Retune(engine).empty());
});

}  // namespace
}  // namespace warmline::engine
