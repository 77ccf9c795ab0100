// Fd: the one owner of a file descriptor. A raw int elsewhere is borrowed.
#pragma once

#include <utility>

namespace warmline::net {

// Closes its descriptor once, when it is destroyed or Reset. Any thread; not shared.
class Fd {
 public:
  Fd() = default;
  // Takes ownership of fd; -1 is "none".
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.Release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { Reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ != -1; }
  // Gives ownership to the caller.
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }
  // Closes what it owns and takes ownership of fd.
  void Reset(int fd = -1);

 private:
  int fd_ = -1;
};

}  // namespace warmline::net
