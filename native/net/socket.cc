#include "net/socket.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace warmline::net {
namespace {

// A unix path whose server has gone refuses connections but still fails bind with EADDRINUSE.
bool IsAbandoned(const Address& address) {
  struct stat info {};
  if (::lstat(address.path().c_str(), &info) == -1 || !S_ISSOCK(info.st_mode)) return false;
  Result<Fd> visitor = OpenStream(AF_UNIX);
  if (!visitor.ok()) return false;
  Result<bool> connected = StartConnect(visitor.value().get(), address);
  return !connected.ok() && connected.error().err == ECONNREFUSED;
}

}  // namespace

Result<Fd> OpenStream(int family) {
  Fd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return SysError::FromErrno("socket");
  return fd;
}

Result<Fd> OpenBound(const Address& address) {
  Result<Fd> opened = OpenStream(address.family());
  if (!opened.ok()) return opened;
  const int fd = opened.value().get();
  if (address.is_unix()) {
    if (IsAbandoned(address)) (void)::unlink(address.path().c_str());
  } else {
    Status reuse = SetIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1, "setsockopt(SO_REUSEADDR)");
    if (!reuse.ok()) return reuse.error();
  }
  if (address.family() == AF_INET6) {
    Status only = SetIntOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, "setsockopt(IPV6_V6ONLY)");
    if (!only.ok()) return only.error();
  }
  if (::bind(fd, address.data(), address.size()) == -1) return SysError::FromErrno("bind");
  return opened;
}

Status Listen(int fd, int backlog) {
  if (::listen(fd, backlog) == -1) return SysError::FromErrno("listen");
  return {};
}

Result<bool> StartConnect(int fd, const Address& address) {
  if (::connect(fd, address.data(), address.size()) == 0) return true;
  // EINTR: the attempt goes on in the background, as with EINPROGRESS: connect(2).
  if (errno == EINPROGRESS || errno == EINTR) return false;
  return SysError::FromErrno("connect");
}

Result<Accepted> Accept(int listener) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  auto* addr = reinterpret_cast<sockaddr*>(&peer);
  Fd fd(::accept4(listener, addr, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid()) return SysError::FromErrno("accept4");
  return Accepted{std::move(fd), Address::FromSockaddr(addr, length)};
}

Result<Address> LocalAddress(int fd) {
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  auto* addr = reinterpret_cast<sockaddr*>(&local);
  if (::getsockname(fd, addr, &length) == -1) return SysError::FromErrno("getsockname");
  return Address::FromSockaddr(addr, length);
}

Result<int> TakeSocketError(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1) {
    return SysError::FromErrno("getsockopt(SO_ERROR)");
  }
  return error;
}

Result<std::size_t> UnacknowledgedBytes(int fd) {
  int queued = 0;
  if (::ioctl(fd, SIOCOUTQ, &queued) == -1) return SysError::FromErrno("ioctl(SIOCOUTQ)");
  return static_cast<std::size_t>(queued);
}

bool IsAtEndOfStream(int fd) {
  char byte = 0;
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

InputLeft DiscardInput(int fd, std::span<std::byte> scratch) {
  constexpr int kMostReads = 16;
  for (int i = 0; i < kMostReads; ++i) {
    const ssize_t got = ::recv(fd, scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (got > 0 || (got == -1 && errno == EINTR)) continue;
    const bool is_dry = got == -1 && (errno == EAGAIN || errno == EWOULDBLOCK);
    return is_dry ? InputLeft::kNone : InputLeft::kEnd;
  }
  return InputLeft::kSome;
}

Status ShutdownWrite(int fd) {
  if (::shutdown(fd, SHUT_WR) == -1) return SysError::FromErrno("shutdown");
  return {};
}

void CloseWithReset(Fd fd) {
  if (!fd.valid()) return;
  const linger abort{1, 0};
  // Without it the close still happens, only with a FIN: nothing better is left to do.
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
}

Status SetIntOption(int fd, int level, int name, int value, const char* call) {
  if (::setsockopt(fd, level, name, &value, sizeof value) == -1) return SysError::FromErrno(call);
  return {};
}

Status PrepareTcp(int fd, bool no_delay) {
  Status inline_urgent = SetIntOption(fd, SOL_SOCKET, SO_OOBINLINE, 1, "setsockopt(SO_OOBINLINE)");
  if (!inline_urgent.ok()) return inline_urgent;
  return SetIntOption(fd, IPPROTO_TCP, TCP_NODELAY, no_delay ? 1 : 0, "setsockopt(TCP_NODELAY)");
}

}  // namespace warmline::net
