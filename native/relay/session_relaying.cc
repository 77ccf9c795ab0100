// Relaying and finishing: both legs live. Bytes each way, FINs carried through, and the one timer
// for it.
#include <algorithm>
#include <cerrno>
#include <limits>

#include "net/socket.h"
#include "relay/half_close.h"
#include "relay/session.h"
#include "relay/zero_window.h"

namespace warmline::relay {

void Session::Relay() {
  RunFlow(Side::kClient);
  if (state_ == State::kRelaying) RunFlow(Side::kUpstream);
}

void Session::RunFlow(Side from) {
  Flow& flow = FlowFrom(from);
  if (flow.ended()) return;
  const std::uint64_t before = flow.bytes();
  const Flow::Result result = flow.Pump(LegOf(from), LegOf(Other(from)), host_.lender());
  OnMoved(from, flow.bytes() - before);
  OnOutcome(from, result);
}

std::optional<Transfer> Session::OfferTransfer(Side from) {
  const Leg& source = LegOf(from);
  const Leg& sink = LegOf(Other(from));
  if (state_ != State::kRelaying || !FlowFrom(from).TakesTransfer(source, sink)) {
    return std::nullopt;
  }
  return Transfer{.session = this, .from = from, .source = source.fd.get(), .sink = sink.fd.get()};
}

void Session::Settle(Transfer& transfer) {
  Flow& flow = FlowFrom(transfer.from);
  const std::uint64_t before = flow.bytes();
  transfer.result = flow.Settle(LegOf(transfer.from), LegOf(Other(transfer.from)), transfer.buffer,
                                transfer.received, transfer.sent);
  OnMoved(transfer.from, flow.bytes() - before);
}

// The session's other transfer may have ended the relaying a moment ago. It, too, can have been
// told of a death, and nobody is told twice: recv(2) takes the error along.
void Session::Continue(const Transfer& transfer) {
  const Flow::Outcome outcome = transfer.result.outcome;
  if (outcome != Flow::Outcome::kSourceFailed && outcome != Flow::Outcome::kSinkFailed) return;
  const Side dead = outcome == Flow::Outcome::kSourceFailed ? transfer.from : Other(transfer.from);
  if (state_ == State::kRelaying) {
    BeginAbort(dead, transfer.result.error);
  } else if (state_ == State::kAborting && dead != dead_) {
    Close(*death_, Manner::kReset);
  }
}

void Session::OnMoved(Side from, std::uint64_t bytes) {
  CountBytes(from, bytes);
  if (bytes > 0) OnSent(Other(from));
}

void Session::OnOutcome(Side from, const Flow::Result& result) {
  switch (result.outcome) {
    case Flow::Outcome::kSourceDry:
    case Flow::Outcome::kSinkFull: return;
    case Flow::Outcome::kBudgetSpent: host_.ResumeLater(*this); return;
    case Flow::Outcome::kSourceEnded: OnSourceEnded(from); return;
    case Flow::Outcome::kSourceFailed: BeginAbort(from, result.error); return;
    case Flow::Outcome::kSinkFailed: BeginAbort(Other(from), result.error); return;
  }
}

void Session::OnSent(Side to) {
  Leg& leg = LegOf(to);
  leg.liveness.Wake();
  const int user_timeout_ms = UserTimeoutOf(to);
  if (user_timeout_ms == 0) return;
  // A refusal leaves the kernel's user timeout to strike.
  (void)leg.window.NoteSent(leg.fd.get(), host_.now_ms()).ok();
  LookWithin(leg.window.LookIntervalMs(user_timeout_ms));
}

void Session::LookWithin(std::uint64_t delay_ms) {
  const std::uint64_t due = host_.now_ms() + delay_ms;
  if (look_at_ms_ != 0 && look_at_ms_ <= due) return;
  look_at_ms_ = due;
  ArmRelayTimer();
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
  OnSent(Other(from));
  if (!both_ended) return;
  state_ = State::kFinishing;
  FinishWhenAcknowledged();
  if (state_ == State::kFinishing) ArmRelayTimer();
}

// Each leg's last acknowledgement moves it to CLOSED or TIME_WAIT, which is an event.
void Session::FinishWhenAcknowledged() {
  NoteUnacknowledged(UnacknowledgedBy(Side::kClient) + UnacknowledgedBy(Side::kUpstream));
  if (unacknowledged_ == 0) {
    Close({ReasonFor(ended_first_, LegEvent::kFin)}, Manner::kGraceful);
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
  const std::uint64_t silent_ms = host_.now_ms() - progress_at_ms_;
  if (IsHalfClosed() && silent_ms >= route_plan().half_close_timeout_ms) {
    Close({CloseReason::kHalfCloseTimeout}, Manner::kReset);
    return;
  }
  if (IsHalfClosed() && silent_ms >= kHalfClosedGraceMs && !probes_more_often_) ProbeMoreOften();
  if (look_at_ms_ != 0 && host_.now_ms() >= look_at_ms_) LookAtWindows();
  if (state_ == State::kRelaying || state_ == State::kFinishing) ArmRelayTimer();
}

void Session::LookAtWindows() {
  look_at_ms_ = 0;
  for (const Side side : {Side::kClient, Side::kUpstream}) {
    const int user_timeout_ms = UserTimeoutOf(side);
    if (user_timeout_ms == 0) continue;
    Leg& leg = LegOf(side);
    const net::Result<WindowState> window =
        leg.window.Look(leg.fd.get(), user_timeout_ms, host_.now_ms());
    if (!window.ok()) {
      Close({ReasonFor(side, LegEvent::kOptionRefused), window.error()}, Manner::kReset);
      return;
    }
    switch (window.value()) {
      case WindowState::kSettled: break;
      case WindowState::kWaiting: LookWithin(leg.window.LookIntervalMs(user_timeout_ms)); break;
      case WindowState::kPeerGone: BeginAbort(side, {ETIMEDOUT, "getsockopt(TCP_INFO)"}); return;
    }
  }
}

void Session::ArmRelayTimer() {
  constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t silence_ms =
      probes_more_often_
          ? route_plan().half_close_timeout_ms
          : std::min<std::uint64_t>(route_plan().half_close_timeout_ms, kHalfClosedGraceMs);
  const std::uint64_t half_close_due = IsHalfClosed() ? progress_at_ms_ + silence_ms : kNever;
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

}  // namespace warmline::relay
