// Session of a route that closes instead of resetting: when one leg died, the other gets a FIN.
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
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

using test::Connection;
using test::Must;
using test::Peer;
using test::Server;
using test::SessionRig;

constexpr std::uint64_t kMiB = 1024 * 1024;
// More than the client's kernel takes when the client does not read, less than ours.
constexpr std::uint64_t kMuch = 3 * kMiB;
constexpr std::uint64_t kLingerMs = 2'000;

Route ClosingRoute(const net::Address& endpoint) {
  Route route = test::RouteTo({endpoint});
  route.close_on_death = true;
  return route;
}

struct Closing {
  explicit Closing(Connection accepted = test::ConnectTcp())
      : rig(ClosingRoute(server.address()), std::move(accepted)), upstream(Connect()) {}

  Peer Connect() {
    // Fixed, so that it does not grow while the client reads.
    Must(net::SetIntOption(rig.client.fd(), SOL_SOCKET, SO_RCVBUF, 128 * 1024, "SO_RCVBUF"));
    rig.Connect();
    return server.Accept();
  }
  void Kill(Side side = Side::kUpstream) {
    (side == Side::kClient ? rig.client : upstream).Reset();
    rig.RunUntil("the death is seen",
                 [&] { return rig.session.state() == Session::State::kAborting; });
  }
  // Until nothing is missing but the survivor's FIN. The clock hardly moves.
  void AwaitLinger() {
    rig.RunUntil(
        "the survivor has acknowledged all",
        [&] { return rig.host.retired || rig.TimerDue().value_or(0) > kLingerMs - 100; }, 1);
    REQUIRE(!rig.host.retired);
  }

  Server server;
  SessionRig rig;
  Peer upstream;
};

// That the stream ended as if its sender had finished, and that no RST came behind.
void CheckFinished(const Peer& survivor, const std::string& wanted) {
  const Peer::End end = survivor.ReadToEnd();
  CHECK(end.bytes == wanted);
  CHECK_EQ(end.error, 0);
  CHECK_EQ(Must(net::TakeSocketError(survivor.fd())), 0);
}

