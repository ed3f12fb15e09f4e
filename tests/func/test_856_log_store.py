# SPDX-License-Identifier: Apache-2.0
"""Records that the store keeps: which, and who reads them."""

import json
import time

import pytest

from wfptest.hosts import PatientApi
from wfptest.kept import ON, make, urls
from wfptest.lua import says, worker
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm


@pytest.fixture(scope="module", params=["sqlite3", "pgsql"])
def place(request, build, origin, tmp_path_factory):
    yield from make(build, origin, tmp_path_factory.mktemp("kept"),
                    request.param == "pgsql")


class TestWhichAreKept:
    def test_856_01_what_has_something_to_tell(self, place):
        """Unless a Worker says otherwise."""
        silent = place.deploy(says('"ok"'))
        loud = place.deploy(worker(
            'console.warn("so") return Response.new("ok")'))
        broken = place.deploy(worker('error("broken")'))
        for made in (silent, loud, broken):
            made.get("/x")
        place.settle()
        assert place.logs(silent) == []
        (said,), (failed,) = place.logs(loud), place.logs(broken)
        assert (said["outcome"], said["logs"][0]["message"]) == ("ok", ["so"])
        error, = failed["exceptions"]
        assert failed["outcome"] == "exception"
        assert "broken" in error["message"] and "stack" in error
        assert said["scriptName"] == loud.name
        assert said["dispatchNamespace"] == "demo"
        assert urls([said]) == ["x"]

    def test_856_02_all_or_none(self, place):
        made = place.deploy(says('"ok"'), ON)
        off = place.deploy(worker('error("broken")'), {"enabled": False})
        made.get("/1")
        off.get("/1")
        place.settle()
        assert (len(place.logs(made)), place.logs(off)) == (1, [])
        place.set(made, {"enabled": True, "logs": {"invocation_logs": False}})
        place.set(off, {"enabled": True, "logs": {"persist": False}})
        made.get("/2")
        off.get("/2")
        place.settle()
        assert (len(place.logs(made)), place.logs(off)) == (1, [])

    def test_856_03_a_share(self, place):
        """Of the requests, for those that the next rows are of, too."""
        none = place.deploy(worker('error("broken")'),
                            {"enabled": True, "head_sampling_rate": 0})
        some = place.deploy(says('"ok"'),
                            {"enabled": True, "head_sampling_rate": 0.5})
        for n in range(200):
            assert some.get(f"/{n}").status == 200
        none.get()
        place.settle()
        got = urls(place.logs(some, "?limit=1000"))
        assert 0 < len(got) < 200 and len(set(got)) == len(got)
        assert place.logs(none) == []

    @pytest.mark.parametrize("bad,why", [
        ({"enabled": 1}, '"observability.enabled" is not true or false'),
        ({"head_sampling_rate": 2},
         '"observability.head_sampling_rate" is not a number from 0 to 1'),
        ({"logs": {"head_sampling_rate": "x"}},
         '"observability.logs.head_sampling_rate" is not a number from 0 to 1'),
    ])
    def test_856_04_what_is_no_setting(self, place, bad, why):
        made = place.deploy(says('"ok"'))
        answer = place.api.call("PATCH", f"{place.path(made)}/script-settings",
                                {"observability": bad})
        error = answer.json["errors"][0]
        assert (answer.status, error["code"]) == (400, 10021)
        assert why in error["message"]

    def test_856_05_account_workers_and_events(self, place):
        made = place.deploy(says('"ok"'), ON, ns=None)
        caller = place.tenant.deploy(worker(
            "return env.S:fetch(request)"), "--binding",
            f"service:S={made.name}", ns=None)
        front = place.deploy("return { fetch = function(request, env) "
                             "return Response.new('x') end }", ON)
        front.get()
        place.settle()
        assert place.logs(made) == [] and caller.ns is None
        assert len(place.logs(front)) == 1

    def test_856_06_never_set(self, place):
        """It reads as what it does, so writing that back changes nothing; off is
        off, and null is as before."""
        made = place.deploy(worker("error('no')"))
        path = f"{place.path(made)}/script-settings"
        unset = place.api.ok("GET", path)["observability"]
        assert unset["enabled"] and not unset["logs"]["invocation_logs"]
        made.get("/a")
        place.wait(made, 1)
        place.api.ok("PATCH", path, {"observability": {"enabled": False}})
        made.get("/b")
        got = place.api.ok("PATCH", path, {"observability": None})
        assert got["observability"] == unset
        made.get("/c")
        place.wait(made, 2)
        got = place.api.ok("PATCH", path, {"observability": unset})
        assert got["observability"] == unset
        made.get("/d")
        place.wait(made, 3)
        assert sorted(url[-1] for url in urls(place.logs(made))) == \
            ["a", "c", "d"]


