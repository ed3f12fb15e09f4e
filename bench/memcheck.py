# SPDX-License-Identifier: Apache-2.0
"""httpd as a whole under valgrind, for script/valgrind: children of the event
MPM with fetches under way in every form there is, a graceful restart in the
middle of them and a stop. Fails on what a process of it does wrong or loses.
"""

import argparse
import http.client
import pathlib
import re
import shutil
import sys
import tempfile
import threading

from bench import ROOT

from wfptest.badorigin import Authority, BadOrigin
from wfptest.client import Client
from wfptest.h2 import DATA, H2
from wfptest.h2origin import H2Origin
from wfptest.httpd import Httpd
from wfptest.lua import worker
from wfptest.origin import Origin
from wfptest.tenant import Tenant
from wfptest.wait import until

SUPPRESSIONS = ROOT / "bench/memcheck.supp"
LINES = [
    # all that is slow here is valgrind
    "WfpLimit cpu_ms 30000", "WfpLimit startup_ms 1000", "WfpCoolDown off",
    "WfpLimit instructions 1000000000 0",
    "StartServers 1", "ServerLimit 4", "ThreadsPerChild 8", "MinSpareThreads 1",
    "MaxSpareThreads 16", "MaxRequestWorkers 32", "WfpEgressTimeout 10s 60s",
    "GracefulShutdownTimeout 120",
]
# what a Worker does, with the origins' addresses in its place
WORKERS = {
    "h1": 'return fetch("H1/echo", {method = "POST", body = request.body})',
    "h2": 'return Response.new(fetch("H2/echo", {method = "POST", '
          'body = request:text()}):text())',
    "h2-streams": 'return fetch("H2/echo", {method = "POST", '
                  "body = request.body})",
    "long": 'return fetch("H1/huge/1000000")',
    "unread": 'fetch("H1/huge/1000000") fetch("H2/long") '
              'return Response.new("left")',
    "made": """
        local n = 0
        return Response.new(function() n = n + 1
            if n < 50 then return ("x"):rep(5000) end end)""",
    "later": """
        ctx:waitUntil(function()
            scheduler.wait(50)
            fetch("H1/echo"):text()
            fetch("H2/echo"):text()
        end)
        return Response.new("later")""",
    "parallel": """
        local jobs = {}
        for i = 1, 8 do
            jobs[i] = function()
                return #fetch((i % 2 == 0 and "H1" or "H2") .. "/echo", {
                    method = "POST", body = "p" .. i}):text() end
        end
        return Response.new(table.concat({parallel(table.unpack(jobs))}, ","))
        """,
    "fails": """
        local codes = {}
        for _, path in ipairs{"reset", "short", "garbage", "chunk-cut",
                              "length-twice", "half-head"} do
            local ok, e = pcall(function()
                return fetch("BAD/" .. path):text() end)
            codes[#codes + 1] = tostring(ok or e.code)
        end
        local ok, e = pcall(fetch, "H2/rst")
        return Response.new(table.concat(codes, ",") .. e.code)""",
    "refused": """
        local ok, e = pcall(fetch, "http://10.0.0.1/")
        return Response.new(e.code)""",
    "waits": 'return fetch("BAD/silent", {timeout = 20000})',
    "broken": 'error("no answer")',
    "memory": 'local t = {} while true do t[#t + 1] = ("x"):rep(10000) end',
}


