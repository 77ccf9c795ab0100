// Back end: how a worker's transfers reach the kernel. Readiness comes from epoll(7) with any of
// them, and what is no transfer is one system call at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "net/result.h"
#include "relay/transfer.h"

namespace warmline::engine {

enum class BackEndKind : std::uint8_t { kEpoll, kIoUring };
// kAuto: io_uring where the kernel has it and lets us, else epoll.
enum class BackEndChoice : std::uint8_t { kAuto, kEpoll, kIoUring };

// How many transfers are made together, at most.
inline constexpr std::size_t kMostTransfers = 64;

// Worker thread, but for its creation.
class BackEnd {
 public:
  BackEnd() = default;
  virtual ~BackEnd() = default;
  BackEnd(const BackEnd&) = delete;
  BackEnd& operator=(const BackEnd&) = delete;

  // Receives once for each transfer, then sends for each what it got. Blocks for none of them, and
  // holds on to no buffer. Takes kMostTransfers at most.
  virtual void Make(std::span<relay::Transfer> transfers) = 0;
};

using BackEnds = std::vector<std::unique_ptr<BackEnd>>;

// One back end for each of `workers`, all of one kind; or the failure of the first.
net::Result<BackEnds> OpenBackEnds(BackEndKind kind, std::uint32_t workers);

}  // namespace warmline::engine
