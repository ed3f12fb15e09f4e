# SPDX-License-Identifier: Apache-2.0
"""wrangler, unmodified, with static assets."""

import uuid

import pytest

from wfptest.assets import Site
from wfptest.clients import Wrangler

pytestmark = pytest.mark.one_mpm

STUB = "export default {};\n"
LUA = """return { fetch = function(request, env)
    return Response.new("the Worker runs") end }
"""
CODE = """main = "src/stub.js"
no_bundle = true
find_additional_modules = true
rules = [{ type = "Text", globs = ["**/*.lua"], fallthrough = true }]
[unsafe.metadata]
main_module = "worker.lua"
"""
FILES = {
    "index.html": "<h1>home</h1>", "a b.txt": "blank", "style.css": "b { }",
    "docs/index.html": "docs", "404.html": "not here", ".assetsignore": "x.key",
    "x.key": "geheim", "_headers": "/style.css\n  X-From: a file\n",
    "_redirects": "/old /docs/ 301\n",
}


@pytest.fixture
def wrangler(api, tmp_path):
    return Wrangler(api, tmp_path)


@pytest.fixture
def site(api, tenant):
    return Site(api, tenant.namespace(), f"wa-{uuid.uuid4().hex[:8]}")


def write(wrangler, name, files, assets="", code=CODE):
    wrangler.write("wrangler.toml", f'name = "{name}"\nworkers_dev = false\n'
                   'compatibility_date = "2026-01-01"\n'
                   f'{code}\n[assets]\ndirectory = "./public"\n{assets}\n')
    wrangler.write("src/stub.js", STUB)
    wrangler.write("src/worker.lua", LUA)
    for path, text in files.items():
        wrangler.write(f"public/{path}", text)


def test_774_01_a_user_worker(wrangler, site):
    write(wrangler, site.name, FILES,
          'binding = "ASSETS"\nnot_found_handling = "404-page"\n'
          'run_worker_first = ["/api/*"]')
    wrangler.run("deploy", "--dispatch-namespace", site.ns)
    assert site.told("/") == (200, "<h1>home</h1>")
    assert site.get("/").get("Content-Type").startswith("text/html")
    assert site.told("/a%20b.txt") == (200, "blank")
    assert site.told("/docs") == (307, "/docs/")
    assert site.told("/old") == (301, "/docs/")
    assert site.get("/style.css").get("X-From") == "a file"
    assert site.told("/none") == (404, "not here")
    assert site.told("/x.key") == (404, "not here")
    assert site.told("/_headers") == (404, "not here")
    assert site.told("/api/x") == (200, "the Worker runs")
    # what has not changed is not sent again
    wrangler.write("public/style.css", "b { color: red }")
    told = wrangler.run("deploy", "--dispatch-namespace", site.ns)
    assert "Found 1 new or modified" in told
    assert site.told("/style.css") == (200, "b { color: red }")
    assert site.told("/a%20b.txt") == (200, "blank")


def test_774_02_an_account_worker(wrangler, api, site):
    path = f"{api.account}/workers/scripts/{site.name}"
    write(wrangler, site.name, FILES)
    wrangler.run("deploy")
    listed = api.ok("GET", f"{api.account}/workers/scripts")
    assert [w["has_assets"] for w in listed if w["id"] == site.name] == [True]
    write(wrangler, site.name, {"new.txt": "new"})
    told = wrangler.run("deploy")  # a version, and its deployment
    assert "Found 1 new or modified" in told
    listed = api.ok("GET", f"{api.account}/workers/scripts")
    assert [w["has_assets"] for w in listed if w["id"] == site.name] == [True]
    api.ok("DELETE", path)


def test_774_03_nothing_but_assets(wrangler, site):
    write(wrangler, site.name, FILES,
          'not_found_handling = "single-page-application"', code="")
    wrangler.run("deploy", "--dispatch-namespace", site.ns)
    assert site.told("/any/page") == (200, "<h1>home</h1>")
    assert site.told("/docs/") == (200, "docs")
