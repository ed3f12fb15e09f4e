# SPDX-License-Identifier: Apache-2.0
"""Usage of 100,000 requests: each that was answered is there once, through graceful
restarts, and when children are killed in the middle of it."""

import http.client
import socket
import threading
import time

import pytest

from wfptest import prometheus
from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.lua import says, worker
from wfptest.process import kill_now
from wfptest.wait import until

METRICS = ['<Location "/metrics">', "SetHandler wfp-metrics", "</Location>",
           '<Location "/server-status">', "SetHandler server-status",
           "</Location>"]

COUNT = 100000
# in one go on a connection, and of how many at a time
BATCH, THREADS = 250, 4


class Crowd:
    """Threads that ask by pipelining, until so many were answered. What a
    connection that ends had not answered is asked again."""

    def __init__(self, port, path, count):
        self.port, self.count = port, count
        self.request = (f"GET {path}/ HTTP/1.1\r\nHost: x\r\n\r\n").encode()
        self.answered = self.torn = 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run)
                        for _ in range(THREADS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *what):
        for thread in self.threads:
            thread.join()

    def more(self):
        """How many to ask now; those under way are nobody else's."""
        with self.lock:
            n = min(BATCH, self.count)
            self.count -= n
            return n

    def run(self):
        while n := self.more():
            good, asked = 0, n
            try:
                with socket.create_connection(("127.0.0.1", self.port),
                                              30) as sock:
                    good = self.ask(sock, n)
            except OSError:
                time.sleep(0.05)  # no child listens
            with self.lock:
                self.answered += good
                self.count += asked - good
                # one a connection may have run and not been answered
                self.torn += good < asked

    def ask(self, sock, n):
        """@return how many were answered whole"""
        good, said = 0, b""
        try:
            sock.sendall(self.request * n)
            while good < n:
                more = sock.recv(262144)
                if not more:
                    break
                said += more
                good += said.count(b"\r\n\r\nok")
                said = said[said.rfind(b"\r\n\r\nok") + 6:] \
                    if b"\r\n\r\nok" in said else said
        except OSError:
            pass
        return good

    def is_at(self, share):
        return until(lambda: self.answered >= COUNT * share, "answers", 120)


@pytest.fixture
def usage(httpd, client):
    httpd.configure([*LOCATION, *METRICS, "MaxKeepAliveRequests 0"])
    api = Api(httpd, client)

    def of(made, what="requests"):
        buckets = api.ok("GET", f"{api.namespaces}/{made.ns}/scripts/"
                         f"{made.name}/usage?bucket=minute")["buckets"]
        return sum(b[what] for b in buckets)
    return of


def test_866_01_through_graceful_restarts(httpd, tenant, usage):
    made = tenant.deploy(says('"ok"'))
    with Crowd(httpd.port, made.path, COUNT) as crowd:
        for share in (0.3, 0.6):
            crowd.is_at(share)
            httpd.graceful()
    assert crowd.answered == COUNT
    until(lambda: usage(made) >= COUNT, "the numbers")
    assert usage(made) == COUNT
    assert usage(made, "bytes_out") == 2 * COUNT


