#include "relay/session.h"

#include <netinet/in.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/keepalive.h"
#include "net/tcp_info.h"

namespace warmline::relay {
namespace {

// A client that sent nothing but a FIN has most likely gone; a server that speaks first may still
// have something for it, so a dial under way gets this much longer.
constexpr std::uint64_t kClientGoneGraceMs = 500;

// "Deliver, then reset" gives up when the survivor acknowledges nothing for this long, or after so
// long in all.
constexpr std::uint64_t kAbortStallMs = 30'000;
constexpr std::uint64_t kAbortLimitMs = 300'000;
// No event tells that everything is acknowledged, so it is asked for, less and less often.
constexpr std::uint64_t kAckPollMinMs = 2;
constexpr std::uint64_t kAckPollMaxMs = 200;

constexpr std::uint32_t kReadableEvents = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t kWritableEvents = EPOLLOUT | EPOLLHUP | EPOLLERR;

}  // namespace

Session::Session(Host& host, RouteState& route, std::uint64_t id, net::Accepted client)
    : host_(host),
      route_(route),
      id_(id),
      accepted_at_ms_(host.now_ms()),
      progress_at_ms_(host.now_ms()),
      client_address_(client.peer) {
  LegOf(Side::kClient).piecewise = client.peer.is_unix();
  LegOf(Side::kClient).fd = std::move(client.fd);
  ++route_.sessions;
  route_.counters->accepted.Add(1);
}

Session::~Session() { --route_.sessions; }

void Session::Start() {
  Leg& client = LegOf(Side::kClient);
  if (net::Status watched = host_.Watch(*this, Side::kClient, client.fd.get()); !watched.ok()) {
    Close(CloseReason::kClientError, watched.error(), Manner::kReset);
    return;
  }
  DialNext();
}

void Session::OnEvents(Side side, std::uint32_t events) {
  Leg& leg = LegOf(side);
  if ((events & kReadableEvents) != 0) leg.readable = true;
  if ((events & kWritableEvents) != 0) leg.writable = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0) leg.fin = true;
  if ((events & EPOLLPRI) != 0) leg.piecewise = true;

  switch (state_) {
    case State::kDialing:
      if (side == Side::kUpstream) {
        OnDialEvent(events);
      } else {
        OnClientEventWhileDialing(events);
      }
      return;
    case State::kRelaying:
      if ((events & EPOLLERR) != 0) OnLegError(side);
      if (state_ == State::kRelaying) Relay(side);
      return;
    case State::kAborting:
      if (side != dead_ && (events & EPOLLERR) != 0) {
        Close(reason_, cause_, Manner::kReset);
      } else {
        DeliverThenReset();
      }
      return;
    case State::kClosed: return;
  }
}

void Session::OnTimer() {
  switch (state_) {
    case State::kDialing:
      if (give_up_at_ms_ != 0 && host_.now_ms() >= give_up_at_ms_) {
        Close(CloseReason::kClientFin, {}, Manner::kReset);
      } else {
        OnDialFailed({ETIMEDOUT, "connect"});
      }
      return;
    case State::kRelaying: OnHalfCloseTimer(); return;
    case State::kAborting: DeliverThenReset(); return;
    case State::kClosed: return;
  }
}

void Session::Resume() {
  switch (state_) {
    case State::kRelaying: Relay(Side::kClient); return;
    case State::kAborting: DeliverThenReset(); return;
    case State::kDialing:
    case State::kClosed: return;
  }
}

void Session::Reset(CloseReason reason) {
  if (state_ == State::kClosed) return;
  // A death that is being delivered keeps its name.
  if (state_ == State::kAborting) {
    Close(reason_, cause_, Manner::kReset);
  } else {
    Close(reason, {}, Manner::kReset);
  }
}

std::optional<std::uint16_t> Session::endpoint() const {
  if (!dialed_) return std::nullopt;
  return endpoint_;
}

std::optional<net::EffectiveKeepalive> Session::ReadBack(Side side) const {
  if (!LegOf(side).fd.valid()) return std::nullopt;
  const int fd = LegOf(side).fd.get();
  const net::Result<net::Address> local = net::LocalAddress(fd);
  if (!local.ok() || local.value().is_unix()) return std::nullopt;
  const net::Result<net::EffectiveKeepalive> effective = net::ReadKeepalive(fd);
  if (!effective.ok()) return std::nullopt;
  return effective.value();
}

