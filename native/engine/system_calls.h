// System calls: the back end that every kernel has, one call after the other.
#pragma once

#include <span>

#include "engine/back_end.h"
#include "relay/transfer.h"

namespace warmline::engine {

// recv(2) and send(2), with their results in the transfer.
void ReceiveNow(relay::Transfer& transfer);
void SendNow(relay::Transfer& transfer);

class SystemCalls final : public BackEnd {
 public:
  void Make(std::span<relay::Transfer> transfers) override;
};

}  // namespace warmline::engine
