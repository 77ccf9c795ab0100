// Session: a look at whether its peers answer, what is told of it, and what is counted.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "net/tcp_info.h"
#include "relay/session.h"
#include "test/check.h"
#include "test/net_fixture.h"
#include "test/session_rig.h"

namespace warmline::relay {
namespace {

using test::Peer;
using test::RouteTo;
using test::Server;
using test::SessionRig;

struct Relaying {
  Server server;
  SessionRig rig{RouteTo({server.address()})};
  Peer upstream = (rig.Connect(), server.Accept());

  [[nodiscard]] const LegCounters& counters(Side side) const {
    return rig.route.counters->legs[static_cast<std::size_t>(side)];
  }
  Peer& PeerOf(Side side) { return side == Side::kClient ? rig.client : upstream; }
  [[nodiscard]] net::TcpInfo InfoOf(Side side) const {
    return rig.session.ReadInfo(side).value_or(net::TcpInfo{});
  }
  std::vector<LivenessChanged> Changes() const {
    std::vector<LivenessChanged> changes;
    for (const Report& report : rig.host.reports) {
      if (const auto* change = std::get_if<LivenessChanged>(&report)) changes.push_back(*change);
    }
    return changes;
  }
  void Look(std::uint64_t later_ms) {
    rig.host.Advance(later_ms);
    rig.session.LookAtLiveness();
  }
  // Its peer hears nothing any more, and something is said to it that it cannot acknowledge.
  void Silence(Side side) {
    test::Deafen(PeerOf(side).fd());
    const std::uint64_t before = rig.session.bytes(Other(side));
    PeerOf(Other(side)).Send("ping");
    rig.RunUntil("it is relayed", [&] { return rig.session.bytes(Other(side)) == before + 4; });
    test::AwaitUntil("it is retransmitted", [&] { return InfoOf(side).retransmits > 0; });
  }
  void MakeSuspect(Side side) {
    Silence(side);
    Look(1);
    CHECK(!rig.session.is_suspect(side));
    Look(1);
    CHECK(rig.session.is_suspect(side));
  }
  void Revive(Side side) {
    test::Undeafen(PeerOf(side).fd());
    CHECK_EQ(PeerOf(side).Read(4), std::string("ping"));
    test::AwaitUntil("it is acknowledged", [&] { return InfoOf(side).unacked == 0; });
  }
};

const test::Register kSuspect("a peer that stops answering is told of, and when it is back", [] {
  for (const Side side : {Side::kClient, Side::kUpstream}) {
    Relaying relaying;
    relaying.MakeSuspect(side);
    CHECK(!relaying.rig.session.is_suspect(Other(side)));
    REQUIRE(relaying.Changes().size() == 1);
    const LivenessChanged suspected = relaying.Changes()[0];
    CHECK_EQ(suspected.session, 1U);
    CHECK_EQ(suspected.side, side);
    CHECK(suspected.suspect);
    CHECK(suspected.info.retransmits > 0);
    CHECK_EQ(suspected.route->name, std::string("route"));
    CHECK_EQ(suspected.endpoint, 0);

    relaying.Revive(side);
    relaying.Look(1'000);
    relaying.Look(5'000);
    REQUIRE(relaying.Changes().size() == 2);
    CHECK(!relaying.Changes()[1].suspect);
    CHECK_EQ(relaying.Changes()[1].side, side);
    CHECK(!relaying.rig.session.is_suspect(side));
    CHECK_EQ(relaying.counters(side).suspected.value(), 1U);
    CHECK_EQ(relaying.counters(side).proven.value(), 1U);
    CHECK_EQ(relaying.counters(Other(side)).suspected.value(), 0U);
    relaying.rig.session.Reset(CloseReason::kDrained);
    CHECK_EQ(relaying.counters(side).suspects_ended.value(), 0U);
  }
});

const test::Register kEnded("a leg that is closed while suspect is counted as such, once", [] {
  Relaying relaying;
  relaying.MakeSuspect(Side::kClient);
  relaying.rig.session.Reset(CloseReason::kDrained);
  relaying.rig.session.LookAtLiveness();
  CHECK_EQ(relaying.counters(Side::kClient).suspected.value(), 1U);
  CHECK_EQ(relaying.counters(Side::kClient).proven.value(), 0U);
  CHECK_EQ(relaying.counters(Side::kClient).suspects_ended.value(), 1U);
  CHECK_EQ(relaying.counters(Side::kUpstream).suspects_ended.value(), 0U);
});

const test::Register kEndedDead("also when it dies and its survivor is waited for", [] {
  Relaying relaying;
  relaying.MakeSuspect(Side::kUpstream);
  relaying.upstream.Reset();
  relaying.rig.RunUntilClosed(1);
  CHECK_EQ(relaying.counters(Side::kUpstream).suspects_ended.value(), 1U);
  CHECK_EQ(relaying.counters(Side::kClient).suspects_ended.value(), 0U);
});

const test::Register kHealthy("of peers that answer nothing is told", [] {
  Relaying relaying;
  for (int i = 0; i < 20; ++i) relaying.Look(1'000);
  CHECK(relaying.Changes().empty());
});

const test::Register kWakes("a message to a leg that rests is looked after, and so is a FIN", [] {
  for (const Side side : {Side::kClient, Side::kUpstream}) {
    Relaying relaying;
    relaying.Look(1);
    relaying.Look(1);
    relaying.MakeSuspect(side);
    REQUIRE(relaying.Changes().size() == 1);
  }
  Relaying relaying;
  relaying.Look(1);
  test::Deafen(relaying.upstream.fd());
  relaying.rig.client.FinishWriting();
  relaying.rig.RunUntil("the FIN is sent again",
                        [&] { return relaying.InfoOf(Side::kUpstream).retransmits > 0; });
  relaying.Look(1);
  relaying.Look(1);
  CHECK(relaying.rig.session.is_suspect(Side::kUpstream));
});

// An acknowledgement of the relay's own, which nothing that it sends goes along with.
const test::Register kRests("a leg that rests costs no look, until its keepalive changes", [] {
  Relaying relaying;
  const LegCounters& counters = relaying.counters(Side::kClient);
  relaying.Look(1);
  const std::uint64_t before = counters.empty_segments.value();
  relaying.rig.client.Send("ping");
  relaying.rig.RunUntil("it is relayed",
                        [&] { return relaying.rig.session.bytes(Side::kClient) == 4; });
  test::AwaitUntil("it is acknowledged",
                   [&] { return relaying.InfoOf(Side::kClient).empty_segments > before; });
  relaying.Look(1);
  CHECK_EQ(counters.empty_segments.value(), before);
  auto changed = std::make_shared<Route>(*relaying.rig.route.route);
  changed->client = net::Keepalive{.idle_s = 45, .interval_s = 5, .count = 4};
  relaying.rig.route.route = std::move(changed);
  CHECK_EQ(relaying.rig.session.Retune(), Session::Retuned::kRetuned);
  relaying.Look(1);
  CHECK(counters.empty_segments.value() > before);
});

const test::Register kElsewhere("before it relays, and after, there is nothing to look at", [] {
  const test::SilentServer silent;
  SessionRig rig(RouteTo({silent.address()}));
  rig.session.Start();
  rig.session.LookAtLiveness();
  const LegCounters& upstream = rig.route.counters->legs[1];
  CHECK_EQ(upstream.empty_segments.value(), 0U);
  rig.session.Reset(CloseReason::kDrained);
  const std::uint64_t at_the_end = upstream.empty_segments.value();
  rig.session.LookAtLiveness();
  CHECK_EQ(upstream.empty_segments.value(), at_the_end);
});

const test::Register kUnix("unix legs are never suspect and cost nothing", [] {
  const test::TempDir dir;
  const Server server(*net::Address::FromPath(dir.File("socket")));
  SessionRig rig(RouteTo({server.address()}), test::ConnectUnix());
  rig.Connect();
  rig.session.LookAtLiveness();
  rig.session.Reset(CloseReason::kDrained);
  for (const LegCounters& counters : rig.route.counters->legs) {
    CHECK_EQ(counters.empty_segments.value(), 0U);
    CHECK_EQ(counters.suspected.value(), 0U);
  }
});

// Whatever is sent without data: pongs, so that the legs have something to acknowledge.
void Converse(Relaying& relaying) {
  for (int i = 0; i < 5; ++i) {
    for (const Side from : {Side::kClient, Side::kUpstream}) {
      const std::uint64_t before = relaying.rig.session.bytes(from);
      relaying.PeerOf(from).Send("pong");
      relaying.rig.RunUntil("it is relayed",
                            [&] { return relaying.rig.session.bytes(from) == before + 4; });
      CHECK_EQ(relaying.PeerOf(Other(from)).Read(4), std::string("pong"));
    }
  }
}

const test::Register kCounted("empty segments are counted once, by looks and at the end", [] {
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  // A leg's own: handshake, delayed acknowledgements. Those still to come are few.
  constexpr std::uint64_t kStillToCome = 2;
  for (int round = 0; round < 3; ++round) {
    Converse(relaying);
    for (const Side side : {Side::kClient, Side::kUpstream}) {
      const std::uint64_t before = relaying.InfoOf(side).empty_segments;
      rig.session.LookAtLiveness();
      rig.session.LookAtLiveness();
      const std::uint64_t counted = relaying.counters(side).empty_segments.value();
      CHECK(counted >= before && counted <= before + kStillToCome);
    }
  }
  const std::uint64_t client = relaying.InfoOf(Side::kClient).empty_segments;
  const std::uint64_t upstream = relaying.InfoOf(Side::kUpstream).empty_segments;
  CHECK(client > kStillToCome || upstream > kStillToCome);
  rig.session.Reset(CloseReason::kDrained);
  CHECK(relaying.counters(Side::kClient).empty_segments.value() - client <= kStillToCome);
  CHECK(relaying.counters(Side::kUpstream).empty_segments.value() - upstream <= kStillToCome);
});

const test::Register kCountedAtEnd("a session that nobody looked at is counted at its end", [] {
  Relaying relaying;
  Converse(relaying);
  const std::uint64_t client = relaying.InfoOf(Side::kClient).empty_segments;
  relaying.rig.session.Reset(CloseReason::kDrained);
  CHECK(relaying.counters(Side::kClient).empty_segments.value() >= client);
});

}  // namespace
}  // namespace warmline::relay
