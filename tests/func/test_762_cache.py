# SPDX-License-Identifier: Apache-2.0
"""The Cache API: what Cloudflare documents, case by case; who sees what."""

import concurrent.futures
import json
import pathlib
import uuid

import pytest

from wfptest.api import LOCATION, Api
from wfptest.process import kill_now
from wfptest.wait import until

SCRIPT = (pathlib.Path(__file__).parents[1] / "scripts" / "cache.lua"
          ).read_text()
MANY = ("--limit", "subrequests=1000", "--limit", "cpu_ms=5000")


@pytest.fixture(autouse=True)
def api(httpd, client):
    httpd.configure(LOCATION)
    return Api(httpd, client)


class Cache:
    """A Worker that does with its caches what a test says."""

    def __init__(self, worker):
        self.worker = worker
        self.url = f"https://x.example/{uuid.uuid4().hex}"

    def calls(self, *calls):
        answer = self.worker.post(json.dumps(calls).encode())
        assert answer.status == 200, answer
        return answer.json

    def do(self, op, request=None, response=None, **more):
        call = {"op": op, "request": request or self.url, **more}
        if response is not None:
            call["response"] = response
        return self.calls(call)[0]

    def put(self, body="hello", request=None, status=200, cache="a", **headers):
        fields = {k.replace("_", "-"): v for k, v in headers.items()}
        response = {"headers": fields, "status": status}
        response.update({"size": body} if isinstance(body, int) else
                        {"body": body} if body is not None else {})
        return self.do("put", request, response, cache=cache)

    def match(self, method="GET", cache="a", options=None, **headers):
        fields = {k.replace("_", "-"): v for k, v in headers.items()}
        more = {"options": options} if options else {}
        return self.do("match", {"url": self.url, "method": method,
                                 "headers": fields}, cache=cache, **more)


@pytest.fixture
def cache(tenant):
    return Cache(tenant.deploy(SCRIPT, *MANY))


WHEN = "Fri, 15 Jan 2027 08:00:00 GMT"
NOT_KEPT = "Error: Cache PUT failed: 413 the response may not be kept: "
# what is put -> what match gives: a body, or None; or the error's text
PUTS = {
    "nothing said": ({}, "hello"),
    "max-age": ({"cache_control": "max-age=60"}, "hello"),
    "s-maxage": ({"cache_control": "s-maxage=60, max-age=0"}, "hello"),
    "Expires": ({"expires": "Fri, 15 Jan 2100 08:00:00 GMT"}, "hello"),
    "an old Expires": ({"expires": WHEN.replace("2027", "2020")},
                       NOT_KEPT + "it is not fresh"),
    "max-age=0": ({"cache_control": "max-age=0"}, NOT_KEPT + "it is not fresh"),
    "no-store": ({"cache_control": "no-store"},
                 NOT_KEPT + "Cache-Control says no-store"),
    "no-cache": ({"cache_control": "no-cache"},
                 NOT_KEPT + "Cache-Control says no-cache"),
    "private": ({"cache_control": "private, max-age=60"},
                NOT_KEPT + "Cache-Control says private"),
    "Set-Cookie": ({"set_cookie": "a=b"}, NOT_KEPT + "it has Set-Cookie"),
    "private=Set-Cookie": ({"set_cookie": "a=b",
                            "cache_control": "private=Set-Cookie"}, "hello"),
    "Vary: *": ({"vary": "*"},
                "TypeError: Cannot cache response with 'Vary: *' header."),
    "another Vary": ({"vary": "accept"}, "hello"),
    "status 404": ({"status": 404}, "hello"),
    "status 500": ({"status": 500}, NOT_KEPT + "nothing says for how long"),
    "status 500 with max-age": ({"status": 500,
                                 "cache_control": "max-age=60"}, "hello"),
    "status 206": ({"status": 206},
                   "TypeError: Cannot cache response to a range request (206 "
                   "Partial Content)."),
    "no body": ({"body": None}, ""),
    "an empty body": ({"body": ""}, ""),
}


