# SPDX-License-Identifier: Apache-2.0
"""Workers of files alone, made in a real browser; what a folder says of itself
in _headers, _redirects and .assetsignore."""

import pytest

from wfptest.adminpage import api, chromium, page, put, send  # noqa: F401
from wfptest.browser import DESK, MARKUP, PHONE
from wfptest.drag import drop

pytestmark = pytest.mark.one_mpm

THEIRS = "-- theirs\nreturn { fetch = function() end }"

# path, is it left out
IGNORED = """# what is not for others
*.map
/drafts/
!drafts/kept.txt
!b.map
docs/**/private.*
\\!odd
c[0-9]?.txt
deep/**
trailing.txt   
[broken
"""
FILES = {
    "index.html": False, "a.map": True, "sub/a.map": True, "b.map": False,
    "drafts/x.txt": True, "drafts/kept.txt": True, "sub/drafts/x.txt": False,
    "docs/private.txt": True, "docs/a/b/private.md": True,
    "docs/public.txt": False, "private.txt": False, "!odd": True,
    "c1x.txt": True, "cxx.txt": False, "deep/a/b.txt": True,
    "deeper.txt": False, "trailing.txt": True, "<b>.txt": False,
}


def folder(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def paths(api, path):
    return {a["path"] for a in api.ok("GET", f"{path}/assets?limit=1000")
            ["items"]}


class TestNew:
    def test_959_01_a_folder_without_a_script(self, page, api, tmp_path):
        site = folder(tmp_path / "site", {
            **{name: name for name in FILES}, ".assetsignore": IGNORED,
            ".env": "secret", ".well-known/a.txt": "known",
            "_headers": "/*\n  X-From: page\n", "_redirects": "/old /b.map\n"})
        page.go(f"/ns/{page.ns}/new")
        drop(page, ".code-tab", site)
        page.text("A Worker of files alone")
        page.text("_headers is taken: headers for 1 path")
        page.text("_redirects is taken: 1 rule")
        page.text(".assetsignore is heeded: 10 patterns")
        page.text("1 file left out: hidden")
        page.photograph("worker-new-site")
        page.look(PHONE, "light")
        assert not page.is_wider()
        assert page.unnamed() == []
        page.look(DESK, "light")
        page.type("dialog input[name=name]", "plain")
        page.send()
        page.one(".tabs")
        page.text("/deeper.txt")
        path = f"{api.namespaces}/{page.ns}/scripts/plain"
        assert paths(api, path) == {"/.well-known/a.txt", *(
            f"/{name}" for name, out in FILES.items() if not out)}
        base = f"/_ns/{page.ns}/plain"
        got = api.client.get(f"{base}/deeper.txt")
        assert got.text == "deeper.txt" and got.get("x-from") == "page"
        assert api.client.get(f"{base}/old").status == 302
        assert api.client.get(f"{base}/none").status == 404

    def test_959_02_nothing_is_replaced(self, page, api, tmp_path):
        """A name that is taken is told, for files and for code."""
        path = put(api, page.ns, "taken", THEIRS)
        site = folder(tmp_path / "site", {"index.html": MARKUP[0]})
        page.go(f"/ns/{page.ns}/new")
        page.choose("input[webkitdirectory]", site)
        page.type("dialog input[name=name]", "taken")
        send(page)
        page.text("There is a Worker taken already")
        assert paths(api, path) == set()
        page.press("Cancel")
        page.gone("dialog")
        page.press("Deploy")
        page.type("dialog input[name=name]", "taken")
        send(page)
        page.text("There is a Worker taken already")
        got = api.call("GET", f"{path}/content", raw=True)
        assert "-- theirs" in got.body.decode()

    def test_959_03_meant_as_code(self, page, api, tmp_path):
        """Whoever drops a text may want it as a module."""
        file = tmp_path / "data.json"
        file.write_text("[1]")
        page.go(f"/ns/{page.ns}/new")
        drop(page, ".code-tab", file)
        page.press("There is no script among them: add them to the code "
                   "instead")
        page.gone("dialog")
        page.until(lambda: "data.json" in [b.text for b in page.all(
            ".file button")], "the module")
        # and beside code of one's own it is asked no more
        drop(page, ".code-tab", folder(tmp_path / "more", {"b.txt": "b"}))
        page.until(lambda: "b.txt" in [b.text for b in page.all(
            ".file button")], "the other")
        assert not page.all("dialog")


class TestAgain:
    def test_959_10_what_the_folder_says(self, page, api, tmp_path):
        path = put(api, page.ns, "site")
        page.go(f"/ns/{page.ns}/w/site?tab=assets")
        page.choose("input[webkitdirectory]", folder(tmp_path / "one", {
            "a.txt": "a", "worker.lua": "-- code", "_redirects":
            "/old /a.txt\nnonsense\n", "_headers": "/*\n  X-A: 1\n"}))
        page.text("1 file of Lua would be served to everybody as text")
        send(page)
        # what was passed over
        page.text("Not all of it could be used")
        page.text("_redirects")
        page.press("Close", "dialog footer button")
        page.gone("dialog")
        base = f"/_ns/{page.ns}/site"
        assert api.client.get(f"{base}/old").status == 302
        # a folder that says nothing
        page.choose("input[webkitdirectory]",
                    folder(tmp_path / "two", {"a.txt": "b"}))
        page.text("_headers and _redirects of the folder before will not hold")
        page.send()
        page.until(lambda: paths(api, path) == {"/a.txt"}, "the other")
        assert api.client.get(f"{base}/old").text == "site"
        assert api.client.get(f"{base}/a.txt").get("x-a") is None
        # all of it left out
        page.choose("input[webkitdirectory]", folder(tmp_path / "three", {
            "a.txt": "c", ".assetsignore": "*\n"}))
        page.text("There is no file in it that could be served")

    def test_959_11_somebody_else_deploys(self, page, api, tmp_path):
        path = put(api, page.ns, "raced")
        page.go(f"/ns/{page.ns}/w/raced?tab=assets")
        page.choose("input[webkitdirectory]",
                    folder(tmp_path / "site", {"a.txt": "a"}))
        page.text("Deploy 1 file")
        put(api, page.ns, "raced", THEIRS)
        send(page)
        page.text("Somebody else changed it meanwhile")
        assert paths(api, path) == set()
        page.send()
        page.until(lambda: paths(api, path) == {"/a.txt"}, "it")
        got = api.call("GET", f"{path}/content", raw=True)
        assert "-- theirs" in got.body.decode()

    def test_959_12_patterns_that_are_hostile(self, page, tmp_path):
        """A customer's folder is looked at in the operator's browser."""
        many = "a" * 200
        page.go(f"/ns/{page.ns}/new")
        drop(page, ".code-tab", folder(tmp_path / "site", {
            many: "kept", f"{many}b": "out", "d/e/f/g/x.txt": "out",
            ".assetsignore": f"{'*a' * 40}b\n{'**/' * 40}x.*\n{'[a]*' * 30}\\"}))
        page.text(".assetsignore is heeded: 3 patterns")
        page.text("2 files left out: by .assetsignore")
        page.press("Cancel")
        page.gone("dialog")
        drop(page, ".code-tab", folder(tmp_path / "more", {
            "a.txt": "a", ".assetsignore": "b\n" * 2001}))
        page.text(".assetsignore has more than 2000 patterns")
