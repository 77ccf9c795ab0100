// Engine: random plans, questions, retunings and stops while clients come and go on threads of
// their own. What has to hold holds after every step; ThreadSanitizer looks at the rest.
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/socket.h"
#include "test/check.h"
#include "test/echo.h"
#include "test/engine_rig.h"
#include "test/net_fixture.h"
#include "test/random.h"

namespace warmline::engine {
namespace {

using relay::CloseReason;
using test::EngineRig;
using test::Must;
using test::Peer;
using test::Random;

// Clients that connect to wherever the engine listens, or has listened, and expect nothing.
class Visitors {
 public:
  Visitors() {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      threads_.emplace_back([this, seed] { Run(seed); });
    }
  }
  ~Visitors() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Visitors(const Visitors&) = delete;
  Visitors& operator=(const Visitors&) = delete;

  void SendTo(std::vector<net::Address> addresses) {
    const std::lock_guard lock(mutex_);
    addresses_ = std::move(addresses);
  }

  void AwaitVisits(std::uint64_t count) const {
    const std::uint64_t until = visits_ + count;
    test::AwaitUntil("there are visitors", [&] { return visits_ >= until; });
  }

 private:
  void Run(std::uint64_t seed) {
    Random random(seed);
    while (!stop_) {
      if (const std::optional<net::Address> address = Choose(random)) Visit(*address, random);
      ++visits_;
    }
  }

  std::optional<net::Address> Choose(Random& random) {
    const std::lock_guard lock(mutex_);
    if (addresses_.empty()) return std::nullopt;
    return addresses_[random.Below(addresses_.size())];
  }

  static void Visit(const net::Address& address, Random& random) {
    Peer peer(Must(net::OpenStream(address.family())));
    if (!net::StartConnect(peer.fd(), address).ok()) return;
    const std::string bytes = test::Pattern(0, 1 + random.Below(2000));
    (void)::send(peer.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    const std::uint64_t manner = random.Below(3);
    // An echo, or less when the engine has other plans; never something else.
    if (manner != 0) CHECK(bytes.starts_with(peer.Read(bytes.size())));
    if (manner != 1) peer.Reset();
  }

  std::mutex mutex_;
  std::vector<net::Address> addresses_;
  std::atomic<std::uint64_t> visits_ = 0;
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

// One engine's life, by chance.
class Life {
 public:
  Life(std::uint64_t seed, Visitors& visitors, const net::Address& echo,
       std::vector<net::Address> listeners)
      : random_(seed),
        visitors_(visitors),
        echo_(echo),
        listeners_(std::move(listeners)),
        engine_(static_cast<std::uint32_t>(1 + random_.Below(4)), 50) {}

  void Live() {
    for (int step = 0; step < 40; ++step) {
      Act();
      visitors_.AwaitVisits(random_.Below(4));
      CheckStats();
    }
    engine_->Close();
    CheckStats();
    for (const RouteStats& route : engine_->Stats().routes) CHECK_EQ(route.active, 0U);
    for (; asked_ > 0; --asked_) CHECK(engine_.Find<Inspection>().has_value());
    CHECK(!engine_.Find<Inspection>().has_value());
    CheckRetunings();
  }

 private:
  void Act() {
    switch (random_.Below(19)) {
      case 0: engine_->StopAccepting(); return;
      case 16:
      case 17:
      case 18: engine_->Retune(retuned_++); return;
      case 1:
      case 2:
      case 3: engine_->Inspect(asked_++, random_.Below(20)); return;
      case 4: (void)engine_.Find<Drained>(); return;
      default: Apply(); return;
    }
  }

  void Apply() {
    const Engine::ApplyResult result = engine_->Apply(
        {.routes = RandomRoutes(), .session_events = static_cast<SessionEvents>(random_.Below(3))});
    if (const auto* failure = std::get_if<ApplyFailure>(&result)) {
      // A listener that was dropped a moment ago may still be open on a worker.
      CHECK(failure->error.err == ESHUTDOWN || failure->error.err == EADDRINUSE);
      return;
    }
    std::vector<net::Address> addresses;
    for (const OpenListener& open : std::get<std::vector<OpenListener>>(result)) {
      addresses.push_back(open.address);
    }
    visitors_.SendTo(std::move(addresses));
  }

  // Each listener on one of two routes, or on none.
  std::vector<RoutePlan> RandomRoutes() {
    std::vector<RoutePlan> routes = {test::On({}, RandomRoute("one")),
                                     test::On({}, RandomRoute("two"))};
    for (const net::Address& listener : listeners_) {
      const std::uint64_t choice = random_.Below(3);
      if (choice < 2) routes[choice].listeners.push_back(listener);
    }
    return routes;
  }

  relay::Route RandomRoute(const char* name) {
    relay::Route route = test::RouteTo({echo_});
    if (random_.Below(4) == 0) route.endpoints.insert(route.endpoints.begin(), test::Loopback(1));
    route.name = name;
    const int idle_s = static_cast<int>(1 + random_.Below(100));
    if (random_.Below(3) > 0) route.client = net::Keepalive{idle_s, 5, 4, 1000 * idle_s};
    if (random_.Below(3) > 0) route.upstream = net::Keepalive{idle_s, 6, 5, 0};
    route.no_delay = random_.Below(2) == 0;
    route.close_on_death = random_.Below(2) == 0;
    return route;
  }

  // The last ones may have met the end.
  void CheckRetunings() {
    std::uint32_t answered = 0;
    while (const std::optional<Retuning> retuning = engine_.Find<Retuning>()) {
      // In order: no worker comes to a request before it has answered the one before.
      CHECK_EQ(retuning->request, answered);
      ++answered;
      for (const RouteRetuning& route : retuning->routes) {
        CHECK(route.route == "one" || route.route == "two");
        CHECK_EQ(route.failed, 0U);
      }
    }
    CHECK(answered <= retuned_);
  }

  void CheckStats() {
    for (const RouteStats& route : engine_->Stats().routes) {
      const auto closed =
          std::accumulate(route.closed.begin(), route.closed.end(), std::uint64_t{0});
      for (const LegStats& leg : route.legs) CHECK(leg.suspect <= route.active);
      CHECK_EQ(route.accepted, route.active + closed);
      for (const CloseReason refused :
           {CloseReason::kClientOptionRefused, CloseReason::kUpstreamOptionRefused}) {
        CHECK_EQ(route.closed[static_cast<std::size_t>(refused)], 0U);
      }
    }
  }

  Random random_;
  Visitors& visitors_;
  const net::Address echo_;
  const std::vector<net::Address> listeners_;
  EngineRig engine_;
  std::uint32_t asked_ = 0;
  std::uint32_t retuned_ = 0;
};

const test::Register kFuzz("random plans under visitors keep every count right", [] {
  const test::Echo echo;
  const test::TempDir dir;
  Visitors visitors;
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    Life(seed, visitors, echo.address(),
         {test::Loopback(), *net::Address::FromIp("127.0.0.2", 0),
          *net::Address::FromPath(dir.File("socket"))})
        .Live();
  }
});

}  // namespace
}  // namespace warmline::engine
