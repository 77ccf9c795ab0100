// NetFixture: loopback sockets and the peers at their far ends. A wait that takes longer than the
// limit ends the program and says what it waited for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "net/address.h"
#include "net/fd.h"
#include "net/result.h"

namespace warmline::test {

// Far beyond what a loaded machine under a sanitizer needs.
inline constexpr int kLimitMs = 30'000;

// What a system call of the test itself has to give; a refusal ends the program.
template <typename T>
T Must(net::Result<T> result);
void Must(const net::Status& status);

// 127.0.0.1; port 0 lets the kernel choose.
net::Address Loopback(std::uint16_t port = 0);

// Whether ::1 is there; when it is not, the case is skipped.
bool HasIpv6();

// How many file descriptors the process has open.
std::size_t OpenFds();

// For what no event announces: asks again and again until `condition` holds.
void AwaitUntil(const char* what, const std::function<bool()>& condition);

// Waits until poll(2) reports at least one of `events` on fd.
void AwaitEvents(int fd, short events);
// How many bytes can be read from a socket without blocking.
std::size_t Unread(int fd);
// From how many bytes on poll(2) finds a TCP socket readable (SO_RCVLOWAT, socket(7)). Set before
// they are sent, it also makes the kernel keep room for them: tcp_set_rcvlowat, net/ipv4/tcp.c.
void SetReadableMark(int fd, std::size_t bytes);
// Waits until `size` bytes can be read; more than 64 KiB need the mark set before.
void AwaitReadable(int fd, std::size_t size);

// What arrives for a TCP socket is dropped before its connection sees it, as if its machine had
// gone (SO_ATTACH_FILTER, socket(7); needs no privilege), until Undeafen.
void Deafen(int fd);
void Undeafen(int fd);

// How an attempt to connect ends: 0, or an errno such as ECONNREFUSED.
int ConnectError(const net::Address& to);
// An address where nobody listens.
net::Address Unserved();

// An endless stream in which every byte depends on its place, so that loss, repetition and
// reordering show.
std::string Pattern(std::uint64_t offset, std::size_t size);

// The far end of a connection: blocking, with the limit on every call. One thread may send while
// another one reads.
class Peer {
 public:
  // How a stream ended: with a FIN (0) or with an errno.
  struct End {
    std::string bytes;
    int error = 0;
  };

  // Takes ownership of fd.
  explicit Peer(net::Fd fd);
  static Peer Connect(const net::Address& to);

  [[nodiscard]] int fd() const { return fd_.get(); }
  void Send(std::string_view bytes) const;
  void SendPattern(std::uint64_t offset, std::uint64_t size) const;
  // Sends the pattern from `offset` on until the kernel takes no more, and returns where it
  // stopped.
  [[nodiscard]] std::uint64_t SendUntilFull(std::uint64_t offset) const;
  // The next `size` bytes; fewer when the stream ends before.
  [[nodiscard]] std::string Read(std::size_t size) const;
  // How many of the next `size` bytes are those of the pattern.
  [[nodiscard]] std::uint64_t ReadPattern(std::uint64_t offset, std::uint64_t size) const;
  [[nodiscard]] End ReadToEnd() const;
  // Sends a FIN and goes on reading.
  void FinishWriting() const;
  void Close() { fd_.Reset(); }
  // Closes with an RST.
  void Reset();

 private:
  net::Fd fd_;
};

// Sends the beginning of the pattern and waits until all of it can be read from `fd`, its other
// end.
void Preload(const Peer& sender, int fd, std::size_t size);

// A listening socket whose connections the test accepts itself.
class Server {
 public:
  explicit Server(const net::Address& at = Loopback());

  [[nodiscard]] const net::Address& address() const { return address_; }
  [[nodiscard]] Peer Accept() const;

 private:
  net::Fd fd_;
  net::Address address_;
};

// An address where attempts to connect get no answer: its queue is full, so the kernel drops SYNs.
class SilentServer {
 public:
  SilentServer();

  [[nodiscard]] const net::Address& address() const { return address_; }

 private:
  net::Fd fd_;
  net::Address address_;
  Peer waiting_;
};

// A connection: a non-blocking end for the code under test, and its peer.
struct Connection {
  net::Fd ours;
  Peer theirs;
};
Connection ConnectTcp(const net::Address& at = Loopback());
Connection ConnectUnix();

// A directory of its own, removed with what is in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] std::string File(std::string_view name) const;

 private:
  std::string path_;
};

// As long as it lives, the process can open exactly `spare` more file descriptors.
class FdCeiling {
 public:
  explicit FdCeiling(std::size_t spare);
  ~FdCeiling();
  FdCeiling(const FdCeiling&) = delete;
  FdCeiling& operator=(const FdCeiling&) = delete;

 private:
  std::uint64_t soft_limit_before_;
};

[[noreturn]] void BailOut(const net::SysError& error);

template <typename T>
T Must(net::Result<T> result) {
  if (!result.ok()) BailOut(result.error());
  return std::move(result).value();
}

}  // namespace warmline::test
