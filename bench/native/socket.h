// Socket: the sockets of both roles, all of them on the loopback device and with TCP_NODELAY. What
// fails here ends the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "net/fd.h"

namespace warmline::bench {

enum class Blocking : bool { kNo, kYes };

// Raises the soft limit of descriptors to the hard one.
void AllowManyDescriptors();

// Listens on a free port of 127.0.0.1, without blocking.
[[nodiscard]] net::Fd ListenAnywhere();
[[nodiscard]] std::uint16_t PortOf(int listener);

// A connection that does not block; none when nobody waits.
[[nodiscard]] net::Fd TryAccept(int listener);

// Connects, or begins to, to 127.0.0.1:port from 127.0.0.`host`. One source address has 28,000
// ports, and each stays taken for a minute after its connection, so many connections need several.
[[nodiscard]] net::Fd Connect(std::uint16_t port, Blocking blocking, std::uint8_t host = 1);

// Bytes that were taken or given; 0 when there is nothing to do now. Die when the other side has
// ended, which nobody may do in the middle of a measurement.
[[nodiscard]] std::size_t Receive(int fd, std::span<char> into);
[[nodiscard]] std::size_t Send(int fd, std::span<const char> from);

// Closes with an RST: SO_LINGER {1, 0}, socket(7).
void CloseWithReset(net::Fd fd);

}  // namespace warmline::bench
