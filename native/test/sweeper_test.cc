// Sweeper: who is looked at, and when there is nobody.
#include "engine/sweeper.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "engine/session_table.h"
#include "net/socket.h"
#include "relay/session.h"
#include "test/check.h"
#include "test/net_fixture.h"
#include "test/session_rig.h"

namespace warmline::engine {
namespace {

using relay::Session;
using test::Peer;

constexpr std::uint64_t kPeriodMs = 1'000;

// A host with a table of sessions, each on a route of its own, so that its counters tell whether it
// was looked at.
class Table {
 public:
  Table() = default;
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  ~Table() {
    sweep_.reset();
    while (!sessions_.empty()) RemoveLast();
  }

  void AddRelaying() {
    test::Connection accepted = test::ConnectTcp();
    routes_.push_back(std::make_unique<relay::RouteState>(
        relay::RouteState{std::make_shared<const relay::Route>(test::RouteTo({server_.address()})),
                          std::make_shared<relay::RouteCounters>()}));
    Session& session = sessions_.Add(
        std::make_unique<Session>(host, *routes_.back(), routes_.size(),
                                  net::Accepted{std::move(accepted.ours), test::Loopback()}));
    peers_.push_back(std::move(accepted.theirs));
    session.Start();
    test::AwaitUntil("the session relays", [&] {
      host.Turn();
      return session.state() == Session::State::kRelaying;
    });
    peers_.push_back(server_.Accept());
    sweeper().Wake();
  }
  void RemoveLast() { Remove(sessions_.last()); }
  void RemoveFirst() { Remove(*sessions_.sessions()[0]); }

  // Moves the clock, and says how many sessions were looked at for the first time.
  std::size_t Sweep() {
    host.Advance(kPeriodMs);
    std::size_t seen = 0;
    for (const auto& route : routes_) {
      // The handshake is there to be counted.
      if (route->counters->legs[1].empty_segments.value() == 0) continue;
      if (seen_.insert(route.get()).second) ++seen;
    }
    return seen;
  }
  [[nodiscard]] bool IsAwake() { return host.timers().Next().has_value(); }
  Sweeper& sweeper() { return *sweep_; }

  test::FakeHost host;

 private:
  // Without a word: the host of a rig expects one end only.
  void Remove(Session& session) {
    sessions_.Retire(session);
    sessions_.BuryRetired();
  }

  test::Server server_;
  std::vector<std::unique_ptr<relay::RouteState>> routes_;
  std::set<const relay::RouteState*> seen_;
  std::vector<Peer> peers_;
  SessionTable sessions_;
  std::unique_ptr<Sweeper> sweep_ = std::make_unique<Sweeper>(host, sessions_);
};

const test::Register kAsleep("without sessions nothing is due", [] {
  Table table;
  CHECK(!table.IsAwake());
  table.sweeper().Wake();
  CHECK_EQ(table.host.timers().Next().value_or(0), table.host.now_ms() + kPeriodMs);
  table.host.Advance(kPeriodMs);
  CHECK(!table.IsAwake());
});

const test::Register kFew("while there are few, all sessions are looked at every second", [] {
  Table table;
  for (int i = 0; i < 5; ++i) table.AddRelaying();
  CHECK_EQ(table.host.timers().Next().value_or(0), table.host.now_ms() + kPeriodMs);
  CHECK_EQ(table.Sweep(), 5U);
  table.AddRelaying();
  table.AddRelaying();
  CHECK_EQ(table.Sweep(), 2U);
  CHECK(table.IsAwake());
});

const test::Register kWake("a session that comes later does not put the look off", [] {
  Table table;
  table.AddRelaying();
  const std::uint64_t due = table.host.timers().Next().value_or(0);
  table.host.Advance(kPeriodMs - 1);
  table.AddRelaying();
  CHECK_EQ(table.host.timers().Next().value_or(0), due);
});

const test::Register kGone("when the last session is gone it sleeps, and wakes for the next", [] {
  Table table;
  table.AddRelaying();
  table.AddRelaying();
  CHECK_EQ(table.Sweep(), 2U);
  table.RemoveFirst();
  CHECK_EQ(table.Sweep(), 0U);
  CHECK(table.IsAwake());
  table.RemoveLast();
  CHECK_EQ(table.Sweep(), 0U);
  CHECK(!table.IsAwake());
  table.AddRelaying();
  CHECK_EQ(table.Sweep(), 1U);
});

const test::Register kRound("of more than 500 sessions each has its turn within the next look", [] {
  constexpr std::size_t kShare = 500;
  constexpr std::size_t kMore = 30;
  Table table;
  for (std::size_t i = 0; i < kShare + kMore; ++i) table.AddRelaying();
  CHECK_EQ(table.Sweep(), kShare);
  CHECK_EQ(table.Sweep(), kMore);
});

}  // namespace
}  // namespace warmline::engine
