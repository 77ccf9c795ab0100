// Flow: moves bytes one way, from a source leg to a sink leg. Never blocks, never reads the clock,
// never sends a FIN: it says that the source has ended, and the session decides what follows.
//
// Two data paths. Copy: recv into a buffer of the worker's and send from it, the best for small
// messages; the first piece of a turn can be a transfer, which the worker makes together with those
// of other flows. Splice: through a pooled pipe, without copying, once reads keep filling the
// scratch buffer. Either way nothing is read while the sink is full, and what the sink did not take
// is held (in memory or in the pipe) and goes first: at most one scratch buffer or one pipe for
// each flow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "net/result.h"
#include "relay/leg.h"
#include "relay/pipe_pool.h"

namespace warmline::relay {

// What a worker lends to the flow that it is running.
struct Lender {
  std::span<std::byte> scratch;
  PipePool& pipes;
};

// Worker thread.
class Flow {
 public:
  enum class Outcome : std::uint8_t {
    kSourceDry,     // nothing to read and nothing held: wait for the source
    kSinkFull,      // wait for the sink
    kBudgetSpent,   // more could be moved; others first
    kSourceEnded,   // FIN read, and everything before it is sent
    kSourceFailed,  // everything that the source had is sent
    kSinkFailed,
  };
  struct [[nodiscard]] Result {
    Outcome outcome = Outcome::kSourceDry;
    net::SysError error;  // of kSourceFailed and kSinkFailed
  };

  // Moves what can be moved now, up to a budget that keeps one flow from starving the others.
  Result Pump(Leg& source, Leg& sink, Lender lender);

  // Whether the next piece may be a transfer. Asked once a turn, and before a Pump.
  [[nodiscard]] bool TakesTransfer(const Leg& source, const Leg& sink);
  // Takes note of a transfer: what was received, and how much of it was sent; either may be a
  // negative errno. kBudgetSpent: go on with Pump.
  Result Settle(Leg& source, Leg& sink, std::span<const std::byte> buffer, std::ptrdiff_t received,
                std::ptrdiff_t sent);

  // Drops what is held; the flow is over.
  void Abandon(PipePool& pipes);

  // Payload bytes that the sink's kernel has taken.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  // The session has passed the FIN on.
  [[nodiscard]] bool ended() const { return ended_; }
  void MarkEnded() { ended_ = true; }

 private:
  enum class Step : std::uint8_t { kMoved, kDry, kFull, kEnded, kSourceFailed, kSinkFailed };
  struct Turn {
    Leg& source;
    Leg& sink;
    Lender lender;
    net::SysError error;
  };

  static Result ResultOf(Step step, const net::SysError& error);
  Step Advance(Turn& turn);
  Step FlushPipe(Turn& turn);
  Step FlushHeld(Turn& turn);
  Step Copy(Turn& turn);
  Step FillPipe(Turn& turn, Pipe& empty);
  // The pipe to splice through, or nullptr: copy.
  Pipe* ChoosePath(const Turn& turn);
  // `got` and `sent` are what the call returned, or a negative errno.
  Step OnReceived(Leg& source, std::ptrdiff_t got, std::size_t room, net::SysError& error);
  // The number of bytes that the sink took, or -1 with `error` set.
  std::ptrdiff_t OnSent(Leg& sink, std::ptrdiff_t sent, std::size_t size, net::SysError& error);
  Step OnPieceSent(Leg& sink, std::ptrdiff_t sent, std::span<const std::byte> piece,
                   net::SysError& error);
  [[nodiscard]] bool IsHolding() const { return piped_ > 0 || held_ != nullptr; }
  void Hold(std::span<const std::byte> rest);

  std::uint64_t bytes_ = 0;
  std::unique_ptr<std::byte[]> held_;  // null unless the sink is slower than the source
  std::uint32_t held_begin_ = 0;
  std::uint32_t held_end_ = 0;
  std::unique_ptr<Pipe> pipe_;  // null outside of Pump unless bytes are in it
  std::uint32_t piped_ = 0;
  std::uint8_t full_reads_ = 0;   // in a row; enough of them make it bulk
  std::uint8_t large_turns_ = 0;  // still to come without a transfer
  bool bulk_ = false;
  bool source_ended_ = false;
  bool ended_ = false;
};

}  // namespace warmline::relay
