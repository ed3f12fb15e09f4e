# SPDX-License-Identifier: Apache-2.0
"""What Workers did: each request counted once, in the API and for Prometheus,
through restarts and killed children; bounded whatever tenants do."""

import http.client
import json
import os
import pathlib
import shutil
import subprocess
import threading

import pytest

from wfptest import prometheus
from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.lua import says, worker
from wfptest.process import kill_now
from wfptest.wait import until

METRICS = ['<Location "/metrics">', "SetHandler wfp-metrics", "</Location>",
           '<Location "/server-status">', "SetHandler server-status",
           "</Location>"]
REQUESTS = int(os.environ.get("WFP_TEST_USAGE_REQUESTS", "5000"))


@pytest.fixture
def usage(httpd, client):
    httpd.configure([*LOCATION, *METRICS])
    return Usage(httpd, client)


class Usage:
    def __init__(self, httpd, client):
        self.httpd, self.client = httpd, client
        self.api = Api(httpd, client)

    def path(self, ns, name=None):
        path = f"{self.api.namespaces}/{ns}"
        return f"{path}/scripts/{name}/usage" if name else f"{path}/usage"

    def buckets(self, made, query=""):
        return self.api.ok("GET", self.path(made.ns, made.name)
                           + f"?bucket=minute{query}")["buckets"]

    def sum(self, made, what="requests"):
        return sum(b[what] for b in self.buckets(made))

    def metrics(self):
        return prometheus.read(self.client.get("/metrics"))


