#include "engine/poller.h"

#include <cassert>
#include <utility>

namespace warmline::engine {
namespace {

constexpr std::uintptr_t kTagMask = 7;

}  // namespace

net::Result<Poller> Poller::Open() {
  net::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return net::SysError::FromErrno("epoll_create1");
  return Poller(std::move(epoll));
}

net::Status Poller::Add(int fd, std::uint32_t events, Token token) {
  const auto address = reinterpret_cast<std::uintptr_t>(token.owner);
  assert((address & kTagMask) == 0);
  epoll_event event{};
  event.events = events;
  event.data.u64 = address | static_cast<std::uintptr_t>(token.tag);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == -1) {
    return net::SysError::FromErrno("epoll_ctl");
  }
  return {};
}

void Poller::Remove(int fd) {
  // ENOENT: it was not registered, which is what is wanted.
  (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

std::span<const epoll_event> Poller::Wait(std::span<epoll_event> into, int timeout_ms) {
  const int count =
      ::epoll_wait(epoll_.get(), into.data(), static_cast<int>(into.size()), timeout_ms);
  // EINTR: the caller comes back anyway.
  return into.first(count == -1 ? 0U : static_cast<std::size_t>(count));
}

Token Poller::TokenOf(const epoll_event& event) {
  const auto bits = static_cast<std::uintptr_t>(event.data.u64);
  return {static_cast<Tag>(bits & kTagMask), reinterpret_cast<void*>(bits & ~kTagMask)};
}

}  // namespace warmline::engine
