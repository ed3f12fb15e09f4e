# SPDX-License-Identifier: Apache-2.0
"""WfpRouteBy table and request.cf.hostMetadata: the table of hostnames."""

import concurrent.futures
import itertools
import json
import socket
import threading

import pytest

from wfptest import wait
from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.lua import says, worker
from wfptest.uploads import Scripts, form, part

NUMBERS = itertools.count(1)
FLOOD = 20000


def status(client):
    """Our figures of the status page."""
    lines = client.get("/server-status?auto",
                       host="status.test").text.splitlines()
    return {name: value for name, _, value in
            (line.partition(": ") for line in lines) if name[:3] == "Wfp"}


def flood(port, count):
    """Ask for random hosts, a hundred a connection at once: how many were
    answered with 404."""
    found = 0
    for first in range(0, count, 100):
        with socket.create_connection(("127.0.0.1", port), 60) as sock:
            sock.sendall(b"".join(
                b"GET / HTTP/1.1\r\nHost: x%d.example\r\n%s\r\n"
                % (n, b"Connection: close\r\n" if n % 100 == 99 else b"")
                for n in range(first, first + 100)))
            found += b"".join(iter(lambda: sock.recv(65536), b"")).count(
                b"HTTP/1.1 404 ")
    return found


def vhost(httpd, name, *lines):
    return [f"<VirtualHost 127.0.0.1:{httpd.port}>", f"ServerName {name}",
            *lines, "</VirtualHost>"]


@pytest.fixture
def api(httpd, client):
    """The first virtual host, which gets what no other does, is by table."""
    httpd.configure([
        *vhost(httpd, "table.test", *LOCATION[1:], "WfpNamespace demo",
               "WfpRouteBy table"),
        *vhost(httpd, "front.test", "ServerAlias *.front.test",
               "WfpDispatcher cf220"),
        *vhost(httpd, "status.test", '<Location "/server-status">',
               "SetHandler server-status", "</Location>"),
        LOCATION[0]])
    return Api(httpd, client)


class Table:
    """Entries of one test, below a domain of its own."""

    def __init__(self, api):
        self.api = api
        self.domain = f"d{next(NUMBERS)}.test"
        self.hosts = []

    def path(self, host):
        return f"{self.api.account}/hostnames/{host}"

    def put(self, host, worker, metadata=None):
        """host "": the domain; "x" a name below it, "*" too."""
        host = f"{host}.{self.domain}" if host else self.domain
        self.api.ok("PUT", self.path(host), {
            "namespace": worker.ns, "script": worker.name,
            **({"metadata": metadata} if metadata is not None else {})})
        self.hosts.append(host)
        return host

    def delete(self, host):
        self.api.ok("DELETE", self.path(host))
        self.hosts.remove(host)


@pytest.fixture
def table(api):
    made = Table(api)
    yield made
    for host in made.hosts:
        api.call("DELETE", made.path(host))


@pytest.fixture
def one(tenant):
    return tenant.deploy(says('"one"'))


@pytest.fixture
def two(tenant):
    return tenant.deploy(says('"two"'))


