"""Runs a program where io_uring is forbidden, as it is in many containers: io_uring_setup(2) gives EPERM.

usage: without_io_uring.py COMMAND [ARGUMENT...]
"""
import ctypes
import os
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2  # prctl(2)
IO_URING_SETUP = 425  # on every architecture
EPERM = 1

LOAD_NUMBER = (0x20, 0, 0, 0)  # BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)
SKIP_UNLESS_SETUP = (0x15, 0, 1, IO_URING_SETUP)  # BPF_JMP | BPF_JEQ | BPF_K
REFUSE = (0x06, 0, 0, 0x00050000 | EPERM)  # BPF_RET, SECCOMP_RET_ERRNO
ALLOW = (0x06, 0, 0, 0x7FFF0000)  # BPF_RET, SECCOMP_RET_ALLOW


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


instructions = [LOAD_NUMBER, SKIP_UNLESS_SETUP, REFUSE, ALLOW]
code = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
program = Program(len(instructions), code)
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
    sys.exit(f"PR_SET_NO_NEW_PRIVS: {os.strerror(ctypes.get_errno())}")
if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
    sys.exit(f"PR_SET_SECCOMP: {os.strerror(ctypes.get_errno())}")
os.execvp(sys.argv[1], sys.argv[1:])
