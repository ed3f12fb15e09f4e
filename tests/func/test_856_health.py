# SPDX-License-Identifier: Apache-2.0
"""Health, while PostgreSQL is really gone, or hangs, and when it is back."""

import os
import signal

import pytest

from test_852_usage import METRICS
from wfptest import prometheus
from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.errorlog import DEATH
from wfptest.hosts import Hosts
from wfptest.lua import says
from wfptest.tenant import Tenant
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm


@pytest.fixture(scope="module")
def hosts(build, origin, tmp_path_factory):
    made = Hosts(build, tmp_path_factory.mktemp("health"), origin, pgsql=True)
    try:
        made.start([*LOCATION, *METRICS])
        yield made
    finally:
        made.remove()


class Health:
    def __init__(self, hosts):
        self.hosts, self.server = hosts, hosts.servers[0]
        self.api = hosts.api()
        self.path = f"{self.api.account}/healthz"

    def asked(self, token=None):
        """-> (HTTP status, result or the first error's code)"""
        api = Api(self.server, Client(self.server.port), token)
        answer = api.get(self.path)
        body = answer.json
        return answer.status, body["result"] if answer.status == 200 \
            else body["errors"][0]["code"]

    def full(self):
        return self.asked(self.api.token)

    def reaches_store(self):
        status, said = self.full()
        return status == 200 and said.get("store") == "reachable"

    def figure(self, name):
        answer = Client(self.server.port).get("/metrics")
        return prometheus.read(answer)[f"wfp_{name}",]


@pytest.fixture
def health(hosts):
    made = Health(hosts)
    made.server.log.begin()
    yield made
    assert [line for line in made.server.log.lines()
            if DEATH.search(line)] == []


def backends(hosts):
    """All processes of PostgreSQL."""
    pid = int((hosts.postgres.folder / "data/postmaster.pid").read_text()
              .split()[0])
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [pid, *map(int, file.read().split())]


class TestStore:
    def test_856_01_all_is_well(self, health, hosts):
        tenant = Tenant(health.server, Client(health.server.port))
        made = tenant.deploy(says('"ok"'))
        assert made.get().status == 200
        until(lambda: health.asked() == (200, {"status": "ok"}), "health")
        status, full = health.full()
        assert (status, full["status"], full["store"]) == (
            200, "ok", "reachable")
        assert 0 <= full["sync_lag"] < 5
        assert full["problems"] == []
        registry = full["registry"]
        assert registry["fill"] == pytest.approx(
            registry["known"] / registry["slots"])
        assert 0 < registry["body_fill"] < 1
        assert registry["evicted"] == 0

    def test_856_02_postgres_is_killed_and_comes_back(self, health, hosts):
        tenant = Tenant(health.server, Client(health.server.port))
        made = tenant.deploy(says('"ok"'))
        assert made.get().status == 200
        hosts.postgres.kill()
        try:
            until(lambda: health.asked() == (200, {"status": "degraded"}),
                  "degraded")
            # nobody's token can be looked up
            assert health.full() == (200, {"status": "degraded"})
            assert made.get().status == 200
            until(lambda: health.figure("store_up") == 0, "the figure")
            until(lambda: health.figure("sync_lag_seconds") > 1, "the lag")
        finally:
            hosts.postgres.start()
        until(lambda: health.asked() == (200, {"status": "ok"}), "health again")
        # the child that is asked next may not have its connection back yet
        until(health.reaches_store, "the store to be reached")
        until(lambda: health.figure("store_up") == 1, "the figure")
        until(lambda: health.figure("sync_lag_seconds") < 1, "no lag")

    def test_856_03_postgres_hangs(self, health, hosts):
        """It takes connections and says nothing: whoever asks without a token
        is answered at once."""
        until(lambda: health.asked() == (200, {"status": "ok"}), "health")
        stopped = backends(hosts)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            until(lambda: health.asked() == (200, {"status": "degraded"}),
                  "degraded")
            assert health.figure("sync_lag_seconds") >= 5
        finally:
            for pid in reversed(stopped):
                os.kill(pid, signal.SIGCONT)
        until(lambda: health.asked() == (200, {"status": "ok"}),
              "health again")

    def test_856_04_no_worker_can_be_served(self, health, hosts):
        """A server that knows nothing and has no store."""
        hosts.postgres.kill()
        try:
            health.server.stop()
            health.server.start()
            until(lambda: health.asked() == (503, 10503), "unavailable")
            assert health.full() == (503, 10503)
        finally:
            hosts.postgres.start()
        until(lambda: health.asked() == (200, {"status": "ok"}), "health")
