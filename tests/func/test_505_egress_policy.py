# SPDX-License-Identifier: Apache-2.0
"""Egress policy against names that change their mind, redirects that lead
inside, the server's own listeners, and what a kept connection may carry."""

import json
import subprocess

import pytest

from wfptest.client import Client
from wfptest.dns import A, Dns, why_not, wrapped
from wfptest.lua import script, worker
from wfptest.origin import Origin
from wfptest.ports import free_ports
from wfptest.tenant import Tenant
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

REDIRECTS = (301, 302, 303, 307, 308)


class World:
    """Two origins on one port: one at an address that is allowed, the other
    stands for what is inside."""

    def __init__(self, httpd):
        self.dns = Dns() if why_not() is None else None
        self.open = Origin()
        self.inside = Origin(("127.0.0.3", self.open.port))
        self.own_port, self.h2_port = free_ports(2, httpd.root.parent / "ports")
        self.has_h2 = httpd.mpm != "prefork" and (
            httpd.modules / "mod_ssl.so").exists()
        port = self.open.port
        self.lines = [
            f"Listen 127.0.0.1:{self.own_port}",
            "WfpEgressTimeout 20s 25s",
            *self.vhost(httpd, "open.test", f"WfpEgressAllow 127.0.0.1:{port}"),
            *self.vhost(httpd, "inside.test",
                        f"WfpEgressAllow 127.0.0.3:{port}"),
            *self.vhost(httpd, "wide.test",
                        "WfpEgressAllow 127.0.0.0/8 localhost ::1"),
            *self.vhost(httpd, "plain.test"),
            *self.vhost(httpd, "own.test",
                        f"WfpEgressAllow 127.0.0.1:{self.own_port}"),
            *self.vhost(httpd, "host.test",
                        f"WfpEgressAllow two.example 127.0.0.1:{port}",
                        "WfpEgressDeny one.example"),
            f"<VirtualHost 127.0.0.1:{self.own_port}>", "ServerName own",
            'RedirectMatch 200 "^/secret"', 'Header always set X-Own yes',
            "</VirtualHost>",
            *(self.h2_lines(httpd) if self.has_h2 else []),
        ]

    def h2_lines(self, httpd):
        """The server itself as an origin with one certificate for two names,
        as an HTTP/2 client may share a connection for."""
        cert, key = httpd.root / "two.pem", httpd.root / "two-key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key),
             "-out", str(cert), "-days", "2", "-subj", "/CN=two", "-addext",
             "subjectAltName=DNS:*.shared.example"], check=True,
            capture_output=True)
        cert.chmod(0o644)
        return [f'LoadModule ssl_module "{httpd.modules}/mod_ssl.so"',
                "LogLevel ssl:error", "WfpEgressCA " + str(cert),
                f"Listen 127.0.0.1:{self.h2_port} https",
                *self.vhost(httpd, "first.test",
                            f"WfpEgressAllow one.shared.example:{self.h2_port}"
                            f" two.shared.example:{self.h2_port}"),
                *self.vhost(httpd, "second.test",
                            f"WfpEgressAllow two.shared.example:{self.h2_port}"),
                *self.vhost(httpd, "third.test",
                            f"WfpEgressAllow 127.0.0.1:{self.h2_port}",
                            "WfpEgressDeny one.shared.example"),
                f"<VirtualHost 127.0.0.1:{self.h2_port}>",
                "ServerName one.shared.example",
                "ServerAlias two.shared.example", "SSLEngine on",
                f"SSLCertificateFile {cert}", f"SSLCertificateKeyFile {key}",
                "Protocols h2 http/1.1", 'Header set X-H2 "%{HTTP2}e"',
                "</VirtualHost>"]

    @staticmethod
    def vhost(httpd, name, *lines):
        return [f"<VirtualHost 127.0.0.1:{httpd.port}>", f"ServerName {name}",
                "WfpNamespace demo", "WfpRouteBy path", *lines,
                "</VirtualHost>"]

    def url(self, host, path="/echo"):
        return f"http://{host}:{self.open.port}{path}"

    def stop(self):
        for one in (self.dns, self.open, self.inside):
            if one:
                one.stop()


@pytest.fixture(scope="module")
def world(httpd):
    around = World(httpd)
    if around.dns:
        httpd.stop()
        httpd.wrap = wrapped(around.dns, httpd.root)
    httpd.configure(around.lines)
    yield around
    httpd.wrap = []
    httpd.stop()
    around.stop()


@pytest.fixture(scope="module")
def evaluator(httpd, world):
    tenants = Tenant(httpd, Client(httpd.port))
    yield tenants.deploy(script("eval.lua"))
    tenants.remove_all()


