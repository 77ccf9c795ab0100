#include "test/session_rig.h"

#include <sys/epoll.h>

#include <span>
#include <utility>

#include "engine/system_calls.h"
#include "net/socket.h"
#include "test/check.h"

namespace warmline::test {

using relay::Session;
using relay::Side;

relay::Route RouteTo(std::vector<net::Address> endpoints) {
  relay::Route route;
  route.name = "route";
  route.endpoints = std::move(endpoints);
  route.connect_timeout_ms = 5'000;
  route.half_close_timeout_ms = 60'000;
  return route;
}

// --------------------------------------------------------------------------------------- FakeHost

FakeHost::FakeHost()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), exchange_(std::make_unique<engine::SystemCalls>()) {
  now_ms_ = 1'000'000;
}

net::Status FakeHost::Watch(Session& session, Side side, int fd) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
  event.data.u64 = reinterpret_cast<std::uintptr_t>(&session) | static_cast<std::uint64_t>(side);
  REQUIRE(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
  return {};
}

void FakeHost::ResumeLater(Session& session) { to_resume_ = &session; }

void FakeHost::Retire(Session& session) {
  CHECK(!retired);
  CHECK(!session.armed());
  CHECK_EQ(pipes.lent(), 0U);
  retired = true;
  to_resume_ = nullptr;
  exchange_.Remove(session);
}

void FakeHost::Turn() {
  std::array<epoll_event, 8> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  REQUIRE(count != -1);
  Session* resuming = std::exchange(to_resume_, nullptr);
  for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(count))) {
    auto* session = reinterpret_cast<Session*>(event.data.u64 & ~std::uint64_t{1});
    session->OnEvents(static_cast<Side>(event.data.u64 & 1), event.events);
  }
  exchange_.Run();
  if (resuming != nullptr) {
    ++resumed;
    resuming->Resume();
  }
}

void FakeHost::Advance(std::uint64_t ms) {
  now_ms_ += ms;
  timers_.Expire(now_ms_);
}

// ------------------------------------------------------------------------------------- SessionRig

SessionRig::SessionRig(relay::Route plan, Connection accepted)
    : route{std::make_shared<const relay::Route>(std::move(plan)),
            std::make_shared<relay::RouteCounters>()},
      client_leg(accepted.ours.get()),
      client(std::move(accepted.theirs)),
      session(host, route, 1, {std::move(accepted.ours), Must(net::LocalAddress(client.fd()))}) {}

void SessionRig::RunUntil(const char* what, const std::function<bool()>& condition,
                          std::uint64_t step_ms) {
  AwaitUntil(what, [&] {
    host.Turn();
    host.Advance(step_ms);
    return condition();
  });
}

void SessionRig::Connect() {
  session.Start();
  RunUntil("the session relays", [&] { return session.state() == Session::State::kRelaying; });
}

void SessionRig::RunUntilClosed(std::uint64_t step_ms) {
  RunUntil(
      "the session is closed", [&] { return host.retired; }, step_ms);
}

relay::SessionClosed SessionRig::closed() const {
  const auto* closed =
      host.reports.empty() ? nullptr : std::get_if<relay::SessionClosed>(&host.reports.back());
  CHECK(closed != nullptr);
  return closed != nullptr ? *closed : relay::SessionClosed{};
}

std::uint64_t SessionRig::CountClosed(relay::CloseReason reason) const {
  return route.counters->closed[static_cast<std::size_t>(reason)].value();
}

std::optional<std::uint64_t> SessionRig::TimerDue() {
  const std::optional<std::uint64_t> next = host.timers().Next();
  if (!next.has_value()) return std::nullopt;
  return *next - host.now_ms();
}

}  // namespace warmline::test
