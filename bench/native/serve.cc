#include "serve.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "die.h"
#include "epoll.h"
#include "socket.h"

namespace warmline::bench {
namespace {

constexpr std::size_t kChunk = std::size_t{256} * 1024;
constexpr std::array<char, kChunk> kBytes{};

enum class Kind : std::uint8_t { kEcho, kSource, kBothWays };

// What an event belongs to.
struct Waiter {
  enum class Role : std::uint8_t { kCommands, kListener, kConnection };
  Role role;
};

struct Listener : Waiter {
  explicit Listener(Kind serves)
      : Waiter{Role::kListener}, kind(serves), fd(ListenAnywhere()), port(PortOf(fd.get())) {}
  Kind kind;
  net::Fd fd;
  std::uint16_t port;
};

struct Connection : Waiter {
  Connection(Kind serves, net::Fd socket)
      : Waiter{Role::kConnection}, kind(serves), fd(std::move(socket)) {}
  Kind kind;
  net::Fd fd;
  // Of an echo: what the peer has not taken yet.
  std::string unsent;
  // Where it stands in the server's list.
  std::list<Connection>::iterator place;
};

// One system call's outcome, where the peer may end as it likes.
enum class Outcome : std::uint8_t { kMoved, kWaits, kEnded };

Outcome OutcomeOf(ssize_t moved) {
  if (moved > 0) return Outcome::kMoved;
  if (moved == -1 && errno == EAGAIN) return Outcome::kWaits;
  return Outcome::kEnded;
}

class Server {
 public:
  Server() {
    epoll_.Add(STDIN_FILENO, EPOLLIN, &stdin_);
    for (Listener* listener : {&echo_, &source_, &both_ways_}) {
      epoll_.Add(listener->fd.get(), EPOLLIN, static_cast<Waiter*>(listener));
    }
  }

  void Run() {
    std::printf("{\"echo\":%d,\"source\":%d,\"bothWays\":%d}\n", echo_.port, source_.port,
                both_ways_.port);
    while (!over_) {
      for (const epoll_event& event : epoll_.Wait(std::nullopt)) OnEvent(event);
      // Not before every event was looked at: one may belong to a connection that has ended.
      ended_.clear();
    }
  }

 private:
  void OnEvent(const epoll_event& event) {
    auto* waiter = static_cast<Waiter*>(event.data.ptr);
    switch (waiter->role) {
      case Waiter::Role::kCommands: OnCommands(); break;
      case Waiter::Role::kListener: AcceptAll(*static_cast<Listener*>(waiter)); break;
      case Waiter::Role::kConnection:
        OnReady(*static_cast<Connection*>(waiter), event.events);
        break;
    }
  }

  void OnCommands() {
    over_ = !commands_.Read();
    while (const auto command = commands_.Next()) {
      if (*command != "reset") Die("unexpected command: " + *command);
      for (Connection& connection : connections_) CloseWithReset(std::move(connection.fd));
      ended_.splice(ended_.end(), connections_);
    }
  }

  void AcceptAll(Listener& listener) {
    while (true) {
      net::Fd fd = TryAccept(listener.fd.get());
      if (!fd.valid()) return;
      connections_.emplace_front(listener.kind, std::move(fd));
      Connection& connection = connections_.front();
      connection.place = connections_.begin();
      epoll_.Add(connection.fd.get(), EventsFor(listener.kind), static_cast<Waiter*>(&connection));
    }
  }

  // Bulk takes turns, a chunk an event; an echo is told once of what it then does at once.
  static std::uint32_t EventsFor(Kind kind) {
    switch (kind) {
      case Kind::kEcho: return EPOLLIN | EPOLLET;
      case Kind::kSource: return EPOLLOUT;
      case Kind::kBothWays: return EPOLLIN | EPOLLOUT;
    }
    return 0;
  }

  void OnReady(Connection& connection, std::uint32_t events) {
    if (!connection.fd.valid() || Advance(connection, events) != Outcome::kEnded) return;
    connection.fd.Reset();
    ended_.splice(ended_.end(), connections_, connection.place);
  }

  Outcome Advance(Connection& connection, std::uint32_t events) {
    const int fd = connection.fd.get();
    if (connection.kind == Kind::kEcho) return Echo(connection);
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) return Outcome::kEnded;
    if ((events & EPOLLIN) != 0 &&
        OutcomeOf(recv(fd, sink_.data(), sink_.size(), 0)) == Outcome::kEnded) {
      return Outcome::kEnded;
    }
    if ((events & EPOLLOUT) == 0) return Outcome::kWaits;
    return OutcomeOf(send(fd, kBytes.data(), kBytes.size(), MSG_NOSIGNAL));
  }

  // What fills the buffer may not be all that there is; anything shorter is, and the next byte
  // brings an event of its own.
  Outcome Echo(Connection& connection) {
    if (!connection.unsent.empty()) return Flush(connection);
    while (true) {
      const ssize_t got = recv(connection.fd.get(), buffer_.data(), buffer_.size(), 0);
      if (const Outcome outcome = OutcomeOf(got); outcome != Outcome::kMoved) return outcome;
      const auto size = static_cast<std::size_t>(got);
      const ssize_t sent = send(connection.fd.get(), buffer_.data(), size, MSG_NOSIGNAL);
      if (OutcomeOf(sent) == Outcome::kEnded) return Outcome::kEnded;
      const std::size_t taken = sent == -1 ? 0 : static_cast<std::size_t>(sent);
      if (taken < size) {
        connection.unsent.assign(buffer_.data() + taken, size - taken);
        Watch(connection, EPOLLOUT);
        return Outcome::kWaits;
      }
      if (size < buffer_.size()) return Outcome::kMoved;
    }
  }

  Outcome Flush(Connection& connection) {
    std::string& unsent = connection.unsent;
    const ssize_t sent = send(connection.fd.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (const Outcome outcome = OutcomeOf(sent); outcome != Outcome::kMoved) return outcome;
    unsent.erase(0, static_cast<std::size_t>(sent));
    if (unsent.empty()) Watch(connection, EPOLLIN | EPOLLET);
    return Outcome::kMoved;
  }

  void Watch(Connection& connection, std::uint32_t events) {
    epoll_.Change(connection.fd.get(), events, static_cast<Waiter*>(&connection));
  }

  Epoll epoll_;
  Commands commands_;
  Waiter stdin_{Waiter::Role::kCommands};
  Listener echo_{Kind::kEcho};
  Listener source_{Kind::kSource};
  Listener both_ways_{Kind::kBothWays};
  std::list<Connection> connections_;
  std::list<Connection> ended_;
  std::array<char, 4096> buffer_{};
  std::vector<char> sink_ = std::vector<char>(kChunk);  // copied into, as any reader does
  bool over_ = false;
};

}  // namespace

void Serve() { Server().Run(); }

}  // namespace warmline::bench
