# SPDX-License-Identifier: Apache-2.0
"""How invocations and children end: records of kills, forced stops, no memory,
children that end after many kills in the middle of a library."""

import fcntl
import functools
import http.client
import json
import pathlib
import re
import resource
import signal
import socket
import threading

import pytest

from wfptest import uploads
from wfptest.api import LOCATION, Api
from wfptest.lua import says, worker
from wfptest.wait import until

# one instruction that takes far longer than stage 2 waits
STUCK = worker("local t = {} t.__call = t setmetatable(t, t) t()")
ENDLESS = worker("\nwhile true do end")
CPU = ("--limit", "cpu_ms=1")
PLENTY = ("--limit", "instructions=1000000000000", "--limit", "cpu_ms=5")


def start(httpd, *lines):
    """A server that begins now, with WfpLog."""
    httpd.stop()
    (httpd.root / "logs/workers").unlink(missing_ok=True)
    httpd.configure(["WfpCoolDown off", "WfpLog logs/workers", *lines])


def records(httpd, made):
    """What WfpLog has of this Worker by now."""
    rows = [json.loads(line) for line in
            (httpd.root / "logs/workers").read_text().rpartition("\n")[0]
            .splitlines()]
    return [row for row in rows if row["scriptName"] == made.name]


def kills(httpd, made):
    """Its records with a kill; there is one at least, soon."""
    return until(lambda: [row for row in records(httpd, made)
                          if "kill" in row], "a record of a kill")


def metrics(client):
    """{name: value}"""
    rows = [line.rsplit(" ", 1) for line in
            client.get("/metrics").text.splitlines() if line[0] != "#"]
    return {name: float(value) for name, value in rows}


METRICS = '<Location "/metrics">\nSetHandler wfp-metrics\n</Location>'


class TestRecords:
    """Each kill is one record and one count."""

    KILLS = {
        "cpu_limit": (ENDLESS, PLENTY, "cpu_ms", 5, 1),
        "instruction_limit": (ENDLESS, ("--limit", "instructions=100000"),
                              "instructions", 100000, 1),
        "memory_limit": (worker("\nlocal t = {} while true do "
                                't[#t + 1] = ("x"):rep(1000) .. #t end'),
                         ("--limit", "memory_mb=1", "--limit", "cpu_ms=2000"),
                         "memory_mb", 1, 1),
        "wall_limit": (worker("\nscheduler.wait(5000) while true do end"),
                       ("--limit", "wall_ms=50"), "wall_ms", 50, 1),
    }

    @pytest.mark.parametrize("code", KILLS)
    def test_490_01_one_record(self, httpd, client, tenant, code):
        source, options, limit, allowed, stage = self.KILLS[code]
        start(httpd, METRICS)
        made = tenant.deploy(source, *options)
        assert made.get().error == code
        record, = kills(httpd, made)
        kill = record["kill"]
        assert record["exceptions"][0]["code"] == code
        assert (kill["limit"], kill["allowed"], kill["stage"]) == (
            limit, allowed, stage)
        assert kill["used"] >= allowed
        assert kill["line"] in (4, 0 if code == "wall_limit" else 4)
        assert record["scriptVersion"]["id"]
        assert metrics(client)["wfp_kills_total"] == 1
        assert metrics(client)["wfp_kills_stage2_total"] == 0
        assert httpd.log.unexpected() == []
        httpd.stop()  # what is left is written
        assert records(httpd, made) == [record]

    def test_490_02_stage_2(self, httpd, client, tenant):
        start(httpd, METRICS)
        made = tenant.deploy(STUCK, *CPU)
        assert made.get().error == "cpu_limit"
        record, = kills(httpd, made)
        assert record["kill"]["stage"] == 2
        assert metrics(client)["wfp_kills_stage2_total"] == 1

    def test_490_03_top_level(self, httpd, tenant):
        """A start-up that may no longer take as long as when it was
        uploaded."""
        start(httpd, "WfpLimit startup_ms 1000")
        made = tenant.deploy(says("1", "for i = 1, 9000000 do end"),
                             *PLENTY)
        assert made.get().text == "1"
        start(httpd, "WfpLimit startup_ms 10")
        assert made.get().error == "startup_limit"
        kill, = [r["kill"] for r in kills(httpd, made)]
        assert kill["limit"] == "startup_ms"
        assert kill["used"] >= kill["allowed"]

    def test_490_04_after_the_answer(self, httpd, tenant):
        start(httpd)
        made = tenant.deploy(worker("""
            ctx:waitUntil(function() while true do end end)
            return Response.new("x")"""), *PLENTY)
        assert made.get().text == "x"
        until(lambda: records(httpd, made), "a record")
        record, = records(httpd, made)
        assert record["outcome"] == "exceededCpu"
        assert record["kill"]["limit"] == "cpu_ms"