@pytest.fixture
def run(evaluator):
    """run(text, host) -> list of values, or the error as a dict."""
    def call(text, host="open.test", who=evaluator):
        answer = who.client.request("POST", f"/{who.name}/", host=host,
                                    body=text.encode())
        assert answer.status == 200, answer
        told = answer.json
        return told["values"] if "values" in told else told["error"]
    return call


@pytest.fixture
def ask(run, world):
    """ask(url, host, init) -> "open" or "inside", who answered, or the code of
    the error."""
    def call(url, host="open.test", init="nil"):
        marks = [len(o.requests) for o in (world.open, world.inside)]
        told = run(f'return fetch("{url}", {init}).status', host)
        seen = [len(o.requests) > mark for o, mark in
                zip((world.open, world.inside), marks)]
        assert seen[1] is False or host == "inside.test", url
        if isinstance(told, dict):
            return told["code"]
        assert told == [200] and any(seen), (url, told)
        return "inside" if seen[1] else "open"
    return call


@pytest.fixture
def dns(world):
    if not world.dns:
        pytest.skip(why_not())
    world.dns.asked.clear()
    return world.dns


class TestDns:
    """A real resolver that is not to be trusted."""

    def test_505_01_address_decides(self, ask, dns, world):
        dns.zone.update({"good.example": ["127.0.0.1"],
                         "bad.example": ["127.0.0.3"]})
        assert ask(world.url("good.example")) == "open"
        assert ask(world.url("good.example.")) == "open"
        assert ask(world.url("bad.example")) == "egress_blocked"
        assert ask(world.url("bad.example"), "inside.test") == "inside"

    def test_505_02_only_the_public_one_of_many(self, ask, dns, world):
        for number in range(12):
            name = f"many{number}.example"
            dns.zone[name] = ["127.0.0.3", "127.0.0.1", "10.9.9.9"][
                number % 3:] + ["127.0.0.3", "127.0.0.1"]
            assert ask(world.url(name)) == "open"

    def test_505_03_cname_to_inside(self, ask, dns, world):
        dns.zone.update({
            "alias.example": ["=db.internal"], "db.internal": ["127.0.0.3"],
            "alias2.example": ["=alias.example"],
            "alias3.example": ["=good3.example"],
            "good3.example": ["127.0.0.1"]})
        assert ask(world.url("alias.example")) == "egress_blocked"
        assert ask(world.url("alias2.example")) == "egress_blocked"
        assert ask(world.url("alias3.example")) == "open"

    @pytest.mark.parametrize("first,later,wanted", [
        ("127.0.0.1", "127.0.0.3", ["open", "egress_blocked"]),
        ("127.0.0.3", "127.0.0.1", ["egress_blocked", "open"]),
    ])
    def test_505_04_rebinding(self, ask, dns, world, httpd, first, later,
                              wanted):
        """Whoever asks a second time is told something else."""
        def answer(n):
            return [first] if n == 1 else [later]
        names = [f"rebind{number}-{first[-1]}.example" for number in range(8)]
        for name in names:
            dns.zone[name] = answer
            assert ask(world.url(name)) == wanted[0]
            assert dns.asked.count((name, A)) == 1
        httpd.graceful()
        for name in names:
            # other processes, which ask anew
            until(lambda name=name: ask(world.url(name)) == wanted[1],
                  "the new generation's answer")

    def test_505_05_rebinding_behind_a_kept_connection(self, ask, dns, world):
        """A connection of who may go inside is there already."""
        dns.zone["kept.example"] = ["127.0.0.3", "127.0.0.1"]
        for _ in range(4):
            assert ask(world.url("kept.example"), "inside.test") == "inside"
            assert ask(world.url("kept.example")) == "open"

    def test_505_06_no_such_name_is_remembered(self, ask, dns, world,
                                               httpd):
        for _ in range(20):
            assert ask(world.url("nowhere.example")) == "network_error"
        # each child once at most
        assert 1 <= dns.asked.count(("nowhere.example", A)) <= len(
            httpd.children())

    def test_505_07_local_names_are_not_even_asked_for(self, ask, dns, world):
        for name in ("metadata.google.internal", "db", "printer.local",
                     "x.localhost", "router.home.arpa"):
            dns.zone[name] = ["8.8.8.8"]
            assert ask(world.url(name), "plain.test") == "egress_blocked"
        assert not dns.asked

    def test_505_08_no_search_list(self, ask, dns, world):
        """A name with a dot is not completed to one that nobody asked about:
        a deny of the longer one would not hold."""
        dns.zone["metadata.cloud.inside.example"] = ["127.0.0.1"]
        assert ask(world.url("metadata.cloud.inside.example")) == "open"
        dns.asked.clear()
        assert ask(world.url("metadata.cloud")) == "network_error"
        assert {name for name, _ in dns.asked} == {"metadata.cloud"}

    def test_505_09_silence_stops_who_asked(self, ask, run, dns, world, httpd,
                                            tenant):
        """More than one Worker may look up hang, for longer than all of this
        takes; the others go on, and so do restarts and ends."""
        dns.zone["after.example"] = ["127.0.0.1"]
        bad = tenant.deploy(script("eval.lua"))
        for number in range(12):
            told = run(f'return fetch("{world.url(f"silent{number}.example")}",'
                       ' { signal = AbortSignal.timeout(100) })', who=bad)
            assert told["code"] in ("timeout", "aborted"), told
        asked = {name for name, _ in dns.asked if name.startswith("silent")}
        assert 1 <= len(asked) <= 8 * len(httpd.children())
        assert ask(world.url("after.example")) == "open"
        before = httpd.children()
        httpd.graceful()
        until(lambda: not set(before) & set(httpd.children()),
              "children with look-ups that hang to end", 20)
        dns.zone["then.example"] = ["127.0.0.1"]
        assert ask(world.url("then.example")) == "open"


