// Session, while both legs live: bytes both ways, FINs carried through, and what an idle one costs.
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "net/socket.h"
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

constexpr std::uint64_t kMiB = 1024 * 1024;

// A session that relays between `client` and `upstream`.
struct Relaying {
  Server server;
  SessionRig rig{RouteTo({server.address()})};
  Peer upstream = (rig.Connect(), server.Accept());
};

const test::Register kSize("a session takes at most 300 bytes",
                           [] { CHECK(sizeof(Session) <= 300); });

const test::Register kCounted("a route knows how many sessions it has", [] {
  RouteState route{std::make_shared<const Route>(RouteTo({test::Unserved()})),
                   std::make_shared<RouteCounters>()};
  test::FakeHost host;
  test::Connection connection = test::ConnectTcp();
  {
    const Session session(host, route, 1, {std::move(connection.ours), test::Loopback()});
    CHECK_EQ(route.sessions, 1U);
    CHECK_EQ(route.counters->accepted.value(), 1U);
  }
  CHECK_EQ(route.sessions, 0U);
});

const test::Register kBothWays("bytes go both ways at once, exact, and are counted", [] {
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  constexpr std::uint64_t kUp = 12 * kMiB;
  constexpr std::uint64_t kDown = 7 * kMiB;
  std::uint64_t up = 0;
  std::uint64_t down = 0;
  std::thread threads[] = {
      std::thread([&] { rig.client.SendPattern(0, kUp); }),
      std::thread([&] { up = relaying.upstream.ReadPattern(0, kUp); }),
      std::thread([&] { relaying.upstream.SendPattern(kUp, kDown); }),
      std::thread([&] { down = rig.client.ReadPattern(kUp, kDown); }),
  };
  rig.RunUntil("all is relayed", [&] {
    return rig.session.bytes(Side::kClient) == kUp && rig.session.bytes(Side::kUpstream) == kDown;
  });
  for (std::thread& thread : threads) thread.join();
  CHECK_EQ(up, kUp);
  CHECK_EQ(down, kDown);
  CHECK_EQ(rig.route.counters->bytes_to_upstream.value(), kUp);
  CHECK_EQ(rig.route.counters->bytes_to_client.value(), kDown);
});

const test::Register kTurns("a flow whose budget is spent goes on in the next turn", [] {
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  constexpr std::uint64_t kTotal = 2 * kMiB;
  test::Preload(rig.client, rig.client_leg, kTotal);
  rig.RunUntil("all is relayed", [&] { return rig.session.bytes(Side::kClient) == kTotal; });
  CHECK(rig.host.resumed > 0);
  CHECK_EQ(relaying.upstream.ReadPattern(0, kTotal), kTotal);
});

const test::Register kUrgent("urgent data is relayed in its place", [] {
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  test::Must(net::PrepareTcp(rig.client_leg, true));
  rig.client.Send("before ");
  REQUIRE(::send(rig.client.fd(), "!", 1, MSG_OOB | MSG_NOSIGNAL) == 1);
  rig.client.Send(" after");
  test::AwaitReadable(rig.client_leg, 14);
  rig.RunUntil("all is relayed", [&] { return rig.session.bytes(Side::kClient) == 14; });
  CHECK_EQ(relaying.upstream.Read(14), std::string("before ! after"));
});

const test::Register kIdle("an idle session has no timer, no pipe and no descriptor but two", [] {
  const std::size_t fds = test::OpenFds();
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  // The server, epoll, both connections.
  CHECK_EQ(test::OpenFds(), fds + 6);
  CHECK(!rig.TimerDue().has_value());
  rig.client.Send("ping");
  rig.RunUntil("it is relayed", [&] { return rig.session.bytes(Side::kClient) == 4; });
  CHECK(!rig.TimerDue().has_value());
  CHECK_EQ(rig.host.pipes.lent(), 0U);
  CHECK_EQ(test::OpenFds(), fds + 6);
});

