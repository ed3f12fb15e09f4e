# SPDX-License-Identifier: Apache-2.0
"""Trying a Worker with what else httpd has around it, and by who means harm."""

import json
import socket
import subprocess
import threading

import pytest

from wfptest.api import LOCATION, Api
from wfptest.badorigin import Authority
from wfptest.lua import worker
from wfptest.ports import free_ports
from wfptest.wait import until


def outer_address():
    """An address of this host that is not loopback's, where a stranger would
    come in; loopback's on a host that has no other."""
    found = subprocess.run(["hostname", "-I"], capture_output=True, text=True,
                           check=False).stdout.split()
    return next((a for a in found if "." in a), "127.0.0.1")


class Around:
    """Virtual hosts that do more to an answer than Workers do."""

    def __init__(self, httpd):
        self.httpd = httpd
        self.ca = Authority(httpd.root / "ca-636")
        cert, key = self.ca.issue("localhost")
        self.tls, self.outside = free_ports(2, httpd.root.parent / "ports")
        self.address = outer_address()
        modules = [f'LoadModule {n}_module "{httpd.modules}/mod_{n}.so"'
                   for n in ("ssl", "deflate", "include", "filter")]
        self.lines = [
            *LOCATION, *modules, "LogLevel ssl:error include:crit deflate:crit",
            f"WfpEgressAllow 127.0.0.1/32:{httpd.port}",
            f"Listen 127.0.0.1:{self.tls} https",
            f"Listen {self.address}:{self.outside}",
            *self.vhost(httpd.port, "docs.test", "WfpNamespace demo",
                        "ErrorDocument 500 /status",
                        '<Location "/status">', "SetHandler server-status",
                        "</Location>"),
            *self.vhost(httpd.port, "inc.test", "WfpNamespace demo",
                        '<Location "/">', "Options +Includes",
                        "SetOutputFilter INCLUDES", "</Location>",
                        '<Location "/status">', "SetHandler server-status",
                        "</Location>"),
            *self.vhost(httpd.port, "gzip.test", "WfpNamespace demo",
                        "SetOutputFilter DEFLATE", "SetInputFilter DEFLATE"),
            *self.vhost(self.tls, "localhost", "WfpNamespace demo",
                        "SSLEngine on", f"SSLCertificateFile {cert}",
                        f"SSLCertificateKeyFile {key}",
                        "Protocols h2 http/1.1", "SSLVerifyClient none",
                        '<Location "/">', "SSLRequireSSL", "</Location>"),
        ]

    @staticmethod
    def vhost(port, name, *lines):
        return [f"<VirtualHost 127.0.0.1:{port}>", f"ServerName {name}",
                f"ServerAlias *.{name}", *lines, "</VirtualHost>"]


@pytest.fixture(scope="module")
def around(httpd):
    return Around(httpd)


@pytest.fixture
def api(httpd, client, around):
    httpd.configure(around.lines)
    return Api(httpd, client)


class Trier:
    def __init__(self, api, made):
        self.api, self.made = api, made
        self.path = f"{api.namespaces}/{made.ns}/scripts/{made.name}/try"

    def url(self, path="/", base=None):
        """base: a host that is routed by its first label."""
        port = self.api.httpd.port
        return f"http://{self.made.name}.{base}:{port}{path}" if base else \
            f"http://127.0.0.1:{port}{self.made.path}{path}"

    def send(self, path="/", base=None, **members):
        return self.api.ok("POST", self.path,
                           {"url": self.url(path, base), **members})


def deployed(api, tenant, body, *options):
    return Trier(api, tenant.deploy(worker(body), *options))


def headers_of(done):
    return {name.lower(): value
            for name, value in done["response"]["headers"]}


