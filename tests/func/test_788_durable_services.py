# SPDX-License-Identifier: Apache-2.0
"""R2, queues and data points on PostgreSQL while all of that is killed: what
was answered is there, objects are whole, messages come, points count once."""

import concurrent.futures
import http.client
import os
import signal
import threading
import uuid

import pytest

from test_724_r2_durable import SCRIPT as PUTS
from test_724_r2_durable import Writers
from test_750_queues_durable import Senders, is_open
from wfptest.api import Api
from wfptest.client import Client
from wfptest.errorlog import DEATH
from wfptest.hosts import Hosts, PatientApi, PatientWorker
from wfptest.process import kill_now
from wfptest.queues import Queue
from wfptest.tenant import Tenant
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm
PART = 5 << 20


@pytest.fixture(scope="module")
def hosts(build, origin, tmp_path_factory):
    made = Hosts(build, tmp_path_factory.mktemp("services"), origin, pgsql=True)
    try:
        made.start()
        yield made
    finally:
        made.remove()


@pytest.fixture
def server(hosts):
    """Complaints about the store are right; no process may die by itself."""
    one = hosts.servers[0]
    one.log.begin()
    yield one
    assert [line for line in one.log.lines() if DEATH.search(line)
            and not any(e.search(line) for e in one.log.expected)] == []


@pytest.fixture
def api(server):
    return PatientApi(server, Client(server.port))


@pytest.fixture
def tenant(server):
    return Tenant(server, Client(server.port))


def kill(hosts):
    hosts.postgres.kill()
    hosts.postgres.start()


def while_killed(hosts, *jobs):
    """What the jobs return, which run while PostgreSQL is killed."""
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        began = [pool.submit(*job) for job in jobs]
        kill(hosts)
        return [each.result() for each in began]


def answers(worker):
    try:
        return worker.get(headers=[("n", "0")]).status == 200
    except (OSError, http.client.HTTPException):
        return False


def kill_children(server, worker):
    server.log.expect("AH00052")
    before = server.children()
    for pid in before:
        kill_now(pid)
    until(lambda: not set(server.children()) & set(before), "their end")
    until(lambda: answers(worker), "an answer of others")


# ---- R2 -------------------------------------------------------------------------

PARTS = """local steps = {
    create = function(b, key) return b:createMultipartUpload(key).uploadId end,
    part = function(b, key, id, n, size)
        return b:resumeMultipartUpload(key, id):uploadPart(tonumber(n),
            n:rep(tonumber(size))).etag
    end,
    complete = function(b, key, id, one, two)
        return b:resumeMultipartUpload(key, id):complete{
            { partNumber = 1, etag = one }, { partNumber = 2, etag = two } }.key
    end,
    look = function(b, key)
        local got = b:get(key)
        return got and got:text() or "none"
    end,
}
return { fetch = function(request, env)
    local a = request:json()
    local ok, what = pcall(steps[a[1]], env.B, table.unpack(a, 2))
    return Response.new(ok and what or what.message,
                        { status = ok and 200 or 409 })
end }"""


class Upload:
    """An object of two parts; a step that was not answered is taken again."""

    def __init__(self, worker):
        self.worker, self.key = worker, str(uuid.uuid4())
        self.number = self.step("create")
        self.etags = []

    def step(self, what, *more):
        """What it said. "(10024)" of complete: the one that was not answered
        had done it."""
        body = str([what, self.key, *more]).replace("'", '"').encode()

        def once():
            answer = self.worker.post(body)
            if answer.status == 200 or "(10024)" in answer.text:
                return answer.text
            return None
        return until(once, what, 60, 0.1)

    def part(self, size):
        number = str(len(self.etags) + 1)
        self.etags.append(self.step("part", self.number, number, str(size)))
        assert len(self.etags[-1]) == 32, self.etags

    def complete(self):
        return self.step("complete", self.number, *self.etags)


@pytest.fixture
def bucket(api):
    name = f"b-{uuid.uuid4()}"
    api.ok("POST", f"{api.account}/r2/buckets", {"name": name})
    return "--binding", f"r2_bucket:B={name}"


