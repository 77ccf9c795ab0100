// Session, when one leg died: what it had sent is delivered, then the other leg is reset.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <thread>
#include <utility>

#include "net/socket.h"
#include "relay/session.h"
#include "test/check.h"
#include "test/net_fixture.h"
#include "test/session_rig.h"

namespace warmline::relay {
namespace {

using test::Must;
using test::Peer;
using test::RouteTo;
using test::Server;
using test::SessionRig;

constexpr std::uint64_t kMiB = 1024 * 1024;
// More than the client's kernel takes when the client does not read, less than ours.
constexpr std::uint64_t kMuch = 3 * kMiB;

void SpeakMuch(SessionRig& rig, const Peer& upstream) {
  upstream.SendPattern(0, kMuch);
  rig.RunUntil("all is with our kernel",
               [&] { return rig.session.bytes(Side::kUpstream) == kMuch; });
}

// Speaks until neither the client's kernel nor ours takes more.
void SpeakBeyondAllBuffers(SessionRig& rig, const Peer& upstream) {
  std::uint64_t said = 0;
  int quiet_turns = 0;
  rig.RunUntil("everything is full", [&] {
    const std::uint64_t before = std::exchange(said, upstream.SendUntilFull(said));
    quiet_turns = said == before ? quiet_turns + 1 : 0;
    return quiet_turns == 50;
  });
}

// An upstream that spoke and was reset, and a client that has not read anything.
struct Aborting {
  explicit Aborting(void (*speak)(SessionRig&, const Peer&) = SpeakMuch) {
    // Fixed, so that it does not grow while the client reads.
    Must(net::SetIntOption(rig.client.fd(), SOL_SOCKET, SO_RCVBUF, 128 * 1024, "SO_RCVBUF"));
    rig.Connect();
    Peer upstream = server.Accept();
    speak(rig, upstream);
    upstream.Reset();
    rig.RunUntil("the reset is seen",
                 [&] { return rig.session.state() == Session::State::kAborting; });
  }

  // The client reads `size` bytes, and on until its kernel has acknowledged more: it offers no
  // window before a segment is read to its end. The clock runs in steps, so that the session sees
  // it.
  void ReadAndWait20Seconds(std::uint64_t size) {
    const bool waiting = rig.session.state() == Session::State::kAborting;
    const std::size_t before = waiting ? Must(net::UnacknowledgedBytes(rig.client_leg)) : 0;
    Read(size);
    if (before > 0) {
      test::AwaitUntil("more is acknowledged", [&] {
        if (Must(net::UnacknowledgedBytes(rig.client_leg)) < before) return true;
        Read(std::min<std::uint64_t>(test::Unread(rig.client.fd()), 4096));
        return false;
      });
    }
    for (int i = 0; i < 100; ++i) {
      rig.host.Turn();
      rig.host.Advance(200);
    }
  }

  void Read(std::uint64_t size) {
    CHECK_EQ(rig.client.ReadPattern(read, size), size);
    read += size;
  }

