# SPDX-License-Identifier: Apache-2.0
"""Messages on the wire: what of a request a Worker sees, what of its answer
goes out, and what a fetch may say. Large bodies pass in bounded memory."""

import http.client
import json
import re
import socket
import time

import pytest

from wfptest.h2 import DATA, H2, HEADERS
from wfptest.lua import says, worker
from wfptest.origin import pattern
from wfptest.watch import Watch

MB = 1024 * 1024


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure([])


def raw(client, path, head="", body=b"", method="GET", close=True):
    """All bytes of the answer to a request sent byte by byte as given."""
    return client.raw((f"{method} {path}/ HTTP/1.1\r\nHost: x\r\n{head}"
                       + ("Connection: close\r\n" if close else "")
                       + "\r\n").encode() + body)


class TestRequests:
    """What comes in."""

    def test_361_01_continue_only_when_read(self, client, tenant):
        head = "Expect: 100-continue\r\nContent-Length: 5\r\n"
        reads = tenant.deploy(says("request:text()"))
        sock = socket.create_connection(("127.0.0.1", client.port), 30)
        sock.sendall(f"POST {reads.path}/ HTTP/1.1\r\nHost: x\r\n{head}"
                     "Connection: close\r\n\r\n".encode())
        assert sock.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n")
        sock.sendall(b"hello")
        assert sock.recv(1000).endswith(b"hello")
        sock.close()
        deaf = tenant.deploy(says('"did not read"'))
        got = raw(client, deaf.path, head, method="POST")
        assert got.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"100 Continue" not in got

    def test_361_02_trailers_are_dropped(self, client, tenant):
        made = tenant.deploy(says('request:text() .. "|" .. tostring('
                                  'request.headers:get("x-late"))'))
        got = raw(client, made.path, "Transfer-Encoding: chunked\r\n"
                  "Trailer: X-Late\r\n", b"3\r\nabc\r\n0\r\nX-Late: 1\r\n\r\n",
                  "POST")
        assert got.endswith(b"abc|nil")

    @pytest.mark.parametrize("body", [
        b"5\r\nab", b"zz\r\nab\r\n0\r\n\r\n", b"-1\r\n"])
    def test_361_03_broken_chunks(self, client, tenant, httpd, body):
        httpd.log.expect("AH01590", "AH02601")
        made = tenant.deploy(worker("""
            local ok, e = pcall(request.text, request)
            return Response.new(tostring(ok))"""))
        sock = socket.create_connection(("127.0.0.1", client.port), 30)
        sock.sendall(f"POST {made.path}/ HTTP/1.1\r\nHost: x\r\n"
                     "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                     .encode() + body)
        sock.shutdown(socket.SHUT_WR)
        got = b""
        while part := sock.recv(65536):
            got += part
        assert b"true" not in got

    def test_361_04_a_range_passes(self, tenant, origin):
        made = tenant.deploy(worker(
            f'return fetch("{origin.url}/echo", request)'))
        origin.requests.clear()
        made.get(headers=[("Range", "bytes=1-2")])
        assert ("Range", "bytes=1-2") in [
            (k.title(), v) for k, v in origin.requests[0][2]]

    def test_361_05_the_worker_answers_a_range_itself(self, tenant):
        made = tenant.deploy(worker("""
            local a, b = request.headers:get("range"):match("(%d+)-(%d+)")
            return Response.new(("0123456789"):sub(a + 1, b + 1), {
                status = 206, headers = { ["Content-Range"] =
                    "bytes " .. a .. "-" .. b .. "/10" } })"""))
        answer = made.get(headers=[("Range", "bytes=2-4")])
        assert (answer.status, answer.text) == (206, "234")
        assert answer.get("content-range") == "bytes 2-4/10"

    def test_361_06_a_range_of_a_whole_answer(self, tenant):
        """What a Worker gave whole may be cut by httpd, rightly."""
        answer = tenant.deploy(says('"0123456789"')).get(
            headers=[("Range", "bytes=2-4")])
        assert (answer.status, answer.text) in ((200, "0123456789"),
                                                (206, "234"))

    def test_361_07_no_body_is_nil(self, tenant):
        made = tenant.deploy(says("tostring(request.body) .. #request:text()"))
        assert made.get().text == "nil0"


class TestResponses:
    """What goes out."""

    @pytest.mark.parametrize("status", [204, 205, 304])
    def test_362_01_no_body_whatever_the_origin_says(self, client, tenant,
                                                     origin, status):
        made = tenant.deploy(worker(
            f'return fetch("{origin.url}/status/{status}")'))
        got = raw(client, made.path)
        head, _, body = got.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert body == b""

    def test_362_02_head_of_everything(self, client, tenant, origin):
        for body in ('Response.new("12345")', "Response.new()",
                     'Response.new(function() return "x" end)',
                     f'fetch("{origin.url}/huge/12345")',
                     f'fetch("{origin.url}/huge/12345", request)'):
            made = tenant.deploy(worker(f"return {body}"))
            got = raw(client, made.path, method="HEAD")
            head, _, rest = got.partition(b"\r\n\r\n")
            assert (head[:12], rest) == (b"HTTP/1.1 200", b""), body
            length = re.search(rb"(?i)content-length: (\d+)", head)
            assert not length or int(length[1]) in (5, 0, 12345)

    @pytest.mark.parametrize("said,body", [
        ("3", '"hello"'), ("999", '"hello"'), ("x", '"hello"'),
        ("3", 'function() n = (n or 0) + 1 if n < 3 then return "hello" end '
              "end")])
    def test_362_03_length_is_the_servers(self, client, tenant, said, body):
        made = tenant.deploy(worker(
            f'n = 0 return Response.new({body}, {{headers={{'
            f'["Content-Length"]="{said}", ["Transfer-Encoding"]="gzip"}}}})'))
        got = raw(client, made.path)
        assert b"hello" in got
        assert b"gzip" not in got
        assert f"Length: {said}\r\n".encode() not in got

    def test_362_04_an_origin_that_lies(self, client, tenant, origin):
        """Less than was announced: nobody may take it for whole."""
        made = tenant.deploy(worker(
            f'return fetch("{origin.url}/broken/short")'))
        got = raw(client, made.path)
        length = re.search(rb"(?i)content-length: (\d+)", got)
        body = got.partition(b"\r\n\r\n")[2]
        assert (length and len(body) < int(length[1])) or \
            not got.endswith(b"0\r\n\r\n")
        assert b"200 OK" not in got or length

    @pytest.mark.parametrize("how", ["error('late')",
                                     "while true do end",
                                     "local t = {} while true do "
                                     "t[#t+1] = ('x'):rep(1e6) .. #t end"])
    def test_362_05_broken_off_after_the_first_byte(self, client, tenant, how):
        made = tenant.deploy(worker(f"""
            local n = 0
            return Response.new(function()
                n = n + 1
                if n > 3 then {how} end
                return ("x"):rep(20000)
            end)"""))
        got = raw(client, made.path, close=False)
        assert got.startswith(b"HTTP/1.1 200")
        assert b"xxx" in got
        assert not got.endswith(b"0\r\n\r\n")
        assert b"x-wfp-error" not in got.lower()

    @pytest.mark.parametrize("size,status", [(500, 200), (59000, 200),
                                             (70000, 500), (2000000, 500)])
    def test_362_06_headers_are_bounded(self, client, tenant, httpd, size,
                                        status):
        made = tenant.deploy(worker(f"""
            local h = Headers.new()
            for i = 1, {size} // 500 do
                h:set("x-" .. i, ("v"):rep(490))
            end
            return Response.new("x", {{ headers = h }})"""))
        http.client._MAXHEADERS = 1000
        answer = made.get()
        assert (answer.status, answer.error) == (
            status, None if status == 200 else "invalid_response")
        if httpd.mpm != "prefork":
            assert client.h2(made.path + "/").status == status

    def test_362_07_control_characters_of_status_text(self, client, tenant):
        made = tenant.deploy(worker(
            'return Response.new("x", {statusText = "All fine"})'))
        assert raw(client, made.path).startswith(b"HTTP/1.1 200 All fine\r\n")


class TestOutgoing:
    """What a fetch may say."""

    def test_363_01_names_of_ours(self, tenant, origin):
        made = tenant.deploy(worker(
            f'return fetch("{origin.url}/echo", {{headers={{'
            '["X-Wfp-Worker"]="demo/other", ["x-wfp-request-id"]="1", '
            '["X-WFP-Anything"]="1", ["CDN-Loop"]="mine", a="b"}})'))
        sent = {k.lower(): v for k, v in made.get().json["headers"]}
        assert [k for k in sent if k.startswith("x-wfp")] == []
        assert (sent["a"], sent["cdn-loop"]) == ("b", "mod-wfp")

    def test_363_02_loops_are_marked_and_found(self, tenant, origin):
        made = tenant.deploy(worker(f'return fetch("{origin.url}/echo")'))
        told = made.get(headers=[("CDN-Loop", "other; x=1"),
                                 ("CDN-Loop", "mod-wfp")]).json
        assert dict(told["headers"])["CDN-Loop"] == \
            "other; x=1, mod-wfp, mod-wfp"
        seen = ", ".join(["mod-wfp"] * 16)
        assert made.get(headers=[("CDN-Loop", seen)]).status == 200
        answer = made.get(headers=[("CDN-Loop", seen + ", Mod-WFP")])
        assert (answer.status, answer.error) == (508, "loop_detected")

    def test_363_03_in_wait_until_too(self, tenant, origin):
        from wfptest.wait import until
        made = tenant.deploy(worker(f"""
            ctx:waitUntil(function() fetch("{origin.url}/echo?marked") end)
            return Response.new("x")"""))
        origin.requests.clear()
        made.get(headers=[("CDN-Loop", "a")])
        _, _, sent = until(lambda: next(
            (r for r in origin.requests if r[1] == "/echo?marked"), None),
                           "waitUntil to run")
        assert dict(sent)["CDN-Loop"] == "a, mod-wfp"

    def test_363_04_headers_are_bounded(self, tenant, origin):
        made = tenant.deploy(worker(f"""
            local ok, e = pcall(fetch, "{origin.url}/echo",
                {{headers={{a=("x"):rep(200000)}}}})
            return Response.new(e.code .. " " .. e.message)"""))
        assert made.get().text.startswith("network_error Network error")


class TestLarge:
    """1 GB through a dispatcher, a user Worker and its fetch."""

    SIZE = 1024 * MB

    @pytest.fixture
    def front(self, httpd, tenant):
        if httpd.mpm != "event":
            pytest.skip("the MPM does not matter")
        return tenant.deploy(worker(
            "return env.D:get(request.headers:get('x-w')):fetch(request)"),
                             "--binding", "dispatch_namespace:D=demo")

    def test_364_01_upload(self, front, tenant, origin, httpd):
        user = tenant.deploy(worker(
            f'return fetch("{origin.url}/count/fast", '
            '{method="POST", body=request.body})'))
        piece = b"z" * MB
        head = [("x-w", user.name)]
        front.post(piece, headers=head)
        with Watch(httpd) as watch:
            answer = front.post((piece for _ in range(self.SIZE // MB)),
                                headers=head)
        assert answer.json["bytes"] == self.SIZE
        assert watch.growth < 8 * MB

    def test_364_02_download(self, front, tenant, origin, httpd, client):
        user = tenant.deploy(worker(
            f'return fetch("{origin.url}/huge/{self.SIZE}")'))
        with Watch(httpd) as watch:
            got = 0
            conn = client.connection()
            conn.request("GET", front.path + "/", headers={"x-w": user.name})
            answer = conn.getresponse()
            while part := answer.read(MB):
                got += len(part)
            conn.close()
        assert got == self.SIZE
        assert watch.growth < 8 * MB

    def test_364_03_a_slow_reader_holds_the_origin(self, front, tenant, origin,
                                                   httpd, client):
        """Back-pressure: nobody buffers for a client that does not read."""
        user = tenant.deploy(worker(
            f'return fetch("{origin.url}/huge/{256 * MB}")'))
        with Watch(httpd) as watch:
            sock = socket.create_connection(("127.0.0.1", client.port), 30)
            sock.sendall(f"GET {front.path}/ HTTP/1.1\r\nHost: x\r\n"
                         f"x-w: {user.name}\r\n\r\n".encode())
            time.sleep(2)
        assert watch.growth < 8 * MB
        sock.close()

    def test_364_04_a_slow_origin_holds_the_client(self, front, tenant, httpd,
                                                   client):
        """The Worker reads nothing: the client's bytes stay in the socket."""
        user = tenant.deploy(worker(
            "scheduler.wait(2000) return Response.new('x')"))
        with Watch(httpd) as watch:
            sock = socket.create_connection(("127.0.0.1", client.port), 30)
            sock.sendall(f"POST {front.path}/ HTTP/1.1\r\nHost: x\r\n"
                         f"x-w: {user.name}\r\nContent-Length: "
                         f"{256 * MB}\r\n\r\n".encode())
            sock.setblocking(False)
            end = time.monotonic() + 1.5
            while time.monotonic() < end:
                try:
                    sock.send(b"x" * MB)
                except BlockingIOError:
                    time.sleep(0.05)
        assert watch.growth < 8 * MB
        sock.close()


class TestSplit:
    """tee() and clone()."""

    @pytest.fixture
    def run(self, tenant, origin):
        """The text that a Worker answers who gets this body."""
        def call(lua, body=b"0123456789" * 1000, *options):
            return tenant.deploy(worker(lua.replace("ORIGIN", origin.url)),
                                 *options).post(body)
        return call

    @pytest.mark.parametrize("lua", [
        # one after the other, both ways
        "local c = request:clone() local a = c:text() "
        "return Response.new(tostring(a == request:text()) .. #a)",
        "local c = request:clone() local a = request:text() "
        "return Response.new(tostring(a == c:text()) .. #a)",
        # in turns
        """local a, b = request.body:tee()
        local s, t = {}, {}
        repeat
            local x, y = a:read(700), b:read(33)
            s[#s+1], t[#t+1] = x, y
        until not x and not y
        s, t = table.concat(s), table.concat(t)
        return Response.new(tostring(s == t) .. #s)""",
        # a copy of a copy
        """local a, b = request.body:tee()
        local c, d = b:tee()
        local x, y, z = Response.new(d):text(), Response.new(a):text(),
            Response.new(c):text()
        return Response.new(tostring(x == y and y == z) .. #x)""",
        # a function, called once for both
        """local n = 0
        local r = Response.new(function() n = n + 1
            if n <= 10 then return ("0123456789"):rep(100) end end)
        local c = r:clone()
        local x, y = c:text(), r:text()
        return Response.new(tostring(x == y and n == 11) .. #x)""",
        # a fetched one, streamed on
        """local r = fetch("ORIGIN/chunked/10/1000")
        local c = r:clone()
        local x = c:text()
        return Response.new(tostring(x == r:text()) .. #x)""",
        # the copy goes to an origin, the original too
        """local c = request:clone()
        local x = fetch("ORIGIN/count", c):json().bytes
        local y = fetch("ORIGIN/count", request):json().bytes
        return Response.new(tostring(x == y) .. x)""",
        # a string
        """local r = Response.new(("x"):rep(10000))
        local c = r:clone()
        return Response.new(tostring(r:text() == c:text()) .. 10000)""",
    ])
    def test_366_01_both_give_all(self, run, lua):
        assert run(lua).text == "true10000"

    def test_366_02_in_bounded_memory(self, run, httpd):
        size = 100 * MB
        with Watch(httpd) as watch:
            answer = run("""
                local a, b = request.body:tee()
                local n = 0
                while true do
                    local x, y = a:read(), b:read()
                    if not x and not y then break end
                    n = n + #(x or "") + #(y or "")
                end
                return Response.new(tostring(n))""",
                         (b"z" * MB for _ in range(100)), "--limit",
                         "cpu_ms=10000")
        assert answer.text == str(2 * size)
        assert watch.growth < 8 * MB

    def test_366_03_an_unread_copy_harms_nobody(self, run, origin):
        size = 60 * MB
        answer = run(f"""
            local r = fetch("ORIGIN/huge/{size}")
            local c = r:clone()
            return r""")
        assert answer.body == pattern(size)

    def test_366_04_the_one_behind_is_given_up(self, run, origin):
        from wfptest.wait import until
        size = 60 * MB
        origin.requests.clear()
        answer = run(f"""
            local r = fetch("ORIGIN/huge/{size}")
            local c = r:clone()
            ctx:waitUntil(function()
                local ok, e = pcall(c.text, c)
                fetch("ORIGIN/echo?" .. tostring(ok) .. "-" .. e.code)
            end)
            return r""")
        assert answer.body == pattern(size)
        until(lambda: any(p == "/echo?false-body_too_large"
                          for _, p, _ in origin.requests), "the copy's end")

    def test_366_05_it_counts(self, run):
        """What is kept is charged: a Worker cannot hold more by copies."""
        answer = run("""
            local kept, bodies = 0, {}
            for i = 1, 40 do
                local r = fetch("ORIGIN/huge/3000000")
                local c = r:clone()
                bodies[i] = c
                for _ in r.body:chunks() do end
            end
            local ok = 0
            for _, c in ipairs(bodies) do
                if pcall(function()
                    for _ in c.body:chunks() do end end) then ok = ok + 1 end
            end
            return Response.new(tostring(ok))""")
        assert answer.error in (None, "memory_limit", "cpu_limit")
        assert answer.error or int(answer.text) < 12

    def test_366_06_cancel(self, run):
        answer = run("""
            local a, b = request.body:tee()
            a:read(5)
            a:cancel()
            local rest = Response.new(b):text()
            return Response.new(#rest .. tostring(a:read()))""")
        assert answer.text == "10000nil"


class TestHttp2:
    """Frame by frame."""

    @pytest.fixture
    def conn(self, httpd, client):
        if httpd.mpm == "prefork":
            pytest.skip("mod_http2 wants threads")
        conn = H2(client.port)
        yield conn
        conn.close()

    def test_365_01_bodies_both_ways(self, conn, tenant):
        made = tenant.deploy(worker("return Response.new(request.body)"))
        conn.request(1, made.path + "/", "POST", end=False)
        conn.send(DATA, 0, 1, b"hello ")
        conn.send(DATA, 1, 1, b"frames")
        got = conn.frames(1, DATA)
        while not got[-1][1] & 1:
            got += conn.frames(1, DATA)
        assert b"".join(f[3] for f in got if f[0] == DATA) == b"hello frames"

    def test_365_02_reset_after_the_first_byte(self, conn, tenant):
        from wfptest.h2 import RST_STREAM
        made = tenant.deploy(worker("""
            local n = 0
            return Response.new(function()
                n = n + 1
                if n > 2 then error("too late") end
                return ("x"):rep(100)
            end)"""))
        conn.request(1, made.path + "/")
        got = conn.frames(1, RST_STREAM)
        assert not any(kind == DATA and flags & 1 for kind, flags, _, _ in got)

    def test_365_03_error_before_the_first_byte(self, conn, tenant):
        made = tenant.deploy(worker(
            "return Response.new(function() error('early') end)"))
        conn.request(1, made.path + "/")
        got = conn.frames(1, DATA)
        assert got[0][0] == HEADERS
        body = got[-1][3]
        assert json.loads(body)["error"]["code"] == "exception"


FOREIGN = "Cannot perform I/O on behalf of a different request"
OBJECTS = {
    "request": ("request", ["method", "url", "headers", "body", "bodyUsed"],
                [":text()", ":json()", ":bytes()", ":clone()"]),
    "made_request": ('Request.new("http://a/", {method="POST", body="x"})',
                     ["url", "body"], [":text()", ":clone()"]),
    "response": ('Response.new("x")', ["status", "headers", "body"],
                 [":text()", ":clone()"]),
    "fetched": ('fetch("ORIGIN/echo")', ["status", "headers", "body"],
                [":text()", ":clone()"]),
    "body": ("request.body", [], [":read()", ":chunks()", ":tee()",
                                  ":cancel()"]),
    "ctx": ("ctx", ["props"], [":waitUntil(print)",
                               ":passThroughOnException()"]),
}


class TestRules:
    """What code may do where and when."""

    @pytest.mark.parametrize("name", OBJECTS)
    def test_367_01_objects_of_another_request(self, tenant, origin, name):
        make, fields, methods = OBJECTS[name]
        tries = [f"local _ = old.{field}" for field in fields] \
            + [f"old{method}" for method in methods]
        if name not in ("body", "ctx"):
            tries += ['fetch("http://a/", old)' if "request" in name
                      else "Response.new('x', old)"]
        cases = ", ".join(f"function() {text} end" for text in tries)
        made = tenant.deploy(worker(f"""
            if not old then
                old = {make.replace("ORIGIN", origin.url)}
                return Response.new("kept")
            end
            local told = {{}}
            for i, f in ipairs{{ {cases} }} do
                local ok, e = pcall(f)
                told[#told + 1] = ok and i .. ": nothing" or e.message
            end
            return Response.json(told)"""))
        seen = [made.post(b"x").text for _ in range(60)]
        told = [json.loads(text) for text in seen if text != "kept"]
        assert told and "kept" in seen
        for one in told:
            assert one == [FOREIGN] * len(tries)

    @pytest.mark.parametrize("lua", [
        'fetch("http://a/")', "scheduler.wait(1)", "crypto.randomUUID()",
        "crypto.getRandomValues(8)"])
    def test_367_02_at_the_top_level(self, tenant, lua):
        done = tenant.deploy(f"{lua} return {{ fetch = print }}", check=False)
        assert done.returncode == 1
        assert "Disallowed operation called within global scope" in done.stderr

    def test_367_03_what_may_be_made_there(self, tenant):
        made = tenant.deploy(worker(
            "return Response.new(q.url .. h:get('a') .. tostring(r < 1) .. u)",
            top='q, h = Request.new("http://a/"), Headers.new{a="b"} '
                'r = math.random() u = URL.new("http://b/").href'))
        assert made.get().text == "http://a/btruehttp://b/"

    def test_367_04_the_clock_stands_still(self, tenant, origin):
        made = tenant.deploy(worker(f"""
            local a, s = Date.now(), os.time()
            local n = 0
            for i = 1, 1000000 do n = n + i % 7 end
            local b = Date.now()
            scheduler.wait(30)
            local c = Date.now()
            fetch("{origin.url}/slow/30")
            local d = Date.now()
            return Response.json({{ b - a, c - b, d - c, os.time() - s,
                a - math.floor(s) * 1000 }})"""))
        still, slept, fetched, seconds, offset = made.get().json
        assert still == 0
        assert slept >= 30 and fetched >= 30
        assert 0 <= seconds <= 10 and -1000 <= offset <= 1000
