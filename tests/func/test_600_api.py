# SPDX-License-Identifier: Apache-2.0
"""The REST API's frame: paths, tokens, envelope, bodies."""

import json
import pathlib

import pytest

from wfptest.api import LOCATION, Api

pytestmark = pytest.mark.one_mpm

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERIFY = "/user/tokens/verify"


class TestTokens:
    def test_600_01_verify(self, api):
        answer = api.get(VERIFY)
        assert answer.status == 200
        assert answer.json["result"]["status"] == "active"
        assert answer.json["messages"] == [{
            "code": 10000, "message": "This API Token is valid and active",
            "type": None}]
        assert api.get(f"{api.account}/tokens/verify").status == 200

    def test_600_02_wrong_and_missing_tokens(self, api):
        none = Api(api.httpd, api.client, None)
        wrong = Api(api.httpd, api.client, "x" * 40)
        assert none.refused("GET", api.namespaces) == (400, 9106)
        assert wrong.refused("GET", api.namespaces) == (401, 10000)
        assert wrong.refused("GET", VERIFY) == (401, 1000)
        huge = Api(api.httpd, api.client, "x" * 4000)
        assert huge.refused("GET", api.namespaces) == (401, 10000)

    def test_600_03_key_and_email(self, api):
        none = Api(api.httpd, api.client, None)
        key = ("X-Auth-Key", api.token)
        mail = ("X-Auth-Email", "a@example.com")
        assert none.get(VERIFY, headers=[key, mail]).status == 200
        assert none.refused("GET", VERIFY, headers=[key]) == (400, 9106)

    @pytest.mark.parametrize("role, status", [("read", 403), ("deploy", 403),
                                              ("admin", 200)])
    def test_600_04_roles(self, api, role, status):
        other, _ = api.with_token("--role", role)
        assert other.get(api.namespaces).status == 200
        answer = other.call("POST", api.namespaces, {"name": f"role-{role}"})
        assert answer.status == status
        if status == 403:
            assert answer.json["errors"][0]["code"] == 10000

    def test_600_05_limited_to_namespaces(self, api, tenant):
        mine, others = tenant.namespace(), tenant.namespace()
        limited, _ = api.with_token("--role", "admin", "--namespace", mine)
        assert [n["namespace_name"] for n in
                limited.ok("GET", api.namespaces)] == [mine]
        assert limited.get(f"{api.namespaces}/{mine}").status == 200
        assert limited.refused("GET", f"{api.namespaces}/{others}") == \
            (403, 10000)
        assert limited.refused("POST", api.namespaces, {"name": "x"}) == \
            (403, 10000)

    def test_600_06_revoked_at_once(self, api):
        other, made = api.with_token("--role", "read")
        assert other.get(VERIFY).status == 200
        api.httpd.wfpctl("token", "revoke", made["id"])
        for _ in range(20):
            assert other.refused("GET", VERIFY) == (401, 1000)

    def test_600_07_no_token_is_logged(self, api):
        before = api.httpd.log.size()
        api.get(VERIFY)
        Api(api.httpd, api.client, "secret-" + "y" * 33).get(VERIFY)
        assert "y" * 33 not in api.httpd.log.text(before)
        assert api.token not in api.httpd.log.text(before)


