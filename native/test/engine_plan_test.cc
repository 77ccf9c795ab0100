// Engine: plans are taken whole or not at all, and sessions go on under the plan that took them.
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "test/check.h"
#include "test/echo.h"
#include "test/engine_rig.h"
#include "test/net_fixture.h"

namespace warmline::engine {
namespace {

using test::ConnectError;
using test::EngineRig;
using test::Loopback;
using test::On;
using test::Peer;

constexpr net::Keepalive kBefore{45, 5, 4, 65'000};
constexpr net::Keepalive kAfter{60, 6, 6, 0};

relay::Route Named(const char* name, const net::Address& endpoint) {
  relay::Route route = test::RouteTo({endpoint});
  route.name = name;
  return route;
}

relay::Route WithClient(const std::optional<net::Keepalive>& keepalive,
                        const net::Address& endpoint) {
  relay::Route route = test::RouteTo({endpoint});
  route.client = keepalive;
  return route;
}

void CheckEchoes(const Peer& client) {
  client.Send("ping");
  CHECK_EQ(client.Read(4), std::string("ping"));
}

// What the client leg of a fresh connection to `address` holds.
net::EffectiveKeepalive ConnectAndInspect(EngineRig& engine, const net::Address& address) {
  const Peer client = Peer::Connect(address);
  CheckEchoes(client);
  const std::string name = test::Must(net::LocalAddress(client.fd())).ToString();
  for (const SessionInfo& info : engine.InspectAll()) {
    if (info.client.ToString() != name) continue;
    CHECK(info.client_keepalive.has_value());
    return info.client_keepalive.value_or(net::EffectiveKeepalive{});
  }
  CHECK(!"a session of this client");
  return {};
}

const test::Register kListeners("listeners are opened, kept and closed by the address", [] {
  const test::Echo echo;
  const net::Address second = *net::Address::FromIp("127.0.0.2", 0);
  EngineRig engine(4);
  const net::Address a = engine.Apply({On({Loopback()}, Named("one", echo.address()))})[0];
  const Peer old = Peer::Connect(a);
  CheckEchoes(old);

  auto open = engine.Apply({On({Loopback(), second}, Named("one", echo.address()))});
  CHECK_EQ(open[0].ToString(), a.ToString());
  const net::Address b = open[1];
  CheckEchoes(old);
  CheckEchoes(Peer::Connect(b));

  open = engine.Apply({On({second}, Named("two", echo.address()))});
  CHECK_EQ(open[0].ToString(), b.ToString());
  test::AwaitUntil("the dropped listener is closed",
                   [&] { return ConnectError(a) == ECONNREFUSED; });
  CheckEchoes(Peer::Connect(b));
  CheckEchoes(old);
});

const test::Register kOldSessions("an old session ends under the name that took it", [] {
  const test::Echo echo;
  EngineRig engine(2);
  const net::Address address = engine.Apply({On({Loopback()}, Named("one", echo.address()))})[0];
  {
    const Peer old = Peer::Connect(address);
    CheckEchoes(old);
    engine.Apply({On({Loopback()}, Named("two", echo.address()))});
    CheckEchoes(Peer::Connect(address));
    CHECK_EQ(engine.Await<relay::SessionClosed>().route->name, std::string("two"));
    CHECK_EQ(engine.StatsOf("one").active, 1U);
    CheckEchoes(old);
  }
  CHECK_EQ(engine.Await<relay::SessionClosed>().route->name, std::string("one"));
  CHECK_EQ(engine.StatsOf("one").active, 0U);
});

const test::Register kCounters("a route keeps its counters as long as it keeps its name", [] {
  const test::Echo echo;
  EngineRig engine(2);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    CheckEchoes(Peer::Connect(engine.ApplyOne(test::RouteTo({echo.address()}))));
    engine.AwaitClosed(1);
    CHECK_EQ(engine.StatsOf().accepted, i);
    CHECK_EQ(engine.StatsOf().bytes_to_client, 4 * i);
  }
});

const test::Register kOptions("a kept listener hands on new options, old sessions keep theirs", [] {
  const test::Echo echo;
  EngineRig engine(1);
  const net::Address address = engine.ApplyOne(WithClient(kBefore, echo.address()));
  const Peer old = Peer::Connect(address);
  CheckEchoes(old);
  const std::optional<net::Keepalive> plans[] = {kAfter, std::nullopt, kBefore};
  for (const std::optional<net::Keepalive>& planned : plans) {
    engine.ApplyOne(WithClient(planned, echo.address()));
    // Only the first session of a route has its options mended; the second shows what it inherits.
    (void)ConnectAndInspect(engine, address);
    const net::EffectiveKeepalive effective = ConnectAndInspect(engine, address);
    CHECK_EQ(effective.enabled, planned.has_value());
    if (planned.has_value()) CHECK(effective.values == *planned);
    CHECK_EQ(effective.values.user_timeout_ms, planned.value_or(net::Keepalive{}).user_timeout_ms);
    engine.AwaitClosed(2);
  }
  const std::vector<SessionInfo> left = engine.InspectAll();
  REQUIRE(left.size() == 1);
  CHECK(left[0].client_keepalive == (net::EffectiveKeepalive{true, kBefore}));
});

const test::Register kQueue("who waited while the plan changed holds what its route says", [] {
  constexpr std::size_t kMoreThanOneTurnAccepts = 100;
  const test::Echo echo;
  EngineRig engine(1);
  const net::Address address = engine.ApplyOne(WithClient(kBefore, echo.address()));
  (void)ConnectAndInspect(engine, address);
  engine.AwaitClosed(1);
  engine.StallWorker();
  std::vector<Peer> clients;
  clients.reserve(kMoreThanOneTurnAccepts);
  for (std::size_t i = 0; i < kMoreThanOneTurnAccepts; ++i) {
    clients.push_back(Peer::Connect(address));
  }
  engine.ApplyOne(WithClient(kAfter, echo.address()));
  engine.Release();
  for (const Peer& client : clients) CheckEchoes(client);
  std::size_t after = 0;
  for (const SessionInfo& info : engine.InspectAll()) {
    CHECK(info.client_keepalive == (net::EffectiveKeepalive{true, *info.route->client}));
    if (*info.route->client == kAfter) ++after;
  }
  CHECK(after > 1);
});

const test::Register kInUse("an address in use changes nothing, and says which route", [] {
  const test::Echo echo;
  const test::Server taken;
  const test::TempDir dir;
  const net::Address path = *net::Address::FromPath(dir.File("socket"));
  EngineRig engine(1);
  const net::Address address = engine.ApplyOne(WithClient(kBefore, echo.address()));
  const std::size_t idle = test::OpenFds();
  // Only the first session of a route has its options mended.
  (void)ConnectAndInspect(engine, address);
  engine.AwaitClosed(1);
  test::AwaitUntil("the echo has closed too", [&] { return test::OpenFds() == idle; });
  const ApplyFailure failure = engine.ApplyInVain({
      On({Loopback()}, WithClient(kAfter, echo.address())),
      On({*net::Address::FromIp("127.0.0.2", 0), path}, Named("fine", echo.address())),
      On({taken.address()}, Named("late", echo.address())),
  });
  CHECK_EQ(failure.error.err, EADDRINUSE);
  CHECK_EQ(std::string(failure.error.call), std::string("bind"));
  CHECK_EQ(failure.route, std::string("late"));
  CHECK(failure.address == taken.address());
  CHECK_EQ(test::OpenFds(), idle);
  CHECK_EQ(::access(path.path().c_str(), F_OK), -1);
  CHECK(ConnectAndInspect(engine, address) == (net::EffectiveKeepalive{true, kBefore}));
});

const test::Register kRefusedOptions("refused options change nothing, not even in part", [] {
  const test::Echo echo;
  EngineRig engine(1);
  const net::Address address = engine.ApplyOne(WithClient(kBefore, echo.address()));
  // Only the first session of a route has its options mended.
  (void)ConnectAndInspect(engine, address);
  const net::Keepalive refused{99, 40'000, 9, 0};
  const ApplyFailure failure =
      engine.ApplyInVain({On({Loopback()}, WithClient(refused, echo.address()))});
  CHECK_EQ(failure.error.err, EINVAL);
  CHECK_EQ(std::string(failure.error.call), std::string("setsockopt(TCP_KEEPINTVL)"));
  CHECK(ConnectAndInspect(engine, address) == (net::EffectiveKeepalive{true, kBefore}));
});

const test::Register kTwice("one plan can't listen on one address twice", [] {
  const test::Server free_again;
  EngineRig engine(1);
  const net::Address address = engine.ApplyOne(Named("route", Loopback(1)));
  const ApplyFailure failure = engine.ApplyInVain({
      On({address}, Named("first", Loopback(1))),
      On({address}, Named("second", Loopback(1))),
  });
  CHECK_EQ(failure.error.err, EADDRINUSE);
});

const test::Register kUnixPath("the path of a dropped unix listener goes away", [] {
  const test::TempDir dir;
  const net::Address path = *net::Address::FromPath(dir.File("socket"));
  EngineRig engine(4);
  engine.ApplyOne(Named("route", Loopback(1)), path);
  CHECK_EQ(::access(path.path().c_str(), F_OK), 0);
  engine.Apply({});
  test::AwaitUntil("the path is gone", [&] { return ::access(path.path().c_str(), F_OK) == -1; });
});

}  // namespace
}  // namespace warmline::engine
