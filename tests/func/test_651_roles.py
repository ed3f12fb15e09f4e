# SPDX-License-Identifier: Apache-2.0
"""Every route against every kind of token that must not use it. The routes
are those of openapi.json, which a guard holds to the table."""

import datetime
import re

import pytest

from wfptest import openapi
from wfptest.api import Api
from wfptest.store import dump
from wfptest.uploads import Scripts
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

ROLES = ("public", "read", "deploy", "admin")
FORBIDDEN, MISSING = (403, 10000), (400, 9106)

# What a token that is limited to namespaces may do outside of them.
ANYWHERE = {("GET", path) for path in (
    "/user/tokens/verify", "/accounts/{account}/tokens/verify", "/user",
    "/accounts", "/accounts/{account}", "/memberships",
    "/accounts/{account}/analytics_engine/datasets",
    "/accounts/{account}/workers/dispatch/usage",
    "/accounts/{account}/workers/dispatch/namespaces")} | {
        ("POST", "/accounts/{account}/analytics_engine/datasets"
                 "/{dataset}/query")}
OPERATIONS = [(method, path, operation["x-role"])
              for method, path, operation in openapi.operations()]

ENDLESS = "/tail"  # whose answer to GET does not end


@pytest.fixture
def places(api, tenant):
    """Values for the names of paths: those of a Worker that there is."""
    scripts = Scripts(api, tenant.namespace())
    account = Scripts(api, None).made()
    kv = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                {"title": f"of {scripts.ns}"})
    yield {"account": api.account.rpartition("/")[2], "namespace": scripts.ns,
           "script": scripts.made(tags=["a"], bindings=[
               {"type": "secret_text", "name": "A", "text": "x"}]),
           "of_account": account, "kv": kv["id"], "secret": "A", "tag": "a",
           "version": "00000000-0000-4000-8000-000000000000", "token": "0" * 32,
           "hostname": "a.example", "rest": "x", "key": "x", "tail": "x", "socket": "x",
           "database": "none", "queue": "0" * 32,
           "consumer": "0" * 32, "file": "x", "bucket": "none",
           "dataset": "none", "upload": "none",
           "part": "1"}
    api.ok("DELETE", f"{api.account}/storage/kv/namespaces/{kv['id']}")
    api.ok("DELETE", f"{api.account}/workers/scripts/{account}")


def fill(path, places):
    if "{namespace}" not in path:
        places = {**places, "script": places["of_account"]}
    return re.sub(r"\{(\w+)\}", lambda m: places[m[1]], path)


def answers(api, places, operations=OPERATIONS):
    """{(method, path): (status, code)} of each with a body of nothing."""
    found = {}
    for method, path, _ in operations:
        answer = api.call(method, fill(path, places), {}, raw=True)
        errors = answer.json.get("errors") or [{"code": None}]
        found[method, path] = answer.status, errors[0]["code"]
    return found


def expected_of_unknown(path):
    return (401, 1000 if path.endswith("/tokens/verify") else 10000)


class TestUnknown:
    """Who is nobody gets nowhere, and is told nothing."""

    def test_651_01_no_token(self, api, places):
        none = Api(api.httpd, api.client, None)
        before = dump(api.httpd)
        for key, got in answers(none, places).items():
            public = dict(((m, p), r) for m, p, r in OPERATIONS)[key] == \
                "public"
            assert public or got == MISSING, key
        assert dump(api.httpd) == before

    @pytest.mark.parametrize("kind", ["wrong", "revoked", "expired", "cut"])
    def test_651_02_not_a_token_any_more(self, api, places, kind):
        made = api.ok("POST", f"{api.account}/tokens",
                      {"name": kind, "role": "admin"})
        secret = made["value"]
        if kind == "wrong":
            secret = secret[::-1]
        elif kind == "cut":
            secret = secret[:-1]
        elif kind == "revoked":
            api.ok("DELETE", f"{api.account}/tokens/{made['id']}")
        else:
            secret = self.expired(api)
        before = dump(api.httpd)
        other = Api(api.httpd, api.client, secret)
        for key, got in answers(other, places).items():
            assert got == expected_of_unknown(key[1]), key
        assert dump(api.httpd) == before

    @staticmethod
    def expired(api):
        """The secret of a token that was good a moment ago."""
        at = datetime.datetime.now(datetime.timezone.utc) \
            + datetime.timedelta(seconds=3)
        made = api.ok("POST", f"{api.account}/tokens", {
            "name": "short", "role": "admin",
            "expires_on": at.strftime("%Y-%m-%dT%H:%M:%SZ")})
        short = Api(api.httpd, api.client, made["value"])
        until(lambda: short.get("/user").status == 401, "a token to expire")
        return made["value"]


