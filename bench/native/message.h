// Message: what is sent and expected back where the size of a message matters.
#pragma once

#include <array>
#include <cstddef>

namespace warmline::bench {

inline constexpr std::size_t kMessageSize = 64;
inline constexpr std::array<char, kMessageSize> kMessage{'w', 'a', 'r', 'm'};

// A blocking exchange of one message. Dies unless all of it comes back.
void SendMessageOrDie(int fd);
void ReceiveEchoOrDie(int fd);

}  // namespace warmline::bench
