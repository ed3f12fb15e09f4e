# SPDX-License-Identifier: Apache-2.0
"""An origin that speaks HTTP/2 within TLS and does what a test says, frame by
frame. Its plays: {first part of the path: function(stream)}, each on a thread
of its own."""

import contextlib
import select
import socket
import ssl
import threading

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings
import hyperframe.frame

from .rawserver import RawServer
from .wait import until

SECONDS = 20


class Stream:
    """A request as it comes, and the answer to it."""

    def __init__(self, conn, number, fields):
        self.conn, self.number = conn, number
        self.fields = [(n.decode(), v.decode("latin-1")) for n, v in fields]
        named = dict(self.fields)
        self.method, self.path = named[":method"], named[":path"]
        self.authority = named[":authority"]
        self.body, self.unacknowledged = b"", 0
        self.ended, self.reset = False, None
        self.takes = True  # acknowledge what comes at once

    def until(self, condition, what="a frame of the client"):
        """Wait for what the client does."""
        until(lambda: condition(self), what, SECONDS)

    def until_ended(self):
        self.until(lambda s: s.ended or s.reset is not None,
                   f"the end of {self.path}")

    def answer(self, status, fields=(), end=False):
        with self.conn.locked() as h2c:
            h2c.send_headers(self.number, [(":status", str(status)), *fields],
                             end_stream=end)

    def data(self, data, end=False, pad=None):
        """In pieces, as the windows allow."""
        while True:
            self.until(lambda s: s.room() > (pad or 0) + 1 or not data,
                       "room in the window")
            with self.conn.locked() as h2c:
                size = min(len(data), 16000,
                           h2c.local_flow_control_window(self.number)
                           - (pad + 1 if pad is not None else 0))
                part, data = data[:size], data[size:]
                h2c.send_data(self.number, part, end_stream=end and not data,
                              pad_length=pad)
            if not data:
                return

    def room(self):
        with self.conn.lock:
            return self.conn.h2c.local_flow_control_window(self.number)

    def whole(self, text, status=200, fields=()):
        self.answer(status, [("content-length", str(len(text))), *fields])
        self.data(text, end=True)

    def rst(self, code=0):
        with self.conn.locked() as h2c:
            h2c.reset_stream(self.number, code)

    def take(self, size=None):
        """Let the client send as much again."""
        with self.conn.locked() as h2c:
            size = self.unacknowledged if size is None else size
            self.unacknowledged -= size
            if size:
                h2c.acknowledge_received_data(size, self.number)


class Connection:
    """One client's connection."""

    def __init__(self, origin, sock):
        self.origin, self.sock = origin, sock
        self.lock = threading.RLock()
        self.h2c = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, validate_outbound_headers=False,
            normalize_outbound_headers=False))
        self.streams, self.gone = {}, False

    @contextlib.contextmanager
    def locked(self):
        """The state of the connection; what it wants to say is sent."""
        with self.lock:
            yield self.h2c
            self.sock.sendall(self.h2c.data_to_send())

    def raw(self, frame):
        with self.lock:
            self.sock.sendall(frame.serialize())

    def goaway(self, last, code=0):
        self.raw(hyperframe.frame.GoAwayFrame(0, last_stream_id=last,
                                              error_code=code))

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def serve(self):
        with self.locked() as h2c:
            h2c.initiate_connection()
        try:
            while data := self.receive():
                with self.locked() as h2c:
                    for event in h2c.receive_data(data):
                        self.happen(event)
        except h2.exceptions.ProtocolError as why:
            self.origin.faults.append(repr(why))
        finally:
            self.gone = True
            for stream in self.streams.values():
                if stream.reset is None:
                    stream.reset = -1

    def receive(self):
        """What came; b"": the end. TLS is used by one thread at a time."""
        while True:
            select.select([self.sock], [], [], 0.5)
            with self.lock:
                self.sock.setblocking(False)
                try:
                    return self.sock.recv(65536)
                except ssl.SSLWantReadError:
                    pass
                finally:
                    self.sock.setblocking(True)

    def happen(self, event):
        stream = self.streams.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.RequestReceived):
            stream = Stream(self, event.stream_id, event.headers)
            self.streams[event.stream_id] = stream
            self.origin.begin_stream(stream)
        elif isinstance(event, h2.events.DataReceived):
            stream.body += event.data
            stream.unacknowledged += event.flow_controlled_length
            if stream.takes:
                stream.take()
        elif isinstance(event, h2.events.StreamEnded):
            stream.ended = True
        elif isinstance(event, h2.events.StreamReset) and stream:
            stream.reset = int(event.error_code)


class H2Origin(RawServer):
    """streams: all that ever came, in order; faults: what was no HTTP/2."""

    def __init__(self, context, plays):
        context.set_alpn_protocols(["h2"])
        self.plays = plays
        self.streams, self.faults, self.errors = [], [], []
        self.connections = []
        super().__init__(context)

    def serve(self, sock):
        conn = Connection(self, sock)
        self.connections.append(conn)
        conn.serve()

    def begin_stream(self, stream):
        with self.lock:
            self.streams.append(stream)
        threading.Thread(target=self.play, args=(stream,), daemon=True).start()

    def play(self, stream):
        what = stream.path.partition("?")[0].split("/")[1]
        try:
            self.plays[what](stream)
        except (OSError, h2.exceptions.ProtocolError) as why:
            self.errors.append(repr(why))  # mostly: the client has gone

    def of(self, what):
        """The streams of a play."""
        return [s for s in self.streams if s.path.split("/")[1] == what]