@pytest.mark.one_mpm
class TestAround:
    def test_636_01_documents_of_errors(self, api, tenant):
        """What a Worker did is told, whatever document stands for its error;
        the document, which is no Worker's, is not."""
        box = deployed(api, tenant, 'console.log("here") error("no")')
        done = box.send(base="docs.test")
        assert (done["reached"], done["response"]["status"]) == (True, 500)
        record, = done["records"]
        assert record["logs"][0]["message"] == ["here"]
        assert record["exceptions"][0]["message"].endswith("no")
        assert "Server Version" not in json.dumps(done)
        assert api.client.get("/", host=f"{box.made.name}.docs.test"
                              ).text.count("Server Version") == 1

    def test_636_02_parts_of_a_page(self, api, tenant):
        box = deployed(api, tenant, """
            return Response.new('<p>a<!--#include virtual="/status" -->b',
                { headers = { ["Content-Type"] = "text/html" } })""")
        done = box.send(base="inc.test")
        assert done["response"]["status"] == 200 and done["reached"]
        body = done["response"]["body"]
        assert body.startswith("<p>a") and body.endswith("b")
        assert "Server Version" not in body
        assert "Server Version" in api.client.get(
            "/", host=f"{box.made.name}.inc.test").text

    def test_636_03_packed(self, api, tenant):
        box = deployed(api, tenant, """
            return Response.new(("x"):rep(100000) .. request:text(),
                { headers = { ["Content-Type"] = "text/plain" } })""")
        done = box.send(base="gzip.test", method="POST", body="end",
                        headers=[["Accept-Encoding", "gzip"]])
        assert headers_of(done)["content-encoding"] == "gzip"
        assert done["response"]["body"] is None
        assert done["response"]["body_size"] < 10000
        done = box.send(base="gzip.test", method="POST", body="end")
        assert done["response"]["body"].endswith("xend")
        # what is said to be packed, and is not
        done = box.send(base="gzip.test", method="POST", body="end",
                        headers=[["Content-Encoding", "gzip"]])
        assert done["response"]["status"] >= 400

    def test_636_04_methods_and_bodies(self, api, tenant):
        box = deployed(api, tenant, """
            local body = request:text()
            local i = 0
            return Response.new(function()
                i = i + 1
                return i <= 3 and i .. #body .. ";" or nil
            end)""")
        assert box.send(method="POST", body="x" * 1000)["response"][
            "body"] == "11000;21000;31000;"
        assert box.send(method="HEAD")["response"]["body"] == ""
        # nobody reads it
        box = deployed(api, tenant, 'return Response.new("no")')
        for size in (1, 100000, 1 << 20):
            done = box.send(method="POST", body="x" * size)
            assert done["response"]["body"] == "no"

    def test_636_05_tls_whatever_protocol(self, api, tenant, around, httpd):
        """TLS is that of who asks, over HTTP/2 too, whose streams are no
        connections."""
        box = deployed(api, tenant, """
            return Response.new(request.url)""")
        ask = json.dumps({"url": f"https://{box.made.name}.localhost:"
                          f"{around.tls}/x"})
        for option in ("--http1.1", "--http2"):
            done = subprocess.run(
                ["curl", "-sS", option, "--cacert", str(around.ca.cert), "-H",
                 f"Authorization: Bearer {api.token}", "-d", ask,
                 "-w", "\n%{http_version}",
                 f"https://localhost:{around.tls}/client/v4{box.path}"],
                capture_output=True, check=True, text=True)
            text, _, version = done.stdout.rpartition("\n")
            assert version == ("1.1" if option == "--http1.1" or
                               httpd.mpm == "prefork" else "2")
            body = json.loads(text)["result"]["response"]["body"]
            assert body.startswith("https://"), option

    def test_636_06_loopback_is_for_who_is_there(self, api, tenant, around,
                                                 httpd):
        """Nobody comes to listeners on loopback who could not reach them."""
        box = deployed(api, tenant, 'return Response.new(request.url)')
        outside = f"http://{around.address}:{around.outside}"
        inside = f"http://127.0.0.1:{httpd.port}"

        def call(base, *options):
            done = subprocess.run(
                ["curl", "-sS", "-H", f"Authorization: Bearer {api.token}",
                 *options, f"{base}/client/v4{box.path}"],
                capture_output=True, check=True, text=True)
            return json.loads(done.stdout)

        def send(base, url):
            return call(base, "-d", json.dumps(
                {"url": url + box.made.path + "/"}))["result"]
        for url in (inside, outside):
            assert send(inside, url)["response"]["body"].startswith(url)
        assert send(outside, outside)["reached"]
        assert str(httpd.port) in json.dumps(call(inside)["result"])
        if around.address == "127.0.0.1":
            return  # nothing else is there
        # the port of one that is on loopback: another listener gets it, whose
        # virtual host is not that one's
        done = call(outside, "-d", json.dumps(
            {"url": box.url("/", "docs.test")}))
        assert not (done["result"] or {}).get("reached")
        ports = {door["url"].rsplit(":", 1)[1].split("/")[0]
                 for door in call(outside)["result"]["doors"]}
        assert ports == {str(around.outside)}


