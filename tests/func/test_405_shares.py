# SPDX-License-Identifier: Apache-2.0
"""What a child has is shared out: however many Workers one tenant's calls lead to, and however many of its
own are asked at once, its neighbours' go on."""

import pathlib
import threading

import pytest

from wfptest.lua import DISPATCHER, worker
from wfptest.wait import until

PLENTY = ("--limit", "instructions=1000000000000")
MB = 1024 * 1024

# keeps so many MB for as long as its answer is not read to the end
HOLDS = """
    local t = {}
    for i = 1, SIZE do t[i] = ("x"):rep(1000000) .. i end
    return Response.new(function() t = nil end)"""

# calls them in turn, reads no answer to its end, and waits
CALLS = """
    local held, refused = {}, 0
    for i = 1, COUNT do
        local ok, r = pcall(function()
            return env["B" .. i % KINDS]:fetch("http://x/")
        end)
        if ok and r.status == 200 then held[#held + 1] = r
        else refused = refused + 1 end
    end
    scheduler.wait(5000)
    return Response.new(#held .. " held, " .. refused .. " refused")"""


def resident(pid):
    """Bytes of a process that are in memory."""
    try:
        statm = pathlib.Path(f"/proc/{pid}/statm").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(statm.split()[1]) * 4096


def start(*asks):
    """Each in a thread. Its answer's place, and the threads."""
    answers = [None] * len(asks)

    def ask(i):
        answers[i] = asks[i]()

    threads = [threading.Thread(target=ask, args=(i,))
               for i in range(len(asks))]
    for thread in threads:
        thread.start()
    return answers, threads


@pytest.fixture(autouse=True)
def _conf(httpd):
    if httpd.mpm == "prefork":
        pytest.skip("a child has one request at a time")
    httpd.configure(["WfpLimit cpu_ms 2000", "WfpCoolDown off",
                     "WfpIsolateMemory 64M", "MaxKeepAliveRequests 0"])


class Neighbour:
    """A Worker that needs so many pieces, each of a MB. It is asked again on
    the same connection, where httpd comes back when all of the request before
    has ended, so that it never has two isolates at once."""

    def __init__(self, tenant, size, piece=1000000):
        self.conn = tenant.client.connection()
        self.worker = tenant.deploy(worker(f"""
            local t = {{}}
            for i = 1, {size} do t[i] = ("x"):rep({piece}) .. i end
            return Response.new("fine" .. #t)"""), *PLENTY)
        assert self.ask().text == f"fine{size}"

    def ask(self):
        return self.worker.get(conn=self.conn)

    def goes_on(self, threads):
        """While they live it is asked, and has what it needs each time."""
        seen = []
        while any(thread.is_alive() for thread in threads):
            seen.append(self.ask())
        assert len(seen) > 3
        assert not [a for a in seen if a.status != 200]


def crowd(tenant, kinds, count, ns="demo"):
    """A Worker that holds `count` isolates of 5 MB of others."""
    named = []
    for i in range(kinds):
        made = tenant.deploy(worker(HOLDS.replace("SIZE", "5")), *PLENTY,
                             ns=ns)
        name = made.name if ns is None else f"/{made.name}"
        named += ["--binding", f"service:B{i}={name}"]
    text = CALLS.replace("COUNT", str(count)).replace("KINDS", str(kinds))
    return tenant.deploy(worker(text), *named, *PLENTY)


class TestTree:
    """What a user Worker's calls led to is its own share."""

    def test_405_01_siblings(self, tenant):
        neighbour = Neighbour(tenant, 12)
        hog = crowd(tenant, 6, 24)
        answers, threads = start(*[hog.get] * 4)
        neighbour.goes_on(threads)
        assert any("held" in a.text for a in answers)
        assert all(" 0 refused" not in a.text for a in answers)

    def test_405_02_services_of_the_platform(self, tenant):
        neighbour = Neighbour(tenant, 12)
        hog = crowd(tenant, 2, 24, ns=None)
        answers, threads = start(*[hog.get] * 4)
        neighbour.goes_on(threads)
        assert all(" 0 refused" not in a.text for a in answers)

    def test_405_03_small_ones_that_grow(self, tenant, httpd):
        """150 that begin small, each of which then takes less than a MB."""
        tenant.deploy(worker("""
            local t
            return Response.new(function()
                if t then return nil end
                t = ("x"):rep(800000)
                return "x"
            end)"""), *PLENTY, name="w405-small")
        hog = tenant.deploy(worker("""
            local held = {}
            for i = 1, 150 do
                local ok, r = pcall(env.B.fetch, env.B, "http://x/")
                if ok then held[#held + 1] = r end
            end
            local n = 0
            for _, r in ipairs(held) do
                n = n + (pcall(r.body.read, r.body, 1) and 1 or 0)
            end
            scheduler.wait(2000)
            return Response.new(#held .. " held, " .. n .. " read")"""), *PLENTY, "--binding",
                            "service:B=/w405-small", "--limit",
                            "subrequests=200")
        answers, threads = start(hog.get)
        most = 0
        while any(thread.is_alive() for thread in threads):
            most = max([most, *(resident(pid) for pid in httpd.children())])
            threads[0].join(0.02)
        assert most < (64 + 40) * MB


    def test_405_04_below_a_dispatcher(self, tenant, httpd, client):
        """Its users have a share each; it has none and is never refused."""
        httpd.configure(["WfpLimit cpu_ms 2000", "WfpCoolDown off",
                         "WfpIsolateMemory 64M",
                         f"<VirtualHost 127.0.0.1:{httpd.port}>",
                         "ServerName d405.test", "ServerAlias *.d405.test",
                         "WfpDispatcher front405", "</VirtualHost>"])
        tenant.deploy(DISPATCHER, "--binding",
                      "dispatch_namespace:DISPATCHER=demo", ns=None,
                      name="front405")
        neighbour = Neighbour(tenant, 12)
        neighbour.ask = lambda: client.get(
            "/", host=f"{neighbour.worker.name}.d405.test",
            conn=neighbour.conn)
        hog = crowd(tenant, 3, 24)
        answers, threads = start(*[lambda: client.get(
            "/", host=f"{hog.name}.d405.test")] * 4)
        neighbour.goes_on(threads)
        assert all(" 0 refused" not in a.text for a in answers)


