# SPDX-License-Identifier: Apache-2.0
"""Limits end a Worker, whatever it does, and nobody else."""

import json
import pathlib
import socket
import threading
import time

import pytest

from wfptest.lua import says, worker
from wfptest.records import Records


def resident(pid):
    """Bytes of a process that are in memory."""
    try:
        statm = pathlib.Path(f"/proc/{pid}/statm").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(statm.split()[1]) * 4096


PLENTY = ("--limit", "instructions=1000000000000")

RUNAWAYS = {
    "empty_loop": "while true do end",
    "repeat_loop": "repeat until false",
    "goto_loop": "::again:: goto again",
    "numeric_for": "for i = 1, math.maxinteger do end",
    "pcall": "while true do pcall(function() while true do end end) end",
    "pcall_nested": "local function f() pcall(f) while true do end end f()",
    "xpcall_handler": "xpcall(function() while true do end end, function() "
                      "while true do end end)",
    "handler_loops": 'xpcall(error, function() while true do end end, "x")',
    "coroutine": "coroutine.wrap(function() while true do end end)()",
    "coroutine_many": "while true do coroutine.wrap(function() end)() end",
    "pingpong": "local co = coroutine.wrap(function() while true do "
                "coroutine.yield() end end) while true do co() end",
    "index": "local t = setmetatable({}, {__index=function() "
             "while true do end end}) return t.x",
    "eq": "local m = {__eq=function() while true do end end} "
          "return setmetatable({}, m) == setmetatable({}, m)",
    "tbc": "local x <close> = setmetatable({}, {__close=function() "
           "while true do end end})",
    "gsub_callback": '("x"):gsub(".", function() while true do end end)',
    "sort_comparator": "table.sort({1, 2, 3}, function() while true do end "
                       "end)",
    "load": 'load("while true do end")()',
    "tostring": "tostring(setmetatable({}, {__tostring=function() "
                "while true do end end}))",
    "recursion": "local function f(n) if n > 0 then f(n - 1) end end "
                 "while true do f(100) end",
    "string_compare": 'local a = ("x"):rep(1e6) local b = a .. "y" '
                      "while true do local c = a < b end",
    "json": 'local t = json.decode("[" .. ("1,"):rep(10000) .. "1]") '
            "while true do json.encode(t) end",
    "body_chunks": "return Response.new(function() while true do end end)",
    "error_tostring": "error(setmetatable({}, {__tostring=function() "
                      "while true do end end}))",
    "catch_it_all": "while true do pcall(function() pcall(function() "
                    "coroutine.wrap(function() while true do end end)() end) "
                    "end) end",
}
CAUGHT = {
    "pattern": 'return Response.new(tostring(("a"):rep(30):find('
               '("a?"):rep(30) .. ("a"):rep(30) .. "b")))',
    "backtracking": 'return Response.new(tostring(("x"):rep(100000):find('
                    '".-.-.-.-.-b")))',
}
HUNGRY = {
    "table": "local t = {} while true do t[#t + 1] = #t end",
    "strings": 'local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t '
               "end",
    "doubling": 'local s = "x" while true do s = s .. s end',
    "pcall": 'while true do pcall(function() local s = "x" while true do '
             "s = s .. s end end) end",
    "closures": "local t = {} while true do t[#t + 1] = function() return t "
                "end end",
    "coroutines": "local t = {} while true do t[#t + 1] = "
                  "coroutine.create(function() end) end",
    "headers": "local t = {} while true do t[#t + 1] = "
               'Headers.new{a=("x"):rep(100)} end',
    "headers_dropped": 'while true do Headers.new{a=("x"):rep(100)} end',
    "responses": 'local t = {} while true do t[#t + 1] = Response.new('
                 '("x"):rep(1000)) end',
    "recursion": "local function f() return 1 + f() end "
                 "while true do pcall(f) end",
}


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure(["WfpLimit cpu_ms 50", "WfpCoolDown off"])


@pytest.fixture
def neighbour(tenant):
    """A well-behaved Worker, asked before and after."""
    made = tenant.deploy(says('"fine"'))
    assert made.get().text == "fine"
    yield made
    assert made.get().text == "fine"


