# SPDX-License-Identifier: Apache-2.0
"""Clients that speak HTTP/2, within TLS and without, frame by frame."""

import re
import ssl

import pytest

from wfptest.badorigin import Authority
from wfptest.client import Client
from wfptest.h2 import DATA, H2, HEADERS, RST_STREAM, WINDOW_UPDATE, literal
from wfptest.lua import worker
from wfptest.ports import free_ports
from wfptest.records import Records
from wfptest.tenant import Tenant
from wfptest.wait import until

END_STREAM, END_HEADERS, PADDED = 1, 4, 8
CANCEL = 8
ECHO = 'return Response.new("<" .. request:text() .. ">")'
UP = ('return fetch("ORIGIN/count", {method = "POST", body = request.body})')


# these tell the origin that they run
BEGUN = ("up", "endless", "slow", "reads", "pipes")


class World:
    def __init__(self, httpd):
        self.httpd = httpd
        self.ca = Authority(httpd.root / "ca")
        cert, key = self.ca.issue("localhost")
        self.port, = free_ports(1, httpd.root.parent / "ports")
        self.lines = [
            Records.LINE, f'LoadModule ssl_module "{httpd.modules}/mod_ssl.so"',
            "LogLevel ssl:error", f"Listen 127.0.0.1:{self.port} https",
            '<Location "/server-status">', "SetHandler server-status",
            "</Location>",
            f"<VirtualHost 127.0.0.1:{self.port}>", "ServerName localhost",
            "SSLEngine on", f"SSLCertificateFile {cert}",
            f"SSLCertificateKeyFile {key}", "Protocols h2 http/1.1",
            "</VirtualHost>"]

    def connect(self, over, **options):
        if over == "h2c":
            return H2(self.httpd.port, **options)
        context = ssl.create_default_context(cafile=str(self.ca.cert))
        return H2(self.port, context=context, **options)


@pytest.fixture(scope="module")
def world(httpd):
    if httpd.mpm == "prefork":
        pytest.skip("mod_http2 wants threads")
    around = World(httpd)
    httpd.configure(around.lines)
    yield around
    httpd.stop()


@pytest.fixture(params=["h2c", "h2"])
def conn(request, world):
    made = world.connect(request.param)
    yield made
    made.close()


@pytest.fixture(scope="module")
def workers(httpd, world):
    tenants = Tenant(httpd, Client(httpd.port))
    texts = {
        "echo": ECHO,
        "up": UP.replace("ORIGIN", httpd.origin.url),
        "trailers": 'local t = request:text() return Response.new(t .. '
                    'tostring(request.headers:get("x-t")))',
        "endless": 'return Response.new(function() return ("x"):rep(1000) '
                   "end)",
        "slow": "scheduler.wait(25000) return Response.new('late')",
        "reads": 'return Response.new(tostring(#request:text()))',
        "pipes": "return Response.new(request.body)",
    }
    begin = f'fetch("{httpd.origin.url}/status/200?NAME"):text() '
    yield {name: tenants.deploy(worker(
        (begin.replace("NAME", name) if name in BEGUN else "") + text),
                                "--limit", "cpu_ms=1000")
           for name, text in texts.items()}
    tenants.remove_all()


@pytest.fixture
def begin(conn, workers, origin):
    """begin(name): a request of which half came, of a Worker that runs."""
    def call(name, headers=()):
        origin.requests.clear()
        conn.request(1, workers[name].path + "/", "POST", end=False,
                     headers=headers)
        conn.send(DATA, 0, 1, b"abc")
        until(lambda: any(path.endswith(name) for _, path, _ in
                          origin.requests), f"{name} to run")
        return workers[name].name
    return call


@pytest.fixture
def quiet(world, client):
    """quiet(): wait until no child runs an isolate any more."""
    def wait():
        def running():
            text = client.get("/server-status?auto").text
            return re.search(r"WfpIsolatesRunning: (\d+)", text)[1] != "0"
        # each child answers for itself
        for _ in range(10):
            until(lambda: not running(), "the isolates to come back", 20)
    return wait


def answer(conn, stream):
    """(status of the stream's last part or None, its body)."""
    body = b""
    while True:
        kind, flags, _, payload = conn.frames(stream, HEADERS, DATA,
                                              RST_STREAM)[-1]
        if kind == DATA:
            body += payload
            for number in (0, stream):
                if payload:
                    conn.send(WINDOW_UPDATE, 0, number,
                              len(payload).to_bytes(4, "big"))
        if kind == RST_STREAM:
            return None, body
        if flags & END_STREAM:
            return True, body


