# SPDX-License-Identifier: Apache-2.0
"""The Worker API as docs/worker-api tells it. Most cases are Lua text that a
deployed Worker runs as f(request, env, ctx) and answers what it returned."""

import pathlib
import re

import pytest

from wfptest.lua import script, says, worker
from wfptest.wait import until

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure([])


@pytest.fixture(scope="module")
def evaluator(httpd):
    """One Worker for all cases of this file."""
    from wfptest.client import Client
    from wfptest.tenant import Tenant
    httpd.configure([])
    tenants = Tenant(httpd, Client(httpd.port))
    yield tenants.deploy(script("eval.lua"), "--var", "GREETING=hi")
    tenants.remove_all()


@pytest.fixture
def run(evaluator, origin):
    """run(text) -> list of values, or the error as a dict."""
    def call(text, path="/", **options):
        answer = evaluator.post(
            f'local ORIGIN, request, env, ctx = "{origin.url}", ...\n{text}'
            .encode(), path, **options)
        assert answer.status == 200, answer
        told = answer.json
        return told["values"] if "values" in told else told["error"]
    return call


HEADERS = [
    ('local h = Headers.new{A="1"} return h:get("a"), h:has("A"), h:get("b")',
     ["1", True, None]),
    ('local h = Headers.new{{"a","1"},{"A","2"}} return h:get("a")',
     ["1, 2"]),
    ('local h = Headers.new{a={"1","2"}} return h:get("a")', ["1, 2"]),
    ('local h = Headers.new{a="1"} h:append("a","2") h:set("b","3") '
     'h:delete("A") return h:get("a"), h:get("b")', [None, "3"]),
    ('local h = Headers.new{b="2", A="1"} local t = {} '
     'for k, v in h:entries() do t[#t+1] = k .. v end '
     'return table.concat(t, " ")', ["a1 b2"]),
    ('local h = Headers.new{b="2", A="1"} local t = {} '
     'for k, v in pairs(h) do t[#t+1] = k .. v end '
     'return table.concat(t, " ")', ["a1 b2"]),
    ('local h = Headers.new{b="2", A="1"} local t = {} '
     'for k in h:keys() do t[#t+1] = k end '
     'for v in h:values() do t[#t+1] = v end '
     'return table.concat(t, " ")', ["a b 1 2"]),
    ('local h = Headers.new() h:append("set-cookie","a=1") '
     'h:append("Set-Cookie","b=2") local c = h:getSetCookie() '
     'return #c, c[1], c[2], h:get("Set-Cookie")',
     [2, "a=1", "b=2", "a=1, b=2"]),
    ('local a = Headers.new{x="1"} local b = Headers.new(a) b:set("x","2") '
     'return a:get("x"), b:get("x")', ["1", "2"]),
    ('return Headers{x="1"}:get("x")', ["1"]),
    ('return Headers.new{x="  padded\\t "}:get("x")', ["padded"]),
]
URLS = [
    ('local u = URL.new("https://u:p@Example.com:8443/a/b?c=d#e") '
     'return u.href, u.protocol, u.username, u.password, u.host, u.hostname, '
     'u.port, u.pathname, u.search, u.hash, u.origin',
     ["https://u:p@example.com:8443/a/b?c=d#e", "https:", "u", "p",
      "example.com:8443", "example.com", "8443", "/a/b", "?c=d", "#e",
      "https://example.com:8443"]),
    ('local u = URL.new("http://a") return u.href, u.pathname, u.port, '
     'u.search, u.hash', ["http://a/", "/", "", "", ""]),
    ('return URL.new("../x?y", "http://a/b/c/d").href', ["http://a/b/x?y"]),
    ('return URL.new("//b/x", "https://a/").href', ["https://b/x"]),
    ('return URL.new("http://a:80/").href', ["http://a/"]),
    ('return URL.canParse("http://a/"), URL.canParse("nonsense"), '
     'URL.canParse("http://")', [True, False, False]),
    ('local u = URL.new("http://a/") u.pathname = "/p" u.search = "?q=1" '
     'u.hash = "h" u.hostname = "b.test" u.port = "81" '
     'u.protocol = "https:" return u.href',
     ["https://b.test:81/p?q=1#h"]),
    ('local u = URL.new("http://a/?x=1&x=2&y=%20z") local p = u.searchParams '
     'return p:get("x"), p:get("y"), p:has("z"), p:get("z")',
     ["1", " z", False, None]),
    ('return tostring(URL.new("http://a/b")), URL.new("http://a/b"):toString()',
     ["http://a/b", "http://a/b"]),
]
JSON = [
    ('return json.encode{a=1}', ['{"a":1}']),
    ('return json.encode{1, 2.5, "x", true, json.null}',
     ['[1,2.5,"x",true,null]']),
    ('return json.encode{}, json.encode(json.array{})', ["{}", "[]"]),
    ('return json.encode(json.decode("[]")), json.encode(json.decode("{}"))',
     ["[]", "{}"]),
    ('return math.type(json.decode("3")), math.type(json.decode("3.0")), '
     'math.type(json.decode("3e0"))', ["integer", "float", "float"]),
    ('return json.decode("9007199254740993") == 9007199254740993', [True]),
    ('return json.decode("null") == json.null', [True]),
    ('return json.decode([["\\u00e9\\ud83d\\ude00"]])', ["\u00e9\U0001f600"]),
    ('return json.decode([[{"a":1,"a":2}]]).a', [2]),
    ('return JSON.parse("[1]")[1], JSON.stringify{x="y"}', [1, '{"x":"y"}']),
    ('return json.encode("\\1\\"\\\\/\\n")', ['"\\u0001\\"\\\\/\\n"']),
    ('return #json.decode("[1,[2,[3]]]")', [2]),
]
JSON_ERRORS = [
    ('json.decode("[1,]")', "SyntaxError"),
    ('json.decode("{\\"a\\":1")', "SyntaxError"),
    ('json.decode("01")', "SyntaxError"),
    ('json.decode("")', "SyntaxError"),
    ('json.decode("\\"\\xff\\"")', "SyntaxError"),
    ('json.decode([["\\ud800"]])', "SyntaxError"),
    ('json.decode(("["):rep(201) .. ("]"):rep(201))', "SyntaxError"),
    ("json.encode(0/0)", "TypeError"),
    ("json.encode(1/0)", "TypeError"),
    ("json.encode(print)", "TypeError"),
    ("local t = {} t.t = t json.encode(t)", "TypeError"),
    ("json.encode{[true]=1}", "TypeError"),
]
BODIES = [
    ('local r = Response.new("x") return r.bodyUsed, r:text(), r.bodyUsed',
     [False, "x", True]),
    ('return Response.json({a=1}):json().a', [1]),
    ('return Response.json({a=1}).headers:get("content-type")',
     ["application/json"]),
    ('return Response.new("abc"):bytes()', ["abc"]),
    ('return Response.new("abc"):arrayBuffer()', ["abc"]),
    ('local r = Response.new("abc") local c = r:clone() '
     'return r:text(), c:text()', ["abc", "abc"]),
    ('local b = Response.new("abcdef").body '
     'return b:read(2), b:read(3), b:read(9), b:read(1)',
     ["ab", "cde", "f", None]),
    ('local t = {} for c in Response.new("abc").body:chunks() do '
     't[#t+1] = c end return table.concat(t)', ["abc"]),
    ('local a, b = Response.new("abc").body:tee() '
     'return Response.new(a):text(), Response.new(b):text()',
     ["abc", "abc"]),
    ('return Response.new().body, Response.new(nil):text()', [None, ""]),
    ('local n = 0 return Response.new(function() n = n + 1 '
     'if n < 4 then return "c" .. n end end):text()', ["c1c2c3"]),
    ('return Request.new("http://a/", {method="POST", body="b"}):text()',
     ["b"]),
]
RESPONSES = [
    ('local r = Response.new("x", {status=201, statusText="Made", '
     'headers={a="b"}}) return r.status, r.statusText, r.ok, '
     'r.headers:get("a")', [201, "Made", True, "b"]),
    ('return Response.new("x").status, Response.new("x", {status=404}).ok',
     [200, False]),
    ('local r = Response.redirect("http://a/b") '
     'return r.status, r.headers:get("location")', [302, "http://a/b"]),
    ('return Response.redirect("http://a/b", 307).status', [307]),
    ('local a = Response.new("x", {status=418, headers={h="1"}}) '
     'local b = Response.new("y", a) return b.status, b.headers:get("h"), '
     'b:text()', [418, "1", "y"]),
    ('return Response("x").status', [200]),
    ('return Response.new("x").redirected, Response.new("x").url',
     [False, ""]),
]
REQUESTS = [
    ('local r = Request.new("http://a/b") return r.method, r.url, r.redirect',
     ["GET", "http://a/b", "follow"]),
    ('local r = Request.new("http://a/", {method="put", headers={x="1"}, '
     'body="z"}) return r.method, r.headers:get("x"), r:text()',
     ["PUT", "1", "z"]),
    ('local a = Request.new("http://a/", {method="POST", body="b", '
     'headers={h="1"}}) local c = Request.new(a, {headers={h="2"}}) '
     'return c.method, c.headers:get("h"), c:text()', ["POST", "2", "b"]),
    ('return Request.new(URL.new("http://a/x")).url', ["http://a/x"]),
    ('return Request.new("http://a/", {redirect="manual"}).redirect',
     ["manual"]),
    ('return request.redirect, request.method', ["manual", "POST"]),
    ('return request.cf', [None]),
    ('local r = Request.new(request.url, {method="POST", body="n"}) '
     'local c = r:clone() return r:text(), c:text()', ["n", "n"]),
]
STANDARD = [
    ('return select("#", 1, nil, nil), ("x"):rep(3), #table.pack(1, 2)',
     [3, "xxx", 2]),
    ('return ("a,b"):gsub(",", ";")', ["a;b", 1]),
    ('return ("key=val"):match("(%w+)=(%w+)")', ["key", "val"]),
    ('local t = {3, 1, 2} table.sort(t) return table.concat(t, " ")',
     ["1 2 3"]),
    ('return string.format("%5.2f|%d|%s|%q", 1.5, 3, "x", "y")',
     [' 1.50|3|x|"y"']),
    ('return utf8.char(228, 8364), utf8.len("\u00e4x")', ["\u00e4\u20ac", 2]),
    ('return math.maxinteger, math.floor(2.7), 7 // 2',
     [9223372036854775807, 2, 3]),
    ('local co = coroutine.wrap(function() for i = 1, 3 do '
     'coroutine.yield(i) end end) return co(), co(), co()', [1, 2, 3]),
    ('return pcall(error, "x")', [False, "x"]),
    ('return xpcall(error, function(m) return m .. "!" end, "x")',
     [False, "x!"]),
    ('return load("return 1 + 1")()', [2]),
    ('return load("\\27Lua")', [None, "attempt to load a binary chunk"]),
    ('return string.pack("<i4", 1):byte(1, -1)', [1, 0, 0, 0]),
    ('return os.date("!%Y-%m-%d", 0)', ["1970-01-01"]),
    ('return type(os.time()), type(Date.now())', ["number", "number"]),
    ('local a = Date.now() local n = 0 for i = 1, 100000 do n = n + i end '
     'return a == Date.now()', [True]),
    ('return _VERSION', ["Lua 5.4"]),
    ('return type(collectgarbage("count"))', ["number"]),
    ('return math.random(5, 5), math.random() < 1', [5, True]),
    ('return tostring(nil), tostring(1.0), tonumber("0x10"), tonumber("z",36)',
     ["nil", "1.0", 16, 35]),
]
MISSING = [
    "dofile", "loadfile", "warn", "io", "package", "os.execute", "os.exit",
    "os.getenv", "os.remove", "os.tmpname", "string.dump", "coroutine.close",
    "debug.sethook", "debug.getregistry", "debug.getinfo", "debug.setupvalue",
    "debug.getmetatable",
]
TYPE_ERRORS = [
    'Headers.new{["a b"]="1"}', 'Headers.new{[""]="1"}',
    'Headers.new{a="x\\ry"}', 'Headers.new{a="x\\nY: z"}',
    'Headers.new{a="x\\0y"}', 'Headers.new():set("a:", "1")',
    'request.headers:set("a", "1")', 'request.headers:delete("host")',
    'URL.new("nonsense")', 'URL.new("http://a:99999/")',
    'Request.new("nonsense")', 'Request.new("http://a/", {method="A B"})',
    'Request.new("http://a/", {method="GET", body="x"})',
    'local r = Response.new("x") r:text() r:text()',
    'Response.new(nil, {status=204}):json()',
]


