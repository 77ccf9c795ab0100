// Session, whose route's keepalive changes while it lives.
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/keepalive.h"
#include "net/socket.h"
#include "relay/session.h"
#include "relay/zero_window.h"
#include "test/check.h"
#include "test/net_fixture.h"
#include "test/session_rig.h"

namespace warmline::relay {
namespace {

using Retuned = Session::Retuned;
using test::Must;
using test::Peer;
using test::RouteTo;
using test::Server;
using test::SessionRig;

// More than the client's kernel takes when the client does not read, less than ours.
constexpr std::uint64_t kMuch = 3 * 1024 * 1024;
constexpr net::Keepalive kBefore{45, 5, 4, 0};
constexpr net::Keepalive kClientAfter{60, 6, 3, 78'000};
constexpr net::Keepalive kUpstreamAfter{30, 4, 5, 0};

Route Planned(const net::Address& endpoint, const std::optional<net::Keepalive>& client,
              const std::optional<net::Keepalive>& upstream) {
  Route route = RouteTo({endpoint});
  route.client = client;
  route.upstream = upstream;
  return route;
}

// What an engine does to the route of a session before it retunes the session.
void Replan(SessionRig& rig, const std::optional<net::Keepalive>& client,
            const std::optional<net::Keepalive>& upstream) {
  auto changed = std::make_shared<Route>(*rig.route.route);
  changed->client = client;
  changed->upstream = upstream;
  rig.route.route = std::move(changed);
}

bool Holds(const SessionRig& rig, Side side, const std::optional<net::Keepalive>& wanted) {
  const std::optional<net::EffectiveKeepalive> held = rig.session.ReadBack(side);
  if (!held.has_value()) return false;
  if (!wanted.has_value()) return !held->enabled && held->values.user_timeout_ms == 0;
  return *held == net::EffectiveKeepalive{true, *wanted};
}

int ClientUserTimeout(const SessionRig& rig) {
  return rig.session.ReadBack(Side::kClient)
      .value_or(net::EffectiveKeepalive{})
      .values.user_timeout_ms;
}

// A session that relays under these options.
struct Relaying {
  explicit Relaying(const std::optional<net::Keepalive>& client = kBefore,
                    const std::optional<net::Keepalive>& upstream_options = kBefore)
      : rig(Planned(server.address(), client, upstream_options)), upstream(Connect(client)) {}

  Peer Connect(const std::optional<net::Keepalive>& client) {
    Must(net::SetKeepalive(rig.client_leg, client));
    rig.Connect();
    return server.Accept();
  }

  // The client does not read it, so that its window is closed at the end.
  void SpeakMuch() {
    upstream.SendPattern(0, kMuch);
    rig.RunUntil("all is with our kernel",
                 [&] { return rig.session.bytes(Side::kUpstream) == kMuch; });
  }
  void CheckRelays() {
    const std::uint64_t before = rig.session.bytes(Side::kClient);
    rig.client.Send("ping");
    rig.RunUntil("it is relayed", [&] { return rig.session.bytes(Side::kClient) == before + 4; });
    CHECK_EQ(upstream.Read(4), std::string("ping"));
  }

  Server server;
  SessionRig rig;
  Peer upstream;
};

const test::Register kBoth("both legs get what the route says now, and hold it", [] {
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  Replan(rig, kClientAfter, kUpstreamAfter);
  CHECK_EQ(rig.session.Retune(), Retuned::kRetuned);
  CHECK(Holds(rig, Side::kClient, kClientAfter));
  CHECK(Holds(rig, Side::kUpstream, kUpstreamAfter));
  CHECK_EQ(rig.session.Retune(), Retuned::kUnchanged);
  relaying.CheckRelays();
});

const test::Register kOne("one changed leg makes the session a retuned one", [] {
  for (const Side changed : {Side::kClient, Side::kUpstream}) {
    Relaying relaying;
    SessionRig& rig = relaying.rig;
    const bool is_client = changed == Side::kClient;
    Replan(rig, is_client ? kUpstreamAfter : kBefore, is_client ? kBefore : kUpstreamAfter);
    CHECK_EQ(rig.session.Retune(), Retuned::kRetuned);
    CHECK(Holds(rig, changed, kUpstreamAfter));
    CHECK(Holds(rig, Other(changed), kBefore));
  }
});

const test::Register kSame("a route that says the same leaves a session unchanged", [] {
  Relaying relaying(kBefore, std::nullopt);
  Replan(relaying.rig, kBefore, std::nullopt);
  CHECK_EQ(relaying.rig.session.Retune(), Retuned::kUnchanged);
  CHECK(Holds(relaying.rig, Side::kClient, kBefore));
  CHECK(Holds(relaying.rig, Side::kUpstream, std::nullopt));
});

const test::Register kOnAndOff("keepalive is turned on and off, the user timeout with it", [] {
  Relaying relaying(std::nullopt, std::nullopt);
  SessionRig& rig = relaying.rig;
  for (int i = 0; i < 2; ++i) {
    Replan(rig, kClientAfter, kClientAfter);
    CHECK_EQ(rig.session.Retune(), Retuned::kRetuned);
    CHECK(Holds(rig, Side::kClient, kClientAfter));
    CHECK(Holds(rig, Side::kUpstream, kClientAfter));
    Replan(rig, std::nullopt, std::nullopt);
    CHECK_EQ(rig.session.Retune(), Retuned::kRetuned);
    CHECK(Holds(rig, Side::kClient, std::nullopt));
    CHECK(Holds(rig, Side::kUpstream, std::nullopt));
    CHECK_EQ(rig.session.Retune(), Retuned::kUnchanged);
  }
});

const test::Register kForeign("a leg that somebody else changed is put right", [] {
  Relaying relaying;
  Must(net::SetKeepalive(relaying.rig.client_leg, std::nullopt));
  CHECK_EQ(relaying.rig.session.Retune(), Retuned::kRetuned);
  CHECK(Holds(relaying.rig, Side::kClient, kBefore));
});

const test::Register kDialing("while dialing, the attempt under way and those to come get it", [] {
  const test::SilentServer silent;
  const Server server;
  Route route = Planned(silent.address(), kBefore, kBefore);
  route.endpoints.push_back(server.address());
  SessionRig rig(std::move(route));
  Must(net::SetKeepalive(rig.client_leg, kBefore));
  rig.session.Start();
  rig.host.Turn();
  REQUIRE(rig.session.state() == Session::State::kDialing);
  Replan(rig, kClientAfter, kClientAfter);
  CHECK_EQ(rig.session.Retune(), Retuned::kRetuned);
  CHECK(Holds(rig, Side::kClient, kClientAfter));
  CHECK(Holds(rig, Side::kUpstream, kClientAfter));
  // Its timer is still the dial's.
  CHECK_EQ(rig.TimerDue().value_or(0), 5'000U);
  rig.host.Advance(5'000);
  rig.RunUntil("the session relays",
               [&] { return rig.session.state() == Session::State::kRelaying; });
  CHECK(Holds(rig, Side::kUpstream, kClientAfter));
  CHECK_EQ(rig.session.Retune(), Retuned::kUnchanged);
});

const test::Register kFinishing("a session that waits for the last acknowledgements gets it", [] {
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  relaying.SpeakMuch();
  relaying.upstream.FinishWriting();
  rig.client.FinishWriting();
  rig.RunUntil("it is finishing",
               [&] { return rig.session.state() == Session::State::kFinishing; });
  Replan(rig, kClientAfter, kUpstreamAfter);
  CHECK_EQ(rig.session.Retune(), Retuned::kRetuned);
  net::Keepalive spared = kClientAfter;
  spared.user_timeout_ms = 0;
  rig.RunUntil(
      "its slow client is spared", [&] { return Holds(rig, Side::kClient, spared); }, 1'000);
  CHECK_EQ(rig.session.state(), Session::State::kFinishing);
});

const test::Register kAborting("the survivor of a death is left alone", [] {
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  relaying.SpeakMuch();
  relaying.upstream.Reset();
  rig.RunUntil("the reset is seen",
               [&] { return rig.session.state() == Session::State::kAborting; });
  const std::optional<std::uint64_t> due = rig.TimerDue();
  Replan(rig, kClientAfter, kClientAfter);
  CHECK_EQ(rig.session.Retune(), Retuned::kUnchanged);
  CHECK(Holds(rig, Side::kClient, kBefore));
  CHECK(rig.TimerDue() == due);
});

const test::Register kClosed("a closed session is left alone", [] {
  Relaying relaying;
  relaying.rig.session.Reset(CloseReason::kDrained);
  Replan(relaying.rig, kClientAfter, kClientAfter);
  CHECK_EQ(relaying.rig.session.Retune(), Retuned::kUnchanged);
  CHECK(!relaying.rig.TimerDue().has_value());
});

const test::Register kRefused("a value that the kernel refuses is a failure, not an end", [] {
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  Replan(rig, kClientAfter, net::Keepalive{40'000, 5, 4, 0});
  CHECK_EQ(rig.session.Retune(), Retuned::kFailed);
  CHECK_EQ(rig.session.Retune(), Retuned::kFailed);
  CHECK(Holds(rig, Side::kClient, kClientAfter));
  CHECK_EQ(rig.session.ReadBack(Side::kUpstream)->values.idle_s, kBefore.idle_s);
  relaying.CheckRelays();
});

const test::Register kUnix("unix legs are unchanged, whatever the route says", [] {
  const test::TempDir dir;
  const Server server(*net::Address::FromPath(dir.File("socket")));
  SessionRig rig(Planned(server.address(), kBefore, kBefore), test::ConnectUnix());
  rig.Connect();
  Replan(rig, kClientAfter, kClientAfter);
  CHECK_EQ(rig.session.Retune(), Retuned::kUnchanged);
  CHECK(!rig.TimerDue().has_value());
});

constexpr net::Keepalive WithUserTimeout(int user_timeout_ms) {
  net::Keepalive keepalive = kBefore;
  keepalive.user_timeout_ms = user_timeout_ms;
  return keepalive;
}

const test::Register kLifted("a lifted user timeout comes back as the new one", [] {
  Relaying relaying(WithUserTimeout(60'000));
  SessionRig& rig = relaying.rig;
  relaying.SpeakMuch();
  rig.RunUntil(
      "it is lifted", [&] { return ClientUserTimeout(rig) == 0; }, 1'000);
  net::Keepalive changed = WithUserTimeout(80'000);
  changed.idle_s = 70;
  Replan(rig, changed, kBefore);
  CHECK_EQ(rig.session.Retune(), Retuned::kRetuned);
  net::Keepalive lifted = changed;
  lifted.user_timeout_ms = 0;
  CHECK(Holds(rig, Side::kClient, lifted));
  CHECK_EQ(rig.session.Retune(), Retuned::kUnchanged);
  CHECK_EQ(rig.client.ReadPattern(0, kMuch), kMuch);
  rig.RunUntil(
      "the new one is there", [&] { return Holds(rig, Side::kClient, changed); }, 1'000);
});

const test::Register kLiftedAway("one that was lifted and then planned away stays away", [] {
  Relaying relaying(WithUserTimeout(60'000));
  SessionRig& rig = relaying.rig;
  relaying.SpeakMuch();
  rig.RunUntil(
      "it is lifted", [&] { return ClientUserTimeout(rig) == 0; }, 1'000);
  Replan(rig, kBefore, kBefore);
  CHECK_EQ(rig.session.Retune(), Retuned::kUnchanged);
  CHECK_EQ(rig.client.ReadPattern(0, kMuch), kMuch);
  rig.RunUntil(
      "nobody looks any more", [&] { return !rig.TimerDue().has_value(); }, 1'000);
  CHECK(Holds(rig, Side::kClient, kBefore));
  // And comes back when it is planned again.
  Replan(rig, WithUserTimeout(30'000), kBefore);
  (void)rig.session.Retune();
  rig.RunUntil(
      "it is there", [&] { return ClientUserTimeout(rig) == 30'000; }, 1'000);
});

const test::Register kAdded("a user timeout that is new to a slow client's leg spares it too", [] {
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  relaying.SpeakMuch();
  CHECK(!rig.TimerDue().has_value());
  Replan(rig, WithUserTimeout(20'000), kBefore);
  (void)rig.session.Retune();
  CHECK(rig.TimerDue().value_or(60'000) <= 5'000U);
  rig.RunUntil(
      "it is lifted", [&] { return ClientUserTimeout(rig) == 0; }, 1'000);
});

const test::Register kShorter("one that is made shorter is looked at as often as it needs", [] {
  Relaying relaying(WithUserTimeout(600'000));
  SessionRig& rig = relaying.rig;
  relaying.SpeakMuch();
  CHECK_EQ(rig.TimerDue().value_or(0), 150'000U);
  Replan(rig, WithUserTimeout(2'000), kBefore);
  (void)rig.session.Retune();
  CHECK_EQ(rig.TimerDue().value_or(0), 500U);
  // A longer one does not put off the look that is due.
  Replan(rig, WithUserTimeout(60'000), kBefore);
  (void)rig.session.Retune();
  CHECK_EQ(rig.TimerDue().value_or(0), 500U);
});

const test::Register kBetween("a death between the new plan and the retuning spares as well", [] {
  Relaying relaying(WithUserTimeout(20'000));
  SessionRig& rig = relaying.rig;
  relaying.SpeakMuch();
  Replan(rig, kBefore, kBefore);
  relaying.upstream.Reset();
  rig.RunUntil("the reset is seen",
               [&] { return rig.session.state() == Session::State::kAborting; });
  CHECK_EQ(ClientUserTimeout(rig), 0);
});

}  // namespace
}  // namespace warmline::relay