class TestMany:
    """Workers of one tenant that are asked at once."""

    def test_405_10_each_alone(self, tenant):
        """Each may have half of what the others leave: twelve leave nothing
        but what everybody has in any case, 1 MB."""
        neighbour = Neighbour(tenant, 1, piece=50000)
        hogs = [tenant.deploy(worker(HOLDS.replace("SIZE", "20").replace(
            "return", "scheduler.wait(5000) return")), *PLENTY)
            for _ in range(12)]
        answers, threads = start(*[hog.get for hog in hogs])
        neighbour.goes_on(threads)
        assert {a.error for a in answers} <= {None, "isolate_unavailable"}
        assert None in {a.error for a in answers}


class TestRest:
    """What else a child has, as siblings of one tree take it."""

    @staticmethod
    def family(tenant, *bodies, below=()):
        """A Worker that passes its request on to the one that its path names.
        below: options of that."""
        named = []
        for i, body in enumerate(bodies):
            made = tenant.deploy(worker(body), *below)
            named += ["--binding", f"service:B{i}=/{made.name}"]
        return tenant.deploy(worker("""
            return env["B" .. URL.new(request.url).pathname:match("%d$")]
                :fetch("http://x/")"""), *named)

    def test_405_20_threads_for_what_is_left_to_do(self, tenant, origin):
        gate = origin.gate()
        hog = self.family(tenant, *[f"""
            ctx:waitUntil(function() fetch("{gate.url}") end)
            return Response.new("x")"""] * 5)
        other = tenant.deploy(worker(f"""
            ctx:waitUntil(function() fetch("{origin.url}/echo?other") end)
            return Response.new("x")"""))
        for i in range(40):
            assert hog.get(f"/{i % 5}").text == "x"
        for _ in range(10):
            other.get()
        until(lambda: len([p for _, p, _ in origin.requests
                           if p == "/echo?other"]) == 10,
              "the other's waitUntil to run", 20)  # they wait for 30 s
        gate.set()

    def test_405_21_connections(self, tenant, httpd, origin):
        httpd.configure(["WfpEgressConnections 4"])
        port = origin.url.rpartition(":")[2]
        hog = self.family(tenant, *[f"""
            return fetch("http://{host}:{port}/slow/3000",
                         {{ timeout = 6000 }})"""
                                    for host in ("127.0.0.1", "localhost")])
        other = tenant.deploy(worker(f"""
            return fetch("http://other.localhost:{port}/status/200",
                         {{ timeout = 2500 }})"""))
        _, threads = start(*[lambda i=i: hog.get(f"/{i % 2}")
                             for i in range(10)])
        seen = []
        while any(thread.is_alive() for thread in threads):
            seen.append(other.get())
        assert {(a.status, a.error) for a in seen} == {(200, None)}

    def test_405_22_threads_beside(self, tenant, httpd, origin):
        """Siblings whose calls wait beside each other; the other's meet."""
        slow = tenant.deploy(worker(f"""
            return fetch("{origin.url}/slow/1500", {{ timeout = 5000 }})"""))
        hog = self.family(tenant, *["""
            local calls = {}
            for i = 1, 20 do
                calls[i] = function() return env.S:fetch("http://x/") end
            end
            pcall(parallel, table.unpack(calls))
            return Response.new("x")"""] * 7, below=(
                "--binding", f"service:S=/{slow.name}"))
        other = tenant.deploy(worker(f"""
            local function f() return fetch("{origin.url}/meet/2"):text() end
            return Response.new(table.concat({{ parallel(f, f) }}))"""))
        _, threads = start(*[lambda i=i: hog.get(f"/{i % 7}")
                             for i in range(14)])
        seen = []
        while any(thread.is_alive() for thread in threads):
            seen.append(other.get())
        assert {(a.status, a.text) for a in seen} == {(200, "metmet")}
