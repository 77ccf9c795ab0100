#include "engine/engine.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace warmline::engine {
namespace {

ListenerOptions OptionsOf(const RoutePlan& route) {
  return {route.route->client, route.route->no_delay};
}

// The ends before the beginnings, so that the difference is never negative.
void AddTo(LegStats& stats, const relay::LegCounters& counters) {
  const std::uint64_t ended = counters.suspects_ended.value();
  const std::uint64_t proven = counters.proven.value();
  const std::uint64_t suspected = counters.suspected.value();
  stats.suspect += suspected - proven - ended;
  stats.suspected += suspected;
  stats.proven += proven;
  stats.empty_segments += counters.empty_segments.value();
}

}  // namespace

net::Result<std::unique_ptr<Engine>> Engine::Start(const EngineOptions& options) {
  std::unique_ptr<Engine> engine(new Engine(options));
  net::Result<BackEnds> back_ends = engine->ChooseBackEnds(options);
  if (!back_ends.ok()) return back_ends.error();
  std::uint32_t index = 0;
  for (std::unique_ptr<BackEnd>& back_end : back_ends.value()) {
    net::Result<std::unique_ptr<Worker>> worker =
        Worker::Start(index++, {engine->events_, engine->undrained_}, std::move(back_end));
    // The destructor stops the workers that did start.
    if (!worker.ok()) return worker.error();
    engine->workers_.push_back(std::move(worker).value());
  }
  return engine;
}

net::Result<BackEnds> Engine::ChooseBackEnds(const EngineOptions& options) {
  if (options.back_end != BackEndChoice::kEpoll) {
    net::Result<BackEnds> rings = OpenBackEnds(BackEndKind::kIoUring, options.workers);
    if (rings.ok()) back_end_ = BackEndKind::kIoUring;
    if (rings.ok() || options.back_end == BackEndChoice::kIoUring) return rings;
    ring_refused_ = rings.error();
  }
  return OpenBackEnds(BackEndKind::kEpoll, options.workers);
}

Engine::ApplyResult Engine::Apply(const Plan& plan) {
  if (!accepting_) return ApplyFailure{{ESHUTDOWN, "apply"}, "", {}};
  if (std::optional<ApplyFailure> refused = ProbeClientKeepalives(plan)) return *refused;
  std::variant<Claims, ApplyFailure> claimed = ClaimListeners(plan);
  if (auto* failure = std::get_if<ApplyFailure>(&claimed)) return *failure;
  const Claims& claims = std::get<Claims>(claimed);
  if (std::optional<ApplyFailure> failure = Activate(claims)) return *failure;

  records_ = RecordRoutes(plan);
  PostPlan(plan, claims);
  std::vector<OpenListener> open;
  listeners_.clear();
  for (const Claim& claim : claims) {
    listeners_.push_back(claim.listener);
    open.push_back({claim.route->route->name, claim.listener->bound()});
  }
  return open;
}

void Engine::StopAccepting() {
  if (!accepting_) return;
  accepting_ = false;
  listeners_.clear();
  for (const auto& worker : workers_) worker->Post(warmline::engine::StopAccepting{});
}

void Engine::Inspect(std::uint32_t request, std::size_t limit) {
  auto gather = std::make_shared<InspectionGather>();
  gather->workers_left = workers_.size();
  gather->inspection.request = request;
  if (workers_.empty()) {
    events_.PushAnswer(std::move(gather->inspection));
    return;
  }
  for (const auto& worker : workers_) worker->Post(warmline::engine::Inspect{limit, gather});
}

void Engine::Retune(std::uint32_t request) {
  auto gather = std::make_shared<RetuneGather>();
  gather->workers_left = workers_.size();
  gather->retuning.request = request;
  if (workers_.empty()) {
    events_.PushAnswer(std::move(gather->retuning));
    return;
  }
  for (const auto& worker : workers_) worker->Post(warmline::engine::Retune{gather});
}

EngineStats Engine::Stats() const {
  EngineStats stats{workers_.size(), back_end_, ring_refused_, events_.dropped(), {}};
  for (const RouteRecord& record : records_) stats.routes.push_back(StatsOf(record));
  return stats;
}

void Engine::Close() {
  accepting_ = false;
  listeners_.clear();
  for (const auto& worker : workers_) worker->Post(Stop{});
  for (const auto& worker : workers_) worker->Join();
  workers_.clear();
}

// ------------------------------------------------------------------------------------------ apply

