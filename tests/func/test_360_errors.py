# SPDX-License-Identifier: Apache-2.0
"""Every code of docs/operations/errors.md that a Worker can bring about: what
the client sees, what the record has, what a dispatcher can read."""

import json
import socket

import pytest

from wfptest.lua import says, worker
from wfptest.records import Records
from wfptest.wait import until

SECRET = "tenant-text-93"
PLENTY = ("--limit", "instructions=1000000000000")


class Case:
    """A Worker that ends with a code."""

    def __init__(self, lua, status, message, *options, name="Error",
                 tell=None):
        self.lua, self.status, self.message = lua, status, message
        self.options, self.name = options, name
        self.tell = tell or message  # what the record's message begins with


CASES = {
    "cpu_limit": Case("while true do end", 503, "CPU time limit exceeded",
                      *PLENTY, "--limit", "cpu_ms=10", name="LimitError"),
    "instruction_limit": Case("while true do end", 503,
                              "Instruction limit exceeded", "--limit",
                              "instructions=2000", name="LimitError"),
    "wall_limit": Case("scheduler.wait(10000)", 503,
                       "Wall time limit exceeded", "--limit", "wall_ms=100",
                       name="LimitError"),
    "memory_limit": Case(
        "local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end",
        503, "Memory limit exceeded", *PLENTY, "--limit", "memory_mb=2",
        name="LimitError"),
    "subrequest_limit": Case('fetch("ORIGIN/echo")', 500,
                             "Too many subrequests", "--limit",
                             "subrequests=0", name="LimitError"),
    "exception": Case(f'error("{SECRET}")', 500, "The Worker raised an error",
                      tell="worker.lua:3: " + SECRET),
    "invalid_response": Case(f'return "{SECRET}"', 500,
                             "The Worker did not return a Response",
                             name="TypeError"),
    "egress_blocked": Case('fetch("http://169.254.169.254/")', 500,
                           "Egress blocked"),
    "network_error": Case('fetch("ORIGIN/broken/nothing")', 500,
                          "Network error"),
    "timeout": Case('fetch("ORIGIN/slow/5000", {timeout = 50})', 500,
                    "Timeout", name="TimeoutError"),
    "too_many_redirects": Case('fetch("ORIGIN/loop")', 500,
                               "Too many redirects"),
    "body_too_large": Case("request:text()", 500, "Body too large",
                           "--limit", "memory_mb=1", name="RangeError"),
    "loop_detected": Case("return env.SELF:fetch(request)", 508,
                          "Too many nested Workers"),
}


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure([Records.LINE, "WfpCoolDown off",
                     "<Location /_ns/demo/doc>", "    ErrorDocument 500 "
                     '"replaced"', "</Location>"])


@pytest.fixture
def under_event(httpd):
    """Where the MPM cannot matter."""
    if httpd.mpm != "event":
        pytest.skip("under event")


@pytest.fixture
def deploy(tenant, origin):
    """The Worker of a case; loop_detected calls itself through a service."""
    def call(code):
        case = CASES[code]
        options = list(case.options)
        if code == "loop_detected":
            tenant.deploy(says('"x"'), ns=None, name="svc-self")
            options += ["--binding", "service:SELF=svc-self"]
            tenant.deploy(worker(case.lua), *options, ns=None,
                          name="svc-self")
        return case, tenant.deploy(
            worker(case.lua.replace("ORIGIN", origin.url)), *options)
    return call


def ask(code, made, **options):
    """The answer once the Worker ends as it should (services change late)."""
    def answer():
        got = made.post(b"x" * 3000000, **options)
        return got if got.error == code else None
    return until(answer, code, 10)


