#include "engine/retuner.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace warmline::engine {
namespace {

// Ten system calls for a session that holds it already, thirty for another: a millisecond or so.
constexpr std::size_t kShare = 128;

// The route with another one's keepalive; all else is as its sessions know it.
std::shared_ptr<const relay::Route> WithKeepaliveOf(const relay::Route& route,
                                                    const relay::Route& other) {
  auto changed = std::make_shared<relay::Route>(route);
  changed->client = other.client;
  changed->upstream = other.upstream;
  return changed;
}

}  // namespace

void Retuner::Begin(std::shared_ptr<RetuneGather> gather, const Routes& current,
                    const Routes& dropped) {
  while (is_busy()) Continue();
  gather_ = std::move(gather);
  for (const auto& route : current) {
    const std::size_t count = counts_.size();
    counts_.push_back({.route = route->route->name});
    Enlist(*route, count);
    for (const auto& before : dropped) {
      if (before->route->name != route->route->name) continue;
      before->route = WithKeepaliveOf(*before->route, *route->route);
      Enlist(*before, count);
    }
  }
  for (const auto& session : sessions_.sessions()) {
    session->retune_due = count_of_.contains(&session->route());
  }
  next_ = sessions_.sessions().size();
}

void Retuner::Continue() {
  for (std::size_t looked = 0; looked < kShare && next_ > 0; ++looked) {
    --next_;
    if (next_ >= sessions_.sessions().size()) continue;
    relay::Session& session = *sessions_.sessions()[next_];
    if (std::exchange(session.retune_due, false)) RetuneOne(session);
  }
  if (next_ == 0) Answer();
}

void Retuner::Enlist(const relay::RouteState& route, std::size_t count) {
  count_of_.emplace(&route, count);
}

void Retuner::RetuneOne(relay::Session& session) {
  RouteRetuning& count = counts_[count_of_.at(&session.route())];
  switch (session.Retune()) {
    case relay::Session::Retuned::kUnchanged: ++count.unchanged; return;
    case relay::Session::Retuned::kRetuned: ++count.retuned; return;
    case relay::Session::Retuned::kFailed: ++count.failed; return;
  }
}

void Retuner::Answer() {
  const std::shared_ptr<RetuneGather> gather = std::exchange(gather_, nullptr);
  const std::vector<RouteRetuning> counts = std::exchange(counts_, {});
  count_of_.clear();
  const std::lock_guard lock(gather->mutex);
  std::vector<RouteRetuning>& routes = gather->retuning.routes;
  for (const RouteRetuning& count : counts) {
    auto total = std::find_if(routes.begin(), routes.end(),
                              [&](const auto& route) { return route.route == count.route; });
    if (total == routes.end()) total = routes.insert(routes.end(), {.route = count.route});
    total->retuned += count.retuned;
    total->unchanged += count.unchanged;
    total->failed += count.failed;
  }
  if (--gather->workers_left == 0) events_.PushAnswer(std::move(gather->retuning));
}

}  // namespace warmline::engine
