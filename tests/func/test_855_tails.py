# SPDX-License-Identifier: Apache-2.0
"""Live tails: records of a Worker as they are made, by server-sent events and by
the WebSocket that wrangler uses."""

import http.client
import json
import os
import subprocess
import threading
from concurrent import futures
from urllib.parse import quote

import pytest

from wfptest import prometheus
from wfptest.api import LOCATION, Api
from wfptest.lua import says, worker
from wfptest.ports import free_ports
from wfptest.process import kill_now
from wfptest.tails import Events, Reader, Socket
from wfptest.wait import until

CONF = [*LOCATION, '<Location "/metrics">', "SetHandler wfp-metrics",
        "</Location>"]


def certificate(folder):
    """(certificate, key) for localhost, signed by itself."""
    cert, key = folder / "tails-cert.pem", folder / "tails-key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key), "-out",
         str(cert), "-days", "2", "-subj", "/CN=localhost"], check=True,
        capture_output=True)
    return cert, key


def scripts(api, name, ns="demo"):
    return f"{api.namespaces}/{ns}/scripts/{name}" if ns else \
        f"{api.account}/workers/scripts/{name}"


def asked(made, n=0):
    assert made.get(f"/{n}").status == 200


def answers(made):
    """Does it? A connection may die with its child."""
    try:
        return made.get().status == 200
    except (OSError, http.client.HTTPException):
        return False


def number(record):
    return int(record["event"]["request"]["url"].rpartition("/")[2])


@pytest.fixture
def api(httpd, client):
    httpd.configure(CONF)
    return Api(httpd, client)


