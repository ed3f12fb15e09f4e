# SPDX-License-Identifier: Apache-2.0
"""Readers of live tails: server-sent events, and a WebSocket's messages."""

import base64
import json
import os
import socket
import ssl
import struct
import time
import urllib.parse


class Reader:
    """A connection whose answer does not end; what comes is looked at a piece
    at a time."""

    def __init__(self, port, path, headers=(), tls=False, seconds=180):
        self.socket = socket.create_connection(("127.0.0.1", port), seconds)
        if tls:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.until = time.monotonic() + seconds
        self.bytes = b""
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}",
                 *(f"{name}: {value}" for name, value in headers), "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        head = self.take(b"\r\n\r\n").decode("latin-1").split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = {name.lower(): value for name, _, value in
                        (line.partition(": ") for line in head[1:])}

    def more(self):
        """At least a byte more, or EOFError."""
        self.socket.settimeout(max(self.until - time.monotonic(), 0.1))
        got = self.socket.recv(65536)
        if not got:
            raise EOFError
        self.bytes += got

    def take(self, end):
        """Bytes up to an end mark, without it."""
        while end not in self.bytes:
            self.more()
        found, _, self.bytes = self.bytes.partition(end)
        return found

    def take_n(self, n):
        while len(self.bytes) < n:
            self.more()
        found, self.bytes = self.bytes[:n], self.bytes[n:]
        return found

    def body(self):
        """Of an answer that ends."""
        return self.take_n(int(self.headers["content-length"]))

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.close()


class Events(Reader):
    """GET .../tail. It listens when this is made."""

    def __init__(self, api, path, query="", **options):
        port = options.pop("port", api.httpd.port)
        super().__init__(port, f"{api.base}{path}/tail{query}",
                         [("Authorization", f"Bearer {api.token}")], **options)
        self.chunked = self.headers.get("transfer-encoding") == "chunked"
        if self.status == 200:
            assert self.headers["content-type"] == "text/event-stream"
            assert self.event() is None  # the comment

    def take(self, end):
        if not getattr(self, "chunked", False):
            return super().take(end)
        while end not in getattr(self, "plain", b""):
            size = int(super().take(b"\r\n"), 16)
            if not size:
                raise EOFError
            self.plain = getattr(self, "plain", b"") + self.take_n(size)
            self.take_n(2)
        found, _, self.plain = self.plain.partition(end)
        return found

    def event(self):
        """(name, data) of the next, None for a comment."""
        name, data = "message", None
        for line in self.take(b"\n\n").decode().split("\n"):
            field, _, value = line.partition(":")
            if field == "event":
                name = value.strip()
            elif field == "data":
                data = json.loads(value)
        return (name, data) if data is not None else None

    def record(self):
        """The next record."""
        while True:
            got = self.event()
            if got:
                assert got[0] == "message", got
                return got[1]


class Socket(Reader):
    """A WebSocket of trace-v1."""

    def __init__(self, url, **options):
        parts = urllib.parse.urlsplit(url)
        super().__init__(parts.port, parts.path, [
            ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Protocol", "trace-v1"),
            ("Sec-WebSocket-Key",
             base64.b64encode(os.urandom(16)).decode())],
            tls=parts.scheme == "wss", **options)

    def send(self, op, data=b"", mask=True, last=True):
        key = os.urandom(4) if mask else b""
        body = bytes(b ^ key[i % 4] for i, b in enumerate(data)) if mask \
            else data
        size = len(data)
        length = bytes([size | 0x80 * mask]) if size < 126 else \
            bytes([126 | 0x80 * mask]) + struct.pack(">H", size) \
            if size < 65536 else \
            bytes([127 | 0x80 * mask]) + struct.pack(">Q", size)
        self.socket.sendall(bytes([op | 0x80 * last]) + length + key + body)

    def frame(self):
        """(op, bytes) of the next."""
        first, second = self.take_n(2)
        assert first & 0x80 and not second & 0x80
        size = second
        if size == 126:
            size, = struct.unpack(">H", self.take_n(2))
        elif size == 127:
            size, = struct.unpack(">Q", self.take_n(8))
        return first & 15, self.take_n(size)

    def record(self):
        while True:
            op, data = self.frame()
            if op == 1:
                return json.loads(data)
            assert op == 9, (op, data)