class TestCpu:
    """cpu_ms, whatever a script tries."""

    @pytest.mark.parametrize("name", RUNAWAYS)
    def test_400_01_runaway_is_stopped(self, tenant, neighbour, name):
        made = tenant.deploy(worker(f"do {RUNAWAYS[name]} end"), *PLENTY)
        for _ in range(2):
            answer = made.get()
            assert (answer.status, answer.error) == (503, "cpu_limit")

    @pytest.mark.parametrize("name", CAUGHT)
    def test_400_02_expensive_pattern_ends(self, tenant, neighbour, name):
        made = tenant.deploy(worker(CAUGHT[name]), *PLENTY)
        assert (made.get().status, made.get().error) in [
            (503, "cpu_limit"), (500, "exception")]

    def test_400_03_no_code_runs_after_the_end(self, tenant, origin):
        made = tenant.deploy(worker(f"""
            ctx:waitUntil(function() fetch("{origin.url}/echo?after") end)
            local x <close> = setmetatable({{}}, {{ __close = function()
                fetch("{origin.url}/echo?after") end }})
            pcall(function() while true do end end)
            fetch("{origin.url}/echo?after")"""), *PLENTY)
        origin.requests.clear()
        assert made.get().error == "cpu_limit"
        assert origin.requests == []

    def test_400_04_globals_are_gone(self, tenant, httpd):
        made = tenant.deploy(worker("""
            local before = mark
            mark = true
            if request.method == "POST" then while true do end end
            return Response.new(tostring(before))"""), *PLENTY)
        assert made.post(b"").error == "cpu_limit"
        for _ in range(len(httpd.children()) * 2):
            if made.get().text == "nil":
                return
        raise AssertionError("the killed isolate was used again")

    def test_400_05_waiting_costs_no_cpu(self, tenant, origin):
        made = tenant.deploy(worker(
            f'return fetch("{origin.url}/slow/300")'),
                             "--limit", "cpu_ms=20")
        assert made.get().text == "slow"

    def test_400_06_many_at_once(self, tenant, neighbour):
        made = tenant.deploy(worker("while true do end"), *PLENTY)
        codes = []
        threads = [threading.Thread(
            target=lambda: codes.append(made.get().error)) for _ in range(6)]
        for thread in threads:
            thread.start()
        assert neighbour.get().text == "fine"
        for thread in threads:
            thread.join()
        assert codes == ["cpu_limit"] * 6

    def test_400_07_after_the_first_byte(self, tenant, client):
        made = tenant.deploy(worker("""
            local n = 0
            return Response.new(function()
                n = n + 1
                if n > 5 then while true do end end
                return ("x"):rep(20000)
            end)"""), *PLENTY)
        raw = client.raw(f"GET {made.path}/ HTTP/1.1\r\nHost: x\r\n"
                         "Connection: close\r\n\r\n".encode())
        assert b" 200 " in raw.split(b"\r\n")[0]
        assert not raw.endswith(b"0\r\n\r\n")


class TestInstructions:
    """instructions."""

    @pytest.mark.parametrize("metering", ["lazy", "exact"])
    def test_410_01_end(self, tenant, httpd, metering):
        httpd.configure(["WfpLimit cpu_ms 5000", "WfpCoolDown off",
                         f"WfpMetering {metering}"])
        made = tenant.deploy(worker("while true do end"),
                             "--limit", "instructions=100000")
        answer = made.get()
        assert (answer.status, answer.error) == (503, "instruction_limit")

    def test_410_02_enough(self, tenant, httpd):
        httpd.configure(["WfpCoolDown off", "WfpMetering exact"])
        made = tenant.deploy(worker(
            "for i = 1, 20000 do end return Response.new('done')"),
                             "--limit", "instructions=100000")
        assert made.get().text == "done"

    def test_410_03_what_waits_in_between_has_not_run(self, tenant, origin):
        made = tenant.deploy(worker(f"""
            for i = 1, 200 do
                for j = 1, 10 do local s = ("x"):rep(100000) .. i end
                fetch("{origin.url}/slow/6"):text()
            end
            for i = 1, 1e6 do end
            return Response.new("done")"""), "--limit", "subrequests=200",
                             "--limit", "cpu_ms=1000")
        assert made.get().text == "done"


