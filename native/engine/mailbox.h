// Mailbox: how another thread asks something of a worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <variant>
#include <vector>

#include "engine/events.h"
#include "engine/listener.h"
#include "engine/plan.h"
#include "net/fd.h"
#include "net/result.h"
#include "relay/route.h"

namespace warmline::engine {

// One route of a plan, with what this worker needs to run it.
struct RouteBinding {
  std::shared_ptr<const relay::Route> route;
  std::shared_ptr<relay::RouteCounters> counters;
  std::vector<std::shared_ptr<Listener>> listeners;
};

struct ApplyPlan {
  std::vector<RouteBinding> routes;
  SessionEvents session_events;
};

struct StopAccepting {};

// Collects the answers of all workers; the last one to answer sends them on.
struct InspectionGather {
  std::mutex mutex;
  std::size_t workers_left = 0;
  Inspection inspection;
};

struct Inspect {
  std::size_t limit;  // of all workers together
  std::shared_ptr<InspectionGather> gather;
};

// As InspectionGather.
struct RetuneGather {
  std::mutex mutex;
  std::size_t workers_left = 0;
  Retuning retuning;
};

// Brings the live sessions of the plan's routes to the plan's keepalive.
struct Retune {
  std::shared_ptr<RetuneGather> gather;
};

// Resets every session and ends the thread.
struct Stop {};

using Command = std::variant<ApplyPlan, StopAccepting, Inspect, Retune, Stop>;

// Post from any thread; Take on the worker's.
class Mailbox {
 public:
  static net::Result<std::unique_ptr<Mailbox>> Open();

  void Post(Command command);
  [[nodiscard]] std::vector<Command> Take();
  // Readable while there is something to take: eventfd(2).
  [[nodiscard]] int fd() const { return event_.get(); }

 private:
  explicit Mailbox(net::Fd event) : event_(std::move(event)) {}

  const net::Fd event_;
  std::mutex mutex_;
  std::vector<Command> commands_;
};

}  // namespace warmline::engine
