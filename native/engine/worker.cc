#include "engine/worker.h"

#include <sys/epoll.h>
#include <time.h>

#include <algorithm>
#include <string>
#include <utility>

#include "engine/thread.h"
#include "net/result.h"

namespace warmline::engine {
namespace {

constexpr std::uint32_t kLegEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;

std::uint64_t MonotonicMs() {
  timespec now{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

relay::Side SideOf(Tag tag) {
  return tag == Tag::kClientLeg ? relay::Side::kClient : relay::Side::kUpstream;
}

std::optional<LegLiveness> LivenessOf(const relay::Session& session, relay::Side side) {
  const std::optional<net::TcpInfo> info = session.ReadInfo(side);
  if (!info.has_value()) return std::nullopt;
  return LegLiveness{session.is_suspect(side), *info};
}

}  // namespace

net::Result<std::unique_ptr<Worker>> Worker::Start(std::uint32_t index, WorkerShared shared,
                                                   std::unique_ptr<BackEnd> back_end) {
  net::Result<Poller> poller = Poller::Open();
  if (!poller.ok()) return poller.error();
  net::Result<std::unique_ptr<Mailbox>> mailbox = Mailbox::Open();
  if (!mailbox.ok()) return mailbox.error();
  std::unique_ptr<Worker> worker(new Worker(index, shared, std::move(poller).value(),
                                            std::move(mailbox).value(), std::move(back_end)));
  net::Status added =
      worker->poller_.Add(worker->mailbox_->fd(), EPOLLIN, {Tag::kMailbox, worker->mailbox_.get()});
  if (!added.ok()) return added.error();
  net::Status started = StartThread(
      worker->thread_,
      [](void* self) -> void* {
        static_cast<Worker*>(self)->Run();
        return nullptr;
      },
      worker.get());
  if (!started.ok()) return started.error();
  (void)pthread_setname_np(worker->thread_, ("warmline-" + std::to_string(index)).c_str());
  return worker;
}

Worker::Worker(std::uint32_t index, WorkerShared shared, Poller poller,
               std::unique_ptr<Mailbox> mailbox, std::unique_ptr<BackEnd> back_end)
    : index_(index),
      shared_(shared),
      poller_(std::move(poller)),
      mailbox_(std::move(mailbox)),
      sweeper_(*this, sessions_),
      retuner_(sessions_, shared.events),
      exchange_(std::move(back_end)) {}

Worker::~Worker() = default;

void Worker::Join() { (void)pthread_join(thread_, nullptr); }

void Worker::Run() {
  now_ms_ = MonotonicMs();
  while (!stopped_) {
    const std::span<const epoll_event> events = poller_.Wait(polled_, Timeout());
    now_ms_ = MonotonicMs();
    for (const epoll_event& event : events) Dispatch(event);
    exchange_.Run();
    ResumeSessions();
    if (retuner_.is_busy()) retuner_.Continue();
    timers_.Expire(now_ms_);
    EndTurn();
  }
}

// -1 with nothing due: a worker without sessions does not wake up at all.
int Worker::Timeout() const {
  if (!exchange_.empty() || !resume_.empty() || retuner_.is_busy()) return 0;
  const std::optional<std::uint64_t> next = timers_.Next();
  if (!next.has_value()) return -1;
  const std::uint64_t now = MonotonicMs();
  return *next <= now ? 0 : static_cast<int>(std::min<std::uint64_t>(*next - now, 60'000));
}

void Worker::Dispatch(const epoll_event& event) {
  const Token token = Poller::TokenOf(event);
  switch (token.tag) {
    case Tag::kClientLeg:
    case Tag::kUpstreamLeg:
      static_cast<relay::Session*>(token.owner)->OnEvents(SideOf(token.tag), event.events);
      return;
    case Tag::kAcceptor: {
      // A command of this very turn may have removed it.
      auto* acceptor = static_cast<Acceptor*>(token.owner);
      const bool known = std::any_of(acceptors_.begin(), acceptors_.end(),
                                     [&](const auto& owned) { return owned.get() == acceptor; });
      if (known) acceptor->OnReadable();
      return;
    }
    case Tag::kMailbox: Obey(mailbox_->Take()); return;
  }
}

void Worker::ResumeSessions() {
  const std::vector<relay::Session*> due = std::exchange(resume_, {});
  for (relay::Session* session : due) {
    session->resume_due = false;
    session->Resume();
  }
}

void Worker::EndTurn() {
  sessions_.BuryRetired();
  std::erase_if(dropped_routes_, [](const auto& route) { return route->sessions == 0; });
  if (std::exchange(fd_was_freed_, false)) {
    for (const auto& acceptor : acceptors_) acceptor->Resume();
  }
  shared_.events.Push(events_);
  ReportWhenDrained();
}

void Worker::ReportWhenDrained() {
  if (accepting_ || drained_ || !sessions_.empty()) return;
  drained_ = true;
  if (shared_.undrained.fetch_sub(1) == 1) shared_.events.PushAnswer(Drained{});
}

// --------------------------------------------------------------------------------------- commands

void Worker::Obey(std::vector<Command> commands) {
  struct Visitor {
    Worker& worker;
    void operator()(ApplyPlan& plan) const { worker.Apply(plan); }
    void operator()(StopAccepting&) const { worker.StopAcceptingNow(); }
    void operator()(Inspect& inspect) const { worker.Answer(inspect); }
    void operator()(Retune& retune) const {
      worker.retuner_.Begin(std::move(retune.gather), worker.routes_, worker.dropped_routes_);
    }
    void operator()(Stop&) const { worker.StopNow(); }
  };
  for (Command& command : commands) std::visit(Visitor{*this}, command);
}

void Worker::Apply(ApplyPlan& plan) {
  session_events_ = plan.session_events;
  std::vector<std::unique_ptr<Acceptor>> before = std::exchange(acceptors_, {});
  std::vector<std::unique_ptr<relay::RouteState>> routes_before = std::exchange(routes_, {});
  for (RouteBinding& binding : plan.routes) {
    routes_.push_back(std::make_unique<relay::RouteState>(
        relay::RouteState{std::move(binding.route), std::move(binding.counters)}));
    relay::RouteState& route = *routes_.back();
    for (std::shared_ptr<Listener>& listener : binding.listeners) {
      const auto kept = std::find_if(before.begin(), before.end(), [&](const auto& acceptor) {
        return acceptor != nullptr && acceptor->listener() == listener;
      });
      if (kept == before.end()) {
        acceptors_.push_back(std::make_unique<Acceptor>(*this, std::move(listener), route));
      } else {
        acceptors_.push_back(std::move(*kept));
        acceptors_.back()->Rebind(route);
      }
    }
  }
  for (const auto& acceptor : before) {
    if (acceptor != nullptr) acceptor->AcceptWaiting();
  }
  std::move(routes_before.begin(), routes_before.end(), std::back_inserter(dropped_routes_));
}

void Worker::StopAcceptingNow() {
  for (const auto& acceptor : acceptors_) acceptor->AcceptWaiting();
  acceptors_.clear();
  accepting_ = false;
}

void Worker::Answer(const Inspect& inspect) {
  InspectionGather& gather = *inspect.gather;
  const std::lock_guard lock(gather.mutex);
  const std::size_t room = inspect.limit - gather.inspection.sessions.size();
  const std::size_t count = std::min(room, sessions_.sessions().size());
  for (const auto& session : sessions_.sessions().first(count)) {
    gather.inspection.sessions.push_back(SessionInfo{
        session->id(), session->route().route, session->state(),
        now_ms_ - session->accepted_at_ms(), session->client_address(), session->endpoint(),
        session->bytes(relay::Side::kClient), session->bytes(relay::Side::kUpstream),
        session->ReadBack(relay::Side::kClient), session->ReadBack(relay::Side::kUpstream),
        LivenessOf(*session, relay::Side::kClient), LivenessOf(*session, relay::Side::kUpstream)});
  }
  if (--gather.workers_left == 0) shared_.events.PushAnswer(std::move(gather.inspection));
}

void Worker::StopNow() {
  acceptors_.clear();
  accepting_ = false;
  while (!sessions_.empty()) sessions_.last().Reset(relay::CloseReason::kDrained);
  stopped_ = true;
}

// ------------------------------------------------------------------------------------ relay::Host

net::Status Worker::Watch(relay::Session& session, relay::Side side, int fd) {
  const Tag tag = side == relay::Side::kClient ? Tag::kClientLeg : Tag::kUpstreamLeg;
  return poller_.Add(fd, kLegEvents, {tag, &session});
}

void Worker::ResumeLater(relay::Session& session) {
  if (session.resume_due) return;
  session.resume_due = true;
  resume_.push_back(&session);
}

void Worker::Tell(relay::Report report) {
  if (const auto* closed = std::get_if<relay::SessionClosed>(&report); closed != nullptr) {
    if (session_events_ == SessionEvents::kNone) return;
    if (session_events_ == SessionEvents::kFailures && relay::IsClean(closed->ending.reason))
      return;
  }
  std::visit([this](auto& value) { events_.emplace_back(std::move(value)); }, report);
}

void Worker::OnFdLimit(const net::SysError& error) {
  for (const auto& acceptor : acceptors_) acceptor->Pause(error);
}

void Worker::Retire(relay::Session& session) {
  if (session.resume_due) std::erase(resume_, &session);
  exchange_.Remove(session);
  sessions_.Retire(session);
  fd_was_freed_ = true;
}

// ---------------------------------------------------------------------------------- AcceptorOwner

void Worker::OnAccepted(relay::RouteState& route, net::Accepted accepted) {
  const std::uint64_t id = next_session_++ * kMaxWorkers + index_;
  sessions_.Add(std::make_unique<relay::Session>(*this, route, id, std::move(accepted))).Start();
  sweeper_.Wake();
}

}  // namespace warmline::engine