// On a scratch socket, before any listener is touched: a listener that stays would keep the half of
// the options that went through.
std::optional<ApplyFailure> Engine::ProbeClientKeepalives(const Plan& plan) {
  for (const RoutePlan& route : plan.routes) {
    if (!route.route->client.has_value() || route.listeners.empty()) continue;
    const net::Result<net::EffectiveKeepalive> probed = net::ProbeKeepalive(*route.route->client);
    if (!probed.ok()) return ApplyFailure{probed.error(), route.route->name, route.listeners[0]};
  }
  return std::nullopt;
}

std::variant<Engine::Claims, ApplyFailure> Engine::ClaimListeners(const Plan& plan) const {
  Claims claims;
  for (const RoutePlan& route : plan.routes) {
    for (const net::Address& address : route.listeners) {
      const auto kept =
          std::find_if(listeners_.begin(), listeners_.end(), [&](const auto& listener) {
            return listener->wanted() == address &&
                   std::none_of(claims.begin(), claims.end(),
                                [&](const Claim& claim) { return claim.listener == listener; });
          });
      if (kept != listeners_.end()) {
        claims.push_back({&route, *kept, false});
        continue;
      }
      net::Result<std::shared_ptr<Listener>> opened = Listener::Open(address, OptionsOf(route));
      if (!opened.ok()) return ApplyFailure{opened.error(), route.route->name, address};
      claims.push_back({&route, std::move(opened).value(), true});
    }
  }
  return claims;
}

// New listeners first: they are what can fail, and dropping them leaves the old plan as it was.
std::optional<ApplyFailure> Engine::Activate(const Claims& claims) {
  for (const bool is_new : {true, false}) {
    for (const Claim& claim : claims) {
      if (claim.is_new != is_new) continue;
      net::Status status =
          claim.is_new ? net::Status() : claim.listener->SetOptions(OptionsOf(*claim.route));
      if (status.ok()) status = claim.listener->Start(claim.route->backlog);
      if (!status.ok()) {
        return ApplyFailure{status.error(), claim.route->route->name, claim.listener->wanted()};
      }
    }
  }
  return std::nullopt;
}

std::vector<Engine::RouteRecord> Engine::RecordRoutes(const Plan& plan) const {
  std::vector<RouteRecord> records;
  for (const RoutePlan& route : plan.routes) {
    const auto known = std::find_if(records_.begin(), records_.end(), [&](const auto& record) {
      return record.name == route.route->name;
    });
    RouteRecord record{route.route->name, {}};
    for (std::size_t worker = 0; worker < workers_.size(); ++worker) {
      record.counters.push_back(known != records_.end() ? known->counters[worker]
                                                        : std::make_shared<relay::RouteCounters>());
    }
    records.push_back(std::move(record));
  }
  // A route that the plan has dropped is counted until its last session is gone.
  for (const RouteRecord& old : records_) {
    const bool planned =
        std::any_of(plan.routes.begin(), plan.routes.end(),
                    [&](const auto& route) { return route.route->name == old.name; });
    if (!planned && StatsOf(old).active > 0) records.push_back({old.name, old.counters, false});
  }
  return records;
}

void Engine::PostPlan(const Plan& plan, const Claims& claims) {
  for (std::size_t worker = 0; worker < workers_.size(); ++worker) {
    ApplyPlan command{{}, plan.session_events};
    for (std::size_t index = 0; index < plan.routes.size(); ++index) {
      const RoutePlan& route = plan.routes[index];
      RouteBinding binding{route.route, records_[index].counters[worker], {}};
      for (const Claim& claim : claims) {
        if (claim.route == &route) binding.listeners.push_back(claim.listener);
      }
      command.routes.push_back(std::move(binding));
    }
    workers_[worker]->Post(std::move(command));
  }
}

RouteStats Engine::StatsOf(const RouteRecord& record) const {
  RouteStats stats{.route = record.name};
  std::uint64_t closed = 0;
  for (const auto& counters : record.counters) {
    // Closed before accepted, so that the difference is never negative.
    for (std::size_t reason = 0; reason < stats.closed.size(); ++reason) {
      const std::uint64_t count = counters->closed[reason].value();
      stats.closed[reason] += count;
      closed += count;
    }
    stats.accepted += counters->accepted.value();
    stats.bytes_to_upstream += counters->bytes_to_upstream.value();
    stats.bytes_to_client += counters->bytes_to_client.value();
    stats.dial_failures += counters->dial_failures.value();
    stats.accept_pauses += counters->accept_pauses.value();
    for (std::size_t side = 0; side < stats.legs.size(); ++side) {
      AddTo(stats.legs[side], counters->legs[side]);
    }
  }
  stats.active = stats.accepted - closed;
  return stats;
}

}  // namespace warmline::engine
