#include "preload/socket_options.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

// The value of an option; -1 where there is none.
static int get(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  int before = errno;
  if (getsockopt(fd, level, name, &value, &length) == -1) value = -1;
  errno = before;
  return value;
}

static void set(int fd, int level, int name, int value) {
  int before = errno;
  (void)setsockopt(fd, level, name, &value, sizeof value);
  errno = before;
}

static void set_unless_left(int fd, int name, int value) {
  if (value != kLeave) set(fd, IPPROTO_TCP, name, value);
}

static int known_or_held(int fd, int name, int value) {
  return value == kLeave ? get(fd, IPPROTO_TCP, name) : value;
}

// idle + interval × count, of the system's values where those were left.
static int patience(int fd, const struct Keepalive* keepalive) {
  long long idle = known_or_held(fd, TCP_KEEPIDLE, keepalive->idle);
  long long interval = known_or_held(fd, TCP_KEEPINTVL, keepalive->interval);
  long long count = known_or_held(fd, TCP_KEEPCNT, keepalive->count);
  long long milliseconds = (idle + interval * count) * 1000;
  return milliseconds < INT_MAX ? (int)milliseconds : INT_MAX;
}

static int user_timeout_of(int fd, const struct Keepalive* keepalive) {
  if (!keepalive->on) return keepalive->user_timeout == kLeave ? kLeave : 0;
  return keepalive->user_timeout == kAuto ? patience(fd, keepalive) : keepalive->user_timeout;
}

void apply_keepalive(int fd, const struct Keepalive* keepalive) {
  set(fd, SOL_SOCKET, SO_KEEPALIVE, keepalive->on);
  if (keepalive->on) {
    set_unless_left(fd, TCP_KEEPCNT, keepalive->count);
    set_unless_left(fd, TCP_KEEPIDLE, keepalive->idle);
    set_unless_left(fd, TCP_KEEPINTVL, keepalive->interval);
  }
  set_unless_left(fd, TCP_USER_TIMEOUT, user_timeout_of(fd, keepalive));
}

static bool holds(int fd, int name, int value) {
  return value == kLeave || get(fd, IPPROTO_TCP, name) == value;
}

bool has_keepalive(int fd, const struct Keepalive* keepalive) {
  return is_kept_alive(fd) == keepalive->on && holds(fd, TCP_KEEPCNT, keepalive->count) &&
         holds(fd, TCP_KEEPIDLE, keepalive->idle) &&
         holds(fd, TCP_KEEPINTVL, keepalive->interval) &&
         holds(fd, TCP_USER_TIMEOUT, user_timeout_of(fd, keepalive));
}

bool is_kept_alive(int fd) { return get(fd, SOL_SOCKET, SO_KEEPALIVE) == 1; }

bool is_tcp(int fd) { return get(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP; }
