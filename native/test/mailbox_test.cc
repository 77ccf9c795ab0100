// Mailbox: commands arrive once, in order, and make themselves known.
#include "engine/mailbox.h"

#include <poll.h>

#include <memory>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "test/check.h"
#include "test/net_fixture.h"

namespace warmline::engine {
namespace {

using test::Must;

bool IsReadable(const Mailbox& mailbox) {
  pollfd polled{mailbox.fd(), POLLIN, 0};
  return ::poll(&polled, 1, 0) == 1;
}

const test::Register kReadable("a mailbox is readable while there is something to take", [] {
  const std::unique_ptr<Mailbox> mailbox = Must(Mailbox::Open());
  CHECK(!IsReadable(*mailbox));
  CHECK(mailbox->Take().empty());
  mailbox->Post(StopAccepting{});
  mailbox->Post(Stop{});
  CHECK(IsReadable(*mailbox));
  CHECK_EQ(mailbox->Take().size(), 2U);
  CHECK(!IsReadable(*mailbox));
  CHECK(mailbox->Take().empty());
});

const test::Register kOrder("commands are taken in the order in which they were posted", [] {
  const std::unique_ptr<Mailbox> mailbox = Must(Mailbox::Open());
  for (std::size_t limit = 0; limit < 5; ++limit) mailbox->Post(Inspect{limit, nullptr});
  const std::vector<Command> commands = mailbox->Take();
  REQUIRE(commands.size() == 5);
  for (std::size_t limit = 0; limit < 5; ++limit) {
    CHECK_EQ(std::get<Inspect>(commands[limit]).limit, limit);
  }
});

const test::Register kThreads("nothing that is posted while others are taken gets lost", [] {
  const std::unique_ptr<Mailbox> mailbox = Must(Mailbox::Open());
  constexpr std::size_t kPosters = 3;
  constexpr std::size_t kEach = 5000;
  std::vector<std::thread> posters;
  for (std::size_t i = 0; i < kPosters; ++i) {
    posters.emplace_back([&] {
      for (std::size_t k = 0; k < kEach; ++k) mailbox->Post(StopAccepting{});
    });
  }
  std::size_t taken = 0;
  while (taken < kPosters * kEach) {
    test::AwaitEvents(mailbox->fd(), POLLIN);
    taken += mailbox->Take().size();
  }
  for (std::thread& poster : posters) poster.join();
  CHECK_EQ(taken, kPosters * kEach);
  // It may still be readable: the last one was taken before its post had rung.
  CHECK(mailbox->Take().empty());
});

}  // namespace
}  // namespace warmline::engine
