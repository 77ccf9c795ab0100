// Counters of one route on one worker: written by that worker alone, read by any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "relay/close_reason.h"

namespace warmline::relay {

class Counter {
 public:
  // The only writer is the worker, so a plain store is enough. Released and acquired, so that who
  // reads a counter sees what was added to others before: no more ends than beginnings.
  void Add(std::uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_release);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// What happened on the client legs, or the upstream legs, of a route.
struct LegCounters {
  Counter suspected;       // times that a leg became suspect
  Counter proven;          // times that a suspect leg was proven again
  Counter suspects_ended;  // legs that were suspect when they were closed
  Counter empty_segments;  // sent without data: what probing costs, and ACKs, SYN, FIN
};

struct alignas(64) RouteCounters {
  Counter accepted;
  Counter bytes_to_upstream;
  Counter bytes_to_client;
  Counter dial_failures;  // attempts, not sessions
  Counter accept_pauses;
  std::array<Counter, kCloseReasonCount> closed;  // sessions, by close reason
  std::array<LegCounters, 2> legs;                // by Side
};

}  // namespace warmline::relay
