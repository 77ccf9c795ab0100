// EngineRig: a running engine whose events are collected.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "engine/engine.h"
#include "engine/events.h"
#include "engine/plan.h"
#include "test/check.h"
#include "test/session_rig.h"

namespace warmline::test {

// `route` on these listeners, with a backlog that no test fills.
engine::RoutePlan On(std::vector<net::Address> listeners, relay::Route route);

// Used by the thread that made it, like the engine.
class EngineRig {
 public:
  explicit EngineRig(std::uint32_t workers, std::size_t event_capacity = 100'000);

  engine::Engine* operator->() { return engine_.get(); }

  // Applies a plan that has to be taken; the addresses of its listeners, in the plan's order.
  std::vector<net::Address> Apply(std::vector<engine::RoutePlan> routes);
  // Applies a plan of one route with one listener.
  net::Address ApplyOne(relay::Route route, const net::Address& listener = Loopback());
  // Applies a plan that has to be refused.
  engine::ApplyFailure ApplyInVain(std::vector<engine::RoutePlan> routes);

  // Makes the only worker stand still in the middle of a turn, until Release.
  void StallWorker();
  void Release();

  // Waits for the first event of kind T that `matches`, and takes it; the others stay.
  template <typename T>
  T Await(const std::function<bool(const T&)>& matches = [](const T&) { return true; });
  // The first one so far, or nullopt.
  template <typename T>
  std::optional<T> Find(const std::function<bool(const T&)>& matches = [](const T&) {
    return true;
  });
  // Waits until so many sessions have been reported as closed, and takes those reports.
  std::vector<relay::SessionClosed> AwaitClosed(std::size_t count);
  // All live sessions.
  std::vector<engine::SessionInfo> InspectAll();
  // Of the route with this name.
  engine::RouteStats StatsOf(const std::string& route = "route");

 private:
  void CollectEvents();
  void WaitForWake();
  // `flag` is guarded by mutex_.
  void WaitFor(const bool& flag);
  void OnWake();

  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_events_ = false;
  bool stalling_ = false;
  bool stalled_ = false;
  std::vector<engine::Event> events_;
  std::uint32_t next_request_ = 1;
  std::unique_ptr<engine::Engine> engine_;
};

template <typename T>
std::optional<T> EngineRig::Find(const std::function<bool(const T&)>& matches) {
  CollectEvents();
  for (auto event = events_.begin(); event != events_.end(); ++event) {
    T* found = std::get_if<T>(&*event);
    if (found == nullptr || !matches(*found)) continue;
    T taken = std::move(*found);
    events_.erase(event);
    return taken;
  }
  return std::nullopt;
}

template <typename T>
T EngineRig::Await(const std::function<bool(const T&)>& matches) {
  for (;;) {
    if (std::optional<T> found = Find<T>(matches)) return std::move(*found);
    WaitForWake();
  }
}

}  // namespace warmline::test
