# SPDX-License-Identifier: Apache-2.0
"""wfpctl dev: a server for one Worker, which goes when it is told to."""

import pathlib
import signal
import socket
import tempfile

import pytest

from wfptest.dev import Dev
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

WORKER = """
local n = 0
return {
  fetch = function(request, env)
    local url = URL.new(request.url)
    console.log("asked", url.pathname)
    if url.pathname == "/bad" then error("no such thing") end
    if url.pathname == "/out" then return fetch(env.ORIGIN) end
    env.NOTES:put("last", url.pathname)
    env.DB:exec("CREATE TABLE IF NOT EXISTS t (a)")
    env.PICS:put("one", "bytes")
    if url.pathname == "/send" then env.JOBS:send({ id = 7 }) end
    return Response.new(env.GREETING .. " " .. env.NOTES:get("last"))
  end,
  queue = function(batch)
    console.log("took", batch.messages[1].body.id)
  end,
}
"""

BINDINGS = ["--var", "GREETING=hello", "--binding", "kv_namespace:NOTES=notes",
            "--binding", "d1:DB=shop", "--binding", "r2_bucket:PICS=pics",
            "--binding", "queue:JOBS=jobs", "--consume", "jobs",
            "--schedule", "0 3 * * *"]


@pytest.fixture
def folder():
    """Where httpd's user gets to, too."""
    with tempfile.TemporaryDirectory(prefix="wfp-dev-") as name:
        yield pathlib.Path(name)


@pytest.fixture
def dev(httpd, folder):
    """Starts one with the text of a worker.lua; all are ended."""
    started = []

    def start(text, *args, **more):
        (folder / "site").mkdir(exist_ok=True)
        (folder / "site" / "worker.lua").write_text(text)
        one = Dev(httpd, folder, str(folder / "site"), *args, **more)
        started.append(one)
        return one

    yield start
    for one in started:
        one.stop()


def processes(folder):
    """Command lines of httpds that have something to do with folder."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in text and "httpd.conf" in text:
            found.append(text)
    return found


class TestDev:
    """One for one Worker."""

    def test_649_01_a_day_of_work(self, dev, origin):
        one = dev(WORKER, *BINDINGS, "--var",
                  f"ORIGIN=http://127.0.0.1:{origin.port}/echo", "--egress-allow",
                  f"127.0.0.1/32:{origin.port}")
        assert one.get("/a")[:2] == (200, "hello /a")
        assert one.get("/out")[0] == 200
        assert one.get("/send")[0] == 200
        status, _, headers = one.get("/bad")
        assert (status, headers["x-wfp-error"]) == (500, "exception")
        took = until(lambda: [r for r in one.records()
                              if "queue" in r.get("event", {})], "the queue",
                     seconds=60)
        assert took[0]["logs"][0]["message"] == ["took 7"]
        [bad] = [r for r in one.records() if r["outcome"] == "exception"]
        assert "no such thing" in bad["exceptions"][0]["message"]
        # what is saved is served, what is wrong is said and changes nothing
        path = one.folder / "site" / "worker.lua"
        path.write_text(WORKER.replace('env.GREETING .. " "', '"new "'))
        one.deployed(2)
        assert one.get("/b")[1] == "new /b"
        path.write_text("return {")
        until(one.refusals, "a refusal")
        assert "worker.lua:1:" in one.refusals()[0]
        assert one.get("/c")[1] == "new /c"
        # a module more, in a folder
        (one.folder / "site" / "lib").mkdir()
        (one.folder / "site" / "lib" / "word.txt").write_text("word")
        path.write_text('local w = require("lib/word.txt")\nreturn { fetch = '
                        'function() return Response.new(w) end }')
        until(lambda: one.get("/")[1] == "word", "the new module")
        assert one.stop() == 0
        assert list(one.temp.iterdir()) == []
        assert processes(one.folder) == []

    def test_649_02_kept_state(self, dev, folder):
        text = """return { fetch = function(request, env)
            local n = (tonumber(env.NOTES:get("n")) or 0) + 1
            env.NOTES:put("n", tostring(n))
            return Response.new(tostring(n)) end }"""
        args = ("--binding", "kv_namespace:NOTES=notes", "--state",
                str(folder / "state"))
        for said in ("1", "2"):
            one = dev(text, *args)
            assert one.get()[1] == said
            assert one.stop(signal.SIGTERM) == 0

    def test_649_03_killed_it_leaves_no_server(self, dev):
        one = dev('return { fetch = function() return Response.new("x") end }')
        assert processes(one.folder)
        one.stop(signal.SIGKILL)
        until(lambda: not processes(one.folder), "the end of httpd")

    def test_649_06_assets(self, dev, folder):
        public = folder / "public"
        (public / "css").mkdir(parents=True)
        (public / "index.html").write_text("<h1>home</h1>")
        (public / "css" / "a.css").write_text("a{}")
        (public / "same.txt").write_text("a{}")
        (public / "empty.txt").write_text("")
        (public / ".hidden").write_text("no")
        (public / "_headers").write_text("/css/*\n  X-Kind: style\n")
        one = dev("""return { fetch = function(request, env)
            if request.url:find("boom") then json.decode("{") end
            return env.ASSETS:fetch("http://x/css/a.css") end }""",
                  "--binding", "assets:ASSETS", "--assets", str(public))
        assert one.get("/")[:2] == (200, "<h1>home</h1>")
        _, text, headers = one.get("/css/a.css")
        assert (text, headers["content-type"], headers["x-kind"]) == \
            ("a{}", "text/css", "style")
        assert one.get("/same.txt")[2]["content-type"] == "text/plain"
        assert one.get("/empty.txt")[:2] == (200, "")
        assert one.get("/.hidden")[1] == "a{}"
        (public / "index.html").write_text("<h1>new</h1>")
        until(lambda: one.get("/")[1] == "<h1>new</h1>", "the new page")
        assert one.get("/boom")[0] == 500
        [bad] = until(lambda: [r for r in one.records()
                               if r["outcome"] == "exception"], "its record")
        assert "worker.lua:2:" in bad["exceptions"][0]["stack"]

    def test_649_04_a_port_that_is_taken(self, dev):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            one = dev("return {}", "--port", str(taken.getsockname()[1]),
                      ready=False)
            assert one.process.wait(60) == 1
        assert "Address already in use" in one.refusals()[0]
        assert list(one.temp.iterdir()) == []

    @pytest.mark.parametrize("args, said", [
        (("--port", "x"), "--port"),
        (("--binding", "nonsense"), "TYPE:NAME=VALUE"),
        (("--url", "http://a.example"), "server of its own"),
        (("--schedule", "nonsense"), "nonsense"),
    ], ids=lambda v: v[0] if isinstance(v, tuple) else "")
    def test_649_05_wrong_calls(self, dev, args, said):
        one = dev('return { fetch = function() return Response.new("x") end }',
                  *args, ready=False)
        assert one.process.wait(60) in (1, 2)
        assert said in one.refusals()[-1]
        assert list(one.temp.iterdir()) == []