class TestRedirects:
    """Each hop meets the policy."""

    @pytest.mark.parametrize("status", REDIRECTS)
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_506_01_to_inside(self, ask, world, status, method):
        init = f'{{ method = "{method}" }}'
        to = world.inside.url + "/echo"
        assert ask(world.url("127.0.0.1", f"/redirect/{status}?to={to}"),
                   init=init) == "egress_blocked"
        for to in ("http://localhost/", "http://169.254.169.254/",
                   "http://[::ffff:169.254.169.254]/", "http://2852039166/"):
            assert ask(world.url("127.0.0.1", f"/redirect/{status}?to={to}"),
                       init=init) == "egress_blocked"

    @pytest.mark.parametrize("status", REDIRECTS)
    def test_506_02_through_an_outbound_worker(self, tenant, world, status,
                                               client):
        """Whoever follows: the user Worker, or the outbound Worker for it."""
        for follow in ("request.redirect", '"follow"', '"manual"'):
            name = f"out{status}-{len(tenant.made)}"
            tenant.deploy(worker(f"return fetch(Request.new(request, "
                                 f"{{ redirect = {follow} }}))"),
                          ns=None, name=name)
            user = tenant.deploy(worker(
                'local ok, e = pcall(fetch, request.headers:get("X-To"))\n'
                "return Response.new(ok and e.status or e.code)"),
                ns=tenant.namespace("--outbound", name))
            before = len(world.inside.requests)
            reached = len(world.open.requests)
            told = user.get(host="open.test", headers=[("X-To", world.url(
                "127.0.0.1",
                f"/redirect/{status}?to={world.inside.url}/echo"))])
            assert told.text == "egress_blocked", (follow, told)
            assert len(world.inside.requests) == before
            assert len(world.open.requests) == reached + 1

    def test_506_03_modes(self, run, world):
        url = world.url("127.0.0.1", "/redirect/302?to=/echo")
        assert run(f'local r = fetch("{url}") return r.status, r.redirected, '
                   "r.url") == [200, True, world.url("127.0.0.1")]
        told = run(f'local r = fetch("{url}", {{ redirect = "manual" }}) return '
                   'r.status, r.redirected, r.headers:get("Location"), r.url')
        assert told == [302, False, "/echo", url]
        assert run(f'return fetch("{url}", {{ redirect = "error" }})')[
            "code"] == "network_error"
        assert run(f'return fetch("{url}", {{ redirect = "other" }})')[
            "name"] == "TypeError"

    def test_506_04_a_hundred_thousand(self, run, world):
        """An origin that has as many redirects as anybody wants: 20 are
        followed."""
        before = len(world.open.requests)
        assert run(f'return fetch("{world.url("127.0.0.1", "/loop")}")')[
            "code"] == "too_many_redirects"
        assert len(world.open.requests) - before == 21


class TestOwnListeners:
    """The server is no origin for its tenants."""

    def test_507_01_needs_address_and_port(self, run, world):
        url = f"http://127.0.0.1:{world.own_port}/"
        inside = f'return fetch("{url}").headers:get("X-Own")'
        told = run(inside, "wide.test")
        assert told["code"] == "egress_blocked", told
        assert "this server itself" in told["message"]
        assert run(inside.replace("127.0.0.1", "localhost"),
                   "wide.test")["code"] in ("egress_blocked", "network_error")
        assert run(inside.replace("127.0.0.1", "[::ffff:127.0.0.1]"),
                   "wide.test")["code"] == "egress_blocked"
        assert run(inside, "own.test") == ["yes"]

    def test_507_02_redirect_there(self, run, world):
        to = f"http://127.0.0.1:{world.own_port}/secret"
        url = world.url("127.0.0.1", f"/redirect/302?to={to}")
        assert run(f'return fetch("{url}")', "wide.test")[
            "code"] == "egress_blocked"


