#include "net/fd.h"

#include <unistd.h>

namespace warmline::net {

void Fd::Reset(int fd) {
  // Linux frees the descriptor even when close fails, so a retry could close somebody else's:
  // close(2).
  if (fd_ != -1) (void)::close(fd_);
  fd_ = fd;
}

}  // namespace warmline::net
