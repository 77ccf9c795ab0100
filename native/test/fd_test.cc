// Fd: one owner, one close.
#include "net/fd.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <utility>

#include "test/check.h"

namespace warmline::net {
namespace {

int OpenOne() { return ::eventfd(0, EFD_CLOEXEC); }

bool IsOpen(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

const test::Register kScope("a descriptor is closed at the end of its owner's scope", [] {
  const int raw = OpenOne();
  {
    const Fd fd(raw);
    CHECK(fd.valid());
    CHECK(IsOpen(raw));
  }
  CHECK(!IsOpen(raw));
});

const test::Register kNone("an empty owner closes nothing", [] {
  Fd none;
  CHECK(!none.valid());
  CHECK_EQ(none.get(), -1);
  none.Reset();
});

const test::Register kMove("a moved descriptor has one owner", [] {
  const int raw = OpenOne();
  Fd first(raw);
  Fd second(std::move(first));
  CHECK(!first.valid());  // NOLINT(bugprone-use-after-move): what it is left as
  Fd third;
  third = std::move(second);
  CHECK(!second.valid());  // NOLINT(bugprone-use-after-move): what it is left as
  CHECK_EQ(third.get(), raw);
  CHECK(IsOpen(raw));
});

const test::Register kAssign("assigning closes what was owned before", [] {
  const int before = OpenOne();
  const int after = OpenOne();
  Fd fd(before);
  fd = Fd(after);
  CHECK(!IsOpen(before));
  CHECK(IsOpen(after));
  Fd& itself = fd;
  fd = std::move(itself);
  CHECK(IsOpen(after));
});

const test::Register kOnce("a number that was closed and used again is not closed twice", [] {
  Fd fd(OpenOne());
  const int raw = fd.get();
  fd.Reset();
  const Fd reused(OpenOne());
  REQUIRE(reused.get() == raw);
  fd.Reset();
  CHECK(IsOpen(raw));
});

const test::Register kRelease("a released descriptor belongs to the caller", [] {
  Fd fd(OpenOne());
  const int raw = fd.Release();
  CHECK(!fd.valid());
  fd.Reset();
  CHECK(IsOpen(raw));
  const Fd owner(raw);
});

}  // namespace
}  // namespace warmline::net
