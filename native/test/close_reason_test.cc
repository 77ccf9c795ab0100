// CloseReason: names, and which of them a failure gets.
#include "relay/close_reason.h"

#include <cctype>
#include <cerrno>
#include <optional>
#include <set>
#include <string>

#include "test/check.h"

namespace warmline::relay {
namespace {

constexpr Side kSides[] = {Side::kClient, Side::kUpstream};

const test::Register kNames("every close reason has a name of its own", [] {
  std::set<std::string> names;
  for (std::size_t index = 0; index < kCloseReasonCount; ++index) {
    const std::string name = CloseReasonName(static_cast<CloseReason>(index));
    CHECK(!name.empty());
    CHECK(names.insert(name).second);
  }
  CHECK_EQ(names.size(), kCloseReasonCount);
});

const test::Register kPairs("a leg's event is named after the leg and the event", [] {
  struct Pair {
    LegEvent event;
    std::string name;
  };
  const Pair pairs[] = {
      {LegEvent::kFin, "Fin"},
      {LegEvent::kReset, "Reset"},
      {LegEvent::kResetAfterProbe, "ResetAfterProbe"},
      {LegEvent::kKeepaliveTimeout, "KeepaliveTimeout"},
      {LegEvent::kUserTimeoutIdle, "UserTimeoutIdle"},
      {LegEvent::kUserTimeout, "UserTimeout"},
      {LegEvent::kRetransmissionTimeout, "RetransmissionTimeout"},
      {LegEvent::kZeroWindowTimeout, "ZeroWindowTimeout"},
      {LegEvent::kUnreachable, "Unreachable"},
      {LegEvent::kAborted, "Aborted"},
      {LegEvent::kError, "Error"},
      {LegEvent::kOptionRefused, "OptionRefused"},
  };
  for (const Pair& pair : pairs) {
    for (const Side side : kSides) {
      const std::string leg = side == Side::kClient ? "client" : "upstream";
      CHECK_EQ(std::string(CloseReasonName(ReasonFor(side, pair.event))), leg + pair.name);
    }
    const std::string alone = LegEventName(pair.event);
    CHECK_EQ(alone.substr(1), pair.name.substr(1));
    CHECK_EQ(static_cast<char>(std::toupper(alone.front())), pair.name.front());
  }
});

const test::Register kClean("only two FINs are a clean end", [] {
  std::size_t clean = 0;
  for (std::size_t index = 0; index < kCloseReasonCount; ++index) {
    if (IsClean(static_cast<CloseReason>(index))) ++clean;
  }
  CHECK_EQ(clean, 2U);
  for (const Side side : kSides) CHECK(IsClean(ReasonFor(side, LegEvent::kFin)));
});

// 60 s idle, then 10 s × 3.
constexpr net::Keepalive kAuto{60, 10, 3, 90'000};
constexpr net::Keepalive kLonger{60, 10, 3, 300'000};
constexpr net::Keepalive kWithout{60, 10, 3, 0};
// What a half-closed session makes of 60 s, then 7 s × 3, which is 81 s.
constexpr net::Keepalive kHalfClosed{20, 7, 9, 81'000};

const test::Register kDeaths("a death is told by its errno and by what TCP_INFO shows", [] {
  struct Death {
    int error = 0;
    net::TcpInfo info;
    LegEvent event = LegEvent::kError;
  };
  const net::TcpInfo alive{};
  const Death deaths[] = {
      {ECONNRESET, alive, LegEvent::kReset},
      {EPIPE, alive, LegEvent::kReset},
      {EHOSTUNREACH, {.retransmits = 2}, LegEvent::kUnreachable},
      {ENETUNREACH, alive, LegEvent::kUnreachable},
      {EHOSTDOWN, alive, LegEvent::kUnreachable},
      {ENETDOWN, alive, LegEvent::kUnreachable},
      {ECONNREFUSED, {.retransmits = 2}, LegEvent::kUnreachable},
      {ENOPROTOOPT, {.retransmits = 2}, LegEvent::kUnreachable},
      {EACCES, {.retransmits = 2}, LegEvent::kUnreachable},
      {ECONNABORTED, alive, LegEvent::kAborted},
      {EIO, alive, LegEvent::kError},
      {0, alive, LegEvent::kError},
  };
  for (const Death& death : deaths) {
    CHECK_EQ(ClassifyDeath(death.error, death.info, kAuto), death.event);
    CHECK_EQ(ClassifyDeath(death.error, death.info, std::nullopt), death.event);
  }
});

const test::Register kTimeouts("a timeout is told by what was under way, and by who decided", [] {
  struct Timeout {
    net::TcpInfo info;
    std::optional<net::Keepalive> keepalive;
    LegEvent event = LegEvent::kError;
  };
  const net::TcpInfo probed{.probes = 3, .last_ack_ms = 90'000};
  const net::TcpInfo probed_more{.probes = 24, .last_ack_ms = 300'000};
  const net::TcpInfo in_flight{.retransmits = 5, .last_ack_ms = 20'000};
  const net::TcpInfo closed_window{.probes = 4, .notsent_bytes = 1, .send_mss = 1448};
  const net::TcpInfo shrunk_window{.unacked = 3, .send_mss = 1448, .last_ack_ms = 95'000};
  const net::TcpInfo no_route{
      .probes = 4, .notsent_bytes = 1, .send_mss = 1448, .send_window = 64'000};
  const Timeout timeouts[] = {
      {probed, kAuto, LegEvent::kKeepaliveTimeout},
      {probed, kWithout, LegEvent::kKeepaliveTimeout},
      {probed, std::nullopt, LegEvent::kKeepaliveTimeout},
      {probed, kLonger, LegEvent::kKeepaliveTimeout},
      // The timers' lateness can use up the time of a probe.
      {{.probes = 2, .last_ack_ms = 95'000}, kAuto, LegEvent::kKeepaliveTimeout},
      {probed_more, kLonger, LegEvent::kUserTimeoutIdle},
      {{.probes = 1, .last_ack_ms = 70'000},
       net::Keepalive{60, 10, 3, 80'000},
       LegEvent::kUserTimeoutIdle},
      // Both end at the tick after 83 s, whether or not timers are late.
      {{.probes = 9, .last_ack_ms = 83'000}, kHalfClosed, LegEvent::kKeepaliveTimeout},
      {{.probes = 8, .last_ack_ms = 83'000}, kHalfClosed, LegEvent::kKeepaliveTimeout},
      // As many probes as the plan counts, but not the last of those that were due.
      {{.probes = 3, .last_ack_ms = 48'000},
       net::Keepalive{20, 7, 9, 45'000},
       LegEvent::kUserTimeoutIdle},
      {in_flight, kAuto, LegEvent::kUserTimeout},
      {in_flight, kWithout, LegEvent::kRetransmissionTimeout},
      {in_flight, std::nullopt, LegEvent::kRetransmissionTimeout},
      {{.probes = 2, .retransmits = 1}, kAuto, LegEvent::kUserTimeout},
      {closed_window, kAuto, LegEvent::kZeroWindowTimeout},
      {closed_window, std::nullopt, LegEvent::kZeroWindowTimeout},
      {shrunk_window, kAuto, LegEvent::kZeroWindowTimeout},
      {no_route, kAuto, LegEvent::kUnreachable},
      {{}, kAuto, LegEvent::kUserTimeout},
      {{}, std::nullopt, LegEvent::kRetransmissionTimeout},
  };
  for (const Timeout& timeout : timeouts) {
    CHECK_EQ(ClassifyDeath(ETIMEDOUT, timeout.info, timeout.keepalive), timeout.event);
  }
});

const test::Register kResets("a reset that answers a probe is told apart", [] {
  struct Reset {
    net::TcpInfo info;
    std::optional<net::Keepalive> keepalive;
    LegEvent event = LegEvent::kError;
  };
  const Reset resets[] = {
      {{.probes = 1, .last_ack_ms = 60'000}, kAuto, LegEvent::kResetAfterProbe},
      {{.probes = 1, .last_ack_ms = 20'000}, kHalfClosed, LegEvent::kResetAfterProbe},
      // It had spoken 20 s ago, and the next probe was not due yet.
      {{.probes = 1, .last_ack_ms = 20'000}, kAuto, LegEvent::kReset},
      // It had spoken since the probe.
      {{.probes = 1, .last_ack_ms = 50}, kAuto, LegEvent::kReset},
      {{.probes = 0, .last_ack_ms = 60'000}, kAuto, LegEvent::kReset},
      {{.probes = 1, .retransmits = 1, .last_ack_ms = 60'000}, kAuto, LegEvent::kReset},
      {{.probes = 1, .notsent_bytes = 1, .last_ack_ms = 60'000}, kAuto, LegEvent::kReset},
      {{.probes = 1, .last_ack_ms = 60'000}, std::nullopt, LegEvent::kReset},
  };
  for (const Reset& reset : resets) {
    for (const int error : {ECONNRESET, EPIPE}) {
      CHECK_EQ(ClassifyDeath(error, reset.info, reset.keepalive), reset.event);
    }
  }
});

const test::Register kDials("a failed dial is told by its errno", [] {
  struct Failure {
    int error;
    CloseReason reason;
  };
  const Failure failures[] = {
      {ECONNREFUSED, CloseReason::kDialRefused},    {ENOENT, CloseReason::kDialRefused},
      {ETIMEDOUT, CloseReason::kDialTimeout},       {EHOSTUNREACH, CloseReason::kDialUnreachable},
      {ENETUNREACH, CloseReason::kDialUnreachable}, {EHOSTDOWN, CloseReason::kDialUnreachable},
      {ENETDOWN, CloseReason::kDialUnreachable},    {EMFILE, CloseReason::kDialFdLimit},
      {ENFILE, CloseReason::kDialFdLimit},          {EACCES, CloseReason::kDialFailed},
      {EADDRNOTAVAIL, CloseReason::kDialFailed},    {EAGAIN, CloseReason::kDialFailed},
  };
  for (const Failure& failure : failures) {
    CHECK_EQ(ClassifyDialFailure(failure.error), failure.reason);
  }
});

}  // namespace
}  // namespace warmline::relay
