# SPDX-License-Identifier: Apache-2.0
"""Etags, and changes that depend on them: hostnames, schedules, namespaces, queues,
consumers and KV values. What crosses is refused, whoever is faster."""

import concurrent.futures
import json
import uuid

import pytest

from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.uploads import Scripts

pytestmark = pytest.mark.one_mpm

CLIENTS = 8


def match(etag):
    return {"headers": [("If-Match", etag)]}


NEW = {"headers": [("If-None-Match", "*")]}


@pytest.fixture
def api(httpd, client):
    httpd.configure(LOCATION)
    return Api(httpd, client)


@pytest.fixture
def script(api, tenant):
    """(path of the Worker, its namespace, its name)"""
    scripts = Scripts(api, tenant.namespace())
    name = scripts.made()
    return f"{scripts.path}/{name}", scripts.ns, name


def another(api):
    """The same API for another thread."""
    return Api(api.httpd, Client(api.httpd.port), api.token, api.base)


def at_once(api, work):
    """work(api, number) of several clients; what each gave."""
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(lambda n: work(another(api), n), range(CLIENTS)))


class Kind:
    """Something that has an etag. change(n): (method, path, body) of the n-th
    change, each another one. drop: those of its end, or None."""

    def __init__(self, path, change, drop=None, can_be_made=False, raw=False):
        self.path, self.change, self.drop = path, change, drop
        self.can_be_made, self.raw = can_be_made, raw

    def etag(self, api):
        answer = api.get(self.path, raw=self.raw)
        assert answer.status == 200, answer
        return answer.get("ETag")


def a_hostname(api, script):
    path = f"{api.account}/hostnames/{uuid.uuid4()}.example.com"
    to = {"namespace": script[1], "script": script[2]}
    return Kind(path, lambda n: ("PUT", path, {**to, "metadata": {"n": n}}),
                ("DELETE", path), can_be_made=True)


def schedules(api, script):
    path = f"{script[0]}/schedules"
    return Kind(path, lambda n: ("PUT", path, [{"cron": f"{n} 1 * * *"}]))


def a_namespace(api, script):
    path = f"{api.namespaces}/{script[1]}"
    return Kind(path, lambda n: ("PATCH", path, {"limits": {"cpu_ms": n + 5}}),
                ("DELETE", path))


def a_queue(api, script):
    made = api.ok("POST", f"{api.account}/queues",
                  {"queue_name": str(uuid.uuid4())})
    path = f"{api.account}/queues/{made['queue_id']}"
    return Kind(path, lambda n: ("PATCH", path,
                                 {"settings": {"delivery_delay": n + 1}}),
                ("DELETE", path))


def a_consumer(api, script):
    queue = a_queue(api, script).path
    made = api.ok("POST", f"{queue}/consumers", {"type": "http_pull"})
    path = f"{queue}/consumers/{made['consumer_id']}"
    return Kind(path, lambda n: ("PUT", path, {
        "type": "http_pull", "settings": {"max_retries": n + 4}}),
                ("DELETE", path))


def a_value(api, script):
    made = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                  {"title": str(uuid.uuid4())})
    path = f"{api.account}/storage/kv/namespaces/{made['id']}/values/k"
    return Kind(path, lambda n: ("PUT", path, b"%d" % n), ("DELETE", path),
                can_be_made=True, raw=True)


ALL = (a_hostname, schedules, a_namespace, a_queue, a_consumer, a_value)


@pytest.fixture(params=ALL, ids=lambda make: make.__name__)
def kind(request, api, script):
    kind = request.param(api, script)
    if kind.can_be_made:
        api.ok(*kind.change(100))
    return kind


class TestEach:
    def test_656_01_an_etag_is_what_it_is(self, api, kind):
        first = kind.etag(api)
        assert first[0] == first[-1] == '"' and len(first) == 34
        assert kind.etag(api) == first
        changed = api.call(*kind.change(1))
        assert changed.status == 200
        assert changed.get("ETag") == kind.etag(api) != first

    def test_656_02_only_what_it_is_can_be_changed(self, api, kind):
        old = kind.etag(api)
        api.ok(*kind.change(1), **match(old))
        new = kind.etag(api)
        method, path, body = kind.change(2)
        refused = api.call(method, path, body, **match(old))
        assert (refused.status, refused.json["errors"][0]["code"]) == \
            (412, 10412)
        assert refused.json["errors"][0]["message"].endswith(
            "is not what If-Match says")
        for wrong in ("", '""', "x", '"*"', f'"a", {old}'):
            assert api.refused(method, path, body, **match(wrong)) == \
                (412, 10412), wrong
        assert kind.etag(api) == new
        assert api.refused(method, path, body, **NEW) == (412, 10412)
        for right in ("*", f"W/{new}", f'"x", {new}', new[:-1] + '-gzip"'):
            api.ok(method, path, body, **match(right))
            api.ok(*kind.change(1))

    def test_656_03_what_is_refused_is_not_in_the_audit(self, api, kind):
        rows = lambda: api.ok("GET", f"{api.account}/audit?limit=1")
        old = kind.etag(api)
        api.ok(*kind.change(1))
        last = rows()
        api.refused(*kind.change(2), **match(old))
        if kind.drop:
            api.refused(*kind.drop, **match(old))
        assert rows() == last

    def test_656_04_one_of_many_wins(self, api, kind):
        etag = kind.etag(api)
        done = at_once(api, lambda each, n: each.call(
            *kind.change(n + 1), **match(etag)).status)
        assert sorted(done) == [200] + [412] * (CLIENTS - 1)

    def test_656_05_its_end_depends_on_it(self, api, kind):
        if not kind.drop:
            return
        old = kind.etag(api)
        api.ok(*kind.change(1))
        assert api.refused(*kind.drop, **match(old)) == (412, 10412)
        api.ok(*kind.drop, **match(kind.etag(api)))
        assert api.get(kind.path, raw=True).status == 404

    def test_656_06_what_is_not_there_is_made_by_one(self, api, kind):
        if not kind.can_be_made:
            return
        api.ok(*kind.drop)
        assert api.refused(*kind.change(1), **match("*")) == (412, 10412)
        done = at_once(api, lambda each, n: each.call(
            *kind.change(n), **NEW).status)
        assert sorted(done) == [200] + [412] * (CLIENTS - 1)


