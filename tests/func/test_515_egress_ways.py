# SPDX-License-Identifier: Apache-2.0
"""Where a user Worker's calls may go, by its namespace and by itself."""

import itertools
import time

import pytest

from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.lua import says, worker
from wfptest.origin import Origin
from wfptest.records import Records
from wfptest.tailing import Listener, tail
from wfptest.tenant import Tenant
from wfptest.ticks import Ticks, scheduled
from wfptest.wait import until

ORDER = ["none", "outbound", "direct"]
TAGS = itertools.count(1)
NS = f"ways-{time.monotonic_ns()}"

# Every place where code of a Worker can run, and how many calls it makes.
WAYS = {
    "plain": ("return Response.new(ask())", 1),
    "parallel": ("return Response.new(tostring(parallel(ask, ask, ask)))", 3),
    "background": ('ctx:waitUntil(ask) return Response.new("200")', 1),
    "background_parallel": ("""
        ctx:waitUntil(function() parallel(ask, ask) end)
        return Response.new("200")""", 2),
    "rewriter": ("""
        return HTMLRewriter.new():on("b", { element = function(el)
            el:replace(ask()) end }):transform(Response.new("<b>b</b>"))""",
                 1),
    "stream": ("""
        local n = 0
        return Response.new(function()
            n = n + 1
            ask()
            return n == 1 and "200" or nil
        end)""", 2),
    "request_body": ("""
        local n = 0
        return Response.new(fetch(env.ORIGIN .. "/echo", { method = "POST",
            body = function()
                n = n + 1
                return n == 1 and ask() or nil
            end }).status)""", 1),
    "coroutine": ("return Response.new(coroutine.wrap(ask)())", 1),
    "redirect": ("""
        return Response.new(fetch(env.ORIGIN .. "/redirect/302?to=/echo%3F"
            .. "tag=" .. tag).status)""", 2),
    "service": ("return env.SVC:fetch(request)", 1),
    "service_function": ("return Response.new(env.SVC:ask(tag))", 1),
    "service_background": (
        'env.SVC:later(tag) return Response.new("200")', 1),
}


def user_worker():
    """Does what its path says."""
    ways = ",\n".join(f"{name} = function(request, env, ctx, tag, ask) "
                      f"{body} end" for name, (body, _) in WAYS.items())
    return worker("""
        local url = URL.new(request.url)
        local tag = url.searchParams:get("tag")
        return ways[url.pathname:match("[^/]+$")](request, env, ctx, tag,
            function()
                return tostring(fetch(env.ORIGIN .. "/echo?tag=" .. tag).status)
            end)""", f"local ways = {{\n{ways} }}")


SERVICE = """
local function ask(env, tag)
    return tostring(fetch(env.ORIGIN .. "/echo?tag=" .. tag).status)
end
return {
    fetch = function(request, env)
        return Response.new(ask(env,
            URL.new(request.url).searchParams:get("tag")))
    end,
    ask = function(env, ctx, tag) return ask(env, tag) end,
    later = function(env, ctx, tag)
        ctx:waitUntil(function() ask(env, tag) end)
    end,
}"""

# Lets everything go on, with a mark.
DOOR = worker("""
    local h = Headers.new(request.headers)
    h:append("X-Door", "1")
    return fetch(Request.new(request, { headers = h }))""")

DISPATCHER = worker("""
    local name = URL.new(request.url).pathname:match("^/([^/]+)")
    return env.USERS:get(name):fetch(request)""")


def vhost(httpd, name, *lines):
    return [f"<VirtualHost 127.0.0.1:{httpd.port}>", f"ServerName {name}",
            *lines, "</VirtualHost>"]


@pytest.fixture(autouse=True)
def _conf(httpd):
    """A server that begins user Workers in every way."""
    httpd.configure([
        *vhost(httpd, "none.test"),
        *vhost(httpd, "built.test", f"WfpNamespace {NS}", "WfpRouteBy path"),
        *vhost(httpd, "front.test", f"WfpDispatcher front-{NS}"),
        *vhost(httpd, "bound.test", f"WfpDispatcher bound-{NS}"),
        *vhost(httpd, "scope.test", f"WfpNamespace open-{NS}",
               "WfpRouteBy path", f"WfpOutbound door-{NS}"),
    ])


@pytest.fixture
def door(tenant):
    """Answers in place of the origin: the outbound Worker of these tests."""
    return tenant.deploy(says('"door"'), ns=None)


def asks(origin):
    """A Worker that says what came of its fetch."""
    return worker(f"""
        local ok, got = pcall(fetch, "{origin.url}/echo")
        return Response.new(not ok and got.code or got.status == 200
            and (got:text() == "door" and "door" or "origin") or "?")""")


