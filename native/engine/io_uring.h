// IoUring: makes the transfers of a turn with two system calls, whatever their number: all receives
// are submitted with one io_uring_enter(2), all sends with another. Every operation has
// MSG_DONTWAIT and so is complete when the call returns: nothing is under way between calls, and no
// buffer can be written to after its session has gone.
#pragma once

#include <linux/io_uring.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "engine/back_end.h"
#include "net/fd.h"
#include "net/result.h"

namespace warmline::engine {

// Memory shared with the kernel.
class Mapping {
 public:
  Mapping() = default;
  Mapping(void* at, std::size_t size) : at_(at), size_(size) {}
  Mapping(Mapping&& other) noexcept
      : at_(std::exchange(other.at_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping& operator=(Mapping&&) = delete;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  template <typename T>
  [[nodiscard]] T* At(std::size_t offset) const {
    return reinterpret_cast<T*>(static_cast<std::byte*>(at_) + offset);
  }

 private:
  void* at_ = nullptr;
  std::size_t size_ = 0;
};

class IoUring final : public BackEnd {
 public:
  // Makes a ring and tries it out. Fails where the kernel has none or does not let us: EPERM by
  // kernel.io_uring_disabled or seccomp(2), ENOSYS, ENOMEM by RLIMIT_MEMLOCK before Linux 5.12.
  static net::Result<std::unique_ptr<BackEnd>> Open();

  void Make(std::span<relay::Transfer> transfers) override;

 private:
  enum class Phase : std::uint8_t { kReceive, kSend };

  // A queue of the ring, in memory that the kernel reads and writes too: io_uring_setup(2).
  struct Queue {
    std::uint32_t* head;
    std::uint32_t* tail;
    std::uint32_t mask;
  };

  IoUring(net::Fd ring, const io_uring_params& params, Mapping queues, Mapping submissions);
  // Whether both operations work, and are complete when the call returns.
  [[nodiscard]] net::Status TryOut();
  void Run(Phase phase, std::span<relay::Transfer> transfers);
  // Puts in the operations of a phase; returns how many.
  std::size_t Put(Phase phase, std::span<relay::Transfer> transfers);
  // Submits what was put in and waits for `completions` of it.
  net::Status Enter(std::size_t completions);
  // Takes the results out; returns how many.
  std::size_t Take(Phase phase, std::span<relay::Transfer> transfers);
  // Does what the kernel has not taken without it; returns how many operations that were.
  std::size_t DoWithout(Phase phase, std::span<relay::Transfer> transfers);

  net::Fd ring_;
  Mapping queues_;
  Mapping submissions_;
  Queue submission_;
  Queue completion_;
  io_uring_sqe* entries_;
  const io_uring_cqe* results_;
};

}  // namespace warmline::engine
