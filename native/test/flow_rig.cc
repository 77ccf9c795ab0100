#include "test/flow_rig.h"

#include <span>
#include <utility>

#include "test/check.h"

namespace warmline::test {

using relay::Flow;
using relay::Leg;

namespace {

bool IsWaiting(Flow::Outcome outcome) {
  return outcome == Flow::Outcome::kSourceDry || outcome == Flow::Outcome::kSinkFull;
}

}  // namespace

FlowRig::FlowRig(Connection from, Connection to)
    : sender(std::move(from.theirs)),
      receiver(std::move(to.theirs)),
      source{.fd = std::move(from.ours)},
      sink{.fd = std::move(to.ours)},
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  Watch(source, 0);
  Watch(sink, 1);
  TakeEvents();
}

Flow::Result FlowRig::PumpToEnd() {
  for (;;) {
    const Flow::Result result = Pump();
    if (IsWaiting(result.outcome)) {
      WaitForEvents(kLimitMs);
    } else if (result.outcome != Flow::Outcome::kBudgetSpent) {
      return result;
    }
  }
}

void FlowRig::PumpUntil(std::uint64_t bytes) {
  while (flow.bytes() < bytes) {
    const Flow::Outcome outcome = Pump().outcome;
    if (flow.bytes() >= bytes) return;
    REQUIRE(IsWaiting(outcome) || outcome == Flow::Outcome::kBudgetSpent);
    if (IsWaiting(outcome)) WaitForEvents(kLimitMs);
  }
}

void FlowRig::Watch(const Leg& leg, std::uint64_t token) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
  event.data.u64 = token;
  REQUIRE(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, leg.fd.get(), &event) == 0);
}

void FlowRig::WaitForEvents(int timeout_ms) {
  std::array<epoll_event, 2> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), 2, timeout_ms);
  if (count == 0 && timeout_ms != 0) BailOut("the flow stalled: no event within the limit");
  for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(count))) {
    Leg& leg = event.data.u64 == 0 ? source : sink;
    const std::uint32_t set = event.events;
    if ((set & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) leg.readable = true;
    if ((set & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) leg.writable = true;
    if ((set & (EPOLLRDHUP | EPOLLHUP)) != 0) leg.fin = true;
    if ((set & EPOLLPRI) != 0) leg.piecewise = true;
  }
}

}  // namespace warmline::test
