// Result: a value or the system call that failed. Errors travel as data; nothing here throws.
#pragma once

#include <cerrno>
#include <utility>
#include <variant>

namespace warmline::net {

// A failed system call: which one, and why. `call` is a string literal.
struct [[nodiscard]] SysError {
  int err = 0;
  const char* call = "";

  // Reads errno, so it comes directly behind the call that failed.
  static SysError FromErrno(const char* call) { return SysError{errno, call}; }
};

// What a function without a value returns: success, or a SysError.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(SysError error) : error_(error) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return error_.err == 0; }
  [[nodiscard]] const SysError& error() const { return error_; }

 private:
  SysError error_;
};

// A T, or the SysError that kept it from being made.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(SysError error) : state_(error) {}      // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return std::holds_alternative<T>(state_); }
  [[nodiscard]] T& value() & { return std::get<T>(state_); }
  [[nodiscard]] const T& value() const& { return std::get<T>(state_); }
  [[nodiscard]] T value() && { return std::get<T>(std::move(state_)); }
  [[nodiscard]] const SysError& error() const { return std::get<SysError>(state_); }

 private:
  std::variant<T, SysError> state_;
};

}  // namespace warmline::net
