#include "relay/zero_window.h"

#include <algorithm>

#include "net/keepalive.h"
#include "net/tcp_info.h"

namespace warmline::relay {
namespace {

// The count goes back to zero with every answer, so three mean that two in a row are lost for sure.
constexpr int kUnansweredProbes = 3;
// The first window probe comes no sooner after the window has closed: TCP_RTO_MIN in net/tcp.h.
constexpr std::uint32_t kFirstProbeMs = 200;
constexpr int kLongestRetryMs = 120'000;  // the kernel's own: TCP_RTO_MAX
constexpr int kRetriesInTimeout = 8;
constexpr std::uint64_t kLiftedLookMs = 1'000;
constexpr std::uint64_t kLeastLookMs = 20;

// Dense enough to hear a peer again soon after its path has come back.
int LongestRetryMs(int user_timeout_ms) {
  return std::clamp(user_timeout_ms / kRetriesInTimeout, 1'000, kLongestRetryMs);
}

bool Owes(const net::TcpInfo& info) { return info.unacked > 0 || info.notsent_bytes > 0; }

// Of what was in flight when the peer shrank its window, the kernel counts no retransmissions: they
// are its window probes then (tcp_retransmit_timer() in net/ipv4/tcp_timer.c). One that is not just
// on its way has gone unanswered when nothing was heard since.
bool HasUnanswered(const net::TcpInfo& info, std::uint32_t patience_ms) {
  if (info.retransmits > 0 || info.probes >= kUnansweredProbes) return true;
  return info.unacked > 0 && info.last_sent_ms >= patience_ms &&
         info.last_sent_ms + kFirstProbeMs <= info.last_ack_ms;
}

}  // namespace

net::Result<WindowState> WindowWatch::Look(int fd, int user_timeout_ms, std::uint64_t now_ms) {
  const net::Result<net::TcpInfo> read = net::ReadTcpInfo(fd);
  if (!read.ok()) return read.error();
  const net::TcpInfo& info = read.value();
  // A closed window that nobody looked at may have set the kernel's clock going as well.
  if (net::IsWindowClosed(info) || info.window_limited_ms >= kFirstProbeMs) held_up_ = true;
  const bool lift = held_up_ && Owes(info);
  if (lift != lifted_) {
    const net::Status set = net::SetUserTimeout(fd, lift ? 0 : user_timeout_ms);
    if (!set.ok()) return set.error();
    if (!lift) Release(fd);
    lifted_ = lift;
  }
  if (!Owes(info)) {
    owes_ = false;
    return WindowState::kSettled;
  }
  NoteOwing(now_ms);
  if (!lifted_) return WindowState::kWaiting;
  // Probes and retransmissions come at most this far apart, so that a dead peer is missed soon
  // after the user timeout. Kernels before 6.15 double the pause up to 120 s. At every look, for
  // the user timeout may have been changed.
  const int longest_retry_ms = LongestRetryMs(user_timeout_ms);
  (void)net::SetLongestRetry(fd, longest_retry_ms).ok();
  // Silence from before it owed anything is not the peer's fault. And one more probe has a chance.
  const std::uint32_t silent_ms =
      std::min(info.last_ack_ms, static_cast<std::uint32_t>(now_ms) - owes_since_ms_);
  const std::int64_t allowed_ms =
      std::int64_t{user_timeout_ms} + (info.retransmits > 0 ? 0 : longest_retry_ms);
  const bool is_late = std::int64_t{silent_ms} >= allowed_ms;
  const auto patience_ms = static_cast<std::uint32_t>(LookIntervalMs(user_timeout_ms));
  return is_late && HasUnanswered(info, patience_ms) ? WindowState::kPeerGone
                                                     : WindowState::kWaiting;
}

net::Status WindowWatch::NoteSent(int fd, std::uint64_t now_ms) {
  NoteOwing(now_ms);
  if (!held_up_ || lifted_) return {};
  lifted_ = true;
  return net::SetUserTimeout(fd, 0);
}

void WindowWatch::NoteOwing(std::uint64_t now_ms) {
  if (owes_) return;
  owes_ = true;
  owes_since_ms_ = static_cast<std::uint32_t>(now_ms);
}

void WindowWatch::Release(int fd) {
  if (!lifted_) return;
  lifted_ = false;
  (void)net::SetLongestRetry(fd, kLongestRetryMs).ok();
}

std::uint64_t WindowWatch::LookIntervalMs(int user_timeout_ms) const {
  const std::uint64_t quarter = static_cast<std::uint64_t>(user_timeout_ms) / 4;
  return std::max(lifted_ ? std::min(quarter, kLiftedLookMs) : quarter, kLeastLookMs);
}

}  // namespace warmline::relay
