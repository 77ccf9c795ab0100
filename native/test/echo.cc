#include "test/echo.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "net/socket.h"
#include "test/check.h"

namespace warmline::test {

Echo::Echo(const net::Address& at)
    : listener_(Must(net::OpenBound(at))),
      address_(Must(net::LocalAddress(listener_.get()))),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  Must(net::Listen(listener_.get(), 4096));
  thread_ = std::thread([this] { Serve(); });
}

Echo::~Echo() {
  REQUIRE(::eventfd_write(stop_.get(), 1) == 0);
  thread_.join();
}

void Echo::Serve() {
  for (;;) {
    std::vector<pollfd> polled = {{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const Client& client : clients_) {
      const short wanted = client.pending.empty() ? POLLIN : POLLOUT;
      polled.push_back({client.fd.get(), wanted, 0});
    }
    REQUIRE(::poll(polled.data(), polled.size(), -1) > 0);
    if (polled[0].revents != 0) return;
    // Backwards, so that a removal moves none that is still to come.
    for (std::size_t i = clients_.size(); i-- > 0;) {
      if (polled[i + 2].revents == 0 || Step(clients_[i])) continue;
      std::swap(clients_[i], clients_.back());
      clients_.pop_back();
    }
    if (polled[1].revents != 0) AcceptOne();
  }
}

void Echo::AcceptOne() {
  net::Result<net::Accepted> accepted = net::Accept(listener_.get());
  // A client may have gone again.
  if (accepted.ok()) clients_.push_back({std::move(accepted.value().fd), {}});
}

bool Echo::Step(Client& client) {
  if (client.pending.empty()) {
    char chunk[64 * 1024];
    const ssize_t got = ::recv(client.fd.get(), chunk, sizeof chunk, 0);
    if (got <= 0) return got == -1 && errno == EAGAIN;
    client.pending.assign(chunk, static_cast<std::size_t>(got));
  }
  const ssize_t sent =
      ::send(client.fd.get(), client.pending.data(), client.pending.size(), MSG_NOSIGNAL);
  if (sent == -1) return errno == EAGAIN;
  client.pending.erase(0, static_cast<std::size_t>(sent));
  return true;
}

}  // namespace warmline::test
