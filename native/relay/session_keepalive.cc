// The keepalive of a live session: looking whether its peers answer, and changing what was asked of
// the kernel.
#include <algorithm>
#include <optional>

#include "net/keepalive.h"
#include "net/tcp_info.h"
#include "relay/half_close.h"
#include "relay/session.h"

namespace warmline::relay {

void Session::LookAtLiveness() {
  if (state_ != State::kRelaying && state_ != State::kFinishing) return;
  for (const Side side : {Side::kClient, Side::kUpstream}) {
    const std::optional<net::TcpInfo> info = ReadInfo(side);
    if (!info.has_value()) continue;
    CountEmptySegments(side, *info);
    const Liveness::Change change = LegOf(side).liveness.Look(*info, host_.now_ms());
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
  const bool has_user_timeout =
      UserTimeoutOf(Side::kClient) != 0 || UserTimeoutOf(Side::kUpstream) != 0;
  if (has_user_timeout && state_ != State::kDialing) {
    // A look that is due already may come too late for a shorter user timeout.
    const std::uint64_t due = host_.now_ms() + LookInterval();
    look_at_ms_ = look_at_ms_ == 0 ? due : std::min(look_at_ms_, due);
    ArmRelayTimer();
  }
  return std::max(client, upstream);
}

Session::Retuned Session::RetuneLeg(Side side) {
  Leg& leg = LegOf(side);
  if (!leg.fd.valid() || leg.is_unix) return Retuned::kUnchanged;
  const std::optional<net::Keepalive> asked = KeepaliveOf(side);
  const auto holds = [&] {
    const std::optional<net::EffectiveKeepalive> effective = ReadBack(side);
    return effective.has_value() && net::Holds(*effective, asked);
  };
  if (holds()) return Retuned::kUnchanged;
  const bool set = net::SetKeepalive(leg.fd.get(), asked).ok();
  return set && holds() ? Retuned::kRetuned : Retuned::kFailed;
}

void Session::ProbeMoreOften() {
  probes_more_often_ = true;
  // What the kernel refuses now it has taken before, with other numbers: the probes go on as they
  // were.
  for (const Side side : {Side::kClient, Side::kUpstream}) (void)RetuneLeg(side);
}

// What the kernel should hold at the moment.
std::optional<net::Keepalive> Session::KeepaliveOf(Side side) const {
  std::optional<net::Keepalive> keepalive = PlannedKeepalive(side);
  if (!keepalive.has_value()) return std::nullopt;
  if (probes_more_often_) keepalive = HalfClosedKeepalive(*keepalive);
  if (LegOf(side).user_timeout_lifted) keepalive->user_timeout_ms = 0;
  return keepalive;
}

}  // namespace warmline::relay
