# SPDX-License-Identifier: Apache-2.0
"""What is told of calls to the outside: records in WfpLog, figures by
namespace."""

import itertools
import time

import pytest

from wfptest import prometheus
from wfptest.lua import worker
from wfptest.records import Records

NAMES = itertools.count(1)
NS = f"told-{time.monotonic_ns()}"


@pytest.fixture(autouse=True)
def _conf(httpd, origin):
    httpd.configure([
        Records.LINE, f"WfpEgressAllow localhost:{origin.port}",
        '<Location "/metrics">', "SetHandler wfp-metrics", "</Location>",
        '<Location "/status">', "SetHandler server-status", "</Location>"])


@pytest.fixture
def space(tenant, httpd):
    """space(options...) -> a namespace that no test has used."""
    def make(*options):
        name = f"{NS}-{next(NAMES)}"
        httpd.wfpctl("namespace", "create", name, *options)
        return name
    return make


@pytest.fixture
def told(tenant, httpd):
    """told(Lua, ns, options...) -> (decision, by, code or status, hop) of the
    calls that it made, and their entries."""
    def ask(text, ns, *options):
        records = Records(httpd)
        made = tenant.deploy(worker(text), *options, ns=ns)
        assert made.get().status == 200
        calls = records.of(made.name)["egress"]
        return [(c["decision"], c["by"], c.get("code", c.get("status")))
                for c in calls], calls
    return ask


def tries(url, options=""):
    """Lua that calls and does not mind."""
    return f'pcall(fetch, "{url}"{options}) return Response.new("went on")'


@pytest.mark.one_mpm
class TestBlocked:
    """Who blocked a call, and why."""

    @pytest.mark.parametrize("url,host,why", [
        ("http://localhost:8080/", "localhost:8080", "host name is not public"),
        ("http://a.internal/x?secret=1", "a.internal:80",
         "host name is not public"),
        ("http://10.0.0.1/", "10.0.0.1:80", "address is not public"),
        ("http://[::1]/", "[::1]:80", "address is not public"),
        ("http://a.example:22/", "a.example:22", "port is not allowed")])
    def test_565_01_policy_by_name(self, told, space, url, host, why):
        short, (call,) = told(tries(url), space())
        assert short == [("blocked", "policy", "egress_blocked")]
        assert call["host"] == host
        assert call["reason"] == f"Egress blocked: the {why}"
        assert "firstByte" not in call["timeUs"]

    def test_565_02_policy_by_address(self, told, space, origin):
        short, (call,) = told(tries(f"http://localhost:{origin.port}/echo"),
                              space("--egress-deny", "127.0.0.0/8",
                                    "--egress-deny", "::1"))
        assert short == [("blocked", "policy", "egress_blocked")]
        assert call["reason"] == "Egress blocked: the target is denied"
        assert call["bytesIn"] == 0

    def test_565_03_behind_a_redirect(self, told, space, origin):
        short, calls = told(tries(
            f"{origin.url}/redirect/302?to=http://192.168.1.1/"), space())
        assert short == [("sent", "client", 302),
                         ("blocked", "policy", "egress_blocked")]
        assert calls[1]["host"] == "192.168.1.1:80"

    def test_565_04_what_the_outbound_worker_meets(self, told, tenant, space,
                                                   httpd):
        door = tenant.deploy(worker('return fetch("http://10.0.0.1/")'),
                             ns=None)
        records = Records(httpd)
        short, (call,) = told(tries("http://a.example/"),
                              space("--outbound", door.name))
        assert short == [("blocked", f"outbound Worker {door.name}",
                          "egress_blocked")]
        assert call["host"] == "a.example:80"
        inner, = records.of(door.name)["egress"]
        assert (inner["decision"], inner["by"]) == ("blocked", "policy")

    @pytest.mark.parametrize("text,decision,code", [
        ('return Response.new("no", {status = 403})', "answered", 403),
        ('error("not for you")', "failed", "network_error"),
        ('return "no response"', None, None)])
    def test_565_05_the_outbound_worker_refuses(self, told, tenant, space,
                                                text, decision, code):
        door = tenant.deploy(worker(text), ns=None)
        short, (call,) = told(tries("http://a.example/"),
                              space("--outbound", door.name))
        assert short[0][1] == f"outbound Worker {door.name}"
        if decision:
            assert short[0] == (decision, f"outbound Worker {door.name}", code)
        # nothing of the platform's text
        assert "not for you" not in str(call)

    def test_565_06_the_outbound_worker_is_missing(self, told, tenant, space,
                                                   httpd):
        door = tenant.deploy(worker("return 1"), ns=None)
        ns = space("--outbound", door.name)
        httpd.wfpctl("delete", door.name, "--force")
        short, (call,) = told(tries("http://a.example/"), ns)
        assert short == [("blocked", f"outbound Worker {door.name}",
                          "egress_blocked")]
        assert call["reason"] == \
            "Egress blocked: the outbound Worker is missing"

    @pytest.mark.parametrize("mode,why", [
        ("none", "this Worker has no egress"),
        ("outbound", "no outbound Worker")])
    def test_565_07_egress(self, told, space, mode, why):
        short, (call,) = told(tries("http://a.example/"), space(), "--egress",
                              mode)
        assert short == [("blocked", "egress", "egress_blocked")]
        assert call["reason"] == f"Egress blocked: {why}"

    def test_565_08_subrequests(self, told, space, origin):
        short, calls = told(f"""
            for _ = 1, 3 do pcall(fetch, "{origin.url}/status/200") end
            return Response.new("went on")""", space(),
                            "--limit", "subrequests=2")
        assert short == [("sent", "client", 200), ("sent", "client", 200),
                         ("blocked", "count", "subrequest_limit")]
        assert calls[2]["reason"] == "Too many subrequests"

    def test_565_09_head(self, told, space):
        short, (call,) = told(
            'pcall(fetch, "http://a.example/" .. ("x"):rep(20000)) '
            'return Response.new("went on")', space())
        assert short == [("failed", "head", "network_error")]
        assert "too long" in call["reason"]

    @pytest.mark.parametrize("text", [
        'parallel(ask, ask) return Response.new("went on")',
        'ctx:waitUntil(ask) ctx:waitUntil(ask) return Response.new("went on")'])
    def test_565_10_beside_and_behind(self, told, space, text):
        short, _ = told('local function ask() pcall(fetch, "http://10.0.0.1/") '
                        f"end {text}", space())
        assert short == [("blocked", "policy", "egress_blocked")] * 2

    def test_565_11_what_was_sent_needs_no_reason(self, told, space, origin):
        _, (call,) = told(f'fetch("{origin.url}/echo"):text() '
                          'return Response.new("read")', space())
        assert "reason" not in call and call["bytesIn"] > 0


