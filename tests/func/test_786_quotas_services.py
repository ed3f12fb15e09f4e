# SPDX-License-Identifier: Apache-2.0
"""What Workers use of R2, queues, caches, assets and data points: counted,
bounded, shown; and the bytes of buckets and assets."""

import base64
import json
import pathlib
import uuid

import pytest

from wfptest import s3
from wfptest.api import LOCATION, Api
from wfptest.assets import Site, hash_of
from wfptest.queues import Queue
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

SCRIPT = """local what = {
    put = function(env, ...) env.B:put(...) end,
    fill = function(env, key, n) env.B:put(key, ("x"):rep(n)) end,
    part = function(env, key, n)
        local up = env.B:createMultipartUpload(key)
        up:uploadPart(1, ("x"):rep(n))
        if key == "done" then up:abort() end
    end,
    get = function(env, key) env.B:get(key) end,
    head = function(env, key) env.B:head(key) end,
    list = function(env) env.B:list() end,
    delete = function(env, key) env.B:delete(key) end,
    send = function(env, ...) env.Q:send(...) end,
    batch = function(env, n)
        local list = {}
        for i = 1, n do list[i] = { body = i } end
        env.Q:sendBatch(list)
    end,
    match = function(env) caches.open("c"):match("http://c.example/") end,
    forget = function(env) caches.open("c"):delete("http://c.example/") end,
    point = function(env) env.P:writeDataPoint{ doubles = { 1 } } end,
}
return { fetch = function(request, env)
    local out = json.array({})
    for i, c in ipairs(request:json()) do
        local ok, e = pcall(what[c[1]], env, c[2], c[3])
        out[i] = ok and "fine" or { code = e.code, message = e.message,
                                    name = e.name }
    end
    return Response.json(out)
end }"""


class Services:
    """A namespace with Workers that share a bucket and a queue."""

    def __init__(self, httpd, client, tenant):
        self.httpd, self.tenant = httpd, tenant
        self.api = Api(httpd, client)
        self.bucket = f"b{uuid.uuid4().hex}"
        self.api.ok("POST", f"{self.api.account}/r2/buckets",
                    {"name": self.bucket})
        self.queue = Queue(self.api)
        self.ns = tenant.namespace()

    def worker(self):
        return self.tenant.deploy(
            SCRIPT, "--binding", f"r2_bucket:B={self.bucket}", "--binding",
            f"queue:Q={self.queue.name}", "--binding",
            f"analytics_engine:P={self.bucket}", ns=self.ns)

    @property
    def objects(self):
        return f"{self.api.account}/r2/buckets/{self.bucket}/objects"

    def remove(self):
        self.tenant.remove_all()
        for each in self.api.ok("GET", self.objects):
            self.api.call("DELETE", f"{self.objects}/{each['key']}")
        self.api.call("DELETE", self.objects.rpartition("/")[0])
        self.queue.remove()

    def quota(self, name=None):
        path = f"{self.api.namespaces}/{self.ns}"
        path += f"/scripts/{name}" if name else ""
        return self.api.ok("GET", f"{path}/quota")

    def used(self, name=None):
        return {k: v for day in self.quota(name)["usage"]
                for k, v in day.items() if k != "date"}


def do(worker, *calls):
    answer = worker.post(json.dumps(calls).encode())
    assert answer.status == 200, answer
    return answer.json


@pytest.fixture
def make(httpd, client, tenant):
    made = []

    def one(*lines):
        httpd.configure([*LOCATION, *lines])
        made.append(Services(httpd, client, tenant))
        return made[-1]

    yield one
    for each in made:
        each.remove()


CALLS = [["put", "a", "1"], ["list"], ["get", "a"], ["head", "a"],
         ["get", "none"], ["delete", "a"], ["part", "done", 5], ["send", "x"],
         ["batch", 3], ["match"], ["forget"], ["point"], ["point"]]
USED = {"r2_class_a": 4, "r2_class_b": 3, "queue_messages": 4,
        "cache_calls": 2, "data_points": 2}