class Run:
    """One server, its origins and its Workers."""

    def __init__(self, build, folder, logs):
        self.origin, self.bad = Origin(), BadOrigin()
        self.httpd = Httpd(build, folder, "event", self.origin, "info")
        ca = Authority(self.httpd.root / "ca")
        self.h2 = H2Origin(ca.context("localhost"), {
            "echo": self.echo, "long": self.long,
            "rst": lambda stream: stream.rst(2)})
        self.httpd.env["DEBUGINFOD_URLS"] = ""
        self.httpd.wrap = [
            "valgrind", "--trace-children=yes", "--leak-check=full",
            "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
            "--fair-sched=yes", "--num-callers=30",
            "--keep-debuginfo=yes", "--gen-suppressions=all",
            f"--suppressions={SUPPRESSIONS}", f"--log-file={logs}/%p"]
        self.lines = [*LINES, f"WfpEgressCA {ca.cert}",
                      f"WfpEgressAllow 127.0.0.1:{self.bad.port} "
                      f"localhost:{self.h2.port}"]
        self.httpd.configure(self.lines)
        self.client = Client(self.httpd.port, 120)
        self.tenants = Tenant(self.httpd, self.client)
        self.workers, self.failed, self.answers = {}, [], 0
        self.pids = set()  # of httpd: others try liblua's faults and die

    @staticmethod
    def echo(stream):
        stream.until_ended()
        stream.whole(stream.body)

    @staticmethod
    def long(stream):
        stream.answer(200)
        stream.data(b"l" * 500000, end=True)

    def deploy(self):
        for name, text in WORKERS.items():
            for word, url in (("H1", self.origin.url), ("H2", self.h2.url),
                              ("BAD", f"http://127.0.0.1:{self.bad.port}")):
                text = text.replace(word, url)
            self.workers[name] = self.tenants.deploy(worker(text))

    def ask(self, name, number):
        made = self.workers[name]
        if name == "waits":  # the client goes away
            conn = self.client.connection()
            conn.request("GET", made.path + "/")
            until(lambda: "silent" in self.bad.paths, "the origin to be asked")
            conn.close()
            return
        if number % 3 == 2:
            conn = H2(self.httpd.port, seconds=120)
            conn.request(1, made.path + "/", "POST", end=False)
            conn.send(DATA, 1, 1, b"b" * 10000)
            conn.frame()
            if number % 2:
                conn.reset(1)
            conn.close()
            return
        answer = made.post(b"b" * 30000)
        expected = {"broken": 500, "memory": 503}.get(name, 200)
        if answer.status != expected:
            self.failed.append(f"{name}: {answer}")

    def lap(self, turns):
        """Every Worker by a client of its own, turns times."""
        self.pids |= {self.httpd.process.pid, *self.httpd.children()}

        def client(name):
            for number in range(turns):
                try:
                    self.ask(name, number)
                    self.answers += 1
                except (OSError, EOFError, AssertionError,
                        http.client.HTTPException) as why:
                    self.failed.append(f"{name}: {why!r}")

        threads = [threading.Thread(target=client, args=(name,))
                   for name in WORKERS]
        for thread in threads:
            thread.start()
        return threads

    def all(self, turns):
        self.deploy()
        for name in WORKERS:  # not all at once: loading is slow here
            self.ask(name, 0)
        for thread in self.lap(turns):
            thread.join()
        under_way = self.lap(turns)
        self.httpd.graceful()
        for thread in under_way:
            thread.join()
        for thread in self.lap(turns):
            thread.join()
        self.pids.update(self.httpd.children())

    def stop(self):
        try:
            self.httpd.stop()
        finally:
            self.bad.stop()
            self.h2.stop()
            self.origin.stop()


def judge(logs, pids):
    """What is wrong of each process."""
    for pid in sorted(pids):
        text = (logs / str(pid)).read_text(errors="replace")
        found = re.search(r"ERROR SUMMARY: (\d+) errors", text)
        if not found or found[1] != "0":
            yield f"== process {pid}\n{text[-20000:]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--turns", type=int, default=6)
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wfp-memcheck-"))
    folder.chmod(0o755)
    logs = folder / "valgrind"
    logs.mkdir(mode=0o777)
    logs.chmod(0o777)
    run = Run(args.build.resolve(), folder / "server", logs)
    try:
        run.all(args.turns)
    finally:
        run.stop()
    wrong = list(judge(logs, run.pids))
    wrong += run.httpd.log.unexpected()
    print("\n".join(wrong))
    print(f"{run.answers} requests, {len(run.failed)} not as expected, "
          f"{len(run.pids)} processes, {len(wrong)} faults")
    print("\n".join(run.failed[:10]))
    if run.httpd.root != folder / "server":
        shutil.rmtree(run.httpd.root)
    shutil.rmtree(folder)
    return 1 if wrong or run.failed or len(run.pids) < 3 else 0


if __name__ == "__main__":
    sys.exit(main())
