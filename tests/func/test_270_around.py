# SPDX-License-Identifier: Apache-2.0
"""What stands around Workers in httpd: TLS, addresses of clients, proxies in
front, variables, logs, children that end."""

import http.client
import json
import socket
import ssl
import subprocess

import pytest

from wfptest.badorigin import Authority
from wfptest.client import Client
from wfptest.lua import worker
from wfptest.ports import free_ports
from wfptest.tenant import Tenant
from wfptest.wait import until

MODULES = ("brotli", "cache", "cache_socache", "filter", "info", "log_debug",
           "remoteip", "ssl", "authz_host", "reqtimeout")
FRONT = """
local name = URL.new(request.url).hostname:match("^[^.]+")
if request.headers:get("x-cf") then
    local all = { url = request.url }
    for _, key in ipairs{"clientIp", "httpProtocol", "tlsVersion", "tlsCipher"} do
        all[key] = request.cf[key]
    end
    return Response.json(all)
end
return env.DISPATCHER:get(name):fetch(request)"""
ACTS = """
local path = URL.new(request.url).pathname:match("[^/]*$")
local h = request.headers
if path == "etag" then
    return Response.new("0123456789", { headers = {
        etag = '"v1"', ["last-modified"] = "Wed, 01 Jan 2020 00:00:00 GMT",
        ["cache-control"] = "max-age=60" } })
end
if path == "early" then
    return Response.new("x", { headers = { link = "</a.css>; rel=preload" } })
end
if path == "text" then
    return Response.new(("one two\\n"):rep(1000),
        { headers = { ["content-type"] = "text/plain" } })
end
if path == "told" then
    return Response.new(tostring(h:get("x-told")))
end
if path == "size" then return Response.new(tostring(#request:text())) end
if path == "fails" then error("no") end
return Response.new(request.method .. " " .. request.url)"""


def vhost(where, name, *lines):
    return [f"<VirtualHost 127.0.0.1:{where}>", f"ServerName {name}.test",
            f"ServerAlias *.{name}.test", *lines, "</VirtualHost>"]


class World:
    """A second port with TLS, a third that is proxied to."""

    def __init__(self, httpd):
        self.ca = Authority(httpd.root / "ca270")
        self.tls, self.back = free_ports(2, httpd.root.parent / "ports")
        cert, key = self.ca.issue("*.tls.test")
        self.access = httpd.root / "logs/access270"
        ssl_on = ["SSLEngine on", f'SSLCertificateFile "{cert}"',
                  f'SSLCertificateKeyFile "{key}"',
                  f'SSLCACertificateFile "{self.ca.cert}"']
        protocols = [] if httpd.mpm == "prefork" else ["Protocols h2 http/1.1"]
        load = [f'LoadModule {n}_module "{httpd.modules}/mod_{n}.so"'
                for n in MODULES]
        self.lines = [
            *load, f"Listen 127.0.0.1:{self.tls}",
            f"Listen 127.0.0.1:{self.back}", "LogLevel ssl:crit",
            *vhost(self.tls, "tls", *ssl_on, *protocols,
                   "WfpDispatcher front270", "SSLVerifyClient optional",
                   "RequestHeader set X-Told %{SSL_CLIENT_S_DN_CN}s",
                   '<Location "/private">', "SSLVerifyClient require",
                   "</Location>", '<Location "/only">',
                   "Require expr %{SSL_CLIENT_VERIFY} == 'SUCCESS'",
                   "</Location>"),
            *vhost(httpd.port, "remote", "WfpDispatcher front270",
                   "RemoteIPHeader X-Forwarded-For",
                   "RemoteIPInternalProxy 127.0.0.1",
                   '<Location "/only">', "Require ip 192.0.2.0/24",
                   "</Location>",
                   f'CustomLog "{self.access}" "%a %{{c}}a '
                   '%{wfp-namespace}n/%{wfp-worker}n %{wfp-outcome}n %>s"'),
            *vhost(httpd.port, "front", "ProxyPreserveHost On",
                   f"ProxyPass / http://127.0.0.1:{self.back}/"),
            *vhost(self.back, "front", "WfpNamespace demo"),
            *vhost(httpd.port, "br", "WfpNamespace demo",
                   '<Location "/">', "SetOutputFilter BROTLI_COMPRESS",
                   "</Location>"),
            *vhost(httpd.port, "cached", "WfpNamespace demo",
                   "CacheEnable socache /", "CacheSocache shmcb"),
            *vhost(httpd.port, "vars", "WfpNamespace demo",
                   "SetEnvIf Request_URI told$ IS_TOLD=yes",
                   "RequestHeader set X-Told %{IS_TOLD}e env=IS_TOLD",
                   'Header always set X-Note "expr=%{note:wfp-worker}"',
                   "<If \"-n %{HTTP:X-No} && %{HTTP:X-No} == '1'\">",
                   "RequestHeader set X-Told if", "</If>",
                   f'CustomLog "{self.access}" "failed %{{wfp-worker}}n" '
                   "\"expr=%{note:wfp-outcome} != 'ok'\"",
                   '<Location "/server-info">', "SetHandler server-info",
                   "</Location>")]

    def stop(self):
        pass

    def connect(self, name, most, cert=None):
        """ask(PATH): status and text, each on a connection of its own."""
        context = ssl.create_default_context(cafile=str(self.ca.cert))
        context.maximum_version = most
        if cert:
            context.load_cert_chain(*cert)

        def ask(path, body=b""):
            sock = context.wrap_socket(
                socket.create_connection(("127.0.0.1", self.tls), 30),
                server_hostname=name)
            sock.sendall(f"POST {path} HTTP/1.1\r\nHost: {name}\r\n"
                         f"Content-Length: {len(body)}\r\n"
                         "Connection: close\r\n\r\n".encode() + body)
            with sock:
                answer = http.client.HTTPResponse(sock)
                answer.begin()
                return answer.status, answer.read().decode()
        return ask

    def curl(self, name, path, *options):
        host = f"{name}.tls.test"
        done = subprocess.run(
            ["curl", "-sS", "--cacert", str(self.ca.cert), "--resolve",
             f"{host}:{self.tls}:127.0.0.1", *options,
             f"https://{host}:{self.tls}{path}"],
            capture_output=True, check=False, text=True)
        return done.stdout or done.stderr


