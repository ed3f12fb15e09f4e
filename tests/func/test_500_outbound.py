# SPDX-License-Identifier: Apache-2.0
"""The way out: egress policy, outbound Workers, the client's manners."""

import http.client
import re
import ssl
import subprocess
import threading
import time

import pytest

from wfptest.client import Client
from wfptest.lua import script, says, worker
from wfptest.origin import Handler, Origin, Server
from wfptest.ports import free_ports
from wfptest.tenant import Tenant
from wfptest.wait import until

BIG = 48 * 1024 * 1024


class RawHandler(Handler):
    """What no well-meant origin does."""

    def on_excess(self, parts, query):
        """A body where none may be, in a packet of its own."""
        self.send_response_only(204)
        self.end_headers()
        threading.Event().wait(0.05)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")
        self.server.origin.gates[int(parts[0])].set()

    def on_fields(self, parts, query):
        self.send_response_only(200)
        for number in range(int(parts[0])):
            self.send_header(f"X-{number}", "v" * 1000)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def on_hop(self, parts, query):
        self.answer(200, b"hop", [("Connection", "X-Private, keep-alive"),
                                  ("Keep-Alive", "timeout=5"),
                                  ("X-Private", "1"), ("X-Public", "1"),
                                  ("Upgrade", "h2c")])

    def on_interim(self, parts, query):
        self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        self.answer(200, b"final")

    def on_client(self, parts, query):
        """The port from which the connection came."""
        self.answer(200, str(self.client_address[1]).encode())

    def on_refuse(self, parts, query):
        """An answer before the body was read, and an end."""
        self.close_connection = True
        self.answer(413, b"too much", [("Connection", "close")])


class RawOrigin(Origin):
    """An origin with those pages."""

    def __init__(self):
        super().__init__()
        self.server.RequestHandlerClass = RawHandler


def certificate(folder):
    """(certificate, key) for localhost, signed by itself."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key), "-out",
         str(cert), "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    cert.chmod(0o644)
    return cert, key


class TlsOrigin:
    """The same origin behind TLS."""

    def __init__(self, cert, key):
        self.requests = []
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.origin = self
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True,
            do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def note(self, handler):
        self.requests.append((handler.command, handler.path))

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class World:
    """The servers around the server under test."""

    def __init__(self, httpd):
        self.raw = RawOrigin()
        self.cert, key = certificate(httpd.root)
        self.tls = TlsOrigin(self.cert, key)
        self.h2_port, = free_ports(1, httpd.root.parent / "ports")
        self.has_h2 = httpd.mpm != "prefork" and (
            httpd.modules / "mod_ssl.so").exists()
        self.lines = [
            "WfpEgressCA " + str(self.cert),
            # a deadline only where it is looked at
            "WfpEgressTimeout 20s 25s",
            f"WfpEgressAllow localhost:{self.tls.port}",
            *self.vhost(httpd, "raw.test",
                        f"WfpEgressAllow 127.0.0.1:{self.raw.port}",
                        "WfpWorkerHeader on"),
            *self.vhost(httpd, "name.test",
                        f"WfpEgressAllow raw.localhost:{self.raw.port}"),
            *self.vhost(httpd, "wild.test",
                        f"WfpEgressAllow *.localhost:{self.raw.port}"),
            *self.vhost(httpd, "deny.test",
                        "WfpEgressAllow 127.0.0.0/8 localhost raw.localhost",
                        f"WfpEgressDeny 127.0.0.1:{self.raw.port} "
                        f"[::1]:{self.raw.port}"),
            *self.vhost(httpd, "port.test",
                        f"WfpEgressAllow :{self.raw.port}"),
            *self.vhost(httpd, "plain.test"),
            *self.vhost(httpd, "hasty.test", "WfpEgressTimeout 1s 3s"),
            *(self.h2_lines(httpd, key) if self.has_h2 else []),
        ]

    @staticmethod
    def vhost(httpd, name, *lines):
        return [f"<VirtualHost 127.0.0.1:{httpd.port}>", f"ServerName {name}",
                "WfpNamespace demo", "WfpRouteBy path", *lines,
                "</VirtualHost>"]

    def h2_lines(self, httpd, key):
        """The server itself as an origin that speaks HTTP/2 over TLS."""
        return [f'LoadModule ssl_module "{httpd.modules}/mod_ssl.so"',
                "LogLevel ssl:error",
                f"Listen 127.0.0.1:{self.h2_port} https",
                f"WfpEgressAllow localhost:{self.h2_port}",
                f"<VirtualHost 127.0.0.1:{self.h2_port}>",
                "ServerName localhost", "SSLEngine on",
                f"SSLCertificateFile {self.cert}",
                f"SSLCertificateKeyFile {key}", "Protocols h2 http/1.1",
                'Header set X-H2 "%{HTTP2}e"', "</VirtualHost>"]

    def stop(self):
        self.raw.stop()
        self.tls.stop()


@pytest.fixture(scope="module")
def world(httpd):
    around = World(httpd)
    yield around
    around.stop()


@pytest.fixture(scope="module")
def evaluator(httpd, world):
    """One Worker for all cases of this file. The server's environment names
    proxies that nobody may ask."""
    proxies = {name: "http://127.0.0.1:9/" for name in (
        "http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY")}
    before, httpd.env = httpd.env, {**httpd.env, **proxies}
    httpd.configure(world.lines)
    tenants = Tenant(httpd, Client(httpd.port))
    yield tenants.deploy(script("eval.lua"))
    tenants.remove_all()
    httpd.env = before
    httpd.stop()


@pytest.fixture
def run(evaluator, origin, world):
    """run(text, host) -> list of values, or the error as a dict."""
    def call(text, host="raw.test"):
        answer = evaluator.client.request(
            "POST", f"/{evaluator.name}/", host=host, body=(
                f'local ORIGIN, RAW, env = "{origin.url}", "{world.raw.url}", '
                f"(select(2, ...))\n{text}").encode())
        assert answer.status == 200, answer
        told = answer.json
        return told["values"] if "values" in told else told["error"]
    return call


@pytest.fixture
def deployed(evaluator, tenant):
    """Deploys Workers, on the server with this file's configuration."""
    return tenant


