#include "message.h"

#include <span>

#include "die.h"
#include "socket.h"

namespace warmline::bench {

void SendMessageOrDie(int fd) {
  // Nothing else is under way on the connection, so its buffer has room for all of it.
  if (Send(fd, kMessage) != kMessage.size()) Die("a message could not be sent at once");
}

void ReceiveEchoOrDie(int fd) {
  std::array<char, kMessageSize> buffer{};
  std::span<char> missing(buffer);
  while (!missing.empty()) {
    const std::size_t got = Receive(fd, missing);
    if (got == 0) Die("a message has not come back within ten seconds");
    missing = missing.subspan(got);
  }
}

}  // namespace warmline::bench
