# SPDX-License-Identifier: Apache-2.0
"""Where a request ends, on raw sockets: whatever a client says of its body's
length, each Worker sees the body that was framed, and no byte of it is ever
taken for another request."""

import io
import json
import socket

import pytest

from wfptest import rawclient
from wfptest.client import Client
from wfptest.lua import worker
from wfptest.tenant import Tenant

pytestmark = pytest.mark.one_mpm

TELL = ('{ path = URL.new(request.url).pathname, method = request.method, '
        'length = request.headers:get("content-length"), '
        'coding = request.headers:get("transfer-encoding"), ')
WORKERS = {
    "reads": "return Response.json(" + TELL + "body = request:text() })",
    "ignores": "return Response.json(" + TELL + "body = false })",
    "streams": "local seen = {}\nfor chunk in (request.body or Response.new(\"\").body)"
               ":chunks() do seen[#seen + 1] = chunk end\n"
               "return Response.json(" + TELL
               + "body = table.concat(seen) })",
    "sends": 'local sent = fetch("ORIGIN/echo", { method = "POST", '
             "body = request.body }):json()\nreturn Response.json(" + TELL
             + "body = sent.body })",
}
CL = b"Content-Length: 5\r\n"
TE = b"Transfer-Encoding: chunked\r\n"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"
EVIL = b"GET EVIL HTTP/1.1\r\nHost: x\r\n\r\n"
NEXT = b"GET NEXT HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

# What may become of the first request. GOOD: the body, and the next request is
# answered; LAST: the body, and the connection ends; BAD: an error, and it ends;
# LATE: the same once the body is read, and it ends in any case; UNREAD: good,
# but it ends when the body is not read.
GOOD, LAST, BAD, LATE, UNREAD = "good", "last", "bad", "late", "unread"


def sized(line):
    return (line + b"\r\n", b"hello")


def coded(line):
    return (line + b"\r\n", HELLO)


def chunks(data):
    return (TE, data)


