// Socket: errors taken once, bytes in flight, resets, and addresses that can be bound.
#include "net/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "test/check.h"
#include "test/net_fixture.h"

namespace warmline::net {
namespace {

using test::Loopback;
using test::Must;

int IntOption(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  CHECK_EQ(::getsockopt(fd, level, name, &value, &length), 0);
  return value;
}

bool Exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

const test::Register kFlags("every socket is non-blocking and closed on exec", [] {
  const test::Server server;
  const Fd bound = Must(OpenBound(Loopback()));
  Must(Listen(bound.get(), 1));
  const test::Peer client = test::Peer::Connect(Must(LocalAddress(bound.get())));
  const Accepted accepted = Must(Accept(bound.get()));
  const Fd opened = Must(OpenStream(AF_UNIX));
  for (const int fd : {bound.get(), accepted.fd.get(), opened.get()}) {
    CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
});

const test::Register kAccept("accept gives the peer's address, and EAGAIN when nobody waits", [] {
  const Fd bound = Must(OpenBound(Loopback()));
  Must(Listen(bound.get(), 1));
  CHECK_EQ(Accept(bound.get()).error().err, EAGAIN);
  const test::Peer client = test::Peer::Connect(Must(LocalAddress(bound.get())));
  CHECK(Must(Accept(bound.get())).peer == Must(LocalAddress(client.fd())));
});

const test::Register kSocketError("a socket error is taken once", [] {
  test::Connection connection = test::ConnectTcp();
  const int fd = connection.ours.get();
  CHECK_EQ(Must(TakeSocketError(fd)), 0);
  connection.theirs.Reset();
  test::AwaitEvents(fd, POLLHUP);
  CHECK_EQ(Must(TakeSocketError(fd)), ECONNRESET);
  CHECK_EQ(Must(TakeSocketError(fd)), 0);
});

const test::Register kConnect("a connection is refused where nobody listens", [] {
  CHECK_EQ(test::ConnectError(test::Unserved()), ECONNREFUSED);
  const test::TempDir dir;
  CHECK_EQ(test::ConnectError(*Address::FromPath(dir.File("nobody"))), ENOENT);
});

const test::Register kUnacknowledged(
    "bytes are unacknowledged until the peer's kernel has them", [] {
      test::Connection connection = test::ConnectTcp();
      const int fd = connection.ours.get();
      CHECK_EQ(Must(UnacknowledgedBytes(fd)), 0U);
      // More than the peer's kernel has room for.
      std::string bytes(1024 * 1024, 'x');
      std::size_t sent = 0;
      for (ssize_t n = 0; (n = ::send(fd, bytes.data(), bytes.size(), 0)) > 0;) {
        sent += static_cast<std::size_t>(n);
      }
      CHECK(Must(UnacknowledgedBytes(fd)) > 0);
      CHECK_EQ(connection.theirs.Read(sent).size(), sent);
      test::AwaitUntil("all is acknowledged", [&] { return Must(UnacknowledgedBytes(fd)) == 0; });
    });

const test::Register kEndOfStream("the end of the stream is behind the last unread byte", [] {
  test::Connection connection = test::ConnectTcp();
  const int fd = connection.ours.get();
  CHECK(!IsAtEndOfStream(fd));
  connection.theirs.Send("x");
  connection.theirs.FinishWriting();
  test::AwaitEvents(fd, POLLRDHUP);
  CHECK(!IsAtEndOfStream(fd));
  char byte = 0;
  CHECK_EQ(::recv(fd, &byte, 1, 0), 1);
  CHECK(IsAtEndOfStream(fd));
});

const test::Register kShutdown("a shut down writing side is a FIN, and reading goes on", [] {
  test::Connection connection = test::ConnectTcp();
  Must(ShutdownWrite(connection.ours.get()));
  CHECK_EQ(connection.theirs.ReadToEnd().error, 0);
  connection.theirs.Send("still here");
  test::AwaitEvents(connection.ours.get(), POLLIN);
});

const test::Register kReset("a close with a reset is ECONNRESET for the peer", [] {
  test::Connection connection = test::ConnectTcp();
  CloseWithReset(std::move(connection.ours));
  CHECK_EQ(connection.theirs.ReadToEnd().error, ECONNRESET);
  connection = test::ConnectTcp();
  connection.ours.Reset();
  CHECK_EQ(connection.theirs.ReadToEnd().error, 0);
  CloseWithReset(Fd());
});

const test::Register kPrepare("a TCP leg gets SO_OOBINLINE, and TCP_NODELAY as told", [] {
  const Fd fd = Must(OpenStream(AF_INET));
  Must(PrepareTcp(fd.get(), true));
  CHECK(IntOption(fd.get(), SOL_SOCKET, SO_OOBINLINE) != 0);
  CHECK(IntOption(fd.get(), IPPROTO_TCP, TCP_NODELAY) != 0);
  Must(PrepareTcp(fd.get(), false));
  CHECK_EQ(IntOption(fd.get(), IPPROTO_TCP, TCP_NODELAY), 0);
});

const test::Register kInUse("an address that is served can't be bound", [] {
  const test::Server server;
  const Result<Fd> second = OpenBound(server.address());
  REQUIRE(!second.ok());
  CHECK_EQ(second.error().err, EADDRINUSE);
  CHECK_EQ(std::string(second.error().call), std::string("bind"));
});

const test::Register kV6Only("0.0.0.0 and [::] stand side by side on one port", [] {
  if (!test::HasIpv6()) return;
  const test::Server v6(*Address::FromIp("::", 0));
  const test::Server v4(*Address::FromIp("0.0.0.0", v6.address().port()));
  const test::Peer to_v4 = test::Peer::Connect(Loopback(v6.address().port()));
  const test::Peer accepted = v4.Accept();
  const test::Peer to_v6 = test::Peer::Connect(*Address::FromIp("::1", v6.address().port()));
  const test::Peer accepted_v6 = v6.Accept();
});

const test::Register kAbandoned("a unix path that nobody serves any more is taken over", [] {
  const test::TempDir dir;
  const Address address = *Address::FromPath(dir.File("socket"));
  { const test::Server gone(address); }
  REQUIRE(Exists(address.path()));
  const test::Server server(address);
  const test::Peer client = test::Peer::Connect(address);
  const test::Peer accepted = server.Accept();
});

const test::Register kServed("a unix path that is served stays with its server", [] {
  const test::TempDir dir;
  const Address address = *Address::FromPath(dir.File("socket"));
  const test::Server server(address);
  const Result<Fd> second = OpenBound(address);
  REQUIRE(!second.ok());
  CHECK_EQ(second.error().err, EADDRINUSE);
  const test::Peer visitor = server.Accept();
  const test::Peer client = test::Peer::Connect(address);
  const test::Peer accepted = server.Accept();
});

const test::Register kNotASocket("a file that is no socket is never removed", [] {
  const test::TempDir dir;
  const std::string path = dir.File("precious");
  const Fd file(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  REQUIRE(file.valid());
  CHECK_EQ(OpenBound(*Address::FromPath(path)).error().err, EADDRINUSE);
  CHECK(Exists(path));
});

const test::Register kDiscard("discarded input says what may follow it", [] {
  const test::Connection connection = test::ConnectTcp();
  const int fd = connection.ours.get();
  std::array<std::byte, 1000> scratch{};
  CHECK_EQ(DiscardInput(fd, scratch), InputLeft::kNone);
  test::Preload(connection.theirs, fd, 16'500);
  CHECK_EQ(DiscardInput(fd, scratch), InputLeft::kSome);
  CHECK_EQ(test::Unread(fd), 500U);
  CHECK_EQ(DiscardInput(fd, scratch), InputLeft::kNone);
  CHECK_EQ(test::Unread(fd), 0U);
  connection.theirs.Send("the last");
  connection.theirs.FinishWriting();
  test::AwaitUntil("the FIN is there",
                   [&] { return DiscardInput(fd, scratch) == InputLeft::kEnd; });
  CHECK_EQ(DiscardInput(fd, scratch), InputLeft::kEnd);
});

const test::Register kDiscardReset("after a reset nothing can follow", [] {
  test::Connection connection = test::ConnectTcp();
  std::array<std::byte, 1000> scratch{};
  connection.theirs.Send("the last");
  connection.theirs.Reset();
  test::AwaitEvents(connection.ours.get(), POLLHUP);
  CHECK_EQ(DiscardInput(connection.ours.get(), scratch), InputLeft::kEnd);
});

}  // namespace
}  // namespace warmline::net