class TestRoles:
    @pytest.mark.parametrize("role", ["read", "deploy"])
    def test_651_10_more_than_the_role_may(self, api, places, role):
        other, _ = api.with_token("--role", role)
        beyond = [o for o in OPERATIONS
                  if ROLES.index(o[2]) > ROLES.index(role)]
        assert len(beyond) >= 10
        before = dump(api.httpd)
        for key, got in answers(other, places, beyond).items():
            assert got == FORBIDDEN, key
        assert dump(api.httpd) == before

    def test_651_11_no_change_is_for_readers(self):
        """But of kinds that are not there yet, what asks by POST, and a path
        that is a secret itself."""
        for method, path, operation in openapi.operations():
            if method != "GET" and "200" in operation["responses"] \
                    and not path.endswith(("/bulk/get", "/import/{file}",
                                           "/datasets/{dataset}/query", "/graphql",
                                           "/tails", "/tails/{tail}")):
                assert operation["x-role"] in ("deploy", "admin"), path

    @pytest.mark.parametrize("role", ["read", "deploy", "admin"])
    def test_651_12_limited_to_another_namespace(self, api, places, tenant,
                                                 role):
        other, _ = api.with_token("--role", role, "--namespace",
                                  tenant.namespace())
        before = dump(api.httpd)
        for (method, path), got in answers(other, places).items():
            free = (method, path) in ANYWHERE or openapi.operation_of(
                method, fill(path, places))["x-role"] == "public"
            assert free or got == FORBIDDEN, (method, path)
        assert dump(api.httpd) == before

    def test_651_13_limited_to_this_one(self, api, places):
        """Its Workers, but not what is the account's."""
        mine, _ = api.with_token("--role", "admin", "--namespace",
                                 places["namespace"])
        reads = [o for o in OPERATIONS
                 if o[0] == "GET" and not o[1].endswith(ENDLESS)]
        for (method, path), got in answers_raw(mine, places, reads).items():
            inside = "{namespace}" in path or (method, path) in ANYWHERE
            public = openapi.operation_of(method,
                                          fill(path, places))["x-role"]
            if not inside and public != "public":
                assert got == 403, path
            else:
                assert got != 403, path


def answers_raw(api, places, operations):
    return {(method, path): api.call(method, fill(path, places),
                                     raw=True).status
            for method, path, _ in operations}


def methods_of(places):
    """{path: methods that it has}, of all rows that a path fits."""
    found = {}
    for _, path, _ in OPERATIONS:
        where = fill(path, places)
        found[where] = {m for m in "GET PUT POST PATCH DELETE".split()
                        if openapi.operation_of(m, where)}
    return found


class TestMethods:
    """What a path has not is 405 and says what it has, whoever asks."""

    def test_651_15_of_every_path(self, api, places):
        none = Api(api.httpd, api.client, None)
        before = dump(api.httpd)
        for path, has in methods_of(places).items():
            for method in ("GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS",
                           "BREW"):
                if method in has:
                    continue
                answer = none.call(method, path)
                assert (answer.status, answer.json["errors"][0]["code"]) == \
                    (405, 10405), (method, path)
                assert set(answer.get("Allow").split(", ")) == \
                    has | ({"HEAD"} if "GET" in has else set()), path
        assert dump(api.httpd) == before

    def test_651_16_head_is_as_get(self, api, places):
        for path, has in methods_of(places).items():
            head = api.call("HEAD", path, raw=True)
            assert head.body == b""
            if path.endswith(ENDLESS):
                assert head.status == 200
            elif "GET" in has:
                got = api.call("GET", path, raw=True)
                assert head.status == got.status, path
                assert head.get("Content-Type").split(";")[0] == \
                    got.get("Content-Type").split(";")[0]
            else:
                assert head.status == 405, path