# name: (fields, body as sent, what becomes of it, body as seen)
ROWS = {
    # a length
    "length": (CL, b"hello", GOOD),
    "length-zero": (b"Content-Length: 0\r\n", b"", GOOD, ""),
    "no-length": (b"", b"", GOOD, ""),
    "length-blanks": (*sized(b"Content-Length: \t 5 \t"), GOOD),
    "length-leading-zero": (*sized(b"Content-Length: 0005"), GOOD),
    "length-twice": (CL + CL, b"hello", BAD),
    "length-twice-0-5": (b"Content-Length: 0\r\n" + CL, b"hello", BAD),
    "length-twice-5-0": (CL + b"Content-Length: 0\r\n", b"hello" + EVIL, BAD),
    "length-list": (*sized(b"Content-Length: 5, 5"), BAD),
    "length-list-differs": (*sized(b"Content-Length: 5, 0"), BAD),
    "length-plus": (*sized(b"Content-Length: +5"), BAD),
    "length-minus": (*sized(b"Content-Length: -5"), BAD),
    "length-minus-zero": (b"Content-Length: -0\r\n", EVIL, BAD),
    "length-hex": (*sized(b"Content-Length: 0x5"), BAD),
    "length-space-within": (*sized(b"Content-Length: 5 5"), BAD),
    "length-point": (*sized(b"Content-Length: 5.0"), BAD),
    "length-exponent": (*sized(b"Content-Length: 5e0"), BAD),
    "length-text": (*sized(b"Content-Length: five"), BAD),
    "length-empty": (*sized(b"Content-Length:"), BAD),
    "length-huge": (*sized(b"Content-Length: 99999999999999999999"), BAD),
    "length-wraps": (*sized(b"Content-Length: 18446744073709551621"), BAD),
    "length-vertical-tab": (*sized(b"Content-Length: \x0b5"), BAD),
    "length-space-before-colon": (*sized(b"Content-Length : 5"), BAD),
    "length-folded": (*sized(b"Content-Length:\r\n 5"), GOOD),
    "length-folded-twice": (*sized(b"Content-Length: 5\r\n 5"), BAD),
    "length-named-by-connection": (CL + b"Connection: Content-Length\r\n",
                                   b"hello", GOOD),
    "length-with-underscore": (b"Content_Length: 50\r\n" + CL, b"hello",
                               GOOD),
    # a coding
    "coding": (TE, HELLO, GOOD),
    "coding-case": (*coded(b"tRANSFER-eNCODING: cHUNKED"), GOOD),
    "coding-blanks": (*coded(b"Transfer-Encoding: \t chunked \t"), GOOD),
    "coding-folded": (*coded(b"Transfer-Encoding:\r\n chunked"), GOOD),
    "coding-space-before-colon": (*coded(b"Transfer-Encoding : chunked"), BAD),
    "coding-vertical-tab": (*coded(b"Transfer-Encoding: \x0bchunked"), BAD),
    "coding-quoted": (*coded(b'Transfer-Encoding: "chunked"'), BAD),
    "coding-parameter": (*coded(b"Transfer-Encoding: chunked;q=1"), BAD),
    "coding-longer": (*coded(b"Transfer-Encoding: xchunked"), BAD),
    "coding-empty": (*coded(b"Transfer-Encoding:"), BAD),
    "coding-identity": (*coded(b"Transfer-Encoding: identity"), BAD),
    "coding-identity-and-length": (b"Transfer-Encoding: identity\r\n" + CL,
                                   b"hello", BAD),
    "coding-identity-chunked": (
        *coded(b"Transfer-Encoding: identity, chunked"), BAD),
    "coding-gzip-chunked": (*coded(b"Transfer-Encoding: gzip, chunked"), BAD),
    "coding-chunked-gzip": (*coded(b"Transfer-Encoding: chunked, gzip"), BAD),
    "coding-chunked-twice": (*coded(b"Transfer-Encoding: chunked, chunked"),
                             BAD),
    "coding-two-fields": (TE + TE, HELLO, BAD),
    "coding-two-fields-identity": (TE + b"Transfer-Encoding: identity\r\n",
                                   HELLO, BAD),
    "coding-identity-first": (b"Transfer-Encoding: identity\r\n" + TE, HELLO,
                              BAD),
    "coding-list-with-nothing": (*coded(b"Transfer-Encoding: , chunked"), BAD),
    "coding-with-underscore": (b"Transfer_Encoding: chunked\r\n" + CL,
                               b"hello", GOOD),
    "coding-named-by-connection": (TE + b"Connection: Transfer-Encoding\r\n",
                                   HELLO, GOOD),
    # both
    "both": (TE + b"Content-Length: 15\r\n", HELLO, LAST),
    "both-other-way-round": (b"Content-Length: 15\r\n" + TE, HELLO, LAST),
    "both-length-short": (b"Content-Length: 3\r\n" + TE, HELLO, LAST),
    "both-leftover": (b"Content-Length: 100\r\n" + TE, b"0\r\n\r\n" + EVIL,
                      LAST, ""),
    "both-length-wrong": (b"Content-Length: +3\r\n" + TE, HELLO, BAD),
    "both-kept-alive": (b"Content-Length: 3\r\nConnection: keep-alive\r\n" + TE,
                        HELLO, LAST),
    # chunks
    "chunk-extension": (*chunks(b"5;a=b;c\r\nhello\r\n0;d\r\n\r\n"), GOOD),
    "chunk-extension-quoted": (*chunks(b'5;a="x;\\"y"\r\nhello\r\n0\r\n\r\n'),
                               GOOD),
    "chunk-extension-bare-lf": (
        *chunks(b"5;a\nhello\r\n0\r\n\r\n"), LATE),
    "chunk-leading-zeros": (*chunks(b"0005\r\nhello\r\n000\r\n\r\n"), GOOD),
    "chunk-blank-before": (*chunks(b" 5\r\nhello\r\n0\r\n\r\n"), LATE),
    "chunk-blank-behind": (*chunks(b"5 \r\nhello\r\n0\r\n\r\n"), GOOD),
    "chunk-plus": (*chunks(b"+5\r\nhello\r\n0\r\n\r\n"), LATE),
    "chunk-minus": (*chunks(b"-5\r\nhello\r\n0\r\n\r\n"), LATE),
    "chunk-hex-mark": (*chunks(b"0x5\r\nhello\r\n0\r\n\r\n"), LATE),
    "chunk-size-empty": (*chunks(b"\r\nhello\r\n0\r\n\r\n"), LATE),
    "chunk-size-text": (*chunks(b"five\r\nhello\r\n0\r\n\r\n"), LATE),
    "chunk-bare-lf": (*chunks(b"5\nhello\n0\n\n"), LATE),
    "chunk-huge": (*chunks(b"FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"), LATE),
    "chunk-wraps": (*chunks(b"10000000000000005\r\nhello\r\n0\r\n\r\n"), LATE),
    "chunk-too-long": (*chunks(b"3\r\nhello\r\n0\r\n\r\n"), LATE),
    "chunk-no-end": (*chunks(b"5\r\nhello0\r\n\r\n"), LATE),
    "chunk-trailer": (*chunks(b"5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"), GOOD),
    "chunk-trailer-length": (
        *chunks(b"5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n"), GOOD),
    "chunk-trailer-no-field": (
        *chunks(b"5\r\nhello\r\n0\r\nGET EVIL HTTP/1.1\r\n\r\n"), LATE),
    # lines
    "bare-lf": (b"X-A: a\n" + CL, b"hello", BAD),
    "bare-cr": (b"X-A: a\rContent-Length: 0\r\n" + CL, b"hello", BAD),
    "nul": (b"X-A: a\x00b\r\n" + CL, b"hello", BAD),
    "folded": (b"X-A: a\r\n Content-Length: 0\r\n" + CL, b"hello", GOOD),
    "no-name": (b": a\r\n" + CL, b"hello", BAD),
    "no-colon": (b"X-A\r\n" + CL, b"hello", BAD),
    "blank-in-name": (b"X A: a\r\n" + CL, b"hello", BAD),
    "expect-more": (b"Expect: 100-continue\r\n" + CL, b"hello", UNREAD),
    "expect-else": (b"Expect: else\r\n" + CL, b"hello", BAD),
    "upgrade": (b"Connection: Upgrade\r\nUpgrade: websocket\r\n" + CL,
                b"hello", GOOD),
    "lines-between": (CL, b"hello\r\n\r\n", GOOD),
}
# what no Worker may take for whole; then the client sends no more
CUT = {
    "cut-length": (b"Content-Length: 10\r\n", b"hello"),
    "cut-length-nothing": (CL, b""),
    "cut-chunk": (TE, b"a\r\nhello"),
    "cut-after-chunk": (TE, b"5\r\nhello\r\n"),
    "cut-size": (TE, b"5"),
    "cut-last": (TE, b"5\r\nhello\r\n0\r\n"),
    "cut-trailer": (TE, b"5\r\nhello\r\n0\r\nX-T: 1\r\n"),
}
# first lines, each with CL and hello behind it
LINES = {
    "old": (b"POST FIRST HTTP/1.0", LAST),
    "lower-case": (b"post FIRST HTTP/1.1", GOOD),
    "two-blanks": (b"POST  FIRST HTTP/1.1", BAD),
    "tab": (b"POST\tFIRST HTTP/1.1", BAD),
    "blank-at-the-end": (b"POST FIRST HTTP/1.1 ", BAD),
    "blank-in-path": (b"POST FIRST EVIL HTTP/1.1", BAD),
    "no-version": (b"POST FIRST", BAD),
    "other-version": (b"POST FIRST HTTP/3.0", GOOD),
    "odd-version": (b"POST FIRST HTTP/1.11", BAD),
    "lower-version": (b"POST FIRST http/1.1", BAD),
    "bare-cr-in-line": (b"POST FIRST\rEVIL HTTP/1.1", BAD),
    "nul-in-line": (b"POST FIRST\x00 HTTP/1.1", BAD),
    "whole-url": (b"POST http://xFIRST HTTP/1.1", GOOD),
}


