# SPDX-License-Identifier: Apache-2.0
"""An origin on loopback that can be kind, slow, broken, huge, redirecting.

/echo...            what came, as JSON
/status/N           that status
/redirect/N?to=URL  that status and Location
/loop               redirects to itself
/slow/MS            answers after MS milliseconds
/gate/N             answers when the test sets that gate (Origin.gate())
/meet/N             answers "met" when N such requests are in at the same time,
                    "alone" after a while
/meet-body/N        the same, but the head comes at once; "met" or "no!"
/body-later/MS      a head at once, the body after MS milliseconds
/huge/BYTES         that many bytes with Content-Length
/chunked/N/SIZE     N chunks of SIZE bytes
/page/N             HTML of 100 * N bytes, a row of ROW every 100
/headers            Set-Cookie twice, Vary twice
/count              {"bytes":, "sum":} of the body that was sent
/count/fast         the same without the sum
/broken/short       fewer bytes than Content-Length says
/broken/chunk       a chunked body without its end
/broken/nothing     closes without an answer
/broken/garbage     no HTTP
"""

import hashlib
import http.server
import json
import threading
import urllib.parse

BLOCK = bytes(range(97, 123)) * 2520


# of HTML: 100 bytes
ROW = (b"<li class=row><a href='/x?a=1&amp;b=2'>row</a> text &lt; "
       b"1 < 2 <!-- c --><br><b>%s</b></li>\n") % (b"." * 10)
assert len(ROW) == 100


def pattern(size):
    """The bytes of /huge/size."""
    return (BLOCK * (size // len(BLOCK) + 1))[:size]


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body waits for no acknowledgement

    def log_message(self, *args):
        """The origin's log is Origin.requests."""

    def chunks_in(self):
        """The request's body in pieces."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return
        left = int(self.headers.get("Content-Length", 0))
        while left > 0:
            part = self.rfile.read(min(left, 65536))
            if not part:
                return
            left -= len(part)
            yield part

    def answer(self, status, body=b"", headers=()):
        """A whole answer with Content-Length."""
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        bodyless = status in (204, 304)
        if not bodyless:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and not bodyless:
            self.wfile.write(body)

    def do_request(self):
        """Any method."""
        path, _, query = self.path.partition("?")
        parts = path.strip("/").split("/")
        self.server.origin.note(self)
        action = getattr(self, "on_" + parts[0].replace("-", "_"), None)
        if action is None:
            self.answer(404, b"no such page of the origin")
        else:
            action(parts[1:], urllib.parse.parse_qs(query))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_request
    do_HEAD = do_OPTIONS = do_PROPFIND = do_request

    def on_echo(self, parts, query):
        body = b"".join(self.chunks_in())
        told = {"method": self.command, "path": self.path,
                "headers": self.headers.items(),
                "body": body.decode("latin-1")}
        self.answer(200, json.dumps(told).encode(),
                    [("Content-Type", "application/json"),
                     ("X-Origin", "echo")])

    def on_status(self, parts, query):
        self.answer(int(parts[0]), b"status " + parts[0].encode())

    def on_redirect(self, parts, query):
        for _ in self.chunks_in():
            pass
        self.answer(int(parts[0]), b"", [("Location", query["to"][0])])

    def on_loop(self, parts, query):
        self.answer(302, b"", [("Location", "/loop")])

    def on_slow(self, parts, query):
        threading.Event().wait(int(parts[0]) / 1000)
        self.answer(200, b"slow")

    def on_gate(self, parts, query):
        self.server.origin.gates[int(parts[0])].wait(60)
        self.answer(200, b"open")

    def on_meet(self, parts, query):
        met = self.server.origin.meet(int(parts[0]))
        self.answer(200, b"met" if met else b"alone")

    def on_meet_body(self, parts, query):
        self.send_response_only(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.flush()
        met = self.server.origin.meet(int(parts[0]))
        self.wfile.write(b"met" if met else b"no!")

    def on_body_later(self, parts, query):
        self.send_response_only(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.flush()
        threading.Event().wait(int(parts[0]) / 1000)
        self.wfile.write(b"later")

    def on_huge(self, parts, query):
        left = int(parts[0])
        self.send_response_only(200)
        self.send_header("Content-Length", str(left))
        self.end_headers()
        while left > 0:
            self.wfile.write(BLOCK[:left])
            left -= len(BLOCK)

    def on_chunked(self, parts, query):
        count, size = int(parts[0]), int(parts[1])
        self.send_response_only(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(count):
            self.wfile.write(b"%x\r\n" % size + BLOCK[:size] + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def on_page(self, parts, query):
        left = int(parts[0])
        self.send_response_only(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(left * len(ROW)))
        self.end_headers()
        if self.command == "HEAD":
            return
        many = ROW * 1000
        for _ in range(left // 1000):
            self.wfile.write(many)
        self.wfile.write(ROW * (left % 1000))

    def on_headers(self, parts, query):
        self.answer(200, b"headers", [
            ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"),
            ("Vary", "Accept"), ("Vary", "Cookie"), ("X-Mixed-Case", "Yes")])

    def on_count(self, parts, query):
        size, digest = 0, hashlib.sha256()
        for part in self.chunks_in():
            size += len(part)
            if not parts:
                digest.update(part)
        self.answer(200, json.dumps({"bytes": size, "sum":
                                     digest.hexdigest()}).encode())

    def on_broken(self, parts, query):
        self.close_connection = True
        self.wfile.write({
            "short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
            "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     b"5\r\nshort\r\n",
            "nothing": b"",
            "garbage": b"\x00\x01\x02 this is not HTTP\r\n\r\n"}[parts[0]])


class Server(http.server.ThreadingHTTPServer):
    """Forgets clients that went away."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A broken connection is what some tests are about."""


class Origin:
    """The running origin. requests: (method, path, header pairs)."""

    def __init__(self, address=("127.0.0.1", 0)):
        self.requests = []
        self.gates = []
        self.crowd = threading.Condition()
        self.inside = self.most = self.waiting = 0
        self.released = self.came = 0
        self.server = Server(address, Handler)
        self.server.origin = self
        self.port = self.server.server_address[1]
        self.url = f"http://{address[0]}:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       daemon=True)
        self.thread.start()

    def note(self, handler):
        self.requests.append((handler.command, handler.path,
                              handler.headers.items()))

    def gate(self):
        """A new gate: an event whose `url` answers when it is set."""
        made = threading.Event()
        made.url = f"{self.url}/gate/{len(self.gates)}"
        self.gates.append(made)
        return made

    def meet(self, count, seconds=20):
        """Wait until count callers are in here; False: they never came."""
        with self.crowd:
            self.came += 1
            mine = self.came
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.waiting += 1
            if self.waiting >= count:
                self.released, self.waiting = self.came, 0
                self.crowd.notify_all()
            met = self.crowd.wait_for(lambda: self.released >= mine, seconds)
            self.waiting -= not met
            self.inside -= 1
            return met

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