class TestWorkersOwn:
    """`egress` of a Worker narrows its namespace's."""

    @pytest.mark.parametrize("own", ORDER)
    @pytest.mark.parametrize("theirs", ORDER)
    def test_515_01_narrower_of_both(self, tenant, origin, door, theirs, own):
        ns = tenant.namespace("--outbound", door.name, "--egress", theirs)
        made = tenant.deploy(asks(origin), "--egress", own, ns=ns)
        origin.requests.clear()
        wanted = min(theirs, own, key=ORDER.index)
        # with an outbound Worker nothing goes by it, "direct" or not
        assert made.get().text == (
            "egress_blocked" if wanted == "none" else "door")
        assert origin.requests == []

    @pytest.mark.parametrize("own,told", [
        ("none", "egress_blocked"), ("outbound", "egress_blocked"),
        ("direct", "origin")])
    def test_515_02_without_an_outbound_worker(self, tenant, origin, own,
                                               told):
        ns = tenant.namespace("--egress", "direct")
        origin.requests.clear()
        made = tenant.deploy(asks(origin), "--egress", own, ns=ns)
        assert made.get().text == told
        assert len(origin.requests) == (told == "origin")
        assert tenant.deploy(asks(origin), ns=ns).get().text == "origin"

    def test_515_03_holds_in_a_service_it_calls(self, tenant, origin):
        service = tenant.deploy(asks(origin), ns=None)
        binding = "--binding", f"service:SVC={service.name}"
        body = worker("return env.SVC:fetch(request)")
        assert tenant.deploy(body, *binding).get().text == "origin"
        assert tenant.deploy(body, *binding, "--egress", "none"
                             ).get().text == "egress_blocked"

    def test_515_04_services_own(self, tenant, origin):
        service = tenant.deploy(asks(origin), "--egress", "none", ns=None)
        made = tenant.deploy(worker("return env.SVC:fetch(request)"),
                             "--binding", f"service:SVC={service.name}")
        assert made.get().text == "egress_blocked"

    def test_515_05_of_a_version(self, tenant, origin, httpd):
        made = tenant.deploy(asks(origin), "--egress", "none")
        full = f"{made.ns}/{made.name}"
        assert '"egress":"none"' in httpd.wfpctl(
            "--json", "get", full).stdout.replace(" ", "")
        # a secret makes a version that is the last one otherwise
        httpd.wfpctl("secret", "put", full, "KEY", stdin="value")
        assert made.get().text == "egress_blocked"

    def test_515_06_no_such_word(self, tenant, origin):
        done = tenant.deploy(asks(origin), "--egress", "some", check=False)
        assert done.returncode == 2
        assert "--egress: use none, outbound or direct" in done.stderr


@pytest.fixture(scope="module")
def ways(httpd, origin):
    """ask(entry, way) -> the answer; the same Worker for all cases."""
    tenants = Tenant(httpd, Client(httpd.port))
    tenants.deploy(DOOR, ns=None, name=f"door-{NS}")
    httpd.wfpctl("namespace", "create", NS, "--outbound", f"door-{NS}")
    httpd.wfpctl("namespace", "create", f"open-{NS}")
    for name, space, outbound in (("front", NS, []),
                                  ("bound", f"open-{NS}",
                                   ["--outbound", f"door-{NS}"])):
        tenants.deploy(DISPATCHER, "--binding",
                       f"dispatch_namespace:USERS={space}", *outbound,
                       ns=None, name=f"{name}-{NS}")
    here = "--var", f"ORIGIN={origin.url}"
    service = tenants.deploy(SERVICE, *here, ns=None)
    for space in (NS, f"open-{NS}"):
        tenants.deploy(user_worker(), *here, "--binding",
                       f"service:SVC={service.name}", ns=space, name="user")
    yield lambda entry, path: tenants.client.get(
        f"/_ns/{NS}/user{path}" if entry == "by_path" else f"/user{path}",
        host=f"{entry}.test" if entry != "by_path" else "none.test")
    tenants.remove_all()