void DieBehindData(Side dead) {
  Closing closing;
  SessionRig& rig = closing.rig;
  const Peer& dying = dead == Side::kClient ? rig.client : closing.upstream;
  const Peer& survivor = dead == Side::kClient ? closing.upstream : rig.client;
  dying.SendPattern(0, 100'000);
  rig.RunUntil("all is relayed", [&] { return rig.session.bytes(dead) == 100'000; });
  closing.Kill(dead);
  closing.AwaitLinger();
  CheckFinished(survivor, test::Pattern(0, 100'000));
  CHECK_EQ(rig.session.state(), Session::State::kAborting);

  survivor.FinishWriting();
  rig.RunUntilClosed();
  CHECK_EQ(rig.closed().ending.reason, ReasonFor(dead, LegEvent::kReset));
  CHECK_EQ(rig.closed().ending.cause.err, ECONNRESET);
  CHECK(rig.closed().ending.evidence.has_value());
  CHECK(rig.closed().duration_ms < kLingerMs);
  CHECK_EQ(Must(net::TakeSocketError(survivor.fd())), 0);
}

const test::Register kUpstream("a dead upstream's client gets all of it and a FIN",
                               [] { DieBehindData(Side::kUpstream); });

const test::Register kClient("a dead client's upstream gets all of it and a FIN",
                             [] { DieBehindData(Side::kClient); });

const test::Register kUnread("what nobody had read when the leg died comes before the FIN", [] {
  Closing closing;
  closing.upstream.Send("goodbye");
  closing.upstream.Reset();
  closing.rig.RunUntil("the death is seen",
                       [&] { return closing.rig.session.state() == Session::State::kAborting; });
  CheckFinished(closing.rig.client, "goodbye");
});

const test::Register kSilent("a survivor that does not finish is left after 2 s", [] {
  Closing closing;
  SessionRig& rig = closing.rig;
  closing.Kill();
  closing.AwaitLinger();
  rig.host.Advance(rig.TimerDue().value_or(1) - 1);
  CHECK_EQ(rig.session.state(), Session::State::kAborting);
  rig.host.Advance(1);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  CheckFinished(rig.client, "");
});

const test::Register kSpeaking("what a survivor still says does not put that off", [] {
  Closing closing;
  SessionRig& rig = closing.rig;
  closing.Kill();
  closing.AwaitLinger();
  const std::uint64_t due = rig.TimerDue().value_or(0);
  for (std::uint64_t waited = 100; waited < due; waited += 100) {
    rig.client.Send("still there");
    test::AwaitReadable(rig.client_leg, 11);
    rig.host.Turn();
    CHECK_EQ(test::Unread(rig.client_leg), 0U);
    rig.host.Advance(100);
    CHECK_EQ(rig.TimerDue().value_or(0), due - waited);
  }
  rig.host.Advance(100);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  CHECK_EQ(rig.closed().bytes_to_upstream, 0U);
  CheckFinished(rig.client, "");
});

const test::Register kMuchLeft("all that a survivor sent before its FIN is read away", [] {
  Closing closing;
  SessionRig& rig = closing.rig;
  closing.Kill();
  closing.AwaitLinger();
  // One event for all of it.
  test::Preload(rig.client, rig.client_leg, kMuch);
  rig.client.FinishWriting();
  // The clock stands still: the FIN ends it, not the time.
  rig.RunUntilClosed();
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  CheckFinished(rig.client, "");
});

const test::Register kEndless("a survivor that never stops sending gets its FIN all the same", [] {
  Closing closing;
  SessionRig& rig = closing.rig;
  closing.Kill();
  std::thread sender([&] {
    const std::string bytes = test::Pattern(0, 64 * 1024);
    while (::send(rig.client.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != -1) {
    }
  });
  std::atomic<bool> finished = false;
  std::thread reader([&] {
    CheckFinished(rig.client, "");
    finished = true;
  });
  rig.RunUntil("it has its FIN", [&] { return finished.load(); });
  CHECK_EQ(rig.session.state(), Session::State::kAborting);
  reader.join();
  rig.RunUntilClosed(10);
  sender.join();
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
});

const test::Register kFinished("a survivor that had finished before is not waited for", [] {
  Closing closing;
  SessionRig& rig = closing.rig;
  rig.client.FinishWriting();
  rig.RunUntil("the FIN is passed on", [&] { return rig.TimerDue().has_value(); });
  closing.upstream.Reset();
  // The clock stands still.
  rig.RunUntilClosed();
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  CheckFinished(rig.client, "");
});

const test::Register kResets("a survivor that resets ends it, and the first death names it", [] {
  Closing closing;
  SessionRig& rig = closing.rig;
  closing.Kill();
  closing.AwaitLinger();
  rig.client.Reset();
  rig.RunUntilClosed();
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  CHECK_EQ(rig.CountClosed(CloseReason::kClientReset), 0U);
});

const test::Register kSlow("a slow survivor gets all of it before the FIN", [] {
  Closing closing;
  SessionRig& rig = closing.rig;
  closing.upstream.SendPattern(0, kMuch);
  rig.RunUntil("all is with our kernel",
               [&] { return rig.session.bytes(Side::kUpstream) == kMuch; });
  closing.Kill();
  rig.host.Advance(29'000);
  CHECK_EQ(rig.session.state(), Session::State::kAborting);
  CHECK_EQ(rig.client.ReadPattern(0, kMuch), kMuch);
  closing.AwaitLinger();
  CheckFinished(rig.client, "");
});

const test::Register kStalled("one that acknowledges nothing for 30 s is reset", [] {
  Closing closing;
  SessionRig& rig = closing.rig;
  closing.upstream.SendPattern(0, kMuch);
  rig.RunUntil("all is with our kernel",
               [&] { return rig.session.bytes(Side::kUpstream) == kMuch; });
  closing.Kill();
  rig.RunUntilClosed(200);
  CHECK(rig.closed().duration_ms >= 30'000);
  CHECK_EQ(rig.client.ReadToEnd().error, ECONNRESET);
});

const test::Register kDrained("a drain meanwhile ends it, and does not rename the death", [] {
  Closing closing;
  SessionRig& rig = closing.rig;
  closing.Kill();
  closing.AwaitLinger();
  rig.session.Reset(CloseReason::kDrained);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  CHECK_EQ(rig.CountClosed(CloseReason::kDrained), 0U);
  CHECK_EQ(rig.CountClosed(CloseReason::kUpstreamReset), 1U);
});

const test::Register kUnix("a unix survivor gets all of it and a clean end", [] {
  Closing closing(test::ConnectUnix());
  SessionRig& rig = closing.rig;
  test::AwaitUntil("much waits for the upstream", [&] {
    // Unread bytes in a unix socket would turn its end into ECONNRESET.
    return ::send(rig.client.fd(), "left behind", 11, MSG_NOSIGNAL | MSG_DONTWAIT) == -1;
  });
  closing.upstream.Send("goodbye");
  closing.upstream.Reset();
  rig.RunUntilClosed(10);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  CheckFinished(rig.client, "goodbye");
});

const test::Register kNever("where the route does not want it, there is none of this", [] {
  const Server server;
  SessionRig rig(test::RouteTo({server.address()}));
  rig.Connect();
  Peer upstream = server.Accept();
  upstream.Reset();
  rig.RunUntilClosed();
  CHECK_EQ(rig.client.ReadToEnd().error, ECONNRESET);
});

}  // namespace
}  // namespace warmline::relay
