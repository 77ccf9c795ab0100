#include "relay/half_close.h"

#include <algorithm>

namespace warmline::relay {
namespace {

constexpr int kLongestPauseS = 20;
constexpr int kMostProbes = 127;

}  // namespace

net::Keepalive HalfClosedKeepalive(const net::Keepalive& planned) {
  net::Keepalive half_closed = planned;
  half_closed.idle_s = std::min(planned.idle_s, kLongestPauseS);
  half_closed.interval_s = std::min(planned.interval_s, kLongestPauseS);
  const int patience_s = planned.idle_s + planned.interval_s * planned.count;
  const int probes =
      (patience_s - half_closed.idle_s + half_closed.interval_s - 1) / half_closed.interval_s;
  half_closed.count = std::min(probes, kMostProbes);
  return half_closed;
}

}  // namespace warmline::relay