@pytest.fixture(scope="module")
def made(httpd):
    """{kind: path of the Worker}, and who sends for one of them."""
    httpd.configure([])
    tenants = Tenant(httpd, Client(httpd.port))
    yield {kind: tenants.deploy(worker(text.replace("ORIGIN",
                                                    httpd.origin.url))).path
           for kind, text in WORKERS.items()}
    tenants.remove_all()


def answers(data):
    """The answers in these bytes: (status, body)."""
    stream, found = io.BufferedReader(io.BytesIO(data)), []
    while answer := rawclient.read(stream):
        found.append((answer.status, answer.body))
    return found


def talk(client, data, more=True):
    """All that comes back; more False: nothing is sent afterwards."""
    with socket.create_connection(("127.0.0.1", client.port), 30) as sock:
        sock.sendall(data)
        if not more:
            sock.shutdown(socket.SHUT_WR)
        got = b""
        while True:
            try:
                part = sock.recv(65536)
            except ConnectionResetError:
                return got
            if not part:
                return got
            got += part


def ask(client, path, first, rest, more=True):
    """[what the Worker saw, or a status] of this request and the next."""
    data = first + b"\r\n" + rest + (NEXT if more else b"")
    for word in (b"FIRST", b"NEXT", b"EVIL"):
        data = data.replace(word, path.encode() + b"/" + word.lower())
    told = []
    for status, body in answers(talk(client, data, more)):
        seen = json.loads(body) if status == 200 else status
        if status == 200:
            assert seen["path"] == path + ("/next" if told else "/first"), told
            assert "coding" not in seen
        told.append(seen)
    return told


