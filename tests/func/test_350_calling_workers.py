# SPDX-License-Identifier: Apache-2.0
"""Bindings that call other Workers: services and dispatch namespaces, as
docs/worker-api tells them."""

import json

import pytest

from wfptest.lua import says, worker
from wfptest.wait import until


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure([])


class TestService:
    """Service bindings and dispatch."""

    def test_350_01_fetch(self, tenant):
        tenant.deploy(says('request.method .. ":" .. request:text()'),
                      ns=None, name="svc-a")
        made = tenant.deploy(worker(
            'return env.SVC:fetch(Request.new("http://svc/", '
            '{method="POST", body="b"}))'), "--binding", "service:SVC=svc-a")
        assert made.get().text == "POST:b"

    def test_350_02_call(self, tenant):
        tenant.deploy("""return { fetch = function() end,
            add = function(env, ctx, a, b) return { sum = a + b.n } end,
            bad = function() error("oops") end }""", ns=None, name="svc-b")
        made = tenant.deploy(worker("""
            local ok, e = pcall(function() return env.SVC:bad() end)
            return Response.json({ sum = env.SVC:add(1, { n = 2 }).sum,
                ok = ok, message = e.message })"""),
                             "--binding", "service:SVC=svc-b")
        told = made.get().json
        assert (told["sum"], told["ok"]) == (3, False)
        assert "oops" in told["message"]

    def test_350_03_missing_service(self, tenant):
        done = tenant.deploy(says("1"), "--binding", "service:SVC=not-there",
                             check=False)
        assert done.returncode == 1
        assert "not-there" in done.stderr

    def test_350_04_loop(self, tenant):
        tenant.deploy(says('"x"'), ns=None, name="svc-loop")
        made = tenant.deploy(worker("return env.SVC:fetch(request)"),
                             "--binding", "service:SVC=svc-loop", ns=None,
                             name="svc-loop")
        front = tenant.deploy(worker("return env.SVC:fetch(request)"),
                              "--binding", "service:SVC=svc-loop")
        assert made
        until(lambda: front.get().error == "loop_detected", "a loop")
        assert front.get().status == 508


    @pytest.fixture
    def echo(self, tenant):
        """call(lua) -> what a Worker answers that has a service with echo."""
        service = tenant.deploy("""return { fetch = function() end,
            echo = function(env, ctx, ...) return ... end,
            count = function(env, ctx, ...) return select("#", ...) end,
            two = function() return 1, 2 end,
            bad = function() return { { print } } end,
            fails = function() error(setmetatable({ print }, {
                __tostring = function() return "by tostring" end })) end,
            slow = function() while true do end end,
            binding = function(env, ctx) return ctx.props end }""",
                                ns=None)

        def call(lua):
            return tenant.deploy(worker(f"""
                local S = env.SVC
                local ok, e = pcall(function() {lua} end)
                return Response.new(tostring(e))"""), "--binding",
                                 f"service:SVC={service.name}").get().text
        return call

    @pytest.mark.parametrize("lua,told", [
        (r'return S:echo("\0\1\2\255") == "\0\1\2\255"', "true"),
        ("return math.type(S:echo(3)) .. math.type(S:echo(3.0))",
         "integerfloat"),
        ("local n = S:echo(0/0) return n ~= n and S:echo(-1/0) == -1/0",
         "true"),
        ("return S:count(nil, 1, nil)", "3"),
        ("return select('#', S:two())", "1"),
        ("local t = S:echo{[1.5]={a={json.null}}, [true]=1} "
         "return t[1.5].a[1] == json.null and t[true] == 1", "true"),
        ("return S:echo(print)", "TypeError: echo: argument 1: a function "
         "cannot be passed to another Worker"),
        ("return S:echo(1, {request})", "TypeError: echo: argument 2: "
         "userdata cannot be passed to another Worker"),
        ("local t = {} t[1] = t return S:echo(t)", "TypeError: echo: "
         "argument 1: a cycle cannot be passed to another Worker"),
        ("return S:bad()", "TypeError: the result: a function cannot be "
         "passed to another Worker"),
        ("return S:fails()", "Error: by tostring"),
        ("return S:missing()", 'TypeError: The Worker has no function '
         '"missing"'),
        ("return S:slow()", "LimitError: Instruction limit exceeded"),
        ("local ok, e = pcall(S.slow, S) return e.worker:sub(1, 1) .. "
         "e.limit", "winstructions"),
        ("return next(S:binding())", "nil"),
    ])
    def test_350_05_values(self, echo, lua, told):
        assert echo(lua) == told

    def test_350_06_what_does_not_fit(self, tenant):
        """Arguments cannot kill a callee with little memory."""
        small = tenant.deploy("return { fetch = function() end, "
                      "f = function(env, ctx, a) return #a end }",
                      "--limit", "memory_mb=1", ns=None)
        made = tenant.deploy(worker("""
            local ok, e = pcall(function()
                return env.SVC:f(("x"):rep(2000000)) end)
            return Response.new(tostring(e) .. env.SVC:f("abc"))"""),
                             "--binding", f"service:SVC={small.name}")
        for _ in range(30):  # more than would make a cool-down
            assert made.get().text == ("RangeError: the values do not fit into "
                                       "the Worker's memory3")


