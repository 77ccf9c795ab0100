// For secure_getenv, which is an extension.
#define _GNU_SOURCE

#include "preload/environment.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "preload/next.h"

enum State { kUnread, kReading, kRead };

static atomic_int state;
static struct Settings settings;

// Where standard error led at the start, as /proc names it, cut off where that is longer. A program
// may have something else at its number by the time of a warning.
static char standard_error[256];
static atomic_bool has_warned;

// Returns the length of the name; -1 for none.
static ssize_t find_standard_error(char name[sizeof standard_error]) {
  return readlink("/proc/self/fd/2", name, sizeof standard_error);
}

// A program with more rights than its user obeys none of his variables.
static const char* look_up(const char* name) { return secure_getenv(name); }

static void read_environment(void) {
  int before = errno;
  read_settings(&settings, look_up);
  if (settings.complaint_count > 0 && find_standard_error(standard_error) == -1) {
    settings.complaint_count = 0;  // nobody is there to hear them
  }
  errno = before;
}

// A library's constructor may make sockets before this one is called; then they are read by then.
__attribute__((constructor)) static void start(void) {
  find_next();
  (void)environment();
}

const struct Settings* environment(void) {
  int unread = kUnread;
  if (atomic_load_explicit(&state, memory_order_acquire) != kRead) {
    if (!atomic_compare_exchange_strong(&state, &unread, kReading)) return NULL;
    read_environment();
    atomic_store_explicit(&state, kRead, memory_order_release);
  }
  return settings.keepalive.on ? &settings : NULL;
}

static bool is_still_there(void) {
  char now[sizeof standard_error] = {0};
  return find_standard_error(now) != -1 && memcmp(now, standard_error, sizeof now) == 0;
}

static struct iovec piece(const char* text) {
  // writev(2) reads only.
  return (struct iovec){(void*)(uintptr_t)text, strlen(text)};
}

static void warn(const struct Complaint* complaint) {
  const struct iovec line[] = {
      piece("libwarmline_preload: "), piece(complaint->name), piece(": expected "),
      piece(complaint->expected),     piece(", got \""),      piece(complaint->got),
      piece("\"; it is ignored\n"),
  };
  // In writev(3) a thread may be cancelled, and in socket(2) it may not.
  syscall(SYS_writev, (long)STDERR_FILENO, line, sizeof line / sizeof *line);
}

static void warn_of_all(const struct Settings* read) {
  for (int i = 0; i < read->complaint_count; i++) warn(&read->complaints[i]);
}

// The mask of this thread, as Linux has it: pthread_sigmask(3) came to libc only with glibc 2.32.
static void change_mask(int how, const sigset_t* by, sigset_t* before) {
  sigprocmask(how, by, before);  // NOLINT(concurrency-mt-unsafe)
}

// Lets nobody die of a standard error whose reader is gone: SIGPIPE waits meanwhile, and is then
// taken off, unless it waited before.
static void warn_unfelt(const struct Settings* read) {
  const struct timespec no_time = {0};
  sigset_t broken_pipe;
  sigset_t pending;
  sigset_t blocked;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  sigpending(&pending);
  change_mask(SIG_BLOCK, &broken_pipe, &blocked);
  warn_of_all(read);
  if (!sigismember(&pending, SIGPIPE)) {
    syscall(SYS_rt_sigtimedwait, &broken_pipe, NULL, &no_time, (size_t)_NSIG / CHAR_BIT);
  }
  change_mask(SIG_SETMASK, &blocked, NULL);
}

void warn_once(const struct Settings* read) {
  if (read->complaint_count == 0 || atomic_exchange(&has_warned, true)) return;
  int before = errno;
  if (is_still_there()) warn_unfelt(read);
  errno = before;
}
