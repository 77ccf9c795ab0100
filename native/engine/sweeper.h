// Sweeper: looks at the liveness of every session of a worker, now and then.
//
// It looks at 500 sessions every second, or at a tenth of them when that is more: a session is seen
// every second while there are few, and every 10 s at the latest. A look is a TCP_INFO call for
// each leg that does not rest (relay/liveness.h). A worker without sessions does not wake up.
#pragma once

#include <cstddef>

#include "engine/session_table.h"
#include "relay/host.h"
#include "relay/timers.h"

namespace warmline::engine {

// Worker thread.
class Sweeper final : public relay::TimerTarget {
 public:
  // `host` has the time; both outlive the sweeper.
  Sweeper(relay::Host& host, const SessionTable& sessions) : host_(host), sessions_(sessions) {}
  ~Sweeper() { host_.timers().Disarm(*this); }
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  // There is a session to look at.
  void Wake();
  void OnTimer() override;

 private:
  relay::Host& host_;
  const SessionTable& sessions_;
  std::size_t next_ = 0;  // index into the table, where the sweep goes on
};

}  // namespace warmline::engine