def load(port, path, count, threads=4):
    """Ask so often. -> how many were answered with 200"""
    good = []

    def some(n):
        client = Client(port)
        for _ in range(n):
            try:
                good.append(client.get(path).status == 200)
            except (OSError, http.client.HTTPException):
                client = Client(port)

    running = [threading.Thread(target=some, args=(count // threads,))
               for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(good)


class TestCounted:
    def test_852_01_what_a_run_did(self, usage, tenant):
        ok = tenant.deploy(worker(
            'request:text() return Response.new(("x"):rep(1000))'),
            ns=tenant.namespace())
        bad = tenant.deploy(worker('error("no")'), ns=ok.ns)
        for _ in range(3):
            assert ok.post(b"12345").status == 200
        assert bad.get().status == 500
        until(lambda: usage.sum(ok, "bytes_out") == 3000
              and usage.sum(bad) == 1, "the numbers")
        one = usage.buckets(ok)
        assert sum(b["bytes_in"] for b in one) == 15
        assert sum(b["requests"] for b in one) == 3
        assert all(b["errors"] == {} for b in one)
        assert sum(b["cold_starts"] for b in one) >= 1
        assert sum(b["cpu_ms"]["total"] for b in one) > 0
        assert all(0 <= b["cpu_ms"]["p50"] <= b["cpu_ms"]["p99"] for b in one)
        assert usage.buckets(bad)[-1]["errors"] == {"exception": 1}
        whole = usage.api.ok("GET", usage.path(ok.ns) + "?bucket=hour")
        assert sum(b["requests"] for b in whole["buckets"]) == 4
        said = usage.httpd.wfpctl("usage", f"{ok.ns}/{ok.name}").stdout
        assert "requests 3\n" in said and "bytes_out 3000\n" in said
        said = json.loads(
            usage.httpd.wfpctl("--json", "usage", f"{ok.ns}/").stdout)
        assert sum(day["requests"] for day in said) == 4

    def test_852_02_by_worker_and_by_tag(self, usage, tenant):
        one = tenant.deploy(says('"ok"'), "--tag", "red", "--tag", "blue",
                            ns=tenant.namespace())
        two = tenant.deploy(says('"ok"'), "--tag", "red", ns=one.ns)
        one.get()
        two.get()
        two.get()
        until(lambda: usage.sum(one) + usage.sum(two) == 3, "the numbers")
        path = usage.path(one.ns)
        groups = usage.api.ok("GET", path + "?group_by=script")["groups"]
        assert {g["script"]: g["requests"] for g in groups} == {
            one.name: 1, two.name: 2}
        groups = usage.api.ok("GET", path + "?group_by=tag")["groups"]
        assert {g["tag"]: g["requests"] for g in groups} == {
            "red": 3, "blue": 1}

    @pytest.mark.parametrize("query", [
        "bucket=second", "since=x", "until=x", "since=2030-01-01&until=2029-01-01",
        "bucket=minute&since=2026-01-01", "group_by=worker"])
    def test_852_03_questions_that_are_none(self, usage, tenant, query):
        ns = tenant.namespace()
        assert usage.api.refused("GET", usage.path(ns) + f"?{query}")[0] == 400

    def test_852_04_what_others_may_see(self, usage, tenant):
        ns, other = tenant.namespace(), tenant.namespace()
        made = usage.api.ok("POST", f"{usage.api.account}/tokens", {
            "name": "t", "role": "read", "namespaces": [ns]})
        theirs = Api(usage.httpd, usage.client, made["value"])
        theirs.ok("GET", usage.path(ns))
        theirs.ok("GET", usage.path(ns, "x"))
        assert theirs.refused("GET", usage.path(other))[0] == 403
        assert theirs.refused("GET", usage.path(other, "x"))[0] == 403
        usage.api.ok("DELETE", f"{usage.api.account}/tokens/{made['id']}")


class TestNothingTwice:
    def test_852_10_through_restarts_and_a_killed_child(self, usage, tenant,
                                                        httpd):
        """Nothing is asked in the moment in which the child is killed: what it
        has answered and not counted is the one thing that may be missing."""
        made = tenant.deploy(says('"ok"'))
        part = REQUESTS // 4
        good = load(httpd.port, made.path, part)
        httpd.graceful()
        good += load(httpd.port, made.path, part)
        until(lambda: usage.sum(made) == good, "all, once")
        kill_now(max(httpd.children()))
        good += load(httpd.port, made.path, part)
        graceful = threading.Thread(target=httpd.graceful)
        graceful.start()
        good += load(httpd.port, made.path, part)
        graceful.join()
        until(lambda: usage.sum(made) >= good, "all")
        assert usage.sum(made) == good > 3 * part
        httpd.stop()
        httpd.start()
        made.get()
        until(lambda: usage.sum(made) == good + 1, "all of before, and one")


@pytest.mark.one_mpm
class TestMetrics:
    def test_852_20_by_worker_and_namespace(self, usage, tenant):
        made = tenant.deploy(worker("""
            if request.method == "PUT" then error("no") end
            return Response.new("1234")"""), ns=tenant.namespace())
        for _ in range(50):
            made.get()
        until(lambda: usage.metrics().get((
            "wfp_worker_runs_total", ("namespace", made.ns),
            ("outcome", "ok"), ("worker", made.name))) == 50, "the number")
        found = usage.metrics()
        assert found["wfp_namespace_runs_total", ("namespace", made.ns),
                     ("outcome", "ok")] == 50
        assert found["wfp_namespace_bytes_total", ("direction", "out"),
                     ("namespace", made.ns)] == 200
        assert found["wfp_run_cpu_seconds_count",] >= 50
        line, = [line for line in
                 usage.client.get("/server-status?auto").text.splitlines()
                 if line.startswith(f"WfpRuns[{made.ns}]")]
        assert " ok=50 " in line

    def test_852_21_names_that_are_sent_are_no_names(self, usage, tenant,
                                                      client):
        ns = tenant.namespace()
        for i in range(30):
            client.get(f"/_ns/{ns}/nobody{i}%22/")
        text = client.get("/metrics").text
        assert "nobody" not in text

    def test_852_22_prometheus_reads_it(self, usage, tenant):
        tenant.deploy(says('"ok"')).get()
        promtool = shutil.which("promtool")
        if not promtool:
            pytest.skip("no promtool here")
        done = subprocess.run(
            [promtool, "check", "metrics"], capture_output=True, check=False,
            input=usage.client.get("/metrics").text, text=True)
        assert done.returncode == 0, done.stderr + done.stdout

    def test_852_24_kills_by_limit(self, usage, tenant):
        def kills():
            return sum(n for key, n in usage.metrics().items()
                       if key[0] == "wfp_kills_by_limit_total"
                       and key[1][1] in ("cpu_ms", "instructions"))

        made = tenant.deploy(worker("while true do end"))
        before = kills()
        assert made.get().status == 503
        until(lambda: kills() == before + 1, "the number")

    def test_852_25_kills_by_worker(self, usage, tenant):
        made = tenant.deploy(worker("""
            if request.url:find("cpu") then while true do end end
            if request.url:find("memory") then
                local t = {}
                for i = 1, 1e9 do t[i] = ("x"):rep(100000) .. i end
            end
            scheduler.wait(5000)
            return Response.new("ok")"""), "--limit", "cpu_ms=30",
            "--limit", "instructions=1000000000", "--limit", "memory_mb=1",
            "--limit", "wall_ms=2000", ns=tenant.namespace())
        for path in ("/cpu", "/cpu", "/memory", "/wall"):
            assert made.get(path).status == 503
        for family, *worker_ in (
                ("wfp_worker_kills_total", ("worker", made.name)),
                ("wfp_namespace_kills_total",)):
            kills = {dict(key[1:])["limit"]: n
                     for key, n in usage.metrics().items()
                     if key[0] == family
                     and {("namespace", made.ns), *worker_} <= set(key[1:])}
            assert kills == {"cpu_ms": 2, "memory_mb": 1, "wall_ms": 1}
        line, = [line for line in
                 usage.client.get("/server-status?auto").text.splitlines()
                 if line.startswith(f"WfpWorker[{made.ns}/{made.name}]")]
        assert " kills_cpu_ms=2 kills_wall_ms=1 kills_memory_mb=1 " in line
        kills = {"cpu_ms": 2, "memory_mb": 1, "wall_ms": 1}
        path = f"{usage.api.namespaces}/{made.ns}"

        def told(path, of, *query):
            rows = usage.api.ok("GET", f"{path}/usage?{'&'.join(query)}")[of]
            return {limit: sum(row["kills"].get(limit, 0) for row in rows)
                    for row in rows for limit in row["kills"]}

        until(lambda: told(f"{path}/scripts/{made.name}", "buckets") == kills,
              "the store to know")
        usage.httpd.graceful()  # counts nothing twice
        assert made.get("/cpu").status == 503
        kills["cpu_ms"] += 1
        for asked in ((f"{path}/scripts/{made.name}", "buckets",
                       "bucket=minute"), (path, "buckets", "bucket=day"),
                      (path, "groups", "group_by=script")):
            until(lambda: told(*asked) == kills, asked)
        days = json.loads(usage.httpd.wfpctl(
            "--json", "usage", f"{made.ns}/{made.name}").stdout)
        assert days[0]["kills"] == kills

    def test_852_23_alerts_are_rules(self):
        promtool = shutil.which("promtool")
        if not promtool:
            pytest.skip("no promtool here")
        rules = pathlib.Path(__file__).resolve().parents[2] \
            / "docs/operations/prometheus/alerts.yml"
        done = subprocess.run([promtool, "check", "rules", str(rules)],
                              capture_output=True, check=False, text=True)
        assert done.returncode == 0, done.stderr + done.stdout
