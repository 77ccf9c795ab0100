#include "socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

#include "die.h"

namespace warmline::bench {
namespace {

constexpr int kBacklog = 4096;
// A blocking call that takes longer says that the relay does not relay.
constexpr timeval kPatience{.tv_sec = 10, .tv_usec = 0};

sockaddr_in Loopback(std::uint8_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1U + host);
  return address;
}

template <typename T>
void SetOption(int fd, int level, int name, const T& value) {
  if (setsockopt(fd, level, name, &value, sizeof value) == -1) DieOfErrno("setsockopt");
}

net::Fd Open(int flags) {
  net::Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!fd.valid()) DieOfErrno("socket");
  return fd;
}

// C's interfaces take every address as a sockaddr.
const sockaddr* Generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace

void AllowManyDescriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == -1) DieOfErrno("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) == -1) DieOfErrno("setrlimit");
}

net::Fd ListenAnywhere() {
  net::Fd fd = Open(SOCK_NONBLOCK);
  const sockaddr_in address = Loopback(1, 0);
  if (bind(fd.get(), Generic(address), sizeof address) == -1) DieOfErrno("bind");
  if (listen(fd.get(), kBacklog) == -1) DieOfErrno("listen");
  return fd;
}

std::uint16_t PortOf(int listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == -1) {
    DieOfErrno("getsockname");
  }
  return ntohs(address.sin_port);
}

net::Fd TryAccept(int listener) {
  net::Fd fd(accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid()) {
    // ECONNABORTED: its client has gone before it was accepted.
    if (errno == EAGAIN || errno == ECONNABORTED) return fd;
    DieOfErrno("accept4");
  }
  SetOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  return fd;
}

net::Fd Connect(std::uint16_t port, Blocking blocking, std::uint8_t host) {
  net::Fd fd = Open(blocking == Blocking::kYes ? 0 : SOCK_NONBLOCK);
  SetOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd.get(), SOL_SOCKET, SO_RCVTIMEO, kPatience);
  SetOption(fd.get(), SOL_SOCKET, SO_SNDTIMEO, kPatience);
  if (host != 1) {
    // The port is chosen when the destination is known, so that it need not be unique by itself.
    SetOption(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    const sockaddr_in source = Loopback(host, 0);
    if (bind(fd.get(), Generic(source), sizeof source) == -1) DieOfErrno("bind");
  }
  const sockaddr_in target = Loopback(1, port);
  const int connected = connect(fd.get(), Generic(target), sizeof target);
  const bool under_way = connected == -1 && blocking == Blocking::kNo && errno == EINPROGRESS;
  if (connected == -1 && !under_way) DieOfErrno("connect");
  return fd;
}

std::size_t Receive(int fd, std::span<char> into) {
  const ssize_t got = recv(fd, into.data(), into.size(), 0);
  if (got > 0) return static_cast<std::size_t>(got);
  if (got == 0) Die("a connection was ended in the middle of the measurement");
  if (errno == EAGAIN) return 0;
  DieOfErrno("recv");
}

std::size_t Send(int fd, std::span<const char> from) {
  const ssize_t sent = send(fd, from.data(), from.size(), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EAGAIN) return 0;
  DieOfErrno("send");
}

void CloseWithReset(net::Fd fd) {
  SetOption(fd.get(), SOL_SOCKET, SO_LINGER, linger{.l_onoff = 1, .l_linger = 0});
  fd.Reset();
}

}  // namespace warmline::bench