class TestNarrow:
    """An admin of a namespace may close it further, never open it."""

    @pytest.fixture
    def two(self, api, tenant):
        """Two accounts' admins: all, and of a namespace; the path."""
        out = tenant.deploy("return { fetch = fetch }", ns=None)
        ns = tenant.namespace()
        path = f"{api.namespaces}/{ns}"
        api.ok("PATCH", path, {"outbound": {"service": out.name},
                               "egress_deny": ["10.0.0.0/8"],
                               "egress_allow": ["127.0.0.1/32:1"],
                               "limits": {"cpu_ms": 20}})
        mine, _ = api.with_token("--role", "admin", "--namespace", ns)
        return api, mine, path

    @pytest.mark.parametrize("settings", [
        {"outbound": None}, {"outbound": {"service": "other"}},
        {"egress": "direct"}, {"egress_allow": ["127.0.0.1/32:2"]},
        {"egress_allow": ["127.0.0.1/32:1", "*.example"]}, {"egress_deny": []},
        {"egress_deny": ["10.1.0.0/16"]}, {"limits": {}},
        {"limits": {"cpu_ms": 21}}, {"limits": {"wall_ms": 100}},
        {"trusted_workers": True}, {"name": "mine-now"}])
    def test_651_20_wider_is_refused(self, two, settings):
        every, mine, path = two
        before = dump(every.httpd)
        assert mine.refused("PATCH", path, settings) == FORBIDDEN
        assert dump(every.httpd) == before

    @pytest.mark.parametrize("settings", [
        {"egress": "none"}, {"egress_allow": []},
        {"egress_deny": ["10.0.0.0/8", "192.0.2.0/24"]},
        {"limits": {"cpu_ms": 20, "wall_ms": 100}}, {"limits": {"cpu_ms": 5}},
        {"trusted_workers": False}])
    def test_651_21_narrower_is_not(self, two, settings):
        _, mine, path = two
        got = mine.ok("PATCH", path, settings)
        assert {key: got[key] for key in settings} == settings

    def test_651_22_what_was_got_may_be_put(self, two):
        _, mine, path = two
        got = mine.ok("GET", path)
        put = mine.ok("PUT", path, got)
        changing = {"modified_on"}
        assert {k: v for k, v in put.items() if k not in changing} == \
            {k: v for k, v in got.items() if k not in changing}


class TestBindings:
    """A limited token's Workers call nothing of the account's."""

    @pytest.fixture
    def mine(self, api, tenant):
        ns = tenant.namespace()
        limited, _ = api.with_token("--role", "deploy", "--namespace", ns)
        return Scripts(limited, ns)

    def test_651_30_no_account_worker_as_service(self, mine, tenant):
        service = tenant.deploy("return { fetch = fetch }", ns=None)
        for name in (service.name, "nothing"):
            answer = mine.put(mine.name(), bindings=[
                {"type": "service", "name": "S", "service": name}])
            assert answer.status == 400
            assert answer.json["errors"][0] == {
                "code": 10144, "message": "binding S: there is no Worker "
                f"'{name}' in the namespace"}

    def test_651_31_but_one_of_the_namespace(self, mine, api):
        inner = mine.made(text="inner")
        # an account Worker of the same name is another one
        api.ok("PUT", f"{api.account}/workers/scripts/{inner}",
               b'return { fetch = function() return Response.new("outer") end '
               b"}")
        name = mine.name()
        body = (b"return { fetch = function(r, env) return env.S:fetch(r) end "
                b"}")
        assert mine.put(name, body, "text/plain").status == 200
        assert mine.patch(name, {"bindings": [{
            "type": "service", "name": "S", "service": inner}]}).status == 200
        assert mine.run(name) == "inner"
        api.ok("DELETE", f"{api.account}/workers/scripts/{inner}")

    def test_651_32_what_an_admin_bound_stays(self, mine, api, tenant):
        service = tenant.deploy('return { fetch = function() return '
                                'Response.new("service") end }', ns=None)
        every = Scripts(api, mine.ns)
        name = every.made(bindings=[
            {"type": "service", "name": "S", "service": service.name}])
        code = ("return { fetch = function(r, env) return env.S:fetch(r) end "
                "}").encode()
        answer = mine.api.call("PUT", f"{mine.path}/{name}/content", code)
        assert answer.status == 200
        assert mine.run(name) == "service"
        assert mine.patch(name, {"bindings": [
            {"type": "service", "name": "S"}], "tags": ["x"]}).status == 200
        assert mine.run(name) == "service"

    def test_651_33_no_outbound_worker_of_its_choice(self, mine, tenant):
        out = tenant.deploy("return { fetch = fetch }", ns=None)
        binding = {"type": "dispatch_namespace", "name": "D",
                   "namespace": mine.ns}
        assert mine.put(mine.name(), bindings=[binding]).status == 200
        binding["outbound"] = {"worker": {"service": out.name}}
        answer = mine.put(mine.name(), bindings=[binding])
        assert (answer.status, answer.json["errors"][0]["code"]) == FORBIDDEN

    def test_651_34_health_tells_no_figures_of_others(self, mine):
        assert set(mine.api.ok("GET", f"{mine.api.account}/healthz")) == \
            {"status"}