def test_786_01_counted_by_worker_and_namespace(make):
    s = make()
    one, two = s.worker(), s.worker()
    assert do(one, *CALLS) == ["fine"] * len(CALLS)
    assert do(two, ["put", "b", "2"]) == ["fine"]
    until(lambda: s.used() == {**USED, "r2_class_a": 5}, "the numbers")
    assert s.used(one.name) == USED
    assert s.used(two.name) == {"r2_class_a": 1}
    said = s.httpd.wfpctl("usage", f"{s.ns}/{one.name}").stdout
    assert "queue_messages 4\n" in said and "data_points 2\n" in said


@pytest.mark.parametrize("kind, call, text, free", [
    ("r2_class_a", ["put", "a", "1"], "put: ", [["get", "a"], ["delete", "a"]]),
    ("r2_class_a", ["list"], "list: ", [["head", "a"]]),
    ("r2_class_b", ["get", "a"], "get: ", [["put", "a", "1"]]),
    ("queue_messages", ["send", "x"], "Queue send failed: ", []),
    ("cache_calls", ["match"], "", []),
    ("data_points", ["point"], "", [])])
def test_786_02_a_worker_has_so_much(make, kind, call, text, free):
    s = make(f"WfpQuota {kind} 2")
    one, two = s.worker(), s.worker()
    assert do(one, call, call) == ["fine"] * 2
    for _ in range(5):  # in whichever child
        assert do(one, call)[0] == {
            "code": "quota_exceeded", "name": "LimitError",
            "message": f"{text}the quota {kind} of 2 a day is used up"}
    assert do(one, *free) == ["fine"] * len(free)
    assert do(two, call) == ["fine"]
    assert s.quota(one.name)["quotas"] == {kind: 2}
    until(lambda: s.used(one.name).get(kind) == 2, "what was used")


def test_786_03_a_namespace_too(make):
    s = make("WfpQuota queue_messages 0 5")
    one, two = s.worker(), s.worker()
    assert do(one, ["batch", 3]) == ["fine"]
    assert do(two, ["batch", 3])[0]["message"] == (
        "Queue sendBatch failed: the quota queue_messages of 5 a day of the "
        "namespace is used up")
    assert do(two, ["batch", 2]) == ["fine"]
    assert s.queue.backlog == 5


def test_786_04_assets(make):
    s = make("WfpQuota asset_requests 3")
    site = Site(s.api, s.ns)
    site.deploy({"/a.txt": "a"})
    get = f"/_ns/{s.ns}/{site.name}"
    client = s.api.client
    for _ in range(3):
        assert client.get(f"{get}/a.txt").text == "a"
    answer = client.get(f"{get}/a.txt")
    assert (answer.status, answer.error) == (429, "quota_exceeded")
    assert int(answer.get("retry-after")) > 0
    # what the Worker answers itself is no use of assets
    assert client.get(f"{get}/none").status == 200
    until(lambda: s.used(site.name).get("asset_requests") == 3, "what was used")


def bytes_of_assets(httpd):
    root = pathlib.Path(httpd.root) / "data" / "assets"
    return sum(f.stat().st_size for f in root.rglob("*") if f.is_file())


