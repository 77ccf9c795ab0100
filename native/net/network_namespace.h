// NetworkNamespace: opens a descriptor in another network namespace, where it stays.
#pragma once

#include <string>

#include "net/fd.h"
#include "net/result.h"

namespace warmline::net {

// Takes the calling thread, and no other, into the namespace at `path` for the one call, and back
// (setns(2), needs CAP_SYS_ADMIN). `open` must not wait for anything.
Result<Fd> OpenInNamespace(const std::string& path, Result<Fd> (*open)());

}  // namespace warmline::net
