// Exec: another program in the place of this process, as exec in a shell (execve(2)). It keeps the
// process id, and gets what a program gets from a shell, whatever its host has changed for itself.
#pragma once

#include <string>
#include <vector>

#include "net/result.h"

namespace warmline::net {

struct Program {
  // The file; not searched for.
  std::string path;
  // argv: the name that it is called by, then its arguments. Bytes as they are.
  std::vector<std::string> words;
  // NAME=value, over what the environment of this process has.
  std::vector<std::string> variables;
  // So many descriptors from 3 on stay open, beside the standard streams.
  int kept_fds = 0;
};

// Returns only when it fails; signals have their default actions then, so the process is good for
// little more than to say so. A file that the kernel knows no format of is run by sh, as execvp(3)
// does it.
SysError Exec(const Program& program);

}  // namespace warmline::net
