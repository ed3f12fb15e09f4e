# SPDX-License-Identifier: Apache-2.0
"""Clients that go away, that read slowly or not at all, and answers that
break off: on raw sockets and over HTTP/2."""

import contextlib
import socket
import time

import pytest

from wfptest.h2 import DATA, H2, HEADERS, RST_STREAM, WINDOW_UPDATE
from wfptest.lua import worker
from wfptest.records import Records
from wfptest.wait import until

LONG = 20000
PATIENT = 20000  # wall_ms of what is to be in time, on a busy machine, too


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure([Records.LINE])


@pytest.fixture
def no_prefork(httpd):
    if httpd.mpm == "prefork":
        pytest.skip("mod_http2 wants threads")


def opened(client, path, body=b""):
    """A connection on which a request was sent and nothing read."""
    sock = socket.create_connection(("127.0.0.1", client.port), 30)
    sock.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: "
                 f"{len(body)}\r\n\r\n".encode() + body)
    return sock


@contextlib.contextmanager
def stalled(client, path, over):
    """A request whose answer nobody takes."""
    if over == "http1":
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(("127.0.0.1", client.port))
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            yield
        return
    conn = H2(client.port, window=0)
    conn.request(1, path)
    yield
    conn.close()


def is_canceled(record):
    return (record["outcome"], record["exceptions"][0]["code"]) == (
        "canceled", "client_disconnected")


WAITS = {
    "wait": f"scheduler.wait({LONG}) return Response.new('late')",
    "caught": f"pcall(scheduler.wait, {LONG}) return Response.new('late')",
    "fetch": 'return fetch("ORIGIN/slow/20000")',
    "chunks": f"""local n = 0 return Response.new(function()
        n = n + 1 if n > 1 then scheduler.wait({LONG}) end return "x" end)""",
}


class TestDisconnect:
    """A client that goes away reaches a Worker that waits."""

    @pytest.mark.parametrize("how", WAITS)
    def test_370_01_while_it_waits(self, client, tenant, origin, records, how):
        made = tenant.deploy(worker(WAITS[how].replace("ORIGIN", origin.url)))
        sock = opened(client, made.path + "/")
        time.sleep(0.3)
        sock.close()
        start = time.monotonic()
        assert is_canceled(records.of(made.name))
        assert time.monotonic() - start < 5

    def test_370_02_in_a_nested_worker(self, client, tenant, records):
        user = tenant.deploy(worker(WAITS["wait"]))
        front = tenant.deploy(worker(
            f'return env.D:get("{user.name}"):fetch(request)'),
                              "--binding", "dispatch_namespace:D=demo")
        sock = opened(client, front.path + "/")
        time.sleep(0.3)
        sock.close()
        assert is_canceled(records.of(user.name))
        assert is_canceled(records.of(front.name))

    def test_370_03_nothing_more_goes_out(self, client, tenant, origin,
                                          records):
        made = tenant.deploy(worker(f"""
            pcall(scheduler.wait, {LONG})
            local ok, e = pcall(fetch, "{origin.url}/echo?after")
            console.log(tostring(ok), e.code)
            return Response.new("x")"""))
        origin.requests.clear()
        opened(client, made.path + "/").close()
        record = records.of(made.name)
        assert is_canceled(record)
        assert record["logs"][0]["message"] == ["false client_disconnected"]
        assert origin.requests == []

    def test_370_04_wait_until_runs_all_the_same(self, client, tenant, origin,
                                                 records):
        made = tenant.deploy(worker(f"""
            ctx:waitUntil(function()
                scheduler.wait(500)
                fetch("{origin.url}/echo?farewell")
            end)
            scheduler.wait({LONG})"""))
        origin.requests.clear()
        opened(client, made.path + "/").close()
        until(lambda: any(p == "/echo?farewell" for _, p, _ in
                          origin.requests), "waitUntil to run")
        assert is_canceled(records.of(made.name))

    @pytest.mark.parametrize("how", ["reset", "close"])
    def test_370_05_http2(self, no_prefork, client, tenant, records, how):
        made = tenant.deploy(worker(WAITS["wait"]))
        conn = H2(client.port)
        conn.request(1, made.path + "/")
        time.sleep(0.3)
        if how == "reset":
            conn.reset(1)
        else:
            conn.close()
        assert is_canceled(records.of(made.name))
        conn.close()

    def test_370_06_while_it_streams(self, client, tenant, records):
        made = tenant.deploy(worker("""
            return Response.new(function()
                scheduler.wait(5) return ("x"):rep(10000) end)"""))
        sock = opened(client, made.path + "/")
        assert sock.recv(1000)
        sock.close()
        assert is_canceled(records.of(made.name))

    def test_370_07_a_client_that_stays(self, client, tenant, records):
        made = tenant.deploy(worker(
            'scheduler.wait(500) return Response.new("still here")'))
        assert made.get().text == "still here"
        assert records.of(made.name)["outcome"] == "ok"


