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

constexpr int kUserTimeoutMs = 30'000;

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
  bool lifted = false;
  CHECK_EQ(Must(LookAtWindow(fd, kUserTimeoutMs, lifted)), WindowState::kSettled);
  CHECK(!lifted);
  CHECK_EQ(UserTimeout(fd), kUserTimeoutMs);
});

const test::Register kSpared("a closed window lifts the user timeout until it opens again", [] {
  const ClosedWindow leg;
  bool lifted = false;
  CHECK_EQ(Must(LookAtWindow(leg.fd, kUserTimeoutMs, lifted)), WindowState::kWaiting);
  CHECK(lifted);
  CHECK_EQ(UserTimeout(leg.fd), 0);

  CHECK_EQ(leg.connection.theirs.Read(leg.sent).size(), leg.sent);
  test::AwaitUntil("the leg is settled", [&] {
    return Must(LookAtWindow(leg.fd, kUserTimeoutMs, lifted)) == WindowState::kSettled;
  });
  CHECK(!lifted);
  CHECK_EQ(UserTimeout(leg.fd), kUserTimeoutMs);
});

int LongestRetryMs(int fd) {
  constexpr int kTcpRtoMaxMs = 44;  // linux/tcp.h of 6.15; older headers lack it
  int longest_ms = 0;
  socklen_t length = sizeof longest_ms;
  REQUIRE(::getsockopt(fd, IPPROTO_TCP, kTcpRtoMaxMs, &longest_ms, &length) == 0);
  return longest_ms;
}

const test::Register kRetries("window probes come three times in a user timeout, as it is now", [] {
  const ClosedWindow leg;
  if (!net::SetLongestRetry(leg.fd, 120'000).ok()) {
    test::Skip("TCP_RTO_MAX_MS is missing: Linux 6.15");
    return;
  }
  bool lifted = false;
  for (const int user_timeout_ms : {kUserTimeoutMs, 6'000, 90'000}) {
    CHECK_EQ(Must(LookAtWindow(leg.fd, user_timeout_ms, lifted)), WindowState::kWaiting);
    CHECK(lifted);
    CHECK_EQ(LongestRetryMs(leg.fd), user_timeout_ms / 3);
  }
});

const test::Register kInterval("a leg is looked at four times within its user timeout", [] {
  CHECK_EQ(LookIntervalMs(30'000), 7'500U);
  CHECK_EQ(LookIntervalMs(1), 20U);
});

const test::Register kNotTcp("a leg that is no TCP socket is an error, not a verdict", [] {
  const test::Connection connection = test::ConnectUnix();
  bool lifted = false;
  CHECK(!LookAtWindow(connection.ours.get(), kUserTimeoutMs, lifted).ok());
});

}  // namespace
}  // namespace warmline::relay
