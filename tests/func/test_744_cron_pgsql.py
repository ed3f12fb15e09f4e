# SPDX-License-Identifier: Apache-2.0
"""Schedules and data points of two servers of one PostgreSQL."""

import json
import os
import re
import signal
import time
import uuid

import pytest

from wfptest.client import Client
from wfptest.hosts import Hosts
from wfptest.tenant import Tenant
from wfptest.ticks import MINUTE, Ticks, scheduled
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

# a day far away: only what a test makes due is
RARELY = "2 3 29 2 *"
POINTS = """return { fetch = function(request, env)
    for _, number in ipairs(request:json()) do
        env.POINTS:writeDataPoint{ indexes = { "i" }, doubles = { number } }
    end
    return Response.new("written")
end }
"""


@pytest.fixture(scope="module")
def hosts(build, origin, tmp_path_factory):
    made = Hosts(build, tmp_path_factory.mktemp("cron"), origin, pgsql=True,
                 count=2)
    try:
        made.start()
        yield made
    finally:
        made.remove()


class PgTicks(Ticks):
    """A Worker that was deployed on the first host."""

    def __init__(self, hosts, lua):
        self.hosts = hosts
        one = hosts.servers[0]
        super().__init__(one, hosts.api(),
                         Tenant(one, Client(one.port)).deploy(lua))

    def due(self, cron, ago_ms=0):
        at = (int(time.time() * 1000) - ago_ms) // MINUTE * MINUTE
        self.hosts.postgres.sql(
            f"UPDATE schedules SET next = {at} WHERE cron = '{cron}'")

    def seen(self, number):
        """The same, by the API of another host."""
        self.api = self.hosts.api(number)
        return self

    def remove(self):
        self.put()
        self.api.ok("DELETE", f"{self.path}?force=true")


class TestSchedules:
    """Set on one host, run by whichever has the runner."""

    def test_744_01_set_and_shown(self, hosts):
        made = PgTicks(hosts, scheduled(""))
        put = made.put(RARELY, "0 5 * * *")
        made.seen(1)
        assert made.api.ok("GET", f"{made.path}/schedules") == put
        assert made.refused([{"cron": "61 * * * *"}])["code"] == 10100
        again = made.put("0 6 * * *", "0 5 * * *")["schedules"]
        assert [one["cron"] for one in again] == ["0 5 * * *", "0 6 * * *"]
        assert again[0] == put["schedules"][0]
        made.seen(0).put()
        assert made.seen(1).list() == []
        made.remove()

    def test_744_02_a_tick_runs_once(self, hosts):
        made = PgTicks(hosts, scheduled('if controller.cron ~= "'
                                        f'{RARELY}" then error("?") end'))
        made.put(RARELY)
        for count in (1, 2, 3):
            made.due(RARELY, MINUTE * (3 - count))
            runs = made.seen(count % 2).ended(count)
            assert len(runs) == count
            assert runs[0]["outcome"] == "ok", runs
            assert runs[0]["attempts"] == 1
        made.remove()

    def test_744_03_a_failure_is_kept(self, hosts):
        made = PgTicks(hosts, scheduled('error("it\'s \\"so\\"\\n\\xff")'))
        made.put(RARELY)
        made.due(RARELY)
        run, = made.seen(1).ended()
        assert run["outcome"] == "exception"
        assert 'it\'s "so"' in run["error"]
        made.remove()


def points_of(hosts, ns="demo"):
    """(dataset, the path of its Worker)"""
    one = hosts.servers[0]
    name = "d" + uuid.uuid4().hex
    made = Tenant(one, Client(one.port)).deploy(
        POINTS, "--binding", f"analytics_engine:POINTS={name}", ns=ns)
    return name, made.path


def written(hosts, number, path, numbers):
    """Did a host's Worker write them? Not while it does not know it yet."""
    answer = Client(hosts.servers[number].port).request(
        "POST", path + "/", body=json.dumps(numbers).encode())
    return answer.text == "written"


class TestPoints:
    """Written by both, asked of either."""

    def test_744_20_of_both(self, hosts):
        name, path = points_of(hosts)
        for number in (0, 1):
            until(lambda n=number: written(hosts, n, path, []),
                  "the host to know the Worker")
            assert written(hosts, number, path, [1.5, 2.5 + number])
        for number in (0, 1):
            api = hosts.api(number)
            ask = (f"{api.account}/analytics_engine/datasets/{name}/query",
                   {"select": ["count", "sum:double1", "max:double1"],
                    "group_by": ["worker", "index1"]})

            def told():
                rows = api.ok("POST", *ask)
                return rows if rows and rows[0]["count"] == 4 else None
            row, = until(told, "the points")
            assert (row["sum:double1"], row["max:double1"]) == (9, 3.5)
            assert (row["worker"], row["index1"]) == (
                path.rpartition("/")[2], "i")
            listed = api.ok("GET", f"{api.account}/analytics_engine/datasets")
            assert [each["points"] for each in listed
                    if each["name"] == name] == [4]


    def test_744_21_of_a_name_that_comes_again(self, hosts):
        api = hosts.api(0)
        api.ok("POST", api.namespaces, {"name": "points-a"})
        name, path = points_of(hosts, "points-a")
        until(lambda: written(hosts, 0, path, [1]), "it to be written")
        ask = (f"{api.account}/analytics_engine/datasets/{name}/query",
               {"select": ["count"], "group_by": ["namespace"]})
        until(lambda: api.ok("POST", *ask), "the point")
        api.ok("PATCH", f"{api.namespaces}/points-a", {"name": "points-b"})
        api.ok("POST", api.namespaces, {"name": "points-a"})
        assert api.ok("POST", *ask) == [{"namespace": "points-b", "count": 1}]
        api.ok("DELETE", f"{api.namespaces}/points-b/scripts/"
               f"{path.rpartition('/')[2]}?force=true")
        api.ok("DELETE", f"{api.namespaces}/points-b")
        api.ok("POST", api.namespaces, {"name": "points-b"})
        assert api.ok("POST", *ask) == [{"namespace": "points-b (deleted)",
                                         "count": 1}]


def number_of(server):
    """Of the last runner that was a child of this host; 0: none was."""
    return max(map(int, re.findall(r"WFP2904.*the runner, number (\d+)",
                                   server.log.text(0))), default=0)


class TestKilled:
    """A host dies; comes last, as the first one is gone then."""

    def test_744_40_the_other_goes_on(self, hosts, origin):
        gate = origin.gate()
        made = PgTicks(hosts, scheduled(f'fetch("{gate.url}")'))
        made.put(RARELY)
        made.due(RARELY)
        until(lambda: any(r["state"] == "running" for r in made.runs()),
              "it to run")
        made.put()
        one = max(hosts.servers, key=number_of)
        other = hosts.servers.index(one) ^ 1
        os.killpg(one.process.pid, signal.SIGKILL)
        one.process.wait()
        made.seen(other)
        until(lambda: any(r["attempts"] == 2 and r["state"] == "running"
                          for r in made.runs()), "it to run again")
        gate.set()
