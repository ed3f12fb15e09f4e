# SPDX-License-Identifier: Apache-2.0
"""Lists of the API that may be long: by pages, searched, in their orders; and
what all namespaces did together."""

import pytest

from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

LUA = "return { fetch = function() return Response.new('') end }"
NAMES = ["One", "two_x", "twoyx"]


def names_of(rows, member):
    return [row[member] for row in rows]


@pytest.fixture
def word(tenant):
    """A beginning of names that nothing else has."""
    return tenant.namespace()


@pytest.fixture
def spaces(api, word):
    for name in NAMES:
        api.ok("POST", api.namespaces, {"name": f"{word}-{name}"})
    yield api.namespaces
    for name in NAMES:
        api.ok("DELETE", f"{api.namespaces}/{word}-{name}")


def pages(api, path, member="namespace_name"):
    """All pages of one entry each; what the last says of them."""
    found, page = [], 1
    while True:
        answer = api.get(f"{path}&per_page=1&page={page}")
        assert answer.status == 200, answer
        if not answer.json["result"]:
            return found, answer.json["result_info"]
        found += names_of(answer.json["result"], member)
        page += 1


class TestNamespaces:
    def test_616_01_whole_as_clients_know_it(self, api, spaces, word):
        answer = api.get(spaces)
        assert "result_info" not in answer.json
        names = names_of(answer.json["result"], "namespace_name")
        assert names == sorted(names)
        assert {f"{word}-{n}" for n in NAMES} < set(names)
        # wrangler asks so; SDKs until there is nothing
        assert api.ok("GET", f"{spaces}?page=1") == answer.json["result"]
        assert api.ok("GET", f"{spaces}?page=2") == []

    def test_616_02_pages(self, api, spaces, word):
        found, info = pages(api, f"{spaces}?name_contains={word}-")
        assert found == sorted(f"{word}-{n}" for n in NAMES)
        assert (info["total_count"], info["total_pages"]) == (3, 3)
        assert info["script_count"] >= 0
        assert pages(api, f"{spaces}?search={word.upper()}-T&direction=desc")[
            0] == [f"{word}-twoyx", f"{word}-two_x"]
        assert pages(api, f"{spaces}?search={word}-two_")[0] == [
            f"{word}-two_x"]
        api.ok("PATCH", f"{spaces}/{word}-two_x", {"egress": "none"})
        newest = pages(api, f"{spaces}?search={word}-&order=modified_on"
                            "&direction=desc")[0]
        assert newest == [f"{word}-two_x", f"{word}-twoyx", f"{word}-One"]

    @pytest.mark.parametrize("query", [
        "order=size", "direction=up", "per_page=0", "page=x"])
    def test_616_03_questions_that_are_none(self, api, query):
        assert api.get(f"{api.namespaces}?{query}").status == 400

    def test_616_04_a_limited_token_sees_its_own(self, api, spaces, word):
        other, _ = api.with_token("--role", "read",
                                  "--namespace", f"{word}-twoyx",
                                  "--namespace", f"{word}-One")
        found, info = pages(other, f"{spaces}?direction=desc")
        assert found == [f"{word}-twoyx", f"{word}-One"]
        assert info["total_count"] == 2
        assert "script_count" not in info
        assert pages(other, f"{spaces}?search=TWO")[0] == [f"{word}-twoyx"]
        assert names_of(other.ok("GET", spaces), "namespace_name") == [
            f"{word}-One", f"{word}-twoyx"]


class TestTokens:
    def test_616_10_pages_and_search(self, api, word):
        path = f"{api.account}/tokens"
        made = [api.ok("POST", path, {"name": f"{word} {n}", "role": "read"})
                for n in ("a", "b", "c%")]
        try:
            found, info = pages(api, f"{path}?name_contains={word}", "name")
            assert found == [f"{word} a", f"{word} b", f"{word} c%"]
            assert info["total_count"] == 3
            assert pages(api, f"{path}?search={word.upper()}&direction=desc",
                         "name")[0] == found[::-1]
            assert pages(api, f"{path}?search={word}%20c%25", "name")[0] == [
                f"{word} c%"]
            assert {t["id"] for t in made} <= {
                t["id"] for t in api.ok("GET", path)}
            assert api.ok("GET", f"{path}?page=2") == []
        finally:
            for token in made:
                api.ok("DELETE", f"{path}/{token['id']}")

    def test_616_11_s3_keys_of_a_bucket(self, api, word):
        path = f"{api.account}/tokens"
        made = [api.ok("POST", path, {"name": f"{word} {i}", "role": "read",
                                      **more}) for i, more in enumerate((
            {}, {"s3": True, "buckets": ["photos-x"]},
            {"s3": True, "buckets": ["photos-x-2"]}, {"s3": True}))]
        try:
            assert pages(api, f"{path}?bucket=photos-x&search={word}",
                         "name")[0] == [f"{word} 1", f"{word} 3"]
        finally:
            for token in made:
                api.ok("DELETE", f"{path}/{token['id']}")