  std::uint64_t read = 0;  // by the client
  Server server;
  SessionRig rig{RouteTo({server.address()})};
};

// Resets one peer behind some data, and compares what the other one gets.
void ResetBehindData(Side dead) {
  const Server server;
  SessionRig rig(RouteTo({server.address()}));
  rig.Connect();
  Peer upstream = server.Accept();
  Peer& resetting = dead == Side::kClient ? rig.client : upstream;
  Peer& surviving = dead == Side::kClient ? upstream : rig.client;
  resetting.SendPattern(0, 100'000);
  rig.RunUntil("all is relayed", [&] { return rig.session.bytes(dead) == 100'000; });
  resetting.Reset();
  rig.RunUntilClosed(1);
  const Peer::End end = surviving.ReadToEnd();
  CHECK(end.bytes == test::Pattern(0, 100'000));
  CHECK_EQ(end.error, ECONNRESET);
  CHECK_EQ(rig.closed().ending.reason, ReasonFor(dead, LegEvent::kReset));
  CHECK_EQ(rig.closed().ending.cause.err, ECONNRESET);
}

const test::Register kUpstream("an upstream's reset reaches the client behind the data",
                               [] { ResetBehindData(Side::kUpstream); });

const test::Register kClient("a client's reset reaches the upstream behind the data",
                             [] { ResetBehindData(Side::kClient); });

const test::Register kUnread("what a dead leg had sent and nobody had read yet is delivered", [] {
  const Server server;
  SessionRig rig(RouteTo({server.address()}));
  rig.Connect();
  Peer upstream = server.Accept();
  // No turn in between: the session finds the data and the reset together.
  upstream.Send("goodbye");
  upstream.Reset();
  rig.RunUntilClosed(1);
  const Peer::End end = rig.client.ReadToEnd();
  CHECK_EQ(end.bytes, std::string("goodbye"));
  CHECK_EQ(end.error, ECONNRESET);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
});

const test::Register kTurns("more than a turn's budget of it is delivered too", [] {
  const Server server;
  SessionRig rig(RouteTo({server.address()}));
  rig.Connect();
  const Peer upstream = server.Accept();
  test::Preload(rig.client, rig.client_leg, 2 * kMiB);
  rig.client.Reset();
  std::uint64_t received = 0;
  std::thread reader([&] { received = upstream.ReadPattern(0, 2 * kMiB); });
  rig.RunUntilClosed(1);
  reader.join();
  CHECK_EQ(received, 2 * kMiB);
});

const test::Register kAfterFin("a reset behind a half-close is a reset, not a clean end", [] {
  const Server server;
  SessionRig rig(RouteTo({server.address()}));
  rig.Connect();
  Peer upstream = server.Accept();
  rig.client.FinishWriting();
  rig.RunUntil("the FIN is passed on", [&] { return rig.TimerDue().has_value(); });
  upstream.Reset();
  rig.RunUntilClosed(1);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  CHECK_EQ(rig.client.ReadToEnd().error, ECONNRESET);
});

const test::Register kWaits("the reset waits until the survivor has acknowledged all", [] {
  Aborting aborting;
  SessionRig& rig = aborting.rig;
  rig.host.Advance(29'999);
  CHECK_EQ(rig.session.state(), Session::State::kAborting);
  CHECK_EQ(rig.client.ReadPattern(0, kMuch), kMuch);
  rig.RunUntilClosed(1);
  CHECK_EQ(rig.client.ReadToEnd().error, ECONNRESET);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  CHECK_EQ(rig.closed().bytes_to_client, kMuch);
});

const test::Register kStalled("a survivor that acknowledges nothing is given up after 30 s", [] {
  Aborting aborting;
  SessionRig& rig = aborting.rig;
  rig.RunUntilClosed(200);
  // It may have acknowledged something while the clock ran, but not for long.
  const std::uint64_t took = rig.closed().duration_ms;
  CHECK(took >= 30'000 && took < 300'000);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  CHECK_EQ(rig.client.ReadToEnd().error, ECONNRESET);
});

const test::Register kSlow("a survivor that acknowledges slowly gets all of it", [] {
  Aborting aborting;
  while (aborting.read < kMuch) {
    aborting.ReadAndWait20Seconds(std::min(kMiB / 4, kMuch - aborting.read));
  }
  aborting.rig.RunUntilClosed(1);
  CHECK_EQ(aborting.rig.client.ReadToEnd().error, ECONNRESET);
});

const test::Register kSlowAndFull("nor is it given up while its socket takes no more", [] {
  Aborting aborting(SpeakBeyondAllBuffers);
  SessionRig& rig = aborting.rig;
  while (aborting.read < kMiB) {
    aborting.ReadAndWait20Seconds(kMiB / 4);
    CHECK_EQ(rig.session.state(), Session::State::kAborting);
  }
  Peer::End end;
  std::thread reader([&] { end = rig.client.ReadToEnd(); });
  rig.RunUntilClosed(1);
  reader.join();
  CHECK(end.bytes == test::Pattern(aborting.read, end.bytes.size()));
  CHECK_EQ(aborting.read + end.bytes.size(), rig.closed().bytes_to_client);
  CHECK_EQ(end.error, ECONNRESET);
});

const test::Register kLimit("no survivor is waited for longer than five minutes", [] {
  Aborting aborting;
  SessionRig& rig = aborting.rig;
  for (int step = 0; step < 15; ++step) {
    CHECK_EQ(rig.session.state(), Session::State::kAborting);
    aborting.ReadAndWait20Seconds(kMiB / 8);
  }
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  CHECK_EQ(rig.closed().duration_ms, 300'000U);
});

const test::Register kBothDie("a survivor that dies too ends it, and the first death names it", [] {
  Aborting aborting;
  SessionRig& rig = aborting.rig;
  rig.client.Reset();
  rig.RunUntilClosed();
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
});

const test::Register kDrained("a drain in the middle of it does not rename the death", [] {
  Aborting aborting;
  SessionRig& rig = aborting.rig;
  rig.session.Reset(CloseReason::kDrained);
  CHECK_EQ(rig.closed().ending.reason, CloseReason::kUpstreamReset);
  CHECK_EQ(rig.CountClosed(CloseReason::kDrained), 0U);
});

}  // namespace
}  // namespace warmline::relay
