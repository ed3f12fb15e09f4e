# SPDX-License-Identifier: Apache-2.0
"""What a tenant can say of a request, and what of it reaches an origin: one
request, framed to the letter, or none and an error."""

import pytest

from wfptest.client import Client
from wfptest.lua import script, worker
from wfptest.rawserver import Recorder
from wfptest.tenant import Tenant

pytestmark = pytest.mark.one_mpm

KB = 1024
# what never leaves, whoever says it
NEVER = {"connection", "keep-alive", "te", "trailer", "upgrade", "expect",
         "http2-settings", "proxy-connection", "proxy-authorization",
         "proxy-authenticate"}


def field(name, value):
    """init with this field and a body."""
    return (f'{{method = "POST", body = "hello", headers = {{{{{name}, '
            f"{value}}}}}}}")


def fields(*pairs):
    inside = ", ".join(f"{{{name!r}, {value!r}}}" for name, value in pairs)
    return f'{{method = "POST", body = "hello", headers = {{{inside}}}}}'


# name: init of fetch; all of them send "hello"
SENT = {
    "plain": '{method = "POST", body = "hello"}',
    **{f"length-{value}": fields(("Content-Length", value)) for value in (
        "0", "3", "5", "500", "-1", "+5", "0x5", "5, 6", "abc",
        "99999999999999999999")},
    "length-empty": fields(("Content-Length", "")),
    "length-twice": fields(("Content-Length", "5"), ("content-length", "0")),
    **{f"coding-{value}": fields(("Transfer-Encoding", value)) for value in (
        "chunked", "identity", "gzip, chunked", "CHUNKED", " chunked",
        "chunked, chunked", "x")},
    "coding-twice": fields(("Transfer-Encoding", "chunked"),
                           ("Transfer-Encoding", "identity")),
    "both": fields(("Transfer-Encoding", "chunked"), ("Content-Length", "0")),
    **{f"connection-{value}": fields(("Connection", value), ("X-A", "a"))
       for value in ("close", "keep-alive, X-A", "Content-Length", "Host",
                     "Transfer-Encoding", "upgrade")},
    "te": fields(("TE", "trailers, chunked")),
    "trailer": fields(("Trailer", "X-A")),
    "upgrade": fields(("Upgrade", "h2c, websocket"),
                      ("HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA")),
    "expect": fields(("Expect", "100-continue")),
    "expect-else": fields(("Expect", "else")),
    "keep-alive": fields(("Keep-Alive", "timeout=1")),
    "proxy": fields(("Proxy-Connection", "close"),
                    ("Proxy-Authorization", "x"), ("Proxy-Else", "x")),
    "host": fields(("Host", "evil.example")),
    "host-twice": fields(("Host", "a"), ("host", "b")),
    "value-controls": field('"X-A"', '"\\1\\2\\8\\11\\12\\27\\31\\127"'),
    "value-high": field('"X-A"', '"\\128\\255\\195\\164"'),
    "value-blanks": field('"X-A"', '"  \\t a \\t "'),
    "value-empty": field('"X-A"', '""'),
    "value-blank": field('"X-A"', '" \\t "'),
    "value-semicolon": field('"X-A"', '";"'),
    "value-60k": field('"X-A"', f'("a"):rep({60 * KB})'),
    "names-500": '(function() local h = {} for i = 1, 500 do '
                 'h["X-" .. i] = "v" end return {method = "POST", '
                 'body = "hello", headers = h} end)()',
    "content-type-empty": fields(("Content-Type", "")),
    "name-of-curl": fields(("User-Agent", ""), ("Accept", "")),
    "name-with-underscore": fields(("Content_Length", "3"),
                                   ("Transfer_Encoding", "chunked")),
    "function": '{method = "POST", body = pieces()}',
    "function-length": '{method = "POST", body = pieces(), '
                       'headers = {["Content-Length"] = "3"}}',
    "function-length-long": '{method = "PUT", body = pieces(), '
                            'headers = {["Content-Length"] = "500"}}',
    "function-coding": '{method = "POST", body = pieces(), '
                       'headers = {["Transfer-Encoding"] = "identity"}}',
    "function-chunk": '{method = "POST", body = pieces(), '
                      'headers = {["X-A"] = "0\\t"}}',
    "response-body": '{method = "POST", body = Response.new("hello").body, '
                     'headers = {["Content-Length"] = "1"}}',
    "delete": '{method = "DELETE", body = "hello"}',
    "options": '{method = "OPTIONS", body = "hello"}',
    "odd-method": '{method = "M-SEARCH", body = "hello"}',
    "long-method": '{method = ("X"):rep(1000), body = "hello"}',
    "lower-method": '{method = "post", body = "hello"}',
    "pri": '{method = "PRI", body = "hello"}',
}
# the same without a body
EMPTY = {
    "get": "{}",
    "get-length": '{headers = {["Content-Length"] = "50"}}',
    "get-coding": '{headers = {["Transfer-Encoding"] = "chunked"}}',
    "head": '{method = "HEAD", headers = {["Content-Length"] = "50"}}',
    "post": '{method = "POST"}',
    "post-length": '{method = "POST", headers = {["Content-Length"] = "50"}}',
    "post-coding": '{method = "POST", headers = '
                   '{["Transfer-Encoding"] = "chunked"}}',
    "put-empty": '{method = "PUT", body = ""}',
    "delete": '{method = "DELETE", headers = {["Content-Length"] = "50"}}',
    "function-empty": '{method = "POST", body = function() end}',
    "expect": '{method = "POST", headers = {Expect = "100-continue"}}',
}
# what is an error before anything is sent
REFUSED = {
    **{f"method-{number}": f'{{method = "{text}"}}' for number, text in
       enumerate(("GET / HTTP/1.1\\r\\nX:", "G ET", "GET\\0", "", "GET\\r\\n",
                  "G\\nET", "GET\\t", "GET:", "G\\195\\137T", "CONNECT",
                  "trace", "TRACK", "GET;", "{}"))},
    **{f"name-{number}": field(f'"{text}"', '"v"') for number, text in
       enumerate(("X Y", "X:Y", "X\\r\\nY", "", "X\\0", "Content-Length ",
                  " Content-Length", "X\\127", "X\\195\\156", "X\\nY", "X\\tY",
                  "X\\r", "Transfer-Encoding\\0", "X(", "@X"))},
    **{f"value-{number}": field('"X-A"', f'"{text}"') for number, text in
       enumerate(("a\\rb", "a\\nb", "a\\0b", "a\\r\\nContent-Length: 0",
                  "a\\r\\n\\r\\nGET /evil HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
                  "a\\r\\n b"))},
    "value-200k": field('"X-A"', f'("a"):rep({200 * KB})'),
    "names-600": '(function() local h = {} for i = 1, 600 do '
                 'h["X-" .. i] = "v" end return {headers = h} end)()',
    "get-body": '{method = "GET", body = "hello"}',
    "head-body": '{method = "HEAD", body = "hello"}',
}
# paths, and how they go out; None: not at all
PATHS = {
    "/case a": "/case%20a",
    "/case\\r\\nX-A: b": "/caseX-A:%20b",
    "/case HTTP/1.1\\r\\nX-A: b\\r\\n\\r\\n": "/case%20HTTP/1.1X-A:%20b",
    "/case\\0": "/case%00",
    "/case#a": "/case",
    "/case?a b#c": "/case?a%20b",
    "/case%0d%0aX-A:b": "/case%0d%0aX-A:b",
    "/case/../../case": "/case",
    "/case\\195\\164": "/case%C3%A4",
    "/case\\127\\1": "/case%7F%01",
    "/case\\\\a": "/case/a",
}


