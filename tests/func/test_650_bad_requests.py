# SPDX-License-Identifier: Apache-2.0
"""Malformed requests over the API's routes: each has its answer, and none
changes the store or leaves a warning."""

import json
import socket

import pytest

from wfptest.api import LOCATION, Api
from wfptest.store import dump
from wfptest.uploads import FORM, LUA, Scripts, form, part, upload_body

pytestmark = pytest.mark.one_mpm

BAD, ROUTE, METHOD, LARGE = (400, 10012), (404, 7003), (405, 10405), \
    (413, 10413)
INVALID, MISSING, FORBIDDEN = (400, 10021), (400, 9106), (403, 10000)
NO_WORKER, NO_NS, NO_KV = (404, 10007), (404, 100119), (404, 10013)
WRONG = (1, True, None, [], {}, "")


def methods():
    """Methods that a route does not have."""
    for path, rest in (
            ("/user", "POST PUT PATCH DELETE OPTIONS"),
            ("/accounts", "POST PUT DELETE"), ("/memberships", "POST DELETE"),
            ("/user/tokens/verify", "POST PUT"), ("{A}", "POST DELETE"),
            ("{A}/healthz", "POST PUT OPTIONS"), ("/openapi.json", "POST PUT"),
            ("{A}/tokens", "PUT PATCH DELETE"), ("{A}/tokens/x", "GET PUT"),
            ("{A}/audit", "POST PUT DELETE OPTIONS"),
            ("{A}/hostnames", "POST DELETE"),
            ("{A}/hostnames/a.example", "POST PATCH"), ("{N}", "PUT DELETE"),
            ("{N}/demo", "POST OPTIONS"), ("{K}", "PUT DELETE PATCH"),
            ("{K}/x", "POST PATCH"), ("{S}", "POST PUT PATCH"),
            ("{S}/kept", "POST PATCH OPTIONS"),
            ("{S}/kept/settings", "PUT POST DELETE"),
            ("{S}/kept/bindings", "PUT POST"),
            ("{S}/kept/secrets", "POST DELETE"),
            ("{S}/kept/content", "POST PATCH DELETE"),
            ("{S}/kept/tags", "POST PATCH")):
        for method in rest.split():
            yield method, path, None, METHOD


def bodies():
    """Bodies that are no JSON, or not the JSON that is asked for."""
    broken = (b"{", b'{"a":1', b'{"a":"\xff"}', b"nul", b"[", b"\x00",
              b'{"a":1}x', b'{"a":"\\u0000"}', b'{"a":1e999}',
              b"[" * 65 + b"]" * 65, b'{"limits":{},"limits":1,"x', b"\xef\xbb\xbf{}")
    for method, path in (("POST", "{N}"), ("PATCH", "{N}/demo"),
                         ("POST", "{A}/tokens"), ("POST", "{K}"),
                         ("PUT", "{A}/hostnames/a.example"),
                         ("PUT", "{S}/kept/secrets"),
                         ("PATCH", "{S}/kept/secrets-bulk")):
        for body in broken[:9 if path == "{K}" else None]:
            if path == "{K}" and body == b'{"a":"\\u0000"}':
                continue
            yield method, path, body, BAD
        yield method, path, b" " * (1 << 20) + b"{} ", LARGE
    for value in WRONG:
        yield "POST", "{N}", {"name": value}, BAD
        yield "POST", "{K}", {"title": value}, (400, 10019)
        yield "POST", "{A}/tokens", {"name": "x", "role": value}, BAD
        yield "PUT", "{A}/hostnames/a.example", {"script": value}, BAD
        yield ("PUT", "{S}/kept/secrets", {"name": value, "text": "x"},
               (400, 10052))
        if value != {}:
            yield "PATCH", "{N}/demo", {"limits": value or "x"}, BAD
        yield "PATCH", "{S}/kept/secrets-bulk", {"secrets": value}, INVALID
        if value != "":
            yield "PUT", "{S}/kept/secrets", {"name": "A", "text": value}, \
                INVALID
        if value != []:
            yield "PUT", "{S}/kept/tags", value, INVALID
    for key in ("egress", "trusted_workers", "outbound", "egress_allow",
                "egress_deny"):
        yield "PATCH", "{N}/demo", {key: 1}, BAD