class TestEveryWay:
    """No way to begin a user Worker, and no place in it, goes by the outbound
    Worker."""

    @pytest.mark.parametrize("entry", ["by_path", "built", "front", "bound",
                                       "scope"])
    @pytest.mark.parametrize("way", WAYS)
    def test_516_01_meets_the_outbound_worker(self, ways, origin, entry, way):
        tag = f"t{next(TAGS)}."
        calls = WAYS[way][1]
        answer = ways(entry, f"/{way}?tag={tag}")
        assert (answer.status, answer.text) == (200, "200")

        def seen():
            return [headers for _, path, headers in origin.requests
                    if tag in path]
        until(lambda: len(seen()) >= calls, f"{calls} calls")
        assert [[v for k, v in headers if k.lower() == "x-door"]
                for headers in seen()] == [["1"]] * calls

    def test_516_02_top_level(self, tenant, origin):
        """It runs at the deploy and at each new isolate, for nobody."""
        origin.requests.clear()
        done = tenant.deploy(says("1", f'fetch("{origin.url}/echo")'), ns=NS,
                             check=False)
        assert done.returncode == 1
        assert "global scope" in done.stderr
        made = tenant.deploy(says(
            "told", f'local _, told = pcall(fetch, "{origin.url}/echo")'),
                             ns=NS)
        assert "global scope" in made.get().text
        assert origin.requests == []

# What a queue handler may do, with a tag of its own in each message.
QUEUE_WAYS = {
    "plain": "ask(m)",
    "parallel": "parallel(function() ask(m) end)",
    "background": "ctx:waitUntil(ask, m)",
    "coroutine": "coroutine.wrap(ask)(m)",
}


@pytest.mark.one_mpm
class TestQueue:
    """A consumer that no request began goes no other way."""

    def start(self, tenant, queue, origin, body, *options):
        """A consumer in a namespace of these options, with one message.
        -> the message's tag"""
        made = tenant.deploy(f"""
            local function ask(m)
                return fetch("{origin.url}/echo?tag=" .. m.body)
            end
            return {{ queue = function(batch, env, ctx)
                local m = batch.messages[1]
                {body}
            end }}""", ns=tenant.namespace(*options))
        one, tag = queue(), f"q{next(TAGS)}."
        one.consume(made, max_wait_time_ms=0, max_retries=0)
        one.push(tag)
        until(lambda: one.backlog == 0, "the delivery")
        return tag

    @pytest.mark.parametrize("way", QUEUE_WAYS)
    def test_518_01_meets_the_outbound_worker(self, tenant, queue, origin,
                                              way):
        door = tenant.deploy(DOOR, ns=None)
        tag = self.start(tenant, queue, origin, QUEUE_WAYS[way], "--outbound",
                         door.name)
        seen = [[v for k, v in headers if k.lower() == "x-door"]
                for _, path, headers in origin.requests if tag in path]
        assert seen == [["1"]]

    @pytest.mark.parametrize("options", [
        ("--egress", "none"),
        ("--egress-deny", "127.0.0.1"), ("--outbound", "nobody")])
    def test_518_02_what_may_not_is_blocked(self, tenant, queue, origin,
                                            options):
        tag = self.start(tenant, queue, origin, "ask(m)", *options)
        assert not [path for _, path, _ in origin.requests if tag in path]


# The same of a scheduled one.
TICK_WAYS = {
    "plain": "ask()",
    "parallel": "parallel(ask)",
    "background": "ctx:waitUntil(ask)",
    "coroutine": "coroutine.wrap(ask)()",
}


@pytest.mark.one_mpm
class TestScheduled:
    """Nor does a run of a schedule."""

    def run(self, tenant, httpd, api, origin, body, *options):
        """-> (the run, the requests that came of it)"""
        tag = f"c{next(TAGS)}."
        made = Ticks(httpd, api, tenant.deploy(scheduled(
            body, f'local function ask() return fetch("{origin.url}/echo'
            f'?tag={tag}") end'), ns=tenant.namespace(*options)))
        made.put("1 2 3 4 *")
        made.due("1 2 3 4 *")
        run, = made.ended()
        return run, [headers for _, path, headers in origin.requests
                     if tag in path]

    @pytest.mark.parametrize("way", TICK_WAYS)
    def test_519_01_meets_the_outbound_worker(self, tenant, httpd, api, origin,
                                              way):
        door = tenant.deploy(DOOR, ns=None)
        run, sent = self.run(tenant, httpd, api, origin, TICK_WAYS[way],
                             "--outbound", door.name)
        assert run["outcome"] == "ok", run
        assert [[v for k, v in headers if k.lower() == "x-door"]
                for headers in sent] == [["1"]]

    @pytest.mark.parametrize("options", [
        ("--egress", "none"),
        ("--egress-deny", "127.0.0.1"), ("--outbound", "nobody")])
    def test_519_02_what_may_not_is_blocked(self, tenant, httpd, api, origin,
                                            options):
        run, sent = self.run(tenant, httpd, api, origin, "ask()", *options)
        assert run["outcome"] == "egress_blocked"
        assert not sent


