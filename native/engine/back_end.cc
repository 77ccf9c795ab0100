#include "engine/back_end.h"

#include <utility>

#include "engine/io_uring.h"
#include "engine/system_calls.h"
#include "engine/thread.h"

namespace warmline::engine {
namespace {

struct Rings {
  std::uint32_t wanted = 0;
  net::Result<BackEnds> opened = BackEnds{};
};

net::Result<BackEnds> OpenRings(std::uint32_t wanted) {
  BackEnds opened;
  while (opened.size() < wanted) {
    net::Result<std::unique_ptr<BackEnd>> ring = IoUring::Open();
    if (!ring.ok()) return ring.error();
    opened.push_back(std::move(ring).value());
  }
  return opened;
}

// When a ring goes, the kernel interrupts every thread that has used it (io_ring_exit_work() in
// io_uring.c), and a blocking call of the caller's would give EINTR.
net::Result<BackEnds> OpenRingsElsewhere(std::uint32_t wanted) {
  Rings rings{wanted};
  pthread_t thread{};
  net::Status started = StartThread(
      thread,
      [](void* argument) -> void* {
        auto* to_open = static_cast<Rings*>(argument);
        to_open->opened = OpenRings(to_open->wanted);
        return nullptr;
      },
      &rings);
  if (!started.ok()) return started.error();
  (void)pthread_join(thread, nullptr);
  return std::move(rings.opened);
}

}  // namespace

net::Result<BackEnds> OpenBackEnds(BackEndKind kind, std::uint32_t workers) {
  if (kind == BackEndKind::kIoUring) return OpenRingsElsewhere(workers);
  BackEnds opened;
  while (opened.size() < workers) opened.push_back(std::make_unique<SystemCalls>());
  return opened;
}

}  // namespace warmline::engine