class TestR2:
    def test_788_01_puts(self, hosts, tenant, bucket):
        worker = tenant.deploy(PUTS, *bucket)
        with Writers(worker, 3) as writers:
            for _ in range(3):
                writers.more(5)
                kill(hosts)
                writers.more(5)
        writers.worker = PatientWorker(worker)
        writers.check()

    def test_788_03_puts_whose_commit_is_not_answered(self, hosts, tenant,
                                                      bucket):
        """Done all the same: whose row is there has its bytes."""
        worker = tenant.deploy(PUTS, *bucket)
        with Writers(worker, 3) as writers:
            hosts.postgres.hold("r2_objects")
            kill(hosts)
            writers.more(5)
        writers.worker = PatientWorker(worker)
        writers.check()

    def test_788_02_parts(self, hosts, tenant, bucket):
        """A part that was answered is one of the object, whatever came after."""
        worker = tenant.deploy(PARTS, *bucket)
        ups = while_killed(hosts, (Upload, worker), (Upload, worker))
        while_killed(hosts, *((up.part, PART) for up in ups))
        while_killed(hosts, *((up.part, 7) for up in ups))
        while_killed(hosts, *((up.complete,) for up in ups))
        kill(hosts)
        for up in ups:
            assert up.step("look") == "1" * PART + "2" * 7


# ---- queues ---------------------------------------------------------------------

CONSUMER = """return {
    fetch = function(request, env)
        env.QUEUE:send(request.headers:get("n") .. ("."):rep(200))
        return Response.new("sent")
    end,
    queue = function(batch, env)
        for _, m in ipairs(batch.messages) do
            local n = m.body:match("^[^.]+")
            if #m.body ~= #n + 200 then n = "torn" end
            env.KV:put(n, "x")
        end
    end,
}"""


def names(api, path):
    """All keys of a KV namespace."""
    found, cursor = set(), ""
    while True:
        answer = api.call("GET", f"{path}/keys?limit=1000&cursor={cursor}")
        found |= {each["name"] for each in answer.json["result"]}
        cursor = answer.json["result_info"]["cursor"]
        if not cursor:
            return found


class TestQueues:
    def test_788_10_sends_and_deliveries(self, hosts, api, tenant):
        """At least once, whatever became of the batch that was under way, and
        whether its commit was answered."""
        queue = Queue(api)
        path = f"{api.account}/storage/kv/namespaces"
        number = api.ok("POST", path, {"title": queue.name})["id"]
        worker = tenant.deploy(
            CONSUMER, *queue.binding, "--binding",
            f"kv_namespace:KV={number}", "--limit", "subrequests=1000")
        queue.consume(worker, max_wait_time_ms=0, max_retries=100,
                      batch_size=10)
        with Senders(worker) as senders:
            for _ in range(3):
                senders.more(15)
                kill(hosts)
                senders.more(10)
            hosts.postgres.hold("queue_messages")
            kill(hosts)
            senders.more(10)
        until(lambda: queue.backlog == 0, "an empty queue", 180, 0.2)
        seen = names(api, f"{path}/{number}")
        assert "torn" not in seen
        assert set(senders.done) - seen == set()

    def test_788_11_what_was_pulled(self, hosts, api):
        """What was acknowledged stays away, what was given back comes again."""
        queue = Queue(api)
        queue.consume(max_retries=100)
        queue.push(*range(10))
        kill(hosts)
        got = queue.pull(batch_size=10, visibility_timeout_ms=3600000)
        assert sorted(each["body"] for each in got) == list(range(10))
        kill(hosts)
        told = queue.ack(*got[:4], retries=got[4:8])
        assert (told["ackCount"], told["retryCount"]) == (4, 4)
        kill(hosts)
        back = queue.pull(batch_size=10, visibility_timeout_ms=3600000)
        assert sorted(each["body"] for each in back) == \
            sorted(each["body"] for each in got[4:8])
        assert {each["attempts"] for each in back} == {2}
        assert queue.backlog == 6  # two are still lent
        assert queue.ack(*got[8:], *back)["ackCount"] == 6
        kill(hosts)
        assert queue.backlog == 0


# ---- data points ----------------------------------------------------------------

POINTS = """return { fetch = function(request, env)
    local n = request.headers:get("n")
    for i = 1, 10 do
        if n ~= "0" then
            env.POINTS:writeDataPoint{ indexes = { n }, doubles = { i } }
        end
    end
    return Response.new("written")
end }"""


