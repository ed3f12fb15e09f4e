# SPDX-License-Identifier: Apache-2.0
"""Every limit, met: the client gets a code and an id and nothing else, the record
and the error log have, under that id, which limit it was, how much was allowed
and used, whose, in which version and line, and where it can be raised."""

import http.client
import re
import uuid

import pytest

from wfptest.api import LOCATION, Api
from wfptest.client import Response
from wfptest.lua import says, worker
from wfptest.queues import Queue
from wfptest.records import Records
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

PLENTY = ("--limit", "instructions=1000000000000")
LINE = re.compile(
    r"WFP040[34]: request (?P<id>\S+): (?P<worker>\S+) version (?P<version>\S+?)"
    r"(?:, line (?P<line>\d+))?: limit (?P<limit>\w+): (?P<allowed>\d+) allowed, "
    r"(?P<used>\d+) used; to raise it: (?P<raise>.*)$")
LOOP = "local t = {} while true do t[#t + 1] = ('x'):rep(1e5) .. #t end"
SPIN = "while true do end"


class Case:
    """A Worker that meets a limit."""

    def __init__(self, limit, allowed, lua, code, *options, conf=(), line=0,
                 where=None, times=1):
        self.limit, self.allowed, self.lua = limit, allowed, lua
        self.code, self.options, self.conf = code, options, conf
        self.line, self.times = line, times
        self.where = where or f'the Worker\'s limits ("{limit}"'


def own(limit, value, lua, code, *options, **more):
    """The limit is in the Worker's metadata."""
    return Case(limit, value, lua, code, "--limit", f"{limit}={value}",
                *options, **more)


CASES = {
    "cpu": own("cpu_ms", 10, f"\n\n{SPIN}", "cpu_limit", *PLENTY, line=5),
    "instructions": own("instructions", 2000, SPIN, "instruction_limit",
                        line=3),
    "memory": own("memory_mb", 2, LOOP, "memory_limit", *PLENTY, line=3),
    "wall": own("wall_ms", 100, "scheduler.wait(10000)", "wall_limit"),
    "subrequests": own("subrequests", 1, 'fetch("ORIGIN/a")\nfetch("ORIGIN/b")',
                       "subrequest_limit", line=4),
    "response": Case("response_mb", 1,
                     'return Response.new(("x"):rep(1500000))',
                     "body_too_large", where="WfpLimit response_mb",
                     conf=["WfpLimit response_mb 1"]),
    "function": own("response_mb", 1, """local n = 0
return Response.new(function() n = n + 1
return n == 1 and ("x"):rep(1500000) or nil end)""", None),
    "body": own("memory_mb", 1, "request:text()", "body_too_large", line=3),
    "wait": own("cpu_ms", 10, f"ctx:waitUntil(function() {SPIN} end) "
                "return Response.new('x')", None, *PLENTY, line=3),
    "directive": Case("cpu_ms", 7, SPIN, "cpu_limit", *PLENTY, line=3,
                      conf=["WfpLimit cpu_ms 7"], where="WfpLimit cpu_ms"),
    "log": own("log_kb", 1, 'console.log(("x"):rep(3000)) '
               "return Response.new('x')", None),
    "lines": Case("log_lines", 1000, "for i = 1, 2000 do print(i) end return "
                  "Response.new('x')", None, where="it is fixed"),
    "caught": own("subrequests", 0, 'pcall(fetch, "ORIGIN/") '
                  "return Response.new('x')", None),
    "cooling": Case("cool_down", 1, SPIN, "worker_overloaded",
                    conf=["WfpCoolDown 1 1min 20s"], where="WfpCoolDown",
                    times=3),
    "isolates": Case("isolate_memory", 1, LOOP, "isolate_unavailable",
                     conf=["WfpIsolateMemory 1M"], where="WfpIsolateMemory"),
    # httpd answers that itself
    "upload": Case("request_body", 100, "request:text()", None, where="LimitRequestBody", line=3, conf=[
                       "<Location /_ns>", "LimitRequestBody 100",
                       "</Location>"]),
}


