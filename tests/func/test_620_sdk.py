# SPDX-License-Identifier: Apache-2.0
"""Cloudflare's own SDK, unmodified, drives the REST API."""

import pytest

from wfptest import clients
from wfptest.api import LOCATION, Api

pytestmark = pytest.mark.one_mpm
PROGRAMS = sorted(path.name for path in clients.PROGRAMS.glob("sdk_*.mjs"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_620_01_sdk(program, httpd, client):
    httpd.configure(LOCATION)
    passed, wrong = clients.sdk(program, Api(httpd, client))
    assert not wrong
    assert passed
