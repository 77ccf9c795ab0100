#include "relay/zero_window.h"

#include <algorithm>

#include "net/keepalive.h"
#include "net/tcp_info.h"

namespace warmline::relay {
namespace {

// The count goes back to zero with every answer, so three mean that two in a row are lost for sure.
constexpr int kUnansweredProbes = 3;

int LongestRetryMs(int user_timeout_ms) {
  return std::clamp(user_timeout_ms / kUnansweredProbes, 1'000, 120'000);
}

}  // namespace

std::uint64_t LookIntervalMs(int user_timeout_ms) {
  return std::max<std::uint64_t>(static_cast<std::uint64_t>(user_timeout_ms) / 4, 20);
}

net::Result<WindowState> LookAtWindow(int fd, int user_timeout_ms, bool& lifted) {
  const net::Result<net::TcpInfo> read = net::ReadTcpInfo(fd);
  if (!read.ok()) return read.error();
  const net::TcpInfo& info = read.value();
  const bool window_closed = info.unacked == 0 && info.notsent_bytes > 0;
  if (window_closed != lifted) {
    const net::Status set = net::SetUserTimeout(fd, window_closed ? 0 : user_timeout_ms);
    if (!set.ok()) return set.error();
    lifted = window_closed;
  }
  // Probes come at most this far apart, so that a dead peer is missed after about one user timeout.
  // Older kernels double the pause up to 120 s, and it takes up to three of those. At every look,
  // for the user timeout may have been changed.
  if (window_closed) (void)net::SetLongestRetry(fd, LongestRetryMs(user_timeout_ms)).ok();
  if (window_closed && info.probes >= kUnansweredProbes &&
      info.last_ack_ms >= static_cast<std::uint32_t>(user_timeout_ms)) {
    return WindowState::kPeerGone;
  }
  return info.unacked == 0 && info.notsent_bytes == 0 ? WindowState::kSettled
                                                      : WindowState::kWaiting;
}

}  // namespace warmline::relay
