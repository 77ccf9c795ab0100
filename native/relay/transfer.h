// Transfer: the first piece that a flow moves in a turn, one recv(2) and one send(2) of what it
// got. Sessions offer transfers, and the worker makes those of many sessions together.
#pragma once

#include <cstddef>
#include <span>

#include "relay/flow.h"
#include "relay/leg.h"

namespace warmline::relay {

class Session;

struct Transfer {
  Session* session = nullptr;
  Side from = Side::kClient;
  int source = -1;                // borrowed
  int sink = -1;                  // borrowed
  std::span<std::byte> buffer{};  // the worker's: holds the piece until it is settled
  // As recv(2) and send(2) return it, or a negative errno.
  int received = 0;
  int sent = 0;  // only where something was received
  // What the flow made of it, once settled.
  Flow::Result result{};
};

}  // namespace warmline::relay
