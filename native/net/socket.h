// Socket: the system calls on stream sockets, with checked results. All sockets are non-blocking
// and close-on-exec.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "net/address.h"
#include "net/fd.h"
#include "net/result.h"

namespace warmline::net {

// A new non-blocking stream socket of AF_INET, AF_INET6 or AF_UNIX.
Result<Fd> OpenStream(int family);

// A bound socket that does not listen yet. SO_REUSEADDR is set, and IPV6_V6ONLY on IPv6, so that
// 0.0.0.0 and [::] can stand side by side. A unix path that nobody serves any more is removed
// first.
Result<Fd> OpenBound(const Address& address);

Status Listen(int fd, int backlog);

// Starts a connection; true when it stands already, false when it is under way (EINPROGRESS).
Result<bool> StartConnect(int fd, const Address& address);

struct Accepted {
  Fd fd;
  Address peer;
};
Result<Accepted> Accept(int listener);

// The address that the kernel gave to a bound or connected socket.
Result<Address> LocalAddress(int fd);

// Reads SO_ERROR, which clears it: 0 when there is none.
Result<int> TakeSocketError(int fd);

// Bytes that were sent and are not acknowledged yet, a FIN counting as one: SIOCOUTQ, tcp(7).
Result<std::size_t> UnacknowledgedBytes(int fd);

// Whether the peer has sent a FIN and not one byte that is still unread.
[[nodiscard]] bool IsAtEndOfStream(int fd);

// What is left of a socket's input.
enum class InputLeft : std::uint8_t {
  kSome,  // there may be more
  kNone,  // for now
  kEnd,   // nothing can follow, after the peer's FIN or an error
};
// Reads away what is there, up to sixteen times as much as `scratch` holds.
[[nodiscard]] InputLeft DiscardInput(int fd, std::span<std::byte> scratch);

Status ShutdownWrite(int fd);

// Closes with an RST instead of a FIN, discarding what is unsent: SO_LINGER {1, 0}, socket(7).
void CloseWithReset(Fd fd);

Status SetIntOption(int fd, int level, int name, int value, const char* call);

// What every TCP leg gets: urgent data stays in the stream (SO_OOBINLINE), where a relay would lose
// it otherwise; and TCP_NODELAY as the route wants it.
Status PrepareTcp(int fd, bool no_delay);

}  // namespace warmline::net
