# SPDX-License-Identifier: Apache-2.0
"""A redis of a test's own: the program of Debian's redis-tools, a temporary
folder, a free port on loopback, nothing on disk.

The package redis-server would only add a service: its program is a link to
redis-check-rdb of redis-tools, which is the server under any other name.
"""

import pathlib
import shutil
import socket
import subprocess
import tempfile

from .ports import free_ports
from .wait import until


class Redis:
    def __init__(self, book):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wfp-redis-"))
        self.port, = free_ports(1, book)
        self.process = None
        try:
            self.start()
        except BaseException:
            self.remove()
            raise

    def start(self):
        """Begin, with nothing in it."""
        with (self.folder / "log").open("ab") as out:
            # it ends with us, whatever ends us
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind",
                 "127.0.0.1", "--dir", str(self.folder), "--save", "",
                 "--appendonly", "no", "--daemonize", "no"],
                executable=shutil.which("redis-check-rdb"), cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        until(self.answers, "redis to begin", 60)

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            return self.command("PING") == "PONG"
        except OSError:
            return False

    def command(self, *words):
        """Its answer: text, a number as text, or None for nil."""
        sent = b"*%d\r\n" % len(words)
        for word in map(str.encode, words):
            sent += b"$%d\r\n%s\r\n" % (len(word), word)
        with socket.create_connection(("127.0.0.1", self.port), 30) as sock, \
                sock.makefile("rb") as answer:
            sock.sendall(sent)
            return self.read(answer)

    def read(self, answer):
        line = answer.readline().decode().rstrip("\r\n")
        kind, rest = line[:1], line[1:]
        if kind in "+:" and kind:
            return rest
        if kind == "*":
            return [self.read(answer) for _ in range(int(rest))]
        if kind == "$":
            size = int(rest)
            return None if size < 0 else answer.read(size + 2)[:-2].decode()
        raise OSError(f"redis: {line}")

    def calls(self, name):
        """How often it was asked that."""
        for line in self.command("INFO", "commandstats").splitlines():
            if line.startswith(f"cmdstat_{name}:calls="):
                return int(line.split("=")[1].split(",")[0])
        return 0

    def stop(self):
        """Dead at once, as a host that fails."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder)
