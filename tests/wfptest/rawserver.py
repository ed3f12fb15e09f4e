# SPDX-License-Identifier: Apache-2.0
"""Origins on loopback that speak HTTP/1.1 byte by byte: Recorder writes down
what comes, to the letter; Player answers what a test says."""

import re
import socket
import threading

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
FIRST = re.compile(rb"(" + TOKEN + rb") (/[!-~]*|\*) HTTP/1\.1")
FIELD = re.compile(rb"(" + TOKEN + rb"): ?([^\x00\r\n]*)")


class NoHttp(Exception):
    """What came is no request as it should be."""


class Reader:
    """A connection as messages."""

    def __init__(self, sock):
        self.sock, self.data = sock, b""

    def more(self):
        part = self.sock.recv(65536)
        if not part:
            raise EOFError
        self.data += part

    def until(self, mark):
        """The bytes before the mark, which goes."""
        while mark not in self.data:
            self.more()
        found, _, self.data = self.data.partition(mark)
        return found

    def exactly(self, size):
        while len(self.data) < size:
            self.more()
        found, self.data = self.data[:size], self.data[size:]
        return found

    def chunks(self):
        body = b""
        while True:
            line = self.until(b"\r\n")
            if not re.fullmatch(rb"[0-9a-fA-F]{1,8}", line):
                raise NoHttp(f"chunk of size {line!r}")
            size = int(line, 16)
            body += self.exactly(size)
            if self.exactly(2) != b"\r\n":
                raise NoHttp("no end of a chunk")
            if not size:
                return body

    def request(self, unread=()):
        """The next request: {method, path, fields, body}; None: no more.
        unread: first parts of paths whose body stays where it is."""
        try:
            if not self.data:
                self.more()
        except (EOFError, ConnectionError):
            return None
        head = self.until(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        match = FIRST.fullmatch(first)
        if not match:
            raise NoHttp(f"first line {first[:200]!r}")
        fields = []
        for line in lines:
            field = FIELD.fullmatch(line)
            if not field:
                raise NoHttp(f"line {line[:200]!r}")
            fields.append((field[1].decode().lower(),
                           field[2].decode("latin-1")))
        request = {"method": match[1].decode(), "path": match[2].decode(),
                   "fields": fields, "body": b""}
        lengths = [v for n, v in fields if n == "content-length"]
        codings = [v for n, v in fields if n == "transfer-encoding"]
        hosts = [v for n, v in fields if n == "host"]
        if len(lengths) + len(codings) > 1 or len(hosts) != 1:
            raise NoHttp(f"fields {fields}")
        if request["path"].split("/")[1] in unread:
            return request
        if lengths:
            if not re.fullmatch("[0-9]+", lengths[0]):
                raise NoHttp(f"length {lengths[0]!r}")
            request["body"] = self.exactly(int(lengths[0]))
        if codings:
            if codings != ["chunked"]:
                raise NoHttp(f"coding {codings}")
            request["body"] = self.chunks()
        return request


class RawServer:
    """Accepts; what it does with a connection is its heirs' business."""

    def __init__(self, context=None):
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        scheme, name = ("https", "localhost") if context else ("http",
                                                               "127.0.0.1")
        self.url = f"{scheme}://{name}:{self.port}"
        self.over = threading.Event()
        self.lock = threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.over.is_set():
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.begin, args=(sock,),
                             daemon=True).start()

    def begin(self, sock):
        try:
            with sock:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self.context:
                    sock = self.context.wrap_socket(sock, server_side=True)
                self.serve(sock)
        except (OSError, EOFError):
            pass  # the other side has gone

    def stop(self):
        self.over.set()
        self.listener.close()


class Recorder(RawServer):
    """Answers "ok" to each request that is framed well. requests: in order;
    faults: what was not, and connections that ended in a request."""

    def __init__(self, context=None):
        self.requests, self.faults = [], []
        super().__init__(context)

    def clear(self):
        with self.lock:
            self.requests, self.faults = [], []

    def serve(self, sock):
        reader = Reader(sock)
        while True:
            try:
                request = reader.request()
            except NoHttp as why:
                with self.lock:
                    self.faults.append(str(why))
                return
            except (EOFError, ConnectionError):
                with self.lock:
                    self.faults.append("cut off")
                return
            if request is None:
                return
            with self.lock:
                self.requests.append(request)
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
                         + (b"" if request["method"] == "HEAD" else b"ok"))


class Player(RawServer):
    """Answers /NAME... with what plays[NAME] has: a function (sock, request),
    or bytes. What it does not know is answered with which request of which
    connection it was: "CONNECTION.NUMBER". unread: names whose body is left
    to the function."""

    def __init__(self, plays=None, context=None, unread=()):
        self.plays, self.unread = plays or {}, unread
        self.connections = 0
        super().__init__(context)

    def serve(self, sock):
        with self.lock:
            self.connections += 1
            which = self.connections
        reader = Reader(sock)
        for number in range(1, 1000000):
            request = reader.request(self.unread)
            if request is None:
                return
            play = self.plays.get(request["path"].split("/")[1])
            if play is None:
                text = f"{which}.{number}".encode()
                play = (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
                        % len(text)) + text
            if callable(play):
                play(sock, request)
            else:
                sock.sendall(play)
