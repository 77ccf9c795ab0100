#include "relay/liveness.h"

namespace warmline::relay {
namespace {

constexpr std::uint32_t kCalmMs = 5'000;

// Of a peer with a closed window every probe is answered as well; one that is on its way meets
// doubt like any other.
bool HasUnanswered(const net::TcpInfo& info) { return info.probes > 0 || info.retransmits > 0; }

}  // namespace

Liveness::Change Liveness::Look(const net::TcpInfo& info, std::uint64_t now_ms) {
  const auto now = static_cast<std::uint32_t>(now_ms);
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
