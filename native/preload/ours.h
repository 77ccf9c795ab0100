// Ours: which descriptors are TCP sockets that this process's own socket(2) made. Lock-free and
// async-signal-safe. Neither closing nor duplicating is watched. A stale mark matters only for a
// socket that is received, or made by other means, under the number of a closed TCP socket: what it
// accepts, or itself when it is connected, is left alone. A missing one matters only for a
// duplicate whose keepalive the program has turned off: it is turned on again at connect or accept.
#pragma once

#include <stdbool.h>

void mark_ours(int fd);

// False also for descriptors from 2^20 on, which fs.nr_open does not allow by itself.
bool is_ours(int fd);