class TestRouting:
    """WfpNamespace with WfpRouteBy table."""

    def test_220_01_exact_then_wildcards(self, client, table, one, two,
                                         tenant):
        three = tenant.deploy(says('"three"'))
        table.put("shop", one)
        table.put("*", two)
        table.put("*.deep", three)
        for host, want in (("shop", "one"), ("other", "two"), ("a.shop", "two"),
                           ("x.deep", "three"), ("y.x.deep", "three"),
                           ("deep", "two")):
            answer = client.get("/", host=f"{host}.{table.domain}")
            assert (host, answer.text) == (host, want)
        assert client.get("/", host=table.domain).error == "worker_not_found"

    def test_220_02_forms_of_a_host(self, client, table, one):
        host = table.put("shop", one)
        for form in (host.upper(), f"{host}:8080", f"{host}.", f"{host}.:80"):
            assert client.get("/", host=form).text == "one"

    def test_220_03_longer_than_a_name(self, client, table, one, two):
        long = ".".join(["a" * 60] * 3)
        table.put(long, one)
        table.put(f"*.{long}", two)
        other = ".".join(["a" * 60] * 2 + ["b" * 60])
        assert client.get("/", host=f"{long}.{table.domain}").text == "one"
        assert client.get("/", host=f"b.{long}.{table.domain}").text == "two"
        assert client.get("/", host=f"{other}.{table.domain}").status == 404

    def test_220_04_ipv6(self, client, table, one):
        table.api.ok("PUT", table.path("[2001:DB8::1]"),
                     {"namespace": one.ns, "script": one.name})
        table.hosts.append("[2001:db8::1]")
        assert client.get("/", host="[2001:db8:0:0::1]").text == "one"
        assert client.get("/", host="[2001:db8::2]").status == 404

    @pytest.mark.parametrize("host", ["nobody.example", "a", "-x.example",
                                      "192.0.2.1", "a" * 64 + ".example"])
    def test_220_05_unknown(self, client, api, host):
        answer = client.get("/", host=host)
        assert (answer.status, answer.error) == (404, "worker_not_found")

    def test_220_06_the_entry_names_the_namespace(self, client, table, tenant):
        ns = tenant.namespace()
        other = tenant.deploy(says('"other"'), ns=ns)
        host = table.put("x", other)
        assert client.get("/", host=host).text == "other"

    def test_220_07_account_worker(self, client, table, tenant, api):
        mine = tenant.deploy(says('"account"'), ns=None)
        host = f"x.{table.domain}"
        api.ok("PUT", table.path(host), {"script": mine.name})
        table.hosts.append(host)
        assert client.get("/", host=host).text == "account"

    def test_220_08_url_is_as_sent(self, client, table, tenant):
        host = table.put("x", tenant.deploy(says("request.url")))
        assert client.get("/a%2Fb?c", host=host).text == \
            f"http://{host}/a%2Fb?c"

    def test_220_09_a_worker_that_went(self, client, table, tenant, api):
        gone = tenant.deploy(says('"there"'))
        host = table.put("x", gone)
        assert client.get("/", host=host).text == "there"
        api.ok("DELETE", f"{api.namespaces}/demo/scripts/{gone.name}")
        answer = client.get("/", host=host)
        assert (answer.status, answer.error) == (404, "worker_not_found")

    def test_220_10_h2(self, client, httpd, table, one, two):
        if httpd.mpm == "prefork":
            pytest.skip("mod_http2 wants threads")
        host = table.put("shop", one)
        table.put("*", two)
        assert client.h2("/", host=host).text == "one"
        assert client.h2("/", host=f"x.{table.domain}").text == "two"
        answer = client.h2("/", host="nobody.example")
        assert (answer.status, answer.error) == (404, "worker_not_found")

    def test_220_11_bodies_and_methods(self, client, table, tenant):
        echo = tenant.deploy(worker("return Response.new(request.body)"))
        host = table.put("x", echo)
        assert client.request("POST", "/", host=host, body=b"b" * 100000) \
            .body == b"b" * 100000


