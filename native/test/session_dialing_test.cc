// Session, until it is connected: endpoints in order, limits, and clients that don't wait.
#include <cerrno>
#include <memory>
#include <string>
#include <variant>

#include "net/keepalive.h"
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
using test::SilentServer;
using test::Unserved;

// The report at `index`; a failure when it is none of a dial.
DialFailed FailureAt(const SessionRig& rig, std::size_t index) {
  const auto* failed =
      index < rig.host.reports.size() ? std::get_if<DialFailed>(&rig.host.reports[index]) : nullptr;
  CHECK(failed != nullptr);
  return failed != nullptr ? *failed : DialFailed{};
}

const test::Register kNext("a refused endpoint makes room for the next one", [] {
  const Server server;
  SessionRig rig(RouteTo({Unserved(), server.address()}));
  rig.Connect();
  CHECK_EQ(rig.session.endpoint().value_or(9), 1);
  const DialFailed& failed = FailureAt(rig, 0);
  CHECK_EQ(failed.endpoint, 0);
  CHECK_EQ(failed.reason, CloseReason::kDialRefused);
  CHECK_EQ(failed.cause.err, ECONNREFUSED);
  CHECK_EQ(std::string(failed.cause.call), std::string("connect"));
  CHECK(failed.will_retry);
  CHECK_EQ(rig.route.counters->dial_failures.value(), 1U);

  const Peer upstream = server.Accept();
  upstream.Send("welcome");
  rig.RunUntil("the greeting is relayed", [&] { return rig.session.bytes(Side::kUpstream) == 7; });
  CHECK_EQ(rig.client.Read(7), std::string("welcome"));
});

const test::Register kNoneLeft("without an endpoint left the client is reset", [] {
  for (const bool client_spoke : {false, true}) {
    SessionRig rig(RouteTo({Unserved(), Unserved()}));
    if (client_spoke) rig.client.Send("hello");
    rig.session.Start();
    rig.RunUntilClosed();
    CHECK_EQ(rig.client.ReadToEnd().error, ECONNRESET);
    CHECK(FailureAt(rig, 0).will_retry);
    CHECK(!FailureAt(rig, 1).will_retry);
    CHECK_EQ(rig.closed().ending.reason, CloseReason::kDialRefused);
    CHECK_EQ(rig.closed().ending.cause.err, ECONNREFUSED);
    CHECK_EQ(rig.closed().endpoint.value_or(9), 1);
    CHECK_EQ(rig.CountClosed(CloseReason::kDialRefused), 1U);
  }
});

const test::Register kTimeout("a silent endpoint is left after the connect timeout", [] {
  const SilentServer silent;
  const Server server;
  SessionRig rig(RouteTo({silent.address(), server.address()}));
  rig.session.Start();
  rig.host.Turn();
  rig.host.Advance(4'999);
  CHECK(rig.host.reports.empty());
  rig.host.Advance(1);
  CHECK_EQ(FailureAt(rig, 0).reason, CloseReason::kDialTimeout);
  CHECK_EQ(FailureAt(rig, 0).cause.err, ETIMEDOUT);
  rig.RunUntil("the next one stands",
               [&] { return rig.session.state() != Session::State::kDialing; });
  CHECK(!rig.TimerDue().has_value());
});

const test::Register kGone("a client that only sent a FIN is waited for half a second", [] {
  const SilentServer silent;
  SessionRig rig(RouteTo({silent.address()}));
  rig.session.Start();
  rig.host.Advance(100);
  rig.client.FinishWriting();
  rig.RunUntil("the FIN is seen", [&] { return rig.TimerDue() == 500; });
  rig.host.Advance(499);
  CHECK_EQ(rig.session.state(), Session::State::kDialing);
  rig.host.Advance(1);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kClientFin);
  CHECK_EQ(rig.closed().duration_ms, 600U);
});

