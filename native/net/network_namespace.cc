#include "net/network_namespace.h"

#include <fcntl.h>
#include <sched.h>

namespace warmline::net {
namespace {

Result<Fd> OpenNamespace(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return SysError::FromErrno("open(network namespace)");
  return fd;
}

}  // namespace

Result<Fd> OpenInNamespace(const std::string& path, Result<Fd> (*open)()) {
  const Result<Fd> home = OpenNamespace("/proc/thread-self/ns/net");
  if (!home.ok()) return home.error();
  const Result<Fd> away = OpenNamespace(path);
  if (!away.ok()) return away.error();
  if (::setns(away.value().get(), CLONE_NEWNET) == -1) return SysError::FromErrno("setns");
  Result<Fd> opened = open();
  // Whoever could leave may come back: the same privilege, over the namespace that it came from.
  if (::setns(home.value().get(), CLONE_NEWNET) == -1) return SysError::FromErrno("setns(back)");
  return opened;
}

}  // namespace warmline::net
