// Acceptor: one worker's share of a listener.
//
// Accepting pauses when the process has no file descriptors or memory left (EMFILE, ENFILE,
// ENOBUFS, ENOMEM): the waiting connections stay in the kernel's queue and nothing spins. It is
// tried again when a session of this worker ends, and every 100 ms. Pauses closer together than a
// second are one episode, reported once at its beginning and once at its end. During an episode a
// client is accepted only if a descriptor is left for its dial.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/events.h"
#include "engine/listener.h"
#include "engine/poller.h"
#include "net/socket.h"
#include "relay/route.h"
#include "relay/timers.h"

namespace warmline::engine {

// What an acceptor asks of its worker.
class AcceptorOwner {
 public:
  virtual void OnAccepted(relay::RouteState& route, net::Accepted accepted) = 0;
  virtual void TellEvent(Event event) = 0;
  [[nodiscard]] virtual Poller& poller() = 0;
  [[nodiscard]] virtual relay::TimerHeap& accept_timers() = 0;
  [[nodiscard]] virtual std::uint64_t turn_ms() const = 0;

 protected:
  ~AcceptorOwner() = default;
};

// Worker thread. Registered with the poller from construction to destruction.
class alignas(8) Acceptor final : public relay::TimerTarget {
 public:
  Acceptor(AcceptorOwner& owner, std::shared_ptr<Listener> listener, relay::RouteState& route);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Some connections wait; takes a bounded number of them.
  void OnReadable();
  void OnTimer() override;
  // File descriptors ran out, here or in a dial.
  void Pause(const net::SysError& cause);
  // One may be free again.
  void Resume();
  // Accepts what waits in the queue, before the acceptor is destroyed.
  void AcceptWaiting();
  // Later connections belong to `route`. Those in the queue may have inherited the options of the
  // route before, so they are accepted here and now and get theirs set.
  void Rebind(relay::RouteState& route);

  [[nodiscard]] const std::shared_ptr<Listener>& listener() const { return listener_; }

 private:
  enum class Next : std::uint8_t { kMore, kNone, kPaused };

  Next AcceptOne(bool set_options);
  void SetOptions(int fd) const;

  AcceptorOwner& owner_;
  const std::shared_ptr<Listener> listener_;
  relay::RouteState* route_;
  bool paused_ = true;
  bool in_episode_ = false;
  std::uint64_t episode_began_ms_ = 0;
  std::uint64_t last_refusal_ms_ = 0;
};

}  // namespace warmline::engine
