// Liveness: what is told of a peer, over sequences of answers and silence.
#include "relay/liveness.h"

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>

#include "test/check.h"
#include "test/random.h"

namespace warmline::relay {
namespace {

using Change = Liveness::Change;

// A leg under a clock of its own. Each look is `later_ms` after what happened before.
class Path {
 public:
  explicit Path(std::uint64_t now_ms = 1'000'000) : now_ms_(now_ms), heard_ms_(now_ms) {}

  void Hear(std::uint64_t later_ms) { heard_ms_ = now_ms_ += later_ms; }
  Change LookCalm(std::uint64_t later_ms) { return Look(later_ms, {}); }
  // An unanswered probe.
  Change LookTroubled(std::uint64_t later_ms) { return Look(later_ms, {.probes = 1}); }
  Change Look(std::uint64_t later_ms, net::TcpInfo info) {
    now_ms_ += later_ms;
    info.last_ack_ms = static_cast<std::uint32_t>(now_ms_ - heard_ms_);
    return liveness_.Look(info, idle_ms_, now_ms_);
  }
  void ProbeAfter(std::uint64_t idle_ms) { idle_ms_ = idle_ms; }
  void Wake() { liveness_.Wake(); }
  // How much later it is looked at again, to the millisecond; at most `longest_ms`.
  [[nodiscard]] std::uint64_t RestMs(std::uint64_t longest_ms) const {
    std::uint64_t rest_ms = 0;
    while (rest_ms < longest_ms && !liveness_.IsDue(now_ms_ + rest_ms)) ++rest_ms;
    return rest_ms;
  }
  void BecomeSuspect() {
    CHECK_EQ(LookTroubled(1'000), Change::kNone);
    CHECK_EQ(LookTroubled(1'000), Change::kSuspect);
  }

  [[nodiscard]] bool is_suspect() const { return liveness_.is_suspect(); }
  [[nodiscard]] std::uint64_t now_ms() const { return now_ms_; }

 private:
  std::uint64_t now_ms_;
  std::uint64_t heard_ms_;
  std::uint64_t idle_ms_ = 7'200'000;
  Liveness liveness_;
};

const test::Register kFresh("a leg is proven until something goes unanswered", [] {
  Path path;
  CHECK(!path.is_suspect());
  CHECK_EQ(path.LookCalm(0), Change::kNone);
  CHECK_EQ(path.LookCalm(3'600'000), Change::kNone);
  CHECK(!path.is_suspect());
});

const test::Register kTwice("no answer from one look to the next makes a leg suspect", [] {
  Path path;
  CHECK_EQ(path.LookTroubled(1'000), Change::kNone);
  CHECK(!path.is_suspect());
  CHECK_EQ(path.LookTroubled(1'000), Change::kSuspect);
  CHECK(path.is_suspect());
});

const test::Register kEither("retransmissions make suspect as probes do, also in turns", [] {
  const net::TcpInfo probing{.probes = 3};
  const net::TcpInfo retransmitting{.retransmits = 1, .unacked = 2};
  for (const net::TcpInfo& first : {probing, retransmitting}) {
    for (const net::TcpInfo& second : {probing, retransmitting}) {
      Path path;
      CHECK_EQ(path.Look(1'000, first), Change::kNone);
      CHECK_EQ(path.Look(1'000, second), Change::kSuspect);
    }
  }
});

const test::Register kInFlight("what is in flight and not retransmitted is no trouble", [] {
  Path path;
  for (int i = 0; i < 10; ++i) {
    CHECK_EQ(path.Look(1'000, {.unacked = 10, .notsent_bytes = 1'000'000}), Change::kNone);
  }
});

const test::Register kAnswered("an answered probe takes the doubt back, and nothing is told", [] {
  Path path;
  CHECK_EQ(path.LookTroubled(1'000), Change::kNone);
  path.Hear(500);
  CHECK_EQ(path.LookCalm(500), Change::kNone);
  // The doubt is gone: the next one needs two looks as well.
  CHECK_EQ(path.LookTroubled(1'000), Change::kNone);
  CHECK_EQ(path.LookTroubled(1'000), Change::kSuspect);
});

const test::Register kAnew("an answer between two troubled looks starts the doubt anew", [] {
  Path path;
  // Each look meets a probe on its way, and each was preceded by an answer.
  CHECK_EQ(path.LookTroubled(1'000), Change::kNone);
  for (int i = 0; i < 20; ++i) {
    path.Hear(400);
    CHECK_EQ(path.LookTroubled(600), Change::kNone);
  }
  CHECK_EQ(path.LookTroubled(1'000), Change::kSuspect);
});

const test::Register kBefore("an answer from before the doubt is none to it", [] {
  Path path;
  path.Hear(0);
  CHECK_EQ(path.LookTroubled(1), Change::kNone);
  CHECK_EQ(path.LookTroubled(1), Change::kSuspect);
});

const test::Register kOnce("a suspect leg is told of once, however long it stays silent", [] {
  Path path;
  path.BecomeSuspect();
  for (int i = 0; i < 1'000; ++i) CHECK_EQ(path.LookTroubled(1'000), Change::kNone);
  CHECK(path.is_suspect());
});

const test::Register kCalm("a suspect leg is proven again after 5 s without trouble", [] {
  Path path;
  path.BecomeSuspect();
  path.Hear(100);
  CHECK_EQ(path.LookCalm(4'899), Change::kNone);
  CHECK(path.is_suspect());
  CHECK_EQ(path.LookCalm(1), Change::kProven);
  CHECK(!path.is_suspect());
  CHECK_EQ(path.LookCalm(10'000), Change::kNone);
});

const test::Register kRestart("trouble in between starts the 5 s again", [] {
  Path path;
  path.BecomeSuspect();
  CHECK_EQ(path.LookCalm(4'000), Change::kNone);
  // Even if the peer answered just before.
  path.Hear(10);
  CHECK_EQ(path.LookTroubled(10), Change::kNone);
  CHECK_EQ(path.LookCalm(4'999), Change::kNone);
  CHECK(path.is_suspect());
  CHECK_EQ(path.LookCalm(1), Change::kProven);
});

const test::Register kFlapping("a path that flaps faster than that is told of once", [] {
  Path path;
  path.BecomeSuspect();
  for (int i = 0; i < 1'000; ++i) {
    path.Hear(500);
    CHECK_EQ(path.LookCalm(4'000), Change::kNone);
    CHECK_EQ(path.LookTroubled(500), Change::kNone);
  }
  CHECK(path.is_suspect());
});

const test::Register kWrapped("the clock's low half may wrap around at any point", [] {
  constexpr std::uint64_t kWrap = std::uint64_t{1} << 32U;
  for (std::uint64_t before = 0; before <= 8'000; before += 500) {
    Path path(kWrap - before);
    CHECK_EQ(path.LookTroubled(0), Change::kNone);
    path.Hear(500);
    CHECK_EQ(path.LookTroubled(500), Change::kNone);
    CHECK_EQ(path.LookTroubled(1'000), Change::kSuspect);
    CHECK_EQ(path.LookCalm(4'999), Change::kNone);
    CHECK_EQ(path.LookCalm(1), Change::kProven);
  }
});

// What is told has to alternate, no suspicion comes within 5 s of the one before, and none while
// the peer answers between the looks.
void CheckRandomPath(std::uint64_t seed) {
  test::Random random(seed);
  Path path(random.Next());
  std::optional<std::uint64_t> suspect_since_ms;
  bool heard = true;
  bool suspect = false;
  for (int i = 0; i < 2'000; ++i) {
    if (random.Below(4) == 0) {
      path.Hear(1 + random.Below(900));
      heard = true;
    }
    const std::uint64_t later_ms = 1 + random.Below(2'000);
    const bool troubled = random.Below(4) < seed % 4 + 1;
    const Change change = troubled ? path.LookTroubled(later_ms) : path.LookCalm(later_ms);
    if (change == Change::kSuspect) {
      CHECK(!suspect && troubled && !heard);
      CHECK(!suspect_since_ms.has_value() || path.now_ms() - *suspect_since_ms >= 5'000);
      suspect_since_ms = path.now_ms();
    }
    if (change == Change::kProven) CHECK(suspect && !troubled);
    if (change != Change::kNone) suspect = change == Change::kSuspect;
    CHECK_EQ(path.is_suspect(), suspect);
    heard = false;
  }
}

const test::Register kRests("a proven leg rests until its peer is probed", [] {
  Path path;
  path.ProbeAfter(10'000);
  CHECK_EQ(path.RestMs(20'000), 0U);
  CHECK_EQ(path.LookCalm(0), Change::kNone);
  CHECK_EQ(path.RestMs(20'000), 10'000U);
  CHECK_EQ(path.LookCalm(4'000), Change::kNone);
  CHECK_EQ(path.RestMs(20'000), 6'000U);
  path.Hear(1'000);
  CHECK_EQ(path.LookCalm(0), Change::kNone);
  CHECK_EQ(path.RestMs(20'000), 10'000U);
  // The probe is due now, and may have gone unanswered.
  CHECK_EQ(path.LookCalm(10'000), Change::kNone);
  CHECK_EQ(path.RestMs(20'000), 0U);
});

const test::Register kRestsLong("it rests for a minute at the most", [] {
  Path path;
  for (const std::uint64_t idle_ms : {7'200'000UL, std::numeric_limits<std::uint64_t>::max()}) {
    path.ProbeAfter(idle_ms);
    CHECK_EQ(path.LookCalm(1), Change::kNone);
    CHECK_EQ(path.RestMs(120'000), 60'000U);
  }
});

const test::Register kRestless("no leg rests with something in flight, in doubt or suspect", [] {
  Path path;
  for (const net::TcpInfo& in_flight : {net::TcpInfo{.unacked = 1}, {.notsent_bytes = 1}}) {
    CHECK_EQ(path.Look(1, in_flight), Change::kNone);
    CHECK_EQ(path.RestMs(1), 0U);
  }
  CHECK_EQ(path.LookTroubled(1), Change::kNone);
  CHECK_EQ(path.RestMs(1), 0U);
  CHECK_EQ(path.LookTroubled(1), Change::kSuspect);
  CHECK_EQ(path.RestMs(1), 0U);
  CHECK_EQ(path.LookCalm(1'000), Change::kNone);
  CHECK_EQ(path.RestMs(1), 0U);
  CHECK_EQ(path.LookCalm(4'000), Change::kProven);
  CHECK(path.RestMs(1) > 0);
});

const test::Register kWoken("what is sent ends the rest", [] {
  Path path;
  CHECK_EQ(path.LookCalm(1), Change::kNone);
  path.Wake();
  CHECK_EQ(path.RestMs(1), 0U);
});

const test::Register kRestWrapped("a rest may be under way when the clock's low half wraps", [] {
  constexpr std::uint64_t kWrap = std::uint64_t{1} << 32U;
  for (std::uint64_t before = 0; before <= 12'000; before += 1'000) {
    Path path(kWrap - before);
    path.ProbeAfter(10'000);
    CHECK_EQ(path.LookCalm(0), Change::kNone);
    CHECK_EQ(path.RestMs(20'000), 10'000U);
  }
});

const test::Register kRandom("no sequence is told of more often than 5 s allow", [] {
  for (std::uint64_t seed = 0; seed < 100; ++seed) CheckRandomPath(seed);
});

const test::Register kSmall("a leg's liveness takes 8 bytes", [] { CHECK(sizeof(Liveness) <= 8); });

}  // namespace
}  // namespace warmline::relay