class TestCodes:
    """Each code."""

    @pytest.mark.parametrize("code", CASES)
    def test_368_01_what_the_client_sees(self, deploy, httpd, code):
        case, made = deploy(code)
        answer = ask(code, made)
        assert answer.status == case.status
        assert answer.get("content-type") == "application/json"
        error = answer.json["error"]
        assert set(error) == {"code", "message", "request_id"}
        assert error["message"] == case.message
        assert answer.get("x-wfp-request-id") == error["request_id"]
        page = ask(code, made, headers=[("Accept", "text/html")])
        assert page.get("content-type") == "text/html; charset=utf-8"
        assert case.message in page.text
        assert page.get("x-wfp-request-id") in page.text
        for text in (answer.text, page.text):
            for leak in (SECRET, "worker.lua", str(httpd.root), made.name,
                         "169.254", "127.0.0.1"):
                assert leak not in text

    @pytest.mark.parametrize("code", CASES)
    def test_368_02_what_the_record_has(self, under_event, deploy, httpd,
                                        code):
        case, made = deploy(code)
        ask(code, made)
        records = Records(httpd)
        answer = ask(code, made)
        record = records.of(made.name)
        assert record["requestId"] == answer.get("x-wfp-request-id")
        assert record["dispatchNamespace"] == "demo"
        assert record["scriptVersion"]["id"]
        error, = record["exceptions"]
        assert (error["code"], error["name"]) == (code, case.name)
        assert error["message"].startswith(case.tell)
        if code in ("egress_blocked", "network_error", "timeout",
                    "subrequest_limit", "body_too_large"):
            assert "worker.lua:3:" in error["stack"]

    @pytest.mark.parametrize("code", CASES)
    def test_368_03_what_a_dispatcher_reads(self, under_event, deploy, tenant,
                                            code):
        case, made = deploy(code)
        ask(code, made)
        front = tenant.deploy(worker(f"""
            local ok, e = pcall(function()
                return env.D:get("{made.name}"):fetch(request) end)
            return Response.json({{ ok = ok, name = e.name, code = e.code,
                message = e.message, limit = e.limit, allowed = e.allowed,
                used = e.used, worker = e.worker, namespace = e.namespace,
                version = e.version, line = e.line, text = tostring(e),
                stack = e.stack }})"""),
                              "--binding", "dispatch_namespace:D=demo")
        told = front.post(b"x" * 3000000).json
        assert (told["ok"], told["name"], told["code"]) == (
            False, case.name, code)
        assert told["message"].startswith(case.tell)
        assert told["text"] == f"{case.name}: {told['message']}"
        if code == "loop_detected":
            assert told["worker"] == "svc-self"
        else:
            assert (told["worker"], told["namespace"]) == (made.name, "demo")
            assert told["version"]
        if case.name == "LimitError":
            assert told["limit"].split("_")[0] in " ".join(case.options)
            assert told["used"] >= told["allowed"] >= 0
        else:
            assert told.get("limit") is None

    @pytest.mark.parametrize("code", ["subrequest_limit", "egress_blocked",
                                      "network_error", "timeout",
                                      "too_many_redirects", "body_too_large"])
    def test_368_04_what_can_be_caught(self, under_event, tenant, origin, code):
        case = CASES[code]
        made = tenant.deploy(worker(f"""
            local ok, e = pcall(function() {case.lua} end)
            return Response.new(e.code .. "|" .. e.message .. "|" .. e.name)"""
                                    .replace("ORIGIN", origin.url)),
                             *case.options)
        got = made.post(b"x" * 3000000).text.split("|")
        assert (got[0], got[2]) == (code, case.name)
        assert got[1].startswith(case.tell)

    def test_368_05_worker_not_found(self, client, httpd):
        records = Records(httpd)
        answer = client.get("/_ns/demo/nobody/")
        assert (answer.status, answer.error) == (404, "worker_not_found")
        record = records.of("nobody")
        assert record["outcome"] == "scriptNotFound"
        assert record["requestId"] == answer.get("x-wfp-request-id")

    def test_368_06_worker_overloaded(self, tenant, httpd):
        httpd.configure(["WfpCoolDown 2 1min 20s"])
        made = tenant.deploy(worker(CASES["cpu_limit"].lua),
                             *CASES["cpu_limit"].options)
        answer = [made.get() for _ in range(5)][-1]
        assert (answer.status, answer.error) == (429, "worker_overloaded")
        assert 1 <= int(answer.get("retry-after")) <= 20

    def test_368_07_startup_limit(self, tenant, httpd):
        """A deploy would refuse it: the server is slower than it was."""
        httpd.configure(["WfpLimit startup_ms 1000 1000"])
        made = tenant.deploy(says('"up"', top="local n = 0 for i = 1, 4000000 "
                                  "do n = n + i % 3 end"), *PLENTY)
        httpd.configure(["WfpLimit startup_ms 10", "WfpCoolDown off"])
        answer = made.get()
        assert (answer.status, answer.error) == (503, "startup_limit")

    def test_368_08_isolate_unavailable(self, tenant, httpd):
        httpd.configure(["WfpIsolateMemory 1M", "WfpCoolDown off"])
        made = tenant.deploy(worker(
            "local t = {} for i = 1, 100 do t[i] = ('x'):rep(100000) .. i end "
            "return Response.new('x')"))
        answer = made.get()
        assert (answer.status, answer.error) == (503, "isolate_unavailable")
        assert int(answer.get("retry-after")) > 0

    def test_368_09_client_disconnected(self, tenant, client, httpd):
        records = Records(httpd)
        made = tenant.deploy(worker("request:text()"))
        with socket.create_connection(("127.0.0.1", client.port)) as sock:
            sock.sendall(f"POST {made.path}/ HTTP/1.1\r\nHost: x\r\n"
                         "Content-Length: 10\r\n\r\nabc".encode())
        record = records.of(made.name)
        assert record["outcome"] == "canceled"
        assert record["exceptions"][0]["code"] == "client_disconnected"