class Points:
    """A dataset and its Worker; ten points a request, a name each."""

    def __init__(self, api, tenant):
        self.api, self.dataset = api, "d" + uuid.uuid4().hex
        self.worker = tenant.deploy(
            POINTS, "--binding", f"analytics_engine:POINTS={self.dataset}")
        self.done = set()
        # in the registry, where all children find it without the store
        until(lambda: answers(self.worker), "the Worker")

    def write(self, requests=10):
        """Each is answered, with or without a store."""
        for _ in range(requests):
            name = uuid.uuid4().hex
            answer = self.worker.get(headers=[("n", name)])
            assert (answer.status, answer.text) == (200, "written"), answer
            self.done.add(name)

    def stored(self):
        rows = self.api.ok(
            "POST", f"{self.api.account}/analytics_engine/datasets/"
            f"{self.dataset}/query",
            {"select": ["count", "sum:double1"], "group_by": ["index1"]})
        return {row["index1"]: (row["count"], row["sum:double1"])
                for row in rows}

    def check(self):
        """Each point of each request that was answered, once."""
        wanted = {name: (10, 55) for name in self.done}
        until(lambda: sum(n for n, _ in self.stored().values())
              >= 10 * len(wanted), "all points in the store", 60, 0.2)
        assert self.stored() == wanted


@pytest.fixture
def points(api, tenant):
    return Points(api, tenant)


class TestPoints:
    def test_788_20_postgresql_is_killed(self, hosts, points):
        """While they are being stored: some may have been, and come once."""
        points.write()
        for _ in range(3):
            while_killed(hosts, (points.write, 20))
        points.check()

    def test_788_24_a_commit_is_not_answered(self, hosts, points):
        """What was stored already is tried again, and counts once."""
        ending = threading.Event()

        def write():
            while not ending.wait(0.2) and len(points.done) < 800:
                points.write(1)

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write)
            try:
                hosts.postgres.hold("data_points")
            finally:
                ending.set()
                writing.result()
                kill(hosts)
        points.check()

    def test_788_21_they_wait(self, hosts, server, points):
        """Without a store, children that are killed and a graceful restart."""
        points.write()
        hosts.postgres.kill()
        try:
            points.write()
            kill_children(server, points.worker)
            points.write()
            server.graceful()
            until(lambda: answers(points.worker), "an answer after it")
            points.write()
        finally:
            hosts.postgres.start()
        points.check()

    def test_788_22_no_text_is_in_the_way(self, tenant, points):
        """What PostgreSQL would not take is refused where it is written: one
        point of one tenant does not hold up those of all."""
        hostile = tenant.deploy("""return { fetch = function(request, env)
            local said = json.array({})
            for i, text in ipairs{ "\\0", "\\xed\\xa0\\x80", "\\xc0\\x80",
                "\\xf4\\x90\\x80\\x80", "\\xff", "\\\\u0000", "\\xef\\xbf\\xbf",
                "'; --", "\\r\\n\\x1b\\x7f", "$1" } do
                said[i] = pcall(env.POINTS.writeDataPoint, env.POINTS,
                    { indexes = { text }, blobs = { text }, doubles = { -0.0,
                      1e308, 5e-324 } })
            end
            return Response.json(said)
        end }""", "--binding", f"analytics_engine:POINTS=h{points.dataset}")
        assert PatientWorker(hostile).get().json == [False] * 5 + [True] * 5
        points.write()
        points.check()

    def test_788_23_what_is_stored_survives_all(self, server, points):
        """httpd's end by SIGKILL takes what was not yet in the store at most:
        whole points, none twice."""
        points.write()
        points.check()
        points.write()
        first = set(points.stored())
        server.log.expect("AH00098")
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
        until(lambda: not is_open(server.port), "the end of all")
        server.start()
        before = set(points.done)
        points.write()
        last = points.done - before
        until(lambda: all(points.stored().get(name) == (10, 55)
                          for name in last), "the last ones", 60, 0.2)
        stored = points.stored()
        assert first <= set(stored) <= points.done
        assert all(count <= 10 for count, _ in stored.values())
