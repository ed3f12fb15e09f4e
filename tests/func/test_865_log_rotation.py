# SPDX-License-Identifier: Apache-2.0
"""WfpLog is rotated, fills its disk, loses its program: requests never wait, each
record is written once or counted as lost."""

import http.client
import json
import os
import pathlib
import subprocess
import sys
import threading

import pytest

from wfptest import prometheus
from wfptest.client import Client
from wfptest.lua import says, worker
from wfptest.process import kill_now
from wfptest.wait import until

METRICS = ['<Location "/metrics">', "SetHandler wfp-metrics", "</Location>"]
# as rotatelogs does: FOLDER LINES, a new file after so many
ROTATES = """import itertools, os, sys
for n in itertools.count():
    with open(f"{sys.argv[1]}/{os.getpid()}-{n}", "wb", 0) as out:
        for _ in range(int(sys.argv[2])):
            line = sys.stdin.buffer.readline()
            if not line:
                sys.exit()
            out.write(line)
"""


class Load(threading.Thread):
    """Asks without end; knows which were answered."""

    def __init__(self, made):
        super().__init__()
        self.client, self.path = Client(made.client.port), made.path
        self.over, self.answered, self.count = threading.Event(), [], 0

    def run(self):
        while not self.over.is_set():
            self.count += 1
            name = f"{self.ident}-{self.count}"
            try:
                if self.client.get(f"{self.path}/?{name}").status == 200:
                    self.answered.append(name)
            except (OSError, http.client.HTTPException):
                pass


