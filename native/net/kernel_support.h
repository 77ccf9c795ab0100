// KernelSupport: what the running kernel, and a sandbox around it, let us use. Each question is a
// harmless try, and descriptors are borrowed.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "net/result.h"

namespace warmline::net {

// How many bytes of TCP_INFO the kernel fills; it grows with the kernel. `fd` is a TCP socket.
Result<std::size_t> TcpInfoBytes(int fd);

// The fields that net/tcp_info.h reads and that do not lie within so many bytes, as linux/tcp.h
// names them.
std::vector<std::string_view> TcpInfoFieldsBeyond(std::size_t bytes);

// TCP_RTO_MAX_MS, Linux 6.15. `fd` is a TCP socket.
Status TryRtoMax(int fd);

// splice(2) from a TCP socket, which has nothing to be read, into a pipe.
Status TrySplice(int fd);

// pidfd_getfd(2), Linux 5.6, on a socket of our own.
Status TryPidfdGetfd(int fd);

// sock_diag(7) in this network namespace.
Status TrySockDiag();

}  // namespace warmline::net
