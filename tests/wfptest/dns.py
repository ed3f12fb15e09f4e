# SPDX-License-Identifier: Apache-2.0
"""A DNS server on loopback whose answers a test decides."""

import os
import pathlib
import random
import socket
import struct
import subprocess
import threading

A, CNAME, AAAA = 1, 5, 28
NXDOMAIN = 3


def encoded(name):
    """A name as labels."""
    return b"".join(bytes([len(label)]) + label.encode()
                    for label in name.strip(".").split(".")) + b"\0"


class Dns:
    """zone[name] is what the n-th question for it is answered with: a list of
    IPv4 addresses and one "=other.name" (a CNAME), or a function of n that
    gives such a list. Names that are not there do not exist; those that begin
    with "silent" get no answer at all. asked: (name, type)."""

    def __init__(self):
        self.zone, self.asked = {}, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # resolv.conf names no ports: an address of our own instead
        self.address = "127." + ".".join(
            str(random.randint(2, 250)) for _ in range(3))
        self.socket.bind((self.address, 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            answer = self.answer(query)
            if answer and peer:
                self.socket.sendto(answer, peer)

    def records(self, name, kind):
        """The answers to one question; None: there is no such name."""
        found = self.zone.get(name)
        if callable(found):
            found = found(self.asked.count((name, kind)))
        if found is None:
            return None
        out = []
        for value in found:
            if value.startswith("="):
                out.append((name, CNAME, encoded(value[1:])))
                out += self.records(value[1:], kind) or []
            elif kind == A:
                out.append((name, A, socket.inet_aton(value)))
        return out

    def answer(self, query):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind, = struct.unpack(">H", query[at + 1:at + 3])
        name = ".".join(labels).lower()
        self.asked.append((name, kind))
        if name.startswith("silent"):
            return None
        records = self.records(name, kind)
        head = query[:2] + struct.pack(
            ">HHHHH", 0x8580 | (NXDOMAIN if records is None else 0), 1,
            len(records or ()), 0, 0)
        return head + query[12:at + 5] + b"".join(
            encoded(owner) + struct.pack(">HHIH", what, 1, 0, len(data)) + data
            for owner, what, data in records or ())

    def stop(self):
        self.socket.close()


def why_not():
    """Why a server cannot be given a resolver of its own here, or None."""
    if os.getuid() != 0:
        return "only root may give the server a resolver of its own"
    done = subprocess.run(["unshare", "-m", "true"], capture_output=True,
                          check=False)
    return done.stderr.decode() if done.returncode else None


def wrapped(dns, folder):
    """Words in front of a command that then has dns as its only resolver, in a
    mount namespace of its own."""
    conf = pathlib.Path(folder) / "resolv.conf"
    conf.write_text(f"nameserver {dns.address}\n"
                    "search inside.example\n"
                    "options timeout:30 attempts:1\n")
    conf.chmod(0o644)
    return ["unshare", "-m", "sh", "-c",
            'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"', "sh",
            str(conf)]