// ---------------------------------------------------------------------------------------- dialing

void Session::DialNext() {
  const net::Address& endpoint = route_plan().endpoints[endpoint_];
  dialed_ = true;
  net::Result<bool> connected = Dial(endpoint);
  if (state_ == State::kClosed) return;
  if (!connected.ok()) {
    OnDialFailed(connected.error());
  } else if (connected.value()) {
    OnConnected();
  } else {
    ArmDialTimer();
  }
}

net::Result<bool> Session::Dial(const net::Address& endpoint) {
  net::Result<net::Fd> opened = net::OpenStream(endpoint.family());
  if (!opened.ok()) return opened.error();
  Leg& upstream = LegOf(Side::kUpstream);
  upstream = Leg{.fd = std::move(opened).value(), .piecewise = endpoint.is_unix()};
  const int fd = upstream.fd.get();
  if (net::Status prepared = PrepareUpstream(fd, endpoint); !prepared.ok()) {
    Close(CloseReason::kUpstreamOptionRefused, prepared.error(), Manner::kReset);
    return prepared.error();
  }
  net::Result<bool> connected = net::StartConnect(fd, endpoint);
  if (!connected.ok()) return connected;
  // Only now: an unconnected socket would report a hang-up at once.
  if (net::Status watched = host_.Watch(*this, Side::kUpstream, fd); !watched.ok()) {
    return watched.error();
  }
  return connected;
}

// Everything is set before connect, so that it holds from the SYN on.
net::Status Session::PrepareUpstream(int fd, const net::Address& endpoint) {
  if (endpoint.is_unix()) return {};
  if (route_plan().upstream.has_value()) {
    net::Status applied = net::ApplyKeepalive(fd, *route_plan().upstream);
    if (!applied.ok()) return applied;
  }
  return net::PrepareTcp(fd, route_plan().no_delay);
}

void Session::OnDialEvent(std::uint32_t events) {
  const net::Result<int> error = net::TakeSocketError(LegOf(Side::kUpstream).fd.get());
  if (!error.ok()) {
    OnDialFailed(error.error());
  } else if (error.value() != 0) {
    OnDialFailed({error.value(), "connect"});
  } else if ((events & EPOLLOUT) != 0) {
    OnConnected();
  }
}

void Session::OnClientEventWhileDialing(std::uint32_t events) {
  const int fd = LegOf(Side::kClient).fd.get();
  if ((events & EPOLLERR) != 0) {
    const net::Result<int> error = net::TakeSocketError(fd);
    const int err = error.ok() ? error.value() : error.error().err;
    const net::Result<net::TcpInfo> info = net::ReadTcpInfo(fd);
    const LegEvent event = ClassifyDeath(err, info.ok() ? info.value() : net::TcpInfo{});
    Close(ReasonFor(Side::kClient, event), {err, "recv"}, Manner::kReset);
  } else if (LegOf(Side::kClient).fin && give_up_at_ms_ == 0 && net::IsAtEndOfStream(fd)) {
    give_up_at_ms_ = host_.now_ms() + kClientGoneGraceMs;
    ArmDialTimer();
  }
}

void Session::OnDialFailed(net::SysError error) {
  LegOf(Side::kUpstream) = Leg{};
  route_.counters->dial_failures.Add(1);
  const CloseReason reason = ClassifyDialFailure(error.err);
  const bool will_retry =
      reason != CloseReason::kDialFdLimit && endpoint_ + 1U < route_plan().endpoints.size();
  host_.Tell(DialFailed{id_, route_.route, endpoint_, reason, error, will_retry});
  if (reason == CloseReason::kDialFdLimit) host_.OnFdLimit(error);
  if (!will_retry) {
    // An RST also when the client has not spoken: a FIN would look like an empty answer.
    Close(reason, error, Manner::kReset);
    return;
  }
  ++endpoint_;
  DialNext();
}

