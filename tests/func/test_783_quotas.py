# SPDX-License-Identifier: Apache-2.0
"""What Workers use of KV and D1: counted, bounded, shown."""

import json
import uuid

import pytest

from wfptest.api import LOCATION, Api
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

SCRIPT = """return { fetch = function(request, env)
    local out = json.array({})
    for i, c in ipairs(request:json()) do
        local ok, e = pcall(function()
            if c[1] == "get" then return env.KV:get(c[2]) end
            if c[1] == "put" then return env.KV:put(c[2], c[3]) end
            if c[1] == "fill" then
                return env.KV:put(c[2], ("x"):rep(c[3]))
            end
            if c[1] == "delete" then return env.KV:delete(c[2]) end
            if c[1] == "list" then env.KV:list() return nil end
            if c[1] == "many" then env.KV:get(c[2]) return nil end
            return env.DB:prepare(c[2]):all().results
        end)
        if ok then
            out[i] = e == nil and "nil" or e
        else
            out[i] = { code = e.code, message = e.message, name = e.name }
        end
    end
    return Response.json(out)
end }"""


class Quotas:
    """A namespace with Workers that share a KV namespace and a database."""

    def __init__(self, httpd, client, tenant):
        self.httpd, self.tenant = httpd, tenant
        self.api = Api(httpd, client)
        self.kv = self.api.ok(
            "POST", f"{self.api.account}/storage/kv/namespaces",
            {"title": str(uuid.uuid4())})["id"]
        self.d1 = self.api.ok("POST", f"{self.api.account}/d1/database",
                              {"name": f"d{uuid.uuid4().hex}"})["uuid"]
        self.ns = tenant.namespace()

    def worker(self):
        return self.tenant.deploy(
            SCRIPT, "--binding", f"kv_namespace:KV={self.kv}", "--binding",
            f"d1:DB={self.d1}", ns=self.ns)

    def remove(self):
        self.tenant.remove_all()
        self.api.ok("DELETE",
                    f"{self.api.account}/storage/kv/namespaces/{self.kv}")
        self.api.ok("DELETE", f"{self.api.account}/d1/database/{self.d1}")

    def path(self, worker=None):
        path = f"{self.api.namespaces}/{self.ns}"
        return f"{path}/scripts/{worker.name}" if worker else path

    def used(self, worker=None):
        """Today's numbers, as the API has them."""
        days = self.api.ok("GET", f"{self.path(worker)}/quota")["usage"]
        return {k: v for day in days for k, v in day.items() if k != "date"}


def do(worker, *calls):
    answer = worker.post(json.dumps(calls).encode())
    assert answer.status == 200, answer
    return answer.json


@pytest.fixture
def make(httpd, client, tenant):
    made = []

    def one(*lines):
        httpd.configure([*LOCATION, *lines])
        made.append(Quotas(httpd, client, tenant))
        return made[-1]

    yield one
    for each in made:
        each.remove()


