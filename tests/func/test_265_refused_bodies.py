# SPDX-License-Identifier: Apache-2.0
"""Bodies that httpd itself refuses, and those that do not come: one answer, of
the status that httpd's own pages have."""

import http.client
import re
import socket

import pytest

from wfptest.lua import worker
from wfptest.wait import until

READS = "request:text() return Response.new('all of it')"
CATCHES = """
pcall(request.text, request)
return Response.new("caught")"""
ECHOES = "return Response.new(request.body)"

# what the client sends, and the status it gets
REFUSED = [("zz\r\nab\r\n0\r\n\r\n", 400),
           ("7d0\r\n" + 2000 * "x" + "\r\n0\r\n\r\n", 413)]


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure([
        f'LoadModule reqtimeout_module "{httpd.modules}/mod_reqtimeout.so"',
        "RequestReadTimeout header=20 body=1",
        '<Location "/">', "LimitRequestBody 1000", "</Location>"])


def ask(client, made, head, body):
    """(statuses, all that came)"""
    got = client.raw(f"POST {made.path}/ HTTP/1.1\r\nHost: x\r\n{head}"
                     f"Connection: close\r\n\r\n{body}".encode())
    return [int(s) for s in re.findall(rb"HTTP/1.1 (\d+)", got)], got


@pytest.mark.parametrize("code", [READS, CATCHES, ECHOES])
@pytest.mark.parametrize("body, status", REFUSED)
def test_265_01_answered_once(httpd, client, tenant, code, body, status):
    """It has its answer by the time that the Worker hears of it."""
    httpd.log.expect("AH01590")
    statuses, got = ask(client, tenant.deploy(worker(code)),
                        "Transfer-Encoding: chunked\r\n", body)
    assert statuses == [status]
    assert got.endswith(b"</html>\n")


@pytest.mark.parametrize("head, body", [
    ("Content-Length: 50\r\n", "ab"),
    ("Transfer-Encoding: chunked\r\n", "5\r\nab")])
def test_265_02_too_slow(client, tenant, head, body):
    made = tenant.deploy(worker(READS))
    statuses, got = ask(client, made, head, body)
    assert statuses == [408] and b"client_disconnected" in got
    caught = tenant.deploy(worker(CATCHES))
    statuses, got = ask(client, caught, head, body)
    assert statuses == [200] and got.endswith(b"caught")


@pytest.mark.parametrize("code", [READS, CATCHES, ECHOES])
@pytest.mark.parametrize("length", ["Content-Length: 2000", "Content-Length:"])
def test_265_03_h2(httpd, client, tenant, code, length):
    """The same over HTTP/2, where a body needs to tell no length. mod_http2 may
    reset a stream whose body was not read, of a file as well."""
    if httpd.mpm == "prefork":
        pytest.skip("mod_http2 does not serve HTTP/2 under prefork")
    httpd.log.expect("AH01588")
    made = tenant.deploy(worker(code))
    answer = until(lambda: client.h2(f"{made.path}/", "-H", length,
                                     "--data-binary", 2000 * "x", check=False),
                   "an answer")
    assert answer.status == 413
    assert answer.body.endswith(b"</html>\n")
    assert answer.body.count(b"</html>") == 1


class TestKept:
    """KeptBodySize: mod_request's filter cannot be asked what is there yet."""

    @pytest.fixture
    def send(self, httpd, tenant):
        """send(PIECE...): the answer to a body that comes in pieces, when
        it is asked for."""
        httpd.configure([
            f'LoadModule request_module "{httpd.modules}/mod_request.so"',
            '<Location "/">', "KeptBodySize 100", "</Location>"])
        made = tenant.deploy(worker(
            "return Response.new('[' .. request:text() .. ']')"),
            "--limit", "wall_ms=500")

        def go(*pieces, size=None):
            size = size or sum(map(len, pieces))
            with socket.create_connection(("127.0.0.1", httpd.port),
                                          30) as sock:
                sock.sendall(f"POST {made.path}/ HTTP/1.1\r\nHost: x\r\n"
                             "Connection: close\r\nExpect: 100-continue\r\n"
                             f"Content-Length: {size}\r\n\r\n".encode())
                if not sock.recv(4096).startswith(b"HTTP/1.1 100 "):
                    return None
                for piece in pieces:
                    sock.sendall(piece)
                answer = http.client.HTTPResponse(sock)
                answer.begin()
                return answer.status, answer.read()
        return go

    def test_266_01_in_pieces(self, send):
        assert send(b"abc", b"d" * 50, b"e") == \
            (200, b"[abc" + 50 * b"d" + b"e]")

    def test_266_02_too_much(self, httpd, send):
        """It is not asked for."""
        httpd.log.expect("AH01412")
        before = httpd.log.size()
        assert send(100 * b"x", b"y") is None
        told = until(lambda: re.search("WFP0602.*", httpd.log.text(before)),
                     "who refused it")
        assert "an input filter refused it" in told[0]

    def test_266_03_never(self, send):
        """It ends when the wall time is over."""
        assert send(b"abc", size=50)[0] in (408, 503, 504)
