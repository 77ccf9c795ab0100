// Engine: stop accepting, drain, close; once, twice, and with sessions in the way.
#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/check.h"
#include "test/echo.h"
#include "test/engine_rig.h"
#include "test/net_fixture.h"
#include "test/tested_back_end.h"

namespace warmline::engine {
namespace {

using relay::CloseReason;
using relay::SessionClosed;
using test::EngineRig;
using test::Peer;
using test::RouteTo;

void CheckEchoes(const Peer& client) {
  client.Send("ping");
  CHECK_EQ(client.Read(4), std::string("ping"));
}

const test::Register kDrain("after StopAccepting sessions go on until the last is gone", [] {
  const test::Echo echo;
  EngineRig engine(4);
  const net::Address address = engine.ApplyOne(RouteTo({echo.address()}));
  {
    const Peer first = Peer::Connect(address);
    const Peer second = Peer::Connect(address);
    CheckEchoes(first);
    CheckEchoes(second);
    engine->StopAccepting();
    engine->StopAccepting();
    test::AwaitUntil("the listener is closed",
                     [&] { return test::ConnectError(address) == ECONNREFUSED; });
    CheckEchoes(first);
    CheckEchoes(second);
    CHECK(!engine.Find<Drained>().has_value());
  }
  engine.Await<Drained>();
  // Nobody's last words come behind the drain.
  CHECK(engine.Find<SessionClosed>().has_value());
  CHECK(engine.Find<SessionClosed>().has_value());
  CHECK(!engine.Find<Drained>().has_value());
  CHECK_EQ(engine.StatsOf().active, 0U);
});

const test::Register kWaiting("who connected before StopAccepting or a new plan is served", [] {
  constexpr std::size_t kMoreThanOneTurnAccepts = 100;
  const test::Echo echo;
  for (const bool stop : {false, true}) {
    EngineRig engine(1);
    const net::Address address = engine.ApplyOne(RouteTo({echo.address()}));
    engine.StallWorker();
    // These wait in the kernel's queue.
    std::vector<Peer> clients;
    clients.reserve(kMoreThanOneTurnAccepts);
    for (std::size_t i = 0; i < kMoreThanOneTurnAccepts; ++i) {
      clients.push_back(Peer::Connect(address));
    }
    if (stop) {
      engine->StopAccepting();
    } else {
      engine.Apply({});
    }
    engine.Release();
    for (const Peer& client : clients) CheckEchoes(client);
  }
});

const test::Register kDrainAtOnce("without sessions the drain is there at once", [] {
  EngineRig engine(4);
  engine.ApplyOne(RouteTo({test::Loopback(1)}));
  engine->StopAccepting();
  engine.Await<Drained>();
});

const test::Register kNoPlan("a stopped or closed engine takes no plan", [] {
  EngineRig engine(1);
  engine->StopAccepting();
  CHECK_EQ(engine.ApplyInVain({}).error.err, ESHUTDOWN);
  engine->Close();
  CHECK_EQ(engine.ApplyInVain({}).error.err, ESHUTDOWN);
});

const test::Register kResets("closing resets live sessions, and tells of each", [] {
  constexpr std::size_t kSessions = 20;
  const test::Echo echo;
  const test::Server server;
  EngineRig engine(4);
  const std::vector<net::Address> addresses = engine.Apply({
      test::On({test::Loopback()}, RouteTo({echo.address()})),
      test::On({test::Loopback()}, RouteTo({server.address()})),
  });
  std::vector<Peer> clients;
  for (std::size_t i = 0; i < kSessions; ++i) {
    clients.push_back(Peer::Connect(addresses[0]));
    CheckEchoes(clients.back());
  }
  clients.push_back(Peer::Connect(addresses[1]));
  const Peer upstream = server.Accept();
  engine->Close();
  for (const Peer& client : clients) CHECK_EQ(client.ReadToEnd().error, ECONNRESET);
  CHECK_EQ(upstream.ReadToEnd().error, ECONNRESET);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const std::optional<SessionClosed> closed = engine.Find<SessionClosed>();
    REQUIRE(closed.has_value());
    CHECK_EQ(closed->ending.reason, CloseReason::kDrained);
  }
  CHECK_EQ(engine.StatsOf().active, 0U);
});

const test::Register kTwice("closing twice is closing once", [] {
  const std::size_t fds = test::OpenFds();
  EngineRig engine(4);
  engine.ApplyOne(RouteTo({test::Loopback(1)}));
  engine->Close();
  CHECK_EQ(test::OpenFds(), fds);
  engine->Close();
  engine->StopAccepting();
  CHECK_EQ(engine->Stats().workers, 0U);
});

const test::Register kAnswered("a question asked before or after closing is answered", [] {
  EngineRig engine(4);
  engine->Inspect(7, 10);
  engine->Close();
  CHECK_EQ(engine.Await<Inspection>().request, 7U);
  engine->Inspect(8, 10);
  const Inspection inspection = engine.Await<Inspection>();
  CHECK_EQ(inspection.request, 8U);
  CHECK(inspection.sessions.empty());
});

const test::Register kNoStart("an engine without descriptors does not start, and leaves none", [] {
  const std::size_t fds = test::OpenFds();
  // Enough for the first worker, not for all.
  const test::FdCeiling ceiling(5);
  const auto engine = Engine::Start(
      {.workers = 4, .back_end = test::TestedBackEnd(), .event_capacity = 10, .wake = [] {}});
  REQUIRE(!engine.ok());
  CHECK_EQ(engine.error().err, EMFILE);
  CHECK_EQ(test::OpenFds(), fds);
});

}  // namespace
}  // namespace warmline::engine