class TestWall:
    """wall_ms."""

    def test_420_01_slow_origin(self, tenant, origin, neighbour):
        made = tenant.deploy(worker(
            f'pcall(fetch, "{origin.url}/slow/20000") '
            'return Response.new("late")'), "--limit", "wall_ms=200")
        answer = made.get()
        assert (answer.status, answer.error) == (503, "wall_limit")

    def test_420_02_callers_time_is_callees(self, tenant, origin):
        inner = tenant.deploy(worker(
            f'return fetch("{origin.url}/slow/20000")'))
        outer = tenant.deploy(worker(
            f'pcall(function() env.D:get("{inner.name}"):fetch(request) end) '
            'return Response.new("late")'),
                              "--binding", "dispatch_namespace:D=demo",
                              "--limit", "wall_ms=300")
        assert outer.get().error == "wall_limit"


    def test_420_03_client_that_stops_sending(self, tenant, client):
        made = tenant.deploy(worker("return Response.new(request:text())"),
                             "--limit", "wall_ms=500")
        with socket.create_connection(("127.0.0.1", client.port), 15) as sock:
            sock.sendall(f"POST {made.path}/ HTTP/1.1\r\nHost: x\r\n"
                         "Content-Length: 10\r\n\r\nabc".encode())
            assert b"wall_limit" in sock.recv(65536)


