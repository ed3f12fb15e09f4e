# SPDX-License-Identifier: Apache-2.0
"""wfpctl logs: a Worker's kept records, from the store and by the REST API."""

import json
import subprocess

import pytest

from wfptest.api import LOCATION, Api, first_token
from wfptest.httpd import first_existing
from wfptest.lua import worker
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

SAYS = r"""
    local n = request.url:match("(%w+)$")
    if n == "bad" then error("broken \27[2J", 0) end
    console.warn("said " .. n)
    return Response.new("ok")"""


@pytest.fixture(params=["store", "url"])
def logs(request, httpd, client, tenant):
    """logs(options...) of a Worker that ran three times; code=: refused."""
    httpd.configure(LOCATION)
    api = Api(httpd, client)
    made = tenant.deploy(worker(SAYS))
    for name in ("one", "bad", "two"):
        made.get(f"/{name}")
    path = f"{api.namespaces}/demo/scripts/{made.name}/logs"
    until(lambda: len(api.ok("GET", path)) == 3, "the records")
    where = ["--config", str(httpd.conf)] if request.param == "store" else \
        ["--url", f"http://127.0.0.1:{httpd.port}/client/v4", "--token",
         first_token(httpd)]

    def run(*args, name=made.name, code=0, first=()):
        done = subprocess.run(
            [str(first_existing(httpd.build / "wfpctl")), *where, *first,
             "logs", f"demo/{name}", *args], text=True, capture_output=True,
            env=httpd.server_env(), check=False, timeout=120)
        assert done.returncode == code, done
        return done.stdout or done.stderr
    return run


class TestLogs:
    def test_648_01_the_last_one_last(self, logs):
        text = logs()
        assert [text.index(word) for word in
                ("said one", "broken", "said two")] == \
            sorted(text.index(word) for word in
                   ("said one", "broken", "said two"))
        assert "\x1b" not in text
        assert len(logs("--limit", "1").split("said")) == 2
        assert "two" in logs("--limit", "1")

    def test_648_02_filters(self, logs):
        assert "broken" in logs("--outcome", "exception,exceededCpu")
        assert "said" not in logs("--outcome", "exception")
        assert "broken" not in logs("--level", "warn")
        assert "one" not in logs("--search", "SAID two")
        assert "no such record is kept" in logs("--since", "2099-01-01")

    def test_648_03_json(self, logs):
        got = [json.loads(line) for line in
               logs(first=["--json"]).splitlines()]
        assert [r["outcome"] for r in got] == ["ok", "exception", "ok"]

    @pytest.mark.parametrize("args", [
        ("--limit", "0"), ("--limit", "1001"), ("--limit", "x"),
        ("--outcome", "OK"), ("--level", "loud"), ("--since", "yesterday")])
    def test_648_04_usage(self, logs, args):
        assert args[0] in logs(*args, code=2)

    def test_648_05_no_such_worker(self, logs):
        assert logs(name="none", code=1).startswith("wfpctl: ")
