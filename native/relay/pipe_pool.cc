#include "relay/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

namespace warmline::relay {
namespace {

// A pipe costs two descriptors and up to its size in kernel memory: both are bounded here.
constexpr std::size_t kMaxLent = 128;
constexpr std::size_t kMaxIdle = 16;
constexpr int kPipeBytes = 256 * 1024;

std::unique_ptr<Pipe> OpenPipe() {
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == -1) return nullptr;
  auto pipe = std::make_unique<Pipe>(Pipe{net::Fd(ends[0]), net::Fd(ends[1])});
  // Refused beyond pipe-user-pages-soft (pipe(7)): the default size works too, only slower.
  (void)::fcntl(pipe->write_end.get(), F_SETPIPE_SZ, kPipeBytes);
  return pipe;
}

}  // namespace

std::unique_ptr<Pipe> PipePool::Acquire() {
  if (lent_ == kMaxLent) return nullptr;
  std::unique_ptr<Pipe> pipe;
  if (idle_.empty()) {
    pipe = OpenPipe();
    if (pipe == nullptr) return nullptr;
  } else {
    pipe = std::move(idle_.back());
    idle_.pop_back();
  }
  ++lent_;
  return pipe;
}

void PipePool::Release(std::unique_ptr<Pipe> pipe) {
  --lent_;
  if (idle_.size() < kMaxIdle) idle_.push_back(std::move(pipe));
}

void PipePool::Discard(std::unique_ptr<Pipe> pipe) {
  --lent_;
  pipe.reset();
}

}  // namespace warmline::relay
