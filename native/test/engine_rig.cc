#include "test/engine_rig.h"

#include <chrono>
#include <iterator>

#include "test/net_fixture.h"
#include "test/tested_back_end.h"

namespace warmline::test {

engine::RoutePlan On(std::vector<net::Address> listeners, relay::Route route) {
  return {std::make_shared<const relay::Route>(std::move(route)), std::move(listeners), 4096};
}

EngineRig::EngineRig(std::uint32_t workers, std::size_t event_capacity)
    : engine_(Must(engine::Engine::Start({.workers = workers,
                                          .back_end = TestedBackEnd(),
                                          .event_capacity = event_capacity,
                                          .wake = [this] { OnWake(); }}))) {}

std::vector<net::Address> EngineRig::Apply(std::vector<engine::RoutePlan> routes) {
  const engine::Engine::ApplyResult result = engine_->Apply({.routes = std::move(routes)});
  if (const auto* failure = std::get_if<engine::ApplyFailure>(&result)) BailOut(failure->error);
  std::vector<net::Address> addresses;
  for (const engine::OpenListener& open : std::get<std::vector<engine::OpenListener>>(result)) {
    addresses.push_back(open.address);
  }
  return addresses;
}

net::Address EngineRig::ApplyOne(relay::Route route, const net::Address& listener) {
  return Apply({On({listener}, std::move(route))}).at(0);
}

engine::ApplyFailure EngineRig::ApplyInVain(std::vector<engine::RoutePlan> routes) {
  const engine::Engine::ApplyResult result = engine_->Apply({.routes = std::move(routes)});
  const auto* failure = std::get_if<engine::ApplyFailure>(&result);
  REQUIRE(failure != nullptr);
  return *failure;
}

std::vector<relay::SessionClosed> EngineRig::AwaitClosed(std::size_t count) {
  std::vector<relay::SessionClosed> closed;
  while (closed.size() < count) closed.push_back(Await<relay::SessionClosed>());
  return closed;
}

std::vector<engine::SessionInfo> EngineRig::InspectAll() {
  const std::uint32_t request = next_request_++;
  engine_->Inspect(request, 1'000'000);
  return Await<engine::Inspection>(
             [&](const engine::Inspection& inspection) { return inspection.request == request; })
      .sessions;
}

engine::RouteStats EngineRig::StatsOf(const std::string& route) {
  for (const engine::RouteStats& stats : engine_->Stats().routes) {
    if (stats.route == route) return stats;
  }
  CHECK(!"a route of this name");
  return {};
}

void EngineRig::CollectEvents() {
  engine::EventQueue::Batch batch = engine_->TakeEvents();
  std::move(batch.events.begin(), batch.events.end(), std::back_inserter(events_));
}

// Asks a question whose answer wakes us, and does not return from that call.
void EngineRig::StallWorker() {
  {
    const std::lock_guard lock(mutex_);
    stalling_ = true;
  }
  CollectEvents();
  engine_->Inspect(next_request_++, 0);
  WaitFor(stalled_);
}

void EngineRig::Release() {
  const std::lock_guard lock(mutex_);
  stalling_ = false;
  changed_.notify_all();
}

// On a worker's thread, when an empty queue got its first event.
void EngineRig::OnWake() {
  std::unique_lock lock(mutex_);
  has_events_ = true;
  stalled_ = stalling_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !stalling_; });
  stalled_ = false;
}

void EngineRig::WaitForWake() {
  WaitFor(has_events_);
  const std::lock_guard lock(mutex_);
  has_events_ = false;
}

void EngineRig::WaitFor(const bool& flag) {
  std::unique_lock lock(mutex_);
  const std::chrono::milliseconds limit(kLimitMs);
  if (changed_.wait_for(lock, limit, [&] { return flag; })) return;
  BailOut("nothing from the engine within the limit");
}

}  // namespace warmline::test
