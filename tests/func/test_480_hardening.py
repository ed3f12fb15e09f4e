# SPDX-License-Identifier: Apache-2.0
"""WfpHardening: what a child gave up, seen from inside and outside."""

import ctypes
import errno
import pathlib
import shlex
import subprocess

import pytest

from wfptest.lua import says, worker
from wfptest.wait import until

TESTS = pathlib.Path(__file__).resolve().parents[1]
DENIED = ("execve", "execveat", "ptrace", "read-process", "unshare", "clone",
          "mount", "io_uring", "keyctl", "userfaultfd", "listen")


def output(*command):
    return subprocess.run(command, text=True, capture_output=True,
                          check=True).stdout.strip()


@pytest.fixture(scope="module")
def mod_try(httpd):
    """LoadModule row of a module that makes system calls when asked."""
    flags = ["-I" + output("apxs", "-q", "INCLUDEDIR"),
             *shlex.split(output("apxs", "-q", "EXTRA_CPPFLAGS")),
             *output("pkg-config", "--cflags", "apr-1").split()]
    target = httpd.root / "mod_try.so"
    output("cc", "-D_GNU_SOURCE", "-shared", "-fPIC", *flags, "-o",
           str(target), str(TESTS / "wfptest/mod_try.c"))
    return f'LoadModule try_module "{target}"'


def load(httpd, name):
    return f'LoadModule {name}_module "{httpd.modules}/mod_{name}.so"'


def threads(httpd):
    """{field: value} of /proc/PID/task/TID/status, all threads of children."""
    for pid in httpd.children():
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            try:
                text = (task / "status").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue  # a thread of the start that has ended
            yield dict(line.split(":", 1) for line in text.splitlines())


def states(httpd):
    """{(NoNewPrivs, Seccomp)} of all threads of all children."""
    return {(t["NoNewPrivs"].strip(), t["Seccomp"].strip())
            for t in threads(httpd)}


def is_hardened(httpd):
    """All threads, once the children are up."""
    return until(lambda: states(httpd) == {("1", "2")}, "hardened children")


def is_not_hardened(httpd, client):
    """No thread, of children that answer."""
    assert client.get("/").status  # a child is up
    return states(httpd) == {("0", "0")}


def restart(httpd, lines):
    """Start with these lines; what the log says was decided."""
    httpd.stop()
    httpd.log.begin()
    httpd.configure(lines)
    return httpd.log.wait_for("WFP070[3-6]")


class TestGivenUp:
    """A hardened child."""

    @pytest.fixture(autouse=True)
    def _conf(self, httpd, mod_try):
        httpd.configure([mod_try])

    def test_480_01_every_thread(self, httpd, client):
        assert client.get("/try/connect").text == "0"
        assert is_hardened(httpd)

    @pytest.mark.parametrize("call", DENIED)
    def test_480_02_denied(self, client, call):
        assert client.get(f"/try/{call}").text == str(errno.EPERM)

    def test_480_03_no_core(self, httpd):
        for pid in httpd.children():
            limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
            line = next(x for x in limits.splitlines() if "core file" in x)
            assert line.split()[4:6] == ["0", "0"]

    def test_480_04_after_graceful(self, httpd, client, tenant):
        made = tenant.deploy(says('"here"'))
        httpd.graceful()
        assert made.get().text == "here"
        assert client.get("/try/execve").text == str(errno.EPERM)


class TestOtherModules:
    """What runs on a thread between invocations."""

    def test_480_30_blocking_calls(self, httpd, mod_try, client, tenant):
        """poll and nanosleep are not cut short by the meter's signal."""
        httpd.configure([mod_try, "WfpCoolDown off"])
        short = tenant.deploy(worker(
            "for i = 1, 100000 do end return Response.new('x')"))
        endless = tenant.deploy(worker("while true do end"),
                                "--limit", "cpu_ms=10")
        for _ in range(60):
            assert short.get().text == "x"
            assert endless.get().error
        interrupted, calls = map(int, client.get(
            "/try/interrupted").text.split(" of "))
        assert calls >= 230
        assert interrupted == 0

    def test_480_31_small_stacks(self, httpd, tenant):
        """Warned about, and nobody dies of them."""
        if httpd.mpm == "prefork":
            return  # no threads that httpd makes
        httpd.stop()
        httpd.log.begin()
        httpd.log.expect("WFP0310.* 256 KB of C stack")
        httpd.configure(["ThreadStackSize 262144", "WfpCoolDown off"])
        httpd.log.wait_for("WFP0310")
        deep = tenant.deploy(worker(
            "local function f() return (('a'):gsub('a', f)) end f()"))
        fine = tenant.deploy(says('"fine"'))
        before = httpd.children()
        for _ in range(5):
            assert deep.get().status == 500
            assert fine.get().text == "fine"
        assert httpd.children() == before


