// Aborting: one leg is dead, the other survives it. Deliver what the dead leg had sent, then part
// with the survivor: by an RST, or by a FIN where the route wants it.
#include <algorithm>
#include <utility>

#include "net/keepalive.h"
#include "net/socket.h"
#include "relay/session.h"

namespace warmline::relay {
namespace {

// "Deliver, then reset" gives up when the survivor acknowledges nothing for this long, or after so
// long in all.
constexpr std::uint64_t kAbortStallMs = 30'000;
constexpr std::uint64_t kAbortLimitMs = 300'000;
// No event tells that everything is acknowledged, so it is asked for, less and less often.
constexpr std::uint64_t kAckPollMinMs = 2;
constexpr std::uint64_t kAckPollMaxMs = 200;
constexpr std::uint64_t kSlowReaderPollMs = 1'000;
// A survivor that was sent a FIN may finish as well; what it still sends goes nowhere.
constexpr std::uint64_t kLingerMs = 2'000;

}  // namespace

void Session::BeginAbort(Side dead, net::SysError error) {
  death_ = std::make_unique<Ending>(DeathOf(dead, error));
  dead_ = dead;
  state_ = State::kAborting;
  FlowFrom(Other(dead)).Abandon(host_.lender().pipes);
  // What it sent before it died is still in its receive queue.
  LegOf(dead).readable = true;
  LegOf(dead).fin = true;
  progress_at_ms_ = host_.now_ms();
  give_up_at_ms_ = host_.now_ms() + kAbortLimitMs;
  // From here on the abort's own limits decide how long a slow survivor may take. Whatever the plan
  // says: the kernel may still hold what a plan before it said.
  if (!LegOf(Other(dead)).is_unix) {
    (void)net::SetUserTimeout(LegOf(Other(dead)).fd.get(), 0).ok();
  }
  DeliverThenPart();
}

void Session::DeliverThenPart() {
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
      case Flow::Outcome::kSourceFailed: LetGo(dead_, Manner::kReset); break;
      case Flow::Outcome::kSinkFailed: Close(*death_, Manner::kReset); return;
    }
    // A refusal means that the survivor has died too; its own event says so.
    if (route_plan().close_on_death) (void)net::ShutdownWrite(LegOf(Other(dead_)).fd.get()).ok();
  }
  AwaitAcknowledgement();
}

// A reset discards what is still unacknowledged, so it waits for the survivor's kernel.
void Session::AwaitAcknowledgement() {
  NoteUnacknowledged(UnacknowledgedBy(Other(dead_)));
  if (unacknowledged_ == 0) {
    if (route_plan().close_on_death) {
      LingerForFin();
    } else {
      Close(*death_, Manner::kReset);
    }
    return;
  }
  const std::uint64_t waited = host_.now_ms() - progress_at_ms_;
  WaitForSurvivor(std::clamp(waited, kAckPollMinMs, kAckPollMaxMs));
}

// Closing a socket with unread bytes would send an RST behind the FIN, which the survivor might see
// instead of it.
void Session::LingerForFin() {
  const Leg& survivor = LegOf(Other(dead_));
  const std::uint64_t deadline = std::min(progress_at_ms_ + kLingerMs, give_up_at_ms_);
  const net::InputLeft left = net::DiscardInput(survivor.fd.get(), host_.lender().scratch);
  if (left == net::InputLeft::kEnd || host_.now_ms() >= deadline) {
    Close(*death_, Manner::kGraceful);
    return;
  }
  if (left == net::InputLeft::kSome) host_.ResumeLater(*this);
  host_.timers().Arm(*this, deadline);
}

void Session::WaitForSurvivor(std::uint64_t delay_ms) {
  const std::uint64_t deadline = std::min(progress_at_ms_ + kAbortStallMs, give_up_at_ms_);
  if (host_.now_ms() >= deadline) {
    Close(*death_, Manner::kReset);
  } else {
    host_.timers().Arm(*this, std::min(host_.now_ms() + delay_ms, deadline));
  }
}

}  // namespace warmline::relay
