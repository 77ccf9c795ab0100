#include "net/exec.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>

namespace warmline::net {
namespace {

std::string_view NameOf(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

std::vector<std::string> Environment(const std::vector<std::string>& variables) {
  std::vector<std::string> all = variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const auto is_same = [entry](const std::string& variable) {
      return NameOf(variable) == NameOf(*entry);
    };
    if (std::none_of(variables.begin(), variables.end(), is_same)) all.emplace_back(*entry);
  }
  return all;
}

// Borrowed from `strings`, and ended by a null pointer.
std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A host ignores SIGPIPE, for one, and what is ignored stays so in execve(2). Those that libc keeps
// for itself are refused.
void ResetSignals() {
  struct sigaction reset {};
  reset.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &reset, nullptr);
}

// Node closes at exec every descriptor that it was started with, and makes pipes non-blocking.
void KeepDescriptors(int kept_fds) {
  for (int fd = 0; fd <= STDERR_FILENO + kept_fds; ++fd) {
    const int flags = ::fcntl(fd, F_GETFD);
    if (flags != -1) ::fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC);
  }
  for (int fd = 0; fd <= STDERR_FILENO; ++fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags != -1 && (flags & O_NONBLOCK) != 0) ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
  }
}

}  // namespace

SysError Exec(const Program& program) {
  std::vector<std::string> words = program.words;
  std::vector<std::string> variables = Environment(program.variables);
  const std::vector<char*> environment = Pointers(variables);
  ResetSignals();
  KeepDescriptors(program.kept_fds);
  ::execve(program.path.c_str(), Pointers(words).data(), environment.data());
  if (errno != ENOEXEC) return SysError::FromErrno("execve");
  if (!words.empty()) words.front() = program.path;
  words.insert(words.begin(), "sh");
  ::execve("/bin/sh", Pointers(words).data(), environment.data());
  return SysError::FromErrno("execve");
}

}  // namespace warmline::net
