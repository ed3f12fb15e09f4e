# SPDX-License-Identifier: Apache-2.0
"""The wall clock is set back and forward under a running server: usage stays
exact, live tails go on and end when they should, records are kept as long as they
should be."""

import datetime
import time

import pytest

from wfptest.api import LOCATION, Api
from wfptest.clock import Clock
from wfptest.lua import says
from wfptest.records import Records
from wfptest.tails import Events
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

HOUR, DAY = 3600, 86400
# each a step, in seconds from the true time
JUMPS = (HOUR, -2 * HOUR, 0, 90 * 60, -30, 3 * DAY, 0)


@pytest.fixture
def clock(httpd):
    with Clock(httpd) as made:
        yield made


def api_of(httpd, client, *lines):
    httpd.configure([*LOCATION, *lines])
    return Api(httpd, client)


def usage(api, made, bucket="day"):
    """Requests of all days around now."""
    day = datetime.date.today()
    since, until_ = (day + datetime.timedelta(days=n) for n in (-10, 10))
    path = f"{api.namespaces}/{made.ns}/scripts/{made.name}/usage"
    buckets = api.ok("GET", f"{path}?bucket={bucket}&since={since}T00:00:00Z"
                     f"&until={until_}T00:00:00Z")["buckets"]
    return sum(b["requests"] for b in buckets)


class TestUsage:
    def test_867_01_each_request_once(self, httpd, client, clock, tenant):
        api = api_of(httpd, client)
        made = tenant.deploy(says("os.time()"))
        asked = 0
        for offset in JUMPS:
            clock.set(offset)
            for _ in range(20):
                answer = made.get()
                asked += 1
            assert abs(int(answer.text) - time.time() - offset) < 60
            until(lambda n=asked: usage(api, made) >= n, f"usage at {offset}")
            assert usage(api, made) == asked
        assert usage(api, made, "hour") == asked
        # what was told under a later minute is not told again
        httpd.graceful()
        made.get()
        until(lambda: usage(api, made) == asked + 1, "one more")
        httpd.stop()
        httpd.start()
        made.get()
        until(lambda: usage(api, made) == asked + 2, "another one")


class TestTails:
    def test_867_02_they_go_on(self, httpd, client, clock, tenant):
        """Their time is not the wall clock's."""
        api = api_of(httpd, client)
        made = tenant.deploy(says('"ok"'))
        path = f"{api.namespaces}/demo/scripts/{made.name}"
        kept = api.ok("POST", f"{path}/tails")
        with Events(api, path) as tail:
            for offset in JUMPS:
                clock.set(offset)
                assert made.get(f"/{offset}").status == 200
                record = tail.record()
                assert record["event"]["request"]["url"].endswith(f"/{offset}")
                assert abs(record["eventTimestamp"] / 1000 - offset
                           - time.time()) < 60
                assert 0 <= record["wallTime"] < 10000
                assert kept["id"] in [
                    t["id"] for t in api.ok("GET", f"{path}/tails")]


class TestLogs:
    def test_867_03_records_are_written(self, httpd, client, clock, tenant):
        httpd.configure([Records.LINE])
        made = tenant.deploy(says('"ok"'))
        records = Records(httpd)
        records.since = 0  # those of before count as well
        for n, offset in enumerate(JUMPS, 1):
            clock.set(offset)
            assert made.get().text == "ok"
            until(lambda n=n: len([r for r in records.all()
                                   if r["scriptName"] == made.name]) == n,
                  f"the record at {offset}")

    def test_867_04_a_cool_down_ends(self, httpd, client, clock, tenant):
        """Set back while a Worker cools down: it does not for hours."""
        httpd.configure(["WfpCoolDown 1 1min 2s"])
        made = tenant.deploy("return { fetch = function(request) if "
                             'request.method == "POST" then while true do end '
                             'end return Response.new("ok") end }')
        answers = [made.post(b"") for _ in range(3)]
        assert answers[-1].error == "worker_overloaded"
        clock.set(-2 * HOUR)
        until(lambda: made.get().status == 200, "it to be over")

    def test_867_05_what_the_store_keeps(self, httpd, client, clock, tenant):
        """Records are as old as they say; those of a later time wait for it."""
        api = api_of(httpd, client, "WfpLogRetention 1h")
        made = tenant.deploy(says('"ok"'))
        path = f"{api.namespaces}/demo/scripts/{made.name}"
        api.ok("PATCH", f"{path}/script-settings",
               {"observability": {"enabled": True}})

        def kept():
            return sorted(
                record["event"]["request"]["url"].rpartition("/")[2]
                for record in api.ok("GET", f"{path}/logs"))

        def logged(name):
            until(lambda: made.get(f"/{name}").status == 200
                  and name in kept(), f"{name} in the store")

        logged("now")
        clock.set(30 * 60)
        logged("later")
        assert "now" in kept()
        clock.set(-10 * 60)
        logged("before")
        clock.set(0)
        assert {"now", "before"} <= set(kept())
        # for good: an hour and more later these are too old
        clock.set(2 * HOUR)
        logged("late")
        until(lambda: set(kept()) == {"late"}, "the others to be gone")
        clock.set(0)
        logged("again")
