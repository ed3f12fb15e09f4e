# SPDX-License-Identifier: Apache-2.0
"""What the server says of itself: one set of figures, of all children, through
three doors; counters that never step back."""

import pathlib
import re
import shutil
import subprocess
import threading

import pytest

from test_852_usage import METRICS, load
from wfptest import prometheus
from wfptest.client import Client
from wfptest.lua import says, worker
from wfptest.process import kill_now
from wfptest.wait import until

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/operations/metrics.md"
ROW = re.compile(r"^\|\s*`wfp_([a-z_]+)`\s*\|\s*`(\w+)`\s*\|\s*(\w+)", re.M)
COUNTERS = re.compile(r"(_total|_count|_sum|_bucket)$")


@pytest.fixture
def look(httpd):
    """What a scrape over a new connection finds, of whichever child."""
    httpd.configure(METRICS)

    def found(name=None, **labels):
        all_of_it = prometheus.read(Client(httpd.port).get("/metrics"))
        if not name:
            return all_of_it
        return all_of_it.get((f"wfp_{name}", *sorted(labels.items())), 0)

    return found


def auto(httpd):
    """?auto: {key: value}, labelled lines too."""
    text = Client(httpd.port).get("/server-status?auto").text
    return dict(line.split(": ", 1) for line in text.splitlines()
                if line.startswith("Wfp") and ": " in line)


class TestAllChildren:
    def test_854_01_whoever_is_asked_tells_of_all(self, look, tenant, httpd):
        made = tenant.deploy(says('"ok"'))
        assert made.get().status == 200
        until(lambda: look("children") == len(httpd.children()),
              "as many as there are")
        # the same of each child that may answer
        until(lambda: all(look("isolates_idle") >= 1 for _ in range(20)),
              "the isolate that waits")
        assert look("isolate_bytes") > 1000

    def test_854_02_what_runs_is_seen_from_outside(self, look, tenant, origin):
        slow = tenant.deploy(worker(
            f'return fetch("{origin.url}/slow/4000")'))
        waiting = threading.Thread(target=slow.get)
        waiting.start()
        until(lambda: look("isolates_running") >= 1
              and look("transfers_active") >= 1, "one that runs")
        waiting.join()
        until(lambda: look("isolates_running") == 0
              and look("transfers_active") == 0, "none that runs")
        assert look("transfers_total") >= 1

    def test_854_03_a_killed_child_is_gone_what_it_counted_is_not(
            self, look, tenant, origin, httpd):
        made = tenant.deploy(worker(f'return fetch("{origin.url}/count")'))
        for _ in range(10):
            assert made.get().status == 200
        until(lambda: all(look("transfers_total") >= 10 for _ in range(20)),
              "the transfers")
        before = look("transfers_total")
        httpd.log.expect("AH00052")
        was = httpd.children()
        for pid in was:
            kill_now(pid)
        until(lambda: not set(was) & set(httpd.children()), "their end")
        until(lambda: look("children") == len(httpd.children()), "the others")
        assert look("transfers_total") >= before
        assert look("isolates_running") == 0


class Watch:
    """Scrapes all the time: no counter is ever less than it was."""

    def __init__(self, look):
        self.look, self.seen, self.wrong = look, {}, []
        self.times, self.over = 0, threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.over.is_set():
            try:
                found = self.look()
            except OSError:
                continue  # a child that was killed
            self.times += 1
            for key, value in self.seen.items():
                if found.get(key, 0) < value:
                    self.wrong.append((key, value, found.get(key)))
            self.seen = {key: value for key, value in found.items()
                         if COUNTERS.search(key[0])}

    def end(self):
        self.over.set()
        self.thread.join()
        assert self.wrong == []
        assert self.times > 5


class TestNeverBack:
    def test_854_10_through_graceful_restarts_and_a_killed_child(
            self, look, tenant, httpd, origin):
        made = tenant.deploy(worker(f"""
            pcall(fetch, "{origin.url}/count")
            pcall(fetch, "http://10.0.0.1/")
            return Response.new("ok")"""))
        assert made.get().status == 200
        watch = Watch(look)
        try:
            for _ in range(2):
                loading = threading.Thread(
                    target=load, args=(httpd.port, made.path, 200))
                loading.start()
                httpd.graceful()
                loading.join()
            httpd.log.expect("AH00052")
            kill_now(max(httpd.children()))
            load(httpd.port, made.path, 100)
        finally:
            watch.end()
        found = look()
        assert found["wfp_requests_total",] >= 400
        assert found["wfp_registry_loads_total",] >= 1
        assert found["wfp_egress_calls_total", ("decision", "blocked"),
                     ("namespace", made.ns), ("reason", "policy")] >= 400


