// RingRig: rings on threads of their own, and batches of transfers to make with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "engine/back_end.h"
#include "relay/transfer.h"
#include "test/net_fixture.h"

namespace warmline::test {

// On a thread of its own: when a ring goes, blocking calls of a thread that has used it are
// interrupted; and what a thread has forbidden itself stays forbidden.
void OnThread(const std::function<void()>& run);

// With a ring, on a thread of its own; where the machine has none the case is skipped.
void WithRing(const std::function<void(engine::BackEnd&)>& run);
bool HasRing();

// From here on that system call gives this thread, and those that it starts, EPERM.
void Forbid(std::uint32_t call);

// Transfers between connections of their own, every other one of unix sockets.
class Batch {
 public:
  explicit Batch(std::size_t count, std::size_t room = 4000);

  static std::uint64_t OffsetOf(std::size_t i) { return i * 10'000; }
  static std::size_t SizeOf(std::size_t i) { return 1 + i * 61; }
  void Send(std::size_t i);
  void SendAll();
  void CheckMade(std::size_t i);
  void CheckAllMade();

  std::vector<Connection> from;
  std::vector<Connection> to;
  std::vector<relay::Transfer> transfers;

 private:
  std::vector<std::vector<std::byte>> buffers_;
};

}  // namespace warmline::test