def unknown():
    """Names and ids that are not there, paths that are none."""
    for what in ("", "/content", "/settings", "/bindings", "/secrets", "/tags"):
        yield "GET", "{S}/none" + what, None, \
            NO_WORKER if what else (404, 10092)
    yield "DELETE", "{S}/none", None, NO_WORKER
    yield "GET", "{S}/kept/secrets/NONE", None, (404, 10056)
    yield "DELETE", "{S}/kept/secrets/NONE", None, (404, 10056)
    yield "GET", "{N}/none", None, NO_NS
    yield "PATCH", "{N}/none", {}, NO_NS
    yield "GET", "{N}/none/scripts", None, NO_NS
    for method, body in (("GET", None), ("DELETE", None),
                         ("PUT", {"title": "x"})):
        yield method, "{K}/" + "0" * 32, body, NO_KV
    yield "DELETE", "{A}/tokens/none", None, (404, 10404)
    yield "GET", "{A}/hostnames/none.example", None, (404, 10404)
    for what in ("kept/bindings%2F", "kept%2Fsettings", "%6eone/settings",
                 "%252e%252e/settings", "x" * 64 + "/settings",
                 "x" * 4000 + "/settings"):
        yield "GET", "{S}/" + what, None, \
            (404, 10092) if "%2F" in what and "bindings" not in what else \
            ROUTE if "bindings" in what else NO_WORKER
    for path in ("", "/", "/nothing", "/accounts/x", "/accounts/%00",
                 "/accounts/..", "{N}/..%2F..", "{N}/a%00b/scripts",
                 "{N}/%ff", "{S}/%c3%28", "{A}/tokens/a/b",
                 "{A}/workers", "{S}/kept/%2e%2e/%2e%2e/x",
                 "{S}/kept/..%2fsettings", "{S}/kept/set%74ings/x",
                 "{S}/kept%00/settings", "{S}/%c0%ae%c0%ae/settings",
                 "{S}/kept/versions/%00", "{A}/hostnames/a%ffb",
                 "{S}/kept/secrets/a%2Fb/c", "/%2Fuser", "/user%2F",
                 "{A}%2Ftokens", "{A};x/tokens", "/accounts/" + "0" * 32 + "/tokens", "/" + "x" * 4000,
                 "/" + "%C3%A9" * 300, "{A}/" + "%C3%A9" * 99 + "a"):
        yield "GET", path, None, (404, 100119) if path == "{N}/..%2F.." \
            else ROUTE


def queries():
    for path in ("/accounts", "/memberships", "{A}/hostnames", "{K}"):
        for query in ("page=0", "page=-1", "page=x", "page=", "per_page=0",
                      "per_page=1e3", "page=99999999999999999999",
                      "page=%00", "page=%ff", "page=1&page=1", "page=%2B1",
                      "page=+1", "per_page=1e9", "per_page=-1", "page=1.0",
                      "PAGE=1&page=1"):
            yield "GET", f"{path}?{query}", None, BAD
    for path in ("{A}/audit", "{S}", "{S}/kept/versions"):
        for query in ("limit=0", "limit=1001", "limit=x", "limit=%31x",
                      "limit=1&limit=2", "limit=", "limit=1e2"):
            yield "GET", f"{path}?{query}", None, BAD
    for query in ("cursor=x", "cursor=-1", "cursor=0", "cursor=",
                  "cursor=99999999999999999999"):
        yield "GET", "{S}/kept/versions?" + query, None, BAD
    for query in ("cursor=%2F", "cursor=a%20b", "cursor=..",
                  "cursor=" + "x" * 64, "tags=" + ",".join(["a:yes"] * 17)):
        yield "GET", "{S}?" + query, None, BAD
    for query in ("cursor=x", "cursor=-1", "since=x", "since=2026-13-01",
                  "since=2026-02-30", "since=2026-01-01T24:00:00Z",
                  "since=2026-01-01T00:00:00", "since="):
        yield "GET", "{A}/audit?" + query, None, BAD
    for query in ("tags=a", "tags=:yes", "tags=a:maybe", "tags=,"):
        yield "GET", "{S}?" + query, None, BAD
    yield "GET", "{K}?order=x", None, BAD
    yield "GET", "{K}?direction=x", None, BAD


