// The session as a whole: what reaches it from outside, handed to the state that it is in, and its
// end.
#include "relay/session.h"

#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "net/keepalive.h"
#include "net/tcp_info.h"

namespace warmline::relay {
namespace {

constexpr std::uint32_t kReadableEvents = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t kWritableEvents = EPOLLOUT | EPOLLHUP | EPOLLERR;

}  // namespace

Session::Session(Host& host, RouteState& route, std::uint64_t id, net::Accepted client)
    : host_(host),
      route_(route),
      id_(id),
      accepted_at_ms_(host.now_ms()),
      progress_at_ms_(host.now_ms()),
      client_address_(client.peer) {
  LegOf(Side::kClient).is_unix = client.peer.is_unix();
  LegOf(Side::kClient).piecewise = client.peer.is_unix();
  LegOf(Side::kClient).fd = std::move(client.fd);
  ++route_.sessions;
  route_.counters->accepted.Add(1);
}

Session::~Session() { --route_.sessions; }

void Session::Start() {
  Leg& client = LegOf(Side::kClient);
  if (net::Status watched = host_.Watch(*this, Side::kClient, client.fd.get()); !watched.ok()) {
    Close({CloseReason::kClientError, watched.error()}, Manner::kReset);
    return;
  }
  DialNext();
}

void Session::OnEvents(Side side, std::uint32_t events) {
  Leg& leg = LegOf(side);
  if ((events & kReadableEvents) != 0) leg.readable = true;
  if ((events & kWritableEvents) != 0) leg.writable = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0) leg.fin = true;
  if ((events & EPOLLPRI) != 0) leg.piecewise = true;

  switch (state_) {
    case State::kDialing:
      if (side == Side::kUpstream) {
        OnDialEvent(events);
      } else {
        OnClientEventWhileDialing(events);
      }
      return;
    case State::kRelaying:
      if ((events & EPOLLERR) != 0) OnLegError(side);
      if (state_ == State::kRelaying) host_.ResumeSoon(*this);
      return;
    case State::kFinishing:
      if ((events & EPOLLERR) != 0) OnLegError(side);
      if (state_ == State::kFinishing) FinishWhenAcknowledged();
      return;
    case State::kAborting:
      if (side != dead_ && (events & EPOLLERR) != 0) {
        Close(*death_, Manner::kReset);
      } else {
        DeliverThenPart();
      }
      return;
    case State::kClosed: return;
  }
}

void Session::OnTimer() {
  switch (state_) {
    case State::kDialing:
      if (give_up_at_ms_ != 0 && host_.now_ms() >= give_up_at_ms_) {
        Close({CloseReason::kClientFin}, Manner::kReset);
      } else {
        OnDialFailed({ETIMEDOUT, "connect"});
      }
      return;
    case State::kRelaying:
    case State::kFinishing: OnRelayTimer(); return;
    case State::kAborting: DeliverThenPart(); return;
    case State::kClosed: return;
  }
}

void Session::Resume() {
  switch (state_) {
    case State::kRelaying: Relay(); return;
    case State::kAborting: DeliverThenPart(); return;
    case State::kDialing:
    case State::kFinishing:
    case State::kClosed: return;
  }
}

void Session::Reset(CloseReason reason) {
  if (state_ == State::kClosed) return;
  // A death that is being delivered keeps its name.
  Close(state_ == State::kAborting ? *death_ : Ending{reason}, Manner::kReset);
}

std::optional<std::uint16_t> Session::endpoint() const {
  if (!dialed_) return std::nullopt;
  return endpoint_;
}

std::optional<net::EffectiveKeepalive> Session::ReadBack(Side side) const {
  if (!LegOf(side).fd.valid() || LegOf(side).is_unix) return std::nullopt;
  const int fd = LegOf(side).fd.get();
  const net::Result<net::EffectiveKeepalive> effective = net::ReadKeepalive(fd);
  if (!effective.ok()) return std::nullopt;
  return effective.value();
}

std::optional<net::TcpInfo> Session::ReadInfo(Side side) const {
  if (!LegOf(side).fd.valid() || LegOf(side).is_unix) return std::nullopt;
  const net::Result<net::TcpInfo> info = net::ReadTcpInfo(LegOf(side).fd.get());
  if (!info.ok()) return std::nullopt;
  return info.value();
}

// What a unix socket has taken is delivered.
std::uint32_t Session::UnacknowledgedBy(Side side) const {
  if (LegOf(side).is_unix) return 0;
  const net::Result<std::size_t> left = net::UnacknowledgedBytes(LegOf(side).fd.get());
  return left.ok() ? static_cast<std::uint32_t>(left.value()) : 0;
}

// Another number than before is progress.
void Session::NoteUnacknowledged(std::uint32_t bytes) {
  if (bytes != unacknowledged_) progress_at_ms_ = host_.now_ms();
  unacknowledged_ = bytes;
}

// `ending` may be the one in death_, which lives as long as the session.
void Session::Close(const Ending& ending, Manner manner) {
  state_ = State::kClosed;
  host_.timers().Disarm(*this);
  for (Flow& flow : flows_) flow.Abandon(host_.lender().pipes);
  for (const Side side : {Side::kClient, Side::kUpstream}) LetGo(side, manner);
  route_.counters->closed[static_cast<std::size_t>(ending.reason)].Add(1);
  host_.Tell(SessionClosed{id_, route_.route, ending, host_.now_ms() - accepted_at_ms_,
                           client_address_, endpoint(), bytes(Side::kClient),
                           bytes(Side::kUpstream)});
  host_.Retire(*this);
}

void Session::LetGo(Side side, Manner manner) {
  Leg& leg = LegOf(side);
  if (!leg.fd.valid()) return;
  if (const std::optional<net::TcpInfo> info = ReadInfo(side)) CountEmptySegments(side, *info);
  if (leg.liveness.is_suspect()) LegCountersOf(side).suspects_ended.Add(1);
  if (manner == Manner::kReset) {
    net::CloseWithReset(std::move(leg.fd));
  } else {
    leg.fd.Reset();
  }
}

// Read before the socket is closed: closing takes the evidence along. A user timeout that has
// struck may have been lifted since, for a dead leg has nothing in flight, as behind a closed
// window.
Ending Session::DeathOf(Side side, net::SysError error) const {
  const std::optional<net::TcpInfo> info = ReadInfo(side);
  const LegEvent event = ClassifyDeath(error.err, info.value_or(net::TcpInfo{}), KeepaliveOf(side));
  Ending ending{ReasonFor(side, event), error};
  if (info.has_value()) {
    ending.evidence =
        Evidence{info->probes, info->retransmits, info->notsent_bytes, info->last_ack_ms};
  }
  return ending;
}

const std::optional<net::Keepalive>& Session::PlannedKeepalive(Side side) const {
  return side == Side::kClient ? route_plan().client : route_plan().upstream;
}

void Session::CountBytes(Side from, std::uint64_t bytes) {
  if (bytes == 0) return;
  progress_at_ms_ = host_.now_ms();
  Counter& counter =
      from == Side::kClient ? route_.counters->bytes_to_upstream : route_.counters->bytes_to_client;
  counter.Add(bytes);
}

}  // namespace warmline::relay
