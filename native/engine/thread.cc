#include "engine/thread.h"

#include <signal.h>

namespace warmline::engine {

net::Status StartThread(pthread_t& thread, void* (*entry)(void*), void* argument) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&thread, nullptr, entry, argument);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) return net::SysError{error, "pthread_create"};
  return {};
}

}  // namespace warmline::engine
