# SPDX-License-Identifier: Apache-2.0
"""Free loopback ports, given by the kernel, no number twice a session."""

import fcntl
import pathlib
import socket


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
            sock = socket.socket()
            sock.bind(("127.0.0.1", 0))
            sockets.append(sock)
            if str(sock.getsockname()[1]) not in taken:
                ports.append(sock.getsockname()[1])
        for sock in sockets:
            sock.close()
        file.write("".join(f"{port}\n" for port in ports))
    return ports
