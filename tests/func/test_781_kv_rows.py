# SPDX-License-Identifier: Apache-2.0
"""All that test_340 says of KV in Workers, with a PostgreSQL store."""

import pytest

from test_340_kv import *  # noqa: F401,F403 -- its tests and their fixtures
from wfptest.hosts import Hosts

pytestmark = pytest.mark.one_mpm


@pytest.fixture(scope="module")
def httpd(build, origin, tmp_path_factory):
    hosts = Hosts(build, tmp_path_factory.mktemp("kv-rows"), origin,
                  pgsql=True)
    try:
        hosts.start()
        yield hosts.servers[0]
    finally:
        hosts.remove()
