"""Prints, as JSON, what the kernel holds for every connected TCP socket of another process.

usage: socket_options.py PID

A second opinion, independent of warmline's own code: it borrows the descriptors with pidfd_getfd(2), which needs the
right to ptrace the process, and asks getsockopt(2).
"""

import ctypes
import json
import os
import socket
import sys

PIDFD_GETFD = 438  # the same number on every architecture: linux/asm-generic/unistd.h
TCP_USER_TIMEOUT = 18


def sockets_of(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    for name in os.listdir(f"/proc/{pid}/fd"):
        if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
            continue
        borrowed = libc.syscall(PIDFD_GETFD, process, int(name), 0)
        if borrowed == -1:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        yield socket.socket(fileno=borrowed)


def describe(sock):
    tcp = socket.IPPROTO_TCP
    return {
        "localPort": sock.getsockname()[1],
        "remotePort": sock.getpeername()[1],
        "enabled": sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1,
        "idle": sock.getsockopt(tcp, socket.TCP_KEEPIDLE),
        "interval": sock.getsockopt(tcp, socket.TCP_KEEPINTVL),
        "count": sock.getsockopt(tcp, socket.TCP_KEEPCNT),
        "userTimeout": sock.getsockopt(tcp, TCP_USER_TIMEOUT),
        "noDelay": sock.getsockopt(tcp, socket.TCP_NODELAY) == 1,
    }


def is_connected_tcp(sock):
    if sock.family not in (socket.AF_INET, socket.AF_INET6) or sock.type != socket.SOCK_STREAM:
        return False
    try:
        sock.getpeername()
    except OSError:  # ENOTCONN: a listening socket
        return False
    return True


def main():
    print(json.dumps([describe(s) for s in sockets_of(int(sys.argv[1])) if is_connected_tcp(s)]))


main()
