#include "engine/listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "net/socket.h"

namespace warmline::engine {

net::Result<std::shared_ptr<Listener>> Listener::Open(const net::Address& wanted,
                                                      const ListenerOptions& options) {
  net::Result<net::Fd> opened = net::OpenBound(wanted);
  if (!opened.ok()) return opened.error();
  net::Result<net::Address> bound = net::LocalAddress(opened.value().get());
  if (!bound.ok()) return bound.error();
  std::shared_ptr<Listener> listener(
      new Listener(std::move(opened).value(), wanted, bound.value()));
  if (net::Status set = listener->SetOptions(options); !set.ok()) return set.error();
  return listener;
}

Listener::~Listener() {
  if (bound_.is_unix()) (void)::unlink(bound_.path().c_str());
}

net::Status Listener::SetOptions(const ListenerOptions& options) const {
  if (bound_.is_unix()) return {};
  if (net::Status prepared = net::PrepareTcp(fd_.get(), options.no_delay); !prepared.ok()) {
    return prepared;
  }
  return net::SetKeepalive(fd_.get(), options.keepalive);
}

net::Status Listener::Start(int backlog) const { return net::Listen(fd_.get(), backlog); }

}  // namespace warmline::engine