@pytest.mark.one_mpm
class TestClasses:
    """Objects that need nothing from outside."""

    @pytest.mark.parametrize("text,values", HEADERS)
    def test_300_01_headers(self, run, text, values):
        assert run(text) == values

    @pytest.mark.parametrize("text,values", URLS)
    def test_300_02_url(self, run, text, values):
        assert run(text) == values

    @pytest.mark.parametrize("text,values", JSON)
    def test_300_03_json(self, run, text, values):
        assert run(text) == values

    @pytest.mark.parametrize("text,name", JSON_ERRORS)
    def test_300_04_json_refuses(self, run, text, name):
        assert run(text)["name"] == name

    @pytest.mark.parametrize("text,values", BODIES)
    def test_300_05_bodies(self, run, text, values):
        assert run(text) == values

    @pytest.mark.parametrize("text,values", RESPONSES)
    def test_300_06_response(self, run, text, values):
        assert run(text) == values

    @pytest.mark.parametrize("text,values", REQUESTS)
    def test_300_07_request(self, run, text, values):
        assert run(text) == values

    @pytest.mark.parametrize("text", TYPE_ERRORS[:-1])
    def test_300_08_type_errors(self, run, text):
        error = run(text)
        assert error["name"] == "TypeError"
        assert error["text"] == f"TypeError: {error['message']}"

    @pytest.mark.parametrize("status", [100, 101, 199, 600, -1, 1000])
    def test_300_09_status_out_of_range(self, run, status):
        assert run(f'Response.new("", {{status={status}}})')["name"] == \
            "RangeError"

    def test_300_10_body_used(self, run):
        error = run('local r = Response.new("x") r:text() r:text()')
        assert error["message"] == "Body has already been used"

    def test_300_11_json_offset(self, run):
        assert run('local ok, e = pcall(json.decode, "[1, x]") '
                   "return e.offset, e.name") == [4, "SyntaxError"]


