# SPDX-License-Identifier: Apache-2.0
"""KV namespaces, hostnames, the audit by the REST API; the store away."""

import pytest

from wfptest.uploads import Scripts, error

pytestmark = pytest.mark.one_mpm

HELLO = "return { fetch = function() return Response.new('hi') end }"


@pytest.fixture
def kv(api):
    return f"{api.account}/storage/kv/namespaces"


class TestKv:
    def test_610_01_life(self, api, kv):
        made = api.ok("POST", kv, {"title": "first"})
        assert len(made["id"]) == 32 and made["supports_url_encoding"] is True
        assert api.refused("POST", kv, {"title": "first"}) == (400, 10014)
        got = api.ok("PUT", f"{kv}/{made['id']}", {"title": "renamed"})
        assert got["title"] == "renamed"
        assert api.ok("GET", f"{kv}/{made['id']}") == got
        assert api.ok("DELETE", f"{kv}/{made['id']}") == {}
        for method, body in (("GET", None), ("DELETE", None),
                             ("PUT", {"title": "x"})):
            assert api.refused(method, f"{kv}/{made['id']}", body) == \
                (404, 10013)

    @pytest.mark.parametrize("body", [{}, {"title": ""}, {"title": 1},
                                      {"title": "x" * 513}])
    def test_610_02_bad_titles(self, api, kv, body):
        assert api.refused("POST", kv, body) == (400, 10019)

    def test_610_03_pages_and_order(self, api, kv):
        ids = [api.ok("POST", kv, {"title": f"page-{n}"})["id"]
               for n in range(5)]
        seen, page = [], 1
        while True:
            answer = api.get(f"{kv}?per_page=2&page={page}&order=title"
                             "&direction=desc")
            info = answer.json["result_info"]
            assert info["count"] == len(answer.json["result"])
            if not info["count"]:
                break
            seen += [n["title"] for n in answer.json["result"]]
            page += 1
        assert seen == [f"page-{n}" for n in (4, 3, 2, 1, 0)]
        by_id = [n["id"] for n in api.ok("GET", f"{kv}?order=id")]
        assert by_id == sorted(ids)
        for query in ("order=size", "direction=up", "page=-1", "per_page=x"):
            assert api.refused("GET", f"{kv}?{query}") == (400, 10012)
        for one in ids:
            api.ok("DELETE", f"{kv}/{one}")

    def test_610_04_roles(self, api, kv):
        read, _ = api.with_token("--role", "read")
        assert read.get(kv).status == 200
        assert read.refused("POST", kv, {"title": "x"}) == (403, 10000)
        limited, _ = api.with_token("--role", "admin", "--namespace", "demo")
        assert limited.refused("GET", kv) == (403, 10000)


class TestHostnames:
    def test_610_10_life(self, api, tenant):
        worker = tenant.deploy(HELLO)
        path = f"{api.account}/hostnames/Shop.Example.com"
        target = {"namespace": "demo", "script": worker.name,
                  "metadata": {"plan": "pro"}}
        made = api.ok("PUT", path, target)
        assert made["hostname"] == "shop.example.com"
        assert {k: made[k] for k in target} == target
        assert api.ok("GET", path.lower()) == made
        assert made in api.ok("GET", f"{api.account}/hostnames")
        assert api.ok("GET", f"{api.account}/hostnames?page=2") == []
        star = f"{api.account}/hostnames/*.example.com"
        assert api.ok("PUT", star, target)["hostname"] == "*.example.com"
        for one in (star, path.lower()):
            assert api.ok("DELETE", one) is None
            assert api.refused("GET", one) == (404, 10404)
            assert api.refused("DELETE", one) == (404, 10404)

    @pytest.mark.parametrize("host, doc, want", [
        ("a..b", {"script": "x"}, (400, 10012)),
        ("a.example.com", {}, (400, 10012)),
        ("a.example.com", {"script": "a/b"}, (400, 10012)),
        ("a.example.com", {"script": "x", "namespace": 1}, (400, 10012)),
        ("a.example.com", {"script": "x", "metadata": 1}, (400, 10012)),
        ("a.example.com", {"script": "x", "metadata": {"a": "x" * 5000}},
         (400, 10012)),
        ("a.example.com", {"script": "none", "namespace": "none"},
         (404, 100119)),
        ("a.example.com", {"script": "none", "namespace": "demo"},
         (404, 10007))])
    def test_610_11_bad_hostnames(self, api, host, doc, want):
        assert api.refused("PUT", f"{api.account}/hostnames/{host}", doc) == want


