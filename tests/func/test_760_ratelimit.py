# SPDX-License-Identifier: Apache-2.0
"""Bindings of type ratelimit: exact over all children, each tenant its own."""

import concurrent.futures
import uuid

import pytest

from wfptest.api import LOCATION, Api
from wfptest.process import kill_now
from wfptest.uploads import Scripts, error
from wfptest.wait import until

TEXT = """return { fetch = function(request, env)
    local url = URL.new(request.url)
    local key = url.searchParams:get("key")
    local n = tonumber(url.searchParams:get("n") or "1")
    local ok = 0
    for _ = 1, n do
        if env.LIMIT:limit{ key = key }.success then ok = ok + 1 end
    end
    return Response.new(tostring(ok))
end }
"""
WRONG = """return { fetch = function(request, env)
    local function try(...)
        local ok, err = pcall(env.LIMIT.limit, ...)
        return ok and "fine" or tostring(err)
    end
    local key = {}
    return Response.json{ try(env.LIMIT), try(env.LIMIT, "k"),
        try(env.LIMIT, {}), try(env.LIMIT, { key = {} }),
        try(env.LIMIT, { key = ("k"):rep(2049) }), try({}, { key = "k" }),
        try(env.LIMIT, { key = ("k"):rep(2048) }), try(env.LIMIT, { key = 7 }),
        try(env.LIMIT, { key = "" }),
        try(env.LIMIT, setmetatable({}, { __index = { key = "k" } })) }
end }
"""


METRICS = ('<Location "/metrics">', "    SetHandler wfp-metrics", "</Location>")


@pytest.fixture(autouse=True)
def api(httpd, client):
    """One server for all of them."""
    httpd.configure((*LOCATION, *METRICS))
    return Api(httpd, client)


def limit(n, period=60, id=None):
    return ("--binding",
            f"ratelimit:LIMIT={id or uuid.uuid4().hex}:{n}/{period}")


def answers(worker):
    """Does it answer, after its children were killed?"""
    try:
        return worker.get("/?key=other&n=0").status == 200
    except OSError:
        return False


def ask(worker, key="k", n=1):
    answer = worker.get(f"/?key={key}&n={n}")
    assert answer.status == 200, answer
    return int(answer.text)


class TestExact:
    def test_760_01_no_more_than_the_limit(self, tenant):
        worker = tenant.deploy(TEXT, *limit(7))
        assert [ask(worker) for _ in range(10)] == [1] * 7 + [0] * 3
        assert ask(worker, "other", 20) == 7

    def test_760_02_over_all_children(self, tenant):
        """Whichever child, thread or connection it is."""
        worker = tenant.deploy(TEXT, *limit(500))
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            got = list(pool.map(lambda _: ask(worker, n=10), range(100)))
        assert sum(got) == 500

    def test_760_03_a_killed_child_loses_nothing(self, httpd, tenant):
        worker = tenant.deploy(TEXT, *limit(30))
        assert ask(worker, n=20) == 20
        httpd.log.expect("AH00052")
        before = httpd.children()
        for pid in before:
            kill_now(pid)
        until(lambda: set(httpd.children()) - set(before) and answers(worker),
              "another child")
        assert ask(worker, n=20) == 10

    def test_760_04_a_graceful_restart_keeps(self, httpd, tenant):
        worker = tenant.deploy(TEXT, *limit(30))
        assert ask(worker, n=20) == 20
        httpd.graceful()
        assert ask(worker, n=20) == 10


@pytest.mark.one_mpm
class TestApart:
    """Who shares a counter, and who does not."""

    def test_760_10_user_workers_share_nothing(self, tenant):
        id = uuid.uuid4().hex
        first = tenant.deploy(TEXT, *limit(5, id=id))
        second = tenant.deploy(TEXT, *limit(5, id=id))
        other = tenant.deploy(TEXT, *limit(5, id=id), ns=tenant.namespace(),
                              name=first.name)
        assert ask(first, n=9) == 5
        assert ask(second, n=9) == 5
        assert ask(other, n=9) == 5

    def test_760_11_a_flood_of_keys_harms_nobody(self, tenant):
        """As many as the table has places, and more."""
        flood = """return { fetch = function(request, env)
            local from = tonumber(URL.new(request.url).searchParams:get("from"))
            for i = from, from + 19999 do env.LIMIT:limit{ key = "f" .. i } end
            return Response.new("done")
        end }"""
        honest = tenant.deploy(TEXT, *limit(3))
        hostile = tenant.deploy(flood, *limit(3), "--limit", "cpu_ms=30000")
        keys = [f"key-{n}" for n in range(20)]
        assert [ask(honest, key, 3) for key in keys] == [3] * 20
        for n in range(8):
            answer = hostile.get(f"/?from={n * 20000}")
            assert answer.text == "done", answer
        assert [ask(honest, key, 3) for key in keys] == [0] * 20

    def test_760_12_who_has_the_name_later(self, api, tenant):
        id = uuid.uuid4().hex
        worker = tenant.deploy(TEXT, *limit(5, id=id))
        assert ask(worker, n=9) == 5
        api.ok("DELETE", f"{api.namespaces}/demo/scripts/{worker.name}")
        tenant.deploy(TEXT, *limit(5, id=id), name=worker.name)
        until(lambda: worker.get("/?key=other&n=0").status == 200,
              "the new Worker")
        assert ask(worker, n=9) == 5

    def test_760_13_a_new_version_goes_on(self, api, tenant):
        id = uuid.uuid4().hex
        worker = tenant.deploy(TEXT, *limit(5, id=id))
        assert ask(worker, n=9) == 5
        done = Scripts(api, "demo").patch(worker.name, {"bindings": [
            binding(id, 8)]})
        assert done.status == 200, done
        assert ask(worker, n=9) == 3

    def test_760_14_account_workers_share(self, api, tenant, httpd):
        """By their namespace_id, each with its own limit."""
        id = uuid.uuid4().hex
        workers = [tenant.deploy(TEXT, *limit(n, id=id), ns=None)
                   for n in (5, 8)]
        front = tenant.deploy("""return { fetch = function(request, env)
            return env[request.url:match("/(%u)%?")]:fetch(request)
        end }""", *(arg for name, worker in zip("AB", workers) for arg in
                    ("--binding", f"service:{name}={worker.name}")))
        assert front.get("/A?key=k&n=9").text == "5"
        assert front.get("/B?key=k&n=9").text == "3"
        assert front.get("/A?key=k&n=9").text == "0"


