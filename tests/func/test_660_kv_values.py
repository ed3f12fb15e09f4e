# SPDX-License-Identifier: Apache-2.0
"""Values of KV namespaces by the REST API."""

import base64
import json
import time
import uuid

import pytest

from wfptest.api import LOCATION, Api

pytestmark = pytest.mark.one_mpm
NO_KV = "0" * 32


@pytest.fixture
def api(httpd, client):
    httpd.configure(LOCATION)
    return Api(httpd, client)


@pytest.fixture
def kv(api):
    """The path of a namespace."""
    all_of_them = f"{api.account}/storage/kv/namespaces"
    made = api.ok("POST", all_of_them, {"title": str(uuid.uuid4())})
    yield f"{all_of_them}/{made['id']}"
    api.ok("DELETE", f"{all_of_them}/{made['id']}")


def form(**parts):
    text = b""
    for name, data in parts.items():
        text += (f'--B\r\nContent-Disposition: form-data; name="{name}"'
                 "\r\n\r\n").encode() + data + b"\r\n"
    return text + b"--B--\r\n"


FORM = [("Content-Type", "multipart/form-data; boundary=B")]


def value(api, kv, key):
    """(status, bytes, expiration)"""
    answer = api.get(f"{kv}/values/{key}", raw=True)
    return answer.status, answer.body, answer.get("expiration")


def names(api, kv, query=""):
    return [each["name"] for each in api.ok("GET", f"{kv}/keys{query}")]


