#include "test/net_fixture.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "net/socket.h"
#include "test/check.h"

namespace warmline::test {
namespace {

constexpr std::size_t kChunk = 64 * 1024;

// SplitMix64's finalizer.
std::uint64_t Mix(std::uint64_t n) {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9U;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebU;
  return n ^ (n >> 31);
}

std::size_t NextChunk(std::uint64_t left) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(left, kChunk));
}

}  // namespace

void BailOut(const net::SysError& error) {
  BailOut(std::string(error.call) + ": " + std::generic_category().message(error.err));
}

void Must(const net::Status& status) {
  if (!status.ok()) BailOut(status.error());
}

net::Address Loopback(std::uint16_t port) {
  return net::Address::FromIp("127.0.0.1", port).value_or(net::Address());
}

bool HasIpv6() {
  const bool has = net::OpenBound(*net::Address::FromIp("::1", 0)).ok();
  if (!has) Skip("::1 is missing: sysctl net.ipv6.conf.lo.disable_ipv6=0");
  return has;
}

std::size_t OpenFds() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    if (!entry.path().empty()) ++count;
  }
  return count - 1;  // the directory itself
}

void AwaitUntil(const char* what, const std::function<bool()>& condition) {
  for (int waited_ms = 0; !condition(); ++waited_ms) {
    if (waited_ms == kLimitMs) BailOut(std::string("not within the limit: ") + what);
    (void)::poll(nullptr, 0, 1);
  }
}

void AwaitEvents(int fd, short events) {
  pollfd polled{fd, events, 0};
  int count = 0;
  do {
    count = ::poll(&polled, 1, kLimitMs);
  } while (count == -1 && errno == EINTR);
  if (count == -1) BailOut(net::SysError::FromErrno("poll"));
  if (count == 0) BailOut("poll: nothing came within the limit");
}

std::size_t Unread(int fd) {
  int bytes = 0;
  if (::ioctl(fd, FIONREAD, &bytes) == -1) BailOut(net::SysError::FromErrno("ioctl(FIONREAD)"));
  return static_cast<std::size_t>(bytes);
}

void SetReadableMark(int fd, std::size_t bytes) {
  Must(net::SetIntOption(fd, SOL_SOCKET, SO_RCVLOWAT, static_cast<int>(bytes), "SO_RCVLOWAT"));
}

void AwaitReadable(int fd, std::size_t size) {
  SetReadableMark(fd, size);
  AwaitEvents(fd, POLLIN);
  SetReadableMark(fd, 1);
  // A full window ends the wait early.
  REQUIRE(Unread(fd) >= size);
}

void Deafen(int fd) {
  sock_filter drop_all[] = {{BPF_RET | BPF_K, 0, 0, 0}};
  const sock_fprog program{1, drop_all};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == -1) {
    BailOut(net::SysError::FromErrno("setsockopt(SO_ATTACH_FILTER)"));
  }
}

void Undeafen(int fd) {
  Must(net::SetIntOption(fd, SOL_SOCKET, SO_DETACH_FILTER, 0, "setsockopt(SO_DETACH_FILTER)"));
}

int ConnectError(const net::Address& to) {
  const net::Fd visitor = Must(net::OpenStream(to.family()));
  const net::Result<bool> connected = net::StartConnect(visitor.get(), to);
  if (!connected.ok()) return connected.error().err;
  AwaitEvents(visitor.get(), POLLOUT);
  return Must(net::TakeSocketError(visitor.get()));
}

net::Address Unserved() {
  const net::Fd fd = Must(net::OpenBound(Loopback()));
  return Must(net::LocalAddress(fd.get()));
}

std::string Pattern(std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(Mix(offset++));
  return bytes;
}

// ------------------------------------------------------------------------------------------- Peer

Peer::Peer(net::Fd fd) : fd_(std::move(fd)) {
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  if (flags == -1 || ::fcntl(fd_.get(), F_SETFL, flags & ~O_NONBLOCK) == -1) {
    BailOut(net::SysError::FromErrno("fcntl"));
  }
  const timeval limit{kLimitMs / 1000, 0};
  for (const int name : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    if (::setsockopt(fd_.get(), SOL_SOCKET, name, &limit, sizeof limit) == -1) {
      BailOut(net::SysError::FromErrno("setsockopt"));
    }
  }
}

Peer Peer::Connect(const net::Address& to) {
  Peer peer(Must(net::OpenStream(to.family())));
  if (!Must(net::StartConnect(peer.fd(), to))) BailOut("connect: not within the limit");
  return peer;
}

