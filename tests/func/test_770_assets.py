# SPDX-License-Identifier: Apache-2.0
"""Which file a path is, and how it is served: case by case."""

import os
import pathlib
import re

import pytest

from wfptest.api import LOCATION, Api
from wfptest.assets import WORKER, Site
from wfptest.lua import worker

pytestmark = pytest.mark.one_mpm

FILES = {path: f"file {path}" for path in (
    "/index.html", "/both.html", "/both/index.html", "/file.html",
    "/folder/index.html", "/bin", "/bin.html", "/a b.txt", "/style.css",
    "/\u00fc.html", "/x%2Fy.txt", "/404.html", "/folder/404.html")}
RUN = "the Worker runs"

# path: (status, file or where it is redirected to); RUN: none of both
AUTO = {
    "/": (200, "/index.html"), "/index": (307, "/"), "/index.html": (307, "/"),
    "/both": (200, "/both.html"), "/both.html": (307, "/both"),
    "/both/": (200, "/both/index.html"), "/both/index": (307, "/both/"),
    "/both/index.html": (307, "/both/"),
    "/file": (200, "/file.html"), "/file/": (307, "/file"),
    "/file.html": (307, "/file"), "/file/index": (307, "/file"),
    "/file/index.html": (307, "/file"),
    "/folder": (307, "/folder/"), "/folder/": (200, "/folder/index.html"),
    "/folder.html": (307, "/folder/"), "/folder/index": (307, "/folder/"),
    "/folder/index.html": (307, "/folder/"),
    # what would be redirected to another file is not
    "/bin": (200, "/bin"), "/bin.html": (200, "/bin.html"), "/bin/": RUN,
    "/bin/index": RUN, "/bin/index.html": RUN,
    "/style.css": (200, "/style.css"), "/style.css?v=1": (200, "/style.css"),
    "/Style.css": RUN, "/style.css/": RUN, "/nothing": RUN,
    # one address a file
    "/a%20b.txt": (200, "/a b.txt"), "/a%20b%2etxt": (307, "/a%20b.txt"),
    "/%C3%BC": (200, "/\u00fc.html"), "/%c3%bc?q=1": (307, "/%C3%BC?q=1"),
    "/x%252Fy.txt": (200, "/x%2Fy.txt"), "/x%2Fy.txt": RUN,
    "//style.css": (307, "/style.css"), "/%2Fstyle.css": (307, "/style.css"),
    # nothing leads out of the files
    "/%2e%2e%2fstyle.css": RUN, "/..%2f..%2fetc/passwd": RUN, "/%00": RUN,
    "/style.css%00": RUN, "/%ff": RUN, "/folder/../style.css": RUN,
}
DROP = {
    "/": (200, "/index.html"), "/index": (307, "/"), "/index.html": (307, "/"),
    "/both": (200, "/both.html"), "/both/": (307, "/both"),
    "/both.html": (307, "/both"), "/both/index": (307, "/both"),
    "/both/index.html": (200, "/both/index.html"),
    "/file": (200, "/file.html"), "/file/": (307, "/file"),
    "/file.html": (307, "/file"), "/file/index.html": (307, "/file"),
    "/folder": (200, "/folder/index.html"), "/folder/": (307, "/folder"),
    "/folder.html": (307, "/folder"), "/folder/index": (307, "/folder"),
    "/folder/index.html": (307, "/folder"),
    "/bin": (200, "/bin"), "/bin.html": (200, "/bin.html"), "/bin/": RUN,
}
FORCE = {
    "/": (200, "/index.html"), "/index.html": (307, "/"), "/index": (307, "/"),
    "/both": (307, "/both/"), "/both/": (200, "/both/index.html"),
    "/both.html": (200, "/both.html"), "/both/index.html": (307, "/both/"),
    "/both/index": (307, "/both/"),
    "/file": (307, "/file/"), "/file/": (200, "/file.html"),
    "/file.html": (307, "/file/"), "/file/index.html": (307, "/file/"),
    "/folder": (307, "/folder/"), "/folder.html": (307, "/folder/"),
    "/folder/": (200, "/folder/index.html"), "/bin": (200, "/bin"),
    "/style.css": (200, "/style.css"), "/style.css/": RUN,
}
NONE = {
    "/": RUN, "/index": RUN, "/index.html": (200, "/index.html"), "/both": RUN,
    "/both.html": (200, "/both.html"), "/both/": RUN, "/bin": (200, "/bin"),
    "/%61%20b.txt": (307, "/a%20b.txt"),
}
KINDS = {"auto-trailing-slash": AUTO, "drop-trailing-slash": DROP,
         "force-trailing-slash": FORCE, "none": NONE}


