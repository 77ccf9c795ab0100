// Dialing: from accept to the first byte. Endpoints are tried in order while the client waits.
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/keepalive.h"
#include "relay/session.h"

namespace warmline::relay {
namespace {

// A client that sent nothing but a FIN has most likely gone; a server that speaks first may still
// have something for it, so a dial under way gets this much longer.
constexpr std::uint64_t kClientGoneGraceMs = 500;

}  // namespace

void Session::DialNext() {
  const net::Address& endpoint = route_plan().endpoints[endpoint_];
  dialed_ = true;
  progress_at_ms_ = host_.now_ms();
  net::Result<bool> connected = Dial(endpoint);
  if (state_ == State::kClosed) return;
  if (!connected.ok()) {
    OnDialFailed(connected.error());
  } else if (connected.value()) {
    OnConnected();
  } else {
    ArmDialTimer();
  }
}

net::Result<bool> Session::Dial(const net::Address& endpoint) {
  net::Result<net::Fd> opened = net::OpenStream(endpoint.family());
  if (!opened.ok()) return opened.error();
  Leg& upstream = LegOf(Side::kUpstream);
  upstream = Leg{.fd = std::move(opened).value(),
                 .piecewise = endpoint.is_unix(),
                 .is_unix = endpoint.is_unix()};
  const int fd = upstream.fd.get();
  if (net::Status prepared = PrepareUpstream(fd, endpoint); !prepared.ok()) {
    Close({CloseReason::kUpstreamOptionRefused, prepared.error()}, Manner::kReset);
    return prepared.error();
  }
  net::Result<bool> connected = net::StartConnect(fd, endpoint);
  if (!connected.ok()) return connected;
  // Only now: an unconnected socket would report a hang-up at once.
  if (net::Status watched = host_.Watch(*this, Side::kUpstream, fd); !watched.ok()) {
    return watched.error();
  }
  return connected;
}

// Everything is set before connect, so that it holds from the SYN on.
net::Status Session::PrepareUpstream(int fd, const net::Address& endpoint) {
  if (endpoint.is_unix()) return {};
  if (route_plan().upstream.has_value()) {
    net::Status applied = net::ApplyKeepalive(fd, *route_plan().upstream);
    if (!applied.ok()) return applied;
  }
  return net::PrepareTcp(fd, route_plan().no_delay);
}

void Session::OnDialEvent(std::uint32_t events) {
  // tcp_poll() in net/ipv4/tcp.c: a socket with an error to take says so.
  if ((events & (EPOLLERR | EPOLLHUP)) == 0) {
    if ((events & EPOLLOUT) != 0) OnConnected();
    return;
  }
  const net::Result<int> error = net::TakeSocketError(LegOf(Side::kUpstream).fd.get());
  if (!error.ok()) {
    OnDialFailed(error.error());
  } else if (WasConnected(error.value())) {
    // It answered and reset, all before this turn: what it said counts.
    host_.timers().Disarm(*this);
    BeginAbort(Side::kUpstream, {error.value(), "epoll_wait"});
  } else if (error.value() != 0) {
    OnDialFailed({error.value(), "connect"});
  } else if ((events & EPOLLOUT) != 0) {
    OnConnected();
  }
}

void Session::OnClientEventWhileDialing(std::uint32_t events) {
  const int fd = LegOf(Side::kClient).fd.get();
  if ((events & EPOLLERR) != 0) {
    const net::Result<int> error = net::TakeSocketError(fd);
    const int err = error.ok() ? error.value() : error.error().err;
    Close(DeathOf(Side::kClient, {err, "epoll_wait"}), Manner::kReset);
  } else if (LegOf(Side::kClient).fin && give_up_at_ms_ == 0 && net::IsAtEndOfStream(fd)) {
    give_up_at_ms_ = host_.now_ms() + kClientGoneGraceMs;
    ArmDialTimer();
  }
}

void Session::OnDialFailed(net::SysError error) {
  LegOf(Side::kUpstream) = Leg{};
  route_.counters->dial_failures.Add(1);
  const CloseReason reason = ClassifyDialFailure(error.err);
  const bool will_retry =
      reason != CloseReason::kDialFdLimit && endpoint_ + 1U < route_plan().endpoints.size();
  host_.Tell(DialFailed{id_, route_.route, endpoint_, reason, error, will_retry});
  if (reason == CloseReason::kDialFdLimit) host_.OnFdLimit(error);
  if (!will_retry) {
    // An RST also when the client has not spoken: a FIN would look like an empty answer.
    Close({reason, error}, Manner::kReset);
    return;
  }
  ++endpoint_;
  DialNext();
}

void Session::ArmDialTimer() {
  std::uint64_t deadline = progress_at_ms_ + route_plan().connect_timeout_ms;
  if (give_up_at_ms_ != 0) deadline = std::min(deadline, give_up_at_ms_);
  host_.timers().Arm(*this, deadline);
}

void Session::OnConnected() {
  host_.timers().Disarm(*this);
  give_up_at_ms_ = 0;
  progress_at_ms_ = host_.now_ms();
  state_ = State::kRelaying;
  if (!route_.verified && !VerifyKeepalive()) return;
  Relay();
}

// The first session of a route on this worker proves that the kernel holds what the plan says.
bool Session::VerifyKeepalive() {
  KeepaliveVerified verified{id_, route_.route, std::nullopt, std::nullopt};
  if (!VerifyLeg(Side::kClient, verified.client)) return false;
  if (!VerifyLeg(Side::kUpstream, verified.upstream)) return false;
  route_.verified = true;
  host_.Tell(std::move(verified));
  return true;
}

bool Session::VerifyLeg(Side side, std::optional<net::EffectiveKeepalive>& effective) {
  if (LegOf(side).is_unix) return true;
  const int fd = LegOf(side).fd.get();
  const std::optional<net::Keepalive>& planned = PlannedKeepalive(side);
  net::Result<net::EffectiveKeepalive> read = net::ReadKeepalive(fd);
  if (read.ok() && !net::Holds(read.value(), planned)) {
    // Its handshake ended while the plan was being changed, so it inherited the other plan's
    // options.
    const net::Status set = net::SetKeepalive(fd, planned);
    read = set.ok() ? net::ReadKeepalive(fd) : set.error();
  }
  if (!read.ok() || !net::Holds(read.value(), planned)) {
    const net::SysError cause = read.ok() ? net::SysError{0, "getsockopt"} : read.error();
    Close({ReasonFor(side, LegEvent::kOptionRefused), cause}, Manner::kReset);
    return false;
  }
  effective = read.value();
  return true;
}

}  // namespace warmline::relay
