// FlowRig: one flow between two connections, run as a worker runs it.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "net/fd.h"
#include "relay/flow.h"
#include "relay/leg.h"
#include "relay/pipe_pool.h"
#include "test/net_fixture.h"

namespace warmline::test {

// As large as a worker's.
inline constexpr std::size_t kScratchBytes = 64 * 1024;

class FlowRig {
 public:
  FlowRig() : FlowRig(ConnectTcp(), ConnectTcp()) {}
  FlowRig(Connection from, Connection to);
  ~FlowRig() { flow.Abandon(pipes); }
  FlowRig(const FlowRig&) = delete;
  FlowRig& operator=(const FlowRig&) = delete;

  relay::Flow::Result Pump() { return flow.Pump(source, sink, {scratch_, pipes}); }
  // Takes note of what epoll(7) has to say without waiting, the way a session does.
  void TakeEvents() { WaitForEvents(0); }
  // Waits for an event, pumps, and so on, until the flow ends or fails.
  relay::Flow::Result PumpToEnd();
  // The same, until the sink's kernel has taken `bytes` in all.
  void PumpUntil(std::uint64_t bytes);

  Peer sender;
  Peer receiver;
  relay::Leg source;
  relay::Leg sink;
  relay::PipePool pipes;
  relay::Flow flow;

 private:
  void Watch(const relay::Leg& leg, std::uint64_t token);
  void WaitForEvents(int timeout_ms);

  net::Fd epoll_;
  std::array<std::byte, kScratchBytes> scratch_{};
};

}  // namespace warmline::test
