# SPDX-License-Identifier: Apache-2.0
"""Filters of other modules: the example, built as its README says against what
`make install` left, on the way out of every call."""

import pathlib
import re
import shutil
import subprocess
import time

import pytest

from wfptest.client import Client
from wfptest.lua import script, worker
from wfptest.records import Records
from wfptest.tenant import Tenant

pytestmark = pytest.mark.one_mpm

EXAMPLE = (pathlib.Path(__file__).resolve().parents[2]
           / "examples/egress-module/mod_egress_example.c")


@pytest.fixture(scope="module")
def headers(build, tmp_path_factory):
    """The folder of the installed mod_wfp.h."""
    dest = tmp_path_factory.mktemp("headers")
    done = subprocess.run(
        ["make", "-s", "-C", str(build), "install-nodist_publicHEADERS",
         f"DESTDIR={dest}"], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found, = dest.rglob("mod_wfp.h")
    return found.parent


@pytest.fixture(scope="module")
def module(httpd, headers, tmp_path_factory):
    """LoadModule row of the example."""
    folder = tmp_path_factory.mktemp("apxs")
    shutil.copy(EXAMPLE, folder)
    done = subprocess.run(
        ["apxs", "-Wc,-Wall -Werror", "-I",
         str(headers), "-c", EXAMPLE.name], cwd=folder, text=True,
        capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    built = httpd.root / "mod_egress_example.so"
    shutil.copy(folder / ".libs" / built.name, built)
    return f'LoadModule egress_example_module "{built}"'


@pytest.fixture(scope="module")
def evaluator(httpd, module):
    httpd.configure([module, Records.LINE])
    tenants = Tenant(httpd, Client(httpd.port))
    yield tenants.deploy(script("eval.lua"))
    tenants.remove_all()
    httpd.stop()


@pytest.fixture
def run(evaluator, origin):
    """run(text) -> list of values, or the error as a dict."""
    def call(text):
        told = evaluator.post((f'local ORIGIN = "{origin.url}"\n'
                               + text).encode()).json
        return told["values"] if "values" in told else told["error"]
    return call


@pytest.fixture
def deployed(evaluator, tenant):
    return tenant


class TestHeader:
    """mod_wfp.h."""

    def test_560_01_stands_alone(self, headers, tmp_path):
        source = tmp_path / "alone.c"
        source.write_text('#include <mod_wfp.h>\nint unused;\n')
        done = subprocess.run(
            ["apxs", "-Wc,-Wall -Wextra -Werror", "-I", str(headers), "-c",
             source.name], cwd=tmp_path, text=True, capture_output=True,
            check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_560_02_promises_no_function_that_is_not_there(self, headers):
        text = (headers / "mod_wfp.h").read_text()
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        assert "wfp_egress_api_t" in text
        assert not re.search(r"^[a-z][\w *]*\bwfp_[a-z_]+\(", text, re.M)
        assert '#include "' not in text


class TestFilter:
    """What the example does."""

    def test_560_10_changes_the_request(self, run, evaluator, origin):
        sent = dict(run('return fetch(ORIGIN .. "/echo"):json().headers')[0])
        assert sent["X-Example"] == f"demo/{evaluator.name}"

    def test_560_11_wraps_the_body(self, run, deployed, origin):
        assert run('return fetch(ORIGIN .. "/echo", {method="POST", '
                   'body="small"}):json().body') == ["SMALL"]
        assert run('local n = 0 return fetch(ORIGIN .. "/echo", '
                   '{method="POST", body=function() n = n + 1 '
                   'return n < 4 and "part " or nil end}):json().body') == [
                       "PART PART PART "]
        front = deployed.deploy(worker(
            f'return fetch("{origin.url}/count", '
            '{method="PUT", body=request.body})'))
        size = 8 * 1024 * 1024
        told = front.request("PUT", body=(b"z" * 65536 for _ in range(
            size // 65536))).json
        assert told["bytes"] == size

    def test_560_12_sees_the_response(self, run):
        assert run('return fetch(ORIGIN .. "/echo").headers:get("x-example")'
                   ) == ["answered"]

    def test_560_13_refuses(self, run, origin):
        origin.requests.clear()
        told = run('fetch(ORIGIN .. "/example-refuse")')
        assert told["code"] == "egress_blocked"
        assert told["message"] == "Egress blocked: not with this module"
        assert origin.requests == []

    def test_560_14_answers(self, run, origin):
        origin.requests.clear()
        assert run('local r = fetch("http://10.0.0.1/example-answer") '
                   "return r.status, r:text()") == [200, "from the module\n"]
        assert origin.requests == []

    def test_560_15_every_hop_passes(self, run, origin):
        origin.requests.clear()
        told = run('fetch(ORIGIN .. "/redirect/302?to=/redirect/302%3Fto='
                   '/example%252Drefuse")')
        assert told["code"] == "egress_blocked"
        assert len(origin.requests) == 2
        assert all(dict(headers)["X-Example"]
                   for _, _, headers in origin.requests)

    def test_560_16_counted_before(self, deployed, origin):
        # what is over `subrequests` no filter of a module's sees
        user = deployed.deploy(worker("""
            local t = {}
            for i = 1, 3 do
                local ok, e = pcall(fetch, "http://a.example/example-answer")
                t[i] = ok and "ok" or e.code
            end
            return Response.new(table.concat(t, " "))"""),
                               "--limit", "subrequests=2")
        assert user.get().text == "ok ok subrequest_limit"

    def test_560_17_head_is_looked_at_before(self, run):
        for text, why in (
                ('fetch("http://a.example/example-answer?" .. '
                 '("x"):rep(17000))', "URL is too long"),
                ('local h = {} for i = 1, 600 do h["x-" .. i] = "1" end '
                 'fetch("http://a.example/example-answer", {headers=h})',
                 "too many headers"),
                ('fetch("http://a.example/example-answer", '
                 '{headers={x=("y"):rep(200000)}})', "are too large")):
            told = run(text)
            assert told["code"] == "network_error"
            assert why in told["message"]

    def test_560_18_after_the_outbound_worker(self, deployed, origin):
        name = f"out-{time.monotonic_ns()}"
        deployed.deploy(worker("""
            local u = URL.new(request.url)
            if u.pathname == "/own" then
                return Response.new("outbound: " ..
                    tostring(request.headers:get("x-example")))
            end
            return fetch(request)"""), ns=None, name=name)
        ns = deployed.namespace("--outbound", name)
        user = deployed.deploy(worker(f"""
            return Response.new(fetch("{origin.url}/own"):text() .. " " ..
                fetch("{origin.url}/echo"):text())"""), ns=ns)
        text = user.get().text
        # answered there: no filter of a module's; sent by it: for whom
        assert text.startswith("outbound: nil {")
        assert '["X-Example", "/' + name in text

    def test_560_19_policy_comes_behind(self, run):
        # the filter has changed it: and yet
        told = run('fetch("http://10.0.0.1/", {method="POST", body="x"})')
        assert told["code"] == "egress_blocked"

    def test_560_20_record_names_the_module(self, run, evaluator, httpd):
        records = Records(httpd)
        run('pcall(fetch, ORIGIN .. "/example-refuse") '
            'fetch("http://a.example/example-answer") '
            'fetch(ORIGIN .. "/echo")')
        calls = records.of(evaluator.name)["egress"]
        assert [(c["decision"], c["by"]) for c in calls] == [
            ("blocked", "mod_egress_example.c"),
            ("answered", "mod_egress_example.c"), ("sent", "client")]

    def test_560_21_loaded_first(self, httpd, module, evaluator, run):
        # before mod_wfp, as a LoadModule of the main configuration may be
        httpd.first = [module]
        httpd.configure([Records.LINE])
        try:
            assert run('return fetch(ORIGIN .. "/echo").headers:get('
                       '"x-example")') == ["answered"]
        finally:
            httpd.first = []
            httpd.configure([module, Records.LINE])
