// Engine: all workers and all listeners. Knows nothing of Node.
//
// Stop order, written once, in Close: stop accepting → close sessions → join workers. Draining, if
// wanted, comes before: StopAccepting, then wait for Drained.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/back_end.h"
#include "engine/events.h"
#include "engine/listener.h"
#include "engine/plan.h"
#include "engine/worker.h"
#include "net/result.h"
#include "relay/counters.h"

namespace warmline::engine {

struct EngineOptions {
  std::uint32_t workers = 1;  // 1 to kMaxWorkers
  BackEndChoice back_end = BackEndChoice::kAuto;
  std::size_t event_capacity = 0;
  std::function<void()> wake;  // see EventQueue
};

struct OpenListener {
  std::string route;
  net::Address address;
};

// The first listener or option that the kernel refused.
struct ApplyFailure {
  net::SysError error;
  std::string route;
  net::Address address;
};

// See LegCounters.
struct LegStats {
  std::uint64_t suspect = 0;  // legs that are so now
  std::uint64_t suspected = 0;
  std::uint64_t proven = 0;
  std::uint64_t empty_segments = 0;
};

struct RouteStats {
  std::string route;
  std::uint64_t accepted = 0;
  std::uint64_t active = 0;
  std::uint64_t bytes_to_upstream = 0;
  std::uint64_t bytes_to_client = 0;
  std::uint64_t dial_failures = 0;
  std::uint64_t accept_pauses = 0;
  std::array<std::uint64_t, relay::kCloseReasonCount> closed{};
  std::array<LegStats, 2> legs{};  // by Side
};

struct EngineStats {
  std::size_t workers = 0;
  BackEndKind back_end = BackEndKind::kEpoll;
  std::optional<net::SysError> ring_refused;  // why it is not kIoUring, when that was tried
  std::uint64_t events_dropped = 0;
  std::vector<RouteStats> routes;
};

// One thread, the one that made it.
class Engine {
 public:
  using ApplyResult = std::variant<std::vector<OpenListener>, ApplyFailure>;

  static net::Result<std::unique_ptr<Engine>> Start(const EngineOptions& options);
  ~Engine() { Close(); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Opens the listeners that are new, keeps those that stay, closes those that are gone. Sessions
  // go on under the plan that accepted them. On failure nothing has changed.
  [[nodiscard]] ApplyResult Apply(const Plan& plan);
  // Listeners close; sessions go on. Drained follows. Later plans are refused.
  void StopAccepting();
  // Up to `limit` live sessions; an Inspection event with the same number answers.
  void Inspect(std::uint32_t request, std::size_t limit);
  // Brings the live sessions of the plan's routes to the plan's keepalive, also those that an
  // earlier plan accepted; a Retuning event with the same number answers.
  void Retune(std::uint32_t request);
  [[nodiscard]] EngineStats Stats() const;
  [[nodiscard]] EventQueue::Batch TakeEvents() { return events_.Take(); }
  // Resets what is left and joins the workers. Events can still be taken afterwards. Idempotent.
  void Close();

 private:
  explicit Engine(EngineOptions options)
      : events_(options.event_capacity, std::move(options.wake)), undrained_(options.workers) {}

  // A route's counters outlive a plan that keeps its name.
  struct RouteRecord {
    std::string name;
    std::vector<std::shared_ptr<relay::RouteCounters>> counters;  // by worker
    bool planned = true;
  };
  // A listener of the plan that is being applied.
  struct Claim {
    const RoutePlan* route;
    std::shared_ptr<Listener> listener;
    bool is_new;
  };

  using Claims = std::vector<Claim>;
  static std::optional<ApplyFailure> ProbeClientKeepalives(const Plan& plan);
  std::variant<Claims, ApplyFailure> ClaimListeners(const Plan& plan) const;
  static std::optional<ApplyFailure> Activate(const Claims& claims);
  std::vector<RouteRecord> RecordRoutes(const Plan& plan) const;
  void PostPlan(const Plan& plan, const Claims& claims);
  [[nodiscard]] RouteStats StatsOf(const RouteRecord& record) const;

  // Notes what was chosen, and why.
  net::Result<BackEnds> ChooseBackEnds(const EngineOptions& options);

  EventQueue events_;
  BackEndKind back_end_ = BackEndKind::kEpoll;
  std::optional<net::SysError> ring_refused_;
  std::atomic<std::uint32_t> undrained_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::vector<RouteRecord> records_;
  bool accepting_ = true;
};

}  // namespace warmline::engine