class TestObjects:
    @pytest.mark.parametrize("path, body, member, key", [
        ("storage/kv/namespaces", "title", "title", "id"),
        ("d1/database", "name", "name", "uuid"),
        ("queues", "queue_name", "queue_name", "queue_id")])
    def test_616_20_by_a_part_of_the_name(self, api, word, path, body, member,
                                          key):
        path = f"{api.account}/{path}"
        made = [api.ok("POST", path, {body: f"{word}-{n}"})
                for n in ("aB", "ab_c")]
        try:
            assert pages(api, f"{path}?name_contains={word}-AB", member)[0] \
                == sorted(f"{word}-{n}" for n in ("aB", "ab_c"))
            found, info = pages(api, f"{path}?search={word}-ab_", member)
            assert found == [f"{word}-ab_c"]
            assert info["total_count"] == 1
        finally:
            for one in made:
                api.ok("DELETE", f"{path}/{one[key]}")

    def test_616_21_queues_tell_what_waits(self, api, word):
        path = f"{api.account}/queues"
        queue = api.ok("POST", path, {"queue_name": word})["queue_id"]
        for _ in range(2):
            api.ok("POST", f"{path}/{queue}/messages", {"body": "abc"})
        (row,) = api.ok("GET", f"{path}?search={word}")
        assert row["backlog_count"] == 2
        assert row["backlog_bytes"] > 0
        api.ok("DELETE", f"{path}/{queue}")


class TestAudit:
    def test_616_30_search(self, api, word):
        path = f"{api.account}/audit"
        api.call("PUT", f"{api.namespaces}/{word}/scripts/front", LUA.encode())
        api.ok("DELETE", f"{api.namespaces}/{word}/scripts/front")

        def actions(query):
            return names_of(api.ok("GET", f"{path}?{query}"), "action")

        assert actions(f"search={word.upper()}/front") == ["delete", "upload"]
        assert actions(f"search={word}&action=upload,create") == ["upload",
                                                                  "create"]
        assert actions(f"search={word}&action=none") == []
        assert set(actions("action=upload&limit=5")) == {"upload"}
        first = api.get(f"{path}?search={word}&limit=1").json
        assert first["result_info"]["cursor"]
        rest = api.get(f"{path}?search={word}&cursor="
                       f"{first['result_info']['cursor']}").json
        assert len(rest["result"]) >= 2
        assert api.get(f"{path}?action=a,b,c,d,e,f,g,h,i").status == 400


class TestUsage:
    def test_616_40_of_all_that_the_token_sees(self, api, tenant):
        spaces = [tenant.namespace(), tenant.namespace()]
        for i, ns in enumerate(spaces):
            api.call("PUT", f"{api.namespaces}/{ns}/scripts/x", LUA.encode())
            for _ in range(i + 1):
                assert api.client.get(f"/_ns/{ns}/x/").status == 200
        path = f"{api.account}/workers/dispatch/usage"
        other, _ = api.with_token("--role", "read", "--namespace", spaces[0],
                                  "--namespace", spaces[1])
        one, _ = api.with_token("--role", "read", "--namespace", spaces[0])

        def total(who, query="bucket=hour"):
            return sum(b["requests"]
                       for b in who.ok("GET", f"{path}?{query}")["buckets"])

        until(lambda: total(other) == 3, "3 requests to be counted")
        assert total(one) == 1
        twice, _ = api.with_token("--role", "read", "--namespace", spaces[0],
                                  "--namespace", spaces[0])
        assert total(twice) == 1
        assert total(api) >= 3
        groups = other.ok("GET", f"{path}?group_by=namespace&order=requests"
                                 "&limit=1")["groups"]
        assert [(g["namespace"], g["requests"]) for g in groups] == [
            (spaces[1], 2)]
        names = names_of(other.ok("GET", f"{path}?group_by=namespace")[
            "groups"], "namespace")
        assert names == sorted(spaces)
        assert set(spaces) <= set(names_of(
            api.ok("GET", f"{path}?group_by=namespace&order=errors&limit=1000"
                   )["groups"], "namespace"))

    @pytest.mark.parametrize("query", [
        "group_by=script", "group_by=namespace&order=size",
        "group_by=namespace&limit=0&order=cpu", "bucket=week"])
    def test_616_41_questions_that_are_none(self, api, query):
        assert api.get(f"{api.account}/workers/dispatch/usage?{query}"
                       ).status == 400

    def test_616_42_workers_that_did_most(self, api, tenant):
        ns = tenant.namespace()
        for name, count in (("a", 1), ("b", 3), ("c", 2)):
            api.call("PUT", f"{api.namespaces}/{ns}/scripts/{name}",
                     LUA.encode())
            for _ in range(count):
                api.client.get(f"/_ns/{ns}/{name}/")
        path = f"{api.namespaces}/{ns}/usage?group_by=script"
        until(lambda: sum(g["requests"] for g in api.ok("GET", path)[
            "groups"]) == 6, "6 requests to be counted")
        assert names_of(api.ok("GET", f"{path}&order=requests&limit=2")[
            "groups"], "script") == ["b", "c"]
        assert api.get(f"{api.namespaces}/{ns}/usage?group_by=tag&order=cpu"
                       ).status == 400