class TestMemory:
    """memory_mb."""

    @pytest.mark.parametrize("name", HUNGRY)
    def test_430_01_hungry_is_stopped(self, tenant, httpd, neighbour, name):
        httpd.configure(["WfpLimit cpu_ms 1000", "WfpCoolDown off"])
        made = tenant.deploy(worker(f"do {HUNGRY[name]} end"), *PLENTY,
                             "--limit", "memory_mb=8")
        for _ in range(2):
            answer = made.get()
            assert answer.status == 503
            assert answer.error in ("memory_limit", "cpu_limit")

    def test_430_02_body_larger_than_memory(self, tenant, origin):
        made = tenant.deploy(worker(f"""
            local ok, e = pcall(function()
                return fetch("{origin.url}/huge/20000000"):text() end)
            return Response.new(tostring(ok) .. " " .. tostring(e.code))"""),
                             "--limit", "memory_mb=8")
        assert made.get().text == "false body_too_large"

    def test_430_04_work_that_waits_holds_memory(self, tenant, httpd,
                                                 neighbour):
        httpd.configure(["WfpLimit cpu_ms 2000", "WfpCoolDown off",
                         "WfpIsolateMemory 64M"])
        hog = tenant.deploy(worker("""
            local t = {}
            for i = 1, 20 do t[i] = ("x"):rep(1000000) .. i end
            ctx:waitUntil(function() scheduler.wait(4000) t = nil end)
            return Response.new("x")"""), *PLENTY)
        seen = [hog.get() for _ in range(20)]
        assert seen[0].text == "x"
        # one that runs while another waits may find too little left
        assert {a.error for a in seen} <= {None, "isolate_unavailable"}
        held = [resident(pid) for pid in httpd.children()]
        assert sum(held) < 2 * (64 + 40) * 1024 * 1024

    def test_430_05_many_that_wait(self, tenant, httpd, origin):
        """Each within its limit, all together beyond WfpIsolateMemory."""
        httpd.configure(["WfpLimit cpu_ms 2000", "WfpCoolDown off",
                         "WfpIsolateMemory 64M"])
        gate = origin.gate()
        hog = tenant.deploy(worker(f"""
            local t = {{}}
            for i = 1, 8 do t[i] = ("x"):rep(1000000) .. i end
            fetch("{gate.url}"):text()
            return Response.new("x" .. #t)"""), *PLENTY)
        small = tenant.deploy(says('"fine"'))
        answers, most = [], 0
        origin.requests.clear()
        threads = [threading.Thread(target=lambda: answers.append(hog.get()))
                   for _ in range(14)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            most = max([most, *(resident(pid) for pid in httpd.children())])
            if len(answers) + len(origin.requests) >= len(threads):
                gate.set()  # all of them are in, or were refused
            time.sleep(0.02)
        seen = {a.error for a in answers}
        assert seen <= {None, "isolate_unavailable"} and None in seen
        if httpd.mpm != "prefork":  # where a child has one isolate at a time
            assert "isolate_unavailable" in seen
        assert most < (64 + 40) * 1024 * 1024
        assert small.get().text == "fine"

    def test_430_06_one_leaves_half_to_others(self, tenant, httpd, origin):
        """Running ones of one Worker hold half of WfpIsolateMemory."""
        if httpd.mpm == "prefork":
            pytest.skip("a child has one isolate at a time")
        httpd.configure(["WfpLimit cpu_ms 2000", "WfpCoolDown off",
                         "WfpIsolateMemory 64M"])
        lua = """
            local t = {}
            for i = 1, MB do t[i] = ("x"):rep(1000000) .. i end
            WAIT
            return Response.new("x" .. #t)"""
        gate = origin.gate()
        hog = tenant.deploy(worker(lua.replace("MB", "5").replace(
            "WAIT", f'fetch("{gate.url}"):text()')), *PLENTY)
        other = tenant.deploy(worker(lua.replace("MB", "20").replace(
            "WAIT", "")), *PLENTY)
        refused = threading.Event()
        answers = []

        def ask():
            answers.append(hog.get())
            if answers[-1].error:
                refused.set()

        threads = [threading.Thread(target=ask) for _ in range(40)]
        for thread in threads:
            thread.start()
        try:
            assert refused.wait(60)
            # on whichever child it comes
            assert [other.get().error for _ in range(10)] == [None] * 10
        finally:
            gate.set()
        for thread in threads:
            thread.join()
        assert {a.error for a in answers} == {None, "isolate_unavailable"}

    def test_430_03_limit_is_enough(self, tenant):
        made = tenant.deploy(says('#("x"):rep(4000000)'))
        assert made.get().text == "4000000"


class TestStartup:
    """startup_ms."""

    def test_440_01_endless_top_level_is_refused(self, tenant, httpd):
        done = tenant.deploy("while true do end", name="endless", check=False)
        assert done.returncode == 1
        assert "Start-up time limit exceeded" in done.stderr
        assert "endless" not in httpd.wfpctl("list", "demo").stdout

    def test_440_02_big_but_quick(self, tenant):
        made = tenant.deploy(says("#big", 'big = ("x"):rep(1000000)'))
        assert made.get().text == "1000000"


class TestSubrequests:
    """subrequests."""

    def test_450_01_one_too_many(self, tenant, origin):
        made = tenant.deploy(worker(f"""
            for i = 1, 3 do fetch("{origin.url}/status/200"):text() end
            local ok, e = pcall(fetch, "{origin.url}/status/200")
            return Response.json({{ ok = ok, code = e.code, name = e.name,
                limit = e.limit, allowed = e.allowed }})"""),
                             "--limit", "subrequests=3")
        assert made.get().json == {
            "ok": False, "code": "subrequest_limit", "name": "LimitError",
            "limit": "subrequests", "allowed": 3}

    def test_450_02_nobody_catches(self, tenant, origin):
        made = tenant.deploy(worker(f'fetch("{origin.url}/status/200")'),
                             "--limit", "subrequests=0")
        answer = made.get()
        assert (answer.status, answer.error) == (500, "subrequest_limit")

    def test_450_03_hops_count(self, tenant, origin):
        made = tenant.deploy(worker(
            f'return fetch("{origin.url}/redirect/302?to=/status/200")'),
                             "--limit", "subrequests=1")
        assert made.get().error == "subrequest_limit"

    CALLS = """
        local depth = tonumber(request.headers:get("x-depth") or "0")
        local runs = 1
        for i = 1, 4 do
            local ok, n = pcall(function()
                return env.%s:fetch("http://x/", { headers = {
                    ["x-depth"] = tostring(depth + 1) } }):text() end)
            if not ok then break end
            runs = runs + tonumber(n)
        end
        return Response.new(tostring(runs))"""

    def test_450_04_what_a_call_led_to_counts(self, tenant):
        """A Worker that calls itself has so many of them in all, not at each
        depth: 5 runs, not 4 ^ 15."""
        tenant.deploy(says("1"), name="w450-self")
        made = tenant.deploy(worker(self.CALLS % "SELF"), "--binding",
                             "service:SELF=/w450-self", "--limit",
                             "subrequests=4", name="w450-self")
        assert made.get().text == "5"

    def test_450_08_in_parallel(self, tenant):
        tenant.deploy(says("1"), name="w450-beside")
        made = tenant.deploy(worker("""
            if request.headers:get("x-depth") == "2" then
                return Response.new("1")
            end
            local depth = request.headers:get("x-depth") and "2" or "1"
            local runs, calls = 1, {}
            for i = 1, 4 do
                calls[i] = function()
                    local ok, n = pcall(function()
                        return env.SELF:fetch("http://x/", { headers = {
                            ["x-depth"] = depth } }):text() end)
                    runs = runs + (ok and tonumber(n) or 0)
                end
            end
            parallel(table.unpack(calls))
            return Response.new(tostring(runs))"""), "--binding",
                             "service:SELF=/w450-beside", "--limit",
                             "subrequests=4", name="w450-beside")
        assert 2 <= int(made.get().text) <= 5

    def test_450_05_round_about(self, tenant):
        """By way of another one with limits of its own."""
        tenant.deploy(says("1"), name="w450-other")
        made = tenant.deploy(worker(self.CALLS % "OTHER"), "--binding",
                             "service:OTHER=/w450-other", "--limit",
                             "subrequests=6", name="w450-one")
        tenant.deploy(worker(self.CALLS % "ONE"), "--binding",
                      "service:ONE=/w450-one", name="w450-other")
        assert made.get().text == "7"

    def test_450_06_what_the_platform_does_is_its_own(self, tenant, origin):
        """An account Worker's fetches are not the tenant's."""
        service = tenant.deploy(worker(f"""
            for i = 1, 9 do fetch("{origin.url}/status/200"):text() end
            return Response.new("done")"""), ns=None)
        made = tenant.deploy(worker('return env.SVC:fetch(request)'),
                             "--binding", f"service:SVC={service.name}",
                             "--limit", "subrequests=1")
        assert made.get().text == "done"

    def test_450_07_the_error_says_whose(self, tenant, origin):
        tenant.deploy(worker(f'return fetch("{origin.url}/status/200")'),
                      name="w450-below")
        made = tenant.deploy(worker("""
            local ok, e = pcall(function() return env.B:fetch(request) end)
            return Response.json({ ok = ok, code = e.code,
                                   message = e.message, limit = e.limit })"""),
                             "--binding", "service:B=/w450-below", "--limit",
                             "subrequests=1")
        assert made.get().json == {
            "ok": False, "code": "subrequest_limit",
            "message": "Too many subrequests of the Worker that called, with "
                       "those of Workers it led to"}


class TestHeld:
    """memory_mb: what a Worker's calls leave in the request's memory is its
    own, though who made it has ended."""

    LARGE = worker("""return Response.new(nil, {
        headers = { large = ("x"):rep(500000) } })""")
    LOOP = """
        for i = 1, 40 do env.B:fetch("http://x/") end
        return Response.new("done")"""

    def test_455_01_a_siblings_answers(self, tenant):
        tenant.deploy(self.LARGE, name="w455-below")
        made = tenant.deploy(worker(self.LOOP), "--binding",
                             "service:B=/w455-below", "--limit", "memory_mb=8")
        assert made.get().error == "memory_limit"

    def test_455_02_by_way_of_the_platform(self, tenant):
        tenant.deploy(self.LARGE, name="w455-further")
        way = tenant.deploy(worker("""
            return env.D:get("w455-further"):fetch(request)"""), "--binding",
                            "dispatch_namespace:D=demo", ns=None)
        made = tenant.deploy(worker(self.LOOP), "--binding",
                             f"service:B={way.name}", "--limit", "memory_mb=8")
        assert made.get().error == "memory_limit"

    def test_455_03_a_dispatcher_does_not_pay(self, tenant):
        tenant.deploy(self.LARGE, name="w455-user")
        front = tenant.deploy(worker("""
            for i = 1, 40 do env.D:get("w455-user"):fetch("http://x/") end
            return Response.new("done")"""), "--binding",
                              "dispatch_namespace:D=demo", "--limit",
                              "memory_mb=8", ns=None)
        made = tenant.deploy(worker("return env.F:fetch(request)"),
                             "--binding", f"service:F={front.name}",
                             "--limit", "memory_mb=64")
        assert made.get().text == "done"

    def test_455_04_messages_of_fetches(self, tenant, origin):
        made = tenant.deploy(worker(f"""
            local url = "{origin.url}/status/200?" .. ("x"):rep(8000)
            for i = 1, 200 do fetch(url):text() end
            return Response.new("done")"""), "--limit", "subrequests=200",
                             "--limit", "memory_mb=4", "--limit",
                             "cpu_ms=1000")
        assert made.get().error == "memory_limit"

    def test_455_06_console_lines(self, tenant, httpd):
        """Kept for records until the request's end."""
        httpd.configure(["WfpLimit cpu_ms 2000", "WfpCoolDown off",
                         Records.LINE])
        tenant.deploy(worker("""
            local line = ("x"):rep(990)
            for i = 1, 250 do console.log(line) end
            return Response.new("x")"""), name="w455-loud")
        made = tenant.deploy(worker(self.LOOP), "--binding",
                             "service:B=/w455-loud", "--limit", "memory_mb=8")
        assert made.get().error == "memory_limit"

    def test_455_05_small_ones_fit(self, tenant, origin):
        made = tenant.deploy(worker(f"""
            for i = 1, 200 do fetch("{origin.url}/status/200"):text() end
            return Response.new("done")"""), "--limit", "subrequests=200",
                             "--limit", "memory_mb=4", "--limit",
                             "cpu_ms=1000")
        assert made.get().text == "done"


class TestMerge:
    """The least of those given, the ceiling above all."""

    def test_460_01_above_the_ceiling_is_refused(self, tenant):
        done = tenant.deploy(says("1"), "--limit", "cpu_ms=30001", check=False)
        assert done.returncode == 1
        assert "cpu_ms" in done.stderr

    @pytest.mark.parametrize("limit", ["cpu_ms=0", "cpu_ms=x", "nothing=1",
                                       "memory_mb=-1", "wall_ms=9"])
    def test_460_02_wrong_value_is_refused(self, tenant, limit):
        done = tenant.deploy(says("1"), "--limit", limit, check=False)
        assert done.returncode in (1, 2)
        assert limit.split("=")[0] in done.stderr

    def test_460_03_least_wins(self, tenant):
        user = tenant.deploy(worker("while true do end"), *PLENTY,
                             "--limit", "cpu_ms=30")
        front = tenant.deploy(worker(f"""
            local ok, e = pcall(function()
                return env.D:get("{user.name}", nil, {{ limits = {{
                    cpuMs = 5000 }} }}):fetch(request) end)
            return Response.json({{ code = e.code, allowed = e.allowed }})"""),
                              "--binding", "dispatch_namespace:D=demo")
        assert front.get().json == {"code": "cpu_limit", "allowed": 30}


class TestCoolDown:
    """A Worker that is killed too often pauses."""

    def test_470_01_cool_down(self, tenant, httpd, neighbour):
        httpd.configure(["WfpCoolDown 3 1min 30s"])
        made = tenant.deploy(worker("while true do end"), *PLENTY,
                             "--limit", "cpu_ms=5")
        seen = [made.get() for _ in range(8)]
        assert [a.error for a in seen[:3]] == ["cpu_limit"] * 3
        assert seen[-1].error == "worker_overloaded"
        assert seen[-1].status == 429
        assert 1 <= int(seen[-1].get("retry-after")) <= 30


class TestTenantsMistakes:
    """They are told to the client's operator, not to the server's log."""

    def test_480_01_log_stays_quiet(self, tenant, httpd):
        for body in ("while true do end", 'error("x")', "return 1"):
            tenant.deploy(worker(body), *PLENTY).get()
        assert httpd.log.unexpected() == []

    def test_480_02_page_tells_no_details(self, tenant):
        made = tenant.deploy(worker("while true do end"), *PLENTY)
        answer = made.get()
        assert made.name not in json.dumps(answer.json["error"]["message"])
        assert "worker.lua" not in answer.text
