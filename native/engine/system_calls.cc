#include "engine/system_calls.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

namespace warmline::engine {

void ReceiveNow(relay::Transfer& transfer) {
  const ssize_t got =
      ::recv(transfer.source, transfer.buffer.data(), transfer.buffer.size(), MSG_DONTWAIT);
  transfer.received = got == -1 ? -errno : static_cast<int>(got);
}

void SendNow(relay::Transfer& transfer) {
  const ssize_t sent =
      ::send(transfer.sink, transfer.buffer.data(), static_cast<std::size_t>(transfer.received),
             MSG_DONTWAIT | MSG_NOSIGNAL);
  transfer.sent = sent == -1 ? -errno : static_cast<int>(sent);
}

void SystemCalls::Make(std::span<relay::Transfer> transfers) {
  for (relay::Transfer& transfer : transfers) ReceiveNow(transfer);
  for (relay::Transfer& transfer : transfers) {
    if (transfer.received > 0) SendNow(transfer);
  }
}

}  // namespace warmline::engine