CRASH = re.compile("AH00052: .* Segmentation fault")


class EventsRace(AssertionError):
    """At a stop event closes the sockets of its connections, without a look at
    whether their threads free them at that moment (close_worker_sockets):
    about one in a hundred stops ends so, with other modules, too."""


def more_than_once(test):
    """A crash of ours would come again."""
    @functools.wraps(test)
    def run(self, httpd, **fixtures):
        for _ in range(2):
            try:
                return test(self, httpd, **fixtures)
            except EventsRace:
                httpd.log.begin()
        return test(self, httpd, **fixtures)
    return run


class TestForcedStop:
    """httpd is told to stop at once."""

    @pytest.mark.parametrize("body", [
        'ctx:waitUntil(function() for i = 1, 100 do scheduler.wait(5000) end '
        'end) return Response.new("x")',
        'ctx:waitUntil(function() fetch("{origin}/slow/20000") end) '
        'return Response.new("x")',
        "while true do pcall(scheduler.wait, 5000) end",
        'while true do pcall(fetch, "{origin}/slow/20000") end',
        'while true do pcall(parallel, function() scheduler.wait(5000) end, '
        'function() scheduler.wait(6000) end) end',
        'while true do pcall(parallel, function() fetch("{origin}/slow/20000") '
        'end, function() fetch("{origin}/slow/20000") end) end',
        'fetch("{origin}/") while true do end',
        'fetch("{origin}/") return Response.new(function() '
        'while true do end end)',
        'fetch("{origin}/") while true do pcall(xml.decode, '
        '("<a>"):rep(1000)) end',
        'ctx:waitUntil(function() fetch("{origin}/") while true do end end) '
        'return Response.new("x")',
    ], ids=["background-wait", "background-fetch", "wait", "fetch",
            "parallel-wait", "parallel-fetch", "loop", "body-loop",
            "library-loop", "background-loop"])
    @more_than_once
    def test_490_20_nothing_waits(self, httpd, tenant, origin, body):
        httpd.configure(["WfpCoolDown off"])
        made = tenant.deploy(worker(body.format(origin=origin.url)), *LONG)
        origin.requests.clear()
        threads = [threading.Thread(target=ask, args=(made.get,))
                   for _ in range(3)]
        for thread in threads:
            thread.start()
        if "fetch" in body:
            until(lambda: origin.requests, "the subrequest")
        if "waitUntil" in body:
            for thread in threads:
                thread.join()
        assert_ends(httpd)
        for thread in threads:
            thread.join()

    @more_than_once
    def test_490_21_client_takes_nothing(self, httpd, tenant, origin):
        httpd.configure(["WfpCoolDown off"])
        made = tenant.deploy(worker(f'''fetch("{origin.url}/")
            return Response.new(("x"):rep(20 * 1024 * 1024))'''), *LONG)
        origin.requests.clear()
        with send(httpd, f"GET {made.path}/ HTTP/1.1"):
            until(lambda: origin.requests, "the subrequest")
            assert_ends(httpd)

    @pytest.mark.parametrize("to", ["worker", "api"])
    @more_than_once
    def test_490_22_client_sends_nothing(self, httpd, tenant, to):
        httpd.configure(["WfpCoolDown off", *LOCATION])
        made = tenant.deploy(says("request:text()"), *LONG)
        api = Api(httpd, made.client)
        line = f"POST {made.path}/" if to == "worker" else \
            f"PUT {api.base}{api.namespaces}/demo/scripts/late"
        with send(httpd, f"{line} HTTP/1.1", f"Authorization: Bearer {api.token}",
                  f"Content-Type: {uploads.FORM}", "Content-Length: 1000",
                  "Expect: 100-continue") as sock:
            assert sock.recv(100).startswith(b"HTTP/1.1 100 ")
            sock.sendall(b"--")
            assert_ends(httpd)

    @more_than_once
    def test_490_23_uploads(self, httpd, client):
        """In the middle of the store, wherever that is."""
        httpd.configure(["WfpCoolDown off", *LOCATION])
        scripts = uploads.Scripts(Api(httpd, client), "demo")
        done = []

        def upload():
            try:
                while scripts.put(scripts.name()).status == 200:
                    done.append(1)
            except (OSError, http.client.HTTPException):
                pass

        threads = [threading.Thread(target=upload) for _ in range(4)]
        for thread in threads:
            thread.start()
        until(lambda: len(done) > 8, "some uploads")
        assert_ends(httpd)
        for thread in threads:
            thread.join()

    def test_490_24_lock_of_another_process(self, httpd, client):
        """Nobody can wake who waits for that."""
        if httpd.mpm != "prefork":
            pytest.skip("httpd's own to end")
        httpd.configure(["WfpCoolDown off", *LOCATION])
        scripts = uploads.Scripts(Api(httpd, client), "demo")
        name = scripts.made()
        path, = httpd.root.glob("**/wfp.db*lock")
        before = naps(httpd)
        with path.open("r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            thread = threading.Thread(target=ask, args=(
                lambda: scripts.put(name),))
            thread.start()
            # it asks for the lock again and again
            until(lambda: naps(httpd) > before + 500, "the upload")
            assert_ends(httpd)
            thread.join()


