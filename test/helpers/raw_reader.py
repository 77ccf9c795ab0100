"""Reads a connection to its end and tells how it ended. A second opinion: Node takes a reset behind unread bytes for a FIN.

usage: raw_reader.py connect PORT | raw_reader.py listen

`listen` prints its port and serves one connection. Reads nothing before it gets a line on standard input; prints the
number of bytes and "fin" or the name of the error.
"""

import errno
import socket
import sys


def open_connection(arguments):
    if arguments[0] == "connect":
        return socket.create_connection(("127.0.0.1", int(arguments[1])))
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    return listener.accept()[0]


def read_to_end(connection):
    count = 0
    try:
        while chunk := connection.recv(65536):
            count += len(chunk)
    except OSError as error:
        return count, errno.errorcode[error.errno]
    return count, "fin"


connection = open_connection(sys.argv[1:])
sys.stdin.readline()
print(*read_to_end(connection), flush=True)