class under_load:
    """with under_load(made) as load: load.goes_on()"""

    def __init__(self, made):
        self.threads = [Load(made) for _ in range(3)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.goes_on()
        return self

    def goes_on(self, more=5):
        """Each is answered so often from now on."""
        counts = [len(t.answered) for t in self.threads]
        until(lambda: all(len(t.answered) >= n + more
                          for t, n in zip(self.threads, counts)), "answers")

    def __exit__(self, *what):
        for thread in self.threads:
            thread.over.set()
        for thread in self.threads:
            thread.join()

    @property
    def names(self):
        return [name for t in self.threads for name in t.answered]


def queries(*paths):
    """Of the records in these files; the last line may be on its way."""
    found = []
    for path in paths:
        for line in path.read_bytes().split(b"\n")[:-1]:
            url = json.loads(line)["event"]["request"]["url"]
            found.append(url.rpartition("?")[2])
    return found


def figures(client):
    found = prometheus.read(client.get("/metrics"))
    return {name: found.get((f"wfp_records_{name}_total",), 0)
            for name in ("unwritten", "dropped", "lost")}


@pytest.fixture
def folder(httpd):
    """For logs, where httpd's programs may write."""
    path = httpd.root / f"logs/rotated-{os.getpid()}"
    path.mkdir(exist_ok=True)
    path.chmod(0o777)
    for old in path.iterdir():
        old.unlink()
    return path


class TestRotation:
    def test_865_01_renamed_and_graceful(self, httpd, tenant, folder):
        """As logrotate does it; old children still write to the old file."""
        now = folder / "now"
        httpd.configure([f"WfpLog {now}"])
        made = tenant.deploy(says('"ok"'))
        with under_load(made) as load:
            for n in range(3):
                now.rename(folder / f"old-{n}")
                httpd.graceful()
                load.goes_on(30)
        httpd.stop()
        got = queries(*folder.iterdir())
        assert len(got) == len(set(got))
        assert set(load.names) <= set(got)
        assert len(list(folder.iterdir())) == 4
        assert all(path.stat().st_size for path in folder.iterdir())

    @pytest.mark.one_mpm
    def test_865_02_a_command_that_rotates(self, httpd, tenant, folder):
        script = folder.parent / "rotates_865.py"
        script.write_text(ROTATES)
        httpd.configure(
            [f'WfpLog "|{sys.executable} {script} {folder} 50"'])
        made = tenant.deploy(says('"ok"'))
        with under_load(made) as load:
            load.goes_on(60)
        # a stop ends programs: what was sent is there before
        until(lambda: set(load.names) <= set(queries(*folder.iterdir())),
              "all records")
        got = queries(*folder.iterdir())
        assert len(got) == len(set(got))
        assert len(list(folder.iterdir())) > 3

    def test_865_05_a_command_and_graceful(self, httpd, tenant, folder):
        """What old children still have goes to the program that they know."""
        # httpd's of event, worker, prefork: many old children at a time
        httpd.log.expect("AH00488", "AH00291", "AH00167")
        script = folder.parent / "rotates_865.py"
        script.write_text(ROTATES)
        httpd.configure(
            [f'WfpLog "|{sys.executable} {script} {folder} 500"'])
        made = tenant.deploy(worker("scheduler.wait(300) "
                                    "return Response.new('ok')"))
        with under_load(made) as load:
            for _ in range(2):
                httpd.graceful()
                load.goes_on()
        until(lambda: set(load.names) <= set(queries(*folder.iterdir())),
              "all records")
        got = queries(*folder.iterdir())
        assert len(got) == len(set(got))

    @pytest.mark.one_mpm
    def test_865_03_a_command_is_killed(self, httpd, tenant, folder, client):
        """httpd starts it again; what it had read and not written is lost, what
        was in the pipe is not, and nobody waits."""
        out = folder / "out"
        httpd.configure([*METRICS, f'WfpLog "|/bin/dd of={out} oflag=append '
                         'conv=notrunc status=none bs=4096 iflag=fullblock"'])
        made = tenant.deploy(says('"ok"'))
        httpd.log.expect("AH00106", "AH00107", "piped log", "WFP0503")

        def programs():
            found = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid",
                                    str(httpd.process.pid)], check=True,
                                   capture_output=True, text=True).stdout
            return [int(line.split()[0]) for line in found.splitlines()
                    if line.split()[1] == "dd"]

        with under_load(made) as load:
            for _ in range(2):
                before = until(programs, "the program")
                for pid in before:
                    kill_now(pid)
                until(lambda: set(programs()) - set(before), "another one",
                      30)
                load.goes_on(30)
        told = figures(client)
        httpd.stop()
        lines = [line for line in out.read_bytes().split(b"\n")
                 if line.startswith(b"{") and line.endswith(b"}")]
        # each program had one block of 4 KB at most: 16 short records
        lost = len(load.names) - len(lines)
        assert lost <= told["unwritten"] + told["dropped"] + 2 * 16

    @pytest.mark.one_mpm
    def test_865_04_a_full_disk(self, httpd, tenant, client):
        """What fits is whole lines; the rest is counted; with room again it
        goes on."""
        if os.geteuid() != 0:
            pytest.skip("root can mount")
        disk = pathlib.Path(httpd.root) / "disk_865"
        disk.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k,mode=755",
                        "tmpfs", str(disk)], check=True)
        try:
            httpd.log.expect("WFP0503")
            httpd.configure([*METRICS, f"WfpLog {disk}/log"])
            made = tenant.deploy(worker(
                'console.log(("x"):rep(3000)) return Response.new("ok")'))
            asked = 0
            while figures(client)["unwritten"] == 0:
                assert made.get().text == "ok"
                asked += 1
                assert asked < 3000
            httpd.log.wait_for("WFP0503")
            # room for it
            log = disk / "log"
            kept = log.read_bytes()
            os.truncate(log, 0)
            assert made.get("/after").text == "ok"
            until(lambda: b"/after" in log.read_bytes(), "the record")
            httpd.stop()
            whole = kept.split(b"\n")
            assert all(json.loads(line) for line in whole[:-1] if line)
            after = log.read_bytes().splitlines()
            assert b"/after" in b"".join(after)
            for line in after:
                assert json.loads(line)["outcome"] == "ok"
        finally:
            httpd.stop()
            subprocess.run(["umount", str(disk)], check=True)