@pytest.fixture(scope="module")
def world(httpd):
    recorder = Recorder()
    httpd.configure([f"WfpEgressAllow 127.0.0.1:{recorder.port}"])
    tenants = Tenant(httpd, Client(httpd.port))
    recorder.eval = tenants.deploy(script("eval.lua"))
    yield recorder
    tenants.remove_all()
    recorder.stop()


@pytest.fixture
def send(world):
    """send(expression, path) -> the error, or the one request that came. A
    second fetch by the same child shows that its connections are in order."""
    def call(init, path="/case"):
        world.clear()
        told = world.eval.post(f"""
            local function pieces()
                local left = {{"he", "", "llo"}}
                return function() return table.remove(left, 1) end
            end
            local ok, r = pcall(function()
                return fetch("{world.url}{path}", {init}):text() end)
            local fence = fetch("{world.url}/fence"):text()
            return ok, ok and r or r.code or r.name or tostring(r), fence
            """.encode())
        assert told.status == 200 and "values" in told.json, told
        ok, said, fence = told.json["values"]
        assert fence == "ok"
        assert world.faults == []
        *came, last = world.requests
        assert last["path"] == "/fence" and last["body"] == b""
        if not ok:
            assert came == [], said
            return said
        assert len(came) == 1, came
        names = [name for name, _ in came[0]["fields"]]
        assert not NEVER & set(names)
        assert not any(name.startswith("proxy-") for name in names)
        assert dict(came[0]["fields"])["host"] == f"127.0.0.1:{world.port}"
        return came[0]
    return call


