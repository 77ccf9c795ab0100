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

bool WouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

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

  switch (step) {
    case Step::kMoved: return {Outcome::kBudgetSpent, {}};
    case Step::kDry: return {Outcome::kSourceDry, {}};
    case Step::kFull: return {Outcome::kSinkFull, {}};
    case Step::kEnded: return {Outcome::kSourceEnded, {}};
    case Step::kSourceFailed: return {Outcome::kSourceFailed, turn.error};
    case Step::kSinkFailed: return {Outcome::kSinkFailed, turn.error};
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
  const bool holding = piped_ > 0 || held_ != nullptr;
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
  if (got == -1) {
    if (errno == EINTR) return Step::kMoved;
    if (WouldBlock(errno)) {
      turn.source.readable = false;
      return Step::kDry;
    }
    turn.error = net::SysError::FromErrno("recv");
    return Step::kSourceFailed;
  }
  if (got == 0) {
    source_ended_ = true;
    return Step::kEnded;
  }
  const auto size = static_cast<std::size_t>(got);
  if (size == scratch.size()) {
    if (++full_reads_ >= kFullReadsForBulk) bulk_ = true;
  } else {
    full_reads_ = 0;
    // epoll(7): a short read of a stream means that it is drained. With a FIN behind the bytes no
    // further event would come, so then the next read decides.
    if (!turn.source.fin && !turn.source.piecewise) turn.source.readable = false;
  }
  const std::ptrdiff_t sent = Send(turn, scratch.first(size));
  if (sent == -1) return Step::kSinkFailed;
  if (static_cast<std::size_t>(sent) < size) {
    Hold(scratch.subspan(static_cast<std::size_t>(sent), size - static_cast<std::size_t>(sent)));
  }
  return Step::kMoved;
}

Flow::Step Flow::FlushHeld(Turn& turn) {
  const std::span<const std::byte> rest(held_.get() + held_begin_, held_end_ - held_begin_);
  const std::ptrdiff_t sent = Send(turn, rest);
  if (sent == -1) return Step::kSinkFailed;
  held_begin_ += static_cast<std::uint32_t>(sent);
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

std::ptrdiff_t Flow::Send(Turn& turn, std::span<const std::byte> bytes) {
  const ssize_t sent = ::send(turn.sink.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent == -1) {
    if (errno == EINTR) return 0;
    if (WouldBlock(errno)) {
      turn.sink.writable = false;
      return 0;
    }
    turn.error = net::SysError::FromErrno("send");
    return -1;
  }
  if (static_cast<std::size_t>(sent) < bytes.size()) turn.sink.writable = false;
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