@pytest.mark.one_mpm
def test_866_02_children_are_killed(httpd, tenant, usage):
    """All that was answered is there: what a killed child had not told is in
    memory that it shares. What it was at is the one thing that may be there
    without an answer."""
    made = tenant.deploy(says('"ok"'))
    with Crowd(httpd.port, made.path, COUNT // 2) as crowd:
        for share in (0.1, 0.2, 0.3):
            crowd.is_at(share)
            kill_now(max(httpd.children()))
    assert crowd.answered == COUNT // 2
    until(lambda: usage(made) >= crowd.answered, "the numbers")
    assert crowd.answered <= usage(made) <= crowd.answered + crowd.torn * BATCH


VARIED = worker("""
    local how = request.url:match("(%w+)$")
    local function call() return env.SVC:fetch(request):text() end
    if how == "parallel" then
        parallel(call, call, function() pcall(fetch, "http://127.0.0.1:1/") end)
    elseif how == "loop" then
        parallel(call, function() while true do end end)
    elseif how == "later" then
        ctx:waitUntil(call)
        ctx:waitUntil(error, "x")
    elseif how == "streams" then
        local n = 0
        return Response.new(function()
            n = n + 1
            if n < 50 then
                scheduler.wait(10)
                return ("x"):rep(100000)
            end
        end)
    elseif how == "fails" then
        error("x")
    end
    return Response.new("ok")""")


def breaks_off(port, path):
    """Asks, reads a little, and is gone."""
    with socket.create_connection(("127.0.0.1", port), 30) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert sock.recv(10)


def hangs(port, path):
    try:
        Client(port).get(path)
    except (OSError, http.client.HTTPException):
        pass


def test_866_03_what_ran_is_counted_as_lost(httpd, client, tenant, usage):
    """What a killed child was at, before and after its answer: those figures, no
    more and no fewer."""
    def figure(name, *labels):
        return prometheus.read(client.get("/metrics")).get((name, *labels), 0)

    def lost():
        return {figure("wfp_runs_lost_total") - before,
                figure("wfp_worker_runs_lost_total",
                       ("namespace", made.ns), ("worker", made.name)),
                figure("wfp_namespace_runs_lost_total",
                       ("namespace", made.ns)),
                usage(made, "lost")}

    made = tenant.deploy(worker("""
        local how = request.url:match("(%w+)$")
        if how == "later" then
            ctx:waitUntil(scheduler.wait, 25000)
        elseif how == "now" then
            scheduler.wait(25000)
        end
        return Response.new("ok")"""), ns=tenant.namespace())
    before = figure("wfp_runs_lost_total")
    assert client.get(made.path + "/quick").text == "ok"
    assert client.get(made.path + "/later").text == "ok"
    asking = [threading.Thread(target=hangs, args=(httpd.port,
                                                   made.path + "/now"))
              for _ in range(3)]
    for thread in asking:
        thread.start()
    until(lambda: figure("wfp_isolates_running") == 4, "all of them run")
    assert lost() == {0}
    for pid in httpd.children():
        kill_now(pid)
    for thread in asking:
        thread.join()
    until(lambda: lost() == {4}, "four are lost")
    until(lambda: usage(made) == 1, "what had ended")
    assert client.get(made.path + "/quick").text == "ok"
    httpd.graceful()
    until(lambda: usage(made) == 2, "what ended since")
    assert lost() == {4}
    line, = [line for line in
             client.get("/server-status?auto").text.splitlines()
             if line.startswith(f"WfpWorker[{made.ns}/{made.name}]")]
    assert " lost=4 " in line
    httpd.log.wait_for(r"WFP4101: child \d+ ended with \d+ runs? under way: "
                       rf"{made.ns}/{made.name} \(\d\)")


@pytest.mark.one_mpm
def test_866_04_what_ends_is_not_lost(httpd, client, tenant, usage):
    """However it ended: nothing is taken for lost when the child goes."""
    service = tenant.deploy(says('"ok"'))
    made = tenant.deploy(VARIED, "--limit", "cpu_ms=20", "--binding",
                         f"service:SVC={service.name}")
    before = prometheus.read(client.get("/metrics"))["wfp_runs_lost_total",]
    for _ in range(5):
        for how in ("parallel", "loop", "later", "fails", "streams", "ok"):
            client.get(f"{made.path}/{how}")
        breaks_off(httpd.port, f"{made.path}/streams")
    client.get(f"/_ns/{made.ns}/nobody/")
    old = httpd.children()
    httpd.graceful()
    until(lambda: not set(old) & set(httpd.children()), "the old ones to end",
          60)
    until(lambda: usage(made) == 5 * 7, "all of them")
    assert prometheus.read(client.get("/metrics"))["wfp_runs_lost_total",] == \
        before
