#include "engine/acceptor.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "net/keepalive.h"

namespace warmline::engine {
namespace {

// Bounds a turn; the rest is reported again, to whichever worker is free.
constexpr int kAcceptBatch = 64;
constexpr std::uint64_t kRetryMs = 100;
constexpr std::uint64_t kEpisodeQuietMs = 1000;

// Errors of the connection that was about to be accepted, which accept(2) passes on. Any other,
// above all EMFILE and ENFILE, would come again at once.
bool IsOfOneConnection(int error) {
  constexpr std::array kErrors{ECONNABORTED, EINTR,       EPROTO,    EPERM,
                               ENOPROTOOPT,  ENETDOWN,    EHOSTDOWN, EHOSTUNREACH,
                               EOPNOTSUPP,   ENETUNREACH, ENONET,    ETIMEDOUT};
  return std::find(kErrors.begin(), kErrors.end(), error) != kErrors.end();
}

}  // namespace

Acceptor::Acceptor(AcceptorOwner& owner, std::shared_ptr<Listener> listener,
                   relay::RouteState& route)
    : owner_(owner), listener_(std::move(listener)), route_(&route) {
  Resume();
}

Acceptor::~Acceptor() {
  owner_.accept_timers().Disarm(*this);
  owner_.poller().Remove(listener_->fd());
}

void Acceptor::OnReadable() {
  for (int i = 0; i < kAcceptBatch; ++i) {
    if (AcceptOne(false) != Next::kMore) return;
  }
}

void Acceptor::OnTimer() {
  Resume();
  if (owner_.turn_ms() - last_refusal_ms_ < kEpisodeQuietMs) {
    owner_.accept_timers().Arm(*this, owner_.turn_ms() + kRetryMs);
    return;
  }
  in_episode_ = false;
  owner_.TellEvent(AcceptResumed{route_->route, owner_.turn_ms() - episode_began_ms_});
}

void Acceptor::Pause(const net::SysError& cause) {
  last_refusal_ms_ = owner_.turn_ms();
  if (!in_episode_) {
    in_episode_ = true;
    episode_began_ms_ = owner_.turn_ms();
    route_->counters->accept_pauses.Add(1);
    owner_.TellEvent(AcceptPaused{route_->route, cause});
  }
  if (!paused_) owner_.poller().Remove(listener_->fd());
  paused_ = true;
  owner_.accept_timers().Arm(*this, owner_.turn_ms() + kRetryMs);
}

void Acceptor::Resume() {
  if (!paused_) return;
  paused_ = false;
  // Level-triggered, so that connections which wait already are reported; exclusive, so that one
  // connection does not wake every worker: epoll_ctl(2).
  net::Status added =
      owner_.poller().Add(listener_->fd(), EPOLLIN | EPOLLEXCLUSIVE, {Tag::kAcceptor, this});
  if (!added.ok()) Pause(added.error());
}

void Acceptor::AcceptWaiting() {
  while (AcceptOne(false) == Next::kMore) {
  }
}

void Acceptor::Rebind(relay::RouteState& route) {
  route_ = &route;
  while (AcceptOne(true) == Next::kMore) {
  }
}

Acceptor::Next Acceptor::AcceptOne(bool set_options) {
  net::Fd for_dial;
  if (in_episode_) {
    for_dial.Reset(::fcntl(listener_->fd(), F_DUPFD_CLOEXEC, 0));
    if (!for_dial.valid()) {
      Pause(net::SysError::FromErrno("fcntl"));
      return Next::kPaused;
    }
  }
  net::Result<net::Accepted> accepted = net::Accept(listener_->fd());
  for_dial.Reset();
  if (accepted.ok()) {
    if (set_options && !listener_->bound().is_unix()) SetOptions(accepted.value().fd.get());
    owner_.OnAccepted(*route_, std::move(accepted).value());
    return paused_ ? Next::kPaused : Next::kMore;
  }
  if (accepted.error().err == EAGAIN) return Next::kNone;
  if (IsOfOneConnection(accepted.error().err)) return Next::kMore;
  Pause(accepted.error());
  return Next::kPaused;
}

// A refusal shows when the session's options are read back.
void Acceptor::SetOptions(int fd) const {
  const relay::Route& route = *route_->route;
  (void)net::PrepareTcp(fd, route.no_delay).ok();
  (void)net::SetKeepalive(fd, route.client).ok();
}

}  // namespace warmline::engine