class TestNames:
    """Rules by name, on one address."""

    def test_508_01_connection_of_another_name(self, ask, dns, world):
        """Two names of one address: a connection for one that is open carries
        no request for one that is denied."""
        dns.zone.update({"one.example": ["127.0.0.1"],
                         "two.example": ["127.0.0.1"]})
        for _ in range(3):
            assert ask(world.url("two.example"), "host.test") == "open"
            assert ask(world.url("one.example"), "host.test") == \
                "egress_blocked"
            assert ask(world.url("one.example")) == "open"

    def test_508_02_http2_connection_of_another(self, run, dns, world):
        """One certificate and one address for two names: what is open for one
        name or one tenant is not open for the other on its connection."""
        if not world.has_h2:
            pytest.skip("no mod_http2 and mod_ssl with this MPM")
        dns.zone.update({"one.shared.example": ["127.0.0.1"],
                         "two.shared.example": ["127.0.0.1"]})

        def get(name, host):
            told = run(f'local r = fetch("https://{name}.shared.example:'
                       f'{world.h2_port}/index.html") return r.status, '
                       'r.headers:get("x-h2")', host)
            return told["code"] if isinstance(told, dict) else told
        for _ in range(4):
            assert get("one", "first.test") == [200, "on"]
            assert get("two", "first.test") == [200, "on"]
            assert get("two", "second.test") == [200, "on"]
            assert get("one", "second.test") == "egress_blocked"
            assert get("two", "third.test") == [200, "on"]
            assert get("one", "third.test") == "egress_blocked"
            assert get("two", "plain.test") == "egress_blocked"


class TestNamespaces:
    """Rules of a namespace's own, on top of the server's."""

    CODE = ('local ok, r = pcall(fetch, request.headers:get("X-To"))\n'
            "return Response.new(tostring(ok and r.status or r.code))")

    def reach(self, user, url):
        return user.get(host="open.test", headers=[("X-To", url)]).text

    def test_509_01_allow_and_deny(self, tenant, world):
        inside = world.inside.url + "/echo"
        far = world.url("127.0.0.1")
        port = world.open.port
        for options, expected in [
                ((), ("200", "egress_blocked")),
                (("--egress-allow", f"127.0.0.3:{port}"), ("200", "200")),
                (("--egress-deny", "127.0.0.1"), ("egress_blocked",) * 2),
                (("--egress-allow", "127.0.0.0/8", "--egress-deny",
                  f"127.0.0.3:{port}"), ("200", "egress_blocked")),
                (("--egress-deny", "10.0.0.0/8", "--egress-deny",
                  f":{port}"), ("egress_blocked",) * 2)]:
            user = tenant.deploy(worker(self.CODE),
                                 ns=tenant.namespace(*options))
            assert (self.reach(user, far), self.reach(user, inside)) \
                == expected, options

    def test_509_02_an_outbound_worker_sends_in_its_name(self, tenant, world):
        name = f"rules{len(world.open.requests)}"
        tenant.deploy(worker("return fetch(request)"), ns=None, name=name)
        user = tenant.deploy(worker(self.CODE), ns=tenant.namespace(
            "--outbound", name, "--egress-deny", "127.0.0.1"))
        assert self.reach(user, world.url("127.0.0.1")) == "egress_blocked"
        user = tenant.deploy(worker(self.CODE),
                             ns=tenant.namespace("--outbound", name))
        assert self.reach(user, world.url("127.0.0.1")) == "200"

    def test_509_03_server_denies(self, tenant, world):
        """The server's deny holds against a namespace's allow."""
        user = tenant.deploy(worker(self.CODE), ns=tenant.namespace(
            "--egress-allow", "one.example", "--egress-allow", "127.0.0.0/8"))
        told = user.get(host="host.test", headers=[
            ("X-To", world.url("one.example"))])
        assert told.text == "egress_blocked"

    def test_509_04_set_takes_the_place(self, httpd, tenant):
        ns = tenant.namespace("--egress-allow", "10.0.0.0/8")

        def told(*options):
            return json.loads(httpd.wfpctl("namespace", "set", ns, "--json",
                                           *options).stdout)
        assert told("--trusted")["egress_allow"] == ["10.0.0.0/8"]
        changed = told("--egress-allow", "a.example", "--egress-allow", ":22",
                       "--egress-deny", "8.8.8.8")
        assert changed["egress_allow"] == ["a.example", ":22"]
        assert changed["egress_deny"] == ["8.8.8.8"]
        assert told("--egress-allow", "off")["egress_allow"] == []
        wrong = httpd.wfpctl("namespace", "set", ns, "--egress-deny",
                             "10.0.0.0/33", check=False)
        assert wrong.returncode == 1 and "10.0.0.0/33" in wrong.stderr
        assert told()["egress_deny"] == ["8.8.8.8"]