class TestEnds:
    """Whoever goes away, and whatever ends."""

    def test_636_20_who_asks_goes_away(self, api, tenant, httpd, origin):
        box = deployed(api, tenant, f"""
            if request.url:find("slow") then
                fetch("{origin.url}/slow/20000"):text()
            end
            return Response.new("ok")""")
        body = json.dumps({"url": box.url("/slow")}).encode()
        for _ in range(4):
            with socket.create_connection(("127.0.0.1", httpd.port)) as s:
                s.sendall(f"POST /client/v4{box.path} HTTP/1.1\r\n"
                          f"Host: 127.0.0.1:{httpd.port}\r\n"
                          f"Authorization: Bearer {api.token}\r\n"
                          f"Content-Length: {len(body)}\r\n\r\n".encode()
                          + body)
        assert box.send()["response"]["body"] == "ok"

    def test_636_21_an_answer_without_end(self, api, tenant):
        box = deployed(api, tenant, """
            local piece = ("x"):rep(1048576)
            return Response.new(function() return piece end)""",
                       "--limit", "cpu_ms=5000")
        done = box.send()
        assert done["response"]["broken"] and done["response"]["truncated"]
        assert done["response"]["body_size"] <= 66 << 20

    def test_636_22_round_by_the_api(self, api, tenant, httpd):
        """A Worker that has a token and tries itself comes to an end."""
        name = "round-636"
        httpd.log.expect("AH00161")  # prefork: a process each
        path = f"{api.namespaces}/demo/scripts/{name}/try"
        made = tenant.deploy(worker(f"""
            local answer = fetch("http://127.0.0.1:{httpd.port}/client/v4{path}", {{
                method = "POST",
                headers = {{ Authorization = "Bearer {api.token}" }},
                body = json.encode({{
                    url = "http://127.0.0.1:{httpd.port}/_ns/demo/{name}/" }}) }})
            return Response.new("ok")"""), "--limit", "wall_ms=3000",
            name=name)
        box = Trier(api, made)
        done = box.send()
        assert done["response"] is not None
        # and the server is well
        other = deployed(api, tenant, 'return Response.new("ok")')
        assert other.send()["response"]["body"] == "ok"

    def test_636_23_restarts(self, api, tenant, httpd):
        """A trial under way, with functions of waitUntil, at a graceful
        restart: it is answered."""
        box = deployed(api, tenant, """
            ctx:waitUntil(function() scheduler.wait(300) console.log("late") end)
            scheduler.wait(300)
            return Response.new("ok")""")
        got, over = [], threading.Event()

        def ask():
            while not over.is_set():
                got.append(box.send())
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            until(lambda: len(got) > 1, "the first ones")
            httpd.graceful()
            more = len(got) + 4
            until(lambda: len(got) > more, "those after it")
        finally:
            over.set()
            for thread in threads:
                thread.join()
        for done in got:
            assert done["response"]["body"] == "ok"
            assert [log["message"] for r in done["records"]
                    for log in r["logs"]] == [["late"]]

    def test_636_24_stopped_in_the_middle(self, api, tenant):
        """Limits, inside of parallel parts that hang."""
        box = deployed(api, tenant, f"""
            parallel(
                function() return env.IN:fetch(request) end,
                function() while true do end end)
            return Response.new("both")""",
                       "--binding", "service:IN=/" + tenant.deploy(
                           worker('scheduler.wait(5000) return Response.new("x")')
                       ).name)
        done = box.send()
        assert done["response"]["status"] == 503
        assert box.made.name in [r["scriptName"] for r in done["records"]]
