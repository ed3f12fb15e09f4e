# SPDX-License-Identifier: Apache-2.0
"""All that test_868 says, with a PostgreSQL store."""

import pytest

from test_868_graphql import *  # noqa: F401,F403 -- its tests and their fixtures
from wfptest.pgsqlhttpd import httpd  # noqa: F401

pytestmark = pytest.mark.one_mpm