def figures(client, ns):
    """{decision: calls} and {direction: bytes} of a namespace."""
    found = prometheus.read(client.get("/metrics"))
    calls, sizes = {}, {}
    for (name, *labels), value in found.items():
        labels = dict(labels)
        if labels.get("namespace") == ns:
            if name == "wfp_egress_calls_total":
                end = labels["decision"]
                calls[end] = calls.get(end, 0) + value
            elif name == "wfp_egress_bytes_total":
                sizes[labels["direction"]] = value
    return calls, sizes


class TestFigures:
    def test_566_01_calls_by_namespace(self, told, space, client, origin,
                                       tenant):
        door = tenant.deploy(worker("return Response.new('door')"), ns=None)
        ns, other = space(), space("--outbound", door.name)
        assert figures(client, ns) == ({}, {})
        told(f"""
            pcall(fetch, "{origin.url}/count", {{method = "POST",
                body = "12345"}})
            pcall(fetch, "{origin.url}/redirect/302?to=http://10.0.0.1/")
            pcall(fetch, "http://a.internal/")
            pcall(fetch, "{origin.url}/broken/nothing")
            return Response.new("went on")""", ns)
        told(tries("http://a.example/"), other)
        calls, sizes = figures(client, ns)
        assert calls == {"sent": 2, "blocked": 2, "failed": 1}
        # a body that nobody read did not come
        assert sizes["out"] == 5
        calls, _ = figures(client, other)
        assert calls == {"answered": 1}
        lines = client.get("/status?auto").text.splitlines()
        assert [line for line in lines if line.startswith(
            f"WfpEgress[{ns}]:")] == [
                f"WfpEgress[{ns}]: sent=2 answered=0 blocked=2 failed=1 out=5 "
                f"in={int(sizes['in'])} blocked_policy=2 "
                "failed_network_error=1"]
        assert f'Calls from "{ns}": sent=2 answered=0 blocked=2' in client.get(
            "/status").text

    def test_566_02_account_scripts(self, tenant, client, httpd):
        made = tenant.deploy(worker('pcall(fetch, "http://10.0.0.1/") '
                                    'return Response.new("went on")'), ns=None)
        user = tenant.deploy(worker("return env.SVC:fetch(request)"),
                             "--binding", f"service:SVC={made.name}")
        before = figures(client, "")[0].get("blocked", 0)
        assert user.get().text == "went on"
        assert figures(client, "")[0]["blocked"] == before + 1

    def test_566_03_names_no_worker(self, tenant, space, client):
        """As many rows as there are namespaces, whatever their Workers do."""
        ns = space()
        made = [tenant.deploy(worker(tries(f"http://10.0.0.{n}/")), ns=ns)
                for n in range(1, 6)]
        for one in made:
            assert one.get().status == 200
        text = "\n".join(
            line for line in client.get("/metrics").text.splitlines()
            if line.startswith("wfp_egress"))
        assert len([line for line in text.splitlines() if ns in line]) == 3
        assert not [one.name for one in made if f'"{one.name}"' in text]
        assert "10.0.0." not in text

    def test_566_04_all_of_it_is_legal(self, client):
        found = prometheus.read(client.get("/metrics"))
        assert ("wfp_requests_total",) in found
        names = {name for name, *_ in found}
        assert all(name.startswith("wfp_") for name in names)