class TestPaths:
    def test_600_10_unknown_route_and_method(self, api):
        assert api.refused("GET", "/nothing") == (404, 7003)
        answer = api.call("DELETE", api.namespaces)
        assert answer.json["errors"][0]["code"] == 10405
        assert (answer.status, answer.get("Allow")) == (405, "GET, HEAD, POST")
        assert api.call("OPTIONS", api.namespaces).status == 405

    def test_600_11_other_account(self, api):
        assert api.refused("GET", "/accounts/" + "0" * 32) == (404, 7003)
        assert api.refused("GET", "/accounts/x") == (404, 7003)

    @pytest.mark.parametrize("name", ["a%00b", "a%ff", "a%2Fb",
                                      "%2e%2e%2f%2e%2e%2fuser"])
    def test_600_12_bad_names(self, api, name):
        assert api.get(f"{api.namespaces}/{name}").status == 404

    def test_600_16_broken_escapes_are_httpds(self, api):
        api.httpd.log.expect("AH10244")
        for name in ("a%", "a%zz"):
            answer = api.get(f"{api.namespaces}/{name}", raw=True)
            assert answer.status == 400

    def test_600_13_prefix_is_free(self, httpd, client):
        httpd.configure(('<Location "/some/api">', "SetHandler wfp-api",
                         "</Location>"))
        for base in ("/some/api", "/some/api/client/v4"):
            assert Api(httpd, client, base=base).get(VERIFY).status == 200

    def test_600_14_head_and_trailing_slash(self, api):
        answer = api.call("HEAD", VERIFY, raw=True)
        assert (answer.status, answer.body) == (200, b"")
        assert api.get(VERIFY + "/").status == 200

    def test_600_15_query(self, api):
        assert api.refused("GET", "/accounts?page=0") == (400, 10012)
        assert api.refused("GET", "/accounts?page=%zz") == (400, 10012)
        assert api.refused("GET", "/accounts?" + "a=1&" * 65) == (400, 10012)


class TestBodies:
    def test_600_20_content_type_is_not_looked_at(self, api):
        for kind in ("text/plain;charset=UTF-8", "application/merge-patch+json"):
            name = f"type-{len(kind)}"
            answer = api.call("POST", api.namespaces,
                              b'{"name":"%s"}' % name.encode(),
                              headers=[("Content-Type", kind)])
            assert answer.json["result"]["namespace_name"] == name

    @pytest.mark.parametrize("body", [
        b"", b"{", b"[]", b"null", b'{"name":1}', b'{"name":"a\\u0000"}',
        b'{"name":"\xff"}', b'{"name":"a/b"}', b"[" * 100 + b"]" * 100,
        b'{"name":' + b"[" * 70 + b"]" * 70 + b"}"])
    def test_600_21_bad_bodies(self, api, body):
        assert api.refused("POST", api.namespaces, body) == (400, 10012)

    def test_600_22_brackets_in_texts_are_not_deep(self, api):
        body = b'{"role":"read","name":"\\\\\\"' + b"[" * 100 + b'"}'
        assert api.ok("POST", f"{api.account}/tokens", body)

    def test_600_23_too_large(self, api):
        body = b'{"name":"' + b"x" * (1 << 20) + b'"}'
        assert api.refused("POST", api.namespaces, body) == (413, 10413)
        chunks = (b"x" * 65536 for _ in range(20))
        answer = api.client.request(
            "POST", api.base + api.namespaces, body=chunks,
            headers=[("Authorization", f"Bearer {api.token}")])
        assert answer.status == 413


class TestAccount:
    def test_600_30_pages_end(self, api):
        for path in ("/accounts", "/memberships"):
            first = api.get(path)
            assert len(first.json["result"]) == 1
            assert first.json["result_info"] == {
                "page": 1, "per_page": 20, "count": 1, "total_count": 1,
                "total_pages": 1}
            assert api.ok("GET", path + "?page=2") == []

    def test_600_31_user_and_account(self, api):
        assert set(api.ok("GET", "/user")) == {"id", "email"}
        account = api.ok("GET", api.account)
        assert f"/accounts/{account['id']}" == api.account

    def test_600_32_health(self, api):
        none = Api(api.httpd, api.client, None)
        assert none.ok("GET", f"{api.account}/healthz") == {"status": "ok"}
        full = api.ok("GET", f"{api.account}/healthz")
        assert full["store"] == "reachable"
        assert full["registry"]["slots"] > 0
        assert full["changes_behind"] >= 0
        assert 0 <= full["sync_lag"] < 60
        assert 0 <= full["registry"]["fill"] <= 1
        wrong = Api(api.httpd, api.client, "no-such-token")
        assert wrong.refused("GET", f"{api.account}/healthz")[0] == 401

    def test_600_33_description(self, api):
        none = Api(api.httpd, api.client, None)
        answer = none.get("/openapi.json", raw=True)
        doc = (ROOT / "admin/openapi.json").read_text()
        assert answer.json == json.loads(doc)
        assert answer.get("Content-Type") == "application/json"


