# SPDX-License-Identifier: Apache-2.0
"""Trying a Worker where httpd has much else to do: modules that look at
connections and requests, TLS, clients that go away."""

import http.client
import json
import ssl
import subprocess

import pytest

from wfptest.api import LOCATION, Api
from wfptest.lua import worker
from wfptest.ports import free_ports
from wfptest.wait import until

# each has hooks or filters of connections, requests or logs
OTHERS = ("ssl", "reqtimeout", "logio", "unique_id", "remoteip", "filter",
          "deflate", "cache", "cache_disk", "dumpio", "log_forensic", "buffer",
          "ratelimit", "usertrack", "log_debug", "authz_host", "dir", "env",
          "request", "session", "expires")


@pytest.fixture(scope="module")
def port(httpd):
    return free_ports(1, httpd.root.parent / "ports")[0]


@pytest.fixture(scope="module")
def lines(httpd, port):
    cert = httpd.root / "try.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=tls.test",
         "-keyout", str(cert), "-out", str(cert) + ".crt", "-days", "2"],
        check=True, capture_output=True)
    load = [f'LoadModule {name}_module "{httpd.modules}/mod_{name}.so"'
            for name in dict.fromkeys(OTHERS)
            if (httpd.modules / f"mod_{name}.so").exists()]
    tls = ["SSLEngine on", f'SSLCertificateFile "{cert}.crt"',
           f'SSLCertificateKeyFile "{cert}"']
    return [
        *load, "LogLevel ssl:crit", *LOCATION, "RequestReadTimeout header=5 body=5",
        f'CustomLog "{httpd.root}/logs/access" '
        '"%a %h %I %O %p %{UNIQUE_ID}e %k %X %{wfp-worker}n %>s %r"',
        f'ForensicLog "{httpd.root}/logs/forensic"',
        "RemoteIPHeader X-Client", "RemoteIPTrustedProxy 127.0.0.1",
        "CacheEnable disk /", f'CacheRoot "{httpd.root}/cache"',
        "CookieTracking on", "DumpIOInput on", "DumpIOOutput on",
        "SetOutputFilter DEFLATE", f"Listen 127.0.0.1:{port}",
        f"<VirtualHost 127.0.0.1:{port}>", "ServerName tls.test",
        "ServerAlias *.tls.test", *tls, "WfpNamespace demo", "</VirtualHost>",
        f"<VirtualHost 127.0.0.1:{port}>", "ServerName strict.test",
        "ServerAlias *.strict.test", *tls, "SSLVerifyClient require",
        "WfpNamespace demo", "</VirtualHost>"]


@pytest.fixture
def api(httpd, client, lines):
    httpd.configure(lines)
    return Api(httpd, client)


@pytest.fixture
def made(tenant):
    return tenant.deploy(worker("""
        scheduler.wait(tonumber(request.headers:get("X-Wait") or 0))
        return Response.new(request.url .. " " .. ("x"):rep(2000))"""))


def path_of(api, made):
    return f"{api.namespaces}/demo/scripts/{made.name}/try"


def over_tls(api, port, made, ask):
    """The same by the TLS port."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    conn = http.client.HTTPSConnection("127.0.0.1", port, context=context)
    conn.request("POST", "/client/v4" + path_of(api, made), json.dumps(ask),
                 {"Authorization": f"Bearer {api.token}", "Host": "tls.test"})
    answer = conn.getresponse()
    doc = json.loads(answer.read())
    conn.close()
    return answer.status, doc


def test_636_01_among_other_modules(api, made, httpd):
    url = f"http://127.0.0.1:{httpd.port}{made.path}/"
    for coding in ([], [["Accept-Encoding", "gzip"]]) * 2:
        done = api.ok("POST", path_of(api, made),
                      {"url": url, "headers": coding})
        assert done["reached"] is True
        assert done["response"]["status"] == 200
        assert (done["response"]["body"] or "").startswith(url) is not bool(
            coding)
    log = httpd.root / "logs/access"
    until(lambda: log.read_text().count(f" {made.name} 200 GET /_ns/") >= 4,
          "lines of the log")


def test_636_02_who_asks_is_who_httpd_says(api, made, httpd):
    """A trusted proxy's header counts for the API's request, once."""
    url = f"http://127.0.0.1:{httpd.port}{made.path}/"
    answer = api.call("POST", path_of(api, made), {
        "url": url, "headers": [["X-Client", "192.0.2.9"]]},
        headers=[("X-Client", "192.0.2.7")])
    record, = answer.json["result"]["records"]
    assert record["event"]["request"]["headers"]["cf-connecting-ip"] == \
        "192.0.2.7"


def test_636_03_tls(api, made, port, httpd):
    url = f"https://{made.name}.tls.test:{port}/x"
    status, doc = over_tls(api, port, made, {"url": url})
    assert status == 200
    assert doc["result"]["response"]["body"].startswith(url)
    assert {d["url"] for d in api.ok("GET", path_of(api, made))["doors"]} >= {
        f"https://{made.name}.tls.test:{port}/",
        f"http://localhost:{httpd.port}{made.path}/"}
    # where there is none it is none
    url = f"http://127.0.0.1:{httpd.port}{made.path}/"
    status, doc = over_tls(api, port, made, {"url": url})
    assert status == 200
    assert doc["result"]["response"]["body"].startswith(url)


def test_636_04_a_client_certificate_is_asked_of_who_asks(api, made, port,
                                                          httpd):
    httpd.log.expect("AH02032", "AH02033", "AH02261", "AH02042")
    url = f"https://{made.name}.strict.test:{port}/x"
    status, doc = over_tls(api, port, made, {"url": url})
    assert status == 200, doc
    assert doc["result"]["reached"] is False
    assert doc["result"]["response"]["status"] in (403, 421)
    answer = api.call("POST", path_of(api, made), {"url": url})
    assert answer.status == 400
    assert "over TLS" in answer.json["errors"][0]["message"]


def test_636_05_who_goes_away(api, made, httpd):
    url = f"http://127.0.0.1:{httpd.port}{made.path}/"
    conn = http.client.HTTPConnection("127.0.0.1", httpd.port)
    conn.request("POST", "/client/v4" + path_of(api, made), json.dumps(
        {"url": url, "headers": [["X-Wait", "20000"]]}),
        {"Authorization": f"Bearer {api.token}"})
    usage = path_of(api, made).replace("/try", "/usage")
    conn.close()
    until(lambda: "canceled" in json.dumps(api.ok("GET", usage)),
          "it to be broken off")
