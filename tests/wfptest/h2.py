# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 frame by frame, for clients that do not behave."""

import socket
import struct

DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 7, 8
END_STREAM, END_HEADERS = 1, 4
INITIAL_WINDOW_SIZE = 4


def literal(name, value):
    """A header field as HPACK has it without table and Huffman."""
    def text(s):
        data = s.encode("latin-1")
        assert len(data) < 127
        return bytes([len(data)]) + data
    return b"\x00" + text(name) + text(value)


class H2:
    """A connection by prior knowledge. window: what each stream may get.
    context: TLS, by its ALPN."""

    def __init__(self, port, window=65535, seconds=60, context=None):
        self.sock = socket.create_connection(("127.0.0.1", port), seconds)
        if context:
            context.set_alpn_protocols(["h2"])
            self.sock = context.wrap_socket(self.sock,
                                            server_hostname="localhost")
            assert self.sock.selected_alpn_protocol() == "h2"
        self.authority = f"127.0.0.1:{port}"
        self.buffer = b""
        self.sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self.send(SETTINGS, 0, 0, struct.pack("!HI", INITIAL_WINDOW_SIZE,
                                              window))

    def send(self, kind, flags, stream, payload=b""):
        self.sock.sendall(struct.pack("!I", len(payload))[1:]
                          + struct.pack("!BBI", kind, flags, stream) + payload)

    def request(self, stream, path, method="GET", end=True, headers=()):
        fields = [(":method", method), (":scheme", "http"), (":path", path),
                  (":authority", self.authority), *headers]
        self.send(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream,
                  b"".join(literal(*field) for field in fields))

    def reset(self, stream, code=8):
        self.send(RST_STREAM, 0, stream, struct.pack("!I", code))

    def exactly(self, size):
        while len(self.buffer) < size:
            part = self.sock.recv(65536)
            if not part:
                raise EOFError("the connection was closed")
            self.buffer += part
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def frame(self):
        """(kind, flags, stream, payload); settings are acknowledged."""
        head = self.exactly(9)
        size = int.from_bytes(head[:3], "big")
        kind, flags, stream = struct.unpack("!BBI", head[3:])
        payload = self.exactly(size)
        if kind == SETTINGS and not flags:
            self.send(SETTINGS, 1, 0)
        return kind, flags, stream, payload

    def frames(self, stream, *last):
        """Frames of a stream up to one of the kinds `last`."""
        got = []
        while not got or got[-1][0] not in last:
            frame = self.frame()
            if frame[2] == stream:
                got.append(frame)
            assert frame[0] != GOAWAY, frame
        return got

    def close(self):
        self.sock.close()