const test::Register kMidBulk("a session that ends in the middle of bulk gives its pipe back", [] {
  const test::TempDir dir;
  // A unix socket takes little, so that soon bytes wait in a pipe.
  const Server server(*net::Address::FromPath(dir.File("socket")));
  SessionRig rig(RouteTo({server.address()}));
  test::Preload(rig.client, rig.client_leg, 2 * kMiB);
  rig.Connect();
  const Peer upstream = server.Accept();
  std::uint64_t read = 0;
  rig.RunUntil("a pipe is in use", [&] {
    if (rig.host.pipes.lent() == 1) return true;
    read += upstream.ReadPattern(read, 50'000);
    return false;
  });
  CHECK(read < 2 * kMiB);
  // The host checks that nothing is lent when the session retires.
  rig.session.Reset(CloseReason::kDrained);
  CHECK(rig.host.retired);
});

// Closes the writing sides one after the other and compares what arrives.
void HalfClose(Side first) {
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  Peer& one = first == Side::kClient ? rig.client : relaying.upstream;
  Peer& other = first == Side::kClient ? relaying.upstream : rig.client;
  one.Send("the last of one side");
  one.FinishWriting();
  rig.RunUntil("the FIN is passed on", [&] { return rig.TimerDue().has_value(); });
  const Peer::End end = other.ReadToEnd();
  CHECK_EQ(end.bytes, std::string("the last of one side"));
  CHECK_EQ(end.error, 0);

  other.Send("and an answer");
  rig.RunUntil("the answer is relayed", [&] { return rig.session.bytes(Other(first)) == 13; });
  CHECK_EQ(one.Read(13), std::string("and an answer"));
  rig.host.Advance(7);
  other.FinishWriting();
  rig.RunUntilClosed();
  CHECK_EQ(one.ReadToEnd().error, 0);
  CHECK_EQ(rig.closed().ending.reason, ReasonFor(first, LegEvent::kFin));
  CHECK_EQ(rig.closed().ending.cause.err, 0);
  CHECK_EQ(rig.closed().duration_ms, 7U);
  const bool client_first = first == Side::kClient;
  CHECK_EQ(rig.closed().bytes_to_upstream, client_first ? 20U : 13U);
  CHECK_EQ(rig.closed().bytes_to_client, client_first ? 13U : 20U);
  CHECK_EQ(rig.CountClosed(ReasonFor(first, LegEvent::kFin)), 1U);
}

const test::Register kClientFirst("the client's FIN goes upstream, the answer still comes",
                                  [] { HalfClose(Side::kClient); });

const test::Register kUpstreamFirst("the upstream's FIN goes to the client, who may go on",
                                    [] { HalfClose(Side::kUpstream); });

const test::Register kHalfCloseMoves("the half-close timer counts from the last payload", [] {
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  rig.client.FinishWriting();
  rig.RunUntil("the FIN is passed on", [&] { return rig.TimerDue().has_value(); });
  rig.host.Advance(40'000);
  relaying.upstream.Send("late");
  rig.RunUntil("it is relayed", [&] { return rig.session.bytes(Side::kUpstream) == 4; });
  rig.host.Advance(20'000);
  CHECK_EQ(rig.session.state(), Session::State::kRelaying);
  CHECK_EQ(rig.TimerDue().value_or(0), 40'000U);
  rig.host.Advance(39'999);
  CHECK_EQ(rig.session.state(), Session::State::kRelaying);
  rig.host.Advance(1);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kHalfCloseTimeout);
  CHECK_EQ(rig.client.ReadToEnd().error, ECONNRESET);
  CHECK_EQ(relaying.upstream.ReadToEnd().error, 0);
});

const test::Register kFinish("a session ends when the last byte is acknowledged, not before", [] {
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  constexpr std::uint64_t kTotal = 2 * kMiB;
  relaying.upstream.SendPattern(0, kTotal);
  relaying.upstream.FinishWriting();
  rig.client.FinishWriting();
  rig.RunUntil("all is with the kernel",
               [&] { return rig.session.state() == Session::State::kFinishing; });
  rig.host.Advance(59'999);
  CHECK_EQ(rig.session.state(), Session::State::kFinishing);
  CHECK_EQ(rig.client.ReadPattern(0, kTotal), kTotal);
  rig.RunUntilClosed();
  CHECK(IsClean(rig.closed().ending.reason));
  CHECK_EQ(rig.client.ReadToEnd().error, 0);
});

const test::Register kResetNow("a reset on demand resets both legs", [] {
  Relaying relaying;
  SessionRig& rig = relaying.rig;
  rig.session.Reset(CloseReason::kDrained);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kDrained);
  CHECK_EQ(rig.client.ReadToEnd().error, ECONNRESET);
  CHECK_EQ(relaying.upstream.ReadToEnd().error, ECONNRESET);
  rig.session.Reset(CloseReason::kDrained);
  CHECK_EQ(rig.CountClosed(CloseReason::kDrained), 1U);
});

}  // namespace
}  // namespace warmline::relay
