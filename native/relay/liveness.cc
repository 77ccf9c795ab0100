#include "relay/liveness.h"

#include <algorithm>

namespace warmline::relay {
namespace {

constexpr std::uint32_t kCalmMs = 5'000;
// What is counted at a look is no older, whatever the keepalive.
constexpr std::uint64_t kLongestRestMs = 60'000;

// Of a peer with a closed window every probe is answered as well; one that is on its way meets
// doubt like any other.
bool HasUnanswered(const net::TcpInfo& info) { return info.probes > 0 || info.retransmits > 0; }

}  // namespace

bool Liveness::IsDue(std::uint64_t now_ms) const {
  if (!resting_) return true;
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(now_ms) - noted_ms_) >= 0;
}

Liveness::Change Liveness::Look(const net::TcpInfo& info, std::uint64_t idle_ms,
                                std::uint64_t now_ms) {
  const Change change = Judge(info, static_cast<std::uint32_t>(now_ms));
  resting_ = state_ == LivenessState::kProven && info.unacked == 0 && info.notsent_bytes == 0 &&
             info.last_ack_ms < idle_ms;
  if (resting_) {
    const std::uint64_t rest_ms = std::min(idle_ms - info.last_ack_ms, kLongestRestMs);
    noted_ms_ = static_cast<std::uint32_t>(now_ms + rest_ms);
  }
  return change;
}

Liveness::Change Liveness::Judge(const net::TcpInfo& info, std::uint32_t now) {
  const std::uint32_t since_noted_ms = now - noted_ms_;
  const bool in_trouble = HasUnanswered(info);
  switch (state_) {
    case LivenessState::kProven:
      if (in_trouble) {
        state_ = LivenessState::kDoubted;
        noted_ms_ = now;
      }
      return Change::kNone;
    case LivenessState::kDoubted:
      if (!in_trouble) {
        state_ = LivenessState::kProven;
      } else if (info.last_ack_ms < since_noted_ms) {
        noted_ms_ = now;
      } else {
        state_ = LivenessState::kSuspect;
        noted_ms_ = now;
        return Change::kSuspect;
      }
      return Change::kNone;
    case LivenessState::kSuspect:
      if (in_trouble) {
        noted_ms_ = now;
      } else if (since_noted_ms >= kCalmMs) {
        state_ = LivenessState::kProven;
        return Change::kProven;
      }
      return Change::kNone;
  }
  return Change::kNone;
}

}  // namespace warmline::relay
