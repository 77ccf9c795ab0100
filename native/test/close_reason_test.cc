// CloseReason: names, and which of them a failure gets.
#include "relay/close_reason.h"

#include <cerrno>
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
      {LegEvent::kKeepaliveTimeout, "KeepaliveTimeout"},
      {LegEvent::kUserTimeout, "UserTimeout"},
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

const test::Register kDeaths("a death is told by its errno and by what TCP_INFO shows", [] {
  struct Death {
    int error = 0;
    net::TcpInfo info;
    LegEvent event = LegEvent::kError;
  };
  const net::TcpInfo alive{};
  const Death deaths[] = {
      {ECONNRESET, alive, LegEvent::kReset},
      {ECONNRESET, {.probes = 1, .last_ack_recv_ms = 60'000}, LegEvent::kReset},
      {EPIPE, alive, LegEvent::kReset},
      {ETIMEDOUT, {.probes = 3, .last_ack_recv_ms = 60'000}, LegEvent::kKeepaliveTimeout},
      // Retransmitted in vain.
      {ETIMEDOUT, {.retransmits = 5, .last_ack_recv_ms = 20'000}, LegEvent::kUserTimeout},
      {ETIMEDOUT, {.probes = 2, .retransmits = 1}, LegEvent::kUserTimeout},
      // Behind a closed window.
      {ETIMEDOUT, {.probes = 4, .notsent_bytes = 1}, LegEvent::kUserTimeout},
      {ETIMEDOUT, alive, LegEvent::kUserTimeout},
      {EHOSTUNREACH, {.retransmits = 2}, LegEvent::kUnreachable},
      {ENETUNREACH, alive, LegEvent::kUnreachable},
      {EHOSTDOWN, alive, LegEvent::kUnreachable},
      {ENETDOWN, alive, LegEvent::kUnreachable},
      {ECONNABORTED, alive, LegEvent::kAborted},
      {EIO, alive, LegEvent::kError},
      {0, alive, LegEvent::kError},
  };
  for (const Death& death : deaths) CHECK_EQ(ClassifyDeath(death.error, death.info), death.event);
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
