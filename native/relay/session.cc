#include "relay/session.h"

#include <netinet/in.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "net/keepalive.h"
#include "net/tcp_info.h"
#include "relay/liveness.h"

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
constexpr std::uint64_t kSlowReaderPollMs = 1'000;

constexpr std::uint32_t kReadableEvents = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t kWritableEvents = EPOLLOUT | EPOLLHUP | EPOLLERR;

bool Holds(const std::optional<net::Keepalive>& planned, const net::EffectiveKeepalive& effective) {
  return planned.has_value() ? effective.enabled && effective.values == *planned
                             : !effective.enabled;
}

}  // namespace

Session::Session(Host& host, RouteState& route, std::uint64_t id, net::Accepted client)
    : host_(host),
      route_(route),
      id_(id),
      accepted_at_ms_(host.now_ms()),
      progress_at_ms_(host.now_ms()),
      client_address_(client.peer) {
  LegOf(Side::kClient).is_unix = client.peer.is_unix();
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
    case State::kFinishing:
      if ((events & EPOLLERR) != 0) OnLegError(side);
      if (state_ == State::kFinishing) FinishWhenAcknowledged();
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
    case State::kRelaying:
    case State::kFinishing: OnRelayTimer(); return;
    case State::kAborting: DeliverThenReset(); return;
    case State::kClosed: return;
  }
}

