// Keepalive: what the kernel takes, what it refuses, and what a connection inherits.
#include "net/keepalive.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "net/socket.h"
#include "net/tcp_info.h"
#include "test/check.h"
#include "test/net_fixture.h"

namespace warmline::net {
namespace {

using test::Must;

constexpr Keepalive kSome{.idle_s = 45, .interval_s = 5, .count = 4, .user_timeout_ms = 65'000};

Fd Scratch() { return Must(OpenStream(AF_INET)); }

const test::Register kOff("a fresh socket has keepalive off and no user timeout", [] {
  const Fd fd = Scratch();
  const EffectiveKeepalive effective = Must(ReadKeepalive(fd.get()));
  CHECK(!effective.enabled);
  CHECK_EQ(effective.values.user_timeout_ms, 0);
});

const test::Register kReadBack("what is applied is what is read back", [] {
  const Fd fd = Scratch();
  Must(ApplyKeepalive(fd.get(), kSome));
  CHECK(Must(ReadKeepalive(fd.get())) == (EffectiveKeepalive{true, kSome}));
  CHECK(Must(ProbeKeepalive(kSome)) == (EffectiveKeepalive{true, kSome}));
});

const test::Register kLimits("the smallest and largest values of tcp(7) are taken", [] {
  for (const Keepalive& edge : {Keepalive{1, 1, 1, 0}, Keepalive{32767, 32767, 127, 2147483647}}) {
    CHECK(Must(ProbeKeepalive(edge)) == (EffectiveKeepalive{true, edge}));
  }
});

const test::Register kRefused("a value out of range is EINVAL, with the option's name", [] {
  struct Refusal {
    Keepalive keepalive;
    std::string call;
  };
  const Refusal refusals[] = {
      {{0, 5, 4, 0}, "setsockopt(TCP_KEEPIDLE)"},
      {{32768, 5, 4, 0}, "setsockopt(TCP_KEEPIDLE)"},
      {{45, 0, 4, 0}, "setsockopt(TCP_KEEPINTVL)"},
      {{45, 32768, 4, 0}, "setsockopt(TCP_KEEPINTVL)"},
      {{45, 5, 0, 0}, "setsockopt(TCP_KEEPCNT)"},
      {{45, 5, 128, 0}, "setsockopt(TCP_KEEPCNT)"},
      {{45, 5, 4, -1}, "setsockopt(TCP_USER_TIMEOUT)"},
  };
  for (const Refusal& refusal : refusals) {
    const Result<EffectiveKeepalive> probed = ProbeKeepalive(refusal.keepalive);
    REQUIRE(!probed.ok());
    CHECK_EQ(probed.error().err, EINVAL);
    CHECK_EQ(std::string(probed.error().call), refusal.call);
  }
});

const test::Register kNotTcp("a unix socket refuses the first option, and says which", [] {
  const Fd fd = Must(OpenStream(AF_UNIX));
  const Status applied = ApplyKeepalive(fd.get(), kSome);
  CHECK_EQ(applied.error().err, EOPNOTSUPP);
  CHECK_EQ(std::string(applied.error().call), std::string("setsockopt(TCP_KEEPINTVL)"));
  CHECK(!ReadKeepalive(fd.get()).ok());
});

const test::Register kTurnedOff("turned off, nothing of it stays in force", [] {
  const Fd fd = Scratch();
  Must(SetKeepalive(fd.get(), kSome));
  CHECK(Must(ReadKeepalive(fd.get())).enabled);
  Must(SetKeepalive(fd.get(), std::nullopt));
  CHECK(!Must(ReadKeepalive(fd.get())).enabled);
  CHECK_EQ(Must(ReadKeepalive(fd.get())).values.user_timeout_ms, 0);
});

const test::Register kInherited("an accepted socket has the options of its listener", [] {
  const Fd listener = Must(OpenBound(test::Loopback()));
  Must(ApplyKeepalive(listener.get(), kSome));
  Must(Listen(listener.get(), 1));
  const test::Peer client = test::Peer::Connect(Must(LocalAddress(listener.get())));
  // Too late for the connection that waits.
  Must(ApplyKeepalive(listener.get(), {60, 6, 6, 0}));
  const Fd accepted = std::move(Must(Accept(listener.get())).fd);
  CHECK(Must(ReadKeepalive(accepted.get())) == (EffectiveKeepalive{true, kSome}));
});

// The timer of a connection that stands, from /proc/net/tcp: which one runs, and for how long.
struct ConnectionTimer {
  int kind = 0;  // 2: keepalive, 0: none
  std::uint64_t due_ms = 0;
};
ConnectionTimer TimerOf(int fd) {
  std::ifstream table("/proc/net/tcp");
  const std::uint16_t port = Must(LocalAddress(fd)).port();
  const auto hex = [](const std::string& digits) { return std::stoul(digits, nullptr, 16); };
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    // proc_net_tcp.rst: the timer's kind, and its time in clock ticks.
    std::string number, local, remote, state, queues, timer;
    std::istringstream(line) >> number >> local >> remote >> state >> queues >> timer;
    constexpr unsigned long kEstablished = 1;
    if (hex(local.substr(local.find(':') + 1)) != port || hex(state) != kEstablished) continue;
    const auto ticks_a_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    return {static_cast<int>(hex(timer.substr(0, 2))),
            hex(timer.substr(3)) * 1'000 / ticks_a_second};
  }
  test::BailOut("no such connection in /proc/net/tcp");
}

void CheckProbedWithin(int fd, std::uint64_t limit_ms) {
  const ConnectionTimer timer = TimerOf(fd);
  CHECK_EQ(timer.kind, 2);
  // Not much earlier either: the machine may be slow, but not by half.
  CHECK(timer.due_ms <= limit_ms && timer.due_ms > limit_ms / 2);
}

const test::Register kMoved("on a live connection the next probe moves with the idle time", [] {
  const test::Connection connection = test::ConnectTcp();
  const int fd = connection.ours.get();
  CHECK_EQ(TimerOf(fd).kind, 0);
  for (const int idle_s : {7'200, 100, 3'000, 100}) {
    Must(ApplyKeepalive(fd, {idle_s, 75, 9, 0}));
    CheckProbedWithin(fd, static_cast<std::uint64_t>(idle_s) * 1'000);
  }
  Must(SetKeepalive(fd, std::nullopt));
  CHECK_EQ(TimerOf(fd).kind, 0);
  Must(ApplyKeepalive(fd, {100, 75, 9, 0}));
  CheckProbedWithin(fd, 100'000);
});

const test::Register kElapsed("time that was idle already counts, so that a probe may be due", [] {
  const test::Connection connection = test::ConnectTcp();
  const int fd = connection.ours.get();
  Must(ApplyKeepalive(fd, {7'200, 75, 9, 0}));
  test::AwaitUntil("it was idle for a while",
                   [&] { return Must(ReadTcpInfo(fd)).last_ack_ms >= 1'100; });
  const std::uint32_t before = Must(ReadTcpInfo(fd)).empty_segments;
  Must(ApplyKeepalive(fd, {1, 75, 9, 0}));
  test::AwaitUntil("it is probed", [&] { return Must(ReadTcpInfo(fd)).empty_segments > before; });
});

const test::Register kHolds("what is held is what was asked for, in every value, or is off", [] {
  CHECK(Holds({true, kSome}, kSome));
  CHECK(!Holds({false, kSome}, kSome));
  CHECK(Holds({false, kSome}, std::nullopt));
  CHECK(!Holds({true, kSome}, std::nullopt));
  for (int Keepalive::*value : {&Keepalive::idle_s, &Keepalive::interval_s, &Keepalive::count,
                                &Keepalive::user_timeout_ms}) {
    Keepalive other = kSome;
    ++(other.*value);
    CHECK(!Holds({true, other}, kSome));
  }
});

}  // namespace
}  // namespace warmline::net
