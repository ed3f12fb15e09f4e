# SPDX-License-Identifier: Apache-2.0
"""Clients that go away, that read slowly or not at all, and answers that
break off: on raw sockets and over HTTP/2."""

import socket
import time

import pytest

from wfptest.h2 import H2
from wfptest.lua import worker
from wfptest.records import Records
from wfptest.wait import until

LONG = 20000


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure([Records.LINE])


@pytest.fixture
def records(httpd, _conf):
    return Records(httpd)


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

    def test_370_04_wait_until_runs_all_the_same(self, client, tenant, origin):
        made = tenant.deploy(worker(f"""
            ctx:waitUntil(function()
                scheduler.wait(500)
                fetch("{origin.url}/echo?farewell")
            end)
            scheduler.wait({LONG})"""))
        origin.requests.clear()
        opened(client, made.path + "/").close()
        until(lambda: any(p == "/echo?farewell" for _, p, _ in
                          origin.requests), "waitUntil to run", 10)

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