@pytest.fixture(scope="module")
def made():
    return {}


@pytest.fixture
def site(httpd, client, tenant, made):
    """A site of these files and settings, made once."""
    httpd.configure([*LOCATION])

    def make(files=None, code=None, types=None, **config):
        key = repr((files, code, types, config))
        if key not in made:
            api = Api(httpd, client)
            if "ns" not in made:
                made["ns"] = "assets770"
                api.call("POST", api.namespaces, {"name": "assets770"})
            made[key] = Site(api, made["ns"]).deploy(
                FILES if files is None else files, code, types, **config)
        one = made[key]
        one.api = Api(httpd, client)
        return one
    return make


def expected(case):
    if case == RUN:
        return 200, WORKER
    status, what = case
    return status, f"file {what}" if status == 200 else what


class TestPaths:
    @pytest.mark.parametrize("kind", KINDS)
    def test_770_01_html_handling(self, site, kind):
        one = site(html_handling=kind)
        for path, case in KINDS[kind].items():
            assert one.told(path) == expected(case), path

    def test_770_02_page_for_what_is_missing(self, site):
        one = site(not_found_handling="404-page", code="")
        assert one.told("/nothing") == (404, "file /404.html")
        assert one.told("/folder/a/b") == (404, "file /folder/404.html")
        assert one.told("/file") == (200, "file /file.html")

    def test_770_03_single_page(self, site):
        one = site(not_found_handling="single-page-application", code="")
        assert one.told("/some/page") == (200, "file /index.html")
        assert one.told("/file/") == (307, "/file")

    def test_770_04_nothing_for_what_is_missing(self, site):
        assert site(code="").told("/nothing") == (404, "")

    def test_770_05_with_a_worker_it_is_the_workers(self, site):
        for miss in ("404-page", "single-page-application"):
            one = site(not_found_handling=miss)
            assert one.told("/nothing") == (200, WORKER)

    def test_770_06_browsers_that_go_to_a_page(self, site):
        page = [("Sec-Fetch-Mode", "navigate")]
        old = site(not_found_handling="single-page-application",
                   meta={"compatibility_date": "2025-03-31"})
        assert old.told("/some/page", headers=page) == (200, WORKER)
        new = site(not_found_handling="single-page-application",
                   meta={"compatibility_date": "2025-04-01"})
        assert new.told("/some/page", headers=page) == (200,
                                                        "file /index.html")
        assert new.told("/some/page") == (200, WORKER)

    def test_770_07_methods(self, site):
        one = site()
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            answer = one.request(method, "/style.css")
            assert answer.status == 405, method
            assert answer.get("Allow") == "GET, HEAD"
            assert one.request(method, "/nothing").text == WORKER
        head = one.request("HEAD", "/style.css")
        assert head.status == 200 and head.body == b""
        assert head.get("Content-Length") == str(len("file /style.css"))


