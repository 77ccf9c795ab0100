#include "net/keepalive.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "net/fd.h"
#include "net/socket.h"

namespace warmline::net {

bool Holds(const EffectiveKeepalive& effective, const std::optional<Keepalive>& asked) {
  return asked.has_value() ? effective.enabled && effective.values == *asked : !effective.enabled;
}

Status ApplyKeepalive(int fd, const Keepalive& keepalive) {
  // SO_KEEPALIVE starts the timer, and only TCP_KEEPIDLE moves one that runs (do_tcp_setsockopt()
  // in net/ipv4/tcp.c), with the interval and the count of the moment: so it goes last.
  struct Option {
    int level, name, value;
    const char* call;
  };
  const Option options[] = {
      {IPPROTO_TCP, TCP_KEEPINTVL, keepalive.interval_s, "setsockopt(TCP_KEEPINTVL)"},
      {IPPROTO_TCP, TCP_KEEPCNT, keepalive.count, "setsockopt(TCP_KEEPCNT)"},
      {IPPROTO_TCP, TCP_USER_TIMEOUT, keepalive.user_timeout_ms, "setsockopt(TCP_USER_TIMEOUT)"},
      {SOL_SOCKET, SO_KEEPALIVE, 1, "setsockopt(SO_KEEPALIVE)"},
      {IPPROTO_TCP, TCP_KEEPIDLE, keepalive.idle_s, "setsockopt(TCP_KEEPIDLE)"},
  };
  for (const Option& option : options) {
    if (Status set = SetIntOption(fd, option.level, option.name, option.value, option.call);
        !set.ok()) {
      return set;
    }
  }
  return {};
}

Status SetKeepalive(int fd, const std::optional<Keepalive>& keepalive) {
  if (keepalive.has_value()) return ApplyKeepalive(fd, *keepalive);
  Status off = SetIntOption(fd, SOL_SOCKET, SO_KEEPALIVE, 0, "setsockopt(SO_KEEPALIVE)");
  return off.ok() ? SetUserTimeout(fd, 0) : off;
}

Status SetUserTimeout(int fd, int user_timeout_ms) {
  return SetIntOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout_ms,
                      "setsockopt(TCP_USER_TIMEOUT)");
}

Status SetLongestRetry(int fd, int longest_ms) {
  return SetIntOption(fd, IPPROTO_TCP, kTcpRtoMaxMs, longest_ms, "setsockopt(TCP_RTO_MAX_MS)");
}

Result<EffectiveKeepalive> ReadKeepalive(int fd) {
  EffectiveKeepalive effective;
  int enabled = 0;
  struct Option {
    int level, name;
    int* value;
    const char* call;
  };
  const Option options[] = {
      {SOL_SOCKET, SO_KEEPALIVE, &enabled, "getsockopt(SO_KEEPALIVE)"},
      {IPPROTO_TCP, TCP_KEEPIDLE, &effective.values.idle_s, "getsockopt(TCP_KEEPIDLE)"},
      {IPPROTO_TCP, TCP_KEEPINTVL, &effective.values.interval_s, "getsockopt(TCP_KEEPINTVL)"},
      {IPPROTO_TCP, TCP_KEEPCNT, &effective.values.count, "getsockopt(TCP_KEEPCNT)"},
      {IPPROTO_TCP, TCP_USER_TIMEOUT, &effective.values.user_timeout_ms,
       "getsockopt(TCP_USER_TIMEOUT)"},
  };
  for (const Option& option : options) {
    socklen_t length = sizeof *option.value;
    if (::getsockopt(fd, option.level, option.name, option.value, &length) == -1) {
      return SysError::FromErrno(option.call);
    }
  }
  effective.enabled = enabled != 0;
  return effective;
}

Result<EffectiveKeepalive> ProbeKeepalive(const Keepalive& keepalive) {
  Result<Fd> scratch = OpenStream(AF_INET);
  if (!scratch.ok()) return scratch.error();
  if (Status applied = ApplyKeepalive(scratch.value().get(), keepalive); !applied.ok()) {
    return applied.error();
  }
  return ReadKeepalive(scratch.value().get());
}

}  // namespace warmline::net
