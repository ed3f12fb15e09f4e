# SPDX-License-Identifier: Apache-2.0
"""Schedules: `scheduled` of Workers, run by the runner."""

import pathlib
import re
import time

import pytest

from wfptest.api import LOCATION, Api
from wfptest.process import kill_now
from wfptest.records import Records
from wfptest.ticks import MINUTE, Ticks, scheduled
from wfptest.wait import until

PAGE = pathlib.Path(__file__).parents[2] / "docs/worker-api/scheduled.md"


@pytest.fixture
def api(httpd, client):
    httpd.configure([*LOCATION, Records.LINE])
    return Api(httpd, client)


@pytest.fixture
def ticks(httpd, api, tenant):
    """Of a user Worker made of this Lua."""
    def make(lua, ns="demo", *options):
        return Ticks(httpd, api, tenant.deploy(lua, *options, ns=ns))
    return make


@pytest.mark.one_mpm
class TestApi:
    """Schedules over the API."""

    @pytest.mark.parametrize("ns", ["demo", None])
    def test_740_01_put_replaces(self, ticks, ns):
        made = ticks(scheduled(""), ns)
        assert made.list() == []
        put = made.put("0 5 * * *", "*/30 * * * MON-FRI")
        assert [one["cron"] for one in put["schedules"]] == [
            "*/30 * * * MON-FRI", "0 5 * * *"]
        before = {one["cron"]: one["created_on"] for one in put["schedules"]}
        put = made.put("0 6 * * *", "0 5 * * *")
        assert made.list() == ["0 5 * * *", "0 6 * * *"]
        assert put["schedules"][0]["created_on"] == before["0 5 * * *"]
        made.put()
        assert made.list() == [] and made.runs() == []

    @pytest.mark.parametrize("body, why", [
        ([{"cron": "61 * * * *"}], "the minute is wrong"),
        ([{"cron": "0 0 30 2 *"}], "no such day"),
        ([{"cron": "* * * *"}], "five fields"),
        ([{"cron": "0 1 * * *"}] * 2, "twice"),
        ([{"cron": f"{n % 60} {n // 60} * * *"} for n in range(251)], "250"),
        ([{"cron": 5}], "text"), (["* * * * *"], "object"),
        ({"cron": "* * * * *"}, "array"), (None, "array"),
        ([{"cron": "* * * * *", "zone": "CET"}], "zone")])
    def test_740_02_others_are_refused(self, ticks, body, why):
        made = ticks(scheduled(""))
        made.put("0 5 * * *")
        assert why in made.refused(body)["message"]
        assert made.list() == ["0 5 * * *"]

    def test_740_03_no_such_worker(self, api):
        for ns in ("demo", "no-such-namespace"):
            path = f"{api.namespaces}/{ns}/scripts/no-such/schedules"
            assert api.call("GET", path).status == 404
            assert api.call("PUT", path, []).status == 404
            assert api.call("GET", f"{path}/runs").status == 404