@pytest.mark.one_mpm
class TestTail:
    """Nor does a `tail` handler."""

    def run(self, tenant, httpd, client, origin, body, *options):
        """-> (its record, the requests that came of it)"""
        tag = f"t{next(TAGS)}."
        httpd.configure([*LOCATION, Records.LINE])
        ns = tenant.namespace(*options)
        listener = Listener(httpd, tenant, f"""
            local function ask()
                return fetch("{origin.url}/echo?tag={tag}")
            end
            {body}""", ns)
        made = tenant.deploy(says('"ok"'), ns=ns)
        tail(Api(httpd, client), made, listener.called)
        assert made.get().text == "ok"
        return listener.run(), [headers for _, path, headers in origin.requests
                                if tag in path]

    @pytest.mark.parametrize("way", TICK_WAYS)
    def test_519_11_meets_the_outbound_worker(self, tenant, httpd, client,
                                              origin, way):
        door = tenant.deploy(DOOR, ns=None)
        run, sent = self.run(tenant, httpd, client, origin, TICK_WAYS[way],
                             "--outbound", door.name)
        assert run["outcome"] == "ok", run
        assert [[v for k, v in headers if k.lower() == "x-door"]
                for headers in sent] == [["1"]]

    @pytest.mark.parametrize("options", [
        ("--egress", "none"),
        ("--egress-deny", "127.0.0.1"), ("--outbound", "nobody")])
    def test_519_12_what_may_not_is_blocked(self, tenant, httpd, client, origin,
                                            options):
        run, sent = self.run(tenant, httpd, client, origin, "ask()", *options)
        assert run["exceptions"][0]["code"] == "egress_blocked"
        assert not sent


# Hands a request to a user Worker of the namespace it is bound to: the platform's
# own, which tenants call as a service.
ROUTER = """
local function to(env, url, ctx)
    return env.USERS:get(URL.new(url).searchParams:get("to")):fetch(url)
end
return {
    fetch = function(request, env) return to(env, request.url) end,
    ask = function(env, ctx, url) return to(env, url):text() end,
}"""

# Ways for a user Worker to reach another one.
CALLS = {
    "service": "return env.SVC:fetch(request)",
    "service_function": "return Response.new(env.SVC:ask(request.url))",
    "parallel": """
        return Response.new(parallel(function()
            return env.SVC:fetch(request.url):text() end))""",
    "dispatch": "return env.USERS:get(to):fetch(request)",
}


class Chain:
    """A user Worker of one namespace that reaches one of another."""

    def __init__(self, tenant):
        self.tenant = tenant

    def make(self, first, second, own=(), callee=None):
        """first, second: options of the namespaces. -> the first's Worker; the
        other one fetches."""
        self.one = self.tenant.namespace(*first)
        self.two = self.tenant.namespace(*second)
        self.last = self.tenant.deploy(callee, ns=self.two)
        router = self.tenant.deploy(
            ROUTER, "--binding", f"dispatch_namespace:USERS={self.two}",
            ns=None)
        calls = ",\n".join(f"{name} = function(request, env, to) {text} end"
                           for name, text in CALLS.items())
        self.first = self.tenant.deploy(
            worker("""
                local url = URL.new(request.url)
                return ways[url.pathname:match("[^/]+$")](request, env,
                    url.searchParams:get("to"))""",
                   f"local ways = {{\n{calls} }}"),
            "--binding", f"service:SVC={router.name}",
            "--binding", f"dispatch_namespace:USERS={self.two}", *own,
            ns=self.one)
        return self

    def by(self, way):
        return self.first.get(f"/{way}?to={self.last.name}").text


@pytest.fixture
def chain(tenant):
    return Chain(tenant)