def ask(made, case):
    """The answer; of one that breaks off what there was of it."""
    body = b"x" * (3000000 if case.limit == "memory_mb" else 200)
    try:
        return made.post([body] if case.limit == "request_body" else body)
    except http.client.IncompleteRead as torn:
        return Response(200, "", [], torn.partial)


def hit(record, limit):
    return next((h for h in record.get("limits", ()) if h["limit"] == limit),
                None)


def lines(httpd, request_id):
    """What the error log says of limits under that id."""
    return [m.groupdict() for m in map(LINE.search, httpd.log.lines())
            if m and m["id"] == request_id]


def told_alike(httpd, records, answer, made, case):
    """Record and error log say the same, the client nothing of it."""
    record = records.under(answer.get("x-wfp-request-id")) if answer.error \
        else records.of(made.name)
    found = hit(record, case.limit)
    assert found, record
    assert found["allowed"] == case.allowed
    assert found["used"] >= case.allowed
    assert found["scriptName"] == made.name
    assert found["dispatchNamespace"] == made.ns
    assert found["version"] == record["scriptVersion"]["id"]
    assert found["line"] == case.line
    assert (found["raise"] or "it is fixed").startswith(case.where)
    said, = lines(httpd, record["requestId"])
    assert said == {
        "id": record["requestId"], "worker": f"{made.ns}/{made.name}",
        "version": found["version"],
        "line": str(case.line) if case.line else None, "limit": case.limit,
        "allowed": str(case.allowed), "used": str(found["used"]),
        "raise": found["raise"] or "it is fixed"}
    return record, found


class TestEach:
    @pytest.mark.parametrize("name", CASES)
    def test_861_01_said_in_all_three_places(self, httpd, tenant, origin,
                                             name):
        case = CASES[name]
        cooling = any("WfpCoolDown" in line for line in case.conf)
        httpd.configure([Records.LINE, *case.conf,
                         *([] if cooling else ["WfpCoolDown off"])])
        made = tenant.deploy(worker(case.lua.replace("ORIGIN", origin.url)),
                             *case.options)
        records = Records(httpd)
        for _ in range(case.times):
            answer = ask(made, case)
        assert answer.error == case.code, answer
        told_alike(httpd, records, answer, made, case)
        for word in (made.name, "worker.lua", "allowed", "Wfp", "raise",
                     f'"{case.limit}"'):
            assert word not in answer.text, answer


QUOTAS = [
    # limit, allowed, WfpQuota ..., what is done, how often it may be
    ("kv_reads", 2, "kv_reads 2", 'env.KV:get("a")', 2),
    ("kv_writes", 1, "kv_writes 1", 'env.KV:put("a", "b")', 1),
    ("kv_lists", 1, "kv_lists 1", "env.KV:list()", 1),
    ("kv_bytes", 1048576, "kv_bytes 1M",
     'env.KV:put("a", ("x"):rep(2000000))', 0),
    ("d1_queries", 1, "d1_queries 1", 'env.DB:exec("select 1")', 1),
    ("d1_bytes", 1048576, "d1_bytes 1M", 'env.DB:exec("create table if not '
     "exists t (a)\") env.DB:prepare(\"insert into t values "
     '(?)"):bind(("x"):rep(1900000)):run()', 0),
    ("r2_class_a", 1, "r2_class_a 1", 'env.B:put("a", "b")', 1),
    ("r2_class_b", 1, "r2_class_b 1", 'env.B:get("a")', 1),
    ("r2_bytes", 1048576, "r2_bytes 1M",
     'env.B:put("a", ("x"):rep(2000000))', 0),
    ("queue_messages", 1, "queue_messages 1", 'env.Q:send("x")', 1),
    ("cache_calls", 1, "cache_calls 1",
     'caches.open("c"):match("http://c.example/")', 1),
    ("data_points", 1, "data_points 1",
     "env.P:writeDataPoint{ doubles = { 1 } }", 1),
    ("queue_backlog", 1048576, None,
     "for i = 1, 9 do env.Q:send(('x'):rep(120000)) end", 0),
]