void Session::ArmDialTimer() {
  std::uint64_t deadline = host_.now_ms() + route_plan().connect_timeout_ms;
  if (give_up_at_ms_ != 0) deadline = std::min(deadline, give_up_at_ms_);
  host_.timers().Arm(*this, deadline);
}

void Session::OnConnected() {
  host_.timers().Disarm(*this);
  give_up_at_ms_ = 0;
  progress_at_ms_ = host_.now_ms();
  state_ = State::kRelaying;
  if (!route_.verified && !VerifyKeepalive()) return;
  Relay(Side::kClient);
}

// The first session of a route on this worker proves that the kernel holds what the plan says.
bool Session::VerifyKeepalive() {
  KeepaliveVerified verified{id_, route_.route, std::nullopt, std::nullopt};
  if (!VerifyLeg(Side::kClient, verified.client)) return false;
  if (!VerifyLeg(Side::kUpstream, verified.upstream)) return false;
  route_.verified = true;
  host_.Tell(std::move(verified));
  return true;
}

bool Session::VerifyLeg(Side side, std::optional<net::EffectiveKeepalive>& effective) {
  const int fd = LegOf(side).fd.get();
  const net::Result<net::Address> local = net::LocalAddress(fd);
  if (local.ok() && local.value().is_unix()) return true;
  const net::Result<net::EffectiveKeepalive> read = net::ReadKeepalive(fd);
  const std::optional<net::Keepalive>& planned = PlannedKeepalive(side);
  if (!read.ok()) {
    Close(ReasonFor(side, LegEvent::kOptionRefused), read.error(), Manner::kReset);
    return false;
  }
  effective = read.value();
  const bool holds = effective->enabled == planned.has_value() &&
                     (!planned.has_value() || effective->values == *planned);
  if (!holds) {
    Close(ReasonFor(side, LegEvent::kOptionRefused), {0, "getsockopt"}, Manner::kReset);
  }
  return holds;
}

// --------------------------------------------------------------------------------------- relaying

void Session::Relay(Side first) {
  RunFlow(first);
  if (state_ == State::kRelaying) RunFlow(Other(first));
}

void Session::RunFlow(Side from) {
  Flow& flow = FlowFrom(from);
  if (flow.ended) return;
  const std::uint64_t before = flow.bytes();
  const Flow::Result result = flow.Pump(LegOf(from), LegOf(Other(from)), host_.lender());
  CountBytes(from, flow.bytes() - before);
  switch (result.outcome) {
    case Flow::Outcome::kBlocked: return;
    case Flow::Outcome::kBudgetSpent: host_.ResumeLater(*this); return;
    case Flow::Outcome::kSourceEnded: OnSourceEnded(from); return;
    case Flow::Outcome::kSourceFailed: BeginAbort(from, result.error); return;
    case Flow::Outcome::kSinkFailed: BeginAbort(Other(from), result.error); return;
  }
}

void Session::OnSourceEnded(Side from) {
  FlowFrom(from).ended = true;
  const bool both_ended = FlowFrom(Other(from)).ended;
  if (!both_ended) {
    ended_first_ = from;
    progress_at_ms_ = host_.now_ms();
    host_.timers().Arm(*this, host_.now_ms() + route_plan().half_close_timeout_ms);
  }
  // A refusal means that the sink has died; its own event says why.
  (void)net::ShutdownWrite(LegOf(Other(from)).fd.get()).ok();
  if (both_ended) Close(ReasonFor(ended_first_, LegEvent::kFin), {}, Manner::kGraceful);
}

void Session::OnLegError(Side side) {
  const net::Result<int> error = net::TakeSocketError(LegOf(side).fd.get());
  const int err = error.ok() ? error.value() : error.error().err;
  // 0: a call on this leg met the error first, and has taken it.
  if (err != 0) BeginAbort(side, {err, "epoll_wait"});
}

void Session::OnHalfCloseTimer() {
  const std::uint64_t due = progress_at_ms_ + route_plan().half_close_timeout_ms;
  if (host_.now_ms() < due) {
    host_.timers().Arm(*this, due);
  } else {
    Close(CloseReason::kHalfCloseTimeout, {}, Manner::kReset);
  }
}

// --------------------------------------------------------------------------------------- aborting

