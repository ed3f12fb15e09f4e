# SPDX-License-Identifier: Apache-2.0
"""httpd's error log: whose line it is (%{wfp}W), one request's way through it at
trace levels, and nothing above info whatever tenants do."""

import http.client
import re

import pytest

from wfptest.attacks import NAMES, read
from wfptest.client import Client
from wfptest.lua import says, worker
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

FORMAT = 'ErrorLogFormat "[%t] [%-m:%l] <%-{wfp}W> <%-{request-id}W> ' \
    '<%-{worker}W> <%-{namespace}W> <%-{version}W> %M"'
FIELDS = re.compile(r"<([^>]*)> " * 5 + "(.*)$")


def fields(httpd, text):
    """The fields of the line that has this text."""
    line = httpd.log.wait_for(text)
    return FIELDS.search(line).groups()


class TestFormat:
    def test_863_01_whose_line_it_is(self, httpd, tenant):
        httpd.configure([FORMAT])
        made = tenant.deploy(worker('error("mine")'))
        answer = made.get()
        request_id = answer.get("x-wfp-request-id")
        whole, found, name, ns, version, _ = fields(
            httpd, f"WFP0602: request {request_id}")
        assert (found, name, ns) == (request_id, made.name, "demo")
        assert re.fullmatch(r"[0-9a-f-]{36}", version)
        assert whole == f"{request_id} demo/{made.name}@{version}"

    def test_863_02_lines_of_no_request(self, httpd):
        httpd.stop()  # what it says at its start
        httpd.configure([FORMAT])
        assert fields(httpd, "resuming normal") == ("-",) * 5 + (
            fields(httpd, "resuming normal")[5],)

    def test_863_03_lines_of_other_modules(self, httpd, tenant):
        """What httpd says of a request has the id that its client was told."""
        httpd.configure([FORMAT, "LogLevel http:trace3 wfp:info"])
        made = tenant.deploy(worker("error()"))
        request_id = made.get().get("x-wfp-request-id")
        assert fields(httpd, rf"\[http:\w+\] <{request_id} demo/")[2] == \
            made.name

    @pytest.mark.parametrize("name", [
        r"a\n[", "x> <y", r"\27[2J", r"\xff\xfe", "%s%n", 'q\\"r', r"a\0b"])
    def test_863_04_names_that_are_none(self, httpd, tenant, name):
        """A Worker may ask for any: nothing of a line can be forged."""
        httpd.configure([FORMAT])
        front = tenant.deploy(worker(
            f'return env.D:get("{name}"):fetch(request)'),
            "--binding", "dispatch_namespace:D=demo")
        answer = front.get()
        request_id = answer.get("x-wfp-request-id")
        assert answer.error == "worker_not_found", answer
        whole, found, name, ns, version, _ = fields(
            httpd, f"WFP0602: request {request_id}")
        assert (found, ns) == (request_id, "demo")
        assert re.fullmatch(r"[\w?-]+", name), name
        assert whole.startswith(f"{request_id} demo/{name}")

    def test_863_07_a_path_that_is_none(self, httpd, client):
        httpd.configure([FORMAT])
        answer = client.get("/_ns/demo/a%0a%5b/")
        request_id = answer.get("x-wfp-request-id")
        assert answer.error == "worker_not_found"
        assert fields(httpd, f"WFP0602: request {request_id}")[:5] == (
            request_id, request_id, "-", "-", "-")

    def test_863_05_the_innermost_worker(self, httpd, tenant):
        httpd.configure([FORMAT, "LogLevel wfp:trace2"])
        made = tenant.deploy(says('"ok"'))
        front = tenant.deploy(worker(
            f'return env.D:get("{made.name}"):fetch(request)'),
            "--binding", "dispatch_namespace:D=demo")
        assert front.get().text == "ok"
        assert fields(httpd, f"demo/{front.name} version .*: new")[2] \
            == front.name
        assert fields(httpd, f"demo/{made.name} ended: ok")[2] in (
            made.name, front.name)

    @pytest.mark.parametrize("arg", ["", "{nothing}", "{wfp-request-id}"])
    def test_863_06_no_such_part(self, httpd, tenant, arg):
        httpd.configure([f'ErrorLogFormat "[%t] [%-m:%l] <%-{arg}W> %M"'])
        made = tenant.deploy(worker("error()"))
        request_id = made.get().get("x-wfp-request-id")
        line = httpd.log.wait_for(f"WFP0602: request {request_id}")
        assert (f"<{request_id} demo/" in line) == (arg == "")
        assert ("<->" in line) == (arg != "")


