"""Listens on a free port of 127.0.0.1 whose accept queue is full, so that a further SYN is dropped. Prints the port.

Ends with its standard input. Node cannot do this: it accepts whatever comes.
"""

import socket
import sys

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(0)
waiting = []
while True:
    client = socket.socket()
    client.settimeout(0.3)
    try:
        client.connect(listener.getsockname())
    except TimeoutError:
        client.close()
        break
    waiting.append(client)
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
