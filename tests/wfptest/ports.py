# SPDX-License-Identifier: Apache-2.0
"""Free loopback ports, no number twice a session.

Not the kernel's choice: those numbers are also given to outgoing connections,
and a server that is restarted would find its own taken.
"""

import fcntl
import pathlib
import random
import socket

FIRST, LAST = 10000, 32000


def free_ports(count, book):
    """count ports that nobody listens on; book: a file that all test workers
    write down what they took in."""
    book = pathlib.Path(book)
    book.parent.mkdir(parents=True, exist_ok=True)
    with book.open("a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        taken = set(file.read().split()[-200:])
        sockets, ports = [], []
        while len(ports) < count:
            sock, port = socket.socket(), random.randint(FIRST, LAST)
            sockets.append(sock)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            if str(port) not in taken and port not in ports:
                ports.append(port)
        for sock in sockets:
            sock.close()
        file.write("".join(f"{port}\n" for port in ports))
    return ports