void Session::Resume() {
  switch (state_) {
    case State::kRelaying: Relay(Side::kClient); return;
    case State::kAborting: DeliverThenReset(); return;
    case State::kDialing:
    case State::kFinishing:
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
  if (!LegOf(side).fd.valid() || LegOf(side).is_unix) return std::nullopt;
  const int fd = LegOf(side).fd.get();
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
  upstream = Leg{.fd = std::move(opened).value(),
                 .piecewise = endpoint.is_unix(),
                 .is_unix = endpoint.is_unix()};
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
  } else if (WasConnected(error.value())) {
    // It answered and reset, all before this turn: what it said counts.
    host_.timers().Disarm(*this);
    BeginAbort(Side::kUpstream, {error.value(), "epoll_wait"});
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
    Close(DeathOf(Side::kClient, err), {err, "epoll_wait"}, Manner::kReset);
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
  if (LegOf(side).is_unix) return true;
  const int fd = LegOf(side).fd.get();
  const std::optional<net::Keepalive>& planned = PlannedKeepalive(side);
  net::Result<net::EffectiveKeepalive> read = net::ReadKeepalive(fd);
  if (read.ok() && !Holds(planned, read.value())) {
    // Its handshake ended while the plan was being changed, so it inherited the other plan's
    // options.
    const net::Status set = net::SetKeepalive(fd, planned);
    read = set.ok() ? net::ReadKeepalive(fd) : set.error();
  }
  if (!read.ok() || !Holds(planned, read.value())) {
    const net::SysError cause = read.ok() ? net::SysError{0, "getsockopt"} : read.error();
    Close(ReasonFor(side, LegEvent::kOptionRefused), cause, Manner::kReset);
    return false;
  }
  effective = read.value();
  return true;
}

// --------------------------------------------------------------------------------------- relaying

void Session::Relay(Side first) {
  RunFlow(first);
  if (state_ == State::kRelaying) RunFlow(Other(first));
}

void Session::RunFlow(Side from) {
  Flow& flow = FlowFrom(from);
  if (flow.ended()) return;
  const std::uint64_t before = flow.bytes();
  const Flow::Result result = flow.Pump(LegOf(from), LegOf(Other(from)), host_.lender());
  const std::uint64_t moved = flow.bytes() - before;
  CountBytes(from, moved);
  if (moved > 0 && look_at_ms_ == 0 && UserTimeoutOf(Other(from)) != 0) {
    look_at_ms_ = host_.now_ms() + LookInterval();
    ArmRelayTimer();
  }
  switch (result.outcome) {
    case Flow::Outcome::kSourceDry:
    case Flow::Outcome::kSinkFull: return;
    case Flow::Outcome::kBudgetSpent: host_.ResumeLater(*this); return;
    case Flow::Outcome::kSourceEnded: OnSourceEnded(from); return;
    case Flow::Outcome::kSourceFailed: BeginAbort(from, result.error); return;
    case Flow::Outcome::kSinkFailed: BeginAbort(Other(from), result.error); return;
  }
}

void Session::OnSourceEnded(Side from) {
  FlowFrom(from).MarkEnded();
  const bool both_ended = FlowFrom(Other(from)).ended();
  if (!both_ended) {
    ended_first_ = from;
    progress_at_ms_ = host_.now_ms();
    ArmRelayTimer();
  }
  // A refusal means that the sink has died; its own event says why.
  (void)net::ShutdownWrite(LegOf(Other(from)).fd.get()).ok();
  if (!both_ended) return;
  state_ = State::kFinishing;
  FinishWhenAcknowledged();
  if (state_ == State::kFinishing) ArmRelayTimer();
}

// Each leg's last acknowledgement moves it to CLOSED or TIME_WAIT, which is an event.
void Session::FinishWhenAcknowledged() {
  NoteUnacknowledged(UnacknowledgedBy(Side::kClient) + UnacknowledgedBy(Side::kUpstream));
  if (unacknowledged_ == 0) {
    Close(ReasonFor(ended_first_, LegEvent::kFin), {}, Manner::kGraceful);
  }
}

void Session::OnLegError(Side side) {
  const net::Result<int> error = net::TakeSocketError(LegOf(side).fd.get());
  const int err = error.ok() ? error.value() : error.error().err;
  // 0: a call on this leg met the error first, and has taken it.
  if (err != 0) BeginAbort(side, {err, "epoll_wait"});
}

// One timer for two things that rarely run at all: a half-closed session, and a leg that owes
// acknowledgements. An idle session has none.
void Session::OnRelayTimer() {
  if (state_ == State::kFinishing) FinishWhenAcknowledged();
  if (state_ == State::kClosed) return;
  const bool half_closed = flows_[0].ended() || flows_[1].ended();
  if (half_closed && host_.now_ms() >= progress_at_ms_ + route_plan().half_close_timeout_ms) {
    Close(CloseReason::kHalfCloseTimeout, {}, Manner::kReset);
    return;
  }
  if (look_at_ms_ != 0 && host_.now_ms() >= look_at_ms_) LookAtLegs();
  if (state_ == State::kRelaying || state_ == State::kFinishing) ArmRelayTimer();
}

void Session::LookAtLegs() {
  look_at_ms_ = 0;
  for (const Side side : {Side::kClient, Side::kUpstream}) {
    const int user_timeout_ms = UserTimeoutOf(side);
    if (user_timeout_ms == 0) continue;
    Leg& leg = LegOf(side);
    const net::Result<Verdict> verdict =
        LookAtLeg(leg.fd.get(), user_timeout_ms, leg.user_timeout_lifted);
    if (!verdict.ok()) {
      Close(ReasonFor(side, LegEvent::kOptionRefused), verdict.error(), Manner::kReset);
      return;
    }
    switch (verdict.value()) {
      case Verdict::kSettled: break;
      case Verdict::kWaiting: look_at_ms_ = host_.now_ms() + LookInterval(); break;
      case Verdict::kPeerGone: BeginAbort(side, {ETIMEDOUT, "window probe"}); return;
    }
  }
}

void Session::ArmRelayTimer() {
  constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  const bool half_closed = flows_[0].ended() || flows_[1].ended();
  const std::uint64_t half_close_due =
      half_closed ? progress_at_ms_ + route_plan().half_close_timeout_ms : kNever;
  const std::uint64_t look_due = look_at_ms_ != 0 ? look_at_ms_ : kNever;
  const std::uint64_t due = std::min(half_close_due, look_due);
  if (due == kNever) {
    host_.timers().Disarm(*this);
  } else {
    host_.timers().Arm(*this, due);
  }
}

// 0 for a leg without one: a unix socket, keepalive off, or the user timeout off.
int Session::UserTimeoutOf(Side side) const {
  const std::optional<net::Keepalive>& planned = PlannedKeepalive(side);
  return planned.has_value() && !LegOf(side).is_unix ? planned->user_timeout_ms : 0;
}

std::uint64_t Session::LookInterval() const {
  const int client = UserTimeoutOf(Side::kClient);
  const int upstream = UserTimeoutOf(Side::kUpstream);
  if (client == 0 || upstream == 0) return LookIntervalMs(std::max(client, upstream));
  return LookIntervalMs(std::min(client, upstream));
}

// --------------------------------------------------------------------------------------- aborting

void Session::BeginAbort(Side dead, net::SysError error) {
  reason_ = DeathOf(dead, error.err);
  cause_ = error;
  dead_ = dead;
  state_ = State::kAborting;
  FlowFrom(Other(dead)).Abandon(host_.lender().pipes);
  // What it sent before it died is still in its receive queue.
  LegOf(dead).readable = true;
  LegOf(dead).fin = true;
  progress_at_ms_ = host_.now_ms();
  give_up_at_ms_ = host_.now_ms() + kAbortLimitMs;
  // From here on the abort's own limits decide how long a slow survivor may take.
  if (UserTimeoutOf(Other(dead)) != 0) {
    (void)net::SetUserTimeout(LegOf(Other(dead)).fd.get(), 0).ok();
  }
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
      case Flow::Outcome::kSinkFull:
        // A slow reader acknowledges long before its socket is writable again.
        NoteUnacknowledged(UnacknowledgedBy(Other(dead_)));
        WaitForSurvivor(kSlowReaderPollMs);
        return;
      case Flow::Outcome::kBudgetSpent: host_.ResumeLater(*this); return;
      case Flow::Outcome::kSourceDry:  // we gave it up, the kernel has not
      case Flow::Outcome::kSourceEnded:
      case Flow::Outcome::kSourceFailed: net::CloseWithReset(std::move(LegOf(dead_).fd)); break;
      case Flow::Outcome::kSinkFailed: Close(reason_, cause_, Manner::kReset); return;
    }
  }
  AwaitAcknowledgement();
}

// A reset discards what is still unacknowledged, so it waits for the survivor's kernel.
void Session::AwaitAcknowledgement() {
  NoteUnacknowledged(UnacknowledgedBy(Other(dead_)));
  if (unacknowledged_ == 0) {
    Close(reason_, cause_, Manner::kReset);
    return;
  }
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

// What a unix socket has taken is delivered.
std::uint32_t Session::UnacknowledgedBy(Side side) const {
  if (LegOf(side).is_unix) return 0;
  const net::Result<std::size_t> left = net::UnacknowledgedBytes(LegOf(side).fd.get());
  return left.ok() ? static_cast<std::uint32_t>(left.value()) : 0;
}

// Another number than before is progress.
void Session::NoteUnacknowledged(std::uint32_t bytes) {
  if (bytes != unacknowledged_) progress_at_ms_ = host_.now_ms();
  unacknowledged_ = bytes;
}

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

// Read before the socket is closed: closing takes the evidence along.
CloseReason Session::DeathOf(Side side, int error) const {
  const net::Result<net::TcpInfo> info = net::ReadTcpInfo(LegOf(side).fd.get());
  return ReasonFor(side, ClassifyDeath(error, info.ok() ? info.value() : net::TcpInfo{}));
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
