# SPDX-License-Identifier: Apache-2.0
"""All that test_660 says of the API of KV, with a PostgreSQL store."""

import pytest

from test_660_kv_values import *  # noqa: F401,F403 -- its tests and their fixtures
from wfptest.pgsqlhttpd import httpd  # noqa: F401

pytestmark = pytest.mark.one_mpm