class TestMore:
    def test_656_10_members_of_a_namespace_are_not_lost(self, api, script):
        """Who changes one member does not take back what another changed."""
        path = a_namespace(api, script).path
        members = [{"limits": {"cpu_ms": 7}}, {"trusted_workers": True},
                   {"egress_allow": ["a.example.com"]},
                   {"egress_deny": ["b.example.com"]}]
        for _ in range(5):
            api.ok("PATCH", path, {"limits": {}, "trusted_workers": False,
                                   "egress_allow": [], "egress_deny": []})
            at_once(api, lambda each, n: each.ok(
                "PATCH", path, members[n % len(members)]))
            is_now = api.ok("GET", path)
            for member in members:
                for name, value in member.items():
                    assert is_now[name] == value, name

    def test_656_11_members_of_a_queue_are_not_lost(self, api, script):
        path = a_queue(api, script).path
        members = [{"delivery_delay": 7}, {"delivery_paused": True},
                   {"message_retention_period": 3600}]
        at_once(api, lambda each, n: each.ok(
            "PATCH", path, {"settings": members[n % len(members)]}))
        settings = api.ok("GET", path)["settings"]
        for member in members:
            assert member.items() <= settings.items()

    def test_656_12_a_rename_depends_on_it(self, api, script):
        path = a_namespace(api, script).path
        name = f"n{uuid.uuid4().hex}"
        old = api.get(path).get("ETag")
        api.ok("PATCH", path, {"limits": {"cpu_ms": 9}})
        assert api.refused("PUT", path, {"name": name}, **match(old)) == \
            (412, 10412)
        etag = api.get(path).get("ETag")
        renamed = api.call("PUT", path, {"name": name}, **match(etag))
        assert renamed.status == 200
        assert renamed.get("ETag") == \
            api.get(f"{api.namespaces}/{name}").get("ETag") != etag

    def test_656_13_all_of_a_value_counts(self, api, script):
        """Its metadata and its end, too; metadata are read with the same etag."""
        path = a_value(api, script).path
        seen = set()
        form = [("Content-Type", "multipart/form-data; boundary=B")]

        def put(query="", metadata=None):
            parts = {"value": "v", **({"metadata": metadata} if metadata else {})}
            body = "".join(f'--B\r\nContent-Disposition: form-data; name="{k}"'
                           f"\r\n\r\n{v}\r\n" for k, v in parts.items())
            answer = api.call("PUT", path + query, (body + "--B--\r\n").encode(),
                              headers=form)
            assert answer.status == 200
            etag = api.get(path, raw=True).get("ETag")
            assert etag == answer.get("ETag") == \
                api.get(path.replace("/values/", "/metadata/")).get("ETag")
            seen.add(etag)

        put()
        put(metadata='{"a":1}')
        put(metadata='{"a":2}')
        put("?expiration=4102444800")
        assert len(seen) == 4

    def test_656_14_values_count_up_with_nothing_lost(self, api, script):
        path = a_value(api, script).path
        api.ok("PUT", path, b"0")

        def add(each, _):
            for _ in range(3):
                status = 412
                while status == 412:
                    now = each.get(path, raw=True)
                    status = each.call(
                        "PUT", path, b"%d" % (int(now.body) + 1),
                        **match(now.get("ETag"))).status
                assert status == 200

        at_once(api, add)
        assert int(api.get(path, raw=True).body) == 3 * CLIENTS

    def test_656_15_a_large_value(self, api, script):
        path = a_value(api, script).path
        data = b"x" * (5 << 20)
        etag = api.call("PUT", path, data).get("ETag")
        assert api.refused("DELETE", path, **match('"x"')) == (412, 10412)
        api.ok("PUT", path, data + b"y", **match(etag))
        assert api.refused("DELETE", path, **match(etag)) == (412, 10412)

    def test_656_16_what_was_never_there(self, api, script):
        """Also where no value was ever written: nothing is made for it."""
        path = a_value(api, script).path
        for method, body in (("PUT", b"v"), ("DELETE", None)):
            assert api.refused(method, path, body, **match('"x"')) == \
                (412, 10412)
        assert api.get(path, raw=True).status == 404
        gone = f"{api.account}/hostnames/none.example.com"
        assert api.refused("DELETE", gone, **match('"x"')) == (404, 10404)
        assert json.loads(api.get(gone).body)["errors"][0]["code"] == 10404