# what only the stop ends
LONG = ("--limit", "cpu_ms=30000", "--limit", "instructions=1000000000000")


def send(httpd, line, *headers):
    """A connection with the head of a request, of which nothing is read."""
    sock = socket.create_connection(("127.0.0.1", httpd.port), 30)
    sock.sendall("\r\n".join([line, "Host: x", *headers, "", ""]).encode())
    return sock


def naps(httpd):
    """How often the children's main threads slept."""
    texts = [pathlib.Path(f"/proc/{pid}/status").read_text()
             for pid in httpd.children()]
    return sum(int(re.search(r"^voluntary\D+(\d+)", text, re.M)[1])
               for text in texts)


def assert_ends(httpd):
    """httpd stops at once, and nobody complains."""
    httpd.log.expect("AH03093")  # event closed the socket meanwhile
    httpd.settle(waiting=False)  # a child more may just begin
    httpd.process.send_signal(signal.SIGTERM)
    httpd.process.wait(60)
    # after 3 s it would complain
    said = httpd.log.unexpected()
    if httpd.mpm == "event" and len(said) == 1 and CRASH.search(said[0]):
        raise EventsRace(said[0])
    assert said == []


def ask(what):
    """One request, whatever becomes of it."""
    try:
        what()
    except (OSError, http.client.HTTPException):
        pass


# bytes that an isolate of 512 MB maps, at least
LARGE = 2 * 512 * 1024 * 1024