class TestStalls:
    """Clients that keep isolates waiting do so for the wall time at most."""

    CHUNKS = """
        return Response.new(function() return ("x"):rep(50000) end)"""

    @pytest.fixture(autouse=True)
    def _plenty(self, httpd):
        if httpd.mpm == "worker":
            pytest.skip("as under event")
        httpd.configure([Records.LINE, "WfpLimit cpu_ms 1000"])

    def deploy(self, tenant, lua, wall_ms=1000):
        return tenant.deploy(worker(lua), "--limit", f"wall_ms={wall_ms}",
                             "--limit", "instructions=1000000000000")

    def test_371_01_reads_nothing(self, client, tenant, records):
        made = self.deploy(tenant, self.CHUNKS)
        sock = opened(client, made.path + "/")
        record = records.of(made.name)
        assert record["wallTime"] < 10000
        sock.close()

    def test_371_02_opens_no_window(self, no_prefork, client, tenant, records):
        made = self.deploy(tenant, self.CHUNKS)
        conn = H2(client.port, window=0)
        conn.request(1, made.path + "/")
        record = records.of(made.name)
        assert record["exceptions"][0]["code"] == "wall_limit"
        assert record["wallTime"] < 10000
        conn.close()

    def test_371_03_opens_it_late(self, no_prefork, client, tenant, records):
        """What was made before goes out, and then the stream is reset."""
        made = self.deploy(tenant, self.CHUNKS)
        conn = H2(client.port, window=0)
        conn.request(1, made.path + "/")
        records.of(made.name)
        for stream in (0, 1):
            conn.send(WINDOW_UPDATE, 0, stream, b"\x00\x7f\xff\xff")
        got = conn.frames(1, RST_STREAM)
        assert not any(kind == DATA and flags & 1 for kind, flags, _, _ in got)
        conn.close()

    def test_371_04_slow_but_in_time(self, no_prefork, client, tenant):
        made = self.deploy(tenant, """
            local n = 0
            return Response.new(function()
                n = n + 1
                if n <= 4 then return ("x"):rep(30000) end
            end)""", PATIENT)
        conn = H2(client.port, window=0)
        conn.request(1, made.path + "/")
        time.sleep(0.4)
        for stream in (0, 1):
            conn.send(WINDOW_UPDATE, 0, stream, b"\x00\x7f\xff\xff")
        size = 0
        while True:
            kind, flags, _, payload = conn.frames(1, DATA, HEADERS)[-1]
            size += len(payload) if kind == DATA else 0
            if flags & 1:
                break
        assert size == 120000
        conn.close()

    @pytest.mark.parametrize("over, made_of", [
        ("http1", '("x"):rep(250000)'), ("http2", '("x"):rep(250000)'),
        ("http2", 'function() n = n + 1 if n == 1 then '
                  'return ("x"):rep(30000) end end')])
    def test_371_08_functions_do_not_wait_for_it(self, httpd, client, tenant,
                                                 records, over, made_of):
        """waitUntil runs while a client takes nothing of the answer's end."""
        if over == "http2" and httpd.mpm == "prefork":
            pytest.skip("mod_http2 wants threads")
        made = self.deploy(tenant, f"""
            local n = 0
            ctx:waitUntil(function() console.log("ran") end)
            return Response.new({made_of})""", PATIENT)
        with stalled(client, made.path + "/", over):
            record = records.of(made.name)
        assert record["logs"][0]["message"] == ["ran"]
        assert record["outcome"] == "ok"

    @pytest.mark.parametrize("over", ["http1", "http2"])
    def test_371_09_an_origins_answer(self, httpd, client, tenant, origin,
                                      records, over):
        """What only waits to run waitUntil is ended while the answer of
        another one stands still."""
        if over == "http2" and httpd.mpm == "prefork":
            pytest.skip("mod_http2 wants threads")
        made = self.deploy(tenant, f"""
            ctx:waitUntil(function() console.log("ran") end)
            return fetch("{origin.url}/huge/20000000")""")
        with stalled(client, made.path + "/", over):
            record = records.of(made.name)
        assert record["exceptions"][0]["code"] == "wall_limit"
        assert record["logs"] == []

    def test_371_10_an_origins_answer_that_is_read(self, client, tenant, origin,
                                                   records):
        """A long answer: waitUntil runs before its invocation's time is up,
        and the answer is whole."""
        made = self.deploy(tenant, f"""
            ctx:waitUntil(function() console.log("ran") end)
            return fetch("{origin.url}/huge/20000000")""", 4000)
        sock = opened(client, made.path + "/")
        size = 0
        while not any(r["scriptName"] == made.name for r in records.all()):
            size += len(sock.recv(20000))
            time.sleep(0.01)
        record = records.of(made.name)
        assert (record["outcome"], record["logs"][0]["message"]) == (
            "ok", ["ran"])
        assert size < 20000000
        sock.settimeout(20)
        while size < 20000000:
            got = sock.recv(1000000)
            assert got
            size += len(got)
        sock.close()

    def test_371_11_body_that_nobody_read(self, client, tenant, records):
        """Read in waitUntil it is an error, not half of it as if whole."""
        made = self.deploy(tenant, """
            ctx:waitUntil(function()
                local ok, e = pcall(request.text, request)
                console.log(tostring(ok), e.code)
            end)
            return Response.new("x")""")
        sock = socket.create_connection(("127.0.0.1", client.port), 30)
        sock.sendall(f"POST {made.path}/ HTTP/1.1\r\nHost: x\r\n"
                     "Content-Length: 100\r\n\r\nabc".encode())
        assert records.of(made.name)["logs"][0]["message"] == ["false aborted"]
        sock.close()

    @pytest.mark.parametrize("lua", [
        "return Response.new(tostring(#request:text()))",
        'return fetch("ORIGIN/count", {method = "POST", '
        "body = request.body})"])
    def test_371_05_sends_nothing(self, client, tenant, origin, records, lua):
        made = self.deploy(tenant, lua.replace("ORIGIN", origin.url))
        with socket.create_connection(("127.0.0.1", client.port)) as sock:
            sock.sendall(f"POST {made.path}/ HTTP/1.1\r\nHost: x\r\n"
                         "Content-Length: 10\r\n\r\nabc".encode())
            record = records.of(made.name)
        assert record["exceptions"][0]["code"] in ("wall_limit",
                                                   "client_disconnected")
        assert record["wallTime"] < 5000

    @pytest.mark.parametrize("lua", [
        "return Response.new(tostring(#request:text()))",
        'return fetch("ORIGIN/count", {method = "POST", '
        "body = request.body})"])
    def test_371_06_sends_nothing_over_http2(self, no_prefork, client, tenant,
                                             origin, records, lua):
        made = self.deploy(tenant, lua.replace("ORIGIN", origin.url))
        conn = H2(client.port)
        conn.request(1, made.path + "/", "POST", end=False)
        conn.send(DATA, 0, 1, b"abc")
        record = records.of(made.name)
        assert record["exceptions"][0]["code"] in ("wall_limit",
                                                   "client_disconnected")
        assert record["wallTime"] < 5000
        conn.close()

    def test_371_07_sends_slowly_over_http2(self, no_prefork, client, tenant):
        made = self.deploy(tenant,
                           "return Response.new(tostring(#request:text()))",
                           PATIENT)
        conn = H2(client.port)
        conn.request(1, made.path + "/", "POST", end=False)
        for n in range(4):
            conn.send(DATA, 1 if n == 3 else 0, 1, b"abc" * 1000)
            time.sleep(0.1)
        assert conn.frames(1, DATA)[-1][3] == b"12000"
        conn.close()


class TestCircles:
    """A request's body that reads, or ends, the answer to that request, whose
    reading sends the body: the origin answers before it was sent."""

    SCRIPT = """
        local answer, turns = nil, 0
        local function body()
            if not answer then scheduler.wait(20) return "x" end
            turns = turns + 1
            if turns > 1 then return nil end
            ACT
            return "y"
        end
        answer = fetch("ORIGIN/body-later/500", {method = "POST", body = body})
        local ok, text = pcall(answer.body.read, answer.body)
        return Response.new(tostring(ok) .. " " .. tostring(text))"""

    @pytest.mark.parametrize("act", [
        "pcall(answer.body.read, answer.body)",
        "answer.body:read(1)",
        "answer.body:cancel()",
        "answer.body:cancel() answer.body:cancel() "
        "fetch('ORIGIN/status/200'):text()"])
    def test_372_01(self, client, tenant, origin, act):
        made = tenant.deploy(worker(
            self.SCRIPT.replace("ACT", act).replace("ORIGIN", origin.url)))
        for _ in range(3):
            answer = made.get()
            # the origin may be gone before its answer was read
            assert answer.status == 200 or answer.error == "network_error", \
                answer
        assert client.get("/").status == 404
