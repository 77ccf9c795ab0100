// Session, while it stays half-closed: probed more often, on both legs, once it has been silent.
#include <memory>
#include <string>
#include <utility>

#include "net/keepalive.h"
#include "relay/half_close.h"
#include "relay/session.h"
#include "test/check.h"
#include "test/net_fixture.h"
#include "test/session_rig.h"

namespace warmline::relay {
namespace {

using test::Must;
using test::Peer;
using test::Server;
using test::SessionRig;

constexpr net::Keepalive kClientOptions{300, 30, 4, 0};
constexpr net::Keepalive kUpstreamOptions{120, 5, 2, 0};

// A session whose client has finished sending.
struct HalfClosed {
  explicit HalfClosed(Side finished = Side::kClient) {
    (finished == Side::kClient ? rig.client : upstream).FinishWriting();
    rig.RunUntil("the FIN is passed on", [&] { return rig.TimerDue().has_value(); });
  }

  Peer Connect() {
    Must(net::SetKeepalive(rig.client_leg, kClientOptions));
    rig.Connect();
    return server.Accept();
  }
  [[nodiscard]] Route Planned() const {
    Route route = test::RouteTo({server.address()});
    route.client = kClientOptions;
    route.upstream = kUpstreamOptions;
    return route;
  }
  [[nodiscard]] bool Holds(const net::Keepalive& client_wants,
                           const net::Keepalive& upstream_wants) const {
    return rig.session.ReadBack(Side::kClient) == net::EffectiveKeepalive{true, client_wants} &&
           rig.session.ReadBack(Side::kUpstream) == net::EffectiveKeepalive{true, upstream_wants};
  }
  [[nodiscard]] bool IsAsPlanned() const { return Holds(kClientOptions, kUpstreamOptions); }
  [[nodiscard]] bool IsProbedMoreOften() const {
    return Holds(HalfClosedKeepalive(kClientOptions), HalfClosedKeepalive(kUpstreamOptions));
  }

  Server server;
  SessionRig rig{Planned()};
  Peer upstream = Connect();
};

const test::Register kSilent("10 s of silence bring more probes on both legs, not less", [] {
  for (const Side finished : {Side::kClient, Side::kUpstream}) {
    HalfClosed half_closed(finished);
    half_closed.rig.host.Advance(9'999);
    CHECK(half_closed.IsAsPlanned());
    half_closed.rig.host.Advance(1);
    CHECK(half_closed.IsProbedMoreOften());
    CHECK_EQ(half_closed.rig.session.state(), Session::State::kRelaying);
  }
});

const test::Register kPayload("payload in between starts the 10 s again", [] {
  HalfClosed half_closed;
  SessionRig& rig = half_closed.rig;
  rig.host.Advance(9'000);
  half_closed.upstream.Send("late");
  rig.RunUntil("it is relayed", [&] { return rig.session.bytes(Side::kUpstream) == 4; });
  rig.host.Advance(9'999);
  CHECK(half_closed.IsAsPlanned());
  rig.host.Advance(1);
  CHECK(half_closed.IsProbedMoreOften());
});

const test::Register kTimeout("the half-close timeout counts on beside it", [] {
  HalfClosed half_closed;
  SessionRig& rig = half_closed.rig;
  rig.host.Advance(10'000);
  CHECK(half_closed.IsProbedMoreOften());
  CHECK_EQ(rig.TimerDue().value_or(0), 50'000U);
  half_closed.upstream.Send("late");
  rig.RunUntil("it is relayed", [&] { return rig.session.bytes(Side::kUpstream) == 4; });
  rig.host.Advance(59'999);
  CHECK_EQ(rig.session.state(), Session::State::kRelaying);
  CHECK(half_closed.IsProbedMoreOften());
  rig.host.Advance(1);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kHalfCloseTimeout);
});

const test::Register kEarlier("a half-close timeout below 10 s comes first", [] {
  const Server server;
  Route route = test::RouteTo({server.address()});
  route.half_close_timeout_ms = 3'000;
  SessionRig rig(std::move(route));
  rig.Connect();
  rig.client.FinishWriting();
  rig.RunUntil("the FIN is passed on", [&] { return rig.TimerDue().has_value(); });
  CHECK_EQ(rig.TimerDue().value_or(0), 3'000U);
  rig.host.Advance(3'000);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kHalfCloseTimeout);
});

const test::Register kOff("a half-closed leg without keepalive gets none", [] {
  const Server server;
  SessionRig rig(test::RouteTo({server.address()}));
  rig.Connect();
  rig.client.FinishWriting();
  rig.RunUntil("the FIN is passed on", [&] { return rig.TimerDue().has_value(); });
  rig.host.Advance(10'000);
  for (const Side side : {Side::kClient, Side::kUpstream}) {
    CHECK(!rig.session.ReadBack(side).value_or(net::EffectiveKeepalive{true, {}}).enabled);
  }
  CHECK_EQ(rig.TimerDue().value_or(0), 50'000U);
});

const test::Register kRetuned("a changed keepalive is made shorter likewise", [] {
  HalfClosed half_closed;
  SessionRig& rig = half_closed.rig;
  rig.host.Advance(10'000);
  for (const net::Keepalive& changed :
       {net::Keepalive{600, 60, 3, 0}, net::Keepalive{15, 4, 3, 0}, net::Keepalive{60, 9, 3, 0}}) {
    Route route = half_closed.Planned();
    route.client = changed;
    rig.route.route = std::make_shared<const Route>(std::move(route));
    CHECK_EQ(rig.session.Retune(), Session::Retuned::kRetuned);
    CHECK(half_closed.Holds(HalfClosedKeepalive(changed), HalfClosedKeepalive(kUpstreamOptions)));
    CHECK_EQ(rig.session.Retune(), Session::Retuned::kUnchanged);
  }
});

}  // namespace
}  // namespace warmline::relay
