# SPDX-License-Identifier: Apache-2.0
"""A file system without room below the store and the data folder: what was there
is served, what cannot be written is refused whole and says why, what waits is
there when there is room again."""

import collections
import json
import shutil
import sqlite3
import subprocess

import pytest

from wfptest import prometheus
from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.errorlog import DEATH
from wfptest.httpd import Httpd, server_user
from wfptest.uploads import Scripts, error, form, part
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm
PATH = "/_ns/demo/w"
KINDS = ("kv", "r2", "d1", "queue")

WORKER = """
local long = ("x"):rep(200000)
local does = {
    kv = function(env, n) env.KV:put("key", n .. long) end,
    r2 = function(env, n) env.B:put("object", n .. long) end,
    d1 = function(env, n)
        env.DB:prepare("INSERT INTO t VALUES (?, ?)"):bind(n, long):run()
    end,
    queue = function(env, n) env.Q:send(n .. long:sub(1, 100000)) end,
    read = function(env)
        return { env.KV:get("key"), env.B:get("object"):text(),
                 env.DB:prepare("SELECT max(n) AS n FROM t"):first().n }
    end,
}
return { fetch = function(request, env)
    local what, n = request.url:match("/(%w+)/(%w*)$")
    if what == "fail" then error("failed as it should " .. long:sub(1, 3000)) end
    local ok, got = pcall(does[what], env, n)
    if not ok then
        return Response.json({ code = got.code, message = got.message },
                             { status = 409 })
    end
    return Response.json(got or {})
end }"""


