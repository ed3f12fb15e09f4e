# SPDX-License-Identifier: Apache-2.0
"""wfpctl tail: a Worker's records as they are made, by the REST API and from
WfpLog, until it is told to end."""

import json
import os
import pathlib
import signal
import subprocess

import pytest

from wfptest.api import LOCATION, Api, first_token
from wfptest.httpd import first_existing
from wfptest.lua import says, worker
from wfptest.records import Records
from wfptest.tailing import path_of
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

BODY = worker("""
    console.warn("said", "\\27[2J", URL.new(request.url).pathname)
    if request.url:find("bad") then error("no such thing") end
    return Response.new("ok")""")


class Tail:
    """One that runs; its lines are in a file."""

    def __init__(self, httpd, folder, *args, local=False):
        self.httpd = httpd
        self.file = folder / f"tail{len(list(folder.iterdir()))}"
        env = {k: v for k, v in httpd.env.items() if not k.startswith("WFP_")}
        where = ("--config", str(httpd.conf)) if local else (
            "--url", f"http://127.0.0.1:{httpd.port}/client/v4", "--token",
            first_token(httpd))
        with self.file.open("w") as out, \
                self.file.with_suffix(".err").open("w") as err:
            self.process = subprocess.Popen(
                [str(first_existing(httpd.build / "wfpctl")), *where, "tail",
                 *args], stdout=out, stderr=err, env={**env, **(
                     {"WFP_HTTPD": httpd.env["WFP_HTTPD"]}
                     if local and "WFP_HTTPD" in httpd.env else {})})

    def lines(self):
        return self.file.read_text().splitlines()

    def errors(self):
        return self.file.with_suffix(".err").read_text()

    def records(self, count):
        return until(lambda: len(self.lines()) >= count and
                     [json.loads(line) for line in self.lines()],
                     f"{count} records")

    def has_log(self):
        """Has it opened the file?"""
        folder = pathlib.Path(f"/proc/{self.process.pid}/fd")
        try:
            return any(os.readlink(fd).endswith("workers.log")
                       for fd in folder.iterdir())
        except OSError:
            return False  # one was closed meanwhile

    def end(self, sign=signal.SIGINT):
        self.process.send_signal(sign)
        return self.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def api(httpd, client):
    httpd.configure([*LOCATION, Records.LINE])
    return Api(httpd, client)


@pytest.fixture(params=["api", "log"])
def follow(request, api, httpd, tmp_path):
    """follow(Worker, options) -> Tail, when it listens."""
    def start(made, *args):
        path = f"{path_of(api, made.ns, made.name)}/tails"
        before = len(api.ok("GET", path))
        tail = Tail(httpd, tmp_path, f"{made.ns}/{made.name}", *args,
                    local=request.param == "log")
        tail.local = request.param == "log"
        if tail.local:
            until(lambda: tail.process.poll() is not None or tail.has_log(),
                  "the log to be open")
        else:
            until(lambda: tail.process.poll() is not None
                  or len(api.ok("GET", path)) > before, "the tail to listen")
        return tail
    return start


