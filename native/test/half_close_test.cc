// HalfClose: more probes for a session that stays half-closed, and no less patience.
#include "relay/half_close.h"

#include <algorithm>
#include <cstddef>

#include "net/keepalive.h"
#include "test/check.h"
#include "test/net_fixture.h"

namespace warmline::relay {
namespace {

constexpr int kLongest = 20;
constexpr int kLargest = 32'767;
constexpr int kMostProbes = 127;

int Patience(const net::Keepalive& keepalive) {
  return keepalive.idle_s + keepalive.interval_s * keepalive.count;
}

template <typename F>
std::size_t ForEachPlanned(F check) {
  std::size_t checked = 0;
  for (const int idle_s : {1, 2, 19, 20, 21, 45, 60, 300, 1'000, 7'200, kLargest}) {
    for (const int interval_s : {1, 2, 5, 7, 19, 20, 21, 75, 300, kLargest}) {
      for (const int count : {1, 2, 3, 9, 50, 126, kMostProbes}) {
        check(net::Keepalive{idle_s, interval_s, count, 12'345});
        ++checked;
      }
    }
  }
  return checked;
}

const test::Register kExample("a long idle time gives way to a probe every 20 s", [] {
  CHECK(HalfClosedKeepalive({300, 30, 4, 420'000}) == (net::Keepalive{20, 20, 20, 420'000}));
  CHECK(HalfClosedKeepalive({45, 5, 4, 65'000}) == (net::Keepalive{20, 5, 9, 65'000}));
  // What does not come out even is rounded up.
  CHECK(HalfClosedKeepalive({50, 20, 3, 0}) == (net::Keepalive{20, 20, 5, 0}));
});

const test::Register kPauses("no pause is above 20 s, and the kernel takes all of it", [] {
  const std::size_t checked = ForEachPlanned([](const net::Keepalive& planned) {
    const net::Keepalive half_closed = HalfClosedKeepalive(planned);
    CHECK(half_closed.idle_s <= std::min(planned.idle_s, kLongest));
    CHECK(half_closed.interval_s <= kLongest);
    CHECK_EQ(half_closed.user_timeout_ms, planned.user_timeout_ms);
    CHECK(test::Must(net::ProbeKeepalive(half_closed)) ==
          (net::EffectiveKeepalive{true, half_closed}));
  });
  CHECK_EQ(checked, 770U);
});

const test::Register kPatience("the patience is as planned, or all that 127 probes can give", [] {
  ForEachPlanned([](const net::Keepalive& planned) {
    const net::Keepalive half_closed = HalfClosedKeepalive(planned);
    const int most = half_closed.idle_s + kLongest * kMostProbes;
    CHECK(Patience(half_closed) >= std::min(Patience(planned), most));
    // What is rounded up is less than one more pause.
    CHECK(Patience(half_closed) < Patience(planned) + half_closed.interval_s);
  });
});

const test::Register kShort("what probes often enough already stays as it is", [] {
  ForEachPlanned([](const net::Keepalive& planned) {
    if (planned.idle_s > kLongest || planned.interval_s > kLongest) return;
    CHECK(HalfClosedKeepalive(planned) == planned);
  });
});

const test::Register kTwice("what was made shorter once stays as it is", [] {
  ForEachPlanned([](const net::Keepalive& planned) {
    const net::Keepalive half_closed = HalfClosedKeepalive(planned);
    CHECK(HalfClosedKeepalive(half_closed) == half_closed);
  });
});

}  // namespace
}  // namespace warmline::relay