class TestUploads:

    def test_591_01_in_pieces(self, conn, workers):
        conn.request(1, workers["echo"].path + "/", "POST", end=False)
        for part in (b"a", b"", b"bc", b"d" * 1000):
            conn.send(DATA, 0, 1, part)
        conn.send(DATA, END_STREAM, 1, b"")
        assert answer(conn, 1) == (True, b"<abc" + b"d" * 1000 + b">")

    def test_591_02_while_it_answers(self, conn, workers):
        """What was sent comes back before the rest is sent."""
        conn.request(1, workers["pipes"].path + "/", "POST", end=False)
        for number in range(5):
            part = b"%d" % number * 100
            conn.send(DATA, 0, 1, part)
            got = b""
            while len(got) < 100:
                got += conn.frames(1, DATA)[-1][3]
            assert got == part
        conn.send(DATA, END_STREAM, 1, b"end")
        assert answer(conn, 1) == (True, b"end")

    def test_591_03_padded(self, conn, workers):
        conn.request(1, workers["echo"].path + "/", "POST", end=False)
        for _ in range(3):
            conn.send(DATA, PADDED, 1, b"\x0a" + b"abc" + bytes(10))
        conn.send(DATA, PADDED | END_STREAM, 1, b"\x05" + bytes(5))
        assert answer(conn, 1) == (True, b"<abcabcabc>")

    def test_591_04_trailers_are_no_headers(self, conn, workers):
        conn.request(1, workers["trailers"].path + "/", "POST", end=False)
        conn.send(DATA, 0, 1, b"body ")
        conn.send(HEADERS, END_HEADERS | END_STREAM, 1, literal("x-t", "1"))
        assert answer(conn, 1) == (True, b"body nil")

    @pytest.mark.parametrize("length", ["5", "30"])
    def test_591_05_length_that_is_wrong(self, conn, begin, quiet, length):
        """Of a Worker that runs: mod_http2 of httpd 2.4.71 crashes, whatever
        the handler, when it refuses a stream that no thread has begun."""
        begin("reads", headers=[("content-length", length)])
        conn.send(DATA, END_STREAM, 1, b"hello")
        told, body = answer(conn, 1)
        assert told is None and body == b""
        quiet()

    @pytest.mark.parametrize("name,value", [
        ("transfer-encoding", "chunked"), ("connection", "x-a"),
        ("upgrade", "h2c"), ("te", "gzip"), ("X-Upper", "a"),
        ("x-a", "a\r\nx-b: b"), ("x-a", "a\x00b"), ("x a", "a"),
        ("x-a:", "a"), (":path", "/other"), ("content-length", "5, 6"),
        ("content-length", "-1")])
    def test_591_06_fields_of_another_protocol(self, conn, workers, name,
                                               value):
        """Refused, or without what it would have said; the connection may
        end."""
        conn.request(1, workers["echo"].path + "/", "POST", end=False,
                     headers=[(name, value)])
        try:
            conn.send(DATA, END_STREAM, 1, b"5\r\nhello\r\n0\r\n\r\n")
            told, body = answer(conn, 1)
        except (AssertionError, EOFError, OSError):
            return  # GOAWAY
        assert told is None or body.startswith(
            (b"<5\r\nhello\r\n0\r\n\r\n>", b"<!DOCTYPE"))


class TestResets:
    """Clients that give up a stream: its isolate comes back, the connection
    and the others stay."""

    @pytest.mark.parametrize("name", ["slow", "reads", "pipes", "up"])
    def test_592_01_within_an_upload(self, conn, begin, workers, records, quiet,
                                     name):
        """Not while an answer's head is on its way: mod_http2 of httpd 2.4.71
        gives up the connection, whatever the handler, when the reset crosses
        a head that it has made and not sent."""
        begun = begin(name)
        if name == "pipes":
            conn.frames(1, DATA)
        conn.send(DATA, 0, 1, b"d" * 10000)
        conn.reset(1, CANCEL)
        # what only passes on has done its part
        assert records.of(begun)["outcome"] == (
            "ok" if name == "pipes" else "canceled")
        conn.request(3, workers["echo"].path + "/")
        assert answer(conn, 3) == (True, b"<>")
        quiet()

    def test_592_02_within_an_answer(self, conn, workers, records, quiet):
        conn.request(1, workers["endless"].path + "/")
        conn.frames(1, DATA)
        conn.reset(1, CANCEL)
        assert records.of(workers["endless"].name)["outcome"] == "canceled"
        conn.send(WINDOW_UPDATE, 0, 0, b"\x00\x10\x00\x00")
        conn.request(3, workers["echo"].path + "/")
        assert answer(conn, 3) == (True, b"<>")
        quiet()

    @pytest.mark.parametrize("name", ["endless", "slow", "reads", "pipes"])
    def test_592_03_the_connection_ends(self, conn, begin, records, quiet,
                                        name):
        begun = begin(name)
        if name in ("endless", "pipes"):
            conn.frames(1, DATA)
        conn.close()
        assert records.of(begun)["outcome"] == (
            "ok" if name == "pipes" else "canceled")
        quiet()

    def test_592_04_again_and_again(self, world, workers, quiet):
        """100 streams begun and given up on few connections."""
        for _ in range(4):
            conn = world.connect("h2c")
            for number in range(25):
                conn.request(2 * number + 1, workers["slow"].path + "/")
                conn.reset(2 * number + 1, CANCEL)
            conn.close()
        quiet()


class TestMany:

    def test_593_01_a_hundred_streams(self, conn, workers):
        """Begun all before any ends; each gets its own body back."""
        streams = [2 * number + 1 for number in range(100)]
        for stream in streams:
            conn.request(stream, workers["echo"].path + "/", "POST", end=False)
            conn.send(DATA, 0, stream, b"%d " % stream)
        for stream in reversed(streams):
            conn.send(DATA, END_STREAM, stream, b"end")
        bodies, open_ = {stream: b"" for stream in streams}, set(streams)
        while open_:
            kind, flags, stream, payload = conn.frame()
            assert kind != RST_STREAM, stream
            if kind == DATA:
                bodies[stream] += payload
            if stream in open_ and kind in (DATA, HEADERS) \
                    and flags & END_STREAM:
                open_.discard(stream)
        assert bodies == {s: b"<%d end>" % s for s in streams}
