# SPDX-License-Identifier: Apache-2.0
"""Cloudflare's own SDK, unmodified, drives the REST API."""

import pytest

from wfptest import clients

PROGRAMS = sorted(path.name for path in clients.PROGRAMS.glob("sdk_*.mjs"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_620_01(program, api, httpd):
    data = f"http://127.0.0.1:{httpd.port}/_ns/{{ns}}/{{name}}/"
    passed, wrong = clients.sdk(program, api, data)
    assert not wrong
    assert passed