class TestChanges:
    """What was answered with 200 is what every child routes by."""

    def test_220_20_set_replaced_deleted(self, client, table, one, two):
        host = f"x.{table.domain}"
        assert client.get("/", host=host).status == 404
        table.put("x", one)
        assert client.get("/", host=host).text == "one"
        table.put("*", two)
        assert client.get("/", host=host).text == "one"
        assert client.get("/", host=f"y.{table.domain}").text == "two"
        table.put("y", one)
        assert client.get("/", host=f"y.{table.domain}").text == "one"
        table.delete(host)
        assert client.get("/", host=host).text == "two"
        table.delete(f"*.{table.domain}")
        assert client.get("/", host=host).status == 404

    def test_220_21_namespace_renamed_and_deleted(self, client, table, tenant,
                                                  api):
        ns = tenant.namespace()
        host = table.put("x", tenant.deploy(says('"here"'), ns=ns))
        assert client.get("/", host=host).text == "here"
        api.ok("PUT", f"{api.namespaces}/{ns}", {"name": f"{ns}-new"})
        assert client.get("/", host=host).text == "here"
        api.ok("DELETE", f"{api.namespaces}/{ns}-new")
        table.hosts.remove(host)
        assert client.get("/", host=host).status == 404

    def test_220_22_every_child_at_once(self, httpd, table, tenant):
        workers = [tenant.deploy(says(n)) for n in range(2)]
        asker = Client(httpd.port)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for number in range(60):
                host = table.put("x", workers[number % 2])
                table.hosts.pop()
                asked = [pool.submit(asker.get, "/", host=host,
                                     headers=[("Connection", "close")])
                         for _ in range(16)]
                assert {one.result().text for one in asked} == \
                    {str(number % 2)}
        table.hosts.append(host)

    def test_220_23_over_a_graceful_restart(self, httpd, client, table, one,
                                            two):
        host = table.put("x", one)
        table.put("*", two)
        assert client.get("/", host=host).text == "one"
        httpd.graceful()
        assert client.get("/", host=host).text == "one"
        assert client.get("/", host=f"y.{table.domain}").text == "two"
        table.put("x", two)
        assert client.get("/", host=host).text == "two"

    def test_220_24_by_wfpctl_on_the_store(self, httpd, client, table, one,
                                           two):
        host, star = f"x.{table.domain}", f"*.{table.domain}"

        def answered(status, text):
            """By every child that happens to be met."""
            answers = [Client(httpd.port).get("/", host=host)
                       for _ in range(8)]
            return all(a.status == status and text in a.text for a in answers)

        assert client.get("/", host=host).status == 404
        for worker, text in ((one, "one"), (two, "two")):
            httpd.wfpctl("hostname", "put", star, f"{worker.ns}/{worker.name}")
            wait.until(lambda text=text: answered(200, text), text)
        httpd.wfpctl("hostname", "delete", star)
        wait.until(lambda: answered(404, ""), "gone")


CF = """
    local path, cf = URL.new(request.url).pathname, request.cf
    if path:find("/plan") then
        return Response.new(tostring(cf.hostMetadata
                                     and cf.hostMetadata.plan))
    elseif path:find("/set") then
        local ok, e = pcall(function() cf.hostMetadata.plan = "x" end)
        local ok2 = pcall(function() cf.hostMetadata = {} end)
        return Response.new(tostring(ok) .. tostring(ok2) .. e.name)
    elseif path:find("/same") then
        return Response.new(tostring(cf == request.cf
                                     and cf.hostMetadata == cf.hostMetadata))
    elseif path:find("/pairs") then
        local t = {}
        for k in pairs(cf) do t[#t + 1] = k end
        table.sort(t)
        return Response.new(table.concat(t, " "))
    elseif path:find("/user") then
        return env.D:get(path:match("[^/]+$")):fetch(request)
    end
    return Response.json(cf)"""

META = {"plan": "pro", "list": [1, 2, {"x": None}], "ü": "ä"}