class World:
    """A server whose data folder is a small file system."""

    def __init__(self, build, folder, origin):
        self.httpd = Httpd(build, folder, "event", origin, "info")
        self.data = self.httpd.root / "data"
        self.fill = self.data / "fill"
        self.is_mounted = False
        self.asked = 0
        self.went_well = collections.Counter()
        self.deployed = collections.Counter()

    def start(self):
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs",
             str(self.data)], text=True, capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"a file system cannot be mounted: {done.stderr}")
        self.is_mounted = True
        shutil.chown(self.data, *server_user())
        self.httpd.configure([*LOCATION, '<Location "/metrics">',
                              "SetHandler wfp-metrics", "</Location>"])
        self.httpd.log.begin()
        self.client = Client(self.httpd.port)
        self.api = Api(self.httpd, self.client)
        self.scripts = Scripts(self.api, "demo")
        self.prepare()

    def prepare(self):
        api, account = self.api, self.api.account
        kv = api.ok("POST", f"{account}/storage/kv/namespaces",
                    {"title": "t"})["id"]
        api.ok("POST", f"{account}/r2/buckets", {"name": "bucket"})
        d1 = api.ok("POST", f"{account}/d1/database", {"name": "db"})["uuid"]
        api.ok("POST", f"{account}/d1/database/{d1}/query",
               {"sql": "CREATE TABLE t (n, x)"})
        self.queue = api.ok("POST", f"{account}/queues",
                            {"queue_name": "q"})["queue_id"]
        self.bindings = [
            {"type": "kv_namespace", "name": "KV", "namespace_id": kv},
            {"type": "r2_bucket", "name": "B", "bucket_name": "bucket"},
            {"type": "d1", "name": "DB", "id": d1},
            {"type": "queue", "name": "Q", "queue_name": "q"}]

    def deploy(self, name, text=WORKER):
        metadata = {"main_module": "worker.lua", "bindings": self.bindings,
                    "limits": {"cpu_ms": 2000}}
        answer = self.scripts.put(name, form(
            part("metadata", json.dumps(metadata)),
            part("worker.lua", text, "worker.lua", "text/plain")))
        self.deployed[name] += answer.status == 200
        return answer

    def upload(self, name):
        answer = self.deploy(name, WORKER + "-- another")
        return answer.status, answer

    def run(self, what, n=""):
        self.asked += 1
        answer = self.client.get(f"{PATH}/{what}/{n}")
        self.went_well[what] += answer.status == 200
        return answer.status, answer.json

    def values(self):
        """The first letters of what is there, which is whole."""
        status, (kv, r2, d1) = self.run("read")
        assert status == 200 and {len(kv), len(r2)} == {200001}
        return kv[0] + r2[0] + d1[0]

    def refused(self, ask):
        """What is said when there is no room: a log of changes that is emptied
        meanwhile may make some."""
        def once():
            self.take_all()
            status, what = ask()
            return (status, what) if status >= 400 else None
        return until(once, "a refusal")

    def take_all(self):
        """To the last byte."""
        with self.fill.open("ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while file.write(b"x" * size) == size:
                        pass
                except OSError:
                    pass

    def figure(self, name):
        return prometheus.read(self.client.get("/metrics"))[name,]

    def is_whole(self):
        """All SQLite files are."""
        for path in [self.data / "wfp.db", *self.data.glob("*/*.sqlite")]:
            database = sqlite3.connect(path)
            assert database.execute("PRAGMA integrity_check").fetchall() == \
                [("ok",)], path
            database.close()

    def health(self):
        return self.api.ok("GET", f"{self.api.account}/healthz")

    def stop(self):
        self.httpd.stop()
        if self.is_mounted:
            subprocess.run(["umount", str(self.data)], check=True)


@pytest.fixture
def world(build, origin, tmp_path_factory):
    made = World(build, tmp_path_factory.mktemp("full") / "host", origin)
    try:
        made.start()
        yield made
        assert not [line for line in made.httpd.log.lines()
                    if DEATH.search(line)]
    finally:
        made.stop()


def test_803_01_full_and_free_again(world):
    assert world.deploy("w").status == 200
    for kind in KINDS:
        assert world.run(kind, "1")[0] == 200
    assert world.values() == "111"

    for kind, code, why in (("kv", "kv_error", "no room"),
                            ("r2", "r2_error", "10001"),
                            ("d1", "d1_error", "disk is full"),
                            ("queue", "store_unavailable", "")):
        status, told = world.refused(lambda: world.run(kind, "2"))
        assert (status, told["code"]) == (409, code)
        assert why in told["message"]
        assert str(world.data) not in told["message"]
    # whole as it was, or as it is now
    assert set(world.values()) <= {"1", "2"}
    for name in ("w", "other"):
        _, answer = world.refused(lambda: world.upload(name))
        assert error(answer) == (
            503, 10503, "The store's disk is full; Workers are served on")
        assert answer.get("retry-after")
    versions = world.scripts.get("w", "/versions")["items"]
    assert len(versions) == world.deployed["w"]
    answer = world.api.call("GET", f"{world.scripts.path}/other")
    assert answer.status == (200 if world.deployed.get("other") else 404)
    for _ in range(20):
        assert world.run("fail")[0] == 500
    # it is known: to who looks, to who asks, in figures
    until(lambda: world.health()["status"] == "degraded", "it to be seen")
    health = world.health()
    assert health["store"] == "reachable"
    assert "is its disk full" in health["problems"][0]
    assert "are free where" in world.httpd.wfpctl("doctor",
                                                  check=False).stdout
    assert "disk is full" in world.httpd.log.text(0)
    until(lambda: world.figure("wfp_store_up") == 0, "the figure")

    world.fill.unlink()
    until(lambda: world.health()["status"] == "ok", "it to be well again")
    until(lambda: world.figure("wfp_records_stored_total") == 20,
          "what waited to be kept")
    assert world.figure("wfp_records_unstored_total") == 0
    for kind in KINDS:
        assert world.run(kind, "3")[0] == 200
    assert world.values() == "333"
    until(lambda: sum(bucket["requests"] for bucket in world.scripts.get(
        "w", "/usage?bucket=minute")["buckets"]) == world.asked,
        "what was used")
    assert {p.stat().st_size for p in world.data.glob("r2/*/*")
            if p.is_file()} == {200001}
    queue = f"{world.api.account}/queues/{world.queue}"
    world.api.ok("POST", f"{queue}/consumers", {"type": "http_pull"})
    pulled = world.api.ok("POST", f"{queue}/messages/pull", {"batch_size": 10})
    assert len(pulled["messages"]) == world.went_well["queue"]
    assert world.upload("other")[0] == 200
    world.httpd.stop()
    world.is_whole()


def test_803_02_records_that_find_no_room(world):
    """They wait in memory, of which a Worker has a part; the rest is counted."""
    def figures():
        return (world.figure("wfp_records_stored_total"),
                world.figure("wfp_records_unstored_total"))

    assert world.deploy("w").status == 200
    world.take_all()
    for _ in range(400):
        assert world.run("fail")[0] == 500
    _, lost = figures()
    assert 20 <= lost < 400
    world.fill.unlink()
    until(lambda: sum(figures()) == 400, "the others")
    assert world.run("fail")[0] == 500
    until(lambda: sum(figures()) == 401, "a new one")
    assert figures()[1] == lost
