// Session: one client connection, one upstream connection, and a flow each way.
//
//              connected          both FINs passed on           acknowledged
//     dialing ───────────► relaying ───────────────────► finishing ──────────► closed
//        │                    │                              │                   ▲
//        │ no endpoint left,  │ a leg died                   │ a leg died        │
//        │ client gone        ▼                              ▼                   │
//        │                 aborting: deliver what the dead leg had sent, wait    │
//        │                           until it is acknowledged, then reset, or    │
//        │                           FIN where the route wants it ───────────────┤
//        └───────────────────────────────────────────────────────────────────────┘
//     any state: half-close timeout, drain limit → reset both legs
//
// Finishing keeps the sockets until everything is acknowledged: of a socket that is closed before,
// the kernel gives up what is unsent when its peer reads too slowly (tcp_orphan_retries() in
// tcp_timer.c).
//
// The first thing that goes wrong names the close reason. Both legs stay registered with the event
// loop until they are closed, so the death of a paused or half-closed leg is always learnt.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "net/address.h"
#include "net/socket.h"
#include "relay/close_reason.h"
#include "relay/flow.h"
#include "relay/host.h"
#include "relay/leg.h"
#include "relay/timers.h"
#include "relay/transfer.h"

namespace warmline::relay {

// Owned by the worker's session table; worker thread.
class Session final : public TimerTarget {
 public:
  enum class State : std::uint8_t { kDialing, kRelaying, kFinishing, kAborting, kClosed };

  // Takes over an accepted connection. `id` is unique for the life of the engine.
  Session(Host& host, RouteState& route, std::uint64_t id, net::Accepted client);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Registers the client leg and dials the first endpoint.
  void Start();
  // `events` as from epoll_wait(2).
  void OnEvents(Side side, std::uint32_t events);
  void OnTimer() override;
  // Moves what can be moved, after events or where a flow's budget was spent.
  void Resume();
  // The first piece of what Resume would move from that side, when it may be a transfer.
  std::optional<Transfer> OfferTransfer(Side from);
  // Takes note of a transfer that was made. Closes nothing: what has failed is left to Continue,
  // once both transfers of the session are settled, and the rest to Resume.
  void Settle(Transfer& transfer);
  void Continue(const Transfer& transfer);
  // Resets both legs now.
  void Reset(CloseReason reason);
  // Sees whether the peers answer, tells what has changed, and counts what probing has cost.
  void LookAtLiveness();
  // Brings both legs to the keepalive of the route as it is now, and reads them back.
  enum class Retuned : std::uint8_t { kUnchanged, kRetuned, kFailed };
  Retuned Retune();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] std::uint64_t accepted_at_ms() const { return accepted_at_ms_; }
  [[nodiscard]] const RouteState& route() const { return route_; }
  [[nodiscard]] const net::CompactAddress& client_address() const { return client_address_; }
  // The endpoint that is connected, or being tried.
  [[nodiscard]] std::optional<std::uint16_t> endpoint() const;
  [[nodiscard]] std::uint64_t bytes(Side from) const { return FlowFrom(from).bytes(); }
  // What the kernel holds for a leg; nullopt for a unix socket or a leg that is not connected.
  [[nodiscard]] std::optional<net::EffectiveKeepalive> ReadBack(Side side) const;
  // What it knows of the leg's peer; nullopt likewise.
  [[nodiscard]] std::optional<net::TcpInfo> ReadInfo(Side side) const;
  [[nodiscard]] bool is_suspect(Side side) const { return LegOf(side).liveness.is_suspect(); }

  // The worker's own bookkeeping: where its table keeps the session, and what is due.
  std::uint32_t table_index = 0;
  bool resume_due = false;
  bool resume_soon = false;
  bool retune_due = false;

 private:
  // Dialing.
  void DialNext();
  net::Result<bool> Dial(const net::Address& endpoint);
  net::Status PrepareUpstream(int fd, const net::Address& endpoint);
  void OnDialEvent(std::uint32_t events);
  void OnClientEventWhileDialing(std::uint32_t events);
  void OnDialFailed(net::SysError error);
  void ArmDialTimer();
  void OnConnected();
  bool VerifyKeepalive();
  bool VerifyLeg(Side side, std::optional<net::EffectiveKeepalive>& effective);