@pytest.fixture
def services(httpd, client):
    """Options of wfpctl deploy that bind one of each, once configured."""
    made = []

    def make():
        api = Api(httpd, client)
        name = f"x{uuid.uuid4().hex}"
        kv = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                    {"title": name})["id"]
        d1 = api.ok("POST", f"{api.account}/d1/database",
                    {"name": name})["uuid"]
        api.ok("POST", f"{api.account}/r2/buckets", {"name": name})
        queue = Queue(api)
        made.append(queue)
        return [word for what in (
            f"kv_namespace:KV={kv}", f"d1:DB={d1}", f"r2_bucket:B={name}",
            f"queue:Q={queue.name}", f"analytics_engine:P={name}")
                for word in ("--binding", what)]

    yield make
    for queue in made:
        queue.remove()


class TestQuotas:
    @pytest.mark.parametrize("limit,allowed,line,lua,often", QUOTAS,
                             ids=[q[0] for q in QUOTAS])
    def test_861_02_of_services(self, httpd, tenant, services, limit, allowed,
                                line, lua, often):
        httpd.configure([Records.LINE, *LOCATION,
                         f"WfpQuota {line}" if line else "WfpQueueBacklog 1M"])
        made = tenant.deploy(worker(f"{lua} return Response.new('x')"),
                             "--limit", "cpu_ms=1000", *PLENTY, *services())
        for _ in range(often):
            assert made.get().text == "x"
        records = Records(httpd)
        for _ in range(6):  # in whichever child
            answer = made.get()
        assert answer.error and answer.status in (429, 500)
        where = f"WfpQuota {limit}" if line else "WfpQueueBacklog"
        told_alike(httpd, records, answer, made,
                   Case(limit, allowed, lua, answer.error, line=3,
                        where=where))
        assert limit not in answer.text

    def test_861_03_a_namespace_s(self, httpd, tenant, services):
        httpd.configure([Records.LINE, *LOCATION, "WfpQuota kv_reads 0 2"])
        made = tenant.deploy(worker(
            'env.KV:get("a") return Response.new("x")'), *services(),
            ns=tenant.namespace())
        records = Records(httpd)
        answer = [made.get() for _ in range(3)][-1]
        assert answer.error == "quota_exceeded"
        told_alike(httpd, records, answer, made, Case(
            "kv_reads", 2, "", "", line=3, where="WfpQuota kv_reads"))


