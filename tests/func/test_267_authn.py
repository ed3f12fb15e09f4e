# SPDX-License-Identifier: Apache-2.0
"""Who httpd has asked for a password, before a Worker runs."""

import base64
import hashlib

import pytest

from wfptest.lua import worker

TELLS = """
return Response.new(tostring(request.headers:get("authorization")) .. " "
    .. tostring(request.headers:get("x-user")))"""
BASIC = "Basic " + base64.b64encode(b"u:secret").decode()


@pytest.fixture(autouse=True)
def _conf(httpd):
    digest = base64.b64encode(hashlib.sha1(b"secret").digest()).decode()
    users = httpd.root / "users"
    users.write_text(f"u:{{SHA}}{digest}\n")

    def guard(where, *lines):
        return [f'<Location "{where}">', "AuthType Basic", 'AuthName "x"',
                f'AuthUserFile "{users}"', *lines, "</Location>"]

    httpd.configure([
        f"<VirtualHost 127.0.0.1:{httpd.port}>", "ServerName guard.test",
        "ServerAlias *.guard.test", "WfpNamespace demo",
        "RequestHeader set X-User expr=%{REMOTE_USER}",
        *guard("/asked", "Require valid-user"),
        *guard("/told", "Require valid-user", "CGIPassAuth on"),
        *guard("/open", "Require all granted"), "</VirtualHost>"])


@pytest.fixture(params=["http/1.1", "h2"])
def ask(request, httpd, client, tenant):
    if request.param == "h2" and httpd.mpm == "prefork":
        pytest.skip("mod_http2 does not serve HTTP/2 under prefork")
    made = tenant.deploy(worker(TELLS))

    def go(path, value=BASIC):
        host = f"{made.name}.guard.test"
        if request.param == "h2":
            return client.h2(path, "-H", f"Authorization: {value}", host=host)
        return client.get(path, host=host, headers=[("Authorization", value)])
    return go


def test_267_01_a_password_is_httpds(ask):
    """No Worker hears it, unless the configuration says so."""
    assert ask("/asked").text == "nil u"
    assert ask("/told").text == f"{BASIC} u"


def test_267_02_others_are_the_workers(ask):
    assert ask("/").text == f"{BASIC} "
    assert ask("/open").text == f"{BASIC} "
    assert ask("/", "Bearer x").text == "Bearer x "


def test_267_03_a_wrong_one(httpd, ask):
    httpd.log.expect("AH01617")
    wrong = "Basic " + base64.b64encode(b"u:wrong").decode()
    assert ask("/asked", wrong).status == 401