def binding(id, n, period=60):
    return {"type": "ratelimit", "name": "LIMIT", "namespace_id": id,
            "simple": {"limit": n, "period": period}}


REFUSED = {
    "no id": ({"namespace_id": None}, '"namespace_id" is missing'),
    "a number as id": ({"namespace_id": 7}, '"namespace_id" is not a string'),
    "an empty id": ({"namespace_id": ""}, '"namespace_id" is not 1 to 64'),
    "a long id": ({"namespace_id": "1" * 65}, '"namespace_id" is not 1 to 64'),
    "an id with blanks": ({"namespace_id": "a b"}, '"namespace_id" is not'),
    "no rule": ({"simple": None}, '"simple" is missing'),
    "no limit": ({"simple": {"period": 10}}, '"simple.limit" is not'),
    "limit 0": ({"simple": {"limit": 0, "period": 10}}, '"simple.limit"'),
    "a part of one": ({"simple": {"limit": 1.5, "period": 10}},
                      '"simple.limit"'),
    "too large": ({"simple": {"limit": 10 ** 10, "period": 10}},
                  '"simple.limit"'),
    "no period": ({"simple": {"limit": 1}}, '"simple.period" is not 10 or 60'),
    "period 30": ({"simple": {"limit": 1, "period": 30}}, '"simple.period"'),
    "mitigation_timeout": ({"simple": {"limit": 1, "period": 10,
                                       "mitigation_timeout": 60}},
                           '"simple.mitigation_timeout" is not supported'),
}


@pytest.mark.one_mpm
class TestUploads:
    def test_760_20_settings_give_it_back(self, api):
        scripts = Scripts(api, "demo")
        name = scripts.made(bindings=[binding("1001", 100, 10)])
        assert scripts.get(name, "/bindings") == [binding("1001", 100, 10)]
        # kept by name and type in a PATCH
        done = scripts.patch(name, {"bindings": [
            {"type": "ratelimit", "name": "LIMIT"}]})
        assert done.status == 200, done
        assert scripts.get(name, "/settings")["bindings"] == \
            [binding("1001", 100, 10)]

    @pytest.mark.parametrize("what", REFUSED)
    def test_760_21_refused(self, api, what):
        more, text = REFUSED[what]
        bad = {k: v for k, v in {**binding("1", 5), **more}.items()
               if v is not None}
        scripts = Scripts(api, "demo")
        status, code, message = error(scripts.put(scripts.name(),
                                                  bindings=[bad]))
        assert (status, code) == (400, 10021)
        assert message.startswith(f'binding "LIMIT": {text}'), message

    def test_760_22_wfpctl_says_how(self, tenant):
        for value in ("", "=", "=1001", "=1001:5/7", "=:5/10", "=1:0/10"):
            done = tenant.deploy(TEXT, "--binding", f"ratelimit:LIMIT{value}",
                                 check=False)
            assert done.returncode and ("LIMIT/PERIOD" in done.stderr
                                        or "TYPE:NAME=VALUE" in done.stderr)

    def test_760_23_keys_are_checked(self, tenant):
        worker = tenant.deploy(WRONG, *limit(100))
        seen = worker.get().json
        assert seen[:6] == [
            "TypeError: limit: the options must be a table",
            "TypeError: limit: the options must be a table",
            "TypeError: limit: key must be a string, got nil",
            "TypeError: limit: key must be a string, got table",
            "TypeError: limit: key is longer than 2048 bytes",
            seen[5]]
        assert "TypeError" in seen[5]
        assert seen[6:9] == ["fine"] * 3
        assert "got nil" in seen[9]

    def test_760_24_figures(self, httpd, tenant, client):
        worker = tenant.deploy(TEXT, *limit(2))
        ask(worker, n=5)
        text = client.get("/metrics").text
        assert "wfp_ratelimit_refused_total" in text
