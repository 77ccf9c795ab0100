// ZeroWindow: a slow peer's leg is spared, and put back under its user timeout afterwards.
#include "relay/zero_window.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "net/keepalive.h"
#include "net/socket.h"
#include "net/tcp_info.h"
#include "test/check.h"
#include "test/net_fixture.h"

namespace warmline::relay {
namespace {

using test::Must;

constexpr int kUserTimeoutMs = 32'000;
constexpr std::uint64_t kNowMs = 1'000'000;

int UserTimeout(int fd) { return Must(net::ReadKeepalive(fd)).values.user_timeout_ms; }

// A leg under a user timeout whose peer has stopped reading: nothing in flight, much unsent.
struct ClosedWindow {
  ClosedWindow() {
    Must(net::SetUserTimeout(fd, kUserTimeoutMs));
    const std::string bytes(1024 * 1024, 'x');
    for (ssize_t n = 0; (n = ::send(fd, bytes.data(), bytes.size(), 0)) > 0;) {
      sent += static_cast<std::size_t>(n);
    }
    test::AwaitUntil("the window is closed", [&] {
      const net::TcpInfo info = Must(net::ReadTcpInfo(fd));
      return info.unacked == 0 && info.notsent_bytes > 0;
    });
  }

  test::Connection connection = test::ConnectTcp();
  int fd = connection.ours.get();
  std::size_t sent = 0;
};

const test::Register kSettled("a leg that owes nothing is settled and left alone", [] {
  const test::Connection connection = test::ConnectTcp();
  const int fd = connection.ours.get();
  Must(net::SetUserTimeout(fd, kUserTimeoutMs));
  WindowWatch watch;
  CHECK_EQ(Must(watch.Look(fd, kUserTimeoutMs, kNowMs)), WindowState::kSettled);
  CHECK(!watch.has_lifted());
  CHECK_EQ(UserTimeout(fd), kUserTimeoutMs);
});

const test::Register kSpared("a closed window lifts the user timeout until it opens again", [] {
  const ClosedWindow leg;
  WindowWatch watch;
  CHECK_EQ(Must(watch.Look(leg.fd, kUserTimeoutMs, kNowMs)), WindowState::kWaiting);
  CHECK(watch.has_lifted());
  CHECK_EQ(UserTimeout(leg.fd), 0);

  CHECK_EQ(leg.connection.theirs.Read(leg.sent).size(), leg.sent);
  test::AwaitUntil("the leg is settled", [&] {
    return Must(watch.Look(leg.fd, kUserTimeoutMs, kNowMs)) == WindowState::kSettled;
  });
  CHECK(!watch.has_lifted());
  CHECK_EQ(UserTimeout(leg.fd), kUserTimeoutMs);
});

int LongestRetryMs(int fd) {
  constexpr int kTcpRtoMaxMs = 44;  // linux/tcp.h of 6.15; older headers lack it
  int longest_ms = 0;
  socklen_t length = sizeof longest_ms;
  REQUIRE(::getsockopt(fd, IPPROTO_TCP, kTcpRtoMaxMs, &longest_ms, &length) == 0);
  return longest_ms;
}

const test::Register kRetries("window probes come eight times in a user timeout, as it is now", [] {
  const ClosedWindow leg;
  if (!net::SetLongestRetry(leg.fd, 120'000).ok()) {
    test::Skip("TCP_RTO_MAX_MS is missing: Linux 6.15");
    return;
  }
  WindowWatch watch;
  for (const int user_timeout_ms : {kUserTimeoutMs, 16'000, 96'000}) {
    CHECK_EQ(Must(watch.Look(leg.fd, user_timeout_ms, kNowMs)), WindowState::kWaiting);
    CHECK(watch.has_lifted());
    CHECK_EQ(LongestRetryMs(leg.fd), user_timeout_ms / 8);
  }
});

const test::Register kInterval("a leg is looked at four times within its user timeout", [] {
  const WindowWatch watch;
  CHECK_EQ(watch.LookIntervalMs(30'000), 7'500U);
  CHECK_EQ(watch.LookIntervalMs(1), 20U);
});

const test::Register kLiftedInterval("every second while the timeout is lifted", [] {
  const ClosedWindow leg;
  WindowWatch watch;
  CHECK_EQ(Must(watch.Look(leg.fd, kUserTimeoutMs, kNowMs)), WindowState::kWaiting);
  CHECK_EQ(watch.LookIntervalMs(30'000), 1'000U);
  CHECK_EQ(watch.LookIntervalMs(2'000), 500U);
});

const test::Register kHeldUp("who was slow once is spared from the next byte on", [] {
  const ClosedWindow leg;
  WindowWatch watch;
  Must(watch.NoteSent(leg.fd, kNowMs));
  CHECK_EQ(UserTimeout(leg.fd), kUserTimeoutMs);
  (void)Must(watch.Look(leg.fd, kUserTimeoutMs, kNowMs));
  CHECK_EQ(leg.connection.theirs.Read(leg.sent).size(), leg.sent);
  test::AwaitUntil("the leg is settled", [&] {
    return Must(watch.Look(leg.fd, kUserTimeoutMs, kNowMs)) == WindowState::kSettled;
  });
  CHECK_EQ(UserTimeout(leg.fd), kUserTimeoutMs);
  Must(watch.NoteSent(leg.fd, kNowMs));
  CHECK_EQ(UserTimeout(leg.fd), 0);
});

const test::Register kMissed("a stall between two looks is seen by the time it took", [] {
  const ClosedWindow leg;
  test::AwaitUntil("it is long enough for a window probe",
                   [&] { return Must(net::ReadTcpInfo(leg.fd)).window_limited_ms >= 200; });
  CHECK_EQ(leg.connection.theirs.Read(leg.sent).size(), leg.sent);
  test::AwaitUntil("everything is acknowledged",
                   [&] { return Must(net::UnacknowledgedBytes(leg.fd)) == 0; });
  WindowWatch watch;
  CHECK_EQ(Must(watch.Look(leg.fd, kUserTimeoutMs, kNowMs)), WindowState::kSettled);
  CHECK(!watch.has_lifted());
  Must(watch.NoteSent(leg.fd, kNowMs));
  CHECK(watch.has_lifted());
});

const test::Register kShrunk("a peer that drops what is in flight, and says so, is spared too", [] {
  const test::Connection connection = test::ConnectTcp();
  const int fd = connection.ours.get();
  Must(net::PrepareTcp(fd, true));
  Must(net::SetUserTimeout(fd, kUserTimeoutMs));
  Must(
      net::SetIntOption(connection.theirs.fd(), SOL_SOCKET, SO_RCVBUF, 1, "setsockopt(SO_RCVBUF)"));
  // Many small segments take more room there than their bytes.
  test::AwaitUntil("the window is shut in front of data in flight", [&] {
    (void)::send(fd, "x", 1, 0);
    const net::TcpInfo info = Must(net::ReadTcpInfo(fd));
    return info.unacked > 0 && info.send_window == 0;
  });
  WindowWatch watch;
  CHECK_EQ(Must(watch.Look(fd, kUserTimeoutMs, kNowMs)), WindowState::kWaiting);
  CHECK(watch.has_lifted());
  CHECK_EQ(UserTimeout(fd), 0);
});

const test::Register kReleased("retries are the kernel's own again once nothing is owed", [] {
  const ClosedWindow leg;
  if (!net::SetLongestRetry(leg.fd, 120'000).ok()) {
    test::Skip("TCP_RTO_MAX_MS is missing: Linux 6.15");
    return;
  }
  WindowWatch watch;
  (void)Must(watch.Look(leg.fd, kUserTimeoutMs, kNowMs));
  CHECK_EQ(LongestRetryMs(leg.fd), kUserTimeoutMs / 8);
  watch.Release(leg.fd);
  CHECK(!watch.has_lifted());
  CHECK_EQ(LongestRetryMs(leg.fd), 120'000);
});

const test::Register kNotTcp("a leg that is no TCP socket is an error, not a verdict", [] {
  const test::Connection connection = test::ConnectUnix();
  WindowWatch watch;
  CHECK(!watch.Look(connection.ours.get(), kUserTimeoutMs, kNowMs).ok());
});

}  // namespace
}  // namespace warmline::relay