class TestAnswers:
    """Whatever the code."""

    def test_369_01_error_document(self, tenant):
        made = tenant.deploy(worker(f'error("{SECRET}")'), name="doc")
        answer = made.get()
        assert (answer.status, answer.text) == (500, "replaced")
        assert answer.get("x-wfp-error") == "exception"
        assert answer.get("x-wfp-request-id")

    @pytest.mark.parametrize("accept,kind", [
        ("text/html", "text/html"), ("application/json, text/html", "appl"),
        ("text/html;q=0.9, application/json;q=0.1", "text/html"),
        ("*/*", "appl"), ("", "appl"), ("image/png", "appl")])
    def test_369_02_which_body(self, tenant, accept, kind):
        answer = tenant.deploy(worker("error()")).get(
            headers=[("Accept", accept)])
        assert answer.get("content-type").startswith(kind)

    def test_369_03_head(self, tenant):
        answer = tenant.deploy(worker("error()")).request("HEAD")
        assert (answer.status, answer.body) == (500, b"")
        assert answer.get("x-wfp-error") == "exception"

    @pytest.mark.parametrize("raised,told", [
        ("nil", "nil"), ("42", "42"), ("true", "true"),
        ('setmetatable({}, {__tostring = function() return "mine" end})',
         "mine"),
        ('setmetatable({}, {__tostring = function() error("no") end})',
         "table"),
        ("setmetatable({}, {__tostring = function() return {} end})",
         "table")])
    def test_369_04_what_else_is_raised(self, tenant, httpd, raised, told):
        records = Records(httpd)
        made = tenant.deploy(worker(f"error({raised})"))
        assert made.get().error == "exception"
        assert records.of(made.name)["exceptions"][0]["message"] == told

    def test_369_05_an_error_that_passes_two_workers(self, tenant, httpd):
        """Whose it was stays known, and each record has it."""
        records = Records(httpd)
        user = tenant.deploy(worker('fetch("http://169.254.1.1/")'))
        front = tenant.deploy(worker(
            f'return env.D:get("{user.name}"):fetch(request)'),
                              "--binding", "dispatch_namespace:D=demo")
        assert front.get().error == "egress_blocked"
        for name in (user.name, front.name):
            assert records.of(name)["exceptions"][0]["code"] == \
                "egress_blocked"

    @pytest.mark.parametrize("how,code", [
        ("error('torn')", "exception"), ("while true do end", "cpu_limit")])
    @pytest.mark.parametrize("first", [1, 3])
    def test_369_06_in_a_body(self, tenant, httpd, how, code, first):
        """Before or after the first byte: the record has it."""
        records = Records(httpd)
        made = tenant.deploy(worker(f"""
            local n = 0
            return Response.new(function()
                n = n + 1
                if n == {first} then {how} end
                return "x"
            end)"""), *PLENTY, "--limit", "cpu_ms=20")
        made.client.raw(f"GET {made.path}/ HTTP/1.1\r\nHost: x\r\nConnection: "
                        "close\r\n\r\n".encode())
        assert records.of(made.name)["exceptions"][0]["code"] == code

    def test_369_07_errors_of_wait_until(self, tenant, httpd):
        records = Records(httpd)
        made = tenant.deploy(worker("""
            ctx:waitUntil(function() console.log("one") error("first") end)
            ctx:waitUntil(function(...) console.log("two", ...) end, 1, nil, 3)
            return Response.new("x")"""))
        assert made.get().text == "x"
        record = records.of(made.name)
        assert record["outcome"] == "exception"
        assert "first" in record["exceptions"][0]["message"]
        assert [line["message"] for line in record["logs"]] == [
            ["one"], ["two 1 null 3"]] or [
            line["message"][0][:3] for line in record["logs"]] == [
                "one", "two"]

    def test_369_08_wait_until_not_after_a_hard_limit(self, tenant, httpd):
        records = Records(httpd)
        made = tenant.deploy(worker("""
            ctx:waitUntil(function() console.log("ran") end)
            while true do end"""), *PLENTY, "--limit", "cpu_ms=10")
        assert made.get().error == "cpu_limit"
        assert records.of(made.name)["logs"] == []

    def test_369_09_wait_until_has_its_own_time(self, tenant, httpd):
        """Its 30 s begin with the response, whatever wall_ms says."""
        records = Records(httpd)
        made = tenant.deploy(worker("""
            ctx:waitUntil(function() scheduler.wait(600)
                console.log("done") end)
            return Response.new("x")"""), "--limit", "wall_ms=200")
        assert made.get().text == "x"
        assert records.of(made.name)["logs"][0]["message"] == ["done"]


