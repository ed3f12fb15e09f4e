# SPDX-License-Identifier: Apache-2.0
"""All that test_340 says of KV in Workers, with a PostgreSQL store."""

import pytest

from test_340_kv import *  # noqa: F401,F403 -- its tests and their fixtures
from wfptest.pgsqlhttpd import httpd  # noqa: F401

pytestmark = pytest.mark.one_mpm