@pytest.mark.one_mpm
class TestLibrary:
    """Lua's own library, as far as a Worker has it."""

    @pytest.mark.parametrize("text,values", STANDARD)
    def test_310_01_there(self, run, text, values):
        assert run(text) == values

    @pytest.mark.parametrize("name", MISSING)
    def test_310_02_absent(self, run, name):
        assert run(f"return {name}") == [None]

    def test_310_03_no_addresses(self, run):
        shown, = run('return tostring({}) .. tostring(print) .. '
                     'tostring(coroutine.create(print)) .. '
                     'string.format("%s", {}) .. tostring(Headers.new())')
        assert "0x" not in shown

    def test_310_04_setmetatable_refuses(self, run):
        for event in ("__gc", "__mode", "__concat"):
            assert run("return pcall(setmetatable, {}, {"
                       f"{event}=function() end}})")[0] is False

    def test_310_05_string_metatable_is_out_of_reach(self, run):
        assert run('return getmetatable("")') == [None]


    def test_310_06_globals_are_the_documented_ones(self, run):
        seen = set(run(
            "local t = json.array{} for k, v in pairs(_G) do t[#t + 1] = k "
            'if type(v) == "table" and v ~= _G then for m in pairs(v) do '
            't[#t + 1] = k .. "." .. m end end end return t')[0])
        listed = set(re.findall(r'^    "([\w.]+)",', re.search(
            r"global_names\[\] = \{(.*?)\};",
            (ROOT / "lua_runtime/sandbox.c").read_text(), re.S)[1], re.M))
        pages = "".join(page.read_text() for page in
                        (ROOT / "docs/worker-api").glob("*.md"))
        assert listed - seen == set()
        libraries = {name.split(".")[0] for name in listed}
        assert [name for name in sorted(seen - listed - libraries)
                if not re.search(rf"\b{re.escape(name)}\b", pages)] == []