def raw_url(world, host, path="/echo"):
    return f"http://{host}:{world.raw.port}{path}"


class TestPolicy:
    """Who may be asked, on every way that leads there."""

    @pytest.mark.parametrize("host,name,allowed", [
        ("raw.test", "127.0.0.1", True),
        ("raw.test", "localhost", True),
        ("raw.test", "2130706433", True),
        ("raw.test", "127.0.0.2", False),
        ("raw.test", "[::1]", False),
        ("name.test", "raw.localhost", True),
        ("name.test", "RAW.Localhost", True),
        ("name.test", "127.0.0.1", False),
        ("name.test", "localhost", False),
        ("name.test", "a.raw.localhost", False),
        ("wild.test", "a.b.localhost", True),
        ("wild.test", "localhost", False),
        ("wild.test", "127.0.0.1", False),
        ("deny.test", "127.0.0.1", False),
        ("deny.test", "localhost", False),
        ("deny.test", "raw.localhost", False),
        ("deny.test", "[::ffff:127.0.0.1]", False),
        ("port.test", "127.0.0.1", False),
        ("plain.test", "127.0.0.1", False),
        ("plain.test", "localhost", False),
    ])
    def test_500_01_rules(self, run, world, host, name, allowed):
        told = run(f'return fetch("{raw_url(world, name)}").status', host)
        assert told == [200] if allowed else \
            told["code"] == "egress_blocked", told

    def test_500_02_nothing_was_sent(self, run, world):
        world.raw.requests.clear()
        for host, name in (("plain.test", "127.0.0.1"),
                           ("plain.test", "localhost"),
                           ("deny.test", "raw.localhost")):
            run(f'fetch("{raw_url(world, name)}")', host)
        assert world.raw.requests == []

    def test_500_03_redirect_meets_the_same_wall(self, run, world, origin):
        world.raw.requests.clear()
        told = run("return fetch(ORIGIN .. '/redirect/302?to="
                   f"{raw_url(world, 'localhost')}').status", "plain.test")
        assert told["code"] == "egress_blocked"
        assert world.raw.requests == []

    def test_500_04_open_connection_meets_the_same_wall(self, run, world,
                                                        httpd):
        ask = f'return fetch("{raw_url(world, "localhost", "/client")}")'
        # every child has this connection open in its pool
        for _ in range(20):
            assert len(run(ask + ":text()")) == 1
        world.raw.requests.clear()
        for _ in range(20):
            assert run(ask, "plain.test")["code"] == "egress_blocked"
        assert world.raw.requests == []
        assert len(run(ask + ":text()")) == 1

    def test_500_05_error_names_no_address(self, run, world):
        for told in (run(f'fetch("{raw_url(world, "localhost")}")',
                         "plain.test"),
                     run('fetch(RAW .. "/broken/nothing")'),
                     run('fetch("http://nobody.invalid/")')):
            assert told["code"] in ("egress_blocked", "network_error")
            assert not re.search(r"\d+\.\d+\.\d+|::1|/", told["message"])

    def test_500_06_proxies_of_the_environment_are_off(self, run, origin):
        # the environment names one on a port where nobody listens
        assert run("return fetch(ORIGIN .. '/status/200').status") == [200]


