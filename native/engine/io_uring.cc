#include "engine/io_uring.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>

#include "engine/system_calls.h"

namespace warmline::engine {
namespace {

// Below, the ring costs more than it saves.
constexpr std::size_t kWorthwhile = 2;
// One mapping for both queues, Linux 5.4; and no result is ever dropped, 5.5.
constexpr std::uint32_t kNeeded = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP;

std::uint32_t Load(std::uint32_t& shared) {
  return std::atomic_ref(shared).load(std::memory_order_acquire);
}

void Store(std::uint32_t& shared, std::uint32_t value) {
  std::atomic_ref(shared).store(value, std::memory_order_release);
}

net::Result<Mapping> Map(const net::Fd& ring, std::size_t size, off_t offset) {
  void* at =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.get(), offset);
  if (at == MAP_FAILED) return net::SysError::FromErrno("mmap");
  return Mapping(at, size);
}

std::size_t QueuesSize(const io_uring_params& params) {
  const std::size_t submission = params.sq_off.array + params.sq_entries * sizeof(std::uint32_t);
  const std::size_t completion = params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe);
  return std::max(submission, completion);
}

}  // namespace

Mapping::~Mapping() {
  if (at_ != nullptr) (void)::munmap(at_, size_);
}

net::Result<std::unique_ptr<BackEnd>> IoUring::Open() {
  io_uring_params params{};
  net::Fd ring(static_cast<int>(::syscall(__NR_io_uring_setup, kMostTransfers, &params)));
  if (!ring.valid()) return net::SysError::FromErrno("io_uring_setup");
  if ((params.features & kNeeded) != kNeeded) return net::SysError{ENOSYS, "io_uring_setup"};
  net::Result<Mapping> queues = Map(ring, QueuesSize(params), IORING_OFF_SQ_RING);
  if (!queues.ok()) return queues.error();
  net::Result<Mapping> submissions =
      Map(ring, params.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES);
  if (!submissions.ok()) return submissions.error();
  std::unique_ptr<IoUring> opened(new IoUring(std::move(ring), params, std::move(queues).value(),
                                              std::move(submissions).value()));
  if (net::Status works = opened->TryOut(); !works.ok()) return works.error();
  return std::unique_ptr<BackEnd>(std::move(opened));
}

IoUring::IoUring(net::Fd ring, const io_uring_params& params, Mapping queues, Mapping submissions)
    : ring_(std::move(ring)),
      queues_(std::move(queues)),
      submissions_(std::move(submissions)),
      submission_{queues_.At<std::uint32_t>(params.sq_off.head),
                  queues_.At<std::uint32_t>(params.sq_off.tail), params.sq_entries - 1},
      completion_{queues_.At<std::uint32_t>(params.cq_off.head),
                  queues_.At<std::uint32_t>(params.cq_off.tail), params.cq_entries - 1},
      entries_(submissions_.At<io_uring_sqe>(0)),
      results_(queues_.At<io_uring_cqe>(params.cq_off.cqes)) {
  // Entries are used in order, so the array that could say otherwise is written once.
  auto* order = queues_.At<std::uint32_t>(params.sq_off.array);
  for (std::uint32_t i = 0; i < params.sq_entries; ++i) order[i] = i;
}

// A byte to and fro, and a receive that finds nothing.
net::Status IoUring::TryOut() {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == -1) {
    return net::SysError::FromErrno("socketpair");
  }
  const net::Fd near(pair[0]);
  const net::Fd far(pair[1]);
  std::byte sent{1};
  if (::send(far.get(), &sent, 1, MSG_NOSIGNAL) == -1) return net::SysError::FromErrno("send");
  std::array<std::byte, 2> buffer{};
  std::array<relay::Transfer, 2> transfers{};
  for (relay::Transfer& transfer : transfers) {
    transfer.source = transfer.sink = near.get();
    transfer.buffer = buffer;
  }
  for (const Phase phase : {Phase::kReceive, Phase::kSend}) {
    const std::size_t put = Put(phase, transfers);
    if (net::Status entered = Enter(0); !entered.ok()) return entered;
    if (Take(phase, transfers) != put) return net::SysError{ENOSYS, "io_uring_enter"};
  }
  const bool works =
      transfers[0].received == 1 && transfers[0].sent == 1 && transfers[1].received == -EAGAIN;
  if (!works) return net::SysError{ENOSYS, "io_uring_enter"};
  return {};
}