class TestWhose:
    """A Worker that another one calls."""

    @pytest.fixture(autouse=True)
    def _conf(self, httpd):
        httpd.configure([Records.LINE, "WfpCoolDown off"])

    def front(self, tenant, name, call="", ns="demo"):
        return tenant.deploy(worker(
            f'return env.D:get("{name}"{call}):fetch(request)'),
            "--binding", f"dispatch_namespace:D={ns}")

    def test_861_10_the_caller_s_record_says_whose(self, httpd, tenant):
        made = tenant.deploy(worker(SPIN), *PLENTY, "--limit", "cpu_ms=5")
        front = self.front(tenant, made.name)
        records = Records(httpd)
        answer = front.get()
        assert answer.error == "cpu_limit"
        request_id = answer.get("x-wfp-request-id")
        theirs = hit(records.under(request_id, made.name), "cpu_ms")
        assert theirs["scriptName"] == made.name and theirs["line"] == 3
        assert hit(records.under(request_id, front.name), "cpu_ms") == theirs
        assert "kill" not in records.under(request_id, front.name)

    def test_861_11_where_the_value_came_from(self, httpd, tenant):
        ns = tenant.namespace("--limit", "cpu_ms=20")
        made = tenant.deploy(worker(SPIN), *PLENTY, ns=ns)
        records = Records(httpd)
        assert made.get().error == "cpu_limit"
        found = hit(records.of(made.name), "cpu_ms")
        assert (found["allowed"], found["raise"]) == (
            20, f'the namespace\'s limits ("cpu_ms" of PUT .../namespaces/{ns})')
        front = self.front(tenant, made.name,
                           ", nil, { limits = { cpuMs = 6 } }", ns)
        answer = front.get()
        found = hit(records.under(answer.get("x-wfp-request-id"), made.name),
                    "cpu_ms")
        assert (found["allowed"], found["raise"]) == (
            6, "limits = { cpuMs = } of the dispatcher's get()")

    def test_861_12_how_deep(self, httpd, tenant):
        tenant.deploy(says('"x"'), ns=None, name="svc-deep")
        made = tenant.deploy(worker("return env.SELF:fetch(request)"),
                             "--binding", "service:SELF=svc-deep", "--limit",
                             "depth=3", ns=None, name="svc-deep")
        front = tenant.deploy(worker("return env.S:fetch(request)"),
                              "--binding", "service:S=svc-deep", "--limit",
                              "depth=3")
        records = Records(httpd)
        answer = until(lambda: next((a for a in [front.get()] if a.error ==
                                     "loop_detected"), None), "depth")
        request_id = answer.get("x-wfp-request-id")
        found = hit(records.under(request_id, made.name), "depth")
        assert (found["allowed"], found["used"]) == (3, 4)
        assert found["scriptName"] == made.name

    def test_861_13_a_worker_cannot_say_it_was_another(self, httpd, tenant):
        """It may write to the error that it caught; the record knows better."""
        made = tenant.deploy(worker(r"""
            local ok, e = pcall(fetch, "http://127.0.0.1/")
            e.worker, e.namespace, e.version = "other\27[2J\n", "secret", "v"
            e.limit = request.headers:get("x-limit")
            e.allowed, e.used, e.line = -1, math.huge, {}
            error(e)"""), "--limit", "subrequests=0")
        records = Records(httpd)
        for limit in ("subrequests", "cpu_ms", 'x","y":"', "%s%n"):
            answer = made.get(headers=[("x-limit", limit)])
            assert answer.error == "subrequest_limit"
            request_id = answer.get("x-wfp-request-id")
            record = records.under(request_id)
            for one in record["limits"]:
                assert (one["scriptName"], one["dispatchNamespace"]) == \
                    (made.name, "demo")
                assert one["limit"] in ("subrequests", "cpu_ms")
            for line in lines(httpd, request_id):
                assert line["worker"] == f"demo/{made.name}"

    def test_861_14_what_who_catches_it_reads(self, tenant, origin):
        made = tenant.deploy(worker(f"""
            local ok, e = pcall(fetch, "{origin.url}/")
            return Response.json{{ e.limit, e.allowed, e.used, e.worker,
                e.namespace, #e.version, e.line }}"""), "--limit",
            "subrequests=0")
        assert made.get().json == ["subrequests", 0, 1, made.name, "demo", 36,
                                   4]

    def test_861_15_not_in_who_catches_it(self, httpd, tenant):
        """The dispatcher's own answer; its record has no limit of its own."""
        made = tenant.deploy(worker(SPIN), *PLENTY, "--limit", "cpu_ms=5")
        front = tenant.deploy(worker(f"""
            local ok, e = pcall(function()
                return env.D:get("{made.name}"):fetch(request) end)
            return Response.new(e.limit)"""), "--binding",
            "dispatch_namespace:D=demo")
        records = Records(httpd)
        assert front.get().text == "cpu_ms"
        record = records.of(made.name)
        assert hit(record, "cpu_ms")["allowed"] == 5
        assert "limits" not in records.under(record["requestId"], front.name)
        assert len(lines(httpd, record["requestId"])) == 1