void Peer::Send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent == -1) BailOut(net::SysError::FromErrno("send"));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void Peer::SendPattern(std::uint64_t offset, std::uint64_t size) const {
  for (const std::uint64_t end = offset + size; offset < end;) {
    const std::string chunk = Pattern(offset, NextChunk(end - offset));
    Send(chunk);
    offset += chunk.size();
  }
}

std::uint64_t Peer::SendUntilFull(std::uint64_t offset) const {
  for (;;) {
    const std::string chunk = Pattern(offset, kChunk);
    const ssize_t sent = ::send(fd(), chunk.data(), chunk.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == -1) return offset;
    offset += static_cast<std::uint64_t>(sent);
  }
}

std::string Peer::Read(std::size_t size) const {
  std::string bytes(size, '\0');
  const ssize_t got = ::recv(fd(), bytes.data(), size, MSG_WAITALL);
  if (got == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    BailOut("recv: nothing came within the limit");
  }
  bytes.resize(got == -1 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

std::uint64_t Peer::ReadPattern(std::uint64_t offset, std::uint64_t size) const {
  std::uint64_t matched = 0;
  while (matched < size) {
    const std::size_t wanted = NextChunk(size - matched);
    const std::string bytes = Read(wanted);
    if (bytes != Pattern(offset + matched, bytes.size())) break;
    matched += bytes.size();
    if (bytes.size() < wanted) break;
  }
  return matched;
}

Peer::End Peer::ReadToEnd() const {
  End end;
  char chunk[kChunk];
  for (;;) {
    const ssize_t got = ::recv(fd(), chunk, sizeof chunk, 0);
    if (got == 0) return end;
    if (got == -1) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) BailOut("recv: no end within the limit");
      end.error = errno;
      return end;
    }
    end.bytes.append(chunk, static_cast<std::size_t>(got));
  }
}

void Peer::FinishWriting() const { Must(net::ShutdownWrite(fd())); }

void Peer::Reset() { net::CloseWithReset(std::move(fd_)); }

void Preload(const Peer& sender, int fd, std::size_t size) {
  SetReadableMark(fd, size);
  sender.SendPattern(0, size);
  AwaitReadable(fd, size);
}

// ------------------------------------------------------------------------------- servers and pairs

Server::Server(const net::Address& at) : fd_(Must(net::OpenBound(at))) {
  Must(net::Listen(fd_.get(), 4096));
  address_ = Must(net::LocalAddress(fd_.get()));
}

Peer Server::Accept() const {
  AwaitEvents(fd_.get(), POLLIN);
  return Peer(std::move(Must(net::Accept(fd_.get())).fd));
}

SilentServer::SilentServer()
    : fd_(Must(net::OpenBound(Loopback()))),
      address_((Must(net::Listen(fd_.get(), 0)), Must(net::LocalAddress(fd_.get())))),
      waiting_(Peer::Connect(address_)) {}

Connection ConnectTcp(const net::Address& at) {
  const Server server(at);
  net::Fd ours = Must(net::OpenStream(at.family()));
  (void)Must(net::StartConnect(ours.get(), server.address()));
  Peer theirs = server.Accept();
  AwaitEvents(ours.get(), POLLOUT);
  return {std::move(ours), std::move(theirs)};
}

Connection ConnectUnix() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == -1) {
    BailOut(net::SysError::FromErrno("socketpair"));
  }
  return {net::Fd(ends[0]), Peer(net::Fd(ends[1]))};
}

// ----------------------------------------------------------------------------------------- TempDir

TempDir::TempDir() : path_("/tmp/warmline-test-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) BailOut(net::SysError::FromErrno("mkdtemp"));
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::File(std::string_view name) const {
  return std::string(path_).append("/").append(name);
}

// --------------------------------------------------------------------------------------- FdCeiling

FdCeiling::FdCeiling(std::size_t spare) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == -1) BailOut(net::SysError::FromErrno("getrlimit"));
  soft_limit_before_ = limit.rlim_cur;
  // The limit is on numbers, and free ones may lie between those in use.
  int number = 0;
  for (std::size_t free = 0; free < spare; ++number) {
    if (::fcntl(number, F_GETFD) == -1) ++free;
  }
  limit.rlim_cur = static_cast<rlim_t>(number);
  if (::setrlimit(RLIMIT_NOFILE, &limit) == -1) BailOut(net::SysError::FromErrno("setrlimit"));
}

FdCeiling::~FdCeiling() {
  rlimit limit{};
  (void)::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = static_cast<rlim_t>(soft_limit_before_);
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace warmline::test
