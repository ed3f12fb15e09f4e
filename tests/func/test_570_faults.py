# SPDX-License-Identifier: Apache-2.0
"""Origins that misbehave: the Worker is told within its deadline, the thread
comes back, and the neighbour is served meanwhile."""

import http.client
import threading

import pytest

from wfptest.badorigin import Authority, BadOrigin, full_listener
from wfptest.client import Client
from wfptest.lua import script, worker
from wfptest.ports import free_ports
from wfptest.tenant import Tenant
from wfptest.wait import until
from wfptest.watch import Watch

MB = 1024 * 1024


class World:
    """The bad origins around the server under test."""

    def __init__(self, httpd):
        ca = Authority(httpd.root / "ca")
        self.bad = BadOrigin()
        self.full_port, self.kept = full_listener()
        self.closed_port, = free_ports(1, httpd.root.parent / "ports")
        self.tls = {
            "good": BadOrigin(ca.context("localhost")),
            "wrong-name": BadOrigin(ca.context("other.test")),
            "expired": BadOrigin(ca.context("localhost", days=-1)),
            "self-signed": BadOrigin(ca.context("localhost", signed=False)),
            "none": self.bad,
        }
        ports = {self.bad.port, self.full_port, self.closed_port,
                 *(one.port for one in self.tls.values())}
        self.lines = [
            f"WfpEgressCA {ca.cert}",
            *(f"WfpEgressAllow 127.0.0.1:{port} localhost:{port}"
              for port in ports),
            '<Location "/server-status">', "SetHandler server-status",
            "</Location>",
            # the first is that of requests that name none
            *self.vhost(httpd, "hasty.test", "WfpEgressTimeout 1s 2s"),
            *self.vhost(httpd, "idle.test", "WfpEgressTimeout 1s 25s 300ms"),
            *self.vhost(httpd, "late.test", "WfpEgressTimeout 20s 25s 2s"),
            # no deadline where it is not the deadline that is looked at
            *self.vhost(httpd, "patient.test", "WfpEgressTimeout 20s 25s"),
            *self.vhost(httpd, "drip.test", "WfpEgressTimeout 5s 6s 5s")]

    @staticmethod
    def vhost(httpd, name, line):
        return [f"<VirtualHost 127.0.0.1:{httpd.port}>", f"ServerName {name}",
                line, "</VirtualHost>"]

    def stop(self):
        for one in (self.bad, *self.tls.values()):
            one.stop()
        for sock in self.kept:
            sock.close()


@pytest.fixture(scope="module")
def workers(httpd, world, origin):
    """(the one that meets the faults, its neighbour)"""
    tenants = Tenant(httpd, Client(httpd.port))
    yield (tenants.deploy(script("eval.lua")),
           tenants.deploy(worker(f'return fetch("{origin.url}/status/200")')))
    tenants.remove_all()


@pytest.fixture
def run(workers, world, httpd):
    """run(text) -> list of values, or the error as a dict; meanwhile and
    afterwards the neighbour is served."""
    evaluator, neighbour = workers

    def call(text, host="patient.test"):
        told = []
        fault = threading.Thread(target=lambda: told.append(evaluator.post(
            f'local BAD = "http://127.0.0.1:{world.bad.port}/"\n'
            f"{text}".encode(), host=host)))
        fault.start()
        for _ in range(3):
            assert neighbour.get(host="patient.test").text == "status 200"
        fault.join()
        assert neighbour.get(host="patient.test").text == "status 200"
        assert told and told[0].status == 200, told
        answer = told[0].json
        return answer["values"] if "values" in answer else answer["error"]
    return call


def read(path):
    """Lua that fetches the page and reads it."""
    return f'local r = fetch(BAD .. "{path}") return r.status, r:text()'


