// Engine: real clients through real workers, byte for byte.
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "test/check.h"
#include "test/echo.h"
#include "test/engine_rig.h"
#include "test/net_fixture.h"
#include "test/random.h"

namespace warmline::engine {
namespace {

using relay::CloseReason;
using relay::SessionClosed;
using test::EngineRig;
using test::Peer;
using test::RouteTo;

constexpr std::uint64_t kMiB = 1024 * 1024;

std::uint64_t Closed(const RouteStats& stats, CloseReason reason) {
  return stats.closed[static_cast<std::size_t>(reason)];
}

const test::Register kEcho("64 MiB come back byte-exact, on one worker and on four", [] {
  constexpr std::uint64_t kTotal = 64 * kMiB;
  for (const std::uint32_t workers : {1U, 4U}) {
    const test::Echo echo;
    EngineRig engine(workers);
    const Peer client = Peer::Connect(engine.ApplyOne(RouteTo({echo.address()})));
    std::thread sender([&] {
      client.SendPattern(0, kTotal);
      client.FinishWriting();
    });
    CHECK_EQ(client.ReadPattern(0, kTotal), kTotal);
    CHECK_EQ(client.ReadToEnd().error, 0);
    sender.join();
    const SessionClosed closed = engine.Await<SessionClosed>();
    CHECK_EQ(closed.ending.reason, CloseReason::kClientFin);
    CHECK_EQ(closed.bytes_to_upstream, kTotal);
    CHECK_EQ(closed.bytes_to_client, kTotal);
    CHECK_EQ(engine.StatsOf().bytes_to_client, kTotal);
  }
});

const test::Register kMany("many sessions at once keep their bytes apart", [] {
  constexpr std::size_t kSessions = 150;
  const test::Echo echo;
  EngineRig engine(4);
  const net::Address address = engine.ApplyOne(RouteTo({echo.address()}));
  const std::size_t fds = test::OpenFds();
  {
    std::vector<Peer> clients;
    for (std::size_t i = 0; i < kSessions; ++i) {
      clients.push_back(Peer::Connect(address));
      clients.back().SendPattern(i * 1000, 5000);
    }
    for (std::size_t i = 0; i < kSessions; ++i) {
      CHECK_EQ(clients[i].ReadPattern(i * 1000, 5000), 5000U);
    }
    CHECK_EQ(engine.StatsOf().active, kSessions);
  }
  engine.AwaitClosed(kSessions);
  const RouteStats stats = engine.StatsOf();
  CHECK_EQ(stats.accepted, kSessions);
  CHECK_EQ(stats.active, 0U);
  CHECK_EQ(Closed(stats, CloseReason::kClientFin), kSessions);
  test::AwaitUntil("no descriptor is left behind", [&] { return test::OpenFds() == fds; });
});

// Does one thing to a client, by chance; a client that is gone is replaced.
void Disturb(std::unique_ptr<Peer>& client, const net::Address& address, test::Random& random,
             std::size_t& opened) {
  if (client == nullptr) {
    client = std::make_unique<Peer>(Peer::Connect(address));
    ++opened;
    return;
  }
  switch (random.Below(8)) {
    case 0: client->Reset(); break;
    case 1: client->Close(); break;
    case 2:
      client->FinishWriting();
      client->Close();
      break;
    default: {
      const std::string bytes = test::Pattern(0, random.Below(3000));
      // What comes back may never be read, so a later client may get a reset instead of an end.
      (void)::send(client->fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      return;
    }
  }
  client.reset();
}

const test::Register kMix("a random mix of 64 sessions leaves nothing behind", [] {
  const test::Echo echo;
  EngineRig engine(4);
  const net::Address address = engine.ApplyOne(RouteTo({echo.address()}));
  const std::size_t fds = test::OpenFds();
  test::Random random(3);
  std::size_t opened = 0;
  {
    std::vector<std::unique_ptr<Peer>> clients(64);
    for (int i = 0; i < 4000; ++i) {
      Disturb(clients[random.Below(clients.size())], address, random, opened);
    }
  }
  CHECK(opened > 500);
  engine.AwaitClosed(opened);
  CHECK_EQ(engine.StatsOf().accepted, opened);
  CHECK_EQ(engine.StatsOf().active, 0U);
  CHECK(engine.InspectAll().empty());
  test::AwaitUntil("no descriptor is left behind", [&] { return test::OpenFds() == fds; });
});

const test::Register kReset("a server's reset comes behind its data, whatever its size", [] {
  const test::Server server;
  EngineRig engine(1);
  const net::Address address = engine.ApplyOne(RouteTo({server.address()}));
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}}) {
    const Peer client = Peer::Connect(address);
    Peer upstream = server.Accept();
    upstream.SendPattern(0, size);
    upstream.Reset();
    const Peer::End end = client.ReadToEnd();
    CHECK(end.bytes == test::Pattern(0, size));
    CHECK_EQ(end.error, ECONNRESET);
    CHECK_EQ(engine.Await<SessionClosed>().ending.reason, CloseReason::kUpstreamReset);
  }
});

const test::Register kServerFirst("a server that speaks first is heard", [] {
  const test::Server server;
  EngineRig engine(1);
  const Peer client = Peer::Connect(engine.ApplyOne(RouteTo({server.address()})));
  server.Accept().Send("220 ready");
  CHECK_EQ(client.ReadToEnd().bytes, std::string("220 ready"));
});

const test::Register kFamilies("IPv6 and unix sockets are relayed as IPv4 is", [] {
  if (!test::HasIpv6()) return;
  const test::TempDir dir;
  const net::Address v6 = *net::Address::FromIp("::1", 0);
  const test::Echo on_v6(v6);
  const test::Echo on_unix(*net::Address::FromPath(dir.File("echo")));
  EngineRig engine(2);
  const std::vector<net::Address> addresses = engine.Apply({
      test::On({v6}, RouteTo({on_unix.address()})),
      test::On({*net::Address::FromPath(dir.File("listener"))}, RouteTo({on_v6.address()})),
  });
  for (const net::Address& address : addresses) {
    const Peer client = Peer::Connect(address);
    std::thread sender([&] { client.SendPattern(0, 4 * kMiB); });
    CHECK_EQ(client.ReadPattern(0, 4 * kMiB), 4 * kMiB);
    sender.join();
  }
  CHECK_EQ(engine.AwaitClosed(2).size(), 2U);
});

}  // namespace
}  // namespace warmline::engine