class TestAudit:
    def test_610_20_every_mutation_is_told(self, api, kv):
        made = api.ok("POST", kv, {"title": "audited"})
        api.refused("POST", kv, {"title": "audited"})
        api.ok("DELETE", f"{kv}/{made['id']}")
        rows = api.ok("GET", f"{api.account}/audit?limit=2")
        assert [(r["action"], r["object"]["name"]) for r in rows] == [
            ("delete", made["id"]), ("create", made["id"])]
        for row in rows:
            assert row["actor"]["source"] == "api"
            assert row["actor"]["ip"] == "127.0.0.1"
            assert len(row["actor"]["id"]) == 32
            assert row["when"].endswith("Z")

    def test_610_21_cursor_and_since(self, api):
        path = f"{api.account}/audit"
        for n in range(3):
            api.ok("POST", api.namespaces, {"name": f"audit-{n}"})
        everything = api.ok("GET", f"{path}?limit=5")
        since = everything[-1]["when"]
        everything = api.ok("GET", f"{path}?since={since}&limit=1000")
        seen, cursor = [], ""
        while True:
            answer = api.get(f"{path}?since={since}&limit=2" + (
                f"&cursor={cursor}" if cursor else ""))
            seen += answer.json["result"]
            cursor = answer.json["result_info"]["cursor"]
            if not cursor:
                break
        assert seen == everything
        assert api.ok("GET", f"{path}?since=2999-01-01T00:00:00Z") == []
        assert api.ok("GET", f"{path}?since=2001-01-01&limit=1") == \
            everything[:1]
        for query in ("since=now", "limit=0", "cursor=x"):
            assert api.refused("GET", f"{path}?{query}") == (400, 10012)

    def test_610_22_no_secret_is_in_it(self, api):
        made = api.ok("POST", f"{api.account}/tokens",
                      {"name": "t", "role": "read"})
        text = api.get(f"{api.account}/audit").text
        assert made["id"] in text and made["value"] not in text

    def test_610_23_admins_only(self, api):
        deploy, _ = api.with_token("--role", "deploy")
        assert deploy.refused("GET", f"{api.account}/audit") == (403, 10000)


class TestReferences:
    """Who would miss an account Worker."""

    def test_610_60_none(self, api):
        name = Scripts(api, None).made()
        assert api.ok("GET", f"{api.account}/workers/scripts/{name}"
                      "/references") == {
            "services": {"incoming": [], "pages_function": False},
            "durable_objects": [], "dispatch_outbounds": []}
        assert api.refused("GET", f"{api.account}/workers/scripts/none"
                           "/references") == (404, 10007)

    def test_610_61_who_runs_and_uses_it(self, api, tenant):
        account, ns = Scripts(api, None), tenant.namespace()
        user = Scripts(api, ns)
        name, path = account.made(), f"{api.account}/workers/scripts"
        service = {"type": "service", "name": "SVC", "service": name}
        mine = account.made(bindings=[service])
        theirs = user.made(bindings=[service])
        front = account.made(bindings=[{
            "type": "dispatch_namespace", "name": "D", "namespace": ns,
            "outbound": {"worker": {"service": name}}}])
        api.ok("PATCH", f"{api.namespaces}/{ns}",
               {"outbound": {"service": name}})
        told = api.ok("GET", f"{path}/{name}/references")
        assert told["services"]["incoming"] == [
            {"service": who, "environment": "production", "name": "SVC"}
            for who in (mine, f"{ns}/{theirs}")]
        assert told["dispatch_outbounds"] == [
            {"service": front, "namespace": ns},
            {"service": ns, "namespace": ns}]
        users = f"{api.account}/workers/bindings?type=service&target={name}"
        assert api.ok("GET", users) == [
            {"script": mine, "name": "SVC"},
            {"script": theirs, "dispatch_namespace": ns, "name": "SVC"}]
        for query in ("", "?type=service", "?target=x", "?type=x&target=x",
                      "?type=plain_text&target=x"):
            assert api.refused("GET", f"{api.account}/workers/bindings{query}"
                               ) == (400, 10012)
        # what does not run any more does not count
        account.put(mine)
        user.put(theirs)
        account.put(front)
        api.ok("PATCH", f"{api.namespaces}/{ns}", {"outbound": None})
        told = api.ok("GET", f"{path}/{name}/references")
        assert told["services"]["incoming"] == []
        assert told["dispatch_outbounds"] == []
        assert api.ok("GET", users) == []

    @pytest.mark.parametrize("path", ["scripts", "services"])
    def test_610_62_it_is_not_deleted_while_in_use(self, api, tenant, path):
        account, ns = Scripts(api, None), tenant.namespace()
        name = account.made()
        user = Scripts(api, ns).made(bindings=[
            {"type": "service", "name": "SVC", "service": name}])
        path = f"{api.account}/workers/{path}/{name}"
        rows = len(api.ok("GET", f"{api.account}/audit?search={name}"))
        for query in ("", "?force=false"):
            answer = api.call("DELETE", path + query)
            assert error(answer) == (
                400, 10064, f"Worker {name} is still in use by {ns}/{user} "
                "(binding SVC): to delete it nevertheless needs force")
        assert api.refused("DELETE", f"{path}?force=1") == (400, 10012)
        assert api.call("DELETE", path, headers=[("If-Match", '"x"')]
                        ).status == 412
        assert account.get(name, "/settings")
        assert len(api.ok("GET", f"{api.account}/audit?search={name}")) == rows
        # its binding stays
        api.ok("DELETE", f"{path}?force=true")
        kept = Scripts(api, ns).get(user, "/bindings")
        assert [each["service"] for each in kept] == [name]

    def test_610_63_nor_are_user_workers_held(self, api, tenant):
        up = Scripts(api, tenant.namespace())
        name = up.made()
        up.made(bindings=[{"type": "service", "name": "SVC",
                           "service": name}])
        api.ok("DELETE", f"{up.path}/{name}")