const test::Register kGoneSoon("the grace does not make the connect timeout longer", [] {
  const SilentServer silent;
  SessionRig rig(RouteTo({silent.address()}));
  rig.session.Start();
  rig.host.Advance(4'900);
  rig.client.FinishWriting();
  test::AwaitUntil("the FIN is seen", [&] {
    rig.host.Turn();
    return rig.TimerDue().value_or(0) <= 500;
  });
  rig.host.Advance(100);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kDialTimeout);
});

const test::Register kRequest("a client that sent a request and a FIN gets its answer", [] {
  const SilentServer silent;
  const Server server;
  SessionRig rig(RouteTo({silent.address(), server.address()}));
  rig.session.Start();
  rig.client.Send("question");
  rig.client.FinishWriting();
  rig.host.Turn();
  rig.host.Advance(600);
  CHECK_EQ(rig.session.state(), Session::State::kDialing);
  rig.host.Advance(4'400);
  Peer upstream = server.Accept();
  rig.RunUntil("the FIN is passed on", [&] { return rig.session.bytes(Side::kClient) == 8; });
  CHECK_EQ(upstream.ReadToEnd().bytes, std::string("question"));
  upstream.Send("answer");
  upstream.Close();
  rig.RunUntilClosed();
  CHECK_EQ(rig.client.ReadToEnd().bytes, std::string("answer"));
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kClientFin);
});

const test::Register kReset("a client that resets ends the dial at once", [] {
  const SilentServer silent;
  SessionRig rig(RouteTo({silent.address(), Unserved()}));
  rig.session.Start();
  rig.client.Reset();
  rig.RunUntilClosed();
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kClientReset);
  CHECK_EQ(rig.closed().ending.cause.err, ECONNRESET);
  CHECK_EQ(rig.host.reports.size(), 1U);
});

const test::Register kAnswered("what a server says before it resets at once is delivered", [] {
  const Server server;
  SessionRig rig(RouteTo({server.address(), Unserved()}));
  rig.session.Start();
  Peer upstream = server.Accept();
  upstream.Send("too many connections");
  upstream.Reset();
  // All of it is there before the session's first turn.
  rig.RunUntilClosed(1);
  const Peer::End end = rig.client.ReadToEnd();
  CHECK_EQ(end.bytes, std::string("too many connections"));
  CHECK_EQ(end.error, ECONNRESET);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  CHECK_EQ(rig.route.counters->dial_failures.value(), 0U);
});

const test::Register kFdLimit("a dial without descriptors is not tried elsewhere", [] {
  const Server server;
  SessionRig rig(RouteTo({server.address(), server.address()}));
  {
    const test::FdCeiling ceiling(0);
    rig.session.Start();
  }
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kDialFdLimit);
  CHECK_EQ(rig.closed().ending.cause.err, EMFILE);
  REQUIRE(rig.host.fd_limits.size() == 1);
  CHECK_EQ(rig.host.fd_limits[0].err, EMFILE);
  CHECK_EQ(rig.client.ReadToEnd().error, ECONNRESET);
});

const test::Register kUnix("a unix endpoint is connected at once, or refused when it is gone", [] {
  const test::TempDir dir;
  const net::Address gone = *net::Address::FromPath(dir.File("gone"));
  const Server server(*net::Address::FromPath(dir.File("here")));
  SessionRig rig(RouteTo({gone, server.address()}));
  rig.session.Start();
  CHECK_EQ(rig.session.state(), Session::State::kRelaying);
  CHECK_EQ(FailureAt(rig, 0).reason, CloseReason::kDialRefused);
  const Peer upstream = server.Accept();
  rig.client.Send("ping");
  rig.RunUntil("it is relayed", [&] { return rig.session.bytes(Side::kClient) == 4; });
  CHECK_EQ(upstream.Read(4), std::string("ping"));
  CHECK(!rig.session.ReadBack(Side::kUpstream).has_value());
});

}  // namespace
}  // namespace warmline::relay