def has_landlock():
    """Does this kernel offer it (landlock_create_ruleset: its version)?"""
    return ctypes.CDLL(None).syscall(444, None, 0, 1) > 0


class TestLandlock:
    """+landlock; on a kernel without it, what is said then."""

    FILES = (("read-etc", 0), ("read-elsewhere", errno.EACCES),
             ("read-others", errno.EACCES), ("write-temp", 0),
             ("write-elsewhere", errno.EACCES))

    def test_480_20_on(self, httpd, mod_try, client, tenant, origin):
        lines = [mod_try, "WfpHardening on +landlock",
                 "WfpLog logs/workers", "LogLevel wfp:info"]
        if not has_landlock():
            assert "WFP0709" in httpd.start_refused(lines)
            return
        httpd.stop()
        httpd.log.begin()
        httpd.configure(lines)
        assert "WFP0708" in httpd.log.wait_for("WFP0708")
        assert {t: client.get(f"/try/{t}").text for t, _ in self.FILES} == \
            {t: str(e) for t, e in self.FILES}
        assert client.get("/index.html").text == "static\n"
        made = tenant.deploy(worker(
            f'return fetch("http://localhost:{origin.port}/status/200")'))
        assert made.get().status == 200
        httpd.graceful()
        late = tenant.deploy(says('"late"'))
        assert late.get().text == "late"
        until(lambda: late.name in (httpd.root / "logs/workers").read_text(),
              "the record")

    def test_480_21_auto(self, httpd, mod_try, client):
        httpd.stop()
        httpd.log.begin()
        if not has_landlock():
            httpd.log.expect("WFP0710")
        httpd.configure([mod_try, "WfpHardening auto +landlock",
                         "LogLevel wfp:info"])
        assert httpd.log.wait_for("WFP07(08|10)")
        assert client.get("/try/read-elsewhere").text == (
            str(errno.EACCES) if has_landlock() else "0")

    def test_480_22_not_asked_for(self, httpd, mod_try, client):
        httpd.configure([mod_try])
        assert client.get("/try/read-elsewhere").text == "0"


class TestDecision:
    """auto, on and off; each says at start what and why."""

    def test_480_10_auto(self, httpd):
        assert "WFP0706" in restart(httpd, [])
        assert is_hardened(httpd)

    @pytest.mark.parametrize("name", ["cgi", "ext_filter"])
    def test_480_11_auto_with_programs(self, httpd, client, name):
        line = restart(httpd, [load(httpd, name)])
        assert "WFP0703" in line and f"mod_{name}.c" in line
        assert is_not_hardened(httpd, client)

    def test_480_12_on_with_programs(self, httpd):
        lines = [load(httpd, "cgi"), "WfpHardening on"]
        httpd.stop()
        httpd.log.begin()
        httpd.log.expect("WFP0702.* mod_cgi.c is loaded")
        httpd.configure(lines)
        httpd.log.wait_for("WFP0702")
        assert is_hardened(httpd)

    def test_480_13_off(self, httpd, mod_try, client):
        assert "WFP0705" in restart(httpd, [mod_try, "WfpHardening off"])
        assert is_not_hardened(httpd, client)
        assert client.get("/try/execve").text == "0"
        assert client.get("/try/listen").text == "0"

    def test_480_14_piped_logs_work(self, httpd, tenant):
        """Programs of the parent: WfpLog's and CustomLog's."""
        out = httpd.root / "logs/piped"
        out.mkdir(exist_ok=True)
        lines = [f'CustomLog "|/usr/bin/tee -a {out}/access" "%U"',
                 f'WfpLog "|/usr/bin/tee -a {out}/workers"']
        restart(httpd, lines)
        made = tenant.deploy(says('"here"'))
        assert made.get().text == "here"
        httpd.stop()
        for name in ("access", "workers"):
            until(lambda: made.name in (out / name).read_text(), name)
