"""An idle connection whose one end has SO_KEEPALIVE and no values of its own.

Prints at once, and again for each line on standard input, what getsockopt(2) gives for that end: idle, interval and
count as a JSON list. The line "rearm" turns SO_KEEPALIVE off and on again first.
"""
import json
import socket
import sys

listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
end, _ = listener.accept()


def set_keepalive(on):
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, on)


def tell():
    options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    print(json.dumps([end.getsockopt(socket.IPPROTO_TCP, each) for each in options]), flush=True)


set_keepalive(1)
tell()
for line in sys.stdin:
    if line.strip() == "rearm":
        set_keepalive(0)
        set_keepalive(1)
    tell()