class TestSizes:
    def test_786_20_a_bucket(self, make):
        s = make("WfpQuota r2_bytes 1M")
        one = s.worker()
        full = {"code": "quota_exceeded", "name": "LimitError",
                "message": "put: The bucket is full. (10050)"}
        assert do(one, ["fill", "a", 600_000], ["fill", "b", 600_000],
                  ["fill", "c", 2_000_000], ["fill", "a", 700_000],
                  ["fill", "b", 300_000]) == \
            ["fine", full, full, "fine", "fine"]
        # neither does the API get past it, nor the parts of an upload
        put = s.api.call("PUT", f"{s.objects}/api", b"x" * 100_000)
        assert (put.status, put.json["errors"][0]["message"]) == \
            (413, "The bucket is full.")
        said = do(one, ["part", "done", 100_000], ["delete", "b"],
                  ["part", "open", 300_000], ["fill", "b", 300_000])
        assert said[0]["message"] == "uploadPart: The bucket is full. (10050)"
        assert said[1:] == ["fine", "fine", full]
        assert do(one, ["delete", "a"], ["fill", "b", 300_000]) == ["fine"] * 2

    def test_786_21_assets(self, make):
        s = make("WfpQuota asset_bytes 64K")
        site, files = Site(s.api, s.ns), {"/a": "a" * 40_000}
        before = bytes_of_assets(s.httpd)
        site.deploy(files)
        one = bytes_of_assets(s.httpd) - before
        assert 40_000 + 64 < one < 41_000  # with its index
        other = Site(s.api, s.ns)
        other.deploy({"/b": "b" * 50_000})
        both = bytes_of_assets(s.httpd) - before
        assert s.quota(site.name)["stored"] == {"asset_bytes": one}
        assert s.quota()["stored"] == {"asset_bytes": both}
        more = {**files, "/c": "c" * 30_000}
        begun = site.begun(more)
        answer = site.send(begun["jwt"], site.parts(
            more, [hash_of(b"c" * 30_000, "/c")]))
        assert answer.status == 413
        assert answer.json["errors"][0]["message"].endswith(
            "more bytes than the quota asset_bytes of 65536")
        assert s.quota(site.name)["stored"] == {"asset_bytes": one}

    def test_786_24_an_index_that_does_not_fit(self, make, httpd):
        s = make("WfpQuota asset_bytes 64K")
        site, files = Site(s.api, s.ns), {"/a": "a" * 65_500}
        jwt = site.uploaded(files)
        before = bytes_of_assets(httpd)
        answer = site.put(jwt)
        assert answer.status == 413
        assert answer.json["errors"][0]["message"].endswith(
            "more bytes than the quota asset_bytes of 65536")
        assert bytes_of_assets(httpd) == before
        assert s.quota(site.name)["stored"] == {"asset_bytes": 65_500}

    def test_786_23_what_is_on_the_disk_counts(self, make, httpd):
        """Neither other bytes by the same name nor what was refused."""
        s = make("WfpQuota asset_bytes 64K")
        site, name = Site(s.api, s.ns), "0" * 32
        before = bytes_of_assets(httpd)

        def send(jwt, data):
            return site.send(jwt, {name: (base64.b64encode(data), "text/a")})

        jwt = site.session({"/a": {"hash": name, "size": 30_000}}).json[
            "result"]["jwt"]
        one, two, three = (c * 30_000 for c in (b"1", b"2", b"3"))
        statuses = [send(jwt, data).status
                    for data in (one, one, two, one, three, two, three)]
        assert statuses == [201, 201, 201, 201, 413, 201, 413]
        assert s.quota(site.name)["stored"] == {"asset_bytes": 60_000}
        jwt = site.session({"/a": {"hash": name, "size": 80_000}}).json[
            "result"]["jwt"]
        assert [send(jwt, c * 80_000).status for c in (b"4", b"5")] == [413] * 2
        assert bytes_of_assets(httpd) - before == 60_000

    def test_786_22_by_s3_too(self, httpd):
        httpd.configure([*s3.lines(httpd), "WfpQuota r2_bytes 64K"])
        raw = s3.Key(httpd, "--role", "admin").raw()
        bucket = f"/b{uuid.uuid4().hex}"
        assert raw.ask("PUT", bucket).status == 200
        assert raw.ask("PUT", f"{bucket}/a", b"x" * 60_000).status == 200
        assert s3.code_of(raw.ask("PUT", f"{bucket}/b", b"x" * 10_000)) == \
            (400, "EntityTooLarge")
        assert raw.ask("DELETE", f"{bucket}/a").status == 204
        assert raw.ask("PUT", f"{bucket}/b", b"x" * 10_000).status == 200
        assert raw.ask("DELETE", f"{bucket}/b").status == 204
        assert raw.ask("DELETE", bucket).status == 204
