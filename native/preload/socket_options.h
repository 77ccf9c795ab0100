// Socket options: the keepalive of one socket, set and looked at. Changes no errno, tells no
// errors: what the kernel refuses is left as it was. Async-signal-safe.
#pragma once

#include <stdbool.h>

#include "preload/settings.h"

// Sets SO_KEEPALIVE, then TCP_KEEPCNT, TCP_KEEPIDLE and TCP_KEEPINTVL, in libkeepalive's order,
// then TCP_USER_TIMEOUT.
void apply_keepalive(int fd, const struct Keepalive* keepalive);

// Whether the socket has what was applied, and so nobody has set anything else since. What was left
// to the system counts as untouched.
bool has_keepalive(int fd, const struct Keepalive* keepalive);

// Whether SO_KEEPALIVE is on.
bool is_kept_alive(int fd);

// TCP over IPv4 or IPv6; not MPTCP, SCTP, SMC, UDP or unix sockets, which all have another
// protocol.
bool is_tcp(int fd);