class TestPassThrough:
    """ctx:passThroughOnException()."""

    @pytest.fixture(autouse=True)
    def _site(self, httpd):
        from wfptest.httpd import pathlib
        httpd.configure([
            "<VirtualHost *:%d>" % httpd.port, "ServerName pass.test",
            'DocumentRoot "%s"' % (httpd.root / "htdocs"),
            '<Directory "%s">' % (httpd.root / "htdocs"),
            "Require all granted", "</Directory>",
            "WfpNamespace demo", "WfpRouteBy subdomain",
            "ServerAlias *.pass.test", "</VirtualHost>"])
        assert pathlib

    def go(self, tenant, client, lua, *options, body=None):
        made = tenant.deploy(worker("ctx:passThroughOnException() " + lua),
                             *options)
        return client.request("POST" if body else "GET", "/index.html",
                              host=f"{made.name}.pass.test", body=body)

    @pytest.mark.parametrize("lua", [
        'error("x")', "return 5", 'fetch("http://169.254.1.1/")',
        'return Response.new(function() error("early") end)'])
    def test_369_20_goes_on(self, tenant, client, lua):
        answer = self.go(tenant, client, lua)
        assert (answer.status, answer.text) == (200, "static\n")
        assert answer.error is None

    @pytest.mark.parametrize("lua,code", [
        ("while true do end", "cpu_limit"),
        ("local t = {} while true do t[#t+1] = ('x'):rep(1e5) .. #t end",
         "memory_limit")])
    def test_369_21_not_after_a_hard_limit(self, tenant, client, lua, code):
        answer = self.go(tenant, client, lua, *PLENTY, "--limit", "cpu_ms=300",
                         "--limit", "memory_mb=4")
        assert (answer.status, answer.error) == (503, code)

    def test_369_22_not_when_the_body_was_read(self, tenant, client):
        answer = self.go(tenant, client, 'request.body:read() error("x")',
                         body=b"abc")
        assert (answer.status, answer.error) == (500, "exception")

    def test_369_23_not_after_the_first_byte(self, tenant, client):
        made = tenant.deploy(worker("""
            ctx:passThroughOnException()
            local n = 0
            return Response.new(function() n = n + 1
                if n > 1 then error("late") end return "x" end)"""))
        got = client.raw(f"GET /index.html HTTP/1.1\r\nHost: {made.name}."
                         "pass.test\r\nConnection: close\r\n\r\n".encode())
        assert b"static" not in got
        assert not got.endswith(b"0\r\n\r\n")

    def test_369_24_only_the_outermost(self, tenant, client):
        """A user Worker cannot let its dispatcher's request through."""
        user = tenant.deploy(worker('ctx:passThroughOnException() error("x")'))
        front = tenant.deploy(worker(
            f'return env.D:get("{user.name}"):fetch(request)'),
                              "--binding", "dispatch_namespace:D=demo")
        answer = client.get("/index.html", host=f"{front.name}.pass.test")
        assert (answer.status, answer.error) == (500, "exception")