@pytest.mark.one_mpm
class TestPut:
    @pytest.mark.parametrize("what", PUTS)
    def test_762_01_put(self, cache, what):
        given, wanted = PUTS[what]
        done = cache.put(**given)
        if isinstance(done, dict):
            assert done["error"] == wanted
            assert cache.match() is None
            return
        got = cache.match()
        assert got["body"] == wanted
        assert got["status"] == given.get("status", 200)
        assert "set-cookie" not in got["headers"]

    @pytest.mark.parametrize("method", ["POST", "HEAD", "PUT"])
    def test_762_02_methods(self, cache, method):
        done = cache.put(request={"url": cache.url, "method": method})
        assert done["error"] == \
            "TypeError: Cannot cache response to non-GET request."
        assert cache.match() is None

    def test_762_03_the_body_is_used(self, cache):
        assert cache.put() is True

    def test_762_04_headers_come_back(self, cache):
        cache.put(content_type="text/x", x_own="1", connection="x_own",
                  cache_control="max-age=60", etag='"a"')
        headers = cache.match()["headers"]
        assert headers["x-own"] == "1"
        assert headers["content-type"] == "text/x"
        assert headers["cache-control"] == "max-age=60"
        assert headers["content-length"] == "5"
        assert headers["cf-cache-status"] == "HIT"
        assert int(headers["age"]) < 60
        assert "connection" not in headers

    def test_762_05_a_second_put_replaces(self, cache):
        cache.put("one")
        cache.put("two" * 50000)
        assert cache.match()["body"] == "two" * 50000
        cache.put("three")
        assert cache.match()["body"] == "three"

    def test_762_06_sizes(self, cache):
        for size in (60000, 65536, 66000, 1000000):
            cache.put(size)
            assert cache.match()["body"] == "x" * size
        done = cache.put(4 * 1024 * 1024 + 1)
        assert done["error"].startswith("Error: Cache PUT failed: 413 a body")
        done = cache.put(x_y="x" * 17000)
        assert done["error"].startswith("Error: Cache PUT failed: 413 header")

    def test_762_07_ttl(self, cache):
        cache.put(cache_control="max-age=1")
        until(lambda: cache.match() is None, "the end of its time")

    def test_762_08_wrong_arguments(self, tenant):
        worker = tenant.deploy("""return { fetch = function(request)
            local c = caches.open("x")
            local function try(f, ...)
                local ok, err = pcall(f, ...)
                return ok and "fine" or tostring(err)
            end
            return Response.json{ try(caches.open), try(caches.open, {}),
                try(caches.open, ("n"):rep(1024)),
                try(c.put, c, "http://x/"), try(c.put, c, "http://x/", "text"),
                try(c.put, c, "no url", Response.new("x")),
                try(c.match, c), try(c.match, c, "http://x/", 7),
                try(c.put, c, "http://x/", Response.error()),
                try(caches.open, ("n"):rep(1023)) }
        end }""")
        seen = worker.get().json
        assert all("TypeError" in each for each in seen[:8]), seen
        assert "413" in seen[8] and seen[9] == "fine"


RANGES = {
    "bytes=0-1": (206, "he", "bytes 0-1/5"),
    "bytes=3-": (206, "lo", "bytes 3-4/5"),
    "bytes=-1": (206, "o", "bytes 4-4/5"),
    "bytes=5-": (416, "", "bytes */5"),
    "bytes=0-1,3-4": (200, "hello", None),
    "chars=0-1": (200, "hello", None),
}


@pytest.mark.one_mpm
class TestMatch:
    def test_762_20_nothing(self, cache):
        assert cache.match() is None
        assert cache.do("delete") is False

    @pytest.mark.parametrize("range", RANGES)
    def test_762_21_ranges(self, cache, range):
        cache.put()
        got = cache.match(range=range)
        assert (got["status"], got["body"],
                got["headers"].get("content-range")) == RANGES[range]

    def test_762_22_conditions(self, cache):
        cache.put(etag='"v1"', last_modified=WHEN)
        for fields in ({"if_none_match": '"v1"'},
                       {"if_none_match": 'W/"v1", "x"'},
                       {"if_none_match": "*"}, {"if_modified_since": WHEN}):
            got = cache.match(**fields)
            assert (got["status"], got["body"]) == (304, ""), fields
            assert got["headers"]["etag"] == '"v1"'
        for fields in ({"if_none_match": '"v2"'},
                       {"if_none_match": '"v2"', "if_modified_since": WHEN},
                       {"if_modified_since": WHEN.replace("2027", "2026")}):
            assert cache.match(**fields)["status"] == 200, fields

    def test_762_23_methods(self, cache):
        cache.put()
        assert cache.match("POST") is None
        assert cache.match("HEAD") is None
        ignore = {"ignoreMethod": True}
        assert cache.match("POST", options=ignore)["body"] == "hello"
        post = {"url": cache.url, "method": "POST"}
        assert cache.do("delete", post) is False
        assert cache.do("delete", post, options=ignore) is True
        assert cache.match() is None

    def test_762_24_delete(self, cache):
        cache.put()
        assert cache.do("delete") is True
        assert cache.do("delete") is False
        assert cache.match() is None

    def test_762_25_the_url_counts_without_its_fragment(self, cache):
        cache.put(request=cache.url + "?a=1#x")
        assert cache.match() is None
        got = cache.do("match", cache.url + "?a=1#y")
        assert got["body"] == "hello"
        assert cache.do("match", cache.url + "?a=2") is None

    def test_762_26_each_name_is_a_cache(self, cache):
        cache.put("one", cache="a")
        cache.put("two", cache="b")
        assert cache.match(cache="a")["body"] == "one"
        assert cache.match(cache="b")["body"] == "two"
        assert cache.match(cache="c") is None

    def test_762_27_each_call_is_a_subrequest(self, tenant):
        cache = Cache(tenant.deploy(SCRIPT, "--limit", "subrequests=3"))
        done = cache.calls(*[{"op": "match", "request": cache.url}] * 4)
        assert done[:3] == [None] * 3
        assert "Too many subrequests" in done[3]["error"]

    def test_762_28_memory_is_the_workers(self, tenant):
        """What matches bring is charged: a Worker cannot pile them up."""
        cache = Cache(tenant.deploy(SCRIPT, *MANY))
        cache.put(3000000)
        hoard = """return { fetch = function(request)
            local all, c = {}, caches.open("a")
            c:put("http://x/", Response.new(("x"):rep(3000000)))
            for i = 1, 100 do all[i] = c:match("http://x/") end
            return Response.new("all")
        end }"""
        worker = tenant.deploy(hoard, *MANY)
        answer = worker.get()
        assert answer.status in (500, 503), answer
        assert answer.json["error"]["code"] in ("memory_limit",
                                                "body_too_large")


