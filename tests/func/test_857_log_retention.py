# SPDX-License-Identifier: Apache-2.0
"""How long the store keeps records, and what becomes of them meanwhile."""

import pytest

from wfptest.client import Client
from wfptest.hosts import Hosts, PatientApi
from wfptest.kept import ON, Place, make, urls
from wfptest.lua import says, worker
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm


@pytest.fixture(scope="module", params=["sqlite3", "pgsql"])
def place(request, build, origin, tmp_path_factory):
    yield from make(build, origin, tmp_path_factory.mktemp("kept"),
                    request.param == "pgsql")


class TestRetention:
    def test_857_50_by_age(self, place):
        made = place.deploy(says('"ok"'), ON)
        made.get("/old")
        place.wait(made, 1)
        place.start("WfpLogRetention 2s")
        until(lambda: place.sql("SELECT count(*) FROM log_records") == 0,
              "they are gone")
        assert place.logs(made) == []
        assert place.sql("SELECT count(*) FROM log_sizes") == 0

    def test_857_51_by_size(self, place):
        """The one that has most loses its oldest."""
        place.start("WfpLogRetention 1h 1M")
        quiet = place.deploy(says('"ok"'), ON)
        loud = place.deploy(worker("""
            for i = 1, 200 do console.log(("x"):rep(1000)) end
            return Response.new("ok")"""), ON)
        quiet.get("/quiet")
        for n in range(12):
            assert loud.get(f"/{n}").status == 200
            place.settle() if n % 3 == 2 else None
        until(lambda: 0 < place.sql("SELECT sum(size) FROM log_records")
              <= 1 << 20, "they are few")
        assert urls(place.logs(quiet)) == ["quiet"]
        left = urls(place.logs(loud))
        assert 1 <= len(left) <= 5
        assert left == [str(n) for n in range(11, 11 - len(left), -1)]
        assert place.sql("SELECT sum(bytes) FROM log_sizes") == \
            place.sql("SELECT sum(size) FROM log_records")

    def test_857_52_off(self, place):
        place.start("WfpLogRetention off")
        made = place.deploy(worker('error("broken")'), ON)
        made.get()
        assert place.logs(made) == []
        until(lambda: place.sql("SELECT count(*) FROM log_records") == 0,
              "they are gone")
        place.start()
        made.client = place.client
        assert place.logs(made) == []


class TestStoreThatRefuses:
    """It answers, and takes no rows: its disk is full."""

    @pytest.fixture(autouse=True)
    def _mend(self, place):
        place.start()
        yield
        place.refuse("")

    def test_857_55_a_full_disk(self, place):
        made = place.deploy(says('"ok"'), ON)
        made.get("/before")
        place.wait(made, 1)
        place.refuse("size > 0")
        for n in range(5):
            assert made.get(f"/{n}").text == "ok"
        assert urls(place.logs(made)) == ["before"]
        place.refuse("")
        assert urls(place.wait(made, 6)) == ["4", "3", "2", "1", "0", "before"]

    def test_857_56_one_record_that_it_does_not_take(self, place):
        """It stops no other, and is counted."""
        made = place.deploy(says('"ok"'), ON)
        lost = place.figure("wfp_records_unstored_total")
        place.refuse("record LIKE '%poison%'")
        for name in ("poison", "one", "two"):
            assert made.get(f"/{name}").text == "ok"
        assert urls(place.wait(made, 2)) == ["two", "one"]
        until(lambda: place.figure("wfp_records_unstored_total") == lost + 1,
              "it is counted")


class TestStoreThatIsGone:
    """Requests do not notice; what finds room is there later."""

    @pytest.fixture(scope="class")
    def far(self, build, origin, tmp_path_factory):
        hosts = Hosts(build, tmp_path_factory.mktemp("far"), origin, pgsql=True,
                      count=2)
        try:
            yield Place(hosts)
        finally:
            hosts.remove()

    def test_857_60_down_and_back(self, far):
        quiet = far.deploy(says('"ok"'), ON)
        loud = far.deploy(worker("""
            for i = 1, 250 do console.log(("x"):rep(1000)) end
            return Response.new("ok")"""), ON)
        for made in (quiet, loud):
            assert made.get("/before").status == 200
            far.wait(made, 1)
        far.hosts.postgres.stop()
        for n in range(60):
            assert loud.get(f"/{n}").status == 200
        for n in range(5):
            assert quiet.get(f"/{n}").status == 200
        assert far.figure("wfp_records_unstored_total") > 20
        far.hosts.postgres.start()
        # an eighth of the ring was the loud one's, no more
        assert urls(far.wait(quiet, 6)) == ["4", "3", "2", "1", "0", "before"]
        left = until(lambda: [got for got in [urls(far.logs(loud))]
                              if len(got) > 1], "what found room")[0]
        assert 1 < len(left) <= 6 and left[-1] == "before"

    def test_857_61_all_hosts_have_them(self, far):
        made = far.deploy(says('"ok"'), ON)
        assert made.get("/here").status == 200
        other = far.hosts.servers[1]
        there = PatientApi(other, Client(other.port))
        path = f"{far.path(made)}/logs"
        assert urls(until(lambda: there.ok("GET", path), "it is there")) \
            == ["here"]
        made.client = there.client
        until(lambda: made.get("/there").status == 200, "the other knows it")
        far.wait(made, 2)
        assert there.ok("GET", path) == far.logs(made)