@pytest.mark.one_mpm
class TestThreeDoors:
    def test_854_20_the_same_numbers(self, look, tenant, httpd, origin):
        made = tenant.deploy(worker(f"""
            if request.method == "POST" then while true do end end
            pcall(fetch, "{origin.url}/count")
            pcall(fetch, "http://10.0.0.1/")
            return Response.new("1234")"""), ns=tenant.namespace())
        made.get()
        assert made.post(b"").status == 503
        rows = ROW.findall(PAGE.read_text())
        assert len(rows) > 30

        def agree():
            before, lines, after = look(), auto(httpd), look()
            html = Client(httpd.port).get("/server-status").text
            again = look()
            for name, key, _ in rows:
                value = before.get((f"wfp_{name}",))
                if value is None:
                    assert key not in lines, name
                elif value == after["wfp_" + name,]:
                    assert float(lines[key]) == value, name
                    if again["wfp_" + name,] == value:
                        assert re.search(
                            rf"<dt>[^\n]*: 0*{int(value)}(\.0+)?</dt>", html)
            return before, lines, html

        found, lines, html = agree()
        ns, name = made.ns, made.name
        kills = [key for key in found if key[0] == "wfp_kills_by_limit_total"]
        assert kills
        for (_, (_, limit)) in kills:
            assert re.search(rf"\b{limit}=[1-9]", lines["WfpKillsByLimit"])
        assert re.search(r"\b(cpu|instruction)_limit=[1-9]",
                         lines["WfpErrors"])
        assert "blocked_policy=1" in lines[f"WfpEgress[{ns}]"]
        assert f'Calls from "{ns}": ' in html
        runs = found["wfp_worker_runs_total", ("namespace", ns),
                     ("outcome", "ok"), ("worker", name)]
        assert f"ok={int(runs)} " in lines[f"WfpWorker[{ns}/{name}]"]
        assert f'Runs of "{ns}/{name}": ok={int(runs)} ' in html
        assert f'Runs of "{ns}": ok={int(runs)} ' in html

    def test_854_21_the_store(self, look, tenant, httpd):
        tenant.deploy(says('"ok"')).get()
        assert look("store_up") == 1
        until(lambda: look("sync_lag_seconds") < 5, "a store that was asked")
        found = look()
        for call in ("read", "write"):
            steps = [value for key, value in sorted(found.items())
                     if key[0] == "wfp_store_seconds_bucket"
                     and ("call", call) in key]
            assert len(steps) == 14
            assert found["wfp_store_seconds_bucket", ("call", call),
                         ("le", "+Inf")] == \
                found["wfp_store_seconds_count", ("call", call)]
        assert found["wfp_store_seconds_count", ("call", "read")] > 0
        assert found["wfp_store_seconds_sum", ("call", "read")] > 0
        line = auto(httpd)["WfpStore[read]"]
        assert re.match(r"count=[1-9]\d* failed=\d+ seconds=\d+\.\d{6}\Z", line)

    def test_854_22_prometheus_reads_all_of_it(self, look, tenant, httpd,
                                               origin):
        tenant.deploy(worker(f"""
            pcall(fetch, "{origin.url}/count")
            pcall(fetch, "http://10.0.0.1/")
            while true do end"""), ns=tenant.namespace()).get()
        promtool = shutil.which("promtool")
        if not promtool:
            pytest.skip("no promtool here")
        done = subprocess.run(
            [promtool, "check", "metrics"], capture_output=True, check=False,
            input=Client(httpd.port).get("/metrics").text, text=True)
        assert done.returncode == 0, done.stderr + done.stdout

    def test_854_23_names_are_bounded(self, look, tenant, httpd):
        """Hundreds of names that are sent add no line."""
        ns = tenant.namespace()
        lines = len(look())
        for i in range(300):
            Client(httpd.port).get(f"/_ns/{ns}/x{i}/")
        # the namespace's own, with all its families
        assert len(look()) <= lines + 40
