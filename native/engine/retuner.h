// Retuner: brings the live sessions of a worker to a changed keepalive, a share of them each turn,
// so that relaying goes on.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/events.h"
#include "engine/mailbox.h"
#include "engine/session_table.h"
#include "relay/route.h"

namespace warmline::engine {

// Worker thread.
class Retuner {
 public:
  Retuner(const SessionTable& sessions, EventQueue& events)
      : sessions_(sessions), events_(events) {}

  using Routes = std::vector<std::unique_ptr<relay::RouteState>>;

  // Gives every route of `dropped` the keepalive that the route of its name in `current` has, and
  // marks the sessions of all these routes. A retuning that is under way is finished first.
  void Begin(std::shared_ptr<RetuneGather> gather, const Routes& current, const Routes& dropped);
  [[nodiscard]] bool is_busy() const { return gather_ != nullptr; }
  // Retunes one share of the marked sessions; the last share answers.
  void Continue();

 private:
  void Enlist(const relay::RouteState& route, std::size_t count);
  void RetuneOne(relay::Session& session);
  void Answer();

  const SessionTable& sessions_;
  EventQueue& events_;
  std::shared_ptr<RetuneGather> gather_;  // null: nothing to do
  std::vector<RouteRetuning> counts_;
  std::unordered_map<const relay::RouteState*, std::size_t> count_of_;  // index into counts_
  // Marked sessions are below it: the table moves its last session to where one was removed, and so
  // only downwards.
  std::size_t next_ = 0;
};

}  // namespace warmline::engine
