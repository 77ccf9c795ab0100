// PipePool: empty pipes, kept for the flows that splice. A flow borrows one while bytes are under
// way.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "net/fd.h"

namespace warmline::relay {

// Destroying a pipe discards what is in it.
struct Pipe {
  net::Fd read_end;
  net::Fd write_end;
};

// Worker thread.
class PipePool {
 public:
  // nullptr when too many are lent out or there are no file descriptors: the flow copies instead.
  std::unique_ptr<Pipe> Acquire();
  // Takes back an empty pipe.
  void Release(std::unique_ptr<Pipe> pipe);
  // Closes a lent pipe with whatever is in it.
  void Discard(std::unique_ptr<Pipe> pipe);

  [[nodiscard]] std::size_t lent() const { return lent_; }

 private:
  std::vector<std::unique_ptr<Pipe>> idle_;
  std::size_t lent_ = 0;
};

}  // namespace warmline::relay
