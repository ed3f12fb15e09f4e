# SPDX-License-Identifier: Apache-2.0
"""How long a question to data points may take, while PostgreSQL holds it up."""

import contextlib
import subprocess
import threading
import time

import pytest

from wfptest.api import LOCATION
from wfptest.hosts import Hosts
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm
# more than are looked at at once
POINTS = 1500
FILL = f"""INSERT INTO data_points (id, dataset, time, ns, worker, point)
    SELECT 'p' || n, 'slow',
        (extract(epoch FROM now()) * 1000000)::bigint - n, 'demo', 'w',
        '["",[],[1]]' FROM generate_series(1, {POINTS}) n"""
WAITS = """SELECT count(*) FROM pg_locks WHERE NOT granted
    AND relation = 'data_points'::regclass"""
# beyond 10 seconds, and before PostgreSQL ends the statement at 15
HELD = 11


@pytest.fixture(scope="module")
def hosts(build, origin, tmp_path_factory):
    made = Hosts(build, tmp_path_factory.mktemp("points"), origin, pgsql=True)
    try:
        made.start(LOCATION)
        yield made
    finally:
        made.remove()


@contextlib.contextmanager
def locked(postgres):
    """Nobody reads the table meanwhile."""
    def hold():
        with contextlib.suppress(subprocess.CalledProcessError):
            postgres.sql("LOCK TABLE data_points; SELECT pg_sleep(50)")

    thread = threading.Thread(target=hold)
    thread.start()
    until(lambda: postgres.sql("SELECT count(*) FROM pg_locks WHERE granted "
                               "AND relation = 'data_points'::regclass "
                               "AND mode = 'AccessExclusiveLock'") != ["0"],
          "the lock")
    try:
        yield
    finally:
        postgres.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
                     "WHERE query LIKE 'LOCK TABLE%'")
        thread.join()


def test_765_01_a_question_ends_after_10_seconds(hosts):
    api, postgres = hosts.api(), hosts.postgres
    path = f"{api.account}/analytics_engine/datasets/slow/query"
    body = {"select": ["count"]}
    postgres.sql(FILL)
    assert api.ok("POST", path, body) == [{"count": POINTS}]
    said = []
    thread = threading.Thread(
        target=lambda: said.append(api.call("POST", path, body)))
    with locked(postgres):
        thread.start()
        until(lambda: postgres.sql(WAITS) != ["0"], "the question")
        time.sleep(HELD)
    thread.join()
    assert said[0].status == 400, said[0]
    assert "more than 10 seconds" in said[0].json["errors"][0]["message"]
    assert api.ok("POST", path, body) == [{"count": POINTS}]