@pytest.mark.one_mpm
@pytest.mark.parametrize("way", CALLS)
class TestTenantsChain:
    """A tenant's call to a Worker of another namespace widens nothing: whatever
    that one may do, it does no more than both may."""

    @pytest.mark.parametrize("first,own", [
        (("--egress", "none"), ()), ((), ("--egress", "none"))])
    def test_517_01_no_egress(self, chain, origin, way, first, own):
        made = chain.make(first, (), own, asks(origin))
        origin.requests.clear()
        assert made.by(way) == "egress_blocked"
        assert origin.requests == []
        # by itself it may
        assert made.last.get().text == "origin"

    def test_517_02_deny(self, chain, origin, way):
        made = chain.make(("--egress-deny", f"127.0.0.1:{origin.port}"), (),
                          callee=asks(origin))
        assert made.by(way) == "egress_blocked"
        assert made.last.get().text == "origin"

    def test_517_03_allow(self, chain, way):
        other = Origin()
        made = chain.make((), ("--egress-allow", f"127.0.0.1:{other.port}"),
                          callee=worker(f"""
            local ok, got = pcall(fetch, "{other.url}/echo")
            return Response.new(ok and "origin" or got.code)"""))
        try:
            assert made.by(way) == "egress_blocked"
            assert other.requests == []
            assert made.last.get().text == "origin"
            both = chain.make(("--egress-allow", f"127.0.0.1:{other.port}"),
                              ("--egress-allow", "127.0.0.0/8"),
                              callee=worker(f"""
                return Response.new(fetch("{other.url}/echo").status)"""))
            assert both.by(way) == "200"
        finally:
            other.stop()

    def test_517_04_outbound_worker_of_the_first(self, chain, origin, door,
                                                 way):
        made = chain.make(("--outbound", door.name), (), callee=asks(origin))
        assert made.by(way) == "door"
        assert made.last.get().text == "origin"

    def test_517_05_outbound_worker_that_is_missing(self, chain, origin, way):
        made = chain.make(("--outbound", "nobody"), (), callee=asks(origin))
        origin.requests.clear()
        assert made.by(way) == "egress_blocked"
        assert origin.requests == []

    def test_517_06_both_outbound_workers(self, chain, tenant, origin, way):
        doors = [tenant.deploy(worker(f"""
            local h = Headers.new(request.headers)
            h:append("X-Door", "{name}")
            return fetch(Request.new(request, {{ headers = h }}))"""), ns=None)
                 for name in ("one", "two")]
        callee = worker(f"""
            local got = {{}}
            for _, pair in ipairs(fetch("{origin.url}/echo"):json().headers) do
                if pair[1]:lower() == "x-door" then got[#got + 1] = pair[2] end
            end
            return Response.new(table.concat(got, ", "))""")
        made = chain.make(("--outbound", doors[0].name),
                          ("--outbound", doors[1].name), callee=callee)
        # first through its own, then through that of whoever it works for
        assert made.by(way) == "two, one"
        assert made.last.get().text == "two"
        same = chain.make(("--outbound", doors[0].name),
                          ("--outbound", doors[0].name), callee=callee)
        assert same.by(way) == "one"

    def test_517_07_its_own_stays(self, chain, origin, door, way):
        for second in (("--egress", "none"), ("--outbound", door.name)):
            made = chain.make((), second, callee=asks(origin))
            assert made.by(way) == made.last.get().text != "origin"


@pytest.mark.one_mpm
class TestOthersChain:
    """Where it is no tenant that calls, or the same namespace."""

    def test_518_01_a_sibling(self, tenant, origin):
        """Another user Worker of the namespace does no more than its caller."""
        ns = tenant.namespace()
        sibling = tenant.deploy(asks(origin), ns=ns)
        body = worker("return env.SVC:fetch(request)")
        binding = "--binding", f"service:SVC={sibling.name}"
        assert tenant.deploy(body, *binding, ns=ns).get().text == "origin"
        assert tenant.deploy(body, *binding, "--egress", "none", ns=ns
                             ).get().text == "egress_blocked"

    def test_518_02_an_outbound_worker_starts_what_it_likes(self, tenant,
                                                            origin):
        """It is the platform's: what it dispatches to is under its own rules."""
        two = tenant.namespace()
        last = tenant.deploy(asks(origin), ns=two)
        inside = tenant.deploy(worker(
            f'return env.USERS:get("{last.name}"):fetch(request)'),
                               "--binding", f"dispatch_namespace:USERS={two}",
                               ns=None)
        ns = tenant.namespace("--outbound", inside.name,
                              "--egress-deny", f"127.0.0.1:{origin.port}")
        made = tenant.deploy(worker(
            'return fetch("http://customer.example/")'), ns=ns)
        assert made.get().text == "origin"

    def test_518_03_a_dispatcher_is_no_tenant(self, tenant, httpd, client,
                                              origin):
        two = tenant.namespace()
        last = tenant.deploy(asks(origin), ns=two)
        front = tenant.deploy(worker(
            f'return env.USERS:get("{last.name}"):fetch(request)'),
                              "--binding", f"dispatch_namespace:USERS={two}",
                              "--egress", "none", ns=None, name=f"bound-{NS}x")
        httpd.configure(vhost(httpd, "any.test",
                              f"WfpDispatcher {front.name}"))
        assert client.get("/", host="any.test").text == "origin"