def uploads():
    whole = upload_body("x")
    cases = [whole[:-9], whole[:len(whole) // 2], b"", b"--", form(),
             form(part("metadata", "{")), form(part("metadata", "[]")),
             form(part("metadata", "{}")), upload_body("x", main_module="no"),
             form(part("metadata", '{"main_module":"w.lua"}'),
                  part("w.lua", "return {", "w.lua")),
             form(part("metadata", '{"main_module":"../w.lua"}'),
                  part("../w.lua", LUA % "x", "../w.lua"))]
    cases += [upload_body("x", **{key: value}) for key, value in (
        ("bindings", 1), ("bindings", [1]), ("bindings", [{"type": "none"}]),
        ("tags", 1), ("tags", [1]), ("tags", ["é" * 40]), ("tags", list(
            "abcdefghi")), ("limits", 1), ("limits", {"cpu_ms": -1}),
        ("main_module", 1), ("keep_bindings", 1))]
    for body in cases:
        yield "PUT", "{S}/kept", body, INVALID
    yield "PUT", "{S}/a%2Fb", whole, INVALID
    yield "PUT", "{S}/" + "x" * 64, whole, INVALID
    yield "PUT", "{N}/none/scripts/x", whole, NO_NS


CASES = [*methods(), *bodies(), *unknown(), *queries(), *uploads()]


@pytest.fixture
def api(httpd, client):
    httpd.configure((*LOCATION, "WfpApiRate 100000 1min",
                     "AllowEncodedSlashes NoDecode"))
    return Api(httpd, client)


class TestTable:
    def test_650_01_every_bad_request(self, api, tenant):
        scripts = Scripts(api, tenant.namespace())
        assert scripts.put("kept").status == 200
        places = {"A": api.account, "N": api.namespaces, "S": scripts.path,
                  "K": f"{api.account}/storage/kv/namespaces"}
        before, wrong = dump(api.httpd), []
        assert len(CASES) >= 150
        for method, path, body, expected in CASES:
            for key, place in places.items():
                path = path.replace("{%s}" % key, place)
            headers = [("Content-Type", FORM)] if isinstance(body, bytes) \
                and "/scripts" in path else []
            if body is None and method in ("PUT", "PATCH", "POST"):
                body = b""
            elif body is not None and not isinstance(body, bytes):
                body = json.dumps(body).encode()
            if expected == METHOD:
                body = None
            answer = api.call(method, path, body, headers=headers, raw=True)
            try:
                got = (answer.status, answer.json["errors"][0]["code"])
            except (ValueError, KeyError, IndexError):
                got = (answer.status, answer.body[:80])
            if got != expected:
                wrong.append((method, path[-60:], (body or b"")[:50], got,
                              expected))
        assert wrong == [], "\n".join(map(str, wrong))
        assert dump(api.httpd) == before
        assert api.client.get(f"/_ns/{scripts.ns}/kept/").text == "hi"

    @pytest.mark.parametrize("value", [
        "", "Bearer", "Bearer ", "Basic eDp5", "bearer", "Token x", "x"])
    def test_650_02_bad_authorization(self, api, value):
        none = Api(api.httpd, api.client, None)
        assert none.refused("GET", "/user", headers=[
            ("Authorization", value)]) == MISSING

    @pytest.mark.parametrize("head, body", [
        ("Content-Length: 50", b'{"name":"cut"}'),
        ("Transfer-Encoding: chunked", b'e\r\n{"name":"cut"}\r\n'),
        ("Transfer-Encoding: chunked", b'e\r\n{"name":"cut"}\r\nzz\r\n')])
    def test_650_03_broken_off(self, api, head, body):
        before = dump(api.httpd)
        with socket.create_connection(("127.0.0.1", api.client.port), 30) as s:
            s.sendall(f"POST {api.base}{api.namespaces} HTTP/1.1\r\nHost: x\r\n"
                      f"Authorization: Bearer {api.token}\r\n{head}\r\n\r\n"
                      .encode() + body)
            s.shutdown(socket.SHUT_WR)
            got = b"".join(iter(lambda: s.recv(65536), b""))
        assert got == b"" or got.startswith(b"HTTP/1.1 400 "), got
        assert dump(api.httpd) == before


class TestOthers:
    """What a token that is limited to a namespace must not reach."""

    @pytest.fixture
    def two(self, api, tenant):
        mine, others = tenant.namespace(), tenant.namespace()
        limited, _ = api.with_token("--role", "admin", "--namespace", mine)
        return Scripts(limited, mine), Scripts(api, others)

    def test_650_10_no_binding_into_a_namespace_of_others(self, two):
        scripts, others = two
        name = scripts.made()
        for ns, expected in ((others.ns, FORBIDDEN), ("none", FORBIDDEN),
                             (scripts.ns, (200, None))):
            bindings = [{"type": "dispatch_namespace", "name": "D",
                         "namespace": ns}]
            for answer in (scripts.put(name, bindings=bindings),
                           scripts.patch(name, {"bindings": bindings})):
                errors = answer.json["errors"] or [{"code": None}]
                assert (answer.status, errors[0]["code"]) == expected

    def test_650_12_no_resource_of_others(self, two, request):
        """Ids are no secrets: what is in the account is bound only where the
        namespace has it already."""
        scripts, others = two
        admin, account = others.api, others.api.account
        kv = admin.ok("POST", f"{account}/storage/kv/namespaces",
                      {"title": others.ns})["id"]
        d1 = admin.ok("POST", f"{account}/d1/database",
                      {"name": f"d-{others.ns}"})["uuid"]
        bucket = admin.ok("POST", f"{account}/r2/buckets",
                          {"name": f"b-{others.ns}".lower()})["name"]
        queue = admin.ok("POST", f"{account}/queues",
                         {"queue_name": f"q-{others.ns}".lower()})
        for path in (f"storage/kv/namespaces/{kv}", f"d1/database/{d1}",
                     f"r2/buckets/{bucket}",
                     f"queues/{queue['queue_id']}"):
            request.addfinalizer(
                lambda path=path: admin.call("DELETE", f"{account}/{path}"))
        named = [("kv_namespace", {"namespace_id": kv}), ("d1", {"id": d1}),
                 ("r2_bucket", {"bucket_name": bucket}),
                 ("queue", {"queue_name": queue["queue_name"]})]
        own, name = Scripts(admin, scripts.ns), scripts.made()

        def both(bindings):
            for answer in (scripts.put(name, bindings=bindings),
                           scripts.patch(name, {"bindings": bindings})):
                errors = answer.json["errors"] or [{"code": None}]
                yield answer.status, errors[0]["code"]

        for kind, target in named:
            binding = {"type": kind, "name": "B", **target}
            others.made(bindings=[binding])
            assert set(both([binding])) == {FORBIDDEN}
            none = {k: kv[::-1] for k in target}
            assert set(both([{**binding, **none}])) <= {FORBIDDEN, (400, 10021)}
            own.made(bindings=[binding])  # the platform says that it may
            assert set(both([binding])) == {(200, None)}
            assert set(both([{"type": kind, "name": "B"}])) <= {
                (200, None), (400, 10021)}

    def test_650_13_a_tokens_own_buckets(self, two, request):
        scripts, others = two
        admin = others.api
        name = f"b-{others.ns}".lower()
        admin.ok("POST", f"{admin.account}/r2/buckets", {"name": name})
        request.addfinalizer(lambda: admin.call(
            "DELETE", f"{admin.account}/r2/buckets/{name}"))
        token, _ = admin.with_token("--role", "deploy", "--namespace",
                                    scripts.ns, "--s3", "--bucket", name)
        Scripts(token, scripts.ns).made(bindings=[
            {"type": "r2_bucket", "name": "B", "bucket_name": name}])

    def test_650_11_nothing_of_others_is_seen_or_changed(self, two):
        scripts, others = two
        limited, name = scripts.api, others.made()
        before = dump(limited.httpd)
        routes = [(m, f"{others.path}/{name}{what}") for what, ms in (
            ("", "GET PUT DELETE"), ("/content", "GET PUT"),
            ("/settings", "GET PATCH"), ("/bindings", "GET"),
            ("/secrets", "GET PUT"), ("/secrets/A", "GET DELETE"),
            ("/secrets-bulk", "PATCH"), ("/tags", "GET PUT"),
            ("/tags/a", "PUT DELETE"), ("/versions", "GET"),
            ("/deployments", "GET POST"), ("/rollback", "POST"))
            for m in ms.split()]
        account = f"{limited.account}"
        routes += [("GET", others.path), ("DELETE", others.path + "?tags=a:no"),
                   ("DELETE", f"{limited.namespaces}/{scripts.ns}"),
                   ("GET", account + "/audit"), ("GET", account + "/tokens"),
                   ("POST", account + "/tokens"),
                   ("GET", account + "/hostnames"),
                   ("PUT", account + "/hostnames/a.example"),
                   ("GET", account + "/storage/kv/namespaces"),
                   ("POST", account + "/storage/kv/namespaces"),
                   ("GET", account + "/workers/scripts"),
                   ("PUT", account + "/workers/scripts/x")]
        for method, path in routes:
            assert limited.refused(method, path, {}) == FORBIDDEN, path
        assert dump(limited.httpd) == before
