# SPDX-License-Identifier: Apache-2.0
"""A client goes away: what its Worker wanted of an origin ends there, too."""

import socket
import time

import pytest

from wfptest.badorigin import Authority
from wfptest.h2 import H2
from wfptest.h2origin import H2Origin
from wfptest.lua import worker
from wfptest.rawserver import Player
from wfptest.records import Records
from wfptest.wait import until

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n"


class World:
    """An origin over HTTP/1.1 and one over HTTP/2 that count who is there."""

    def __init__(self, httpd):
        ca = Authority(httpd.root / "ca")
        self.open = {}
        self.plain = Player({"silent": self.silent, "body": self.body,
                             "upload": self.slow}, unread=["upload"])
        self.h2 = H2Origin(ca.context("localhost"), {
            "silent": self.stream, "body": self.stream_body,
            "upload": self.stream})
        self.urls = {"http1": self.plain.url, "http2": self.h2.url}
        self.lines = [Records.LINE, f"WfpEgressCA {ca.cert}",
                      f"WfpEgressAllow 127.0.0.1:{self.plain.port} "
                      f"localhost:{self.h2.port}"]

    def enter(self, path):
        with self.plain.lock:
            self.open[path] = self.open.get(path, 0) + 1

    def leave(self, path):
        with self.plain.lock:
            self.open[path] -= 1

    def slow(self, sock, request):
        """Takes 3 MB in a second: who sends as fast as it can has to wait."""
        self.silent(sock, request, .02)

    def silent(self, sock, request, pause=0):
        path = request["path"]
        self.enter(path)
        try:
            while sock.recv(65536):
                time.sleep(pause)
        except OSError:
            pass
        finally:
            self.leave(path)

    def body(self, sock, request):
        sock.sendall(HEAD + b"x" * 1000)
        self.silent(sock, request)

    def stream(self, stream):
        self.enter(stream.path)
        stream.until(lambda s: s.reset is not None, "the end of the stream")
        self.leave(stream.path)

    def stream_body(self, stream):
        stream.answer(200)
        stream.data(b"x" * 1000)
        self.stream(stream)

    def stop(self):
        self.plain.stop()
        self.h2.stop()


WAITS = {
    "header": ('return fetch(URL .. "/silent/ID")', 1),
    "body": ('return Response.new(fetch(URL .. "/body/ID"):text())', 1),
    "body-passed-on": ('return fetch(URL .. "/body/ID")', 1),
    "upload": ("""
        return fetch(URL .. "/upload/ID", {method = "POST",
            body = function() scheduler.wait(20) return ("u"):rep(1000) end})
        """, 1),
    "upload-full": ("""
        return fetch(URL .. "/upload/ID", {method = "POST",
            body = function() return ("u"):rep(50000) end})""", 1),
    "parallel": ("""
        local jobs = {}
        for i = 1, 3 do
            jobs[i] = function() return fetch(URL .. "/silent/ID") end
            jobs[i + 3] = function()
                return fetch(URL .. "/body/ID"):text() end
        end
        parallel(table.unpack(jobs))""", 6),
    "queued": ("""
        local jobs = {}
        for i = 1, 12 do
            jobs[i] = function() return fetch(URL .. "/silent/ID") end
        end
        parallel(table.unpack(jobs))""", 6),
}


@pytest.fixture(params=["http1", "http2"])
def client_of(request, httpd, client):
    """client_of(path) -> what ends its connection."""
    if request.param == "http2" and httpd.mpm == "prefork":
        pytest.skip("mod_http2 wants threads")

    def begin(path):
        if request.param == "http2":
            conn = H2(client.port)
            conn.request(1, path)
            return lambda: conn.reset(1)
        sock = socket.create_connection(("127.0.0.1", client.port), 30)
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return sock.close
    return begin


class TestCancel:

    @pytest.mark.parametrize("origin_over", ["http1", "http2"])
    @pytest.mark.parametrize("how", WAITS)
    def test_595_01_origin_sees_the_end(self, world, httpd, client_of, records,
                                        how, origin_over, tenant):
        text, wanted = WAITS[how]
        mark = f"{how}-{len(records.all())}-{id(records)}"
        made = tenant.deploy(worker(
            f'local URL = "{world.urls[origin_over]}"\n'
            + text.replace("ID", mark)), "--limit", "cpu_ms=5000")
        leave = client_of(made.path + "/")

        def there():
            return sum(n for path, n in world.open.items()
                       if path.endswith(mark))
        until(lambda: there() == wanted, "the origin to be asked")
        leave()
        until(lambda: there() == 0, "the origin to be left")
        assert records.of(made.name)["outcome"] in ("canceled", "ok")
        # who was queued did not come afterwards
        assert there() == 0
        came = [s for s in world.h2.streams if s.path.endswith(mark)]
        assert len(came) in (0, wanted)