@pytest.fixture(scope="module")
def front(httpd, world):
    """The dispatcher, for all tests: it is known by one name."""
    tenant = Tenant(httpd, Client(httpd.port))
    yield tenant.deploy(worker(FRONT), "--binding",
                        "dispatch_namespace:DISPATCHER=demo", ns=None,
                        name="front270")
    tenant.remove_all()


@pytest.fixture
def actor(front, tenant):
    return tenant.deploy(worker(ACTS))


@pytest.fixture
def ask(client, actor):
    def go(host, path="/", method="GET", **options):
        return client.request(method, path, host=f"{actor.name}.{host}.test",
                              **options)
    return go


class TestTls:
    @pytest.mark.parametrize("version", ["1.1", "2"])
    def test_270_01_what_a_dispatcher_sees(self, httpd, world, actor, version):
        if (httpd.mpm, version) == ("prefork", "2"):
            pytest.skip("mod_http2 does not serve HTTP/2 under prefork")
        got = json.loads(world.curl(actor.name, "/a?b", f"--http{version}",
                                    "-H", "X-Cf: 1"))
        assert got["url"] == \
            f"https://{actor.name}.tls.test:{world.tls}/a?b"
        assert got["tlsVersion"] == "TLSv1.3"
        assert got["tlsCipher"].startswith("TLS_")
        assert got["clientIp"] == "127.0.0.1"
        assert got["httpProtocol"] == f"HTTP/{version}"

    @pytest.fixture
    def certificate(self, world, actor):
        """ask() of a client with a certificate, and of one without."""
        name = f"{actor.name}.tls.test"

        def pair(most):
            return (world.connect(name, most, world.ca.issue("client.test")),
                    world.connect(name, most))
        return pair

    @pytest.mark.parametrize("most", [ssl.TLSVersion.TLSv1_2,
                                      ssl.TLSVersion.TLSv1_3])
    def test_270_02_certificates(self, httpd, certificate, most):
        httpd.log.expect("AH01630")
        known, unknown = certificate(most)
        assert known("/told") == (200, "client.test")
        assert unknown("/told") == (200, "(null)")
        assert known("/only/told") == (200, "client.test")
        assert unknown("/only/told")[0] == 403

    def test_270_03_asked_for_on_the_way(self, certificate):
        """By a <Location>: the connection is negotiated anew."""
        known, unknown = certificate(ssl.TLSVersion.TLSv1_2)
        assert known("/private/told") == (200, "client.test")
        # what mod_ssl has read before that
        assert known("/private/size", b"x" * 20000) == (200, "20000")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            unknown("/private/told")


class TestClients:
    def test_271_01_remoteip(self, httpd, world, ask):
        httpd.log.expect("AH01630")
        sent = {"headers": [("X-Forwarded-For", "192.0.2.7"), ("X-Cf", "1")]}
        assert ask("remote", **sent).json["clientIp"] == "192.0.2.7"
        assert ask("remote", "/only", **sent).status == 200
        assert ask("remote", "/only").status == 403
        until(lambda: "192.0.2.7 127.0.0.1" in world.access.read_text(),
              "a line")

    def test_271_02_proxied(self, world, ask):
        for method, body in (("GET", None), ("POST", b"x" * 100000),
                             ("PUT", [b"a", b"b"])):
            answer = ask("front", "/a%20b?c", method, body=body)
            assert answer.status == 200
            assert answer.text.endswith("/a%20b?c"), answer.text
        assert ask("front", "/fails").error == "exception"
        head = ask("front", "/etag", "HEAD")
        assert (head.status, head.body, head.get("content-length")) == \
            (200, b"", "10")


class TestFilters:
    def test_272_01_brotli(self, ask):
        sent = {"headers": [("Accept-Encoding", "br")]}
        answer = ask("br", "/text", **sent)
        assert answer.get("content-encoding") == "br"
        assert len(answer.body) < 1000
        assert ask("br", "/text").text == "one two\n" * 1000
        assert ask("br", "/etag", **sent).get("etag") == '"v1-br"'

    def test_272_02_conditions(self, ask):
        same = {"headers": [("If-None-Match", '"v1"')]}
        for _ in range(2):
            assert ask("cached", "/etag").text == "0123456789"
        answer = ask("cached", "/etag", **same)
        assert (answer.status, answer.body) == (304, b"")
        assert ask("cached", "/etag", headers=[("Range", "bytes=2-3")]
                   ).text == "23"


class TestVariables:
    def test_273_01_of_requests(self, ask, actor):
        assert ask("vars", "/told").text == "yes"
        assert ask("vars", "/told", headers=[("X-No", "1")]).text == "if"
        assert ask("vars", "/").get("x-note") == actor.name

    def test_273_02_log(self, world, ask, actor):
        ask("vars", "/told")
        assert ask("vars", "/fails").status == 500
        until(lambda: f"failed {actor.name}\n" in world.access.read_text(),
              "a line")
        assert world.access.read_text().count(f"failed {actor.name}\n") == 1

    def test_273_03_info(self, ask):
        text = ask("vars", "/server-info").text
        assert "WfpNamespace" in text and "mod_wfp.c" in text
