# SPDX-License-Identifier: Apache-2.0
"""The admin page's files: which there are, and the headers around them."""

import gzip
import pathlib
import re

import pytest

pytestmark = pytest.mark.one_mpm

WEB = pathlib.Path(__file__).resolve().parents[2] / "admin/web"
FILES = sorted(p.relative_to(WEB).as_posix() for p in WEB.rglob("*.*")
               if p.is_file())
LINES = ('<Location "/admin/">', "    SetHandler wfp-admin", "</Location>",
         '<Location "/deep/er">', "    SetHandler wfp-admin", "</Location>")
TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css",
         "svg": "image/svg+xml"}
WEIGHT_MAX = 250 * 1024


@pytest.fixture(autouse=True)
def _lines(httpd):
    httpd.configure(LINES)


def modules(name, found=None):
    """A module and all that it imports at once, and what it may later: the
    parts of a page, but other pages."""
    found = set() if found is None else found
    if name in found:
        return found
    found.add(name)
    text = (WEB / name).read_text()
    wanted = r"from '(\.\S+)'"
    if name != "pages/index.js":
        wanted = r"(?:from |import\()'(\.\S+)'"
    for other in re.findall(wanted, text):
        modules((WEB / name).parent.joinpath(other).resolve()
                .relative_to(WEB).as_posix(), found)
    return found


class TestFiles:
    def test_790_01_each_as_it_is(self, client):
        for base in ("/admin/", "/deep/er/"):
            for name in FILES:
                answer = client.get(base + name)
                assert answer.status == 200
                assert answer.body == (WEB / name).read_bytes()
                kind = TYPES[name.rsplit(".", 1)[1]]
                assert answer.get("Content-Type").startswith(kind)

    def test_790_02_its_name_without_a_slash_leads_there(self, client):
        answer = client.get("/deep/er")
        assert (answer.status, answer.get("Location")) == (301, "/deep/er/")
        page = client.get("/deep/er/")
        assert page.body == (WEB / "index.html").read_bytes()

    @pytest.mark.parametrize("path", [
        "nothing.js", "lib", "lib/", "../httpd.conf", "..%2fhttpd.conf",
        "lib/..%2f..%2fpage.c", "%00", "index.html/x", "//etc/passwd"])
    def test_790_03_nothing_else(self, client, path):
        answer = client.get("/admin/" + path)
        assert answer.status in (400, 404)
        assert b"root:" not in answer.body

    def test_790_04_copies_are_asked_for(self, client):
        first = client.get("/admin/app.js")
        tag = first.get("ETag")
        assert first.get("Cache-Control") == "no-cache"
        again = client.request("GET", "/admin/app.js",
                               headers=[("If-None-Match", tag)])
        assert (again.status, again.body) == (304, b"")
        other = client.request("GET", "/admin/app.js",
                               headers=[("If-None-Match", '"x"')])
        assert other.status == 200
        assert tag != client.get("/admin/style.css").get("ETag")

    def test_790_07_as_gzip_who_takes_it(self, client):
        for name in FILES:
            answer = client.request("GET", f"/admin/{name}", headers=[
                ("Accept-Encoding", "br, GZIP;q=0.5")])
            assert answer.get("Content-Encoding") == "gzip"
            assert answer.get("Vary") == "Accept-Encoding"
            assert gzip.decompress(answer.body) == (WEB / name).read_bytes()
        tag = answer.get("ETag")
        again = client.request("GET", f"/admin/{name}", headers=[
            ("Accept-Encoding", "gzip"), ("If-None-Match", tag)])
        assert (again.status, again.body) == (304, b"")
        for takes in ("", "br", "gzip;q=0", "gzip; q=0.000", "gzipped",
                      "identity, xgzip", "*", ",,;,"):
            answer = client.request("GET", f"/admin/{name}", headers=[
                ("Accept-Encoding", takes)])
            assert answer.get("Content-Encoding") is None, takes
            assert answer.get("ETag") != tag
            assert answer.body == (WEB / name).read_bytes()

    def test_790_05_methods(self, client):
        head = client.request("HEAD", "/admin/")
        size = (WEB / "index.html").stat().st_size
        assert (head.status, head.body) == (200, b"")
        assert int(head.get("Content-Length")) == size
        for method in ("POST", "PUT", "DELETE"):
            answer = client.request(method, "/admin/app.js")
            assert answer.status == 405
            assert "GET" in answer.get("Allow")

    def test_790_06_no_query_matters(self, client):
        assert client.get("/admin/app.js?v=1").status == 200


class TestHeaders:
    @pytest.mark.parametrize("path, status", [
        ("/admin/", 200), ("/admin/app.js", 200), ("/admin/none", 404),
        ("/deep/er", 301)])
    def test_790_10_everywhere(self, client, path, status):
        answer = client.get(path)
        assert answer.status == status
        policy = dict(part.strip().split(" ", 1) for part in
                      answer.get("Content-Security-Policy").split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert "unsafe" not in str(policy)
        assert answer.get("X-Frame-Options") == "DENY"
        assert answer.get("X-Content-Type-Options") == "nosniff"
        assert answer.get("Referrer-Policy") == "no-referrer"


class TestSources:
    """What the policy would refuse, and what may not be in them anyway."""

    def test_790_20_light(self, client):
        """All pages together, as browsers get them; and each one unpacked."""
        assert sum(int(client.request(
            "HEAD", f"/admin/{name}", headers=[("Accept-Encoding", "gzip")]
            ).get("Content-Length")) for name in FILES) < WEIGHT_MAX
        frame = {"index.html", "style.css", "icon.svg"} | modules("app.js")
        for name in re.findall(r"import\('\.(\S+)'\)",
                               (WEB / "pages/index.js").read_text()):
            whole = frame | modules(
                (WEB / "pages" / f".{name}").resolve()
                .relative_to(WEB).as_posix())
            assert sum((WEB / one).stat().st_size
                       for one in whole) < WEIGHT_MAX, name

    @pytest.mark.parametrize("name", FILES)
    def test_790_21_no_markup_from_text(self, name):
        text = (WEB / name).read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|"
                             r"document\.write|\beval\(|new Function|"
                             r"DOMParser|createContextualFragment", text)
        # names of the SVG standard are no addresses
        assert not re.search(r"(https?:)?//(?!www\.w3\.org/)[a-z]+\.[a-z]",
                             text)

    def test_790_22_nothing_inline(self):
        text = (WEB / "index.html").read_text()
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|style=",
                             text)

    def test_790_23_every_module_is_there(self):
        for name in FILES:
            for found in re.findall(r"""(?:from|import\()\s*'(\.[^']+)'""",
                                    (WEB / name).read_text()):
                assert ((WEB / name).parent / found).resolve().is_file(), \
                    f"{name}: {found}"


class TestMissing:
    def test_790_30_files_that_are_not_there(self, httpd, client, tmp_path):
        kept = httpd.env["WFP_WEB_DIR"]
        before = httpd.log.size()
        httpd.stop()
        httpd.env["WFP_WEB_DIR"] = str(tmp_path / "none")
        try:
            httpd.configure(LINES)
            assert client.get("/admin/").status == 404
            assert "WFP3501" in httpd.log.text(before)
        finally:
            httpd.stop()
            httpd.env["WFP_WEB_DIR"] = kept
