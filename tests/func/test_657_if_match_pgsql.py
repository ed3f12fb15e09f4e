# SPDX-License-Identifier: Apache-2.0
"""All that test_656 says, with a PostgreSQL store."""

import pytest

from test_656_if_match import *  # noqa: F401,F403 -- its tests and their fixtures
from wfptest.pgsqlhttpd import httpd  # noqa: F401

pytestmark = pytest.mark.one_mpm