class TestReading:
    @pytest.fixture(scope="class")
    def many(self, place):
        made = place.deploy(worker("""
            local n = tonumber(request.url:match("(%d+)$"))
            if n % 10 == 3 then error("Broken number " .. n) end
            if n % 10 == 4 then console.error("said " .. n) end
            if n % 10 == 5 then console.info("Said " .. n) end
            return Response.new("ok")"""), ON)
        for n in range(30):
            made.get(f"/{n}")
        place.wait(made, 30)
        return made

    def test_856_10_newest_first_by_pages(self, place, many):
        got, cursor = [], ""
        while True:
            answer = place.ask(many, f"?limit=7{cursor}")
            got += urls(answer.json["result"])
            info = answer.json["result_info"]
            if not info["cursor"]:
                break
            assert info["count"] == 7
            cursor = f"&cursor={info['cursor']}"
        assert got == [str(n) for n in range(29, -1, -1)]

    @pytest.mark.parametrize("query,found", [
        ("outcome=exception", [23, 13, 3]),
        ("outcome=exceededCpu,exception", [23, 13, 3]),
        ("outcome=canceled", []),
        ("level=info", [25, 15, 5]),
        ("level=error", [24, 23, 14, 13, 4, 3]),
        ("level=info,error&outcome=ok", [25, 24, 15, 14, 5, 4]),
        ("query=said%20", [25, 24, 15, 14, 5, 4]),
        ("query=NUMBER%2013", [13]),
        ("query=/21", [21]),
        ("query=%25", []),
        ("query=%27%22%5C", []),
        ("query=", list(range(29, -1, -1))),
    ])
    def test_856_11_filters(self, place, many, query, found):
        assert urls(place.logs(many, f"?{query}")) == [str(n) for n in found]

    def test_856_12_since(self, place, many):
        records = place.logs(many)
        at = records[0]["eventTimestamp"]
        assert urls(place.logs(many, f"?since={at}"))[:1] == ["29"]
        assert place.logs(many, f"?since={at + 3600000}") == []
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at / 1000 + 60))
        assert place.logs(many, f"?since={text}Z") == []
        assert place.logs(many, f"?since={text}.123Z") == []
        assert len(place.logs(many, "?since=2020-01-01T00:00:00Z")) == 30
        assert len(place.logs(many, "?since=2020-01-01")) == 30

    def test_856_13_by_request_id(self, place, many):
        one = place.logs(many)[4]
        assert place.logs(many, f"?query={one['requestId']}") == [one]

    @pytest.mark.parametrize("query", [
        "limit=0", "limit=1001", "limit=x", "limit=-1", "since=x",
        "since=2026-02-30T00:00:00Z", "since=1e9", "since=", "outcome=OK",
        "outcome=", "outcome=ok,", "level=fatal", "level=", "cursor=",
        "cursor=1", "cursor=1.2", "cursor=x.000000000000000000000000",
        "cursor=99999999999999999999.000000000000000000000000",
        "cursor=1.00000000000000000000000g", "query=" + "x" * 257])
    def test_856_14_refused(self, place, many, query):
        assert place.api.refused("GET", f"{place.path(many)}/logs?{query}") \
            [0] == 400

    def test_856_15_no_such_worker(self, place):
        api = place.api
        assert api.refused("GET", f"{api.namespaces}/demo/scripts/none/logs") \
            [0] == 404
        assert api.refused("GET", f"{api.namespaces}/none/scripts/a/logs") \
            [0] == 404
        assert api.refused("GET", f"{api.account}/workers/scripts/none/logs") \
            == (404, 10007)


