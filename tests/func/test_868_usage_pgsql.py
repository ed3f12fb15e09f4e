# SPDX-License-Identifier: Apache-2.0
"""Which limits ended runs, with a PostgreSQL store: told by minute, hour and day,
of a Worker and of its namespace, over a restart."""

import pytest

from test_852_usage import TestMetrics as Sqlite
from test_852_usage import usage  # noqa: F401
from wfptest.pgsqlhttpd import httpd  # noqa: F401

pytestmark = pytest.mark.one_mpm


class TestKills:
    test_868_01_by_worker = Sqlite.test_852_25_kills_by_worker
