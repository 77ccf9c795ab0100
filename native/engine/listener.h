// Listener: one listening socket, shared by all workers.
#pragma once

#include <memory>
#include <optional>

#include "net/address.h"
#include "net/fd.h"
#include "net/keepalive.h"
#include "net/result.h"

namespace warmline::engine {

// What accepted connections inherit.
struct ListenerOptions {
  std::optional<net::Keepalive> keepalive;
  bool no_delay = true;
};

// Closed when the engine and the last worker have let go of it. Immutable; any thread.
class Listener {
 public:
  // Binds and sets the options, so that a connection carries them from its first moment (inherited
  // on accept: net/core/sock.c, sk_clone_lock); nobody can connect before Start.
  static net::Result<std::shared_ptr<Listener>> Open(const net::Address& wanted,
                                                     const ListenerOptions& options);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Changes what later connections inherit; a unix socket has nothing to set.
  net::Status SetOptions(const ListenerOptions& options) const;
  // Starts to listen, or changes how many connections may wait.
  net::Status Start(int backlog) const;

  [[nodiscard]] int fd() const { return fd_.get(); }
  // As in the plan, where the port may be 0.
  [[nodiscard]] const net::Address& wanted() const { return wanted_; }
  // With the port that the kernel gave.
  [[nodiscard]] const net::Address& bound() const { return bound_; }

 private:
  Listener(net::Fd fd, const net::Address& wanted, const net::Address& bound)
      : fd_(std::move(fd)), wanted_(wanted), bound_(bound) {}

  net::Fd fd_;
  const net::Address wanted_;
  const net::Address bound_;
};

}  // namespace warmline::engine
