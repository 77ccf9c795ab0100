// Pidfd: another process's sockets, duplicated for one question (pidfd_open(2), pidfd_getfd(2),
// Linux 5.6). Needs the right to ptrace the process; never changes what it is lent.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "net/fd.h"
#include "net/result.h"

namespace warmline::net {

// A reference to a process that its end does not pass on to another one.
Result<Fd> OpenProcess(pid_t pid);

// A duplicate of the process's descriptor, if it is the socket of that inode: ESTALE when the
// number means something else by now. Close it soon. While it is open, the process's own close()
// does not end the connection.
Result<Fd> DuplicateSocket(int process, int fd, std::uint64_t inode);

}  // namespace warmline::net