class TestWhoIsFirst:
    def test_770_20_the_worker(self, site):
        one = site(run_worker_first=True)
        assert one.told("/style.css") == (200, WORKER)

    def test_770_21_by_rules(self, site):
        one = site({"/api/a.json": "A", "/api/docs/b.txt": "B", "/c.txt": "C"},
                   run_worker_first=["/api/*", "!/api/docs/*", "*/"[1:] + "x"],
                   not_found_handling="404-page")
        assert one.told("/api/a.json") == (200, WORKER)
        assert one.told("/api/none") == (200, WORKER)
        assert one.told("/api/docs/b.txt") == (200, "B")
        assert one.told("/api/docs/none") == (404, "")
        assert one.told("/c.txt") == (200, "C")
        # another way to write it leads there
        assert one.told("/%61pi/a.json") == (307, "/api/a.json")

    def test_770_22_the_binding(self, site):
        code = worker('''
            local url = URL.new(request.url)
            if url.searchParams:get("raw") then
                return env.ASSETS:fetch("https://any.example" ..
                                        url.searchParams:get("raw"))
            end
            local got = env.ASSETS:fetch(request)
            local resp = Response.new(got.body, got)
            resp.headers:set("X-Seen", tostring(got.status))
            return resp''')
        one = site(code=code, run_worker_first=True,
                   not_found_handling="404-page")
        answer = one.get("/?raw=/style.css")
        assert answer.text == "file /style.css"
        assert answer.get("Content-Type") == "text/css"
        assert one.told("/?raw=/file.html") == (307, "/file")
        assert one.told("/?raw=/none") == (404, "file /404.html")
        # the Worker's URL begins with what by-path routing took
        assert one.get("/style.css").get("X-Seen") == "404"

    def test_770_23_the_binding_reads_and_runs_beside(self, site):
        one = site(code=worker('''
            local a, b = parallel(
                function() return env.ASSETS:fetch("http://x/bin"):text() end,
                function() return env.ASSETS:fetch("http://x/file"):text() end)
            return Response.new(a .. ", " .. b)'''))
        assert one.told("/none") == (200, "file /bin, file /file.html")

    def test_770_24_behind_a_dispatcher(self, site, tenant, client, httpd):
        one = site()
        caller = tenant.deploy(worker('''
            local resp = env.NS:get("%s"):fetch("http://x/style.css")
            return resp''' % one.name), "--binding",
            f"dispatch_namespace:NS={one.ns}")
        answer = caller.get()
        assert answer.text == "file /style.css"
        assert answer.get("ETag")


class TestHeaders:
    def test_770_30_what_is_said(self, site):
        one = site(types={"/bin": "application/x-thing", "/file.html":
                          "text/html; charset=utf-8"})
        answer = one.get("/bin")
        assert answer.get("Content-Type") == "application/x-thing"
        assert answer.get("Cache-Control") == \
            "public, max-age=0, must-revalidate"
        assert len(answer.get("ETag")) == 34
        assert answer.get("Content-Length") == "9"
        assert one.get("/file").get("Content-Type") == \
            "text/html; charset=utf-8"
        secret = one.get("/bin", headers=[("Authorization", "Basic eDp5")])
        assert secret.get("Cache-Control") is None

    def test_770_31_no_type(self, site):
        assert site().get("/bin").get("Content-Type") is None

    @pytest.mark.parametrize("form", ['"%s"', 'W/"%s"', '"x", "%s"', "*",
                                      'W/"a",W/"%s"'])
    def test_770_32_not_modified(self, site, form):
        one = site()
        etag = one.get("/bin").get("ETag").strip('"')
        sent = form % etag if "%" in form else form
        answer = one.get("/bin", headers=[("If-None-Match", sent)])
        assert answer.status == 304 and answer.body == b""
        assert answer.get("ETag") == f'"{etag}"'

    @pytest.mark.parametrize("sent", ['"x"', '"%s', "%s", '"%sx"', ""])
    def test_770_33_modified(self, site, sent):
        one = site()
        etag = one.get("/bin").get("ETag").strip('"')
        sent = sent % etag if "%" in sent else sent
        assert one.get("/bin", headers=[("If-None-Match", sent)]).status == 200

    def test_770_34_ranges(self, site):
        one = site()
        part = one.get("/bin", headers=[("Range", "bytes=5-6")])
        assert (part.status, part.text) == (206, "/b")
        assert part.get("Content-Range") == "bytes 5-6/9"
        assert one.get("/bin", headers=[("Range", "bytes=-3")]).text == "bin"
        assert one.get("/bin", headers=[("Range", "bytes=99-")]).status == 416
        two = one.get("/bin", headers=[("Range", "bytes=0-0,8-8")])
        assert two.status == 206 and b"Content-range: bytes 8-8/9" in two.body
        other = one.get("/bin", headers=[("Range", "bytes=0-0"),
                                         ("If-Range", '"other"')])
        assert other.status == 200

    def test_770_35_large_files(self, site):
        data = bytes(range(256)) * 20000
        one = site({"/large.bin": data})
        assert one.get("/large.bin").body == data
        got = one.get("/large.bin", headers=[("Range", "bytes=4000000-4000009")])
        assert got.body == data[4000000:4000010]

    def test_770_36_empty_files(self, site):
        answer = site({"/empty.txt": ""}).get("/empty.txt")
        assert (answer.status, answer.body) == (200, b"")


