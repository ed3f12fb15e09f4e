# SPDX-License-Identifier: Apache-2.0
"""A fixture for files that repeat another file's tests with a PostgreSQL store:

    from wfptest.pgsqlhttpd import httpd  # noqa: F401
"""

import pytest

from .hosts import Hosts


@pytest.fixture(scope="module")
def httpd(build, origin, tmp_path_factory):
    hosts = Hosts(build, tmp_path_factory.mktemp("rows"), origin, pgsql=True)
    try:
        hosts.start()
        yield hosts.servers[0]
    finally:
        hosts.remove()