class TestTail:
    def test_646_01_lines(self, follow, tenant):
        made, other = tenant.deploy(BODY), tenant.deploy(says('"x"'))
        with follow(made) as tail:
            assert other.get("/other").text == "x"
            assert made.get("/good").text == "ok"
            assert made.get("/bad").status == 500
            lines = until(lambda: len(tail.lines()) >= 5 and tail.lines(),
                          "what it did")
            assert " ok GET http" in lines[0] and "/good 200 (" in lines[0]
            # what a tenant says does nothing to the terminal
            assert lines[1].startswith("  (warn) said ?[2J /")
            assert " exception GET " in lines[2]
            assert lines[4].startswith("  ") and "no such thing" in lines[4]
            assert not [line for line in lines if "/other" in line]
            assert tail.end() == 0 and tail.errors() == ""

    @pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
    def test_646_02_json(self, follow, tenant, sign):
        made = tenant.deploy(BODY)
        with follow(made, "--json") as tail:
            for n in range(20):
                made.get(f"/{n}")
            records = tail.records(20)
            assert [r["event"]["request"]["url"].rpartition("/")[2]
                    for r in records] == [str(n) for n in range(20)]
            assert {r["scriptName"] for r in records} == {made.name}
            assert tail.end(sign) == 0

    @pytest.mark.parametrize("options,paths", [
        (("--status", "error"), ["bad"]), (("--status", "ok"), ["good", "x"]),
        (("--status", "ok", "--status", "error"), ["good", "bad", "x"]),
        (("--method", "POST"), ["x"]), (("--search", "/bad"), ["bad"]),
        (("--header", "X-Colour:red"), ["good"]),
        (("--header", "X-Colour"), ["good"]),
        (("--client-ip", "self"), ["good", "bad", "x"]),
        (("--client-ip", "192.0.2.1", "--client-ip", "self", "--status", "ok",
          "--sampling-rate", "1"), ["good", "x"])])
    def test_646_03_filters(self, follow, tenant, options, paths):
        made = tenant.deploy(BODY)
        with follow(made, "--json", *options) as tail, \
                follow(made, "--json") as all_of_it:
            made.get("/good", headers=[("X-Colour", "dark red")])
            made.get("/bad")
            made.post(b"", "/x")
            all_of_it.records(3)
            assert [r["event"]["request"]["url"].rpartition("/")[2]
                    for r in tail.records(len(paths))] == paths

    def test_646_04_nothing_more_to_write_to(self, httpd, api, tenant,
                                             tmp_path):
        made = tenant.deploy(says('"x"'))
        with Tail(httpd, tmp_path, f"demo/{made.name}") as tail:
            path = f"{path_of(api, 'demo', made.name)}/tails"
            until(lambda: api.ok("GET", path), "the tail to listen")
            assert tail.end() == 0
            until(lambda: api.ok("GET", path) == [], "its place to be free")

    def test_646_05_a_restart(self, httpd, api, tenant, tmp_path):
        """The stream begins again."""
        made = tenant.deploy(says('"x"'))
        with Tail(httpd, tmp_path, "--json", f"demo/{made.name}") as tail:
            path = f"{path_of(api, 'demo', made.name)}/tails"
            first = until(lambda: api.ok("GET", path), "the tail to listen")
            made.get("/1")
            tail.records(1)
            httpd.graceful()
            until(lambda: [t["id"] for t in api.ok("GET", path)]
                  not in ([], [t["id"] for t in first]), "it to come again")
            made.get("/2")
            assert len(tail.records(2)) == 2
            assert tail.end() == 0

    def test_646_06_a_rotated_log(self, httpd, api, tenant, tmp_path):
        made = tenant.deploy(says('"x"'))
        log = httpd.root / "logs/workers.log"
        with Tail(httpd, tmp_path, "--json", f"demo/{made.name}",
                  local=True) as tail:
            until(tail.has_log, "the log to be open")
            made.get("/1")
            tail.records(1)
            log.rename(log.with_suffix(".1"))
            made.get("/2")  # into the old one, still
            tail.records(2)
            httpd.graceful()
            until(log.exists, "a new log")
            made.get("/3")
            assert len(tail.records(3)) == 3
            assert tail.end() == 0


class TestRefused:
    @pytest.mark.parametrize("args,code", [
        ((), 2), (("a", "b"), 2), (("--status", "bad", "demo/a"), 2),
        (("--sampling-rate", "2", "demo/a"), 2),
        (("--sampling-rate", "x", "demo/a"), 2), (("--tag", "x", "demo/a"), 2),
        (("demo/nobody",), 1)])
    def test_646_10_wrong(self, httpd, api, tmp_path, args, code):
        with Tail(httpd, tmp_path, *args) as tail:
            assert tail.process.wait(60) == code
            assert tail.errors().startswith("wfpctl: ")
            assert tail.lines() == []

    def test_646_11_no_log(self, httpd, client, tmp_path):
        httpd.configure(LOCATION)
        with Tail(httpd, tmp_path, "demo/a", local=True) as tail:
            assert tail.process.wait(60) == 1
            assert "WfpLog" in tail.errors()
