#include "net/fd_limit.h"

#include <sys/resource.h>

namespace warmline::net {

Result<FdLimit> RaiseFdLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == -1) return SysError::FromErrno("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) == -1) return SysError::FromErrno("setrlimit");
  return FdLimit{limit.rlim_cur, limit.rlim_max};
}

}  // namespace warmline::net
