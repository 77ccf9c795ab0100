// The keepalive of a live session: looking whether its peers answer, and changing what was asked of
// the kernel.
#include <algorithm>
#include <limits>
#include <optional>

#include "net/keepalive.h"
#include "net/tcp_info.h"
#include "relay/half_close.h"
#include "relay/session.h"

namespace warmline::relay {

void Session::LookAtLiveness() {
  if (state_ != State::kRelaying && state_ != State::kFinishing) return;
  for (const Side side : {Side::kClient, Side::kUpstream}) {
    Liveness& liveness = LegOf(side).liveness;
    if (!liveness.IsDue(host_.now_ms())) continue;
    const std::optional<net::TcpInfo> info = ReadInfo(side);
    if (!info.has_value()) continue;
    CountEmptySegments(side, *info);
    const Liveness::Change change = liveness.Look(*info, IdleMsOf(side), host_.now_ms());
    if (change == Liveness::Change::kNone) continue;
    const bool suspect = change == Liveness::Change::kSuspect;
    LegCounters& counters = LegCountersOf(side);
    (suspect ? counters.suspected : counters.proven).Add(1);
    host_.Tell(
        LivenessChanged{id_, route_.route, side, suspect, *info, client_address_, endpoint_});
  }
}

void Session::CountEmptySegments(Side side, const net::TcpInfo& info) {
  Leg& leg = LegOf(side);
  // The kernel counts in 32 bits, and so does the difference.
  LegCountersOf(side).empty_segments.Add(info.empty_segments - leg.empty_segments);
  leg.empty_segments = info.empty_segments;
}

// A leg whose death is being delivered, or whose survivor is waited for, has limits of its own.
Session::Retuned Session::Retune() {
  if (state_ == State::kAborting || state_ == State::kClosed) return Retuned::kUnchanged;
  const Retuned client = RetuneLeg(Side::kClient);
  const Retuned upstream = RetuneLeg(Side::kUpstream);
  for (const Side side : {Side::kClient, Side::kUpstream}) {
    // A look that is due already may come too late for a shorter user timeout.
    const int user_timeout_ms = UserTimeoutOf(side);
    if (user_timeout_ms == 0 || state_ == State::kDialing) continue;
    LookWithin(LegOf(side).window.LookIntervalMs(user_timeout_ms));
  }
  return std::max(client, upstream);
}

Session::Retuned Session::RetuneLeg(Side side) {
  Leg& leg = LegOf(side);
  if (!leg.fd.valid() || leg.is_unix) return Retuned::kUnchanged;
  const int user_timeout_ms = UserTimeoutOf(side);
  if (user_timeout_ms == 0) {
    leg.window.Release(leg.fd.get());
  } else if (state_ != State::kDialing) {
    // The kernel's clock may have run behind a closed window while there was no user timeout to
    // strike. What is wrong with the leg shows at the next look.
    (void)leg.window.Look(leg.fd.get(), user_timeout_ms, host_.now_ms()).ok();
  }
  const std::optional<net::Keepalive> asked = AskedKeepalive(side);
  const auto holds = [&] {
    const std::optional<net::EffectiveKeepalive> effective = ReadBack(side);
    return effective.has_value() && net::Holds(*effective, asked);
  };
  if (holds()) return Retuned::kUnchanged;
  leg.liveness.Wake();
  const bool set = net::SetKeepalive(leg.fd.get(), asked).ok();
  return set && holds() ? Retuned::kRetuned : Retuned::kFailed;
}

void Session::ProbeMoreOften() {
  probes_more_often_ = true;
  // What the kernel refuses now it has taken before, with other numbers: the probes go on as they
  // were.
  for (const Side side : {Side::kClient, Side::kUpstream}) (void)RetuneLeg(side);
}

// What the session is to die by: the plan's, or what being half-closed makes of it.
std::optional<net::Keepalive> Session::KeepaliveOf(Side side) const {
  const std::optional<net::Keepalive>& planned = PlannedKeepalive(side);
  return planned.has_value() && probes_more_often_ ? HalfClosedKeepalive(*planned) : planned;
}

// How long a peer is not heard until it is probed; without end where it never is.
std::uint64_t Session::IdleMsOf(Side side) const {
  const std::optional<net::Keepalive> keepalive = KeepaliveOf(side);
  if (!keepalive.has_value()) return std::numeric_limits<std::uint64_t>::max();
  return std::uint64_t{1'000} * static_cast<std::uint64_t>(keepalive->idle_s);
}

// What the kernel should hold at the moment.
std::optional<net::Keepalive> Session::AskedKeepalive(Side side) const {
  std::optional<net::Keepalive> keepalive = KeepaliveOf(side);
  if (keepalive.has_value() && LegOf(side).window.has_lifted()) keepalive->user_timeout_ms = 0;
  return keepalive;
}

}  // namespace warmline::relay
