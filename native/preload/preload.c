// Preload: the functions that stand in front of libc's own and give TCP sockets the keepalive that
// the environment asks for. They return what libc's return, with its errno. Nothing here allocates
// or locks, so all of it may be called from signal handlers and between fork and exec.

// Without _GNU_SOURCE, so that accept has the type that it has by POSIX, and not that of an
// extension.
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "preload/environment.h"
#include "preload/next.h"
#include "preload/ours.h"
#include "preload/rules.h"
#include "preload/socket_options.h"

#define EXPORTED __attribute__((visibility("default")))

// Declared by libc as extensions only.
int accept4(int fd, struct sockaddr* address, socklen_t* length, int flags);

// For strings(1), and for whoever looks it up.
EXPORTED extern const char warmline_preload_version[];
const char warmline_preload_version[] = WARMLINE_VERSION;

// A type may carry SOCK_NONBLOCK and SOCK_CLOEXEC.
static bool makes_tcp(int domain, int type, int protocol) {
  return (domain == AF_INET || domain == AF_INET6) &&
         (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM &&
         (protocol == 0 || protocol == IPPROTO_TCP);
}

// Gives a new socket what holds for all. Whatever the program sets later stands.
EXPORTED int socket(int domain, int type, int protocol) {
  int fd = next_socket(domain, type, protocol);
  if (fd == -1 || !makes_tcp(domain, type, protocol)) return fd;
  const struct Settings* settings = environment();
  if (settings == NULL) return fd;
  warn_once(settings);
  apply_keepalive(fd, &settings->keepalive);
  mark_ours(fd);
  return fd;
}

// NULL where nothing is left to do once the peer is known: a socket that was given something at its
// making, or by the listener that it came from, gets something else only by a rule.
static const struct Settings* settings_at_peer(bool was_given) {
  const struct Settings* settings = environment();
  return settings == NULL || (was_given && settings->rule_count == 0) ? NULL : settings;
}

// Gives a socket what holds for its peer. What the program has set since it was given something
// stands, and so does the keepalive of a socket that came from elsewhere, such as from a listener
// that was inherited, if it has one.
static void meet_peer(int fd, bool was_given, const struct sockaddr* peer) {
  const struct Settings* settings = settings_at_peer(was_given);
  if (settings == NULL || !is_tcp(fd)) return;
  warn_once(settings);
  const struct Keepalive* rule = find_rule(settings, peer);
  if (has_keepalive(fd, &settings->keepalive)) {
    if (rule != NULL) apply_keepalive(fd, rule);
  } else if (!was_given && !is_kept_alive(fd)) {
    apply_keepalive(fd, rule == NULL ? &settings->keepalive : rule);
  }
}

static bool is_under_way(int result) {
  return result == 0 || errno == EINPROGRESS || errno == EINTR;
}

// The address is looked at after the kernel has, so that a bad pointer is the kernel's to refuse.
EXPORTED int connect(int fd, const struct sockaddr* address, socklen_t length) {
  int result = next_connect(fd, address, length);
  if (is_under_way(result) && length >= sizeof(struct sockaddr_in)) {
    meet_peer(fd, is_ours(fd), address);
  }
  return result;
}

static void meet_accepted(int listener, int fd) {
  struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
  socklen_t length = sizeof peer;
  int before = errno;
  if (settings_at_peer(is_ours(listener)) == NULL) return;
  // One that is gone already has no address, and so no rule.
  (void)getpeername(fd, (struct sockaddr*)&peer, &length);
  errno = before;
  meet_peer(fd, is_ours(listener), (struct sockaddr*)&peer);
}

// The kernel copies the options of the listener, those from `socket` above included.
EXPORTED int accept(int fd, struct sockaddr* address, socklen_t* length) {
  int accepted = next_accept(fd, address, length);
  if (accepted != -1) meet_accepted(fd, accepted);
  return accepted;
}

EXPORTED int accept4(int fd, struct sockaddr* address, socklen_t* length, int flags) {
  int accepted = next_accept4(fd, address, length, flags);
  if (accepted != -1) meet_accepted(fd, accepted);
  return accepted;
}
