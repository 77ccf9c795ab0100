// Keepalive: what the kernel takes, what it refuses, and what a connection inherits.
#include "net/keepalive.h"

#include <cerrno>
#include <string>

#include "net/socket.h"
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

}  // namespace
}  // namespace warmline::net