class TestNamespaces:
    def test_600_40_create_get_list(self, api):
        made = api.ok("POST", api.namespaces, {"name": "made"})
        assert api.ok("GET", f"{api.namespaces}/made") == made
        assert made in api.ok("GET", api.namespaces)
        assert api.refused("POST", api.namespaces, {"name": "made"}) == \
            (400, 100120)
        assert api.refused("GET", f"{api.namespaces}/missing") == (404, 100119)

    def test_600_41_settings(self, api, tenant):
        name = tenant.namespace()
        path = f"{api.namespaces}/{name}"
        out = tenant.deploy("return { fetch = fetch }", ns=None)
        got = api.ok("PATCH", path, {"outbound": {"service": out.name},
                                     "limits": {"cpu_ms": 7}})
        assert got["egress"] == "outbound" and got["limits"] == {"cpu_ms": 7}
        got = api.ok("PUT", path, {"egress": "none"})
        assert got["outbound"]["service"] == out.name
        assert got["limits"] == {"cpu_ms": 7}
        got = api.ok("PATCH", path, {"outbound": None, "egress": "direct",
                                     "limits": {}, "trusted_workers": True})
        assert (got["outbound"], got["egress"], got["limits"]) == \
            (None, "direct", {})
        assert api.ok("GET", path)["trusted_workers"] is True

    @pytest.mark.parametrize("doc", [
        {"egress": "all"}, {"egress": "outbound"}, {"limits": {"cpu_ms": -1}},
        {"limits": 1}, {"outbound": "x"}, {"outbound": {}}, {"name": "a/b"},
        {"name": 1}, {"name": ""},
        {"tail_consumers": [{"service": 1}]}, {"egress_allow": "x"},
        {"egress_deny": ["a b"]}, {"egress_allow": [1]},
        {"egress_allow": ["10.0.0.0/99"]}, {"trusted_workers": 1}])
    def test_600_42_bad_settings(self, api, tenant, doc):
        path = f"{api.namespaces}/{tenant.namespace()}"
        before = api.ok("GET", path)
        assert api.refused("PATCH", path, doc) == (400, 10012)
        assert api.ok("GET", path) == before

    def test_600_45_egress_lists(self, api, tenant, origin):
        name = tenant.namespace()
        path = f"{api.namespaces}/{name}"
        user = tenant.deploy(
            "return { fetch = function() return fetch('http://127.0.0.1:"
            f"{origin.port}/') end }}", ns=name)
        assert user.get().error != "egress_blocked"
        deny = {"egress_deny": ["127.0.0.1/32"], "egress_allow": ["*.a.example"]}
        got = api.ok("PATCH", path, deny)
        assert {key: got[key] for key in deny} == deny
        assert user.get().error == "egress_blocked"
        assert api.ok("PATCH", path, {"egress_deny": []})["egress_allow"] == \
            ["*.a.example"]
        assert user.get().error != "egress_blocked"
        limited, _ = api.with_token("--role", "admin", "--namespace", name)
        assert limited.refused("PATCH", path, {"egress_allow": ["10.0.0.1/32"]}
                               ) == (403, 10000)
        assert limited.ok("PATCH", path, {"egress_deny": ["10.0.0.0/8"]})

    def test_600_43_missing(self, api):
        for method in ("PUT", "PATCH", "DELETE"):
            assert api.refused(method, f"{api.namespaces}/missing", {}) == \
                (404, 100119)

    def test_600_44_a_change_runs_at_once(self, api, tenant):
        name = tenant.namespace()
        path = f"{api.namespaces}/{name}"
        user = tenant.deploy(
            "return { fetch = function() local t = {} for i = 1, 200000 do "
            "t[i % 9] = i end return Response.new('ok') end }", ns=name)
        assert user.get().text == "ok"
        api.ok("PATCH", path, {"limits": {"instructions": 100000}})
        assert user.get().error == "instruction_limit"
        api.ok("DELETE", path, {"a": "body"})
        assert user.get().error == "worker_not_found"


