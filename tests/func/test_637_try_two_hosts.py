# SPDX-License-Identifier: Apache-2.0
"""Trying a Worker on one of two servers of one PostgreSQL."""

import pytest

from wfptest.assets import Site
from wfptest.hosts import Hosts

pytestmark = pytest.mark.one_mpm


@pytest.fixture(scope="module")
def hosts(build, origin, tmp_path_factory):
    made = Hosts(build, tmp_path_factory.mktemp("try-hosts"), origin,
                 pgsql=True, count=2)
    try:
        made.start()
        yield made
    finally:
        made.remove()


def test_637_01_what_the_other_host_was_told(hosts):
    """A version that runs nowhere, and its assets, by the host that has
    neither."""
    told, other = hosts.api(0), hosts.api(1)
    told.ok("POST", told.namespaces, {"name": "tried"})
    site = Site(told, "tried", "site").deploy({"/a.txt": "first"})
    site.deploy({"/a.txt": "second"})
    path = f"{other.namespaces}/tried/scripts/site"
    new, old = [v["id"] for v in other.ok("GET", f"{path}/versions")["items"]]
    url = f"http://127.0.0.1:{other.httpd.port}/_ns/tried/site"
    for id, text in ((old, "first"), (new, "second")):
        done = other.ok("POST", f"{path}/try", {
            "url": url + "/a.txt", "version_id": id})
        assert done["response"]["body"] == text
        assert other.ok("GET", f"{path}/assets?version={id}")["items"] == [
            {"path": "/a.txt", "size": len(text), "type": "text/plain"}]
    done = other.ok("POST", f"{path}/try", {"url": url + "/"})
    assert done["reached"] and done["records"][0]["outcome"] == "ok"
    rows = told.ok("GET", f"{told.account}/audit?limit=3")
    assert [row["action"] for row in rows] == ["try"] * 3
    assert rows[0]["object"]["namespace"] == "tried"
    assert rows[0]["object"]["name"] == "site"