HEADERS = """
# all
/*
  X-All: yes
  Cache-Control: public, max-age=60
/bin
  X-All: again
  ! ETag
  X-Path: is :splat
/:a/index.html
  X-A: :a
https://:host.example/*
  X-Host: :host
  X-Rest: :splat
no colon
: nothing
Bad Name: x
"""
REDIRECTS = """
/old /new
/old /newer 301
/moved /style.css 301
/away https://example.com/x?y=1#z 308 # says why
/see /a 303
/keep?x=1 /b 307
/users/:id/:part /people/:part/:id
/blog/* https://blog.example/:splat
/rewrite/:what /:what.css 200
/round/* /index.html
/bad /c 999
/bad
/short /
/many//slashes /x
/to/* /:splat
/lost /nothing.css 200
"""


class TestRules:
    def test_770_40_headers(self, site):
        one = site(_headers=HEADERS)
        answer = one.get("/style.css")
        assert answer.get("X-All") == "yes"
        assert answer.get("Cache-Control") == "public, max-age=60"
        answer = one.get("/bin")
        assert answer.get("X-All") == "yes, again"
        assert answer.get("ETag") is None
        assert answer.get("X-Path") == "is :splat"
        assert one.get("/bin").get("X-Host") is None
        host = one.get("/bin", host="shop.example:80")
        assert host.get("X-Host") == "shop" and host.get("X-Rest") == "bin"
        # of the Worker's answers nothing is changed
        assert one.get("/nothing").get("X-All") is None

    def test_770_41_redirects(self, site):
        one = site(_redirects=REDIRECTS)
        cases = {
            "/old": (302, "/new"), "/moved": (301, "/style.css"),
            "/moved?a=b": (301, "/style.css?a=b"),
            "/away": (308, "https://example.com/x?y=1#z"),
            "/away?q": (308, "https://example.com/x?y=1#z"),
            "/see": (303, "/a"), "/keep": (307, "/b"),
            "/users/7/posts": (302, "/people/posts/7"),
            "/users/7": (200, WORKER), "/users/7/a/b": (200, WORKER),
            "/blog/": (302, "https://blog.example/"),
            "/blog/a/b?c=d": (302, "https://blog.example/a/b?c=d"),
            "/rewrite/style": (200, "file /style.css"),
            "/round/a": (200, WORKER), "/bad": (200, WORKER),
            "/lost": (404, ""), "/old/": (200, WORKER),
            # not to another host
            "/to//evil.example": (302, "/evil.example"),
            "/to/%5Cevil.example": (302, "/%5Cevil.example"),
        }
        for path, case in cases.items():
            assert one.told(path) == case, path

    def test_770_42_limits_of_rules(self, site):
        many = "\n".join(f"/s{i} /style.css" for i in range(2001))
        dynamic = "\n".join(f"/d{i}/* /style.css" for i in range(101))
        one = site(_redirects=f"{many}\n{dynamic}", _headers="\n".join(
            f"/{'bin' if i > 90 else 'x'}\n  X-{i}: 1" for i in range(101)))
        assert one.told("/s1999")[0] == 302
        assert one.told("/s2000") == (200, WORKER)
        assert one.told("/d99/x")[0] == 302
        assert one.told("/d100/x") == (200, WORKER)
        answer = one.get("/bin")
        assert answer.get("X-99") == "1" and answer.get("X-100") is None

    def test_770_43_rules_that_cost_much_end(self, site):
        """Their steps are bounded: what is left over is not matched."""
        evil = "/" + "".join(f":a{i}-" for i in range(15)) + "z /style.css"
        one = site(_redirects="\n".join(f"{evil}{i}" for i in range(90)),
                   _headers="/*\n" + "\n".join(
                       f"  X-{i}: {':splat' * 300}" for i in range(90)),
                   run_worker_first=["/*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"])
        assert one.told("/" + "-" * 4000)[0] == 200
        # more than 60 KB of headers are no answer
        assert one.get("/bin").error == "invalid_response"
        assert one.told("/" + "a" * 4000) == (200, WORKER)


