# SPDX-License-Identifier: Apache-2.0
"""Which static assets a Worker has."""

import pytest

from wfptest.api import LOCATION, Api
from wfptest.assets import Site

pytestmark = pytest.mark.one_mpm


@pytest.fixture
def api(httpd, client):
    httpd.configure(LOCATION)
    return Api(httpd, client)


def listed(site, query=""):
    return site.api.ok("GET", f"{site.scripts.path}/{site.name}/assets{query}")


def test_635_01_by_path(api):
    site = Site(api, "demo").deploy(
        {"/b.html": "<b>", "/a/<i>.bin": b"\0" * 70000},
        html_handling="none", run_worker_first=["/x/*"])
    found = listed(site)
    assert found["items"] == [
        {"path": "/a/<i>.bin", "size": 70000,
         "type": "application/octet-stream"},
        {"path": "/b.html", "size": 3, "type": "text/html"}]
    assert found["count"] == 2
    assert found["config"] == {"html_handling": "none",
                               "run_worker_first": ["/x/*"]}


def test_635_02_of_a_version(api):
    site = Site(api, "demo").deploy({"/old": "1"}).deploy({"/new": "22"})
    new, old = [v["id"] for v in api.ok(
        "GET", f"{site.scripts.path}/{site.name}/versions")["items"]]
    assert listed(site)["version_id"] == new
    assert [a["path"] for a in listed(site)["items"]] == ["/new"]
    assert [a["path"] for a in
            listed(site, f"?version={old}")["items"]] == ["/old"]
    path = f"{site.scripts.path}/{site.name}/assets"
    assert api.refused("GET", f"{path}?version={'0' * 8}")[0] == 404
    other = Site(api, "demo").deploy({"/other": "3"})
    assert api.refused("GET", f"{other.scripts.path}/{other.name}/assets"
                              f"?version={old}")[0] == 404


def test_635_03_pages(api):
    site = Site(api, "demo").deploy({f"/{i:03}": str(i) for i in range(25)})
    path, seen, cursor = f"{site.scripts.path}/{site.name}/assets", [], ""
    while True:
        answer = api.get(f"{path}?limit=10" + (
            f"&cursor={cursor}" if cursor else ""))
        doc = answer.json
        seen += [a["path"] for a in doc["result"]["items"]]
        assert doc["result"]["count"] == 25
        cursor = doc["result_info"]["cursor"]
        if not cursor:
            break
    assert seen == [f"/{i:03}" for i in range(25)]
    assert api.get(f"{path}?cursor=20000").json["result"]["items"] == []
    for query in ("limit=0", "limit=1001", "cursor=0", "cursor=x",
                  "cursor=20001", "limit=-1"):
        assert api.refused("GET", f"{path}?{query}")[0] == 400


def test_635_04_none(api, tenant):
    made = tenant.deploy("return { fetch = fetch }")
    path = f"{api.namespaces}/demo/scripts/{made.name}/assets"
    assert api.ok("GET", path)["config"] is None
    assert api.ok("GET", path)["items"] == []
    assert api.refused("GET", f"{api.namespaces}/demo/scripts/none/assets"
                       )[0] == 404


def test_635_05_of_an_account_worker(api):
    site = Site(api, None).deploy({"/a": "1"})
    assert listed(site)["count"] == 1
    api.ok("DELETE", f"{site.scripts.path}/{site.name}")
