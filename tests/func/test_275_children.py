# SPDX-License-Identifier: Apache-2.0
"""Children that end in the middle of things: MaxConnectionsPerChild, a graceful
restart, a graceful stop."""

import signal
import socket

import pytest

from wfptest.lua import worker
from wfptest.wait import until

ECHO = """
if request.method == "POST" then return Response.new(request.body) end
ctx:waitUntil(function()
    fetch(env.ORIGIN .. "/count", { method = "POST", body = "x" })
end)
return Response.new("here")"""


@pytest.fixture(params=["short", "long"])
def lives(httpd, request):
    """Children that end after five connections, or never do."""
    httpd.configure(["MaxConnectionsPerChild 5"]
                    if request.param == "short" else [])
    return request.param


@pytest.fixture
def echo(lives, tenant, origin):
    return tenant.deploy(worker(ECHO), "--var", f"ORIGIN={origin.url}")


class Stream:
    """A request whose answer lasts as long as the client sends."""

    def __init__(self, httpd, path):
        self.sock = socket.create_connection(("127.0.0.1", httpd.port), 30)
        self.got = b""
        self.sock.sendall(f"POST {path}/ HTTP/1.1\r\nHost: x\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n".encode())
        self.say(b"begin")

    def say(self, word):
        """Send a word and wait until it is back."""
        self.sock.sendall(b"%x\r\n%s\r\n" % (len(word), word))
        self.wait_for(word)

    def wait_for(self, word):
        while word not in self.got:
            part = self.sock.recv(65536)
            assert part, self.got
            self.got += part

    def end(self):
        """The rest of it: it is whole."""
        self.sock.sendall(b"0\r\n\r\n")
        self.wait_for(b"\r\n0\r\n\r\n")
        self.sock.close()


def listens(httpd):
    try:
        socket.create_connection(("127.0.0.1", httpd.port), 5).close()
        return True
    except OSError:
        return False


def test_275_01_nothing_is_lost(httpd, echo, origin, lives):
    """Neither requests nor what they left to be done after their answers."""
    origin.requests.clear()
    before = set(httpd.children())
    for _ in range(60):
        assert echo.get().text == "here"
    until(lambda: len(origin.requests) == 60, "work after answers")
    if lives == "short":
        until(lambda: not before & set(httpd.children()), "other children", 60)


def test_275_02_streams_go_on(httpd, echo, lives):
    streams = [Stream(httpd, echo.path) for _ in range(3)]
    for n in range(30):
        assert echo.get().text == "here"
        streams[n % 3].say(b"word%d" % n)
    httpd.graceful()
    for stream in streams:
        stream.say(b"after")
        stream.end()


def test_275_03_a_graceful_stop_waits(httpd, echo, origin):
    stream = Stream(httpd, echo.path)
    origin.requests.clear()
    assert echo.get().text == "here"
    process = httpd.process
    before = httpd.log.size()
    process.send_signal(signal.SIGWINCH)
    until(lambda: "shutting down gracefully" in httpd.log.text(before),
          "httpd to stop")
    until(lambda: not listens(httpd), "closed sockets")
    for n in range(5):
        stream.say(b"word%d" % n)
    stream.end()
    process.wait(30)
    assert len(origin.requests) == 1
    httpd.stop()
