# SPDX-License-Identifier: Apache-2.0
"""KV values that are remembered say the same as those that are not: in every
child, and on every host of a PostgreSQL within a second."""

import concurrent.futures
import time
import uuid

import pytest

from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.hosts import Hosts
from wfptest.wait import until

SCRIPT = """return { fetch = function(request, env)
    local key = request.headers:get("key")
    if request.method == "POST" then
        local ttl = tonumber(request.headers:get("at"))
        env.KV:put(key, request:text(), { expiration = ttl })
        return Response.new("put")
    end
    if request.method == "DELETE" then
        env.KV:delete(key)
        return Response.new("deleted")
    end
    return Response.new(env.KV:get(key) or "none")
end }"""


class Values:
    """A KV namespace of one server and a Worker of it."""

    def __init__(self, api, worker, number):
        self.api, self.worker = api, worker
        self.path = f"{api.account}/storage/kv/namespaces/{number}"

    def put(self, key, text, *headers):
        answer = self.worker.post(text.encode(),
                                  headers=[("key", key), *headers])
        assert answer.text == "put", answer

    def get(self, key):
        return self.worker.get(headers=[("key", key)]).text

    def everywhere(self, key):
        """What eight clients at a time are told, children as they come."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            return set(pool.map(self.get, [key] * 24))


@pytest.fixture
def values(httpd, client, tenant):
    httpd.configure([*LOCATION, "<Location /metrics>",
                     "SetHandler wfp-metrics", "</Location>"])
    api = Api(httpd, client)
    path = f"{api.account}/storage/kv/namespaces"
    number = api.ok("POST", path, {"title": str(uuid.uuid4())})["id"]
    yield Values(api, tenant.deploy(SCRIPT, "--binding",
                                    f"kv_namespace:KV={number}"), number)
    tenant.remove_all()
    api.ok("DELETE", f"{path}/{number}")


def figure(client, name):
    for line in client.get("/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise AssertionError(name)


class TestOneHost:
    def test_780_01_a_put_is_seen_by_every_child(self, values):
        for turn in range(15):
            values.put("k", str(turn))
            assert values.everywhere("k") == {str(turn)}
            assert values.api.get(f"{values.path}/values/k",
                                  raw=True).body == str(turn).encode()

    def test_780_02_a_put_of_the_api_too(self, values):
        for turn in range(5):
            values.api.ok("PUT", f"{values.path}/bulk",
                          [{"key": f"k{n}", "value": f"{turn} {n}"}
                           for n in range(20)])
            for n in range(0, 20, 7):
                assert values.everywhere(f"k{n}") == {f"{turn} {n}"}
        values.api.ok("POST", f"{values.path}/bulk/delete", ["k0", "k7"])
        assert values.everywhere("k7") == {"none"}
        assert values.everywhere("k14") == {"4 14"}

    def test_780_03_none_is_remembered_until_there_is_one(self, values):
        assert values.everywhere("k") == {"none"}
        values.put("k", "one")
        assert values.everywhere("k") == {"one"}
        values.worker.request("DELETE", headers=[("key", "k")])
        assert values.everywhere("k") == {"none"}

    def test_780_04_it_is_gone_in_its_second(self, values):
        """Nothing is asked at the moment itself: it says one or the other."""
        now = time.time()
        values.put("k", "one", ("at", str(int(now) + 61)))
        assert values.everywhere("k") == {"one"}
        answer = values.api.get(f"{values.path}/values/k", raw=True)
        assert answer.get("expiration") == str(int(now) + 61)

    def test_780_05_values_of_all_sizes(self, values):
        for size in (0, 1, 1000, 200_000, 300_000, 3_000_000):
            values.put("k", "x" * size)
            for _ in range(3):
                assert values.get("k") == "x" * size

    def test_780_06_it_is_memory_that_answers(self, values, client):
        values.put("k", "one")
        values.get("k")
        before = figure(client, "wfp_kv_cache_found_total")
        for _ in range(20):
            assert values.get("k") == "one"
        assert figure(client, "wfp_kv_cache_found_total") >= before + 20
        assert figure(client, "wfp_kv_cache_entries") >= 1

    def test_780_07_off(self, httpd, values, client):
        httpd.configure([*LOCATION, "WfpKvCache off", "<Location /metrics>",
                         "SetHandler wfp-metrics", "</Location>"])
        for turn in range(5):
            values.put("k", str(turn))
            assert values.everywhere("k") == {str(turn)}
        assert "wfp_kv_cache" not in client.get("/metrics").text

    def test_780_08_over_a_graceful_restart(self, httpd, values):
        """Children of two generations at once, each with a memory of its own."""
        for turn in range(6):
            values.put("k", f"{turn} before")
            assert values.everywhere("k") == {f"{turn} before"}
            httpd.graceful()
            assert values.everywhere("k") == {f"{turn} before"}
            values.put("k", f"{turn} after")
            assert values.everywhere("k") == {f"{turn} after"}


@pytest.fixture(scope="module")
def hosts(build, origin, tmp_path_factory):
    made = Hosts(build, tmp_path_factory.mktemp("kv-cache"), origin,
                 pgsql=True, count=2)
    try:
        made.start()
        yield made
    finally:
        made.remove()


@pytest.fixture
def pair(hosts):
    """The same namespace and Worker, of both hosts."""
    for server in hosts.servers:
        server.log.begin()
    api = hosts.api(0)
    path = f"{api.account}/storage/kv/namespaces"
    number = api.ok("POST", path, {"title": str(uuid.uuid4())})["id"]
    api.ok("POST", api.namespaces, {"name": "kv780"})
    (hosts.servers[0].root / "w.lua").write_text(SCRIPT)
    hosts.servers[0].wfpctl("deploy", "kv780/w",
                            str(hosts.servers[0].root / "w.lua"),
                            "--binding", f"kv_namespace:KV={number}")
    both = []
    for n, server in enumerate(hosts.servers):
        both.append(Values(hosts.api(n), Host(server), number))
    until(lambda: {each.get("k") for each in both} == {"none"}, "both")
    yield both
    api.ok("DELETE", f"{api.namespaces}/kv780")
    api.ok("DELETE", f"{path}/{number}")
    assert hosts.unexpected() == []


class Host:
    """The Worker as one host serves it."""

    def __init__(self, server):
        self.client = Client(server.port)

    def get(self, **more):
        return self.client.get("/_ns/kv780/w/", **more)

    def post(self, body, **more):
        return self.client.request("POST", "/_ns/kv780/w/", body=body, **more)


@pytest.mark.one_mpm
class TestTwoHosts:
    def test_780_10_what_one_puts_the_other_says(self, pair):
        one, two = pair
        for turn in range(5):
            for near, far in ((one, two), (two, one)):
                text = f"{turn} {near is one}"
                near.put("k", text)
                assert near.get("k") == text
                until(lambda far=far, text=text: far.get("k") == text, text)
                assert far.everywhere("k") == {text}

    def test_780_11_many_at_once(self, pair):
        one, two = pair
        for turn in range(3):
            one.api.ok("PUT", f"{one.path}/bulk",
                       [{"key": f"k{n}", "value": f"{turn} {n}"}
                        for n in range(30)])
            for n in range(30):
                until(lambda n=n, turn=turn: two.get(f"k{n}") == f"{turn} {n}",
                      "the other host")
        two.api.ok("POST", f"{two.path}/bulk/delete", ["k1", "k2"])
        until(lambda: one.get("k1") == "none", "the delete")

    def test_780_12_nothing_old_while_the_database_is_down(self, hosts, pair):
        """Who cannot ask whether it still holds does not say it."""
        for server in hosts.servers:
            server.log.expect("WFP0203", "WFP0204", "WFP2501", "WFP0202",
                              "WFP2902")
        one, two = pair
        one.put("k", "one")
        until(lambda: two.get("k") == "one", "the value")
        hosts.postgres.stop()
        try:
            until(lambda: two.worker.get(headers=[("key", "k")]).status != 200,
                  "no answer")
        finally:
            hosts.postgres.start()
        for each in pair:
            until(lambda each=each: each.get("k") == "one", "the value again")
            # each child has its own way back
            until(lambda api=each.api: all(
                api.get(api.namespaces).status == 200 for _ in range(20)),
                "the API again")
