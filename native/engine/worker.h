// Worker: one thread with one event loop. The only place that reads the clock.
//
// A turn: wait → events → what they let move → flows whose budget was spent → a share of what is
// retuned → timers → bury what was closed → publish.
#pragma once

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/acceptor.h"
#include "engine/back_end.h"
#include "engine/events.h"
#include "engine/exchange.h"
#include "engine/mailbox.h"
#include "engine/poller.h"
#include "engine/retuner.h"
#include "engine/session_table.h"
#include "engine/sweeper.h"
#include "relay/host.h"
#include "relay/pipe_pool.h"

namespace warmline::engine {

inline constexpr std::uint32_t kMaxWorkers = 64;

// Which worker a session lives on.
constexpr std::uint32_t WorkerOf(std::uint64_t session) {
  return static_cast<std::uint32_t>(session % kMaxWorkers);
}

// What all workers of an engine share.
struct WorkerShared {
  EventQueue& events;
  // Workers that still accept or have sessions; the one that makes it zero reports Drained.
  std::atomic<std::uint32_t>& undrained;
};

// Created, posted to and joined by the engine's thread; everything else is the worker's own.
class Worker final : public relay::Host, public AcceptorOwner {
 public:
  // Starts the thread. index is below kMaxWorkers.
  static net::Result<std::unique_ptr<Worker>> Start(std::uint32_t index, WorkerShared shared,
                                                    std::unique_ptr<BackEnd> back_end);
  // The thread must have been stopped by a Stop command.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Post(Command command) { mailbox_->Post(std::move(command)); }
  // Waits for the end of the thread. Call once, after Stop was posted.
  void Join();

 private:
  Worker(std::uint32_t index, WorkerShared shared, Poller poller, std::unique_ptr<Mailbox> mailbox,
         std::unique_ptr<BackEnd> back_end);

  void Run();
  int Timeout() const;
  void Dispatch(const epoll_event& event);
  void ResumeSessions();
  void EndTurn();
  void ReportWhenDrained();

  void Obey(std::vector<Command> commands);
  void Apply(ApplyPlan& plan);
  void StopAcceptingNow();
  void Answer(const Inspect& inspect);
  void StopNow();

  // relay::Host
  net::Status Watch(relay::Session& session, relay::Side side, int fd) override;
  void ResumeSoon(relay::Session& session) override { exchange_.Add(session); }
  void ResumeLater(relay::Session& session) override;
  void Tell(relay::Report report) override;
  void OnFdLimit(const net::SysError& error) override;
  void Retire(relay::Session& session) override;
  relay::Lender lender() override { return {scratch_, pipes_}; }

  // AcceptorOwner
  void OnAccepted(relay::RouteState& route, net::Accepted accepted) override;
  void TellEvent(Event event) override { events_.push_back(std::move(event)); }
  Poller& poller() override { return poller_; }
  relay::TimerHeap& accept_timers() override { return timers_; }
  std::uint64_t turn_ms() const override { return now_ms_; }

  const std::uint32_t index_;
  const WorkerShared shared_;
  Poller poller_;
  const std::unique_ptr<Mailbox> mailbox_;
  pthread_t thread_{};

  std::vector<std::unique_ptr<relay::RouteState>> routes_;
  std::vector<std::unique_ptr<relay::RouteState>> dropped_routes_;  // with sessions left
  SessionTable sessions_;
  Sweeper sweeper_;
  Retuner retuner_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  Exchange exchange_;
  std::vector<relay::Session*> resume_;
  relay::PipePool pipes_;
  std::vector<Event> events_;
  SessionEvents session_events_ = SessionEvents::kAll;
  std::uint64_t next_session_ = 1;
  bool accepting_ = true;
  bool drained_ = false;
  bool fd_was_freed_ = false;
  bool stopped_ = false;
  std::array<epoll_event, 256> polled_{};
  alignas(64) std::array<std::byte, 64 * 1024> scratch_{};
};

}  // namespace warmline::engine
