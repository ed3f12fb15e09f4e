# SPDX-License-Identifier: Apache-2.0
"""parallel(): calls that overlap are shown by an origin that answers when so
many are in at the same time, not by a clock."""

import threading
import time

import pytest

from wfptest.lua import says, worker
from wfptest.records import Records
from wfptest.wait import until

LONG = 20000
PLENTY = ("--limit", "instructions=1000000000000")


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure([Records.LINE])


@pytest.fixture
def run(tenant, origin):
    """Deploy a handler's code and give its answer. MEET4: a function that
    fetches /meet/4."""
    def call(code, *options, top=""):
        top = ("local function meet(n) return function()\n"
               f'return fetch("{origin.url}/meet/" .. n):text() end end\n'
               f'local ORIGIN = "{origin.url}"\n' + top)
        return tenant.deploy(worker(code, top), *options).get()
    return call


class TestOverlap:
    """Calls wait at the same time."""

    def test_380_01_fetches(self, run):
        assert run("""return Response.new(table.concat({
            parallel(meet(6), meet(6), meet(6), meet(6), meet(6), meet(6))
            }, " "))""").text == "met met met met met met"

    def test_380_02_through_an_outbound_worker(self, tenant, origin):
        tenant.deploy(worker("return fetch(request)"), ns=None, name="out-380")
        space = tenant.namespace("--outbound", "out-380")
        made = tenant.deploy(worker(f"""
            local function f()
                return fetch("{origin.url}/meet/3"):text() end
            return Response.new(table.concat({{ parallel(f, f, f) }}))"""),
                             ns=space)
        assert made.get().text == "metmetmet"

    def test_380_03_dispatched_workers(self, tenant, origin):
        user = tenant.deploy(worker(
            f'return fetch("{origin.url}/meet/4")'))
        front = tenant.deploy(worker(f"""
            local function f() return env.DISPATCHER:get("{user.name}"):fetch(
                request):text() end
            return Response.new(table.concat({{ parallel(f, f, f, f) }}))"""),
                              "--binding",
                              "dispatch_namespace:DISPATCHER=demo")
        assert front.get().text == "metmetmetmet"

    def test_380_04_services(self, tenant, origin):
        tenant.deploy(f"""return {{
            fetch = function() return fetch("{origin.url}/meet/4") end,
            ask = function(env, ctx, n)
                return n .. fetch("{origin.url}/meet/4"):text() end }}""",
                      ns=None, name="svc-380")
        front = tenant.deploy(worker("""
            local function f() return env.SVC:fetch(request):text() end
            local function g() return env.SVC:ask(7) end
            return Response.new(table.concat({ parallel(f, g, f, g) }))"""),
                              "--binding", "service:SVC=svc-380")
        assert front.get().text == "met7metmet7met"

    def test_380_05_in_coroutines_of_the_worker(self, run):
        assert run("""
            local function f()
                local out = {}
                for v in coroutine.wrap(function()
                    for i = 1, 3 do coroutine.yield(meet(2)()) end end) do
                    out[#out + 1] = v
                end
                return table.concat(out)
            end
            return Response.new(table.concat({ parallel(f, f) }, " "))
            """).text == "metmetmet metmetmet"

    def test_380_06_in_pcall(self, run):
        assert run("""
            local function f()
                local ok, text = pcall(meet(2))
                local bad, e = pcall(fetch, "http://127.0.0.1:1/")
                return text .. tostring(bad) .. e.code
            end
            return Response.new(table.concat({ parallel(f, f) }, " "))
            """).text == "metfalseegress_blocked metfalseegress_blocked"

    def test_380_07_nested(self, run):
        assert run("""
            local function two()
                local a, b = parallel(meet(4), meet(4)) return a .. b end
            return Response.new(table.concat({ parallel(two, two) }, " "))
            """).text == "metmet metmet"

    def test_380_08_in_wait_until(self, tenant, origin):
        before = origin.came
        made = tenant.deploy(worker(f"""
            local function f()
                return fetch("{origin.url}/meet/3"):text() end
            ctx:waitUntil(function()
                assert(table.concat({{ parallel(f, f, f) }}) == "metmetmet")
                fetch("{origin.url}/echo/380-08")
            end)
            return Response.new("now")"""))
        assert made.get().text == "now"
        until(lambda: any(path == "/echo/380-08"
                          for _, path, _ in origin.requests), "the end")
        assert origin.came == before + 3

    def test_380_09_many_requests_at_once(self, tenant, origin):
        made = tenant.deploy(worker(f"""
            local function f()
                return fetch("{origin.url}/slow/50"):text() end
            return Response.new(table.concat({{ parallel(f, f, f, f) }}))"""))
        got = []
        threads = [threading.Thread(target=lambda: got.append(made.get().text))
                   for _ in range(24)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert got == ["slow" * 4] * 24

    def test_380_10_the_clock_goes_on(self, run):
        assert run("""
            local start, a, b, c = Date.now()
            parallel(function() scheduler.wait(30) a = Date.now()
                         scheduler.wait(30) b = Date.now() end,
                     function() scheduler.wait(60) c = Date.now() end)
            return Response.new(tostring(a - start >= 29 and b - a >= 29
                                         and c - start >= 59))
            """).text == "true"


    def test_380_11_what_called_workers_leave(self, tenant, origin, records):
        """Their records, console, waitUntil, subrequests."""
        user = tenant.deploy(worker(f"""
            console.log("told", ctx.props.n)
            fetch("{origin.url}/echo/380-11")
            ctx:waitUntil(function(n)
                fetch("{origin.url}/echo/380-11-" .. n) end, ctx.props.n)
            return Response.new("n" .. ctx.props.n)"""))
        front = tenant.deploy(worker(f"""
            local function f(n) return function()
                return env.D:get("{user.name}", {{ n = n }}):fetch("http://x/"
                    ):text() end end
            return Response.new(table.concat({{ parallel(f(1), f(2), f(3)) }}))
            """), "--binding", "dispatch_namespace:D=demo")
        assert front.get().text == "n1n2n3"
        paths = {f"/echo/380-11-{n}" for n in (1, 2, 3)}
        until(lambda: paths <= {path for _, path, _ in origin.requests},
              "what was left")
        until(lambda: len([r for r in records.all()
                           if r["scriptName"] == user.name]) == 3, "records")
        mine = [r for r in records.all() if r["scriptName"] == user.name]
        assert sorted(r["logs"][0]["message"][0] for r in mine) == [
            "told 1", "told 2", "told 3"]
        assert [r["subrequests"] for r in mine] == [2, 2, 2]
        assert records.of(front.name)["subrequests"] == 3

    def test_380_12_calls_by_the_dozen(self, tenant):
        """More than there are threads for one Worker."""
        user = tenant.deploy(worker("scheduler.wait(20) return Response.new('x')"))
        front = tenant.deploy(worker(f"""
            local f = {{}}
            for i = 1, 200 do f[i] = function()
                return env.D:get("{user.name}"):fetch("http://x/"):text() end end
            return Response.new(table.concat({{ parallel(table.unpack(f)) }}))
            """), "--binding", "dispatch_namespace:D=demo",
                              "--limit", "subrequests=200",
                              "--limit", "cpu_ms=1000", *PLENTY)
        assert front.get().text == "x" * 200


class TestBodies:
    """What is sent and what comes back."""

    def test_381_01_bodies_of_text(self, run):
        assert run("""
            local function f(n) return function()
                local r = fetch(ORIGIN .. "/echo/" .. n, { method = "POST",
                    body = ("x"):rep(n), headers = { ["x-a"] = "b" } })
                return #r:json().body end end
            return Response.new(table.concat({
                parallel(f(1), f(1000), f(200000)) }, " "))
            """).text == "1 1000 200000"

    def test_381_02_streams_are_sent_too(self, tenant, origin):
        made = tenant.deploy(worker(f"""
            local function f(body) return function()
                return fetch("{origin.url}/count", {{ method = "POST",
                    body = body }}):json().bytes end end
            local n = 0
            local function chunks()
                n = n + 1 return n <= 3 and ("y"):rep(1000) or nil end
            return Response.new(table.concat({{
                parallel(f(chunks), f(request.body), f(("z"):rep(1000000)))
            }}, " "))"""))
        assert made.post(b"q" * 300000).text == "3000 300000 1000000"

    def test_381_03_large_answers(self, run, origin):
        assert run("""
            local function f(n) return function()
                local r, size = fetch(ORIGIN .. "/huge/" .. n), 0
                for chunk in r.body:chunks() do size = size + #chunk end
                return size end end
            return Response.new(table.concat({
                parallel(f(3000000), f(2000000), f(10)) }, " "))
            """).text == "3000000 2000000 10"

    def test_381_04_an_answer_is_passed_on(self, run):
        answer = run("""
            local a, b = parallel(
                function() return fetch(ORIGIN .. "/huge/2000000") end,
                function() return fetch(ORIGIN .. "/echo/x") end)
            return a""")
        assert len(answer.body) == 2000000

    def test_381_05_a_body_function_of_another_worker(self, tenant):
        user = tenant.deploy(worker("""
            local n = 0
            return Response.new(function() n = n + 1
                return n <= 3 and tostring(n) or nil end)"""))
        front = tenant.deploy(worker(f"""
            local function f() return env.D:get("{user.name}"):fetch(
                "http://x/") end
            local a, b = parallel(f, f)
            local text = a:text()
            return Response.new(b.body, {{ headers = {{ ["x-a"] = text }} }})
            """), "--binding", "dispatch_namespace:D=demo")
        answer = front.get()
        assert (answer.text, dict(answer.headers)["x-a"]) == ("123", "123")


    @pytest.mark.parametrize("read", [
        "r:text()", "r.body:read()", "r.body:chunks()()",
        "coroutine.wrap(function() return r:text() end)()"])
    def test_381_06_a_body_that_is_waited_for(self, run, read):
        """Its bytes come when the other function makes its last call."""
        assert run(f"""
            local a, b = parallel(function()
                local r = fetch(ORIGIN .. "/meet-body/2") return {read} end,
                function() scheduler.wait(20) fetch(ORIGIN .. "/echo/x")
                    scheduler.wait(20) return meet(2)() end)
            return Response.new(a .. b)""").text == "metmet"

    def test_381_07_two_want_the_same_body(self, run):
        assert run("""
            local r = fetch(ORIGIN .. "/meet-body/2")
            local function read() return r.body:read() end
            local function try(f, ...) local ok, e = pcall(f, ...)
                return ok and tostring(e) or e.message end
            return Response.new(table.concat({ parallel(read,
                function() return try(read) end,
                function() return try(r.body.cancel, r.body) end,
                function() return try(r.text, r) end, meet(2)) }, ","))
            """).text == ("met,Body is being read,Body is being read,"
                          "Body has already been used,met")

    def test_381_08_a_kill_while_bodies_are_waited_for(self, run):
        start = time.monotonic()
        assert run(f"""
            local function f() return fetch(ORIGIN .. "/body-later/{LONG}"
                ):text() end
            parallel(f, f, function() scheduler.wait(100)
                while true do end end)""", *PLENTY).error == "cpu_limit"
        assert time.monotonic() - start < LONG / 2000


class TestErrors:
    """The first error, after all have ended."""

    def test_382_01_the_first_in_time(self, run):
        assert run("""
            local ended
            local ok, e = pcall(parallel,
                function() scheduler.wait(100) ended = true error("late") end,
                function() fetch("http://127.0.0.1:1/") end)
            return Response.new(e.code .. tostring(ended))
            """).text == "egress_blockedtrue"

    def test_382_02_uncaught(self, run):
        answer = run('parallel(function() fetch("http://127.0.0.1:1/") end)')
        assert answer.error == "egress_blocked"

    def test_382_03_another_workers_limit(self, tenant):
        user = tenant.deploy(worker("while true do end"), *PLENTY)
        front = tenant.deploy(worker(f"""
            local function f() return env.D:get("{user.name}", nil, {{
                limits = {{ cpuMs = 10 }} }}):fetch("http://x/") end
            local ok, e = pcall(parallel, f, f, function() return 1 end)
            return Response.new(e.code .. " " .. e.worker)"""),
                              "--binding", "dispatch_namespace:D=demo")
        assert front.get().text == f"cpu_limit {user.name}"

    def test_382_04_subrequests_are_counted(self, run, records):
        assert run("""
            local f = {}
            for i = 1, 12 do f[i] = function()
                local ok, e = pcall(fetch, ORIGIN .. "/echo/" .. i)
                return ok and "y" or e.code end end
            local all = table.concat({ parallel(table.unpack(f)) }, " ")
            local _, ys = all:gsub("y", "")
            local _, limits = all:gsub("subrequest_limit", "")
            return Response.new(ys .. " " .. limits)
            """, "--limit", "subrequests=8").text == "8 4"


class TestConnections:
    """The limit `connections`."""

    def test_383_01_more_wait(self, run, origin):
        with origin.crowd:
            origin.most = 0
        assert run("""
            local f = {}
            for i = 1, 12 do f[i] = meet(3) end
            return Response.new(table.concat({ parallel(table.unpack(f)) }))
            """, "--limit", "connections=3").text == "met" * 12
        assert origin.most == 3

    def test_383_02_of_the_top_request(self, tenant, origin):
        """Also where other Workers send for it."""
        with origin.crowd:
            origin.most = 0
        tenant.deploy(worker(f"""
            local function f() return fetch("{origin.url}/meet/2"):text() end
            return Response.new(table.concat({{ parallel(f, f, f, f) }}))"""),
                      "--limit", "connections=2", ns=None, name="svc-383")
        front = tenant.deploy(worker("""
            local function f() return env.SVC:fetch("http://x/"):text() end
            return Response.new(table.concat({ parallel(f, f, f) }))"""),
                              "--binding", "service:SVC=svc-383")
        assert front.get().text == "met" * 12
        assert origin.most == 2

    def test_383_03_a_body_that_fetches(self, run):
        """It holds a connection while its body makes it want another."""
        assert run("""
            local n = 0
            local function body()
                n = n + 1
                return n == 1 and fetch(ORIGIN .. "/echo/in"):json().path or nil
            end
            local function f() return fetch(ORIGIN .. "/echo/out", {
                method = "POST", body = body }):json().body end
            return Response.new((parallel(f, meet(1))))
            """, "--limit", "connections=1").text == "/echo/in"

    def test_383_04_a_body_that_fetches_in_parallel(self, run):
        """On the connection that it holds, one after the other."""
        assert run("""
            local n = 0
            local function get()
                return fetch(ORIGIN .. "/echo/in"):json().path
            end
            local function body()
                n = n + 1
                return n == 1 and table.concat({ parallel(get, get) }) or nil
            end
            parallel(get)
            return fetch(ORIGIN .. "/echo/out", {
                method = "POST", body = body }):json().body == "/echo/in/echo/in"
                and Response.new("both")
            """, "--limit", "connections=1").text == "both"


class TestAbort:
    """AbortController and AbortSignal."""

    def test_385_01_a_fetch_in_flight(self, run):
        start = time.monotonic()
        assert run(f"""
            local c = AbortController.new()
            local ok, e = pcall(parallel, function()
                fetch(ORIGIN .. "/slow/{LONG}", {{ signal = c.signal }}) end,
                function() meet(1)() c:abort() end)
            return Response.new(tostring(e) .. " " .. e.code)""").text == (
                "AbortError: The operation was aborted aborted")
        assert time.monotonic() - start < LONG / 2000

    @pytest.mark.parametrize("page", ["slow", "body-later"])
    def test_385_02_a_timeout_of_a_fetch(self, run, page):
        start = time.monotonic()
        assert run(f"""
            local s = AbortSignal.timeout(100)
            local ok, e = pcall(function()
                return fetch(ORIGIN .. "/{page}/{LONG}", {{ signal = s }}
                    ):text() end)
            return Response.new(e.name .. " " .. e.code .. " "
                .. tostring(s.aborted))""").text == "TimeoutError timeout true"
        assert time.monotonic() - start < LONG / 2000

    @pytest.mark.parametrize("inside", ["scheduler.wait({})",
                                        'fetch("ORIGIN/slow/{}")'])
    @pytest.mark.parametrize("how", ["f()", "parallel(f)"])
    def test_385_03_of_another_worker(self, tenant, origin, inside, how):
        user = tenant.deploy(worker(
            inside.format(LONG).replace("ORIGIN", origin.url)))
        front = tenant.deploy(worker(f"""
            local function f() env.D:get("{user.name}"):fetch("http://x/", {{
                signal = AbortSignal.timeout(100) }}) end
            local ok, e = pcall(function() {how} end)
            return Response.new(e.code)"""),
                              "--binding", "dispatch_namespace:D=demo")
        start = time.monotonic()
        assert front.get().text == "timeout"
        assert time.monotonic() - start < LONG / 2000

    @pytest.mark.parametrize("read", ["r:text()", "r.body:read()"])
    def test_385_05_a_body_in_flight(self, run, read):
        start = time.monotonic()
        assert run(f"""
            local c = AbortController.new()
            local ok, e = pcall(parallel, function()
                local r = fetch(ORIGIN .. "/body-later/{LONG}", {{
                    signal = c.signal }})
                return {read} end,
                function() scheduler.wait(100) c:abort() end)
            local r = fetch(ORIGIN .. "/body-later/{LONG}", {{
                signal = AbortSignal.timeout(50) }})
            local ok2, e2 = pcall(function() return {read} end)
            return Response.new(e.code .. e2.code)""").text == (
                "abortedtimeout")
        assert time.monotonic() - start < LONG / 2000

    def test_385_04_aborts_other_workers(self, tenant, origin):
        user = tenant.deploy(worker(f"scheduler.wait({LONG})"))
        front = tenant.deploy(worker(f"""
            local c = AbortController.new()
            local function f() env.D:get("{user.name}"):fetch("http://x/", {{
                signal = c.signal }}) end
            local ok, e = pcall(parallel, f, f, function()
                scheduler.wait(30) c:abort("bye") end)
            return Response.new(e.code .. e.message)"""),
                              "--binding", "dispatch_namespace:D=demo")
        start = time.monotonic()
        assert front.get().text == "abortedbye"
        assert time.monotonic() - start < LONG / 2000


class TestEnds:
    """Limits, disconnects and restarts while calls run beside."""

    def test_384_01_a_kill_ends_them(self, run, records):
        start = time.monotonic()
        answer = run(f"""
            local function hang() fetch(ORIGIN .. "/slow/{LONG}") end
            parallel(hang, hang, function()
                scheduler.wait(50) while true do end end)""", *PLENTY)
        assert answer.error == "cpu_limit"
        assert time.monotonic() - start < LONG / 2000

    def test_384_02_also_in_other_workers(self, tenant, origin):
        user = tenant.deploy(worker(
            f'return fetch("{origin.url}/slow/{LONG}")'))
        sleeper = tenant.deploy(worker(f"scheduler.wait({LONG})"))
        front = tenant.deploy(worker(f"""
            local function f(name) return function()
                return env.D:get(name):fetch("http://x/") end end
            parallel(f("{user.name}"), f("{sleeper.name}"), function()
                scheduler.wait(50) while true do end end)"""), *PLENTY,
                              "--binding", "dispatch_namespace:D=demo")
        start = time.monotonic()
        assert front.get().error == "cpu_limit"
        assert time.monotonic() - start < LONG / 2000

    def test_384_03_the_wall_limit(self, run):
        answer = run(f"""
            local function hang() fetch(ORIGIN .. "/slow/{LONG}") end
            parallel(hang, hang, function() scheduler.wait({LONG}) end)""",
                     "--limit", "wall_ms=300")
        assert answer.error == "wall_limit"

    @pytest.mark.parametrize("calls,fetches", [
        ("hang, hang, sleep", 2),
        ("hang, post", 1),  # which waits for the connection, on its own thread
    ])
    def test_384_04_a_client_that_goes_away(self, tenant, client, origin,
                                            records, calls, fetches):
        made = tenant.deploy(worker(f"""
            local function hang() fetch("{origin.url}/slow/{LONG}") end
            local function sleep() scheduler.wait({LONG}) end
            local function post() fetch("{origin.url}/echo/x", {{
                method = "POST", body = function() end }}) end
            parallel({calls})"""), "--limit", f"connections={fetches}")
        origin.requests.clear()
        conn = client.connection()
        conn.request("GET", made.path + "/")
        until(lambda: len([1 for _, path, _ in origin.requests
                           if path == f"/slow/{LONG}"]) >= fetches, "fetches")
        start = time.monotonic()
        conn.close()
        record = records.of(made.name)
        assert record["outcome"] == "canceled"
        assert time.monotonic() - start < LONG / 2000

    def test_384_05_a_thousand_that_hang(self, run):
        answer = run("""
            local f = {}
            for i = 1, 1000 do f[i] = function() scheduler.wait(30000) end end
            parallel(table.unpack(f))""", "--limit", "wall_ms=300")
        assert answer.error == "wall_limit"

    def test_384_06_no_thread_is_lost(self, run, httpd):
        """More hangs and kills than there are threads."""
        for _ in range(12):
            assert run(f"""
                local f = {{}}
                for i = 1, 15 do
                    f[i] = function() fetch(ORIGIN .. "/slow/{LONG}") end end
                f[16] = function() while true do end end
                parallel(table.unpack(f))""", *PLENTY).error == "cpu_limit"
        assert run("""return Response.new(table.concat({
            parallel(meet(6), meet(6), meet(6), meet(6), meet(6), meet(6))
            }))""").text == "met" * 6

    def test_384_07_a_graceful_restart(self, tenant, origin, httpd):
        made = tenant.deploy(worker(f"""
            local function f()
                return fetch("{origin.url}/slow/1500"):text() end
            return Response.new(table.concat({{ parallel(f, f) }}))"""))
        got = []
        thread = threading.Thread(target=lambda: got.append(made.get().text))
        seen = len(origin.requests)
        thread.start()
        until(lambda: len(origin.requests) >= seen + 2, "two fetches")
        httpd.graceful()
        thread.join()
        assert got == ["slowslow"]
        assert tenant.deploy(says("1")).get().text == "1"