void Session::BeginAbort(Side dead, net::SysError error) {
  const net::Result<net::TcpInfo> info = net::ReadTcpInfo(LegOf(dead).fd.get());
  reason_ = ReasonFor(dead, ClassifyDeath(error.err, info.ok() ? info.value() : net::TcpInfo{}));
  cause_ = error;
  dead_ = dead;
  state_ = State::kAborting;
  FlowFrom(Other(dead)).Abandon(host_.lender().pipes);
  // What it sent before it died is still in its receive queue.
  LegOf(dead).readable = true;
  LegOf(dead).fin = true;
  progress_at_ms_ = host_.now_ms();
  give_up_at_ms_ = host_.now_ms() + kAbortLimitMs;
  DeliverThenReset();
}

void Session::DeliverThenReset() {
  Flow& flow = FlowFrom(dead_);
  if (LegOf(dead_).fd.valid()) {
    const std::uint64_t before = flow.bytes();
    const Flow::Result result = flow.Pump(LegOf(dead_), LegOf(Other(dead_)), host_.lender());
    const std::uint64_t moved = flow.bytes() - before;
    CountBytes(dead_, moved);
    switch (result.outcome) {
      case Flow::Outcome::kBlocked: WaitForSurvivor(kAbortStallMs); return;
      case Flow::Outcome::kBudgetSpent: host_.ResumeLater(*this); return;
      case Flow::Outcome::kSourceEnded:
      case Flow::Outcome::kSourceFailed: LegOf(dead_) = Leg{}; break;
      case Flow::Outcome::kSinkFailed: Close(reason_, cause_, Manner::kReset); return;
    }
  }
  AwaitAcknowledgement();
}

// A reset discards what is still unacknowledged, so it waits for the survivor's kernel.
void Session::AwaitAcknowledgement() {
  const net::Result<std::size_t> left = net::UnacknowledgedBytes(LegOf(Other(dead_)).fd.get());
  if (!left.ok() || left.value() == 0) {
    Close(reason_, cause_, Manner::kReset);
    return;
  }
  const auto unacknowledged = static_cast<std::uint32_t>(left.value());
  if (unacknowledged != unacknowledged_) progress_at_ms_ = host_.now_ms();
  unacknowledged_ = unacknowledged;
  const std::uint64_t waited = host_.now_ms() - progress_at_ms_;
  WaitForSurvivor(std::clamp(waited, kAckPollMinMs, kAckPollMaxMs));
}

void Session::WaitForSurvivor(std::uint64_t delay_ms) {
  const std::uint64_t deadline = std::min(progress_at_ms_ + kAbortStallMs, give_up_at_ms_);
  if (host_.now_ms() >= deadline) {
    Close(reason_, cause_, Manner::kReset);
  } else {
    host_.timers().Arm(*this, std::min(host_.now_ms() + delay_ms, deadline));
  }
}

// ---------------------------------------------------------------------------------------- the end

void Session::Close(CloseReason reason, net::SysError cause, Manner manner) {
  state_ = State::kClosed;
  host_.timers().Disarm(*this);
  for (Flow& flow : flows_) flow.Abandon(host_.lender().pipes);
  for (Leg& leg : legs_) {
    if (manner == Manner::kReset) {
      net::CloseWithReset(std::move(leg.fd));
    } else {
      leg.fd.Reset();
    }
  }
  route_.counters->closed[static_cast<std::size_t>(reason)].Add(1);
  host_.Tell(SessionClosed{id_, route_.route, reason, cause, host_.now_ms() - accepted_at_ms_,
                           client_address_, endpoint(), bytes(Side::kClient),
                           bytes(Side::kUpstream)});
  host_.Retire(*this);
}

const std::optional<net::Keepalive>& Session::PlannedKeepalive(Side side) const {
  return side == Side::kClient ? route_plan().client : route_plan().upstream;
}

void Session::CountBytes(Side from, std::uint64_t bytes) {
  if (bytes == 0) return;
  progress_at_ms_ = host_.now_ms();
  Counter& counter =
      from == Side::kClient ? route_.counters->bytes_to_upstream : route_.counters->bytes_to_client;
  counter.Add(bytes);
}

}  // namespace warmline::relay