class TestOne:
    def test_660_01_bytes_in_and_out(self, api, kv):
        for data in (b"text", b"", bytes(range(256)) * 40, b"--B\r\n"):
            assert api.ok("PUT", f"{kv}/values/k", data) == {}
            assert value(api, kv, "k") == (200, data, None)
        answer = api.get(f"{kv}/values/k", raw=True)
        assert answer.get("Content-Type") == "application/octet-stream"

    def test_660_02_a_form(self, api, kv):
        api.ok("PUT", f"{kv}/values/k", form(value=b"v\0", metadata=b'{"a":1}'),
               headers=FORM)
        assert value(api, kv, "k") == (200, b"v\0", None)
        assert api.ok("GET", f"{kv}/metadata/k") == {"a": 1}
        api.ok("PUT", f"{kv}/values/k",
               form(value=b"v", **{"metadata[a]": b"x"}), headers=FORM)
        assert api.ok("GET", f"{kv}/metadata/k") == {"a": "x"}
        api.ok("PUT", f"{kv}/values/k", b"bare")
        assert api.ok("GET", f"{kv}/metadata/k") is None

    @pytest.mark.parametrize("body", [
        form(metadata=b"{}"), form(value=b"v", metadata=b"{"), b"--B\r\n",
        form(value=b"v")[:-9]])
    def test_660_03_bad_forms(self, api, kv, body):
        assert api.refused("PUT", f"{kv}/values/k", body, headers=FORM) == \
            (400, 10012)
        assert value(api, kv, "k")[0] == 404

    def test_660_04_expiration(self, api, kv):
        api.ok("PUT", f"{kv}/values/k?expiration_ttl=600", b"v")
        told = int(value(api, kv, "k")[2])
        assert 500 < told - time.time() < 700
        assert api.ok("GET", f"{kv}/keys") == [{"name": "k",
                                                "expiration": told}]
        api.ok("PUT", f"{kv}/values/k?expiration=4000000000", b"v")
        assert value(api, kv, "k")[2] == "4000000000"
        for query in ("expiration_ttl=59", "expiration=1", "expiration_ttl=0"):
            assert api.refused("PUT", f"{kv}/values/k?{query}", b"w") == \
                (400, 10034)
        assert api.refused("PUT", f"{kv}/values/k?expiration_ttl=x", b"w") == \
            (400, 10012)
        assert value(api, kv, "k")[1] == b"v"

    @pytest.mark.parametrize("key, name", [
        ("a%2Fb%20c%25d", "a/b c%d"), ("a/b", "a/b"), ("%C3%BC", "ü"),
        ("q%3Fx%3D1%26y%23z", "q?x=1&y#z"), ("plus+and:colon", "plus+and:colon"),
        ("..x", "..x"), ("a%2F%2Fb", "a//b"), ("%00", "\0"),
        ("a%FFb", "a\ufffdb"), ("k" * 512, "k" * 512)])
    def test_660_05_keys_are_any_bytes(self, api, kv, key, name):
        api.ok("PUT", f"{kv}/values/{key}", name.encode())
        assert value(api, kv, key)[:2] == (200, name.encode())
        assert names(api, kv) == [name]
        assert api.ok("DELETE", f"{kv}/values/{key}") == {}
        assert not names(api, kv)

    def test_660_06_bad_keys(self, api, kv):
        # httpd takes dots for steps of the path
        for key, error in (("k" * 513, (400, 10012)), ("%2E", (404, 7003)),
                           ("", (404, 7003))):
            for method, body in (("GET", None), ("PUT", b"v"),
                                 ("DELETE", None)):
                assert api.refused(method, f"{kv}/values/{key}", body) == \
                    error, (method, key)

    def test_660_07_what_is_not_there(self, api, kv):
        assert api.refused("GET", f"{kv}/values/none") == (404, 10009)
        assert api.refused("GET", f"{kv}/metadata/none") == (404, 10009)
        assert api.ok("DELETE", f"{kv}/values/none") == {}
        other = kv.rpartition("/")[0] + "/" + NO_KV
        for method, path, body in (
                ("GET", "/values/k", None), ("PUT", "/values/k", b"v"),
                ("DELETE", "/values/k", None), ("GET", "/metadata/k", None),
                ("GET", "/keys", None), ("PUT", "/bulk", [
                    {"key": "k", "value": "v"}]),
                ("DELETE", "/bulk", ["k"]), ("POST", "/bulk/delete", ["k"]),
                ("POST", "/bulk/get", {"keys": ["k"]})):
            assert api.refused(method, other + path, body) == (404, 10013)

    def test_660_08_sizes(self, api, kv):
        largest = b"x" * (25 << 20)
        api.ok("PUT", f"{kv}/values/k", largest)
        assert value(api, kv, "k")[1] == largest
        api.ok("PUT", f"{kv}/values/k", form(value=largest), headers=FORM)
        assert value(api, kv, "k")[1] == largest
        for body, headers in ((largest + b"x", ()),
                              (form(value=largest + b"x"), FORM),
                              (form(value=b"v", metadata=json.dumps(
                                  "m" * 1023).encode()), FORM)):
            assert api.refused("PUT", f"{kv}/values/k", body,
                               headers=headers) == (413, 10413)

    def test_660_09_roles(self, api, kv):
        read, _ = api.with_token("--role", "read")
        api.ok("PUT", f"{kv}/values/k", b"v")
        assert value(read, kv, "k")[0] == 200
        assert read.ok("POST", f"{kv}/bulk/get", {"keys": ["k"]})
        for method, path, body in (("PUT", "/values/k", b"w"),
                                   ("DELETE", "/values/k", None),
                                   ("PUT", "/bulk", [{"key": "k",
                                                      "value": "w"}]),
                                   ("DELETE", "/bulk", ["k"]),
                                   ("POST", "/bulk/delete", ["k"])):
            assert read.refused(method, kv + path, body) == (403, 10000)
        limited, _ = api.with_token("--role", "admin", "--namespace", "demo")
        assert limited.refused("GET", f"{kv}/values/k") == (403, 10000)
        assert value(api, kv, "k")[1] == b"v"

    def test_660_10_mutations_are_audited(self, api, kv):
        api.ok("PUT", f"{kv}/values/secret-key", b"hidden value")
        api.refused("PUT", f"{kv}/values/x?expiration_ttl=1", b"v")
        api.ok("PUT", f"{kv}/bulk", [{"key": "a", "value": "1"}])
        api.ok("DELETE", f"{kv}/values/a")
        number = kv.rpartition("/")[2]
        told = [(row["action"], row["details"]) for row
                in api.ok("GET", f"{api.account}/audit?limit=20")
                if row["object"]["name"] == number]
        assert [action for action, _ in told] == \
            ["delete_value", "put_values", "put_value", "create"]
        assert told[2][1] == {"key": "secret-key"}
        assert told[1][1] == {"count": 1}
        assert "hidden" not in str(told)


class TestKeys:
    def test_660_20_pages(self, api, kv):
        api.ok("PUT", f"{kv}/bulk",
               [{"key": f"k{n:02d}", "value": "v"} for n in range(25)]
               + [{"key": "other", "value": "v", "metadata": [1]}])
        seen, cursor = [], ""
        while True:
            answer = api.get(f"{kv}/keys?prefix=k&limit=10&cursor={cursor}")
            page, info = answer.json["result"], answer.json["result_info"]
            assert info["count"] == len(page)
            seen += [each["name"] for each in page]
            cursor = info["cursor"]
            if not cursor:
                break
        assert seen == [f"k{n:02d}" for n in range(25)]
        assert api.ok("GET", f"{kv}/keys?prefix=o") == [
            {"name": "other", "metadata": [1]}]

    @pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x",
                                       "cursor=zz", "cursor=6",
                                       "prefix=" + "p" * 513])
    def test_660_21_bad_queries(self, api, kv, query):
        assert api.refused("GET", f"{kv}/keys?{query}") == (400, 10012)


