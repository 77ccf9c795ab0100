// Exchange: moves the small messages of a turn together. Sessions that had events offer transfers;
// the back end makes them, all receives before all sends; then each session goes on by itself.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/back_end.h"
#include "relay/session.h"
#include "relay/transfer.h"

namespace warmline::engine {

// Worker thread.
class Exchange {
 public:
  explicit Exchange(std::unique_ptr<BackEnd> back_end);

  // The session goes on in the next Run.
  void Add(relay::Session& session);
  // The session is about to be destroyed.
  void Remove(relay::Session& session);
  [[nodiscard]] bool empty() const { return due_.empty(); }
  void Run();

 private:
  // Small enough to be read at once, and large enough for most messages. Not a power of two: the
  // beginnings of all buffers would share one set of the CPU's cache.
  static constexpr std::size_t kBufferBytes = 4096 - 64;

  // Runs the first of `sessions`, as many as there are buffers for; returns how many.
  std::size_t RunSome(std::span<relay::Session* const> sessions);
  // Transfers of those sessions; returns how many sessions were asked.
  std::size_t Collect(std::span<relay::Session* const> sessions);

  const std::unique_ptr<BackEnd> back_end_;
  std::vector<relay::Session*> due_;
  std::vector<relay::Session*> running_;
  std::size_t count_ = 0;  // of transfers_
  std::array<relay::Transfer, kMostTransfers> transfers_{};
  const std::unique_ptr<std::byte[]> buffers_;  // one for each transfer
};

}  // namespace warmline::engine
