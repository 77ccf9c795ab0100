// Check: the little that a unit test needs. A failed check says where and what, and the test goes on.
#pragma once

#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace warmline::test {

struct Case {
  std::string title;  // a sentence about behaviour
  std::function<void()> run;
};

// Every case of the program, in the order of registration.
std::vector<Case>& Cases();

void Fail(const char* file, int line, const std::string& what);

// Registers a case when the program starts: static const test::Register kOne("title", [] { … });
struct Register {
  Register(std::string title, std::function<void()> run) {
    Cases().push_back({std::move(title), std::move(run)});
  }
};

template <typename A, typename B>
void CheckEqual(const A& got, const B& wanted, const char* file, int line, const char* text) {
  if (got == wanted) return;
  std::ostringstream what;
  what << text << ": expected " << wanted << ", got " << got;
  Fail(file, line, what.str());
}

}  // namespace warmline::test

#define CHECK(condition) \
  ((condition) ? (void)0 : ::warmline::test::Fail(__FILE__, __LINE__, #condition))
#define CHECK_EQ(got, wanted) \
  ::warmline::test::CheckEqual((got), (wanted), __FILE__, __LINE__, #got " == " #wanted)
