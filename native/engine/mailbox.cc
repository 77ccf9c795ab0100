#include "engine/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace warmline::engine {

net::Result<std::unique_ptr<Mailbox>> Mailbox::Open() {
  net::Fd event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!event.valid()) return net::SysError::FromErrno("eventfd");
  return std::unique_ptr<Mailbox>(new Mailbox(std::move(event)));
}

void Mailbox::Post(Command command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
  }
  const std::uint64_t one = 1;
  // EAGAIN means that the counter is full, so the worker is about to wake anyway.
  (void)!::write(event_.get(), &one, sizeof one);
}

std::vector<Command> Mailbox::Take() {
  std::uint64_t count = 0;
  // Before the commands are taken: a later Post makes it readable again. EAGAIN: nothing was
  // posted.
  (void)!::read(event_.get(), &count, sizeof count);
  const std::lock_guard lock(mutex_);
  return std::exchange(commands_, {});
}

}  // namespace warmline::engine
