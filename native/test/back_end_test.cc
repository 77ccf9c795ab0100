// Back end: which one an engine gets, when it may choose and when the kernel refuses.
#include "engine/back_end.h"

#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "engine/engine.h"
#include "engine/io_uring.h"
#include "test/check.h"
#include "test/echo.h"
#include "test/engine_rig.h"
#include "test/net_fixture.h"
#include "test/ring_rig.h"

namespace warmline::engine {
namespace {

using test::Forbid;
using test::HasRing;
using test::Must;
using test::OnThread;
using test::Peer;

void CheckRefused(std::uint32_t call, const char* name) {
  OnThread([&] {
    Forbid(call);
    const net::Result<std::unique_ptr<BackEnd>> ring = IoUring::Open();
    REQUIRE(!ring.ok());
    CHECK_EQ(ring.error().err, EPERM);
    CHECK_EQ(ring.error().call, std::string(name));
    CHECK(!OpenBackEnds(BackEndKind::kIoUring, 2).ok());
  });
}

const test::Register kRefused("a ring that can't be used is refused when it is opened", [] {
  CheckRefused(__NR_io_uring_setup, "io_uring_setup");
  if (HasRing()) CheckRefused(__NR_io_uring_enter, "io_uring_enter");
});

const test::Register kOneEach("every worker gets a back end of its own", [] {
  CHECK_EQ(Must(OpenBackEnds(BackEndKind::kEpoll, 3)).size(), 3U);
  if (HasRing()) CHECK_EQ(Must(OpenBackEnds(BackEndKind::kIoUring, 3)).size(), 3U);
});

EngineOptions Choosing(BackEndChoice choice) {
  return {.workers = 2, .back_end = choice, .event_capacity = 100, .wake = [] {}};
}

// Relays a message through a new engine; returns what it has to say of itself.
EngineStats RelayThroughOne(BackEndChoice choice) {
  const test::Echo echo;
  const std::unique_ptr<Engine> engine = Must(Engine::Start(Choosing(choice)));
  const Engine::ApplyResult applied =
      engine->Apply({.routes = {test::On({test::Loopback()}, test::RouteTo({echo.address()}))}});
  REQUIRE(std::holds_alternative<std::vector<OpenListener>>(applied));
  const Peer client = Peer::Connect(std::get<std::vector<OpenListener>>(applied)[0].address);
  client.Send("ping");
  CHECK_EQ(client.Read(4), std::string("ping"));
  return engine->Stats();
}

const test::Register kAuto("an engine that may choose takes a ring where it can", [] {
  if (!HasRing()) return;
  const EngineStats stats = RelayThroughOne(BackEndChoice::kAuto);
  CHECK_EQ(stats.back_end, BackEndKind::kIoUring);
  CHECK(!stats.ring_refused.has_value());
});

const test::Register kFallBack("an engine without rings uses epoll, and says why", [] {
  OnThread([] {
    Forbid(__NR_io_uring_setup);
    const EngineStats stats = RelayThroughOne(BackEndChoice::kAuto);
    CHECK_EQ(stats.back_end, BackEndKind::kEpoll);
    REQUIRE(stats.ring_refused.has_value());
    CHECK_EQ(stats.ring_refused->err, EPERM);
    CHECK_EQ(stats.ring_refused->call, std::string("io_uring_setup"));
    CHECK(!RelayThroughOne(BackEndChoice::kEpoll).ring_refused.has_value());

    const net::Result<std::unique_ptr<Engine>> insisting =
        Engine::Start(Choosing(BackEndChoice::kIoUring));
    REQUIRE(!insisting.ok());
    CHECK_EQ(insisting.error().err, EPERM);
  });
});

const test::Register kNoThread("an engine whose threads can't be started says so", [] {
  OnThread([] {
    Forbid(__NR_clone3);
    for (const BackEndChoice choice :
         {BackEndChoice::kAuto, BackEndChoice::kEpoll, BackEndChoice::kIoUring}) {
      const net::Result<std::unique_ptr<Engine>> started = Engine::Start(Choosing(choice));
      REQUIRE(!started.ok());
      CHECK_EQ(started.error().call, std::string("pthread_create"));
    }
  });
});

}  // namespace
}  // namespace warmline::engine