class TestHostile:
    TEXTS = [r'"a\nb\r\n{\"requestId\":\"x\"}"', r'"\27[2J\8\7\127"',
             r'"\xff\xc0\xaf\xed\xa0\x80"', r'"\u{2028}\u{feff}\u{1f600}"',
             r'"\\ \" \'; DROP TABLE log_records; -- </script>"',
             r'"\0\0"', r'("\1"):rep(3000)']

    def test_856_20_every_field(self, place):
        made = place.deploy(worker(f"""
            for _, text in ipairs{{{", ".join(self.TEXTS)}}} do
                console.warn(text)
            end
            error("\\n{{}}\\1\\xff%s%n</script>'; --", 0)"""))
        made.get('/%00%0a%ff?"<script>\\', headers=[
            ("X-Odd", "'\"\\;"), ("Cookie", "sid=1"),
            ("X-Api-Key", "hush"), ("User-Agent", "a\tb")])
        record, = place.wait(made, 1)
        lines = [line["message"][0] for line in record["logs"]]
        assert lines[0] == 'a\nb\r\n{"requestId":"x"}'
        assert lines[2] == "\ufffd" * 6
        assert lines[4] == "\\ \" '; DROP TABLE log_records; -- </script>"
        assert lines[6] == "\x01" * 3000
        assert record["exceptions"][0]["message"] == \
            "\n{}\x01\ufffd%s%n</script>'; --"
        headers = record["event"]["request"]["headers"]
        assert headers["cookie"] == headers["x-api-key"] == "REDACTED"
        assert "hush" not in json.dumps(record)

    def test_856_21_the_longest(self, place):
        made = place.deploy(worker("""
            for i = 1, 250 do console.log(("\\1"):rep(1000)) end
            error(("e"):rep(1000000), 0)"""))
        made.get()
        record, = place.wait(made, 1)
        assert record["truncated"] is True
        assert len(record["logs"]) > 10

    def test_856_22_a_page_is_bounded(self, place):
        """Not all at once, and none is left out."""
        made = place.deploy(worker("""
            for i = 1, 250 do console.log(("x"):rep(1000)) end
            return Response.new("ok")"""))
        for _ in range(24):
            assert made.get().status == 200
            place.settle() if _ % 3 == 2 else None
        got, cursor, pages = 0, "", 0
        while True:
            answer = place.ask(made, f"?limit=1000{cursor}").json
            got, pages = got + len(answer["result"]), pages + 1
            if not answer["result_info"]["cursor"]:
                break
            cursor = f"&cursor={answer['result_info']['cursor']}"
        assert got == 24 and pages >= 2


class TestWhoReads:
    def test_856_30_tokens_of_namespaces(self, place):
        other = place.tenant.namespace()
        mine = place.deploy(says('"ok"'), ON)
        theirs = place.deploy(says('"ok"'), ON, ns=other)
        account = place.deploy(says('"ok"'), ON, ns=None)
        mine.get("/mine")
        theirs.get("/theirs")
        for made in (mine, theirs):
            place.wait(made, 1)
        for ns, own, foreign in (("demo", mine, theirs), (other, theirs, mine)):
            for role in ("read", "deploy", "admin"):
                api, _ = place.api.with_token("--role", role, "--namespace",
                                              ns)
                assert len(place.ask(own, api=api).json["result"]) == 1
                for no in (foreign, account):
                    answer = place.ask(no, api=api)
                    assert answer.status in (403, 404)
                    assert "theirs" not in json.dumps(answer.json["result"])
        reader, _ = place.api.with_token("--role", "read")
        assert len(place.ask(theirs, api=reader).json["result"]) == 1
        nobody = PatientApi(place.httpd, place.client, None)
        assert place.ask(mine, api=nobody).status == 400

    def test_856_31_a_name_that_is_used_again(self, place):
        made = place.deploy(worker('error("of the first one")'))
        made.get()
        place.wait(made, 1)
        place.api.ok("DELETE", f"{place.path(made)}?force=true")
        place.tenant.deploy(worker('error("of the second one")'),
                            name=made.name)
        assert place.logs(made) == []
        until(lambda: made.get().status == 500, "the new one")
        place.settle()
        assert "first" not in json.dumps(place.logs(made))
        # and what nobody can read goes
        until(lambda: not place.sql("SELECT count(*) FROM log_records WHERE "
                                    "record LIKE '%of the first one%'"),
              "they are gone")

    def test_856_32_two_workers_of_a_namespace(self, place):
        one, two = (place.deploy(says('"ok"'), ON) for _ in range(2))
        one.get("/one")
        two.get("/two")
        place.settle()
        assert urls(place.logs(one)) == ["one"]
        assert urls(place.logs(two)) == ["two"]


class TestRestarts:
    def test_856_40_they_stay(self, place):
        made = place.deploy(says('"ok"'), ON)
        for n in range(3):
            made.get(f"/{n}")
        place.httpd.graceful()
        assert urls(place.wait(made, 3)) == ["2", "1", "0"]
        made.get("/3")
        place.httpd.stop()
        place.start()
        assert urls(place.logs(made)) == ["3", "2", "1", "0"]