class TestUsage:
    def test_783_01_counted_by_worker_and_namespace(self, make):
        q = make()
        one, two = q.worker(), q.worker()
        do(one, ["put", "a", "1"], ["put", "b", "2"], ["get", "a"],
           ["get", "none"], ["list"], ["delete", "b"], ["many", ["a", "b"]])
        do(two, ["get", "a"], ["sql", "CREATE TABLE t (n)"],
           ["sql", "INSERT INTO t VALUES (1), (2), (3)"],
           ["sql", "SELECT * FROM t"], ["sql", "nonsense"])
        until(lambda: q.used(two).get("d1_rows_read", 0) >= 3, "the numbers")
        assert q.used(one) == {"kv_reads": 4, "kv_writes": 3, "kv_lists": 1}
        used = q.used(two)
        assert used["kv_reads"] == 1
        assert used["d1_queries"] == 4
        assert used["d1_rows_written"] >= 3
        total = q.used()
        assert total["kv_reads"] == 5
        assert total["d1_rows_written"] == used["d1_rows_written"]
        said = q.httpd.wfpctl("usage", f"{q.ns}/{one.name}").stdout
        assert "kv_reads 4\n" in said
        said = json.loads(q.httpd.wfpctl("--json", "usage", f"{q.ns}/").stdout)
        assert said[0]["kv_reads"] == 5

    def test_783_02_nothing_twice_over_restarts(self, make, httpd):
        q = make()
        one = q.worker()
        for turn in range(1, 4):
            do(one, ["get", "a"], ["get", "a"])
            if turn % 2:
                httpd.graceful()
            else:
                httpd.stop()
                httpd.start()
            until(lambda turn=turn: q.used(one).get("kv_reads") == 2 * turn,
                  "all of it, once")

    def test_783_03_what_others_may_see(self, make, tenant):
        q = make()
        one = q.worker()
        q.api.ok("GET", f"{q.path(one)}/quota?days=92")
        for query in ("days=0", "days=93", "days=x"):
            assert q.api.refused("GET", f"{q.path(one)}/quota?{query}")[0] == \
                400
        made = q.api.ok("POST", f"{q.api.account}/tokens",
                        {"name": "t", "role": "read",
                         "namespaces": [q.ns]})
        theirs = Api(q.httpd, q.api.client, made["value"])
        theirs.ok("GET", f"{q.path(one)}/quota")
        theirs.ok("GET", f"{q.path()}/quota")
        other = tenant.namespace()
        assert theirs.refused("GET",
                              f"{q.api.namespaces}/{other}/quota")[0] == 403
        assert theirs.refused(
            "GET", f"{q.api.account}/workers/scripts/x/quota")[0] == 403
        q.api.ok("DELETE", f"{q.api.account}/tokens/{made['id']}")


class TestQuotas:
    def test_783_10_a_worker_has_so_much(self, make):
        q = make("WfpQuota kv_reads 3", "WfpQuota kv_writes 2 10",
                 "WfpQuota kv_lists 1")
        one, two = q.worker(), q.worker()
        said = do(one, *[["get", "a"]] * 4, *[["put", "a", "1"]] * 3,
                  ["list"], ["list"], ["delete", "a"])
        assert said[:3] == ["nil"] * 3
        assert said[3]["code"] == "quota_exceeded"
        assert said[3]["message"] == \
            "KV GET failed: 429 the quota kv_reads of 3 a day is used up"
        assert [said[4], said[5]] == ["nil", "nil"]
        assert said[6]["code"] == said[8]["code"] == said[9]["code"] == \
            "quota_exceeded"
        assert said[6]["message"].startswith("KV PUT failed: 429 ")
        # it holds in all children, for others not, and the API shows it
        for _ in range(20):
            assert do(one, ["get", "a"])[0]["code"] == "quota_exceeded"
        assert do(two, ["get", "a"]) == ["1"]
        shown = q.api.ok("GET", f"{q.path(one)}/quota")
        assert shown["quotas"] == {"kv_reads": 3, "kv_writes": 2,
                                   "kv_lists": 1}
        until(lambda: q.used(one).get("kv_reads") == 3, "what was used")
        assert q.used(one)["kv_writes"] == 2

    def test_783_11_a_namespace_too(self, make):
        q = make("WfpQuota kv_reads 0 5")
        workers = [q.worker() for _ in range(3)]
        for n in range(5):
            assert do(workers[n % 3], ["get", "a"]) == ["nil"]
        for worker in workers:
            assert do(worker, ["get", "a"])[0]["message"].endswith(
                "the quota kv_reads of 5 a day of the namespace is used up")
        assert q.api.ok("GET", f"{q.path()}/quota")["quotas"] == \
            {"kv_reads": 5}

    def test_783_12_many_keys_count_each(self, make):
        q = make("WfpQuota kv_reads 3")
        one = q.worker()
        said = do(one, ["many", ["a", "b", "c", "d"]], ["many", ["a", "b"]],
                  ["many", ["a", "b"]], ["get", "a"], ["get", "a"])
        assert [each == "nil" for each in said] == [False, True, False, True,
                                                    False]

    def test_783_13_rows_of_d1(self, make):
        q = make("WfpQuota d1_rows_written 50", "WfpQuota d1_rows_read 200")
        one, two = q.worker(), q.worker()
        fill = ("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 "
                "FROM c LIMIT 60) INSERT INTO t SELECT n FROM c")
        said = do(one, ["sql", "CREATE TABLE t (n)"], ["sql", fill],
                  ["sql", "INSERT INTO t VALUES (1)"],
                  ["sql", "SELECT count(*) FROM t"])
        assert isinstance(said[1], list), said
        assert said[2]["code"] == said[3]["code"] == "quota_exceeded"
        assert said[2]["message"] == ("D1_ERROR: the quota d1_rows_written of "
                                      "50 a day is used up")
        for _ in range(20):
            said = do(two, ["sql", "SELECT sum(n) FROM t"])
            if not isinstance(said[0], list):
                break
        assert said[0]["code"] == "quota_exceeded"

    def test_783_14_who_does_not_catch_it_answers_429(self, make, tenant):
        q = make("WfpQuota kv_reads 1")
        one = tenant.deploy(
            "return { fetch = function(r, env) env.KV:get('a') "
            "return Response.new('ok') end }",
            "--binding", f"kv_namespace:KV={q.kv}", ns=q.ns)
        assert one.get().text == "ok"
        answer = one.get()
        assert answer.status == 429
        assert answer.get("x-wfp-error") == "quota_exceeded"

    def test_783_15_kept_over_restarts(self, make, httpd):
        q = make("WfpQuota kv_reads 2")
        one = q.worker()
        assert do(one, ["get", "a"], ["get", "a"]) == ["nil", "nil"]
        until(lambda: q.used(one).get("kv_reads") == 2, "the store's number")
        httpd.graceful()
        assert do(one, ["get", "a"])[0]["code"] == "quota_exceeded"
        httpd.stop()
        httpd.start()
        until(lambda: do(one, ["get", "a"])[0] != "nil",
              "what was used before")