class TestRequests:

    @pytest.mark.parametrize("case", SENT)
    def test_583_01_sent(self, send, case):
        came = send(SENT[case])
        assert isinstance(came, dict), came
        assert (came["path"], came["body"]) == ("/case", b"hello")

    @pytest.mark.parametrize("case", EMPTY)
    def test_583_02_without_a_body(self, send, case):
        came = send(EMPTY[case])
        assert isinstance(came, dict), came
        assert (came["path"], came["body"]) == ("/case", b"")
        if came["method"] in ("GET", "HEAD", "DELETE"):
            assert not {"content-length", "transfer-encoding"} & {
                name for name, _ in came["fields"]}

    @pytest.mark.parametrize("case", REFUSED)
    def test_583_03_refused(self, send, case):
        assert send(REFUSED[case]) in ("TypeError", "network_error")

    @pytest.mark.parametrize("path", PATHS)
    def test_583_04_paths(self, send, path):
        came = send("{}", path)
        if isinstance(came, str):
            assert came == "TypeError"
        else:
            assert (came["path"], came["method"]) == (PATHS[path], "GET")

    @pytest.mark.parametrize("body", [
        'function() error("no more") end',
        '(function() local n = 0 return function() n = n + 1 '
        'if n > 1 then error("no more") end return "x" end end)()',
        '(function() local n = 0 return function() n = n + 1 '
        'return n == 1 and "x" or {} end end)()'])
    def test_583_05_body_that_breaks_off(self, world, body):
        """Nothing that looks whole, nothing that begins another request."""
        world.clear()
        told = world.eval.post(f"""
            local ok = pcall(fetch, "{world.url}/case",
                             {{method = "POST", body = {body}}})
            return ok, fetch("{world.url}/fence"):text()""".encode())
        assert told.json.get("values") in ([False, "ok"], None), told.json
        assert [r["path"] for r in world.requests] in (["/fence"], [])

    @pytest.mark.parametrize("how", ["fetch(target, request)",
                                     "fetch(Request.new(target, request))",
                                     "fetch(target, {method = request.method, "
                                     "headers = request.headers, "
                                     "body = request.body})"])
    @pytest.mark.parametrize("method", ["POST", "DELETE", "GET"])
    def test_583_06_passed_on(self, world, tenant, how, method):
        """The client's framing stays the client's."""
        front = tenant.deploy(worker(
            f'local target = "{world.url}/case"\nreturn {how}'))
        for body, more in ((b"hello", ()), ((b"he", b"llo"), ()), (
                b"hello", [("Connection", "X-Mine, Content-Length"),
                           ("X-Mine", "1"), ("TE", "trailers")])):
            world.clear()
            answer = front.request(method, body=body, headers=more)
            assert world.faults == []
            if answer.status == 500:
                assert method == "GET" and world.requests == []
                continue
            assert answer.text == "ok"
            came, = world.requests
            assert (came["method"], came["body"]) == (method, b"hello")
            assert not (NEVER | {"x-mine"}) & {n for n, _ in came["fields"]}