  // Relaying.
  void Relay();
  void RunFlow(Side from);
  void OnMoved(Side from, std::uint64_t bytes);
  void OnOutcome(Side from, const Flow::Result& result);
  void OnSourceEnded(Side from);
  void OnLegError(Side side);
  // Closes once both peers have acknowledged everything.
  void FinishWhenAcknowledged();
  void OnRelayTimer();
  void LookAtWindows();
  void ArmRelayTimer();
  [[nodiscard]] bool IsHalfClosed() const { return flows_[0].ended() || flows_[1].ended(); }
  [[nodiscard]] int UserTimeoutOf(Side side) const;
  // Bytes or a FIN are with the leg's kernel, and have to be acknowledged.
  void OnSent(Side to);
  void LookWithin(std::uint64_t delay_ms);

  // Keepalive of a live session.
  Retuned RetuneLeg(Side side);
  void ProbeMoreOften();
  [[nodiscard]] std::optional<net::Keepalive> KeepaliveOf(Side side) const;
  [[nodiscard]] std::uint64_t IdleMsOf(Side side) const;
  [[nodiscard]] std::optional<net::Keepalive> AskedKeepalive(Side side) const;
  void CountEmptySegments(Side side, const net::TcpInfo& info);

  // Aborting.
  void BeginAbort(Side dead, net::SysError error);
  void DeliverThenPart();
  void AwaitAcknowledgement();
  void LingerForFin();
  [[nodiscard]] std::uint32_t UnacknowledgedBy(Side side) const;
  void NoteUnacknowledged(std::uint32_t bytes);
  void WaitForSurvivor(std::uint64_t delay_ms);

  // The end.
  [[nodiscard]] Ending DeathOf(Side side, net::SysError error) const;
  enum class Manner : std::uint8_t { kGraceful, kReset };
  void Close(const Ending& ending, Manner manner);
  void LetGo(Side side, Manner manner);

  [[nodiscard]] Leg& LegOf(Side side) { return legs_[static_cast<std::size_t>(side)]; }
  [[nodiscard]] const Leg& LegOf(Side side) const { return legs_[static_cast<std::size_t>(side)]; }
  [[nodiscard]] Flow& FlowFrom(Side side) { return flows_[static_cast<std::size_t>(side)]; }
  [[nodiscard]] const Flow& FlowFrom(Side side) const {
    return flows_[static_cast<std::size_t>(side)];
  }
  [[nodiscard]] const Route& route_plan() const { return *route_.route; }
  [[nodiscard]] const std::optional<net::Keepalive>& PlannedKeepalive(Side side) const;
  [[nodiscard]] LegCounters& LegCountersOf(Side side) {
    return route_.counters->legs[static_cast<std::size_t>(side)];
  }
  void CountBytes(Side from, std::uint64_t bytes);

  Host& host_;
  RouteState& route_;
  const std::uint64_t id_;
  const std::uint64_t accepted_at_ms_;
  std::uint64_t progress_at_ms_;     // of the dial, of payload, or of acknowledgements
  std::uint64_t give_up_at_ms_ = 0;  // of the dial when the client has gone, of the abort
  std::uint64_t look_at_ms_ = 0;     // at the legs' windows; 0: nothing is unacknowledged
  std::array<Leg, 2> legs_;          // by Side
  std::array<Flow, 2> flows_;        // by the Side that the bytes come from
  std::unique_ptr<Ending> death_;    // while aborting
  net::CompactAddress client_address_;
  std::uint32_t unacknowledged_ = 0;  // while finishing or aborting
  std::uint16_t endpoint_ = 0;        // index of the one being tried
  State state_ = State::kDialing;
  Side ended_first_ = Side::kClient;
  Side dead_ = Side::kClient;
  bool dialed_ = false;
  bool probes_more_often_ = false;  // see half_close.h
};

}  // namespace warmline::relay
