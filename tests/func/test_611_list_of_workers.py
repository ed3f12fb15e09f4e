# SPDX-License-Identifier: Apache-2.0
"""Lists of Workers as people look for them: searched, sorted, by pages."""

import pytest

pytestmark = pytest.mark.one_mpm

LUA = "return { fetch = function() return Response.new() end }"
NAMES = ["shop-1", "Shop-2", "blog_1", "blogx1", "a-shop"]


@pytest.fixture
def many(tenant, api):
    """Path of a namespace's Workers, deployed in the order of NAMES."""
    ns = tenant.namespace()
    path = f"{api.namespaces}/{ns}/scripts"
    for name in NAMES:
        answer = api.call("PUT", f"{path}/{name}", LUA.encode())
        assert answer.status == 200
    api.ok("PUT", f"{path}/shop-1/tags", ["pro", "x"])
    api.ok("PUT", f"{path}/blog_1/tags", ["pro"])
    return path


def names(api, path, query):
    """All pages of one Worker each, and that one page is the same."""
    found, cursor = [], ""
    while True:
        answer = api.get(f"{path}?{query}&limit=1&cursor={cursor}")
        assert answer.status == 200
        found += [w["id"] for w in answer.json["result"]]
        cursor = answer.json["result_info"]["cursor"]
        if not cursor:
            break
    assert [w["id"] for w in api.ok("GET", f"{path}?{query}")] == found
    return found


class TestSearch:
    @pytest.mark.parametrize("text, found", [
        ("shop", ["Shop-2", "a-shop", "shop-1"]), ("SHOP-", ["Shop-2",
                                                             "shop-1"]),
        ("g_1", ["blog_1"]), ("%25", []), ("!", []), ("zzz", []),
        ("", sorted(NAMES))])
    def test_611_01_part_of_a_name(self, api, many, text, found):
        assert names(api, many, f"name_contains={text}") == found

    def test_611_02_and_a_tag(self, api, many):
        assert names(api, many, "name_contains=1&tags=pro:yes") == \
            ["blog_1", "shop-1"]
        assert names(api, many, "name_contains=1&tags=pro:yes,x:no") == \
            ["blog_1"]
        assert names(api, many, "order=name&tags=pro:no") == \
            ["Shop-2", "a-shop", "blogx1"]


class TestOrder:
    def test_611_10_by_name(self, api, many):
        assert names(api, many, "order=name") == sorted(NAMES)
        assert names(api, many, "direction=desc") == sorted(NAMES)[::-1]

    def test_611_11_by_time(self, api, many):
        up = names(api, many, "order=modified_on")
        assert up[:3] == ["Shop-2", "blogx1", "a-shop"]
        assert set(up[3:]) == {"shop-1", "blog_1"}
        assert names(api, many, "order=modified_on&direction=desc") == up[::-1]
        assert names(api, many, "order=modified_on&tags=pro:yes") == up[3:]


class TestRefused:
    @pytest.mark.parametrize("query", [
        "order=size", "direction=up", "order=name&cursor=x",
        "order=name&cursor=-1.a", "name_contains=" + 64 * "x"])
    def test_611_20_what_is_none(self, api, many, query):
        assert api.refused("GET", f"{many}?{query}")[0] == 400