class TestSizes:
    def test_783_20_a_kv_namespace(self, make):
        q = make("WfpQuota kv_bytes 1M")
        one = q.worker()
        said = do(one, *[["fill", f"k{n}", 100_000] for n in range(12)])
        full = [each for each in said if each != "nil"]
        assert len(said) - len(full) in (8, 9, 10)
        assert {each["code"] for each in full} == {"quota_exceeded"}
        assert full[0]["message"] == \
            "KV PUT failed: 507 The KV namespace is full."
        got = q.api.ok("GET",
                       f"{q.api.account}/storage/kv/namespaces/{q.kv}")
        assert 700_000 < got["size_bytes"] <= 1 << 20
        # the API does not get past it either, and there is room again
        answer = q.api.call("PUT", f"{q.api.account}/storage/kv/namespaces/"
                            f"{q.kv}/values/api", b"x" * 300_000)
        assert (answer.status, answer.json["errors"]) == (413, [
            {"code": 10413, "message": "The KV namespace is full."}])
        assert do(one, ["delete", "k0"], ["delete", "k1"],
                  ["fill", "new", 100_000]) == ["nil"] * 3

    def test_783_21_a_database(self, make):
        q = make("WfpQuota d1_bytes 256K")
        one = q.worker()
        said = do(one, ["sql", "CREATE TABLE t (b)"],
                  *[["sql", "INSERT INTO t VALUES (zeroblob(50000))"]] * 8)
        full = [each for each in said if isinstance(each, dict)]
        assert full and {each["code"] for each in full} == {"d1_error"}
        assert "full" in full[0]["message"]
        got = q.api.ok("GET", f"{q.api.account}/d1/database/{q.d1}")
        assert got["file_size"] <= 256 << 10
        assert isinstance(do(one, ["sql", "DELETE FROM t"])[0], list)
        assert isinstance(do(one, ["sql", "INSERT INTO t VALUES "
                                   "(zeroblob(50000))"])[0], list)