class TestTokenRoutes:
    def test_600_50_life_of_a_token(self, api):
        made = api.ok("POST", f"{api.account}/tokens", {
            "name": "ci", "role": "deploy", "namespaces": ["demo"],
            "expires_on": "2999-12-31T23:59:59Z"})
        assert made["namespaces"] == ["demo"]
        assert made["expires_on"] == "2999-12-31T23:59:59Z"
        secret = made.pop("value")
        listed = api.ok("GET", f"{api.account}/tokens")
        assert secret not in str(listed)
        assert made["id"] in [t["id"] for t in listed]
        other = Api(api.httpd, api.client, secret)
        assert other.get(VERIFY).status == 200
        assert other.refused("GET", f"{api.account}/tokens") == (403, 10000)
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")
        assert other.refused("GET", VERIFY) == (401, 1000)
        assert api.refused("DELETE", f"{api.account}/tokens/{made['id']}") == \
            (404, 10404)

    def test_600_52_an_s3_key(self, api):
        made = api.ok("POST", f"{api.account}/tokens", {
            "name": "s3", "role": "deploy", "s3": True, "buckets": ["photos"]})
        assert made["access_key_id"] == made["id"]
        assert (made["s3"], made["buckets"]) == (True, ["photos"])
        listed = api.ok("GET", f"{api.account}/tokens")
        assert made["secret_access_key"] not in str(listed)
        assert [(t["s3"], t["buckets"]) for t in listed
                if t["id"] == made["id"]] == [(True, ["photos"])]
        # limited to buckets, so it reaches nothing by this API
        other = Api(api.httpd, api.client, made["value"])
        assert other.get(VERIFY).status == 200
        assert other.ok("GET", api.namespaces) == []
        for path in ("/storage/kv/namespaces", "/workers/scripts",
                     "/workers/dispatch/namespaces/demo/scripts"):
            assert other.refused("GET", api.account + path) == (403, 10000)
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")

    @pytest.mark.parametrize("doc", [
        {}, {"name": "x"}, {"name": "x", "role": "root"},
        {"name": "x" * 121, "role": "read"},
        {"name": "x", "role": "read", "namespaces": "demo"},
        {"name": "x", "role": "read", "namespaces": ["a/b"]},
        {"name": "x", "role": "read", "expires_on": "tomorrow"},
        {"name": "x", "role": "read", "expires_on": "2001-01-01"},
        {"name": "x", "role": "read", "expires_on": "2999-99-01"},
        {"name": "x", "role": "read", "s3": "yes"},
        {"name": "x", "role": "read", "buckets": ["photos"]},
        {"name": "x", "role": "read", "s3": True, "buckets": ["a/b"]},
        {"name": "x", "role": "read", "s3": True, "namespaces": ["demo"]}])
    def test_600_51_bad_tokens(self, api, doc):
        assert api.refused("POST", f"{api.account}/tokens", doc) == \
            (400, 10012)


class TestRate:
    def test_600_55_a_token_has_its_share(self, httpd, client):
        httpd.configure((*LOCATION, "WfpApiRate 5 1min"))
        api = Api(httpd, client)
        one, _ = api.with_token("--role", "read")
        answers = [one.get(VERIFY) for _ in range(15)]
        late = [a for a in answers if a.status == 429]
        # a window may end meanwhile: at most two of five
        assert 5 <= len(late) <= 10
        assert all(1 <= int(a.get("Retry-After")) <= 60 for a in late)
        assert late[0].json["errors"][0]["code"] == 971
        other, _ = api.with_token("--role", "read")
        assert other.get(VERIFY).status == 200

    def test_600_56_an_address_has_ten_times_that(self, httpd, client):
        httpd.configure((*LOCATION, "WfpApiRate 4 1min"))
        wrong = Api(httpd, client, "z" * 40)
        got = [wrong.get(VERIFY).status for _ in range(100)]
        assert set(got) == {401, 429} and 20 <= got.count(429) <= 60
        # Workers are none of its business
        assert client.get("/_ns/demo/none").status == 404


class TestNotYet:
    @pytest.mark.parametrize("method, path", [
        ("PUT", "/r2/buckets/b/lifecycle")])
    def test_600_60_says_so(self, api, method, path):
        answer = api.call(method, api.account + path)
        assert answer.status == 404
        error, = answer.json["errors"]
        assert error["code"] == 10501 and "not supported" in error["message"]