class TestConnection:
    """What ends, or never begins."""

    @pytest.mark.parametrize("path", [
        "reset", "reset-head", "reset-body", "half-head", "half-line"])
    def test_570_01_broken_off(self, run, path):
        assert run(read(path))["code"] == "network_error"

    @pytest.mark.parametrize("path", [
        "silent", "half-head-silent", "body-silent", "interim-silent",
        "trailer-silent", "drip-head", "drip-body", "drip-interim"])
    def test_570_02_too_slow(self, run, path):
        assert run(read(path), "hasty.test")["code"] == "timeout"

    def test_570_03_never_accepted(self, run, world):
        told = run(f'fetch("http://127.0.0.1:{world.full_port}/")', "hasty.test")
        assert told["code"] == "timeout"
        assert "no connection in time" in told["message"]

    def test_570_04_nobody_listens(self, run, world):
        told = run('fetch("http://127.0.0.1:'
                   f'{world.closed_port}/")')
        assert told["code"] == "network_error"

    @pytest.mark.parametrize("path", [
        "silent", "half-head-silent", "body-silent", "interim-silent",
        "trailer-silent"])
    def test_570_06_silent(self, run, path):
        """Long before the total time, which the server's own clock would
        end at another word."""
        told = run(read(path), host="idle.test")
        assert told["code"] == "timeout"
        assert "silent too long" in told["message"]

    def test_570_07_slow_is_not_silent(self, run):
        """On a busy machine the origin is silent for a while against its
        will, not for 5 s."""
        told = run(read("drip-body"), host="drip.test")
        assert told["code"] == "timeout"
        assert "silent" not in told["message"]

    def test_570_08_who_reads_late_meets_no_silence(self, run, origin):
        """The time in which the Worker asks for nothing is its own."""
        assert run(f"""
            local r = fetch("{origin.url}/huge/{4 * MB}")
            scheduler.wait(3000)
            return #r:text()""", host="late.test") == [4 * MB]

    def test_570_05_the_workers_own_deadline(self, run):
        assert run('fetch(BAD .. "silent", {timeout = 100})')[
            "code"] == "timeout"
        assert run('fetch(BAD .. "drip-body", {timeout = 200}):text()')[
            "code"] == "timeout"


class TestHead:
    """Heads that are wrong."""

    @pytest.mark.parametrize("path", [
        "garbage", "old", "status", "status-99", "status-999", "version",
        "length-text", "length-minus", "length-huge", "length-twice",
        "length-list", "coding", "nul"])
    def test_571_01_no_http(self, run, path):
        assert run(read(path))["code"] == "network_error"

    @pytest.mark.parametrize("path,told", [
        ("length-and-chunks", ["body", "", "", ""]),
        ("fold", ["ok", "a X-B: b", "", "2"]),
        ("bare-cr", ["ok", "", "", "2"])])
    def test_571_05_no_two_readings(self, run, path, told):
        """Chunks win over a length, which goes; a folded line is one value;
        a field with a bare CR goes. No second field comes of it."""
        assert run(f"""
            local r = fetch(BAD .. "{path}")
            return r:text(), r.headers:get("x-a") or "",
                r.headers:get("x-b") or "",
                r.headers:get("content-length") or ''""") == told

    @pytest.mark.parametrize("path", [
        "line", "fields", "endless-head", "endless-line",
        "endless-first-line"])
    def test_571_02_too_large(self, run, path):
        told = run(read(path))
        assert told["code"] == "network_error"
        assert "too large" in told["message"]

    def test_571_03_large_and_legal(self, run):
        assert run('local r = fetch(BAD .. "line-long") '
                   'return #r.headers:get("x-a"), r:text()') == [60000, "ok"]

    @pytest.mark.parametrize("path", ["endless-interim", "endless-continue"])
    def test_571_04_endless_interim_answers(self, run, path):
        told = run(read(path))
        assert told["code"] == "network_error"
        assert "interim" in told["message"]


