# SPDX-License-Identifier: Apache-2.0
"""The store's own tests on both databases: SQLite, and a PostgreSQL started
for them. Each line of the compiled programs is a case here.

The programs run when pytest collects, since they say what their cases are.
"""

import pathlib
import shutil
import tempfile

import pytest

from wfptest import tap
from wfptest.postgres import Postgres

PROGRAMS = ("test_store", "test_store_rest", "test_store_seal",
            "test_store_faults", "test_queues", "test_queue_objects", "test_leases",
            "test_ledger_groups", "test_ledger_rows", "test_lists", "test_log_records",
            "test_tail_consumers", "test_references", "test_sqlstate", "test_pending", "test_r2_service", "test_r2_uploads",
            "test_r2_part_bytes", "test_assets", "test_data_points")
BOOK = tap.BUILD / "results" / "ports"


def on_sqlite():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wfp-sqlite-"))
    try:
        for name in PROGRAMS:
            yield from tap.rows(tap.BUILD / "tests" / "unit" / name,
                                f"sqlite3-{name}",
                                WFP_TEST_DB=f"sqlite3 {folder}/{name}.db")
        left = [path.name for path in folder.iterdir()]
        yield "sqlite3-nothing_left", not left, None, f"left: {left}"
    finally:
        shutil.rmtree(folder)


def on_postgres():
    server = Postgres(BOOK)
    try:
        for name in PROGRAMS:
            yield from tap.rows(tap.BUILD / "tests" / "unit" / name,
                                f"pgsql-{name}",
                                WFP_TEST_DB=f"pgsql {server.conninfo}",
                                WFP_TEST_DB_CONTROL=str(
                                    server.control_command()))
    finally:
        server.remove()


def pytest_generate_tests(metafunc):
    """Collect: run every program on both."""
    if "store_case" in metafunc.fixturenames:
        found = [*on_sqlite(), *on_postgres()]
        metafunc.parametrize("store_case", [row[1:] for row in found],
                             ids=[row[0] for row in found])


def test_800_01_case(store_case):
    passed, skipped, notes = store_case
    if skipped:
        pytest.skip(skipped)
    assert passed, notes