DISPATCH = """
return { fetch = function(request, env, ctx)
    local ask = request:json()
    local ok, out = pcall(function()
        local user = env.DISPATCHER:get(ask.name, ask.args, ask.options)
        local r = user:fetch(Request.new("http://user/p", {
            method = "POST", body = ask.body or "" }))
        return { status = r.status, text = r:text() }
    end)
    if not ok then
        out = { name = out.name, code = out.code, message = out.message,
            limit = out.limit, allowed = out.allowed, used = out.used,
            worker = out.worker, namespace = out.namespace,
            line = out.line, stack = out.stack }
    end
    return Response.json(out)
end }
"""


class TestDispatch:
    """The dispatch_namespace binding."""

    @pytest.fixture
    def ask(self, tenant):
        front = tenant.deploy(DISPATCH, "--binding",
                              "dispatch_namespace:DISPATCHER=demo")

        def call(name, **what):
            return front.post(json.dumps({"name": name, **what}).encode()).json
        return call

    def test_360_01_get_and_fetch(self, ask, tenant):
        user = tenant.deploy(says(
            'request.url .. " " .. request:text() .. " " .. ctx.props.plan'))
        assert ask(user.name, body="B", args={"plan": "pro"}) == {
            "status": 200, "text": "http://user/p B pro"}

    def test_360_02_not_found(self, ask):
        told = ask("nobody")
        assert told["code"] == "worker_not_found"
        assert told["message"].startswith("Worker not found")

    def test_360_03_exception(self, ask, tenant):
        user = tenant.deploy(worker('\nerror("my fault")'))
        told = ask(user.name)
        assert (told["name"], told["code"]) == ("Error", "exception")
        assert "my fault" in told["message"]
        assert "worker.lua:" in told["message"] + (told.get("stack") or "")

    def test_360_04_limits_of_the_call(self, ask, tenant):
        user = tenant.deploy(worker("while true do end"))
        told = ask(user.name, options={"limits": {
            "cpuMs": 10, "instructions": 1000000000000}})
        assert (told["name"], told["code"], told["limit"]) == (
            "LimitError", "cpu_limit", "cpu_ms")
        assert told["allowed"] == 10
        assert told["used"] >= 10
        assert (told["worker"], told["namespace"]) == (user.name, "demo")

    def test_360_05_wrong_limit(self, ask, tenant):
        user = tenant.deploy(says("1"))
        assert ask(user.name, options={"limits": {"cpuMs": 0}})["name"] == \
            "TypeError"

    def test_360_06_outbound_parameters(self, tenant, origin):
        tenant.deploy(worker("""
            local h = Headers.new(request.headers)
            h:set("Authorization", "Bearer " .. env.customer)
            return fetch(Request.new(request, { headers = h }))"""),
                      ns=None, name="out-a")
        front = tenant.deploy(
            DISPATCH, "--binding", "dispatch_namespace:DISPATCHER=demo",
            "--outbound", "out-a:customer")
        user = tenant.deploy(worker(
            f'local h = fetch("{origin.url}/echo"):json().headers '
            "return Response.json(h)"))
        told = front.post(json.dumps({
            "name": user.name,
            "options": {"outbound": {"customer": "c1"}}}).encode()).json
        sent = {k.lower(): v for k, v in
                dict(json.loads(told["text"])).items()}
        assert sent["authorization"] == "Bearer c1"

    def test_360_11_outbound_after_the_dispatcher_has_ended(
            self, httpd, tenant, origin):
        httpd.configure(["WfpIsolateReuse off"])
        tenant.deploy(worker(
            'return Response.new("out " .. env.customer .. env.fixed)'),
                      ns=None, name="out-late")
        user = tenant.deploy(worker(f"""
            local n = 0
            return Response.new(function()
                n = n + 1
                if n < 3 then return fetch("{origin.url}/echo"):text() end
            end)"""))
        front = tenant.deploy(worker(f"""
            return env.D:get("{user.name}", nil, {{ outbound = {{
                customer = "c1", fixed = "f" }} }}):fetch(request)"""),
                              "--binding", "dispatch_namespace:D=demo",
                              "--outbound", "out-late:customer,fixed")
        assert front.get().text == "out c1f" * 2

    def test_360_07_outbound_of_the_namespace(self, tenant, origin):
        tenant.deploy(says('"from outbound: " .. request.url'), ns=None,
                      name="out-b")
        ns = tenant.namespace("--outbound", "out-b")
        user = tenant.deploy(worker(f'return fetch("{origin.url}/echo")'),
                             ns=ns)
        assert user.get().text == f"from outbound: {origin.url}/echo"

    def test_360_08_outbound_missing_is_no_way_out(self, tenant, origin):
        ns = tenant.namespace("--outbound", "out-missing")
        user = tenant.deploy(worker(f'return fetch("{origin.url}/echo")'),
                             ns=ns)
        origin.requests.clear()
        assert user.get().status >= 400
        assert origin.requests == []

    def test_360_10_props(self, ask, tenant):
        user = tenant.deploy(worker("""
            local ok, e = pcall(function() ctx.props.a = 1 end)
            return Response.new(tostring(e) .. json.encode(ctx.props.list)
                .. tostring(ctx.props.missing) .. #ctx.props)"""))
        told = ask(user.name, args={"a": 2, "list": [1, None]})
        assert told.get("text", told) == \
            "TypeError: Cannot assign to read only property 'a'[1,null]nil0"
        none = tenant.deploy(says("json.encode(ctx.props)"))
        assert ask(none.name).get("text") == "{}"

    def test_360_09_streams_through_both(self, ask, tenant, origin):
        front = tenant.deploy(worker(
            "return env.D:get(request.headers:get('x-w')):fetch(request)"),
                              "--binding", "dispatch_namespace:D=demo")
        user = tenant.deploy(worker(
            f'return fetch("{origin.url}/count", '
            '{method="POST", body=request.body})'))
        size = 36 * 1024 * 1024
        answer = front.post((b"y" * 65536 for _ in range(size // 65536)),
                            headers=[("x-w", user.name)])
        assert answer.json["bytes"] == size


class TestProps:
    """Custom bindings: what the platform tells its Worker with each call."""

    SERVICE = """return {
        fetch = function(request, env, ctx)
            return Response.json(ctx.props) end,
        tell = function(env, ctx, ...)
            local ok, e = pcall(function() ctx.props.customer = "x" end)
            return { props = json.encode(ctx.props), refused = tostring(e),
                     args = { ... } } end,
        later = function(env, ctx)
            ctx:waitUntil(function() console.log(ctx.props.customer) end) end,
        scheduled = function(env, ctx) return "called" end,
        queue = function(env, ctx) return "called" end }"""

    @pytest.fixture
    def service(self, tenant):
        return tenant.deploy(self.SERVICE, ns=None).name

    def test_350_60_fetch_and_functions_see_them(self, tenant, service):
        props = '{"customer":"a","n":[1,null,{"x":""}],"ok":true}'
        made = tenant.deploy(worker("""
            local got = env.S:tell("b")
            return Response.json({ got.props, got.refused, got.args[1],
                env.S:fetch("http://x/"):text(),
                table.unpack({ parallel(function() return env.S:tell().props
                    end, function() return env.S:fetch("http://x/"):text()
                    end) }) })"""),
                             "--binding", f"service:S={service},{props}")
        got = made.get().json
        want = json.loads(props)
        assert [json.loads(got[i]) for i in (0, 3, 4, 5)] == [want] * 4
        assert got[1:3] == ["TypeError: Cannot assign to read only property "
                            "'customer'", "b"]

    def test_350_61_the_caller_has_no_say(self, tenant, service):
        """Nothing that it can name, assign or pass becomes props."""
        made = tenant.deploy(worker("""
            local out = {}
            for _, key in ipairs({ "props", "binding", "target", "text" }) do
                pcall(function() env.S[key] = { customer = "b" } end)
                pcall(function() rawset(env.S, key, { customer = "b" }) end)
            end
            ctx.x, ok = pcall(function() ctx.props = { customer = "b" } end)
            pcall(function() env.S.props = 1 end)
            local forged = env.S:fetch(Request.new("http://x/", {
                headers = { props = '{"customer":"b"}' } }),
                { props = { customer = "b" } }):text()
            local own = json.encode(ctx.props)
            local seen = pcall(env.S.props, env.S)
            return Response.json({ forged, own, tostring(seen),
                env.S:tell({ props = { customer = "b" } }).props })"""
                                    .replace("ctx.x, ok = ", "")),
                             "--binding",
                             f'service:S={service},{{"customer":"a"}}')
        assert made.get().json == ['{"customer":"a"}', "{}", "false",
                                   '{"customer":"a"}']

    def test_350_62_of_the_binding_that_was_used(self, tenant, service):
        """Two bindings of one service; and a service's services see theirs."""
        made = tenant.deploy(worker("""
            return Response.new(env.A:tell().props .. env.B:tell().props
                .. env.C:tell().props)"""), "--binding",
                             f'service:A={service},{{"customer":"a"}}',
                             "--binding",
                             f'service:B={service},{{"customer":"b"}}',
                             "--binding", f"service:C={service}")
        assert made.get().text == '{"customer":"a"}{"customer":"b"}{}'
        middle = tenant.deploy(worker("""
            return Response.new(json.encode(ctx.props)
                .. env.S:tell().props)"""), "--binding", f"service:S={service}",
                               ns=None)
        front = tenant.deploy(worker("return env.M:fetch(request)"),
                              "--binding",
                              f'service:M={middle.name},{{"customer":"a"}}')
        assert front.get().text == '{"customer":"a"}{}'

    def test_350_63_they_outlive_the_caller(self, tenant, service, httpd,
                                            records):
        httpd.configure([records.LINE])
        made = tenant.deploy(worker("env.S:later() return Response.new('x')"),
                             "--binding",
                             f'service:S={service},{{"customer":"kept"}}')
        assert made.get().text == "x"
        assert records.of(service)["logs"][0]["message"] == ["kept"]

    def test_350_64_handlers_are_no_functions(self, tenant, service):
        made = tenant.deploy(worker("""
            local out = {}
            for i, name in ipairs({ "scheduled", "queue", "tail", "none" }) do
                local ok, e = pcall(env.S[name], env.S)
                out[i] = tostring(e)
            end
            return Response.json(out)"""), "--binding", f"service:S={service}")
        assert made.get().json == [
            f'TypeError: The Worker has no function "{name}"'
            for name in ("scheduled", "queue", "tail", "none")]

    @pytest.mark.parametrize("props, why", [
        ("[1]", '"props" is not an object'), ("{", "props: "),
        ('{"a":1,"a":2}', "props: "),
        ('{"D1":{"$binding":{"type":"d1"}}}',
         '"props.D1.$binding" is not supported'),
        ('{"a":"' + "x" * 5120 + '"}', "is larger than 5 KB"),
        ('{"a":' + "[" * 200 + "]" * 200 + "}", "props: ")])
    def test_350_65_what_may_not_be(self, tenant, service, props, why):
        done = tenant.deploy(says("1"), "--binding",
                             f"service:S={service},{props}", check=False)
        assert done.returncode == 1 and why in done.stderr, done.stderr
