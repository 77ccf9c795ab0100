// Check: the little that a unit test needs. A failed CHECK says where and what, and the test goes
// on; a failed REQUIRE ends the program, because what follows could not run.
#pragma once

#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace warmline::test {

struct Case {
  const char* title;  // a sentence about behaviour
  void (*run)();
};

// Every case of the program, in the order of registration.
std::vector<Case>& Cases();

// Registers a case when the program starts: const test::Register kOne("title", [] { … });
struct Register {
  Register(const char* title, void (*run)()) noexcept { Cases().push_back({title, run}); }
};

// Any thread.
void Fail(const char* file, int line, const std::string& what);
// Any thread. Nothing after it runs; for what the machine refuses, and for waits that never end.
[[noreturn]] void BailOut(const std::string& what);
// The machine can't run this case; `why` says what would enable it. With CI=true that is a failure.
void Skip(const std::string& why);

template <typename T>
void Describe(std::ostream& out, const T& value) {
  if constexpr (std::is_enum_v<T>) {
    out << static_cast<long long>(value);
  } else if constexpr (std::is_integral_v<T>) {
    out << +value;
  } else {
    out << value;
  }
}

template <typename A, typename B>
void CheckEqual(const A& got, const B& wanted, const char* file, int line, const char* text) {
  if (got == wanted) return;
  std::ostringstream what;
  what << text << ": expected ";
  Describe(what, wanted);
  what << ", got ";
  Describe(what, got);
  Fail(file, line, what.str());
}

}  // namespace warmline::test

#define CHECK(condition) \
  ((condition) ? (void)0 : ::warmline::test::Fail(__FILE__, __LINE__, #condition))
#define CHECK_EQ(got, wanted) \
  ::warmline::test::CheckEqual((got), (wanted), __FILE__, __LINE__, #got " == " #wanted)
#define REQUIRE(condition)                                                \
  ((condition) ? (void)0                                                  \
               : (::warmline::test::Fail(__FILE__, __LINE__, #condition), \
                  ::warmline::test::BailOut("the case cannot go on")))