class TestEvents:
    def test_855_01_records_come(self, api, tenant):
        made = tenant.deploy(worker(
            'console.log("hello") return Response.new("ok")'))
        other = tenant.deploy(says('"ok"'))
        with Events(api, scripts(api, made.name)) as tail:
            for n in range(20):
                asked(other, 100 + n)
                asked(made, n)
            for n in range(20):
                record = tail.record()
                assert number(record) == n
                assert record["scriptName"] == made.name
                assert record["logs"][0]["message"] == ["hello"]
                assert record["outcome"] == "ok"

    def test_855_14_from_its_answer_on(self, api, tenant, client):
        """What is told before a sleeping server of tails is awake is not
        lost."""
        made = tenant.deploy(says('"ok"'))
        path = f"{api.base}{scripts(api, made.name)}/tail"
        for n in range(60):
            with Reader(client.port, path,
                        [("Authorization", f"Bearer {api.token}")]) as tail:
                asked(made, n)
                while b'"logs"' not in tail.take(b"\n"):
                    pass

    def test_855_02_of_all_children(self, api, tenant):
        """Whichever answers."""
        made = tenant.deploy(says('"ok"'))
        with Events(api, scripts(api, made.name)) as tail:
            threads = [threading.Thread(
                target=lambda: [asked(made, n) for n in range(25)])
                for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            got = [number(tail.record()) for _ in range(200)]
        assert sorted(got) == sorted(list(range(25)) * 8)

    def test_855_03_many_readers(self, api, tenant, httpd, client):
        """Ten of a Worker, and no more; the others' requests have threads."""
        made = tenant.deploy(says('"ok"'))
        path = scripts(api, made.name)
        tails = [Events(api, path) for _ in range(10)]
        try:
            one_more = Events(api, path)
            assert one_more.status == 429
            assert json.loads(one_more.body())["errors"][0]["code"] == 10057
            one_more.close()
            asked(made, 7)
            assert [number(tail.record()) for tail in tails] == [7] * 10
            assert len(api.ok("GET", f"{path}/tails")) == 10
        finally:
            for tail in tails:
                tail.close()
        # their places are free again, soon
        until(lambda: api.ok("GET", f"{path}/tails") == [], "they are gone")

    def test_855_04_filters(self, api, tenant):
        made = tenant.deploy(worker("""
            if request.url:find("bad") then error("no") end
            console.log("said ", request.url)
            return Response.new("ok")"""))
        path = scripts(api, made.name)

        def tail(*filters):
            return Events(api, path, "?filters=" + json.dumps(
                filters, separators=(",", ":")).replace('"', "%22"))

        with tail({"outcome": ["exception"]}) as errors, \
                tail({"method": ["POST"]}) as posts, \
                tail({"query": "/needle"}) as needles, \
                tail({"header": {"key": "X-Colour", "query": "red"}}) as reds, \
                tail({"client_ip": ["self"]}) as own, \
                tail({"client_ip": ["192.0.2.1"]}, {"sampling_rate": 1}) as no:
            made.get("/plain/1")
            made.get("/bad/2")
            made.post(b"x", "/3")
            made.get("/needle/4")
            # nobody is somebody else by saying so
            made.get("/5", headers=[("x-colour", "dark red"),
                                    ("CF-Connecting-IP", "192.0.2.1")])
            assert number(errors.record()) == 2
            assert number(posts.record()) == 3
            assert number(needles.record()) == 4
            assert number(reds.record()) == 5
            assert [number(own.record()) for _ in range(5)] == [1, 2, 3, 4, 5]
            tails = api.ok("GET", f"{path}/tails")
            assert len(tails) == 6
            for one in tails:
                api.ok("DELETE", f"{path}/tails/{one['id']}")
            assert no.event() == ("end", {"reason": "over"})
            with pytest.raises(EOFError):
                no.event()

    @pytest.mark.parametrize("filters", [
        "[", "1", '["x"]', '[{"outcome":"ok"}]', '[{"sampling_rate":2}]',
        '[{"nothing":1}]', '[{"header":{}}]', '[{"query":7}]',
        '[{"method":[1]}]', "[%s]" % ",".join(["{}"] * 17),
        '[{"query":"%s"}]' % ("x" * 300)])
    @pytest.mark.one_mpm
    def test_855_05_filters_that_are_none(self, api, tenant, filters):
        made = tenant.deploy(says('"ok"'))
        path = scripts(api, made.name)
        for method, where, body in (
                ("GET", f"{path}/tail?filters={filters}".replace('"', "%22"),
                 None),
                ("POST", f"{path}/tails",
                 b'{"filters":' + filters.encode() + b"}")):
            answer = api.call(method, where, body)
            assert answer.status == 400, (method, answer)
        assert api.ok("GET", f"{path}/tails") == []

    def test_855_06_who_may_see_what(self, api, tenant, client, httpd):
        mine, theirs = tenant.namespace(), tenant.namespace()
        made = tenant.deploy(says('"ok"'), ns=mine, name="same")
        other = tenant.deploy(says('"ok"'), ns=theirs, name="same")
        limited, _ = api.with_token("--role", "read", "--namespace", mine)
        nobody = Api(httpd, client, None)
        path = scripts(api, "same", theirs)
        assert limited.refused("GET", f"{path}/tail")[0] == 403
        assert limited.refused("POST", f"{path}/tails")[0] == 403
        assert limited.refused("GET", f"{path}/tails")[0] == 403
        assert nobody.refused("GET", f"{path}/tail")[0] == 400
        tail_of_other = api.ok("POST", f"{path}/tails")
        own = scripts(api, "same", mine)
        assert limited.ok("GET", f"{own}/tails") == []
        assert limited.refused(
            "DELETE", f"{own}/tails/{tail_of_other['id']}") == (404, 10404)
        with Events(limited, own) as tail:
            asked(other, 1)
            asked(made, 2)
            asked(other, 3)
            asked(made, 4)
            assert [number(tail.record()) for _ in range(2)] == [2, 4]

    @pytest.mark.one_mpm
    def test_855_07_what_it_is_not(self, api, tenant):
        made = tenant.deploy(says('"ok"'))
        assert api.refused("GET", scripts(api, "none") + "/tail") == \
            (404, 10007)
        assert api.refused("POST", scripts(api, "none") + "/tails") == \
            (404, 10007)
        path = scripts(api, made.name)
        assert api.refused("GET", f"{path}/tail", b"{}") == (400, 10012)
        head = api.call("HEAD", f"{path}/tail", raw=True)
        assert (head.status, head.get("Content-Type")) == \
            (200, "text/event-stream")
        assert api.ok("GET", f"{path}/tails") == []

    def test_855_08_who_does_not_read_loses_records_only(self, api, tenant,
                                                         client):
        made = tenant.deploy(worker("""
            for i = 1, 30 do console.log(("x"):rep(2000)) end
            return Response.new("ok")"""))
        with Events(api, scripts(api, made.name)) as slow, \
                Events(api, scripts(api, made.name)) as good:
            for n in range(150):
                asked(made, n)
                assert number(good.record()) == n
            seen, dropped = [], 0
            until(lambda: asked(made, 999) or number(good.record()) == 999,
                  "the other one")
            while not seen or seen[-1] != 999:
                name, data = slow.event() or ("", None)
                if name == "dropped":
                    dropped += data["count"]
                elif name == "message":
                    seen.append(number(data))
                if dropped and seen[-1] != 999:
                    asked(made, 999)
                    assert number(good.record()) == 999
            assert dropped > 0
            assert seen[:5] == [0, 1, 2, 3, 4]

    def test_855_12_more_than_anybody_reads(self, api, tenant):
        """Each is sent or counted, whatever the filters are."""
        made = tenant.deploy(says('"ok"'))
        front = tenant.deploy(worker(f"""
            local other = env.D:get("{made.name}", nil,
                                    {{ limits = {{ subRequests = 10000 }} }})
            for i = 1, 1000 do other:fetch(request):text() end
            return Response.new("ok")"""),
            "--binding", "dispatch_namespace:D=demo", "--limit",
            "subrequests=10000", "--limit", "cpu_ms=10000")
        path = scripts(api, made.name)
        with Events(api, path) as tail, Events(
                api, path, "?filters="
                + quote(json.dumps([{"method": ["POST"]}]))) as none:
            with futures.ThreadPoolExecutor(4) as pool:
                assert set(pool.map(lambda n: front.get(f"/{n}").status,
                                    range(10))) == {200}
            seen = dropped = 0
            while seen + dropped < 10_000:
                name, data = tail.event() or ("", {})
                seen += name == "message"
                dropped += data.get("count", 0)
            assert seen + dropped == 10_000
            assert seen >= 2_000
            assert dropped > 0
            name, data = none.event() or none.event()
            assert name == "dropped" and data["count"] > 0

    def test_855_09_a_child_is_killed(self, api, tenant, httpd):
        """Its tails are gone, in the table, too; new ones see all."""
        made = tenant.deploy(says('"ok"'))
        with Events(api, scripts(api, made.name)) as tail:
            asked(made, 1)
            assert number(tail.record()) == 1
            for pid in httpd.children():
                kill_now(pid)
            with pytest.raises((EOFError, ConnectionError)):
                while True:
                    tail.event()
        until(lambda: answers(made), "a new child")
        with Events(api, scripts(api, made.name)) as tail:
            asked(made, 2)
            until(lambda: number(tail.record()) == 2, "the record")

    def test_855_10_a_graceful_restart(self, api, tenant, httpd):
        made = tenant.deploy(says('"ok"'))
        with Events(api, scripts(api, made.name)) as tail:
            asked(made, 1)
            assert number(tail.record()) == 1
            httpd.graceful()
            assert tail.event() == ("end", {"reason": "restart"})
            with pytest.raises(EOFError):
                tail.event()

    def test_855_11_a_stop_does_not_wait(self, api, tenant, httpd):
        made = tenant.deploy(says('"ok"'))
        with Events(api, scripts(api, made.name)):
            httpd.stop()


def tail_of(api, path, *filters):
    return api.ok("POST", f"{path}/tails", json.dumps(
        {"filters": filters}).encode())


class TestSockets:
    def test_856_01_as_wrangler_does(self, api, tenant):
        made = tenant.deploy(says('"ok"'))
        path = scripts(api, made.name)
        made_tail = tail_of(api, path)
        assert set(made_tail) == {"id", "url", "expires_at"}
        with Socket(made_tail["url"]) as tail:
            assert tail.status == 101
            assert tail.headers["sec-websocket-protocol"] == "trace-v1"
            tail.send(1, b'{"debug":false}', mask=False)
            tail.send(9, b"wrangler tail ping")
            assert tail.frame() == (10, b"wrangler tail ping")
            asked(made, 1)
            record = tail.record()
            assert number(record) == 1
            assert isinstance(record["logs"], list)
            assert isinstance(record["exceptions"], list)
            tail.send(8, b"\x03\xe8")
            assert tail.frame() == (8, b"\x03\xe8")
            with pytest.raises(EOFError):
                tail.frame()
        # it may come back, until it is ended
        until(lambda: Socket(made_tail["url"]).status == 101, "it again")
        api.ok("DELETE", f"{path}/tails/{made_tail['id']}")
        assert Socket(made_tail["url"]).status == 404
        assert api.refused("DELETE", f"{path}/tails/{made_tail['id']}") == \
            (404, 10404)

    def test_856_02_pause_and_filters(self, api, tenant):
        made = tenant.deploy(says('"ok"'))
        with Socket(tail_of(api, scripts(api, made.name),
                            {"method": ["POST"]})["url"]) as tail:
            def said(what):
                tail.send(1, json.dumps(what).encode())
                tail.send(9, b"x")
                assert tail.frame() == (10, b"x")

            said({})
            asked(made, 1)
            made.post(b"", "/2")
            assert number(tail.record()) == 2
            said({"filters": []})
            asked(made, 3)
            assert number(tail.record()) == 3
            said({"filters": "what"})
            for n in range(300):
                tail.send(1, json.dumps(
                    {"filters": [{"query": "x" * 200}]}).encode())
            said({"filters": [], "pause": True})
            asked(made, 4)
            said({"pause": True})
            # what was put before is looked at before what is said later
            until(lambda: said({"pause": True}) is None, "a turn")
            said({"pause": False})
            asked(made, 5)
            assert number(tail.record()) in (4, 5)

    @pytest.mark.one_mpm
    def test_856_03_no_handshake(self, api, tenant):
        made = tenant.deploy(says('"ok"'))
        url = tail_of(api, scripts(api, made.name))["url"]
        path = url.partition("/client")[2]
        good = {"Upgrade": "websocket", "Connection": "Upgrade",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
        for name, value in (("Upgrade", "h2c"), ("Sec-WebSocket-Version", "8"),
                            ("Sec-WebSocket-Key", "x"),
                            ("Sec-WebSocket-Key", None), ("Upgrade", None),
                            ("Content-Length", "3\r\n\r\nabc")):
            headers = {**good, name: value}
            with Reader(api.httpd.port, "/client" + path, [
                    (k, v) for k, v in headers.items() if v]) as answer:
                assert answer.status == 400, (name, value)
        with Reader(api.httpd.port, "/client" + path, good.items()) as answer:
            assert answer.status == 101
            with Socket(url) as second:
                assert second.status == 400
        assert Socket(url[:-1] + ("0" if url[-1] != "0" else "1")).status == 404
        assert Socket(url[:-1]).status == 404

    @pytest.mark.parametrize("data", [
        b"\xf1\x80aaaa", b"\x83\x80aaaa", b"\x09\x80aaaa",
        b"\x89\xfe\x00\x80aaaa", b"\x81\xff\x00\x00\x00\x00\x00\x00\x80\x00",
        b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"\x8b\x00"])
    def test_856_04_frames_that_are_none(self, api, tenant, data):
        made = tenant.deploy(says('"ok"'))
        with Socket(tail_of(api, scripts(api, made.name))["url"]) as tail:
            tail.socket.sendall(data)
            assert tail.frame() == (8, b"\x03\xea")
            with pytest.raises((EOFError, ConnectionError)):
                tail.frame()
        asked(made)

    def test_856_05_pieces_and_noise(self, api, tenant):
        """Frames come a byte at a time, fragments and all else are nothing."""
        made = tenant.deploy(says('"ok"'))
        with Socket(tail_of(api, scripts(api, made.name))["url"]) as tail:
            for byte in b"\x89\x83abcd" + bytes(
                    x ^ y for x, y in zip(b"xyz", b"abc")):
                tail.socket.sendall(bytes([byte]))
            assert tail.frame() == (10, b"xyz")
            tail.send(1, b"[" * 1000)
            tail.send(1, b"{", last=False)
            tail.send(0, b"}")
            tail.send(2, os.urandom(4096))
            tail.send(10, b"nobody asked")
            tail.send(1, b'{"pause":1,"filters":{}}')
            tail.send(9, b"")
            assert tail.frame() == (10, b"")
            asked(made, 1)
            assert number(tail.record()) == 1

    def test_856_06_ended_while_it_listens(self, api, tenant):
        made = tenant.deploy(says('"ok"'))
        path = scripts(api, made.name)
        one = tail_of(api, path)
        with Socket(one["url"]) as tail:
            api.ok("DELETE", f"{path}/tails/{one['id']}")
            assert tail.frame() == (8, b"\x03\xe8over")

    def test_856_07_of_an_account_worker(self, api, tenant):
        made = tenant.deploy(says('"ok"'), ns=None)
        path = scripts(api, made.name, None)
        with Socket(tail_of(api, path)["url"]) as tail, \
                Events(api, path) as events:
            front = tenant.deploy(worker("""
                return env.S:fetch(request)"""), "--binding",
                f"service:S={made.name}")
            asked(front, 3)
            assert number(tail.record()) == 3
            record = events.record()
            assert record["dispatchNamespace"] is None


class TestOtherConnections:
    """What httpd's filters have to see keeps its thread; a bounded number."""

    def lines(self, httpd, port):
        cert, key = certificate(httpd.root)
        return [f'LoadModule ssl_module "{httpd.modules}/mod_ssl.so"',
                "LogLevel ssl:error", f"Listen 127.0.0.1:{port} https",
                f"<VirtualHost 127.0.0.1:{port}>", "ServerName localhost",
                "SSLEngine on", f"SSLCertificateFile {cert}",
                f"SSLCertificateKeyFile {key}", "Protocols h2 http/1.1",
                "</VirtualHost>"]

    @pytest.fixture
    def tls(self, httpd, client):
        """An API that is reached by TLS."""
        if not (httpd.modules / "mod_ssl.so").exists():
            pytest.skip("no mod_ssl")
        port, = free_ports(1, httpd.root.parent / "ports")
        httpd.configure([*CONF, *self.lines(httpd, port)])
        api = Api(httpd, client)
        api.port = port
        return api

    def test_857_01_events(self, tls, tenant):
        made = tenant.deploy(says('"ok"'))
        with Events(tls, scripts(tls, made.name), port=tls.port,
                    tls=True) as tail:
            for n in range(10):
                asked(made, n)
            assert [number(tail.record()) for _ in range(10)] == \
                list(range(10))

    def test_857_02_sockets(self, tls, tenant):
        made = tenant.deploy(says('"ok"'))
        url = tail_of(tls, scripts(tls, made.name))["url"]
        url = url.replace("ws:", "wss:").replace(f":{tls.httpd.port}/",
                                                 f":{tls.port}/")
        with Socket(url) as tail:
            tail.send(1, b'{"debug":false}', mask=False)
            for n in range(20):
                tail.send(9, b"%d" % n)
                assert tail.frame() == (10, b"%d" % n)
            asked(made, 1)
            assert number(tail.record()) == 1
            tail.send(8)
            assert tail.frame() == (8, b"")
            with pytest.raises(EOFError):
                tail.frame()

    def test_857_03_they_are_bounded(self, tls, tenant):
        """Requests find threads all the same; who asks for one more is told."""
        made = [tenant.deploy(says('"ok"')) for _ in range(2)]
        tails = []
        try:
            for one in made * 10:
                tails.append(Events(tls, scripts(tls, one.name),
                                    port=tls.port, tls=True))
                if tails[-1].status != 200:
                    tails[-1].close()  # it is kept alive, else
            got = [tail.status for tail in tails]
            assert 200 in got and 429 in got and set(got) == {200, 429}
            asked(made[0])
        finally:
            for tail in tails:
                tail.close()

    def test_857_04_an_end_waits_for_none(self, tls, tenant, httpd):
        made = tenant.deploy(says('"ok"'))
        with Events(tls, scripts(tls, made.name), port=tls.port,
                    tls=True) as tail:
            httpd.graceful()
            assert tail.event() == ("end", {"reason": "restart"})
        with Events(tls, scripts(tls, made.name), port=tls.port, tls=True):
            httpd.stop()

    def test_857_05_http2(self, tls, tenant, httpd, tmp_path):
        if httpd.mpm == "prefork":
            pytest.skip("mod_http2 wants threads")
        made = tenant.deploy(says('"ok"'))
        out = tmp_path / "events"
        with out.open("wb") as file:
            curl = subprocess.Popen(
                ["curl", "-sSkN", "--http2", "-H",
                 f"Authorization: Bearer {tls.token}",
                 f"https://127.0.0.1:{tls.port}{tls.base}"
                 f"{scripts(tls, made.name)}/tail"], stdout=file)
        try:
            until(lambda: b"following" in out.read_bytes(), "the beginning")
            asked(made, 5)
            until(lambda: b"/5" in out.read_bytes(), "the record")
        finally:
            curl.terminate()
            curl.wait()
        until(lambda: tls.ok("GET", scripts(tls, made.name) + "/tails") == [],
              "it is gone")


class TestNobodyListens:
    @pytest.mark.one_mpm
    def test_858_01_no_record_is_made(self, api, tenant, client):
        def made_so_far():
            told = prometheus.read(client.get("/metrics"))
            assert told["wfp_records_total",] == 0
            return told["wfp_records_tailed_total",]
        made, other = (tenant.deploy(says('"ok"')) for _ in range(2))
        before = made_so_far()
        asked(made)
        assert made_so_far() == before
        with Events(api, scripts(api, other.name)) as tail:
            asked(made)
            assert made_so_far() == before
            asked(other, 1)
            assert number(tail.record()) == 1
            assert made_so_far() == before + 1
