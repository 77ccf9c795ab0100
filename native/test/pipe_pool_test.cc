// PipePool: how many pipes there are, and that they come back.
#include "relay/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <utility>
#include <vector>

#include "test/check.h"
#include "test/net_fixture.h"

namespace warmline::relay {
namespace {

// The bounds that the pool promises to keep.
constexpr std::size_t kMostLent = 128;
constexpr std::size_t kMostIdle = 16;

const test::Register kReuse("a returned pipe is lent again", [] {
  PipePool pool;
  const std::size_t fds = test::OpenFds();
  std::unique_ptr<Pipe> pipe = pool.Acquire();
  REQUIRE(pipe != nullptr);
  CHECK_EQ(pool.lent(), 1U);
  CHECK_EQ(test::OpenFds(), fds + 2);
  const int number = pipe->read_end.get();
  pool.Release(std::move(pipe));
  CHECK_EQ(pool.lent(), 0U);
  pipe = pool.Acquire();
  CHECK_EQ(pipe->read_end.get(), number);
  CHECK_EQ(test::OpenFds(), fds + 2);
  pool.Release(std::move(pipe));
});

const test::Register kNonBlocking("neither end of a pipe blocks, and both close on exec", [] {
  PipePool pool;
  std::unique_ptr<Pipe> pipe = pool.Acquire();
  REQUIRE(pipe != nullptr);
  for (const int fd : {pipe->read_end.get(), pipe->write_end.get()}) {
    CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
  pool.Release(std::move(pipe));
});

const test::Register kBounds("so many pipes are lent and no more, and few are kept", [] {
  const std::size_t fds = test::OpenFds();
  PipePool pool;
  std::vector<std::unique_ptr<Pipe>> lent;
  for (std::size_t i = 0; i < kMostLent; ++i) {
    lent.push_back(pool.Acquire());
    REQUIRE(lent.back() != nullptr);
  }
  CHECK_EQ(pool.lent(), kMostLent);
  CHECK(pool.Acquire() == nullptr);
  for (std::unique_ptr<Pipe>& pipe : lent) pool.Release(std::move(pipe));
  CHECK_EQ(pool.lent(), 0U);
  CHECK_EQ(test::OpenFds(), fds + 2 * kMostIdle);
});

const test::Register kDiscard("a discarded pipe is closed with what is in it", [] {
  PipePool pool;
  const std::size_t fds = test::OpenFds();
  std::unique_ptr<Pipe> pipe = pool.Acquire();
  REQUIRE(pipe != nullptr);
  CHECK_EQ(::write(pipe->write_end.get(), "x", 1), 1);
  pool.Discard(std::move(pipe));
  CHECK_EQ(pool.lent(), 0U);
  CHECK_EQ(test::OpenFds(), fds);
});

const test::Register kNoFds("without descriptors there is no pipe, and nothing is lent", [] {
  PipePool pool;
  for (const std::size_t spare : {0U, 1U}) {
    const test::FdCeiling ceiling(spare);
    CHECK(pool.Acquire() == nullptr);
    CHECK_EQ(pool.lent(), 0U);
  }
});

}  // namespace
}  // namespace warmline::relay
