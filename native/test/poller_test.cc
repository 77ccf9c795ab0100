// Poller: an event finds its owner.
#include "engine/poller.h"

#include <sys/eventfd.h>

#include <array>
#include <cerrno>

#include "net/fd.h"
#include "test/check.h"
#include "test/net_fixture.h"

namespace warmline::engine {
namespace {

using test::Must;

const test::Register kTokens("every tag and owner comes back with its event", [] {
  Poller poller = Must(Poller::Open());
  alignas(8) std::array<std::uint64_t, 4> owners{};
  std::array<epoll_event, 8> events{};
  for (const Tag tag : {Tag::kClientLeg, Tag::kUpstreamLeg, Tag::kAcceptor, Tag::kMailbox}) {
    void* owner = &owners[static_cast<std::size_t>(tag)];
    const net::Fd ready(::eventfd(1, EFD_CLOEXEC));
    Must(poller.Add(ready.get(), EPOLLIN, {tag, owner}));
    const std::span<const epoll_event> got = poller.Wait(events, test::kLimitMs);
    REQUIRE(got.size() == 1);
    CHECK_EQ(got[0].events, static_cast<std::uint32_t>(EPOLLIN));
    CHECK_EQ(Poller::TokenOf(got[0]).tag, tag);
    CHECK(Poller::TokenOf(got[0]).owner == owner);
  }
});

const test::Register kRemoved("what was removed or closed reports no more", [] {
  Poller poller = Must(Poller::Open());
  std::array<epoll_event, 8> events{};
  alignas(8) std::uint64_t owner = 0;
  net::Fd removed(::eventfd(1, EFD_CLOEXEC));
  net::Fd closed(::eventfd(1, EFD_CLOEXEC));
  Must(poller.Add(removed.get(), EPOLLIN, {Tag::kMailbox, &owner}));
  Must(poller.Add(closed.get(), EPOLLIN, {Tag::kMailbox, &owner}));
  CHECK_EQ(poller.Wait(events, 0).size(), 2U);
  poller.Remove(removed.get());
  poller.Remove(removed.get());
  closed.Reset();
  CHECK(poller.Wait(events, 0).empty());
});

const test::Register kRefused("a descriptor that can't be polled is refused", [] {
  Poller poller = Must(Poller::Open());
  alignas(8) std::uint64_t owner = 0;
  const net::Status added = poller.Add(-1, EPOLLIN, {Tag::kMailbox, &owner});
  CHECK_EQ(added.error().err, EBADF);
});

}  // namespace
}  // namespace warmline::engine