class TestManners:
    """What goes over the wire."""

    def test_510_01_request_head(self, run, world):
        sent = run('local r = fetch(RAW .. "/echo", {method="POST", body="b", '
                   'headers={Host="evil.example", Connection="upgrade", '
                   'TE="trailers", Upgrade="h2c", ["Keep-Alive"]="1", '
                   '["Proxy-Authorization"]="x", ["Content-Length"]="99", '
                   '["Transfer-Encoding"]="chunked", Trailer="x", '
                   'Expect="100-continue", ["X-Mine"]="1"}}) '
                   "return r:json().headers")[0]
        got = {k.lower(): v for k, v in sent}
        assert got["host"] == f"127.0.0.1:{world.raw.port}"
        assert got["content-length"] == "1"
        assert got["x-mine"] == "1"
        assert not {"connection", "te", "upgrade", "keep-alive", "trailer",
                    "proxy-authorization", "transfer-encoding", "expect",
                    "accept-encoding"} & set(got)

    def test_510_02_response_head(self, run):
        assert run('local h = fetch(RAW .. "/hop").headers return '
                   'h:get("connection"), h:get("keep-alive"), '
                   'h:get("upgrade"), h:get("x-private"), h:get("x-public")'
                   ) == [None, None, None, None, "1"]

    def test_510_03_interim_answers(self, run):
        assert run('local r = fetch(RAW .. "/interim") return r.status, '
                   'r.headers:get("link"), r:text()') == [200, None, "final"]

    def test_510_04_head_too_large(self, run):
        assert run('return fetch(RAW .. "/fields/50").status') == [200]
        assert run('fetch(RAW .. "/fields/500")')["code"] == "network_error"

    def test_510_05_connections_are_used_again(self, run):
        ports = run('local t = {} for i = 1, 10 do '
                    't[i] = fetch(RAW .. "/client"):text() end '
                    "return table.unpack(t)")
        assert len(set(ports)) == 1

    def test_510_06_bytes_that_nobody_asked_for(self, run, world):
        for number in range(5):
            sent = world.raw.gate()
            assert run(f'return fetch(RAW .. "/excess/{number}").status') == [
                204]
            assert sent.wait(60)  # the excess has come
            assert run('return fetch(RAW .. "/status/200"):text()') == [
                "status 200"]

    def test_510_07_answer_before_the_body_was_sent(self, deployed, world):
        front = deployed.deploy(worker(
            f'return fetch("{world.raw.url}/refuse", '
            '{method="POST", body=request.body})'))
        answer = front.client.request(
            "POST", f"/{front.name}/", host="raw.test", body=b"x" * 100000)
        assert answer.status in (413, 500)
        if answer.status == 500:
            assert answer.error == "network_error"

    def test_510_08_secrets_stay_with_their_origin(self, run, world):
        sent = run(
            "return fetch(ORIGIN .. '/redirect/307?to="
            f"{world.raw.url}/echo', {{method='POST', body='b', "
            "headers={Authorization='a', Cookie='c', ['X-Kept']='k'}})"
            ":json()")[0]
        names = {k.lower() for k, _ in sent["headers"]}
        assert (sent["method"], sent["body"]) == ("POST", "b")
        assert "x-kept" in names
        assert not {"authorization", "cookie"} & names

    def test_510_09_worker_header(self, run, evaluator):
        text = ('local h = fetch(RAW .. "/echo", {headers={["X-Wfp-Worker"]='
                '"somebody/else"}}):json().headers return h')
        sent = [v for k, v in run(text)[0] if k.lower() == "x-wfp-worker"]
        assert sent == [f"demo/{evaluator.name}"]
        text = text.replace("RAW", "ORIGIN")
        sent = [v for k, v in run(text, "plain.test")[0]
                if k.lower() == "x-wfp-worker"]
        assert sent == []