class TestMetadata:
    """request.cf.hostMetadata in the dispatcher."""

    @pytest.fixture
    def host(self, table, one):
        """A host of the dispatcher's, with metadata."""
        Scripts(table.api, None).put("cf220", form(
            part("metadata", json.dumps({
                "main_module": "w.lua", "bindings": [
                    {"type": "dispatch_namespace", "name": "D",
                     "namespace": "demo"}]})),
            part("w.lua", worker(CF))))
        name = f"{table.domain[:-5]}.front.test"
        table.api.ok("PUT", table.path(name), {
            "namespace": one.ns, "script": one.name, "metadata": META})
        table.hosts.append(name)
        return name

    def test_220_40_as_it_was_set(self, client, host):
        cf = client.get("/", host=host).json
        assert cf["hostMetadata"] == META
        assert cf["clientIp"] == "127.0.0.1"
        assert client.get("/plan", host=host).text == "pro"
        assert client.get("/pairs", host=host).text == \
            "clientIp hostMetadata httpProtocol"

    def test_220_41_read_only(self, client, host):
        assert client.get("/set", host=host).text == "falsefalseTypeError"
        assert client.get("/same", host=host).text == "true"
        assert client.get("/plan", host=host).text == "pro"

    def test_220_42_none(self, client, host, table, one):
        other = f"x.{host}"
        assert "hostMetadata" not in client.get("/", host=other).json
        assert client.get("/plan", host=other).text == "nil"
        table.api.ok("PUT", table.path(other),
                     {"namespace": one.ns, "script": one.name})
        table.hosts.append(other)
        assert client.get("/", host=other).json["hostMetadata"] == {}

    def test_220_43_wildcard_and_change(self, client, host, table, one):
        star = f"*.{host}"
        assert client.get("/plan", host=f"a.{host}").text == "nil"
        for plan in ("free", "pro"):
            table.api.ok("PUT", table.path(star), {
                "namespace": one.ns, "script": one.name,
                "metadata": {"plan": plan}})
            assert client.get("/plan", host=f"a.{host}").text == plan
        table.api.ok("DELETE", table.path(star))
        assert client.get("/plan", host=f"a.{host}").text == "nil"

    def test_220_44_user_workers_have_none(self, client, host, tenant):
        user = tenant.deploy(says("request.cf"))
        assert client.get(f"/user/{user.name}", host=host).text == "nil"

    def test_220_45_largest(self, client, host, table, one):
        big = {"plan": "x" * (4096 - len('{"plan":""}'))}
        doc = {"namespace": one.ns, "script": one.name, "metadata": big}
        assert len(json.dumps(big, separators=(",", ":"))) == 4096
        table.api.ok("PUT", table.path(host), doc)
        assert client.get("/plan", host=host).text == big["plan"]
        big["plan"] += "x"
        assert table.api.refused("PUT", table.path(host), doc) == (400, 10012)

    def test_220_46_h2(self, client, httpd, host):
        if httpd.mpm == "prefork":
            pytest.skip("mod_http2 wants threads")
        assert client.h2("/plan", host=host).text == "pro"


@pytest.mark.one_mpm
class TestFlood:
    """Anybody can send any host."""

    def test_220_60_strangers_evict_nothing(self, httpd, client, table, one,
                                            two):
        """As many random hosts as an attacker likes: those that are known stay
        in memory, and what is kept of strangers is not in the registry."""
        host = table.put("shop", one)
        table.put("*.wild", two)
        wild = f"a.wild.{table.domain}"
        for known in (host, wild):
            assert client.get("/", host=known).status == 200
        before = status(client)
        assert flood(httpd.port, FLOOD) == FLOOD
        after = status(client)
        # (what other tests deleted may go meanwhile)
        assert int(after["WfpRegistryKnown"]) <= int(before["WfpRegistryKnown"])
        assert after["WfpRegistryEvictedEntries"] == \
            before["WfpRegistryEvictedEntries"]
        loads = after["WfpRegistryLoads"]
        for _ in range(100):
            assert client.get("/", host=host).text == "one"
            assert client.get("/", host=wild).text == "two"
        assert status(client)["WfpRegistryLoads"] == loads

    def test_220_61_known_ones_are_served_meanwhile(self, httpd, client, table,
                                                    one):
        host = table.put("shop", one)
        strangers = threading.Thread(target=flood, args=(httpd.port, FLOOD))
        strangers.start()
        asked = 0
        while strangers.is_alive() or not asked:
            assert client.get("/", host=host).text == "one"
            asked += 1
        strangers.join()
