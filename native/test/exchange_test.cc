// Exchange: whose messages are moved together, and what becomes of a session in the middle of it.
#include "engine/exchange.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/system_calls.h"
#include "relay/session.h"
#include "test/check.h"
#include "test/net_fixture.h"
#include "test/session_rig.h"

namespace warmline::engine {
namespace {

using relay::CloseReason;
using relay::Session;
using relay::Side;
using test::Peer;

constexpr std::size_t kMostTransfers = 64;

// What the back end of a case was asked for, and what it does.
struct Script {
  std::vector<std::size_t> batches;
  std::function<void(std::span<relay::Transfer>)> make;  // instead of system calls
};

class ScriptedBackEnd final : public BackEnd {
 public:
  explicit ScriptedBackEnd(Script& script) : script_(script) {}

  void Make(std::span<relay::Transfer> transfers) override {
    script_.batches.push_back(transfers.size());
    if (script_.make) {
      script_.make(transfers);
    } else {
      SystemCalls().Make(transfers);
    }
  }

 private:
  Script& script_;
};

// A host without an event loop: the case says which events there are.
class Turns final : public relay::Host {
 public:
  struct One {
    Peer client;
    std::array<int, 2> legs;  // borrowed from the session
    std::unique_ptr<Session> session;
    Peer upstream;
  };

  net::Status Watch(Session&, Side side, int fd) override {
    watched_[static_cast<std::size_t>(side)] = fd;
    return {};
  }
  void ResumeSoon(Session& session) override { exchange.Add(session); }
  void ResumeLater(Session&) override { CHECK(!"more than a turn moves"); }
  void Tell(relay::Report report) override {
    if (const auto* end = std::get_if<relay::SessionClosed>(&report)) closed.push_back(*end);
  }
  void OnFdLimit(const net::SysError& error) override { test::BailOut(error); }
  void Retire(Session& session) override {
    CHECK(!session.armed());
    exchange.Remove(session);
  }
  relay::Lender lender() override { return {scratch_, pipes_}; }

  // A session that relays, and has nothing to move.
  One& Relaying() {
    test::Connection accepted = test::ConnectTcp();
    auto session = std::make_unique<Session>(
        *this, route_, ones_.size() + 1, net::Accepted{std::move(accepted.ours), test::Loopback()});
    session->Start();
    test::AwaitEvents(watched_[1], POLLOUT);
    session->OnEvents(Side::kClient, EPOLLOUT);
    session->OnEvents(Side::kUpstream, EPOLLOUT);
    REQUIRE(session->state() == Session::State::kRelaying);
    ones_.push_back(std::make_unique<One>(
        One{std::move(accepted.theirs), watched_, std::move(session), server_.Accept()}));
    return *ones_.back();
  }

  Script script;
  Exchange exchange{std::make_unique<ScriptedBackEnd>(script)};
  std::vector<relay::SessionClosed> closed;

