# SPDX-License-Identifier: Apache-2.0
"""What origins answer, and what a client of ours and the next user of their
connection get of it: one answer, framed to the letter, or an end."""

import gzip
import re
import socket
import threading

import pytest

from wfptest import rawclient
from wfptest.badorigin import Authority, bomb
from wfptest.client import Client
from wfptest.lua import script, worker
from wfptest.rawserver import Player
from wfptest.tenant import Tenant

MB = 1024 * 1024
OK = b"HTTP/1.1 200 OK\r\n"
TE = b"Transfer-Encoding: chunked\r\n"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"
EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"
HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


def ending(data):
    """Sends this, then ends the connection."""
    def play(sock, request):
        sock.sendall(data)
        sock.shutdown(socket.SHUT_RDWR)
    return play


def coding(text):
    return ending(OK + b"Transfer-Encoding: " + text + b"\r\n\r\n" + HELLO)


def sized(text, body=b"hello"):
    return ending(OK + b"Content-Length: " + text + b"\r\n\r\n" + body)


# name: (answer, body the client gets; None: an error or an end)
ROWS = {
    "length": (sized(b"5"), b"hello"),
    "until-end": (ending(OK + b"\r\nhello"), b"hello"),
    "chunked": (ending(OK + TE + b"\r\n" + HELLO), b"hello"),
    "both": (ending(OK + TE + b"Content-Length: 3\r\n\r\n" + HELLO), b"hello"),
    "both-other-way-round": (ending(OK + b"Content-Length: 3\r\n" + TE
                                    + b"\r\n" + HELLO), b"hello"),
    "both-leftover": (ending(OK + b"Content-Length: 200\r\n" + TE + b"\r\n"
                             + HELLO + EVIL), b"hello"),
    "length-same": (ending(OK + b"Content-Length: 5\r\n" * 2 + b"\r\nhello"),
                    b"hello"),
    "length-differs": (ending(OK + b"Content-Length: 5\r\nContent-Length: 3"
                              b"\r\n\r\nhello"), None),
    "length-short": (sized(b"3"), b"hel"),
    "length-long": (sized(b"30"), None),
    "length-list": (sized(b"5, 5"), None),
    "length-minus": (sized(b"-5"), None),
    "length-plus": (sized(b"+5"), None),
    "length-hex": (sized(b"0x5"), None),
    "length-text": (sized(b"five"), None),
    "length-point": (sized(b"5.0"), None),
    "length-empty": (sized(b""), None),
    "length-huge": (sized(b"99999999999999999999"), None),
    "length-space-before-colon": (ending(OK + b"Content-Length : 3\r\n\r\n"
                                         b"hello"), b"hello"),
    "coding-case": (coding(b"CHUNKED"), b"hello"),
    "coding-blanks": (coding(b" \t chunked \t"), b"hello"),
    "coding-twice": (coding(b"chunked, chunked"), None),
    "coding-gzip-chunked": (coding(b"gzip, chunked"), None),
    "coding-chunked-gzip": (coding(b"chunked, gzip"), None),
    "coding-deflate": (coding(b"deflate"), None),
    "coding-identity": (coding(b"identity"), None),
    "coding-identity-chunked": (coding(b"identity, chunked"), None),
    "coding-strange": (coding(b"strange"), None),
    "coding-longer": (coding(b"chunkedx"), None),
    "coding-parameter": (coding(b"chunked;q=1"), None),
    "coding-vertical-tab": (coding(b"\x0bchunked"), None),
    "coding-empty": (coding(b""), None),
    "coding-two-fields": (ending(OK + TE + TE + b"\r\n" + HELLO), b"hello"),
    "coding-folded": (ending(OK + b"Transfer-Encoding:\r\n chunked\r\n\r\n"
                             + HELLO), None),
    "coding-old-version": (ending(b"HTTP/1.0 200 OK\r\n" + TE + b"\r\n"
                                  + HELLO), b"hello"),
    "chunk-extension": (ending(OK + TE + b"\r\n5;a=b\r\nhello\r\n0\r\n\r\n"),
                        b"hello"),
    "chunk-trailers": (ending(OK + TE + b"\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n"
                              b"Content-Length: 3\r\n\r\n"), b"hello"),
    "chunk-minus": (ending(OK + TE + b"\r\n-5\r\nhello\r\n0\r\n\r\n"), None),
    "chunk-hex-mark": (ending(OK + TE + b"\r\n0x5\r\nhello\r\n0\r\n\r\n"),
                       None),
    "chunk-text": (ending(OK + TE + b"\r\nfive\r\nhello\r\n0\r\n\r\n"), None),
    "chunk-huge": (ending(OK + TE + b"\r\nfffffffffffffffff\r\nhello"), None),
    "chunk-wraps": (ending(OK + TE + b"\r\n10000000000000005\r\nhello\r\n0"
                           b"\r\n\r\n"), None),
    "chunk-too-long": (ending(OK + TE + b"\r\n3\r\nhello\r\n0\r\n\r\n"), None),
    "chunk-cut": (ending(OK + TE + b"\r\n5\r\nhel"), None),
    "chunk-no-last": (ending(OK + TE + b"\r\n5\r\nhello\r\n"), None),
    "chunk-no-end": (ending(OK + TE + b"\r\n5\r\nhello\r\n0\r\n"), None),
    "hints-100": (ending(HINT * 100 + OK + b"Content-Length: 5\r\n\r\nhello"),
                  b"hello"),
    "hints-101": (ending(HINT * 101 + OK + b"Content-Length: 5\r\n\r\nhello"),
                  None),
    "hint-length": (ending(b"HTTP/1.1 103 X\r\nContent-Length: 3\r\n\r\n" + OK
                           + b"Content-Length: 5\r\n\r\nhello"), b"hello"),
    "hint-coding": (ending(b"HTTP/1.1 103 X\r\n" + TE + b"\r\n" + OK
                           + b"Content-Length: 5\r\n\r\nhello"), b"hello"),
    "switching": (ending(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n"
                         b"Connection: upgrade\r\n\r\nhello"), None),
    "status-99": (ending(b"HTTP/1.1 99 X\r\n\r\nhello"), None),
    "status-099": (ending(b"HTTP/1.1 099 X\r\n\r\nhello"), None),
    "status-600": (ending(b"HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n"),
                   None),
    "status-999": (ending(b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n"),
                   None),
    "status-1000": (ending(b"HTTP/1.1 1000 X\r\nContent-Length: 0\r\n\r\n"),
                    None),
    "status-2000": (ending(b"HTTP/1.1 2000 X\r\nContent-Length: 0\r\n\r\n"),
                    None),
    "status-minus": (ending(b"HTTP/1.1 -200 X\r\n\r\nhello"), None),
    "status-none": (ending(b"HTTP/1.1 \r\n\r\nhello"), None),
    "reason-controls": (ending(b"HTTP/1.1 200 a\x01b\x7f\xff\r\n"
                               b"Content-Length: 5\r\n\r\nhello"), b"hello"),
    "version-0.9": (ending(b"hello"), None),
    "version-9": (ending(b"HTTP/9.9 200 OK\r\n\r\nhello"), None),
    "version-2": (ending(b"HTTP/2 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
                  None),
    "other-protocol": (ending(b"ICY 200 OK\r\n\r\nhello"), None),
    "line-before": (ending(b"\r\n" + OK + b"Content-Length: 5\r\n\r\nhello"),
                    None),
    "bare-cr": (ending(OK + b"X-A: a\rX-B: b\r\nContent-Length: 5\r\n\r\n"
                       b"hello"), b"hello"),
    "bare-lf": (ending(b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
                b"hello"),
    "nul": (ending(OK + b"X-A: a\x00b\r\nContent-Length: 5\r\n\r\nhello"),
            None),
    "folded": (ending(OK + b"X-A: a\r\n Content-Length: 3\r\nContent-Length: 5"
                      b"\r\n\r\nhello"), b"hello"),
    "no-name": (ending(OK + b": a\r\nContent-Length: 5\r\n\r\nhello"),
                b"hello"),
    "no-colon": (ending(OK + b"X-A\r\nContent-Length: 5\r\n\r\nhello"), None),
    "204-with-body": (ending(b"HTTP/1.1 204 No Content\r\nContent-Length: 5"
                             b"\r\n\r\nhello"), b""),
    "304-with-body": (ending(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5"
                             b"\r\n\r\nhello"), b""),
    "connection-names-all": (
        ending(OK + b"Connection: Content-Length, X-A, Transfer-Encoding\r\n"
               b"X-A: a\r\nContent-Length: 5\r\n\r\nhello"), b"hello"),
    "400-fields": (ending(OK + b"X-A: 1\r\n" * 400 + b"Content-Length: 5\r\n"
                          b"\r\nhello"), b"hello"),
    "600-fields": (ending(OK + b"X-A: 1\r\n" * 600 + b"Content-Length: 5\r\n"
                          b"\r\nhello"), None),
    "head-200k": (ending(OK + (b"X-A: " + b"a" * 1000 + b"\r\n") * 200
                         + b"Content-Length: 5\r\n\r\nhello"), None),
}


class World:
    """A player and Workers that ask it, or others."""

    def __init__(self, httpd):
        ca = Authority(httpd.root / "ca")
        self.plain = Player({name: row[0] for name, row in ROWS.items()})
        self.contexts = {"http": None, "https": ca.context("localhost")}
        self.lines = [f"WfpEgressCA {ca.cert}", "WfpEgressTimeout 20s 25s",
                      "WfpEgressAllow 127.0.0.1 localhost"]


@pytest.fixture(scope="module")
def world(httpd):
    around = World(httpd)
    httpd.configure(around.lines)
    tenants = Tenant(httpd, Client(httpd.port))
    around.pass_on = tenants.deploy(worker(
        f'return fetch("{around.plain.url}/"\n'
        '.. request.headers:get("x-what"))'))
    around.eval = tenants.deploy(script("eval.lua"))
    # two tenants of one dispatcher, so that one child asks for both
    around.names = [tenants.deploy(worker(
        "local ok, r = pcall(function() return "
        'fetch(request.headers:get("x-to")):text() end)\n'
        "return Response.new(ok and r or r.code)")).name for _ in range(2)]
    around.both = tenants.deploy(worker("""
        local function ask(name, path)
            return env.D:get(name):fetch(Request.new("http://x/", {
                headers = {["x-to"] = request.headers:get("x-origin")
                           .. path}})):text()
        end
        local one, two = table.unpack(json.decode(
            request.headers:get("x-names")))
        local first = ask(one, "/" .. request.headers:get("x-what"))
        fetch(request.headers:get("x-gate")):text()
        return Response.json({first, ask(two, "/number"),
                              ask(one, "/number")})"""),
        "--binding", "dispatch_namespace:D=demo")
    yield around
    tenants.remove_all()
    around.plain.stop()
    httpd.stop()


@pytest.fixture(params=["http", "https"])
def player(request, world):
    """One of its own for each test: no connection is left of another."""
    made = Player(context=world.contexts[request.param])
    yield made
    made.stop()


class TestAnswers:

    @pytest.mark.parametrize("row", ROWS)
    def test_585_01_as_a_client_sees_it(self, world, client, row):
        """On a connection that stays: an answer framed well and then the next
        one, or an error, or an end in the middle."""
        expected = ROWS[row][1]
        with socket.create_connection(("127.0.0.1", client.port), 30) as sock:
            sock.sendall((f"GET {world.pass_on.path}/ HTTP/1.1\r\nHost: x\r\n"
                          f"X-What: {row}\r\n\r\n"
                          f"GET {world.pass_on.path}/ HTTP/1.1\r\nHost: x\r\n"
                          "X-What: number\r\nConnection: close\r\n\r\n"
                          ).encode())
            stream = sock.makefile("rb")
            try:
                first = rawclient.read(stream)
            except EOFError:
                # it had begun before it was known to be wrong
                assert expected is None and stream.read() == b""
                return
            assert not {"x-b", "trailer", "te"} & set(first.fields)
            if expected is None:
                assert first.status == 500, first.body
                assert first.get("x-wfp-error") == "network_error"
            else:
                assert first.status in (200, 204, 304)
                assert first.body == expected
            if first.get("connection") != "close":
                second = rawclient.read(stream)
                if second.get("x-wfp-error") == "network_error":
                    # the origin closed its connection just then
                    second = client.get(f"{world.pass_on.path}/",
                                        headers=[("X-What", "number")])
                assert second.status == 200
                assert re.fullmatch(rb"\d+\.\d+", second.body)
            assert stream.read() == b""

    def test_585_02_a_packed_coding_is_no_bomb(self, world, httpd):
        """A transfer coding that nobody asked for is not unpacked."""
        packed = bomb(64 * MB)
        world.plain.plays["bomb"] = ending(
            OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n%x\r\n" % len(packed)
            + packed + b"\r\n0\r\n\r\n")
        told = world.eval.post(
            f'return fetch("{world.plain.url}/bomb").status'.encode()).json
        assert told["error"]["code"] == "network_error"


# what comes behind a whole answer: with it, or when it was read
def at_once(sock, data, more):
    sock.sendall(data + more)


def later(sock, data, more):
    sock.sendall(data)
    threading.Event().wait(0.05)  # until the answer was read
    sock.sendall(more)


WHOLE = OK + b"Content-Length: 5\r\n\r\nhello"
BEHIND = {
    "an-answer": (WHOLE, EVIL),
    "half-an-answer": (WHOLE, EVIL[:-2]),
    "a-long-answer": (WHOLE, OK + b"Content-Length: 70000\r\n\r\n"
                      + b"E" * 70000),
    "a-line": (WHOLE, b"\r\n"),
    "bytes": (WHOLE, b"\x00" * 100),
    "a-hint": (WHOLE, b"HTTP/1.1 100 Continue\r\n\r\n"),
    "after-chunks": (OK + TE + b"\r\n" + HELLO, EVIL),
    "after-204": (b"HTTP/1.1 204 No Content\r\n\r\n", EVIL),
    "after-both": (OK + b"Content-Length: 90\r\n" + TE + b"\r\n" + HELLO, EVIL),
    "after-304": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 44\r\n\r\n",
                  EVIL),
    "after-trailers": (OK + TE + b"\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
                       EVIL),
}


class TestKeptConnections:
    """What an origin sends behind an answer reaches nobody: neither another
    tenant that asks it next nor the same one again."""

    @pytest.mark.parametrize("how", [at_once, later])
    @pytest.mark.parametrize("case", BEHIND)
    def test_586_01_bytes_behind(self, world, player, origin, case, how):
        for _ in range(3):
            gate = origin.gate()

            def play(sock, request):
                try:
                    how(sock, *BEHIND[case])
                finally:
                    gate.set()  # the next one is asked now

            player.plays["behind"] = play
            told = world.both.get(headers=[
                ("x-names", str(world.names).replace("'", '"')),
                ("x-origin", player.url), ("x-what", "behind"),
                ("x-gate", gate.url)])
            first, second, third = told.json
            assert first == ("hello" if b"200" in BEHIND[case][0] else "")
            assert re.fullmatch(r"\d+\.\d+", second), second
            assert re.fullmatch(r"\d+\.\d+", third), third

    def test_586_02_well_behaved_ones_are_kept(self, world, player):
        """Or all that would show nothing."""
        told = world.eval.post(f"""
            local t = {{}}
            for i = 1, 10 do t[i] = fetch("{player.url}/number"):text() end
            return table.unpack(t)""".encode()).json["values"]
        assert len({one.split(".")[0] for one in told}) == 1

    @pytest.mark.parametrize("method,most", [
        ("GET", 2), ("PUT", 2), ("DELETE", 2), ("POST", 1), ("PATCH", 1),
        ("ODD", 1)])
    def test_586_03_what_is_sent_twice(self, world, player, method, most):
        """An origin that ends a kept connection when the next request has
        come may have done what it asked for."""
        came = []

        def gone(sock, request):
            came.append(request["method"])
            if len(came) == 1:
                sock.shutdown(socket.SHUT_RDWR)
            else:
                sock.sendall(WHOLE)
        player.plays["gone"] = gone
        told = world.eval.post(f"""
            fetch("{player.url}/number"):text()
            local ok, r = pcall(fetch, "{player.url}/gone",
                                {{method = "{method}"}})
            return ok, ok and r:text() or r.code""".encode()).json["values"]
        assert 1 <= len(came) <= most
        assert told == ([True, "hello"] if len(came) == 2
                        else [False, "network_error"])
