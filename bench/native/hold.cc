// Hold: connections that rest, and what is asked of them.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "die.h"
#include "epoll.h"
#include "figures.h"
#include "message.h"
#include "socket.h"

namespace warmline::bench {
namespace {

// Opened at a time: a listen backlog is not what these figures are about.
constexpr std::size_t kBatch = 64;
constexpr Nanoseconds kPatience = 30'000'000'000;
constexpr std::uint32_t kReadable = EPOLLIN | EPOLLRDHUP | EPOLLET;

// A connection that sends its next message when the last has come back, and how long the longest
// took.
class Busy {
 public:
  Busy(std::uint16_t port, Epoll& epoll) : fd_(Connect(port, Blocking::kYes)) {
    epoll.Add(fd_.get(), EPOLLIN, this);
    Ping();
  }

  void OnEcho() {
    ReceiveEchoOrDie(fd_.get());
    longest_ = std::max(longest_, Now() - sent_);
    round_trips_++;
    Ping();
  }

  void Print() const {
    std::printf("{\"roundTrips\":%ju,\"longest\":%.3f}\n", std::uintmax_t{round_trips_},
                static_cast<double>(longest_) / kPerMillisecond);
  }

 private:
  void Ping() {
    sent_ = Now();
    SendMessageOrDie(fd_.get());
  }

  net::Fd fd_;
  Nanoseconds sent_ = 0;
  Nanoseconds longest_ = 0;
  std::uint64_t round_trips_ = 0;
};

class Holder {
 public:
  explicit Holder(const Options& options) : options_(options) {
    held_.reserve(options.connections);
    epoll_.Add(STDIN_FILENO, EPOLLIN, &commands_);
  }

  void Run() {
    OpenAll();
    std::printf("{\"open\":%zu}\n", held_.size());
    while (Turn()) {
    }
  }

 private:
  // One look at what is ready. False when nobody asks for anything any more.
  bool Turn() {
    const auto events = epoll_.Wait(kPatience);
    if (events.empty() && ending_since_) Die("connections have not ended within 30 seconds");
    for (const epoll_event& event : events) {
      if (event.data.ptr == &commands_) {
        if (!commands_.Read()) return false;
        while (const auto command = commands_.Next()) Obey(*command);
      } else if (busy_ && event.data.ptr == &*busy_) {
        busy_->OnEcho();
      } else {
        OnHeld(*static_cast<net::Fd*>(event.data.ptr));
      }
    }
    return true;
  }

  void Obey(const std::string& command) {
    if (command == "check") {
      ExchangeOnAll();
      std::printf("{\"alive\":%zu}\n", held_.size());
    } else if (command == "busy") {
      busy_.emplace(options_.port, epoll_);
    } else if (command == "rest" && busy_) {
      busy_->Print();
      busy_.reset();
    } else if (command == "end") {
      ending_since_ = Now();
    } else {
      Die("unexpected command: " + command);
    }
  }

  void OpenAll() {
    while (held_.size() < options_.connections) {
      const std::size_t first = held_.size();
      const std::size_t last = std::min(first + kBatch, options_.connections);
      while (held_.size() < last) {
        SendMessageOrDie(held_.emplace_back(Connect(options_.port, Blocking::kYes)).get());
      }
      for (std::size_t at = first; at < last; at++) {
        ReceiveEchoOrDie(held_[at].get());
        epoll_.Add(held_[at].get(), kReadable, &held_[at]);
      }
    }
  }

  void ExchangeOnAll() {
    for (const net::Fd& fd : held_) {
      SendMessageOrDie(fd.get());
      ReceiveEchoOrDie(fd.get());
    }
  }

  // An end that was waited for, or one that must not be. An echo that was read meanwhile leaves its
  // event behind.
  void OnHeld(net::Fd& fd) {
    if (!fd.valid() || !HasEnded(fd.get())) return;
    if (!ending_since_) Die("a resting connection was ended");
    fd.Reset();
    if (++ended_ < held_.size()) return;
    std::printf("{\"milliseconds\":%.3f}\n",
                static_cast<double>(Now() - *ending_since_) / kPerMillisecond);
  }

  static bool HasEnded(int fd) {
    char byte = 0;
    const ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT);
    return got == 0 || (got == -1 && errno != EAGAIN);
  }

  const Options& options_;
  Epoll epoll_;
  Commands commands_;
  std::vector<net::Fd> held_;
  std::optional<Busy> busy_;
  std::optional<Nanoseconds> ending_since_;
  std::size_t ended_ = 0;
};

}  // namespace

void DriveHold(const Options& options) { Holder(options).Run(); }

}  // namespace warmline::bench
