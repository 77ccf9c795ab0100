#include "relay/flow.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace warmline::relay {
namespace {

constexpr std::uint64_t kTurnBudget = 1024 * 1024;
constexpr std::size_t kSpliceBytes = 256 * 1024;
constexpr std::uint8_t kFullReadsForBulk = 4;
// A turn that ran dry before it moved this much was no bulk transfer.
constexpr std::uint64_t kBulkTurnBytes = 32 * 1024;
// A transfer that filled its buffer was part of something larger, which is better read as a whole:
// so many turns go without one.
constexpr std::uint8_t kLargeTurns = 16;

bool WouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

// The number of bytes taken, or a negative errno.
std::ptrdiff_t Send(const Leg& sink, std::span<const std::byte> bytes) {
  const ssize_t sent = ::send(sink.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent == -1 ? -errno : sent;
}

}  // namespace

Flow::Result Flow::Pump(Leg& source, Leg& sink, Lender lender) {
  Turn turn{source, sink, lender, {}};
  const std::uint64_t before = bytes_;
  Step step = Step::kMoved;
  while (step == Step::kMoved && bytes_ - before < kTurnBudget) step = Advance(turn);

  if (step == Step::kDry) {
    full_reads_ = 0;
    if (bytes_ - before < kBulkTurnBytes) bulk_ = false;
  }
  if (pipe_ != nullptr && piped_ == 0) lender.pipes.Release(std::move(pipe_));

  return ResultOf(step, turn.error);
}

bool Flow::TakesTransfer(const Leg& source, const Leg& sink) {
  if (!source.readable || !sink.writable || bulk_ || source_ended_ || IsHolding()) return false;
  if (large_turns_ == 0) return true;
  --large_turns_;
  return false;
}

Flow::Result Flow::Settle(Leg& source, Leg& sink, std::span<const std::byte> buffer,
                          std::ptrdiff_t received, std::ptrdiff_t sent) {
  net::SysError error;
  Step step = OnReceived(source, received, buffer.size(), error);
  if (received > 0) {
    const std::span<const std::byte> bytes = buffer.first(static_cast<std::size_t>(received));
    if (bytes.size() == buffer.size()) large_turns_ = kLargeTurns;
    step = OnPieceSent(sink, sent, bytes, error);
  }
  return ResultOf(step, error);
}

Flow::Result Flow::ResultOf(Step step, const net::SysError& error) {
  switch (step) {
    case Step::kMoved: return {Outcome::kBudgetSpent, {}};
    case Step::kDry: return {Outcome::kSourceDry, {}};
    case Step::kFull: return {Outcome::kSinkFull, {}};
    case Step::kEnded: return {Outcome::kSourceEnded, {}};
    case Step::kSourceFailed: return {Outcome::kSourceFailed, error};
    case Step::kSinkFailed: return {Outcome::kSinkFailed, error};
  }
  return {Outcome::kSourceDry, {}};
}

void Flow::Abandon(PipePool& pipes) {
  held_.reset();
  if (pipe_ != nullptr) pipes.Discard(std::move(pipe_));
  piped_ = 0;
}

// What is held goes first, so that bytes keep their order; only then is more read.
Flow::Step Flow::Advance(Turn& turn) {
  const bool holding = IsHolding();
  if (!holding && source_ended_) return Step::kEnded;
  if (!holding && !turn.source.readable) return Step::kDry;
  if (!turn.sink.writable) return Step::kFull;
  if (piped_ > 0) return FlushPipe(turn);
  if (held_ != nullptr) return FlushHeld(turn);
  Pipe* pipe = ChoosePath(turn);
  return pipe != nullptr ? FillPipe(turn, *pipe) : Copy(turn);
}

Pipe* Flow::ChoosePath(const Turn& turn) {
  const bool want_pipe = bulk_ && !turn.source.piecewise;
  if (want_pipe && pipe_ == nullptr) pipe_ = turn.lender.pipes.Acquire();
  if (!want_pipe && pipe_ != nullptr) turn.lender.pipes.Release(std::move(pipe_));
  return pipe_.get();
}

Flow::Step Flow::Copy(Turn& turn) {
  const std::span<std::byte> scratch = turn.lender.scratch;
  const ssize_t got = ::recv(turn.source.fd.get(), scratch.data(), scratch.size(), 0);
  const Step received =
      OnReceived(turn.source, got == -1 ? -errno : got, scratch.size(), turn.error);
  if (got <= 0) return received;
  const auto size = static_cast<std::size_t>(got);
  if (size < scratch.size()) {
    full_reads_ = 0;
  } else if (++full_reads_ >= kFullReadsForBulk) {
    bulk_ = true;
  }
  const std::span<const std::byte> piece = scratch.first(size);
  return OnPieceSent(turn.sink, Send(turn.sink, piece), piece, turn.error);
}

Flow::Step Flow::OnReceived(Leg& source, std::ptrdiff_t got, std::size_t room,
                            net::SysError& error) {
  if (got == 0) {
    source_ended_ = true;
    return Step::kEnded;
  }
  if (got > 0) {
    // epoll(7): a short read of a stream means that it is drained. With a FIN behind the bytes no
    // further event would come, so then the next read decides.
    const bool is_short = static_cast<std::size_t>(got) < room;
    if (is_short && !source.fin && !source.piecewise) source.readable = false;
    return Step::kMoved;
  }
  const int err = static_cast<int>(-got);
  if (err == EINTR) return Step::kMoved;
  if (WouldBlock(err)) {
    source.readable = false;
    return Step::kDry;
  }
  error = {err, "recv"};
  return Step::kSourceFailed;
}

Flow::Step Flow::FlushHeld(Turn& turn) {
  const std::span<const std::byte> rest(held_.get() + held_begin_, held_end_ - held_begin_);
  const std::ptrdiff_t taken = OnSent(turn.sink, Send(turn.sink, rest), rest.size(), turn.error);
  if (taken == -1) return Step::kSinkFailed;
  held_begin_ += static_cast<std::uint32_t>(taken);
  if (held_begin_ == held_end_) held_.reset();
  return Step::kMoved;
}

Flow::Step Flow::FillPipe(Turn& turn, Pipe& empty) {
  // The pipe is empty here, so EAGAIN can only mean that the socket is.
  const ssize_t got = ::splice(turn.source.fd.get(), nullptr, empty.write_end.get(), nullptr,
                               kSpliceBytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (got == -1) {
    if (errno == EINTR) return Step::kMoved;
    if (WouldBlock(errno)) {
      turn.source.readable = false;
      return Step::kDry;
    }
    turn.error = net::SysError::FromErrno("splice");
    return Step::kSourceFailed;
  }
  if (got == 0) {
    // The end, or an urgent mark that stands in front of a FIN: recv(2) knows.
    turn.source.piecewise = true;
    return Step::kMoved;
  }
  piped_ = static_cast<std::uint32_t>(got);
  return Step::kMoved;
}

Flow::Step Flow::FlushPipe(Turn& turn) {
  const ssize_t sent = ::splice(pipe_->read_end.get(), nullptr, turn.sink.fd.get(), nullptr, piped_,
                                SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (sent == -1) {
    if (errno == EINTR) return Step::kMoved;
    if (WouldBlock(errno)) {
      turn.sink.writable = false;
      return Step::kFull;
    }
    turn.error = net::SysError::FromErrno("splice");
    return Step::kSinkFailed;
  }
  piped_ -= static_cast<std::uint32_t>(sent);
  bytes_ += static_cast<std::uint64_t>(sent);
  return Step::kMoved;
}

Flow::Step Flow::OnPieceSent(Leg& sink, std::ptrdiff_t sent, std::span<const std::byte> piece,
                             net::SysError& error) {
  const std::ptrdiff_t taken = OnSent(sink, sent, piece.size(), error);
  if (taken == -1) return Step::kSinkFailed;
  const std::span<const std::byte> rest = piece.subspan(static_cast<std::size_t>(taken));
  if (!rest.empty()) Hold(rest);
  return Step::kMoved;
}

std::ptrdiff_t Flow::OnSent(Leg& sink, std::ptrdiff_t sent, std::size_t size,
                            net::SysError& error) {
  if (sent < 0) {
    const int err = static_cast<int>(-sent);
    if (err == EINTR) return 0;
    if (WouldBlock(err)) {
      sink.writable = false;
      return 0;
    }
    error = {err, "send"};
    return -1;
  }
  if (static_cast<std::size_t>(sent) < size) sink.writable = false;
  bytes_ += static_cast<std::uint64_t>(sent);
  return sent;
}

void Flow::Hold(std::span<const std::byte> rest) {
  held_ = std::make_unique_for_overwrite<std::byte[]>(rest.size());
  std::memcpy(held_.get(), rest.data(), rest.size());
  held_begin_ = 0;
  held_end_ = static_cast<std::uint32_t>(rest.size());
}

}  // namespace warmline::relay