class TestNoMemory:
    """No memory for an isolate: 503 for that request, nothing else."""

    @pytest.fixture
    def one_arena(self, httpd):
        """glibc maps 64 MB for each thread that allocates; not here, so that
        it does not matter how many of them have."""
        httpd.stop()
        httpd.env["MALLOC_ARENA_MAX"] = "1"
        yield
        httpd.stop()
        del httpd.env["MALLOC_ARENA_MAX"]

    @pytest.mark.usefixtures("one_arena")
    def test_490_40_address_space(self, httpd, tenant):
        httpd.configure(["WfpCoolDown off"])
        small = tenant.deploy(says('"here"'))
        # an isolate's mapping has room for twice its limit
        large = [tenant.deploy(says('"large"'), "--limit", "memory_mb=512")
                 for _ in range(6)]
        assert small.get().text == "here"
        assert large[0].get().text == "large"
        before = limit_space(httpd)
        try:
            httpd.graceful()
            answers = []
            for made in large * 2:
                answers.append(made.get())
                assert small.get().text == "here"
        finally:
            resource.prlimit(httpd.process.pid, resource.RLIMIT_AS, before)
        refused = [a for a in answers if a.error]
        assert refused
        assert {(a.status, a.error) for a in refused} == {
            (503, "isolate_unavailable")}
        assert all(int(a.get("retry-after")) >= 1 for a in refused)
        httpd.graceful()
        assert small.get().text == "here"
        assert {made.get().text for made in large} == {"large"}

    def test_490_41_registry(self, httpd, tenant):
        """Code that does not fit into shared memory."""
        httpd.configure(["WfpCoolDown off", "WfpRegistrySize 1M"])
        text = "x" * 900000
        large = tenant.deploy(says("#text", f'text = "{text}"'))
        small = tenant.deploy(says('"here"'))
        httpd.log.expect("WFP0202: .* does not fit into the registry")
        for _ in range(3):
            answer = large.get()
            assert (answer.status, answer.error) == (
                503, "isolate_unavailable")
            assert small.get().text == "here"


def limit_space(httpd):
    """Children to come may map what those of today do, and 900 MB. @return the
    limit before"""
    texts = [pathlib.Path(f"/proc/{pid}/status").read_text()
             for pid in httpd.children()]
    sizes = [int(re.search(r"VmSize:\s+(\d+) kB", t)[1]) * 1024
             for t in texts]
    # whoever had the large isolate may have gone meanwhile
    most = max(max(sizes) - LARGE, min(sizes))
    before = resource.prlimit(httpd.process.pid, resource.RLIMIT_AS)
    resource.prlimit(httpd.process.pid, resource.RLIMIT_AS,
                     (most + 900_000_000, before[1]))
    return before


class TestRetiring:
    """A child ends after 1000 kills at stage 2."""

    def test_490_30_child_ends(self, httpd, tenant):
        one_child = "StartServers 1\n" + (
            "MinSpareServers 1\nMaxSpareServers 1\nMaxRequestWorkers 1"
            if httpd.mpm == "prefork" else "MinSpareThreads 1")
        start(httpd, one_child)
        httpd.log.expect("AH00161")  # prefork: no more than one
        stuck = tenant.deploy(STUCK, *CPU)
        good = tenant.deploy(says('"here"'))
        assert good.get().text == "here"
        before = set(httpd.children())
        errors, ending = [], threading.Event()

        def ask_on(made, wanted):
            while not ending.is_set():
                try:
                    answer = made.get()
                    if (answer.text if wanted else None) != wanted:
                        errors.append(repr(answer))
                except (OSError, http.client.HTTPException) as error:
                    errors.append(repr(error))

        threads = [threading.Thread(target=ask_on, args=args) for args in
                   ((stuck, None), (stuck, None), (stuck, None),
                    (good, "here"))]
        for thread in threads:
            thread.start()
        try:
            httpd.log.wait_for("WFP0309", 300)
            until(lambda: before - set(httpd.children()), "a child to end")
        finally:
            ending.set()
            for thread in threads:
                thread.join()
        assert errors == []
        assert good.get().text == "here"
