#include "epoll.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "die.h"

namespace warmline::bench {
namespace {

// epoll_wait counts in milliseconds; rounded up, so that what was waited for is over.
int ToTimeout(std::optional<Nanoseconds> limit) {
  if (!limit) return -1;
  return static_cast<int>((std::max<Nanoseconds>(*limit, 0) + 999'999) / 1'000'000);
}

}  // namespace

Epoll::Epoll() : fd_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!fd_.valid()) DieOfErrno("epoll_create1");
}

void Epoll::Add(int fd, std::uint32_t events, void* owner) {
  epoll_event event{.events = events, .data = {.ptr = owner}};
  if (epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) == -1) DieOfErrno("epoll_ctl");
}

void Epoll::Change(int fd, std::uint32_t events, void* owner) {
  epoll_event event{.events = events, .data = {.ptr = owner}};
  if (epoll_ctl(fd_.get(), EPOLL_CTL_MOD, fd, &event) == -1) DieOfErrno("epoll_ctl");
}

std::span<epoll_event> Epoll::Wait(std::optional<Nanoseconds> limit) {
  const int size = static_cast<int>(events_.size());
  const int ready = epoll_wait(fd_.get(), events_.data(), size, ToTimeout(limit));
  if (ready == -1 && errno != EINTR) DieOfErrno("epoll_wait");
  return std::span(events_).first(ready == -1 ? 0 : static_cast<std::size_t>(ready));
}

bool Commands::Read() {
  std::array<char, 256> chunk{};
  const ssize_t got = read(STDIN_FILENO, chunk.data(), chunk.size());
  if (got == -1) DieOfErrno("read");
  unread_.append(chunk.data(), static_cast<std::size_t>(got));
  return got > 0;
}

std::optional<std::string> Commands::Next() {
  const std::size_t end = unread_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

}  // namespace warmline::bench
