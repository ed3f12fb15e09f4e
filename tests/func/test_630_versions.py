# SPDX-License-Identifier: Apache-2.0
"""Versions, deployments and rollback over the REST API."""

import pytest

from wfptest.rollout import TEXT, Rollout

pytestmark = pytest.mark.one_mpm

NONE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(params=["user", "account"])
def rollout(request, api, tenant):
    """A Worker with the versions three, two, one."""
    ns = "demo" if request.param == "user" else None
    worker = tenant.deploy(TEXT % "one", ns=ns)
    for text in ("two", "three"):
        tenant.deploy(TEXT % text, ns=ns, name=worker.name)
    return Rollout(api, worker)


@pytest.fixture
def user(api, tenant):
    worker = tenant.deploy(TEXT % "one")
    tenant.deploy(TEXT % "two", name=worker.name)
    return Rollout(api, worker)


class TestVersions:
    def test_630_01_list(self, rollout):
        items = rollout.versions()
        assert [v["number"] for v in items] == [3, 2, 1]
        first = items[0]
        assert set(first) >= {"id", "created_on", "created_by", "etag", "size",
                              "annotations", "source", "metadata"}
        assert first["size"] == len(TEXT % "three")
        assert first["source"] == "wfpctl"
        assert len({v["etag"] for v in items}) == 3

    def test_630_02_pages(self, rollout):
        path = f"{rollout.path}/versions"
        answer = rollout.api.get(f"{path}?limit=2")
        assert [v["number"] for v in answer.json["result"]["items"]] == [3, 2]
        assert answer.json["result_info"]["count"] == 2
        cursor = answer.json["result_info"]["cursor"]
        answer = rollout.api.get(f"{path}?limit=2&cursor={cursor}")
        assert [v["number"] for v in answer.json["result"]["items"]] == [1]
        assert answer.json["result_info"] == {"count": 1, "cursor": ""}
        for query in ("limit=0", "limit=101", "limit=x", "cursor=x",
                      "cursor=-1"):
            assert rollout.api.refused("GET", f"{path}?{query}") == (400, 10012)

    def test_630_03_get(self, rollout):
        items = rollout.versions()
        got = rollout.api.ok("GET",
                             f"{rollout.path}/versions/{items[1]['id']}")
        assert {k: got[k] for k in items[1]} == items[1]
        assert got["resources"]["script"]["etag"] == items[1]["etag"]

    def test_630_04_no_secret_is_shown(self, api, tenant):
        worker = tenant.deploy(TEXT % "one", "--var", "A=b")
        api.httpd.wfpctl("secret", "put", f"demo/{worker.name}", "K",
                         stdin="geheim")
        user = Rollout(api, worker)
        newest = user.versions()[0]["id"]
        answer = user.api.get(f"{user.path}/versions/{newest}")
        shown = {b["name"]: b for b in
                 answer.json["result"]["resources"]["bindings"]}
        assert shown["A"]["text"] == "b"
        assert shown["K"] == {"type": "secret_text", "name": "K"}
        assert "geheim" not in answer.text

    @pytest.mark.parametrize("what", ["versions", f"versions/{NONE}",
                                      "deployments"])
    def test_630_05_missing(self, api, rollout, what):
        missing = rollout.path + "-not"
        assert api.refused("GET", f"{missing}/{what}") == (404, 10007)
        other = f"{api.namespaces}/missing/scripts/x/{what}"
        assert api.refused("GET", other) == (404, 100119)
        if NONE in what:
            assert api.refused("GET", f"{rollout.path}/{what}") == (404, 10222)

    def test_630_06_versions_of_others(self, api, user, tenant):
        other = Rollout(api, tenant.deploy(TEXT % "other"))
        theirs = other.versions()[0]["id"]
        assert api.refused("GET", f"{user.path}/versions/{theirs}") == \
            (404, 10222)
        assert user.refused((theirs, 100)) == (404, 10222)
        assert api.refused("POST", f"{user.path}/rollback",
                           {"version_id": theirs}) == (404, 10222)

    def test_630_07_roles(self, api, user, tenant):
        reader, _ = api.with_token("--role", "read")
        assert reader.get(f"{user.path}/versions").status == 200
        assert reader.refused("POST", f"{user.path}/rollback") == (403, 10000)
        assert reader.refused("POST", f"{user.path}/deployments",
                              {}) == (403, 10000)
        limited, _ = api.with_token("--role", "deploy", "--namespace",
                                    tenant.namespace())
        assert limited.refused("GET", f"{user.path}/versions") == (403, 10000)
        assert limited.refused("POST", f"{user.path}/rollback") == (403, 10000)


