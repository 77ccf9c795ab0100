// Thread: starts the engine's threads.
#pragma once

#include <pthread.h>

#include "net/result.h"

namespace warmline::engine {

// Starts a thread that takes no signals: those are for the main thread; and splice(2) to a reset
// socket raises SIGPIPE, which a thread that blocks it never sees. To be joined.
net::Status StartThread(pthread_t& thread, void* (*entry)(void*), void* argument);

}  // namespace warmline::engine