 private:
  test::Server server_;
  relay::RouteState route_{std::make_shared<const relay::Route>(test::RouteTo({server_.address()})),
                           std::make_shared<relay::RouteCounters>()};
  relay::PipePool pipes_;
  std::array<std::byte, 64 * 1024> scratch_{};
  std::array<int, 2> watched_{-1, -1};
  std::vector<std::unique_ptr<One>> ones_;
};

// The session learns that the peer on that side has sent `bytes`.
void Say(Turns::One& one, Side from, const std::string& bytes) {
  (from == Side::kClient ? one.client : one.upstream).Send(bytes);
  test::AwaitReadable(one.legs[static_cast<std::size_t>(from)], bytes.size());
  one.session->OnEvents(from, EPOLLIN);
}

void CheckHears(const Peer& peer, const std::string& bytes) {
  test::AwaitReadable(peer.fd(), bytes.size());
  CHECK_EQ(test::Unread(peer.fd()), bytes.size());
  CHECK_EQ(peer.Read(bytes.size()), bytes);
}

const test::Register kMany("messages of many sessions are moved together, 64 at a time", [] {
  constexpr std::size_t kSessions = 70;
  Turns turns;
  // Until the batch is made, nothing of it is received.
  turns.script.make = [](std::span<relay::Transfer> transfers) {
    for (const relay::Transfer& transfer : transfers) {
      CHECK(test::Unread(transfer.source) > 0);
      CHECK_EQ(transfer.session->bytes(transfer.from), 0U);
    }
    SystemCalls().Make(transfers);
  };
  std::vector<Turns::One*> ones;
  for (std::size_t i = 0; i < kSessions; ++i) {
    ones.push_back(&turns.Relaying());
    Say(*ones[i], Side::kClient, "question " + std::to_string(i));
    Say(*ones[i], Side::kUpstream, "answer " + std::to_string(i));
  }
  turns.exchange.Run();
  CHECK(turns.exchange.empty());
  std::size_t transfers = 0;
  for (const std::size_t batch : turns.script.batches) {
    CHECK(batch <= kMostTransfers);
    transfers += batch;
  }
  CHECK_EQ(turns.script.batches.size(), 3U);
  CHECK_EQ(transfers, 2 * kSessions);
  for (std::size_t i = 0; i < kSessions; ++i) {
    CheckHears(ones[i]->upstream, "question " + std::to_string(i));
    CheckHears(ones[i]->client, "answer " + std::to_string(i));
  }
});

const test::Register kTwice("a session that had two events is run once, and again later", [] {
  Turns turns;
  Turns::One& one = turns.Relaying();
  for (const std::string message : {"first", "second"}) {
    turns.script.batches.clear();
    Say(one, Side::kClient, message);
    turns.exchange.Add(*one.session);
    turns.exchange.Run();
    CHECK(turns.script.batches == std::vector<std::size_t>{1});
    CHECK(turns.exchange.empty());
    CheckHears(one.upstream, message);
  }
});

const test::Register kRemoved("a session that was removed is not run, the others are", [] {
  Turns turns;
  std::array<Turns::One*, 3> ones{&turns.Relaying(), &turns.Relaying(), &turns.Relaying()};
  for (Turns::One* one : ones) Say(*one, Side::kClient, "hello");
  turns.exchange.Remove(*ones[1]->session);
  ones[1]->session.reset();
  turns.exchange.Run();
  CheckHears(ones[0]->upstream, "hello");
  CheckHears(ones[2]->upstream, "hello");
});

const test::Register kNothing("with nothing to move, nothing is asked of the kernel", [] {
  Turns turns;
  turns.exchange.Run();
  CHECK(turns.script.batches.empty());
  Turns::One& one = turns.Relaying();
  one.session->OnEvents(Side::kClient, EPOLLOUT);
  Turns::One& gone = turns.Relaying();
  Say(gone, Side::kClient, "in vain");
  gone.session->Reset(CloseReason::kDrained);
  turns.exchange.Run();
  CHECK(std::ranges::count(turns.script.batches, 0U) == std::ssize(turns.script.batches));
});

const test::Register kLarge("what is larger than a transfer follows in the same turn", [] {
  Turns turns;
  Turns::One& one = turns.Relaying();
  Say(one, Side::kClient, test::Pattern(0, 50'000));
  turns.exchange.Run();
  CHECK_EQ(one.session->bytes(Side::kClient), 50'000U);
  CHECK_EQ(one.upstream.ReadPattern(0, 50'000), 50'000U);
});

// Both ends have spoken, and the upstream acknowledges nothing any more. Now the client dies, and
// the transfer from the upstream ends with `received` and `sent`.
Session::State LoseClientAnd(Turns& turns, int received, int sent) {
  Turns::One& one = turns.Relaying();
  Say(one, Side::kClient, "last words");
  Say(one, Side::kUpstream, "an answer");
  test::Deafen(one.upstream.fd());
  turns.script.make = [=](std::span<relay::Transfer> transfers) {
    REQUIRE(transfers.size() == 2);
    CHECK_EQ(transfers[0].from, Side::kClient);
    SystemCalls().Make(transfers);
    transfers[0].received = -ECONNRESET;
    transfers[1].received = received;
    transfers[1].sent = sent;
  };
  turns.exchange.Run();
  return one.session->state();
}

const test::Register kOneDead("a death waits until the survivor has acknowledged all", [] {
  // Also when both transfers tell of it: one could not receive, the other could not send.
  for (const int sent : {9, -EPIPE}) {
    Turns turns;
    CHECK_EQ(LoseClientAnd(turns, 9, sent), Session::State::kAborting);
    CHECK(turns.closed.empty());
  }
});

const test::Register kReceived("what was received from an end that proves dead is delivered", [] {
  Turns turns;
  Turns::One& one = turns.Relaying();
  Say(one, Side::kClient, "a question");
  Say(one, Side::kUpstream, "last words");
  // The upstream takes nothing any more, and the client nothing yet.
  turns.script.make = [](std::span<relay::Transfer> transfers) {
    REQUIRE(transfers.size() == 2);
    for (relay::Transfer& transfer : transfers) ReceiveNow(transfer);
    transfers[0].sent = -EPIPE;
    transfers[1].sent = -EAGAIN;
  };
  turns.exchange.Run();
  CHECK_EQ(one.session->state(), Session::State::kAborting);
  one.session->OnEvents(Side::kClient, EPOLLOUT);
  CHECK_EQ(one.client.Read(10), std::string("last words"));
  CHECK_EQ(one.session->bytes(Side::kUpstream), 10U);
});

const test::Register kBothDead("two deaths at once close it at once, and the first names it", [] {
  Turns turns;
  CHECK_EQ(LoseClientAnd(turns, -ETIMEDOUT, 0), Session::State::kClosed);
  REQUIRE(turns.closed.size() == 1);
  CHECK_EQ(turns.closed[0].ending.reason, CloseReason::kClientReset);
  CHECK_EQ(turns.closed[0].ending.cause.err, ECONNRESET);
  CHECK_EQ(turns.closed[0].ending.cause.call, std::string("recv"));
});

}  // namespace
}  // namespace warmline::engine
