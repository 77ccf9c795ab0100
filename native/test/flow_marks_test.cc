// Flow, when reads stop inside the stream: urgent data of TCP, ancillary data of unix sockets.
#include <poll.h>
#include <sys/socket.h>

#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "net/socket.h"
#include "relay/flow.h"
#include "test/check.h"
#include "test/flow_rig.h"
#include "test/net_fixture.h"

namespace warmline::relay {
namespace {

using Outcome = Flow::Outcome;
using test::FlowRig;

constexpr std::uint64_t kMiB = 1024 * 1024;

// Sends the pattern's byte at `offset` as urgent data.
void SendUrgent(const test::Peer& peer, std::uint64_t offset) {
  REQUIRE(::send(peer.fd(), test::Pattern(offset, 1).data(), 1, MSG_OOB | MSG_NOSIGNAL) == 1);
}

// Sends one byte of the pattern with a file descriptor attached.
void SendWithFd(const test::Peer& peer, std::uint64_t offset) {
  std::string byte = test::Pattern(offset, 1);
  iovec data{byte.data(), 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int fd = peer.fd();
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  REQUIRE(::sendmsg(peer.fd(), &message, MSG_NOSIGNAL) == 1);
}

// Relays what `send` sends on a thread of its own, which ends with a FIN once all has arrived: a
// flow that stalls at a mark gets no help from the end of the stream.
void RelayAll(FlowRig& rig, std::uint64_t size, const std::function<void()>& send) {
  std::thread sender(send);
  std::uint64_t received = 0;
  std::thread receiver([&] { received = rig.receiver.ReadPattern(0, size); });
  rig.PumpUntil(size);
  sender.join();
  receiver.join();
  CHECK_EQ(received, size);
  rig.sender.FinishWriting();
  CHECK_EQ(rig.PumpToEnd().outcome, Outcome::kSourceEnded);
  CHECK_EQ(rig.flow.bytes(), size);
  CHECK_EQ(rig.pipes.lent(), 0U);
}

const test::Register kUrgent("urgent data stays in its place in the stream", [] {
  for (const std::uint64_t part : {std::uint64_t{10}, std::uint64_t{100'000}, 4 * kMiB}) {
    FlowRig rig;
    REQUIRE(net::PrepareTcp(rig.source.fd.get(), true).ok());
    RelayAll(rig, 3 * part + 2, [&] {
      rig.sender.SendPattern(0, part);
      SendUrgent(rig.sender, part);
      rig.sender.SendPattern(part + 1, part);
      SendUrgent(rig.sender, 2 * part + 1);
      rig.sender.SendPattern(2 * part + 2, part);
    });
  }
});

const test::Register kUrgentUnseen("an urgent mark not reported yet costs no byte", [] {
  for (const bool finished : {false, true}) {
    FlowRig rig;
    REQUIRE(net::PrepareTcp(rig.source.fd.get(), true).ok());
    constexpr std::uint64_t kBulk = kMiB / 2;  // one turn
    constexpr std::uint64_t kTotal = kBulk + 1001;
    test::SetReadableMark(rig.source.fd.get(), kTotal);
    rig.sender.SendPattern(0, kBulk);
    test::AwaitReadable(rig.source.fd.get(), kBulk);
    rig.TakeEvents();
    SendUrgent(rig.sender, kBulk);
    rig.sender.SendPattern(kBulk + 1, 1000);
    if (finished) rig.sender.FinishWriting();
    test::AwaitReadable(rig.source.fd.get(), kTotal);
    if (finished) test::AwaitEvents(rig.source.fd.get(), POLLRDHUP);
    // The flow does not know yet of the mark and the FIN.
    const Outcome outcome = rig.Pump().outcome;
    CHECK_EQ(outcome, finished ? Outcome::kSourceEnded : Outcome::kSourceDry);
    if (!finished) rig.PumpUntil(kTotal);
    CHECK_EQ(rig.flow.bytes(), kTotal);
    CHECK_EQ(rig.receiver.ReadPattern(0, rig.flow.bytes()), kTotal);
  }
});

const test::Register kAncillary("a passed descriptor is dropped, no byte is", [] {
  FlowRig rig(test::ConnectUnix(), test::ConnectUnix());
  rig.source.piecewise = true;
  rig.sink.piecewise = true;
  constexpr std::uint64_t kPart = 100'000;
  RelayAll(rig, 2 * kPart + 1, [&] {
    rig.sender.SendPattern(0, kPart);
    SendWithFd(rig.sender, kPart);
    rig.sender.SendPattern(kPart + 1, kPart);
  });
});

const test::Register kUnixSink("bulk from TCP is spliced into a unix socket byte-exact", [] {
  FlowRig rig(test::ConnectTcp(), test::ConnectUnix());
  RelayAll(rig, 16 * kMiB, [&] { rig.sender.SendPattern(0, 16 * kMiB); });
});

}  // namespace
}  // namespace warmline::relay
