// ZeroWindow: keeps a slow peer from being taken for dead on a leg that owes acknowledgements.
//
// The kernel's user timeout takes it so. Behind a closed window its clock runs from the first
// window probe, and neither answers nor a little progress set it back: what the peer lets through
// in small pieces leaves the clock as it is, into the next stall (tcp_probe_timer() in
// net/ipv4/tcp_timer.c, tcp_ack_probe() in tcp_input.c). A relay's own back-pressure makes such
// peers. So once a leg's peer has held it up, its user timeout is lifted whenever it owes anything,
// and enforced here: a slow peer is heard now and then, a dead one is not.
#pragma once

#include <cstdint>

#include "net/result.h"

namespace warmline::relay {

enum class WindowState : std::uint8_t {
  kSettled,   // everything is acknowledged: no need to look before more is sent
  kWaiting,   // look again
  kPeerGone,  // for the user timeout nothing was heard, and what was sent or probed went unanswered
};

// What is known of one TCP leg's peer. Worker thread.
class WindowWatch {
 public:
  // Looks, and lifts the user timeout or puts it back.
  net::Result<WindowState> Look(int fd, int user_timeout_ms, std::uint64_t now_ms);
  // Something was sent to a peer that may hold it up, as it did before: lifts the user timeout.
  net::Status NoteSent(int fd, std::uint64_t now_ms);
  // The leg has no user timeout any more: there is nothing left to enforce.
  void Release(int fd);

  // When to look again: before the user timeout strikes, and often while it is lifted.
  [[nodiscard]] std::uint64_t LookIntervalMs(int user_timeout_ms) const;
  [[nodiscard]] bool has_lifted() const { return lifted_; }

 private:
  void NoteOwing(std::uint64_t now_ms);

  std::uint32_t owes_since_ms_ = 0;  // the low half of the worker's clock
  bool owes_ = false;                // something was sent since the leg was last seen settled
  bool held_up_ = false;             // by the peer's window, once or more
  bool lifted_ = false;
};

}  // namespace warmline::relay
