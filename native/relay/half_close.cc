#include "relay/half_close.h"

#include <algorithm>

namespace warmline::relay {
namespace {

constexpr int kLongestPauseS = 20;
constexpr int kMostProbes = 127;

int DivideUp(int dividend, int divisor) { return (dividend + divisor - 1) / divisor; }

}  // namespace

net::Keepalive HalfClosedKeepalive(const net::Keepalive& planned) {
  net::Keepalive half_closed = planned;
  half_closed.idle_s = std::min(planned.idle_s, kLongestPauseS);
  const int rest_s = planned.idle_s + planned.interval_s * planned.count - half_closed.idle_s;
  // As planned, unless the probes would run out before the patience.
  half_closed.interval_s =
      std::min(std::max(planned.interval_s, DivideUp(rest_s, kMostProbes)), kLongestPauseS);
  half_closed.count = std::min(DivideUp(rest_s, half_closed.interval_s), kMostProbes);
  return half_closed;
}

}  // namespace warmline::relay
