// Liveness: what the kernel proves about a leg's peer while it lives.
//
//            unanswered probe or             and again at the next look,
//            retransmission                  with no ACK in between
//    proven ─────────────────────► doubted ──────────────────────────────► suspect
//      ▲                              │                                       │
//      └───────── answered ───────────┘            no trouble for 5 s         │
//      └──────────────────────────────────────────────────────────────────────┘
//
// Doubt keeps a probe whose answer is on the way from counting as lost, and the 5 s keep a flapping
// path from flooding the log. Death is the kernel's to declare, not ours. Never reads the clock.
//
// A proven leg with nothing in flight rests: the next that can go unanswered is a keepalive probe,
// and when that is sent is known.
#pragma once

#include <cstdint>

#include "net/tcp_info.h"

namespace warmline::relay {

enum class LivenessState : std::uint8_t { kProven, kDoubted, kSuspect };

// Worker thread. 8 bytes, for every leg has one.
class Liveness {
 public:
  enum class Change : std::uint8_t { kNone, kSuspect, kProven };

  // Whether a look could see anything new.
  [[nodiscard]] bool IsDue(std::uint64_t now_ms) const;
  // Takes what TCP_INFO says now, of a peer that is probed once it was not heard for `idle_ms`; the
  // change is what the world should be told.
  Change Look(const net::TcpInfo& info, std::uint64_t idle_ms, std::uint64_t now_ms);
  // Something was sent, or the probes have changed: the leg rests no more.
  void Wake() { resting_ = false; }

  // Whether suspicion has been told and not been taken back.
  [[nodiscard]] bool is_suspect() const { return state_ == LivenessState::kSuspect; }

 private:
  Change Judge(const net::TcpInfo& info, std::uint32_t now);

  // The low half of the worker's clock: the end of the rest of a proven leg, when a doubt began, or
  // the last trouble of a suspect.
  std::uint32_t noted_ms_ = 0;
  LivenessState state_ = LivenessState::kProven;
  bool resting_ = false;
};

}  // namespace warmline::relay