class TestBody:
    """Bodies that are wrong."""

    @pytest.mark.parametrize("path", [
        "short", "chunk-text", "chunk-minus", "chunk-huge", "chunk-end",
        "chunk-cut"])
    def test_572_01_broken(self, run, path):
        assert run(read(path))["code"] == "network_error"

    def test_572_02_longer_than_it_says(self, run):
        for _ in range(3):
            assert run(read("long")) == [200, "body"]

    @pytest.mark.parametrize("path", [
        "endless-trailers", "endless-trailer", "endless-extension",
        "endless-digits"])
    def test_572_03_endless_between_the_bytes(self, run, path):
        assert run(read(path), "hasty.test")["code"] in ("network_error", "timeout")

    @pytest.mark.parametrize("path", ["endless-body", "endless-chunks"])
    def test_572_04_endless(self, run, httpd, path):
        with Watch(httpd) as watch:
            assert run(read(path))["code"] == "body_too_large"
        assert watch.growth < 100 * MB

    @pytest.mark.parametrize("path", ["endless-body", "endless-chunks"])
    def test_572_05_endless_and_passed_on(self, run, tenant, httpd, world,
                                          path):
        front = tenant.deploy(worker(
            f'return fetch("http://127.0.0.1:{world.bad.port}/{path}")'))
        with Watch(httpd) as watch:
            conn = front.client.connection()
            conn.request("GET", front.path + "/")
            answer, size = conn.getresponse(), 0
            with pytest.raises((OSError, http.client.HTTPException, EOFError)):
                while True:
                    part = answer.read(65536)
                    size += len(part)
                    if not part:
                        raise EOFError
            conn.close()
        assert size > 0
        assert watch.growth < 50 * MB
        assert run("return 1") == [1]


class TestTls:
    """Origins that cannot show who they are."""

    @pytest.mark.parametrize("which", ["wrong-name", "expired", "self-signed",
                                       "none"])
    def test_573_01_refused(self, run, world, which):
        bad = world.tls[which]
        bad.paths.clear()
        told = run(f'fetch("https://localhost:{bad.port}/length-twice")')
        assert told["code"] == "network_error"
        assert bad.paths == []

    def test_573_02_trusted(self, run, world):
        assert run(f'return fetch("https://localhost:{world.tls["good"].port}'
                   '/line-long"):text()') == ["ok"]

    def test_573_03_http_to_a_tls_port(self, run, world):
        told = run(f'fetch("http://localhost:{world.tls["good"].port}/old")')
        assert told["code"] == "network_error"

    @pytest.mark.parametrize("path", ["reset-body", "short", "chunk-cut"])
    def test_573_04_broken_off_within(self, run, world, path):
        told = run(f'fetch("https://localhost:{world.tls["good"].port}/{path}")'
                   ":text()")
        assert told["code"] == "network_error"


class TestRedirects:
    def test_574_01_endless(self, run, origin):
        origin.requests.clear()
        told = run(f'fetch("{origin.url}/loop")')
        assert told["code"] == "too_many_redirects"
        assert len([p for _, p, _ in origin.requests if p == "/loop"]) == 21


class TestAfterAll:
    """Nothing of all that is left."""

    def test_579_01_many_at_once(self, world, workers, client):
        evaluator, neighbour = workers
        paths = ["silent", "drip-head", "endless-trailers", "endless-body",
                 "reset-body", "endless-interim", "body-silent", "short"]
        codes = []

        def meet(path):
            answer = evaluator.post((
                "local ok, e = pcall(function() return fetch("
                f'"http://127.0.0.1:{world.bad.port}/{path}"):text() end) '
                "return e.code").encode())
            codes.append(answer.json["values"][0])

        threads = [threading.Thread(target=meet, args=(path,))
                   for path in paths]
        for thread in threads:
            thread.start()
        assert neighbour.get(host="patient.test").text == "status 200"
        for thread in threads:
            thread.join()
        assert len(codes) == len(paths)
        assert set(codes) <= {"network_error", "timeout", "body_too_large"}
        # this request is the only busy one
        until(lambda: "BusyWorkers: 1\n" in client.get(
            "/server-status?auto").text, "the threads to come back")