def check(kind, told, outcome, body="hello"):
    """Did it come so?"""
    if kind == "ignores" and outcome in (LATE, UNREAD):
        outcome = LAST
    if outcome in (BAD, LATE):
        assert len(told) == 1, told
        assert told[0] in (400, 413, 417, 501) \
            or outcome == LATE and told == [500], told
        return
    assert told[0]["body"] == (False if kind == "ignores" else body), told
    if outcome in (GOOD, UNREAD):
        assert told[1]["method"] == "GET", told
        assert told[1]["body"] in ("", False), told
    else:
        assert len(told) == 1, told


@pytest.mark.parametrize("kind", WORKERS)
class TestFraming:

    @pytest.mark.parametrize("row", ROWS)
    def test_581_01_body(self, client, made, kind, row):
        fields, rest, *outcome = ROWS[row]
        check(kind, ask(client, made[kind], b"POST FIRST HTTP/1.1\r\nHost: x"
                        b"\r\n" + fields, rest), *outcome)

    @pytest.mark.parametrize("row", CUT)
    def test_581_02_cut_off(self, client, made, kind, row):
        fields, rest = CUT[row]
        told = ask(client, made[kind], b"POST FIRST HTTP/1.1\r\nHost: x\r\n"
                   + fields, rest, more=False)
        if kind == "ignores":
            assert not told or told[0] == 400 or told[0]["body"] is False
        else:
            assert told in ([], [400], [500]), told

    @pytest.mark.parametrize("row", LINES)
    def test_581_03_first_line(self, client, made, kind, row):
        line, outcome = LINES[row]
        check(kind, ask(client, made[kind], line + b"\r\nHost: x\r\n" + CL,
                        b"hello"), outcome)

    @pytest.mark.parametrize("name,fields,rest,outcome", [
        ("coding", TE, HELLO, LAST),
        ("both", TE + CL, HELLO, LAST),
        ("length", CL, b"hello", LAST)])
    def test_581_04_old_version(self, client, made, kind, name, fields, rest,
                                outcome):
        check(kind, ask(client, made[kind], b"POST FIRST HTTP/1.0\r\n"
                        b"Host: x\r\nConnection: close\r\n" + fields, rest),
              outcome)

    @pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS", "ODD"])
    def test_581_05_body_of_any_method(self, client, made, kind, method):
        for fields, rest in ((CL, b"hello"), (TE, HELLO)):
            head = b"%s FIRST HTTP/1.1\r\nHost: x\r\n" % method.encode()
            check(kind, ask(client, made[kind], head + fields, rest), GOOD)

    @pytest.mark.parametrize("hosts,outcome", [
        (b"", BAD), (b"Host: x\r\nHost: x\r\n", BAD), (b"Host: x y\r\n", BAD),
        (b"Host: x\r\n y\r\n", BAD), (b"Host:\r\n", BAD),
        (b"Host: x/EVIL\r\n", BAD), (b"Host: a@b\r\n", BAD)])
    def test_581_06_host(self, client, made, kind, hosts, outcome):
        check(kind, ask(client, made[kind], b"POST FIRST HTTP/1.1\r\n" + hosts
                        + CL, b"hello"), outcome)