@pytest.mark.one_mpm
class TestWhoSeesWhat:
    def test_762_40_workers_see_their_own(self, tenant):
        first = Cache(tenant.deploy(SCRIPT, *MANY))
        second = Cache(tenant.deploy(SCRIPT, *MANY))
        other = Cache(tenant.deploy(SCRIPT, *MANY, ns=tenant.namespace(),
                                    name=first.worker.name))
        second.url = other.url = first.url
        first.put("mine")
        assert second.match() is None
        assert other.match() is None
        assert second.do("delete") is False
        second.put("theirs")
        assert first.match()["body"] == "mine"

    def test_762_41_who_has_the_name_later(self, api, tenant, cache):
        cache.put("old")
        name = cache.worker.name
        api.ok("DELETE", f"{api.namespaces}/demo/scripts/{name}")
        tenant.deploy(SCRIPT, *MANY, name=name)
        until(lambda: cache.worker.post(b"[]").status == 200, "the new one")
        assert cache.match() is None

    def test_762_42_a_new_version_keeps_it(self, tenant, cache):
        cache.put("old")
        tenant.deploy(SCRIPT, *MANY, "--tag", "t", name=cache.worker.name)
        assert cache.match()["body"] == "old"

    def test_762_43_default_is_for_the_trusted(self, tenant):
        cache = Cache(tenant.deploy(SCRIPT, *MANY))
        answer = cache.worker.post(json.dumps(
            [{"op": "match", "request": cache.url, "cache": "default"}]
        ).encode())
        assert answer.status == 500
        ns = tenant.namespace("--trusted")
        cache = Cache(tenant.deploy(SCRIPT, *MANY, ns=ns))
        cache.put(cache="default")
        assert cache.match(cache="default")["body"] == "hello"
        assert cache.match(cache="a") is None
        assert cache.match(cache="") is None


class TestProcesses:
    def test_762_60_children_share(self, cache):
        cache.put("x" * 100000)
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            got = list(pool.map(lambda _: cache.match(), range(40)))
        assert all(each and len(each["body"]) == 100000 for each in got)

    def test_762_61_killed_children(self, httpd, cache):
        """Whatever they were at: the others read and write on."""
        httpd.log.expect("AH00052")
        for n in range(2):
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                def write(i):
                    try:
                        cache.put(f"{i}" * 70000)
                    except (OSError, AssertionError):
                        pass
                jobs = [pool.submit(write, i) for i in range(20)]
                before = httpd.children()
                kill_now(before[0])
                for job in jobs:
                    job.result()
            until(lambda: before[0] not in httpd.children(), "its end")

        def works():
            try:
                cache.put(f"{n}" * 70000)
                return cache.match()["body"] == f"{n}" * 70000
            except (OSError, TypeError):
                return False
        until(works, "a cache that works")


@pytest.mark.one_mpm
class TestDirective:
    def test_762_80_another_provider(self, httpd):
        code, text = httpd.configtest(["WfpSocache shmcb:cache(1000000)"])
        assert code == 0, text
        code, text = httpd.configtest(["WfpSocache"])
        assert code and "WfpSocache takes one argument" in text
        code, text = httpd.configtest(["WfpSocache redis:127.0.0.1:6379"])
        assert code and "names no provider of socache" in text

    def test_762_81_small_one(self, httpd, client, tenant):
        httpd.configure(["WfpSocache shmcb:small-cache(1048576)"])
        cache = Cache(tenant.deploy(SCRIPT, *MANY))
        cache.put("x" * 1000)
        assert cache.match()["body"] == "x" * 1000
        # what has no room is lost, and no error
        assert cache.put(3000000) is True
        assert cache.match() is None