void IoUring::Make(std::span<relay::Transfer> transfers) {
  Run(Phase::kReceive, transfers);
  Run(Phase::kSend, transfers);
}

void IoUring::Run(Phase phase, std::span<relay::Transfer> transfers) {
  std::size_t left = Put(phase, transfers);
  if (left < kWorthwhile) left -= DoWithout(phase, transfers);
  while (left > 0) {
    const net::Status entered = Enter(left);
    left -= Take(phase, transfers);
    if (!entered.ok() && entered.error().err != EINTR) left -= DoWithout(phase, transfers);
  }
}

std::size_t IoUring::Put(Phase phase, std::span<relay::Transfer> transfers) {
  assert(transfers.size() <= kMostTransfers);
  std::uint32_t tail = *submission_.tail;
  std::size_t count = 0;
  for (std::size_t index = 0; index < transfers.size(); ++index) {
    const relay::Transfer& transfer = transfers[index];
    if (phase == Phase::kSend && transfer.received <= 0) continue;
    const bool is_receive = phase == Phase::kReceive;
    io_uring_sqe& entry = entries_[tail & submission_.mask];
    entry = {};
    entry.opcode = is_receive ? IORING_OP_RECV : IORING_OP_SEND;
    entry.fd = is_receive ? transfer.source : transfer.sink;
    entry.addr = reinterpret_cast<std::uintptr_t>(transfer.buffer.data());
    entry.len = static_cast<std::uint32_t>(
        is_receive ? transfer.buffer.size() : static_cast<std::size_t>(transfer.received));
    entry.msg_flags = is_receive ? MSG_DONTWAIT : MSG_DONTWAIT | MSG_NOSIGNAL;
    entry.user_data = index;
    ++tail;
    ++count;
  }
  Store(*submission_.tail, tail);
  return count;
}

net::Status IoUring::Enter(std::size_t completions) {
  const std::uint32_t to_submit = *submission_.tail - Load(*submission_.head);
  const long entered = ::syscall(__NR_io_uring_enter, ring_.get(), to_submit, completions,
                                 IORING_ENTER_GETEVENTS, nullptr, 0);
  if (entered == -1) return net::SysError::FromErrno("io_uring_enter");
  return {};
}

std::size_t IoUring::Take(Phase phase, std::span<relay::Transfer> transfers) {
  std::uint32_t head = *completion_.head;
  const std::uint32_t tail = Load(*completion_.tail);
  std::size_t count = 0;
  for (; head != tail; ++head) {
    const io_uring_cqe& result = results_[head & completion_.mask];
    relay::Transfer& transfer = transfers[result.user_data];
    (phase == Phase::kReceive ? transfer.received : transfer.sent) = result.res;
    ++count;
  }
  Store(*completion_.head, head);
  return count;
}

std::size_t IoUring::DoWithout(Phase phase, std::span<relay::Transfer> transfers) {
  const std::uint32_t head = Load(*submission_.head);
  const std::uint32_t tail = *submission_.tail;
  for (std::uint32_t at = head; at != tail; ++at) {
    relay::Transfer& transfer = transfers[entries_[at & submission_.mask].user_data];
    if (phase == Phase::kReceive) {
      ReceiveNow(transfer);
    } else {
      SendNow(transfer);
    }
  }
  Store(*submission_.tail, head);
  return tail - head;
}

}  // namespace warmline::engine