class TestFetch:
    """Subrequests."""

    def test_330_01_get(self, run, origin):
        assert run('local r = fetch(ORIGIN .. "/echo?a=b", '
                   '{headers={["X-Mine"]="1"}}) local e = r:json() '
                   'return r.status, r.ok, r.headers:get("x-origin"), '
                   'e.method, e.path, r.url, r.redirected') == [
            200, True, "echo", "GET", "/echo?a=b", f"{origin.url}/echo?a=b",
            False]

    def test_330_02_headers_sent(self, run):
        sent = dict(run('local r = fetch(ORIGIN .. "/echo", {headers={'
                        '["X-Mine"]="1"}}) return r:json().headers')[0])
        lower = {k.lower(): v for k, v in sent.items()}
        assert lower["x-mine"] == "1"
        assert "proxy-authorization" not in lower

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_330_03_methods_with_body(self, run, method):
        assert run(f'local r = fetch(ORIGIN .. "/echo", {{method="{method}", '
                   'body="data"}):json() return r.method, r.body') == [
            method, "data"]

    def test_330_04_request_object(self, run):
        assert run('local r = Request.new(ORIGIN .. "/echo", {method="POST", '
                   'body="b"}) return fetch(r):json().body') == ["b"]

    @pytest.mark.parametrize("status,method,body", [
        (301, "GET", ""), (302, "GET", ""), (303, "GET", ""),
        (307, "POST", "b"), (308, "POST", "b")])
    def test_330_05_redirects(self, run, status, method, body):
        assert run(f'local r = fetch(ORIGIN .. "/redirect/{status}?to=/echo", '
                   '{method="POST", body="b"}) local e = r:json() '
                   "return r.redirected, e.method, e.body") == [
            True, method, body]

    def test_330_06_redirect_manual(self, run):
        assert run('local r = fetch(ORIGIN .. "/redirect/302?to=/echo", '
                   '{redirect="manual"}) '
                   'return r.status, r.headers:get("location")') == [
            302, "/echo"]

    def test_330_07_redirect_error(self, run):
        assert run('fetch(ORIGIN .. "/redirect/302?to=/echo", '
                   '{redirect="error"})')["code"] == "network_error"

    def test_330_08_redirect_loop(self, run, origin):
        origin.requests.clear()
        error = run('fetch(ORIGIN .. "/loop")')
        assert error["code"] == "too_many_redirects"
        assert len(origin.requests) == 21

    @pytest.mark.parametrize("how,code", [
        ("/broken/nothing", "network_error"),
        ("/broken/garbage", "network_error")])
    def test_330_09_broken_origin(self, run, how, code):
        assert run(f'fetch(ORIGIN .. "{how}"):text()')["code"] == code

    @pytest.mark.parametrize("how", ["/broken/short", "/broken/chunk"])
    def test_330_10_body_breaks_off(self, run, how):
        assert run(f'return fetch(ORIGIN .. "{how}"):text()')["code"] == \
            "network_error"

    def test_330_11_nobody_listens(self, run, httpd):
        from wfptest.ports import free_ports
        port, = free_ports(1, httpd.root.parent / "ports")
        error = run(f'fetch("http://127.0.0.1:{port}/")')
        assert error["code"] == "egress_blocked"

    @pytest.mark.parametrize("url", [
        "http://127.0.0.1/", "http://localhost/", "http://[::1]/",
        "http://10.0.0.1/", "http://192.168.1.1/", "http://169.254.169.254/",
        "http://0.0.0.0/", "http://[::ffff:127.0.0.1]/", "http://2130706433/",
        "http://0x7f.1/", "http://127.1/", "http://[fe80::1]/",
        "http://100.64.0.1/", "http://8.8.8.8:22/", "http://8.8.8.8:25/"])
    def test_330_12_policy(self, run, url):
        assert run(f'fetch("{url}")')["code"] == "egress_blocked"

    def test_330_13_own_server_is_blocked(self, run, httpd):
        assert run(f'fetch("http://127.0.0.1:{httpd.port}/")')["code"] == \
            "egress_blocked"

    @pytest.mark.parametrize("url", ["ftp://example.com/", "file:///etc/passwd",
                                     "gopher://a/", "data:text/plain,x"])
    def test_330_14_scheme(self, run, url):
        error = run(f'fetch("{url}")')
        assert error.get("code") in ("network_error", "egress_blocked") or \
            error["name"] == "TypeError"

    def test_330_15_set_cookie_stays_apart(self, run):
        assert run('local c = fetch(ORIGIN .. "/headers").headers'
                   ':getSetCookie() return #c, c[1], c[2]') == [
            2, "a=1; Path=/", "b=2"]

    def test_330_16_head_and_204(self, run):
        assert run('local h = fetch(ORIGIN .. "/echo", {method="HEAD"}) '
                   'local n = fetch(ORIGIN .. "/status/204") '
                   'return h.status, h:text(), n.status, n:text()') == [
            200, "", 204, ""]

    def test_330_17_chunked(self, run):
        assert run('return #fetch(ORIGIN .. "/chunked/40/1000"):text()') == [
            40000]

    def test_330_18_abandoned_body(self, run):
        assert run('for i = 1, 10 do fetch(ORIGIN .. "/huge/3000000") end '
                   'return fetch(ORIGIN .. "/status/200").status') == [200]

    def test_330_19_fetched_headers_can_be_changed(self, run):
        assert run('local r = fetch(ORIGIN .. "/status/200") '
                   'r.headers:set("x", "1") return r.headers:get("x")'
                   ) == ["1"]

    def test_330_20_timeout(self, run):
        error = run('fetch(ORIGIN .. "/slow/20000", {timeout=100})')
        assert error["code"] == "timeout", error

    def test_330_21_origin_answer_goes_through(self, tenant, origin):
        made = tenant.deploy(worker(f'return fetch("{origin.url}/headers")'))
        answer = made.get()
        assert answer.getall("set-cookie") == ["a=1; Path=/", "b=2"]
        assert answer.get("x-mixed-case") == "Yes"
        assert answer.text == "headers"

    def test_330_22_cookies_dropped_on_another_origin(self, run, origin):
        # the same server by another port is another origin; this one is the
        # same: they are kept
        got = dict(run('return fetch(ORIGIN .. "/redirect/302?to=/echo", '
                       '{headers={Cookie="c=1", Authorization="x"}})'
                       ":json().headers")[0])
        assert {k.lower() for k in got} >= {"cookie", "authorization"}


