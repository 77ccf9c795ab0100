// Next: the functions that ours stand in front of: libc's, or those of another preloaded library.
#pragma once

#include <sys/socket.h>

int next_socket(int domain, int type, int protocol);
int next_connect(int fd, const struct sockaddr* address, socklen_t length);
int next_accept(int fd, struct sockaddr* address, socklen_t* length);
int next_accept4(int fd, struct sockaddr* address, socklen_t* length, int flags);

// Finds them, so that no later call has to: dlsym(3) is not async-signal-safe.
void find_next(void);