class TestRuns:
    """What becomes of a tick."""

    def test_740_09_the_example_of_the_page(self, api, ticks):
        text, = re.findall(r"^```lua\n(.*?)^```", PAGE.read_text(),
                           re.M | re.S)
        crons = re.findall(r'"cron": "([^"]+)"', PAGE.read_text())
        at = f"{api.account}/storage/kv/namespaces"
        kv = api.ok("POST", at, {"title": f"kv-{time.time_ns()}"})["id"]
        made = ticks(text, "demo", "--binding", f"kv_namespace:KV={kv}")
        made.put(*crons)
        for each in crons:
            made.due(each)
        for key in ("hourly", "nightly"):
            def told(path=f"{at}/{kv}/values/{key}"):
                answer = api.get(path, raw=True)
                return answer.status == 200 and answer.text
            assert int(until(told, f"the {key} run")) % MINUTE == 0
        assert {run["outcome"] for run in made.ended(len(crons))} == {"ok"}
        made.put()
        api.ok("DELETE", f"{made.path}?force=true")
        api.ok("DELETE", f"{at}/{kv}")

    def test_740_10_the_handler_runs(self, api, ticks, records):
        made = ticks(scheduled("""
            console.log(controller.cron, controller.type,
                        math.type(controller.scheduledTime))
            ctx:waitUntil(function() console.log("later") end)"""))
        made.put("* * * * *")
        made.due("* * * * *")
        run, = made.ended()
        assert (run["outcome"], run["attempts"], run["cron"]) == (
            "ok", 1, "* * * * *")
        assert run["scheduled_on"] <= run["started_on"] <= run["ended_on"]
        record = records.of(made.name)
        assert record["event"]["cron"] == "* * * * *"
        assert record["event"]["scheduledTime"] % MINUTE == 0
        assert record["outcome"] == "ok"
        lines = [line["message"][0] for line in record["logs"]]
        assert lines == ["* * * * * scheduled integer", "later"]

    @pytest.mark.parametrize("body, outcome, text", [
        ('error("oh")', "exception", "oh"),
        ('ctx:waitUntil(function() error("late") end)', "exception", "late"),
        ("while true do end", "instruction_limit", "limit"),
        ('fetch("http://169.254.169.254/")', "egress_blocked", "")])
    def test_740_11_a_failure_is_shown(self, ticks, body, outcome, text):
        made = ticks(scheduled(body))
        made.put("* * * * *")
        made.due("* * * * *")
        run, = made.ended()
        assert run["outcome"] == outcome and text in run["error"]

    def test_740_12_without_a_handler(self, ticks):
        made = ticks("return { fetch = function() end }")
        made.put("* * * * *")
        made.due("* * * * *")
        run, = made.ended()
        assert run["outcome"] == "exception"
        assert "does not export a scheduled() function" in run["error"]

    def test_740_13_several_that_were_missed_are_one(self, ticks):
        made = ticks(scheduled(""))
        made.put("* * * * *")
        made.due("* * * * *", 60 * MINUTE)
        run, = made.ended()
        assert run["outcome"] == "ok"
        due = time.strptime(run["scheduled_on"][:19], "%Y-%m-%dT%H:%M:%S")
        begun = time.strptime(run["started_on"][:19], "%Y-%m-%dT%H:%M:%S")
        assert time.mktime(begun) - time.mktime(due) < 120

    def test_740_14_one_that_waited_for_too_long_is_skipped(self, ticks):
        made = ticks(scheduled(""))
        made.put("0 0 29 2 *")
        made.sql("INSERT INTO schedule_runs (script_id, cron, due, state, "
                 "attempts, no_retry, process, alive, began, ended, outcome, "
                 "error) SELECT script_id, cron, ?, 'running', 0, 0, 'x', "
                 "1, 0, 0, '', '' FROM schedules WHERE cron = ?",
                 int(time.time() * 1000) - 16 * MINUTE, "0 0 29 2 *")
        run, = made.ended()
        assert (run["outcome"], run["attempts"]) == ("skipped", 0)


def kill_runner(httpd):
    """The one that runs it now."""
    httpd.log.expect("AH00052")
    lines = [line for line in httpd.log.text(0).splitlines()
             if "WFP2904" in line]
    pid = int(lines[-1].partition("[pid ")[2].partition(":")[0])
    kill_now(pid)


class TestKilled:
    """The process dies in the middle of a run."""

    def test_740_20_it_begins_again_once(self, ticks, httpd):
        made = ticks(scheduled("scheduler.wait(20000)"))
        made.put("* * * * *")
        made.due("* * * * *")
        until(lambda: any(r["state"] == "running" for r in made.runs()),
              "it to run")
        made.put()
        kill_runner(httpd)
        until(lambda: any(r["attempts"] == 2 and r["state"] == "running"
                          for r in made.runs()), "it to run again")
        kill_runner(httpd)
        run, = made.ended()
        assert (run["outcome"], run["attempts"]) == ("interrupted", 2)

    def test_740_21_unless_it_wants_none(self, ticks, httpd):
        made = ticks(scheduled(
            "controller:noRetry() scheduler.wait(20000)"))
        made.put("* * * * *")
        made.due("* * * * *")
        until(lambda: made.sql("SELECT 1 FROM schedule_runs r WHERE "
                               "no_retry = 1 AND state = 'running'"),
              "it to say so")
        made.put()
        kill_runner(httpd)
        run, = made.ended()
        assert (run["outcome"], run["attempts"]) == ("interrupted", 1)


@pytest.mark.one_mpm
def test_740_30_a_namespace_does_not_hold_all_threads(ticks, tenant, httpd,
                                                      origin):
    """More Workers of one namespace sleep than there would be threads for: one
    of another namespace runs all the same."""
    ns = tenant.namespace()
    gate = origin.gate()
    slow = [ticks(scheduled(f'fetch("{gate.url}")'), ns) for _ in range(20)]
    for each in slow:
        each.put("1 2 3 4 *")
    slow[0].due("1 2 3 4 *")
    until(lambda: sum(r["state"] == "running" for each in slow
                      for r in each.runs()) >= 12, "them to sleep")
    made = ticks(scheduled(""))
    made.put("2 2 3 4 *")
    made.due("2 2 3 4 *")
    run, = made.ended()
    assert run["outcome"] == "ok"
    assert sum(r["state"] == "done" for each in slow for r in each.runs()) == 0
    for each in slow:
        each.api.ok("DELETE", f"{each.path}?force=true")
    gate.set()
    httpd.stop()