class TestTime:
    """WfpEgressTimeout."""

    def test_520_01_total(self, run):
        began = time.monotonic()
        assert run('fetch(ORIGIN .. "/slow/20000")', "hasty.test")[
            "code"] == "timeout"
        assert 2 < time.monotonic() - began < 20

    @pytest.fixture
    def slow(self, run, origin):
        """A fetch whose origin answers when its gate is set; what it was told
        is in `told`."""
        origin.requests.clear()
        told, gate = [], origin.gate()
        thread = threading.Thread(target=lambda: told.append(
            run(f'return fetch("{gate.url}"):text()')))
        thread.told, thread.gate = told, gate
        thread.start()
        until(lambda: origin.requests, "the request to reach the origin")
        yield thread
        gate.set()
        thread.join()

    def test_520_02_slow_origin_delays_nobody(self, run, slow):
        for _ in range(10):
            assert run('return fetch(ORIGIN .. "/status/200").status') == [200]
        assert slow.told == []
        slow.gate.set()
        slow.join()
        assert slow.told == [["open"]]

    def test_520_03_graceful_restart_waits_for_it(self, slow, httpd):
        httpd.graceful()
        assert slow.told == []
        slow.gate.set()
        slow.join()
        assert slow.told == [["open"]]

    def test_520_04_stop_does_not_wait_long(self, run, httpd, world, origin):
        def ask():
            try:
                run('fetch(ORIGIN .. "/slow/20000")', "hasty.test")
            except (OSError, http.client.HTTPException):
                pass  # the server has gone

        slow = threading.Thread(target=ask)
        origin.requests.clear()
        slow.start()
        until(lambda: origin.requests, "the request to reach the origin")
        began = time.monotonic()
        httpd.stop()
        assert time.monotonic() - began < 30
        slow.join()
        httpd.configure(world.lines)


