#include "net/pidfd.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace warmline::net {

// By number: glibc has had names for them since 2.36 only, and musl has none.
Result<Fd> OpenProcess(pid_t pid) {
  Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.valid()) return SysError::FromErrno("pidfd_open");
  return process;
}

Result<Fd> DuplicateSocket(int process, int fd, std::uint64_t inode) {
  Fd duplicate(static_cast<int>(::syscall(SYS_pidfd_getfd, process, fd, 0)));
  if (!duplicate.valid()) return SysError::FromErrno("pidfd_getfd");
  struct stat status {};
  if (::fstat(duplicate.get(), &status) == -1) return SysError::FromErrno("fstat");
  if (!S_ISSOCK(status.st_mode) || status.st_ino != inode) return SysError{ESTALE, "pidfd_getfd"};
  return duplicate;
}

}  // namespace warmline::net
