// Listener: the address it gets, what its connections inherit, and what it leaves behind.
#include "engine/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "net/socket.h"
#include "test/check.h"
#include "test/net_fixture.h"

namespace warmline::engine {
namespace {

using test::Loopback;
using test::Must;
using test::Peer;

constexpr net::Keepalive kSome{
    .idle_s = 45, .interval_s = 5, .count = 4, .user_timeout_ms = 65'000};

// What the next connection gets.
struct Inherited {
  net::EffectiveKeepalive keepalive;
  bool no_delay = false;
};

Inherited ConnectAndRead(const Listener& listener) {
  const Peer client = Peer::Connect(listener.bound());
  const net::Fd accepted = std::move(Must(net::Accept(listener.fd())).fd);
  int no_delay = 0;
  socklen_t length = sizeof no_delay;
  CHECK_EQ(::getsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &length), 0);
  return {Must(net::ReadKeepalive(accepted.get())), no_delay != 0};
}

const test::Register kPortZero("port 0 becomes the port that the kernel gave", [] {
  const std::shared_ptr<Listener> listener = Must(Listener::Open(Loopback(), {}));
  CHECK_EQ(listener->wanted().port(), 0);
  CHECK(listener->bound().port() != 0);
  Must(listener->Start(1));
  const Peer client = Peer::Connect(listener->bound());
});

const test::Register kNotYet("nobody can connect before Start", [] {
  const std::shared_ptr<Listener> listener = Must(Listener::Open(Loopback(), {}));
  CHECK_EQ(test::ConnectError(listener->bound()), ECONNREFUSED);
});

const test::Register kInherit("a connection carries the listener's options from the start", [] {
  const std::shared_ptr<Listener> listener = Must(Listener::Open(Loopback(), {kSome, true}));
  Must(listener->Start(1));
  const Inherited inherited = ConnectAndRead(*listener);
  CHECK(inherited.keepalive == (net::EffectiveKeepalive{true, kSome}));
  CHECK(inherited.no_delay);
});

const test::Register kChange("later connections carry the changed options, all of them", [] {
  const std::shared_ptr<Listener> listener = Must(Listener::Open(Loopback(), {kSome, true}));
  Must(listener->Start(1));
  Must(listener->SetOptions({std::nullopt, false}));
  const Inherited inherited = ConnectAndRead(*listener);
  CHECK(!inherited.keepalive.enabled);
  CHECK_EQ(inherited.keepalive.values.user_timeout_ms, 0);
  CHECK(!inherited.no_delay);
});

const test::Register kRefused("an option that the kernel refuses opens nothing", [] {
  const std::size_t fds = test::OpenFds();
  const auto listener = Listener::Open(Loopback(), {net::Keepalive{40'000, 5, 4, 0}, true});
  REQUIRE(!listener.ok());
  CHECK_EQ(listener.error().err, EINVAL);
  CHECK_EQ(test::OpenFds(), fds);
});

const test::Register kUnixPath("a unix path is there while the listener is, and no longer", [] {
  const test::TempDir dir;
  const net::Address address = *net::Address::FromPath(dir.File("socket"));
  std::shared_ptr<Listener> listener = Must(Listener::Open(address, {kSome, true}));
  CHECK_EQ(::access(address.path().c_str(), F_OK), 0);
  listener.reset();
  CHECK_EQ(::access(address.path().c_str(), F_OK), -1);
});

}  // namespace
}  // namespace warmline::engine
