# SPDX-License-Identifier: Apache-2.0
"""All that test_656 says, with a PostgreSQL store."""

import pytest

from test_656_if_match import *  # noqa: F401,F403 -- its tests and their fixtures
from wfptest.hosts import Hosts

pytestmark = pytest.mark.one_mpm


@pytest.fixture(scope="module")
def httpd(build, origin, tmp_path_factory):
    hosts = Hosts(build, tmp_path_factory.mktemp("if-match"), origin,
                  pgsql=True)
    try:
        hosts.start()
        yield hosts.servers[0]
    finally:
        hosts.remove()
