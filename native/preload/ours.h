// Ours: which descriptors are TCP sockets that this process's own socket(2) made. Lock-free and
// async-signal-safe. Closing is not watched: a number stays marked. It matters only where a
// listening socket that was received later has the number of such a one.
#pragma once

#include <stdbool.h>

void mark_ours(int fd);

// False also for descriptors from 4096 on.
bool is_ours(int fd);