class TestContext:
    """ctx and env."""

    def test_340_01_vars(self, run):
        assert run("return env.GREETING, env.NOTHING") == [
            "hi", None]

    def test_340_02_env_is_read_only(self, run):
        assert "values" not in run("env.X = 1")

    def test_340_03_secret(self, tenant, httpd):
        made = tenant.deploy(says("tostring(env.KEY)"))
        httpd.wfpctl("secret", "put", f"demo/{made.name}", "KEY",
                     stdin="s3cret")
        until(lambda: made.get().text == "s3cret", "the secret")
        store = (httpd.root / "data/wfp.db").read_bytes()
        assert b"s3cret" not in store

    def test_340_04_json_var(self, tenant):
        made = tenant.deploy(says("env.CONF.a[2]"), "--binding",
                             'json:CONF={"a":[1,"x"]}')
        assert made.get().text == "x"

    def test_340_05_wait_until(self, tenant, origin):
        made = tenant.deploy(worker(f"""
            ctx:waitUntil(function(a) fetch("{origin.url}/echo?late=" .. a)
            end, "x1")
            return Response.new("first")"""))
        origin.requests.clear()
        assert made.get().text == "first"
        until(lambda: any(p == "/echo?late=x1" for _, p, _ in origin.requests),
              "waitUntil to run")

    def test_340_06_wait_until_after_an_error(self, tenant, origin):
        made = tenant.deploy(worker(f"""
            ctx:waitUntil(function() fetch("{origin.url}/echo?late=2") end)
            error("x")"""))
        origin.requests.clear()
        assert made.get().status == 500
        until(lambda: any(p == "/echo?late=2" for _, p, _ in origin.requests),
              "waitUntil to run")

    def test_340_14_sleepers_delay_nobody(self, tenant, origin):
        """What one Worker leaves to do takes a quarter of the threads."""
        tenant.deploy(worker("return fetch(request)"), ns=None, name="out-w")
        ns = tenant.namespace("--outbound", "out-w")
        gate = origin.gate()
        tenant.deploy(worker(f'return fetch("{gate.url}")'), ns=None,
                      name="gate-w")
        sleeper = tenant.deploy(worker(f"""
            fetch("{origin.url}/status/200")
            ctx:waitUntil(function() env.GATE:fetch("http://x/") end)
            return Response.new("x")"""), "--binding", "service:GATE=gate-w",
            ns=ns)
        other = tenant.deploy(worker(f"""
            ctx:waitUntil(function() fetch("{origin.url}/echo?other") end)
            return Response.new("x")"""), ns=ns)
        for _ in range(40):
            sleeper.get()
        until(lambda: any(gate.url.endswith(p) for _, p, _ in origin.requests),
              "them to sleep")
        origin.requests.clear()
        for _ in range(10):
            other.get()
        until(lambda: len([p for _, p, _ in origin.requests
                           if p == "/echo?other"]) == 10,
              "the other's waitUntil to run", 20)  # they sleep for 30 s
        gate.set()

    def test_340_07_pass_through(self, tenant, httpd):
        made = tenant.deploy(worker(
            'ctx:passThroughOnException() error("x")'))
        answer = made.get()
        assert answer.status == 404
        assert answer.error is None

    def test_340_08_console_is_not_for_clients(self, run):
        assert run('console.log("a", {b=1}, nil) console.error("e") '
                   'print("p") return 1') == [1]

    def test_340_09_console_cannot_forge_lines(self, run, httpd):
        run('console.log("x\\n[Mon Jan 01 00:00:00 2026] [core:error] forged")')
        assert not [line for line in httpd.log.lines()
                    if line.startswith("[Mon Jan 01 00:00:00 2026]")]

    def test_340_10_unknown_binding(self, tenant):
        done = tenant.deploy(says("1"), "--binding", "magic:X=1", check=False)
        assert done.returncode in (1, 2)
        assert "magic" in done.stderr
