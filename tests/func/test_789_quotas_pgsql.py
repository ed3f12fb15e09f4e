# SPDX-License-Identifier: Apache-2.0
"""All that test_786 says of quotas, with a PostgreSQL store."""

import pytest

from test_786_quotas_services import *  # noqa: F401,F403 -- its tests
from wfptest.pgsqlhttpd import httpd  # noqa: F401

pytestmark = pytest.mark.one_mpm