class TestBodies:
    """Bodies of any size pass in bounded memory."""

    def test_530_01_down(self, deployed, origin, httpd):
        front = deployed.deploy(worker(
            f'return fetch("{origin.url}/huge/{BIG}")'))
        answer = front.get()
        assert len(answer.body) == BIG
        assert answer.get("content-length") == str(BIG)

    def test_530_02_up(self, deployed, origin):
        front = deployed.deploy(worker(
            f'return fetch("{origin.url}/count", '
            '{method="PUT", body=request.body})'))
        answer = front.request("PUT", body=(
            b"z" * 65536 for _ in range(BIG // 65536)))
        assert answer.json["bytes"] == BIG

    def test_530_03_memory_stays(self, deployed, origin, httpd):
        def peak():
            total = 0
            for pid in httpd.children():
                with open(f"/proc/{pid}/status", encoding="ascii") as file:
                    total += int(re.search(r"VmHWM:\s+(\d+)",
                                           file.read())[1])
            return total

        front = deployed.deploy(worker(
            f'return fetch("{origin.url}/huge/{BIG}")'))
        front.get()
        before = peak()
        for _ in range(3):
            assert len(front.get().body) == BIG
        assert peak() - before < BIG // 1024  # kB, of all children

    def test_530_04_client_goes_away(self, deployed, origin, httpd, client):
        front = deployed.deploy(worker(
            f'return fetch("{origin.url}/huge/{BIG}")'))
        for _ in range(5):
            conn = client.connection()
            conn.request("GET", front.path + "/")
            assert len(conn.getresponse().read(1000)) == 1000
            conn.close()
        assert len(front.get().body) == BIG


class TestTls:
    """https: verified always."""

    def test_540_01_trusted(self, run, world):
        url = f"https://localhost:{world.tls.port}"
        assert run(f'return fetch("{url}/status/200"):text()') == [
            "status 200"]
        assert run(f'return #fetch("{url}/huge/3000000"):text()') == [3000000]

    def test_540_02_wrong_name(self, run, world, httpd):
        world.tls.requests.clear()
        for name in ("127.0.0.1", "a.localhost"):
            told = run(f'fetch("https://{name}:{world.tls.port}/")')
            assert told["code"] in ("network_error", "egress_blocked")
        assert world.tls.requests == []

    def test_540_03_http2(self, run, world):
        if not world.has_h2:
            pytest.skip("no mod_http2 and mod_ssl with this MPM")
        url = f"https://localhost:{world.h2_port}/index.html"
        assert run(f'local r = fetch("{url}") return r.status, '
                   'r.headers:get("x-h2"), r:text()') == [200, "on",
                                                         "static\n"]

    def test_540_04_http2_bodies(self, deployed, world, origin):
        if not world.has_h2:
            pytest.skip("no mod_http2 and mod_ssl with this MPM")
        back = deployed.deploy(worker(
            f'return fetch("{origin.url}/count", '
            '{method="POST", body=request.body})'))
        url = f"https://localhost:{world.h2_port}{back.path}/"
        front = deployed.deploy(worker(
            f'return fetch("{url}", {{method="POST", body=request.body}})'))
        size = BIG // 4
        answer = front.request("POST", body=(
            b"h" * 65536 for _ in range(size // 65536)))
        assert answer.json["bytes"] == size
        down = deployed.deploy(worker(
            f'return fetch("{origin.url}/huge/{size}")'))
        front = deployed.deploy(worker(
            f'return fetch("https://localhost:{world.h2_port}{down.path}/")'))
        assert len(front.get().body) == size


class TestOutboundWorker:
    """No way of a user Worker goes around its outbound Worker."""

    @pytest.fixture
    def ns(self, deployed):
        """A namespace whose fetches an outbound Worker answers itself."""
        name = f"out-{time.monotonic_ns()}"
        deployed.deploy(says('"seen " .. request.method .. " " .. '
                             "URL.new(request.url).pathname"),
                        ns=None, name=name)
        return deployed.namespace("--outbound", name)

    def test_550_01_fetch(self, deployed, ns, origin):
        origin.requests.clear()
        user = deployed.deploy(worker(
            f'return fetch("{origin.url}/x", {{method="PUT", body="b"}})'),
                               ns=ns)
        assert user.get().text == "seen PUT /x"
        assert origin.requests == []

    def test_550_02_blocked_address_is_the_outbound_workers_affair(
            self, deployed, ns):
        # what is never sent needs no permission
        user = deployed.deploy(worker('return fetch("http://10.0.0.1/a")'),
                               ns=ns)
        assert user.get().text == "seen GET /a"

    def test_550_03_every_hop_passes(self, deployed, origin):
        name = f"hop-{time.monotonic_ns()}"
        deployed.deploy(worker("""
            local h = Headers.new(request.headers)
            h:append("X-Seen", "1")
            return fetch(Request.new(request, { headers = h }))"""),
                        ns=None, name=name)
        ns = deployed.namespace("--outbound", name)
        user = deployed.deploy(worker(
            f'return fetch("{origin.url}/redirect/302?to=/redirect/302'
            '%3Fto=/echo")'), ns=ns)
        origin.requests.clear()
        told = user.get().json
        assert told["path"] == "/echo"
        seen = [[v for k, v in headers if k.lower() == "x-seen"]
                for _, _, headers in origin.requests]
        assert seen == [["1"]] * 3

    def test_550_04_hops_are_counted(self, deployed, origin):
        user = deployed.deploy(worker(f"""
            local ok, e = pcall(fetch, "{origin.url}/loop")
            return Response.new(e.code)"""), "--limit", "subrequests=5")
        origin.requests.clear()
        assert user.get().text == "subrequest_limit"
        assert len(origin.requests) == 5

    def test_550_05_wait_until_passes(self, deployed, ns, origin):
        user = deployed.deploy(worker(f"""
            ctx:waitUntil(function()
                fetch("{origin.url}/echo?background=1") end)
            return Response.new("now")"""), ns=ns)
        origin.requests.clear()
        assert user.get().text == "now"
        # a sign that background work is done: a later one of its own
        direct = deployed.deploy(worker(f"""
            ctx:waitUntil(function() fetch("{origin.url}/echo?mark=1") end)
            return Response.new("now")"""))
        assert direct.get().text == "now"
        until(lambda: any("mark" in path for _, path, _ in origin.requests),
              "the mark")
        assert not any("background" in path
                       for _, path, _ in origin.requests)

    def test_550_06_no_egress(self, deployed, origin):
        ns = deployed.namespace("--egress", "none")
        user = deployed.deploy(worker(f"""
            local ok, e = pcall(fetch, "{origin.url}/echo")
            return Response.new(e.code)"""), ns=ns)
        origin.requests.clear()
        assert user.get().text == "egress_blocked"
        assert origin.requests == []

    def test_550_07_its_secrets_do_not_come_back(self, deployed, origin):
        name = f"fail-{time.monotonic_ns()}"
        deployed.deploy(worker('\nerror("the token is 4711")'),
                        ns=None, name=name)
        ns = deployed.namespace("--outbound", name)
        user = deployed.deploy(worker(f"""
            local ok, e = pcall(fetch, "{origin.url}/echo")
            return Response.new(e.code .. " " .. tostring(e))"""), ns=ns)
        told = user.get().text
        assert told.startswith("network_error ")
        assert "4711" not in told