STEPS = [
    r"GET http://\S+ goes to demo/FRONT",
    r"demo/FRONT version \S+, depth 1: \w+ isolate",
    r"FRONT: subrequest 1 of \d+",
    r"demo/USER version \S+, depth 2: \w+ isolate",
    r"USER: subrequest 1 of \d+",
    r"fetch GET ORIGIN/echo through outbound Worker OUT",
    r"/?OUT version \S+, depth 3: \w+ isolate",
    r"OUT: subrequest 1 of \d+",
    r"fetch GET ORIGIN/echo goes out, hop 0",
    r"fetch GET ORIGIN/echo, hop 0: sent by client: 200",
    r"/?OUT ended: ok",
    r"fetch GET ORIGIN/echo, hop 0: answered by outbound Worker OUT: 200",
    r"USER: subrequest 2 of \d+",
    r"fetch GET http://169\.254\.169\.254/, hop 0: ",
    r"demo/USER ended: ok",
    r"demo/FRONT ended: ok",
    r"answered with 200",
    r"waitUntil functions go to the background",
]
LATER = [r"over: ok, \d+ bytes of body", r"USER: subrequest 3 of \d+",
         r"fetch GET ORIGIN/late, hop 0: "]


class TestTrace:
    def test_863_10_one_request_s_way(self, httpd, tenant, origin):
        """Each step, in its order, under the request's id."""
        httpd.configure(["LogLevel wfp:trace2"])
        tenant.deploy(worker("return fetch(request)"), ns=None,
                      name="trace-out")
        user = tenant.deploy(worker(f"""
            local answer = fetch("{origin.url}/echo")
            pcall(fetch, "http://169.254.169.254/")
            ctx:waitUntil(function() pcall(fetch, "{origin.url}/late") end)
            return answer"""))
        front = tenant.deploy(worker(
            f'return env.D:get("{user.name}"):fetch(request)'),
            "--binding", "dispatch_namespace:D=demo", "--outbound",
            "trace-out")
        until(lambda: front.get().status == 200, "the service")
        offset = httpd.log.size()
        assert front.get().status == 200

        def way():
            lines = re.findall(r"request (\w+): (.*)", httpd.log.text(offset))
            # those of the one before may still come
            request_id = next((found for found, text in lines
                               if "goes to demo/" in text), None)
            return [text for found, text in lines if found == request_id]

        def named(step):
            return re.compile(step.replace("FRONT", front.name)
                              .replace("USER", user.name)
                              .replace("OUT", "trace-out")
                              .replace("ORIGIN", re.escape(origin.url)))

        for step in map(named, LATER):  # on two threads
            until(lambda: step.search("\n".join(way())), step.pattern)
        at = iter(way())
        for step in map(named, STEPS):
            assert any(step.search(line) for line in at), (step.pattern, way())

    def test_863_11_nothing_at_info(self, httpd, tenant):
        """A good request leaves no line."""
        httpd.configure(["LogLevel wfp:info"])
        made = tenant.deploy(worker('console.error("x") '
                                    'return Response.new("ok")'))
        assert made.get().text == "ok"
        offset = httpd.log.size()
        for _ in range(10):
            assert made.get().text == "ok"
        assert "request" not in httpd.log.text(offset)


class TestNothingAboveInfo:
    def test_863_20_attacks(self, httpd, tenant):
        """Each seventh of the corpus, whatever becomes of it."""
        httpd.configure(["WfpLimit cpu_ms 100", "WfpLimit memory_mb 32",
                         "WfpCoolDown off", "LogLevel info wfp:info"])
        offset = httpd.log.size()
        ran = 0
        for name in NAMES[::7]:
            files, _, options = read(name)
            made = tenant.deploy(files, *options, check=False)
            if made.returncode:
                continue
            full = tenant.made[-1].partition("/")[2]
            try:
                Client(httpd.port).get(f"/_ns/demo/{full}/")
            except http.client.HTTPException:
                pass  # it broke off
            ran += 1
        assert ran > 30
        above = re.findall(r"^\[[^]]*\] \[\w+:(?:emerg|alert|crit|error|warn|"
                           r"notice)\].*", httpd.log.text(offset), re.M)
        assert above == []
