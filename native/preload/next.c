// For RTLD_NEXT, which is an extension.
#define _GNU_SOURCE

#include "preload/next.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

// glibc 2.34 brought dlsym from libdl into libc, with a new version of the symbol that no older
// glibc has: under that one no program would start. So the old version is asked for, which the new
// glibc has as well, and weakly: an older glibc has it only in programs that use libdl, and in
// others plain system calls do.
#pragma weak dlsym
#if defined(__GLIBC__) && defined(__x86_64__)
__asm__(".symver dlsym, dlsym@GLIBC_2.2.5");
#elif defined(__GLIBC__) && defined(__aarch64__)
__asm__(".symver dlsym, dlsym@GLIBC_2.17");
#endif

// What dlsym returns, and the function that stands there: POSIX promises that they look alike, ISO
// C does not.
union Function {
  void* found;
  int (*socket)(int domain, int type, int protocol);
  int (*connect)(int fd, const struct sockaddr* address, socklen_t length);
  int (*accept)(int fd, struct sockaddr* address, socklen_t* length);
  int (*accept4)(int fd, struct sockaddr* address, socklen_t* length, int flags);
};

enum Name { kSocket, kConnect, kAccept, kAccept4, kNames };

// NULL until looked for. A race is harmless: whoever looks finds the same.
static _Atomic(void*) found[kNames];

// `found` where there is nothing: system calls do.
static char nothing;

static void* find(enum Name name) {
  static const char names[kNames][8] = {"socket", "connect", "accept", "accept4"};
  int before = errno;
  void* next = dlsym == NULL ? NULL : dlsym(RTLD_NEXT, names[name]);
  if (next == NULL) next = &nothing;
  atomic_store_explicit(&found[name], next, memory_order_relaxed);
  errno = before;
  return next;
}

// Returns false where system calls do.
static bool next(enum Name name, union Function* function) {
  function->found = atomic_load_explicit(&found[name], memory_order_relaxed);
  if (function->found == NULL) function->found = find(name);
  return function->found != &nothing;
}

void find_next(void) {
  for (int name = 0; name < kNames; name++) (void)find((enum Name)name);
}

int next_socket(int domain, int type, int protocol) {
  union Function function;
  if (next(kSocket, &function)) return function.socket(domain, type, protocol);
  return (int)syscall(SYS_socket, domain, type, protocol);
}

int next_connect(int fd, const struct sockaddr* address, socklen_t length) {
  union Function function;
  if (next(kConnect, &function)) return function.connect(fd, address, length);
  return (int)syscall(SYS_connect, fd, address, length);
}

int next_accept(int fd, struct sockaddr* address, socklen_t* length) {
  union Function function;
  if (next(kAccept, &function)) return function.accept(fd, address, length);
  return (int)syscall(SYS_accept4, fd, address, length, 0);
}

int next_accept4(int fd, struct sockaddr* address, socklen_t* length, int flags) {
  union Function function;
  if (next(kAccept4, &function)) return function.accept4(fd, address, length, flags);
  return (int)syscall(SYS_accept4, fd, address, length, flags);
}