def files_of(httpd):
    """Assets that children have open."""
    found = []
    for pid in httpd.children():
        for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            try:
                found.append(os.readlink(link))
            except OSError:
                continue
    return [path for path in found if "/assets/" in path]


def peak(httpd):
    """Most kB that children ever had in memory."""
    return sum(int(re.search(
        r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
        for pid in httpd.children())


class TestManyAndLong:
    """What a Worker asks for is bounded, however it asks."""

    def test_770_60_addresses_are_bounded(self, site, httpd):
        code = worker('''
            local url = "http://x/" .. ("a/"):rep(
                tonumber(request.headers:get("n")))
            local first = env.ASSETS:fetch(url)
            for i = 2, 5 do env.ASSETS:fetch(url) end
            return first''')
        one = site(code=code, run_worker_first=True,
                   not_found_handling="404-page")

        def asked(n):
            answer = one.get("/", headers=[("n", str(n))])
            return answer.status, answer.text

        assert asked(10) == (404, "file /404.html")
        before = peak(httpd)
        assert asked(8100) == (404, "file /404.html")
        assert asked(30000) == (414, "")
        assert peak(httpd) - before < 100 * 1024

    def test_770_61_addresses_of_siblings_are_bounded(self, site):
        far = site(code="", not_found_handling="404-page")
        first = site(code=None, not_found_handling="404-page",
                     run_worker_first=["/a/*"])
        near = site(code=worker('''
            local said = {}
            for i, to in ipairs{env.FAR, env.FIRST} do
                local got = to:fetch("http://x/" .. ("b/"):rep(30000))
                said[i] = got.status .. " " .. got:text()
            end
            return Response.new(table.concat(said, ", "))'''),
            run_worker_first=True, bindings=[
                {"type": "service", "name": "FAR", "service": far.name},
                {"type": "service", "name": "FIRST", "service": first.name}])
        assert near.told("/") == (200, f"414 , 200 {WORKER}")

    def test_770_62_what_is_not_read_holds_no_file(self, site, httpd, client):
        code = worker('''
            local held = {}
            for i = 1, 40 do
                held[i] = env.ASSETS:fetch("http://x/style.css")
            end
            local n = 0
            return Response.new(function()
                n = n + 1
                if n == 1 then return held[1]:text() .. "!" end
                return ("x"):rep(1 << 20)
            end)''')
        one = site(code=code, run_worker_first=True)
        conn = client.connection()
        conn.request("GET", f"{one.base}/")
        stream = conn.getresponse()
        assert stream.read(16) == b"file /style.css!"
        assert files_of(httpd) == []
        conn.close()

    def test_770_63_large_ones_pass_through(self, site):
        big = bytes(range(256)) * 20000
        code = worker('''
            local got = env.ASSETS:fetch("http://x/big.bin")
            if request.headers:get("read") then
                return Response.new(got:text(), got)
            end
            return got''')
        one = site({"/big.bin": big}, code=code, run_worker_first=True)
        assert one.get("/").body == big
        assert one.get("/", headers=[("read", "1")]).body == big
        part = one.get("/", headers=[("Range", "bytes=1000-1999")])
        assert part.status == 206 and part.body == big[1000:2000]