class TestDeployments:
    def test_630_20_deploy_is_seen_at_once(self, user):
        two, one = [v["id"] for v in user.versions()]
        for _ in range(20):
            for id, text in ((one, "one"), (two, "two")):
                done = user.deploy((id, 100))
                assert user.worker.get().text == text
        assert done["versions"] == [{"version_id": two, "percentage": 100}]

    def test_630_21_list(self, rollout):
        oldest = rollout.versions()[-1]["id"]
        done = rollout.deploy((oldest, 100),
                              annotations={"workers/message": "because"})
        shown = rollout.deployments()
        assert shown[0] == done
        assert len(shown) == 4
        assert done["annotations"] == {"workers/message": "because"}
        assert (done["strategy"], done["source"]) == ("percentage", "api")
        assert set(done) >= {"id", "created_on", "created_by", "author_email"}

    def test_630_22_rollback(self, rollout):
        three, two, one = [v["id"] for v in rollout.versions()]
        path = f"{rollout.path}/rollback"
        back = rollout.api.ok("POST", path, {"message": "oh"})
        assert back["versions"] == [{"version_id": two, "percentage": 100}]
        assert back["annotations"] == {"workers/message": "oh"}
        back = rollout.api.ok("POST", path)
        assert back["versions"][0]["version_id"] == one
        assert rollout.api.refused("POST", path) == (404, 10222)
        back = rollout.api.ok("POST", path, {"version_id": three})
        assert back["versions"][0]["version_id"] == three

    def test_630_23_rollback_is_seen_at_once(self, user):
        user.api.ok("POST", f"{user.path}/rollback")
        assert user.worker.get().text == "one"

    @pytest.mark.parametrize("shares", [
        (), ((NONE, 100),) * 11, ((NONE, 50),), ((NONE, 101),), ((NONE, -1),),
        ((NONE, "100"),), ((NONE, None),), ((None, 100),), ((7, 100),),
        (("x" * 65, 100),), ((NONE, 99.999),)])
    def test_630_24_bad_shares(self, rollout, shares):
        before = rollout.deployments()
        assert rollout.refused(*shares) == (400, 10012)
        assert rollout.deployments() == before

    @pytest.mark.parametrize("body", [
        [], "x", {}, {"versions": {}}, {"versions": [1]},
        {"versions": [{"version_id": NONE, "percentage": 100}],
         "strategy": "other"},
        {"versions": [{"version_id": NONE, "percentage": 100}],
         "annotations": {"workers/message": 1}},
        {"versions": [{"version_id": NONE, "percentage": 100}],
         "annotations": {"workers/message": "x" * 1001}}])
    def test_630_25_bad_bodies(self, user, body):
        assert user.api.refused("POST", f"{user.path}/deployments", body) == \
            (400, 10012)

    @pytest.mark.parametrize("body", [[], {"version_id": 1}, {"message": []},
                                      {"message": "x" * 1001}])
    def test_630_26_bad_rollback(self, user, body):
        assert user.api.refused("POST", f"{user.path}/rollback", body) == \
            (400, 10012)

    def test_630_27_missing_version(self, rollout):
        assert rollout.refused((NONE, 100)) == (404, 10222)

    def test_630_29_if_match(self, user):
        newest, oldest = [v["id"] for v in user.versions()]
        for path, body in (("deployments", user.body((oldest, 100))),
                           ("rollback", None)):
            assert user.api.refused("POST", f"{user.path}/{path}", body,
                                    headers=[("If-Match", f'"{oldest}"')]) == \
                (412, 10412)
        user.api.ok("POST", f"{user.path}/rollback",
                    headers=[("If-Match", f'"{newest}"')])
