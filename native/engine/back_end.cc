#include "engine/back_end.h"

#include <optional>
#include <thread>
#include <utility>

#include "engine/io_uring.h"
#include "engine/system_calls.h"

namespace warmline::engine {
namespace {

net::Result<std::unique_ptr<BackEnd>> Open(BackEndKind kind) {
  if (kind == BackEndKind::kIoUring) return IoUring::Open();
  return std::unique_ptr<BackEnd>(new SystemCalls());
}

net::Result<BackEnds> OpenAll(BackEndKind kind, std::uint32_t workers) {
  BackEnds opened;
  for (std::uint32_t i = 0; i < workers; ++i) {
    net::Result<std::unique_ptr<BackEnd>> one = Open(kind);
    if (!one.ok()) return one.error();
    opened.push_back(std::move(one).value());
  }
  return opened;
}

}  // namespace

// On a thread of its own: when a ring goes, the kernel interrupts every thread that has used it
// (io_ring_exit_work() in io_uring.c), and a blocking call of the caller's would give EINTR.
net::Result<BackEnds> OpenBackEnds(BackEndKind kind, std::uint32_t workers) {
  std::optional<net::Result<BackEnds>> opened;
  std::thread([&] { opened = OpenAll(kind, workers); }).join();
  return std::move(*opened);
}

}  // namespace warmline::engine