class TestBulk:
    def test_660_30_put_get_delete(self, api, kv):
        blob = bytes(range(256))
        done = api.ok("PUT", f"{kv}/bulk", [
            {"key": "a", "value": "1", "metadata": {"m": 1},
             "expiration_ttl": 3600},
            {"key": "b", "value": base64.b64encode(blob).decode(),
             "base64": True},
            {"key": "c", "value": "first"}, {"key": "c", "value": "last"}])
        assert done == {"successful_key_count": 4, "unsuccessful_keys": []}
        assert value(api, kv, "b")[1] == blob
        got = api.ok("POST", f"{kv}/bulk/get", {"keys": ["a", "c", "none"]})
        assert got == {"values": {"a": "1", "c": "last", "none": None}}
        got = api.ok("POST", f"{kv}/bulk/get",
                     {"keys": ["a", "none"], "type": "json",
                      "withMetadata": True})["values"]
        assert got["none"] is None and got["a"].pop("expiration") > time.time()
        assert got["a"] == {"value": 1, "metadata": {"m": 1}}
        for method, path in (("POST", "/bulk/delete"), ("DELETE", "/bulk")):
            assert api.ok(method, kv + path, ["a", "none"]) == \
                {"successful_key_count": 2, "unsuccessful_keys": []}
        assert names(api, kv) == ["b", "c"]

    def test_660_31_values_that_are_no_text(self, api, kv):
        api.ok("PUT", f"{kv}/values/k", b"a\0b\xffc")
        got = api.ok("POST", f"{kv}/bulk/get", {"keys": ["k"]})
        assert got == {"values": {"k": "a\0b\ufffdc"}}
        assert api.refused("POST", f"{kv}/bulk/get",
                           {"keys": ["k"], "type": "json"}) == (400, 10012)

    @pytest.mark.parametrize("pair, error", [
        ({"value": "v"}, (400, 10012)), ({"key": 1, "value": "v"}, (400, 10012)),
        ({"key": "", "value": "v"}, (400, 10012)),
        ({"key": ".", "value": "v"}, (400, 10012)),
        ({"key": "k"}, (400, 10012)), ({"key": "k", "value": 1}, (400, 10012)),
        ({"key": "k", "value": "a", "base64": True}, (400, 10012)),
        ({"key": "k", "value": "?", "base64": True}, (400, 10012)),
        ({"key": "k", "value": "v", "expiration_ttl": 5}, (400, 10034)),
        ({"key": "k", "value": "v", "expiration_ttl": "x"}, (400, 10012)),
        ({"key": "k", "value": "v", "metadata": "m" * 1023}, (413, 10413)),
        ("k", (400, 10012)), (None, (400, 10012))])
    def test_660_32_all_or_nothing(self, api, kv, pair, error):
        assert api.refused("PUT", f"{kv}/bulk", [
            {"key": "good", "value": "v"}, pair]) == error
        assert not names(api, kv)

    def test_660_33_how_many(self, api, kv):
        assert api.refused("PUT", f"{kv}/bulk", []) == (400, 10029)
        assert api.refused("DELETE", f"{kv}/bulk", []) == (400, 10029)
        for keys in ([], [f"k{n}" for n in range(101)]):
            assert api.refused("POST", f"{kv}/bulk/get", {"keys": keys}) == \
                (400, 10029)
        pairs = [{"key": f"k{n:05d}", "value": "v"} for n in range(10001)]
        assert api.refused("PUT", f"{kv}/bulk", pairs) == (400, 10012)
        done = api.ok("PUT", f"{kv}/bulk", pairs[1:])
        assert done["successful_key_count"] == 10000
        assert names(api, kv, "?limit=1") == ["k00001"]
        api.ok("DELETE", f"{kv}/bulk", [each["key"] for each in pairs[:-1]])
        assert names(api, kv) == ["k10000"]

    @pytest.mark.parametrize("body", [b"", b"{}", b"[", b"null", b'["\\u0000"]',
                                      b"[[]]", b"1"])
    def test_660_34_bad_bodies(self, api, kv, body):
        for method, path in (("PUT", "/bulk"), ("DELETE", "/bulk"),
                             ("POST", "/bulk/delete"), ("POST", "/bulk/get")):
            status, _ = api.refused(method, kv + path, body)
            assert status == 400, (method, path)


def test_660_40_workers_see_it_at_once(api, kv, tenant):
    worker = tenant.deploy("""return { fetch = function(request, env)
        local got = env.KV:getWithMetadata("k")
        env.KV:put("mine", "by a Worker", { metadata = { w = true } })
        return Response.json(got)
    end }""", "--binding", f"kv_namespace:KV={kv.rpartition('/')[2]}")
    for n in range(20):
        api.ok("PUT", f"{kv}/values/k", form(value=str(n).encode(),
                                             metadata=b'{"n":1}'),
               headers=FORM)
        assert worker.get().json == {"value": str(n), "metadata": {"n": 1}}
    assert value(api, kv, "mine")[1] == b"by a Worker"
    assert api.ok("GET", f"{kv}/metadata/mine") == {"w": True}
    tenant.remove_all()
