# SPDX-License-Identifier: Apache-2.0
"""Two servers of one PostgreSQL: what one is told, the other serves; both go on
serving while the database is down."""

import json

import pytest

from wfptest.api import Api
from wfptest.client import Client
from wfptest.hosts import Hosts
from wfptest.uploads import FORM, LUA, form, part
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

FETCHES = """return { fetch = function(req, env)
    local ok, e = pcall(fetch, "%s")
    return Response.new(ok and "out" or tostring(e.code))
end }"""
SECRET = ("return { fetch = function(req, env) "
          "return Response.new(tostring(env.S)) end }")


@pytest.fixture(scope="module")
def hosts(build, origin, tmp_path_factory):
    made = Hosts(build, tmp_path_factory.mktemp("two-hosts"), origin,
                 pgsql=True, count=2)
    try:
        made.start()
        yield made
    finally:
        made.remove()


class Pair:
    """What is told to one host, asked of the other."""

    def __init__(self, hosts, told, name):
        self.hosts, self.ns = hosts, name
        self.api = hosts.api(told)
        self.other_api = hosts.api(1 - told)
        self.client = Client(hosts.servers[1 - told].port)
        self.path = f"{self.api.namespaces}/{name}"
        self.api.ok("POST", self.api.namespaces, {"name": name})

    def deploy(self, text, source=None, name="w"):
        answer = self.api.call(
            "PUT", f"{self.path}/scripts/{name}",
            form(part("metadata", json.dumps({
                "main_module": "w.lua", "keep_bindings": ["secret_text"]})),
                 part("w.lua", source or LUA % text)),
            headers=[("Content-Type", FORM)])
        assert answer.status == 200, answer

    def ask(self, name="w"):
        return self.client.get(f"/_ns/{self.ns}/{name}/")

    def becomes(self, text, status=200):
        """The other host says it soon."""
        until(lambda: (self.ask().status, self.ask().text)[:1 if text is None
              else 2] == ((status,) if text is None else (status, text)),
              f"{status} {text}", pause=0.005)


@pytest.fixture(params=[0, 1], ids=["A_to_B", "B_to_A"])
def pair(hosts, request):
    for server in hosts.servers:
        server.log.begin()
    made = Pair(hosts, request.param, f"pair{request.param}")
    yield made
    made.api.ok("DELETE", made.path)
    assert hosts.unexpected() == []


class TestTwoHosts:
    def test_910_01_deploy_rollback_delete(self, pair):
        assert pair.ask().status == 404  # a miss is remembered, not for long
        pair.deploy("one")
        pair.becomes("one")
        pair.deploy("two")
        pair.becomes("two")
        pair.api.ok("POST", f"{pair.path}/scripts/w/rollback")
        pair.becomes("one")
        pair.api.ok("DELETE", f"{pair.path}/scripts/w")
        pair.becomes(None, 404)

    def test_910_02_secrets(self, pair):
        """Both hosts have the key: what one seals, the other opens."""
        pair.deploy(None, SECRET)
        pair.becomes("nil")
        for value in ("one", "two"):
            pair.api.ok("PUT", f"{pair.path}/scripts/w/secrets",
                        {"name": "S", "text": value, "type": "secret_text"})
            pair.becomes(value)
        pair.api.ok("DELETE", f"{pair.path}/scripts/w/secrets/S")
        pair.becomes("nil")

    def test_910_03_settings_of_a_namespace(self, pair, origin):
        pair.deploy(None, FETCHES % origin.url)
        pair.becomes("out")
        pair.api.ok("PATCH", pair.path, {"egress": "none"})
        pair.becomes("egress_blocked")
        pair.api.ok("PATCH", pair.path, {"egress": "direct"})
        pair.becomes("out")

    def test_910_04_tokens_at_once(self, pair):
        """Tokens are looked up in the store: nothing has to get about."""
        made = pair.api.ok("POST", f"{pair.api.account}/tokens",
                           {"name": "t", "role": "read"})
        other = Api(pair.other_api.httpd, pair.other_api.client, made["value"])
        other.ok("GET", other.namespaces)
        pair.api.ok("DELETE", f"{pair.api.account}/tokens/{made['id']}")
        assert other.refused("GET", other.namespaces)[0] == 401

    def test_910_05_the_database_is_restarted(self, hosts, pair):
        for server in hosts.servers:
            server.log.expect("WFP0202", "WFP0203", "WFP0204", "WFP2902")
        pair.deploy("one")
        pair.becomes("one")
        assert hosts.servers[0].wfpctl("list", pair.ns).stdout == "w\n"
        near = Client(pair.api.httpd.port)
        assert near.get(f"/_ns/{pair.ns}/w/").text == "one"
        hosts.postgres.stop()
        try:
            for server in hosts.servers:
                server.log.wait_for("WFP0203")
            for client in (near, pair.client):
                for _ in range(20):
                    assert client.get(f"/_ns/{pair.ns}/w/").text == "one"
                assert client.get(f"/_ns/{pair.ns}/new/").status == 503
            for api in (pair.api, pair.other_api):
                assert api.refused("GET", pair.path) == (503, 10503)
        finally:
            hosts.postgres.start()
        # a child that was refused does not try again for a second
        for api in (pair.api, pair.other_api):
            until(lambda: all(api.call("GET", pair.path).status == 200
                              for _ in range(60)),
                  "every child's API to answer again")
        pair.deploy("two")
        pair.becomes("two")
        pair.deploy("new", name="new")
        until(lambda: pair.ask("new").status == 200, "a Worker made after it")
        for server in hosts.servers:  # else the next fault is none, to them
            server.log.wait_for("WFP0204")


class TestKeys:
    def test_910_06_rotation_on_two_hosts(self, hosts):
        """As docs/operations/keys.md says; nobody is ever without a secret."""
        pair = Pair(hosts, 0, "keys910")
        pair.deploy(None, SECRET)

        def put(api, value):
            api.ok("PUT", f"{pair.path}/scripts/w/secrets",
                   {"name": "S", "text": value, "type": "secret_text"})
            for server in hosts.servers:
                client = Client(server.port)
                until(lambda: client.get(f"/_ns/{pair.ns}/w/").text == value,
                      value)

        def key(*words):
            return json.loads(hosts.servers[0].wfpctl("--json", "key",
                                                      *words).stdout)

        put(pair.api, "before")
        key("rotate", "--prepare")
        put(pair.other_api, "prepared on one")
        hosts.copy_key(1)
        assert key("rotate")["secrets"] >= 2
        put(pair.api, "sealed by the one with the new key")
        put(pair.other_api, "sealed by the other with the old one")
        hosts.copy_key(1)
        said = hosts.servers[0].wfpctl("key", "prune", check=False)
        assert said.returncode == 1
        assert "key rotate" in said.stderr
        assert key("rotate")["keys"] == 2
        put(pair.other_api, "by both with the new one")
        assert key("prune")["keys"] == 1
        hosts.copy_key(1)
        for server in hosts.servers:
            server.graceful()
            assert Client(server.port).get(f"/_ns/{pair.ns}/w/").text == \
                "by both with the new one"
        pair.api.ok("DELETE", pair.path)
        assert hosts.unexpected() == []
