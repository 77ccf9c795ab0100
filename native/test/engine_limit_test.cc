// Engine, when file descriptors run out: it waits without spinning, and goes on when some are free.
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "net/socket.h"
#include "test/check.h"
#include "test/engine_rig.h"
#include "test/net_fixture.h"

namespace warmline::engine {
namespace {

using relay::CloseReason;
using relay::SessionClosed;
using test::EngineRig;
using test::FdCeiling;
using test::Must;
using test::Peer;
using test::RouteTo;

// Made before descriptors run out, connected afterwards.
std::vector<net::Fd> MakeClients(std::size_t count) {
  std::vector<net::Fd> clients;
  for (std::size_t i = 0; i < count; ++i) clients.push_back(Must(net::OpenStream(AF_INET)));
  return clients;
}

// Sends an RST and keeps the descriptor, so that only the engine gets some back: connect(2).
void Disconnect(const net::Fd& client) {
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  REQUIRE(::connect(client.get(), &nowhere, sizeof nowhere) == 0);
}

struct Effort {
  double cpu_seconds;
  long waits;  // times that a thread went to sleep
};

Effort SpentSoFar() {
  rusage usage{};
  REQUIRE(::getrusage(RUSAGE_SELF, &usage) == 0);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_nvcsw};
}

const test::Register kPause("without descriptors accepting pauses, and nobody is lost", [] {
  constexpr std::size_t kClients = 40;
  const test::Server server;
  EngineRig engine(1);
  const net::Address address = engine.ApplyOne(RouteTo({server.address()}));
  const Peer established = Peer::Connect(address);
  const Peer upstream = server.Accept();
  const std::vector<net::Fd> clients = MakeClients(kClients);
  {
    const FdCeiling ceiling(2);  // one session
    for (const net::Fd& client : clients) (void)Must(net::StartConnect(client.get(), address));
    const AcceptPaused paused = engine.Await<AcceptPaused>();
    CHECK_EQ(paused.cause.err, EMFILE);
    CHECK_EQ(paused.route->name, std::string("route"));
    CHECK_EQ(engine.StatsOf().active, 2U);

    // Half a second of nothing to do but a retry now and then; a spin would take all of it.
    const Effort before = SpentSoFar();
    (void)::poll(nullptr, 0, 500);
    const Effort after = SpentSoFar();
    CHECK(after.cpu_seconds - before.cpu_seconds < 0.1);
    CHECK(after.waits - before.waits < 100);
    CHECK_EQ(engine.StatsOf().active, 2U);

    established.Send("still here");
    CHECK_EQ(upstream.Read(10), std::string("still here"));

    // Each one that leaves makes room for the next, much sooner than a retry would.
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < kClients; ++i) {
      test::AwaitUntil("the client is accepted", [&] { return engine.StatsOf().accepted > i + 1; });
      Disconnect(clients[i]);
      CHECK_EQ(engine.Await<SessionClosed>().ending.reason, CloseReason::kClientReset);
    }
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
  }
  CHECK_EQ(engine.StatsOf().accepted, kClients + 1);
  CHECK(engine.Await<AcceptResumed>().paused_ms >= 500);
  CHECK_EQ(engine.StatsOf().accept_pauses, 1U);
  CHECK(!engine.Find<AcceptPaused>().has_value());
});

const test::Register kDial("a client whose dial finds no descriptor is reset, others wait", [] {
  constexpr std::size_t kClients = 40;
  const test::Server server;
  EngineRig engine(1);
  const net::Address address = engine.ApplyOne(RouteTo({server.address(), server.address()}));
  const std::vector<net::Fd> clients = MakeClients(kClients);
  {
    const FdCeiling ceiling(3);  // one session, and a client whose upstream does not fit
    for (const net::Fd& client : clients) (void)Must(net::StartConnect(client.get(), address));
    const relay::DialFailed failed = engine.Await<relay::DialFailed>();
    CHECK_EQ(failed.reason, CloseReason::kDialFdLimit);
    CHECK_EQ(failed.cause.err, EMFILE);
    CHECK(!failed.will_retry);
    CHECK_EQ(engine.Await<SessionClosed>().ending.reason, CloseReason::kDialFdLimit);
    CHECK_EQ(engine.Await<AcceptPaused>().cause.err, EMFILE);
    // Time for a retry or two, each of which may cost one client at most.
    (void)::poll(nullptr, 0, 250);
    CHECK(engine.StatsOf().accepted < 8);
  }
  test::AwaitUntil("all are accepted", [&] { return engine.StatsOf().accepted == kClients; });
});

}  // namespace
}  // namespace warmline::engine
