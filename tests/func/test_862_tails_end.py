# SPDX-License-Identifier: Apache-2.0
"""A live tail is good for as long as the token that made it, not longer."""

import datetime
import json
import socket

import pytest

from wfptest.api import LOCATION, Api
from wfptest.lua import says
from wfptest.tails import Events, Socket
from wfptest.wait import until


@pytest.fixture
def api(httpd, client):
    httpd.configure(LOCATION)
    return Api(httpd, client)


def by_rest(api, made):
    api.ok("DELETE", f"{api.account}/tokens/{made['id']}")


def by_wfpctl(api, made):
    """What happens on another host, too: the server reads it in the store."""
    api.httpd.wfpctl("token", "revoke", made["id"])


def over(tail):
    """It is told so, and then its connection ends."""
    while True:
        event = tail.event()
        if event and event[0] == "end":
            break
    assert event == ("end", {"reason": "over"})
    with pytest.raises(EOFError):
        tail.event()


class TestRevoked:
    @pytest.mark.parametrize("revoke", [by_rest, by_wfpctl])
    def test_862_01_what_it_reads_ends(self, api, tenant, revoke):
        made = tenant.deploy(says('"ok"'))
        path = f"{api.namespaces}/demo/scripts/{made.name}"
        theirs, token = api.with_token("--role", "read")
        addressed = theirs.ok("POST", f"{path}/tails")["url"]
        idle = theirs.ok("POST", f"{path}/tails")["url"]
        with Events(theirs, path) as tail, Events(api, path) as other, \
                Socket(addressed) as websocket:
            assert made.get("/1").status == 200
            for each in (tail, other, websocket):
                assert each.record()["event"]["request"]["url"].endswith("/1")
            revoke(api, token)
            over(tail)
            assert websocket.frame()[0] == 8
            # nobody gets in with an address that was made before
            until(lambda: Socket(idle).status == 404, "that one")
            assert Socket(addressed).status == 404
            assert made.get("/2").status == 200
            assert other.record()["event"]["request"]["url"].endswith("/2")
            assert len(api.ok("GET", f"{path}/tails")) == 1

    @pytest.mark.one_mpm
    def test_862_02_who_asks_slowly_is_too_late(self, api, tenant):
        """The request is let in, its token revoked, then its body comes."""
        made = tenant.deploy(says('"ok"'))
        path = f"{api.namespaces}/demo/scripts/{made.name}/tails"
        theirs, token = api.with_token("--role", "read")
        with socket.create_connection(("127.0.0.1", api.httpd.port)) as sock:
            sock.settimeout(30)
            sock.sendall(
                f"POST {api.base}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: "
                f"Bearer {theirs.token}\r\nContent-Length: 14\r\nExpect: "
                "100-continue\r\nConnection: close\r\n\r\n".encode())
            # it reads the body: it knows who asks
            assert b" 100 " in sock.recv(65536)
            api.ok("DELETE", f"{api.account}/tokens/{token['id']}")
            sock.sendall(b'{"filters":[]}')
            said = b""
            while more := sock.recv(65536):
                said += more
        assert b'"success":false' in said.replace(b" ", b""), said
        assert b"tail-sockets" not in said
        assert api.ok("GET", path) == []


@pytest.mark.one_mpm
class TestExpires:
    def test_862_03_no_longer_than_its_token(self, api, tenant):
        made = tenant.deploy(says('"ok"'))
        path = f"{api.namespaces}/demo/scripts/{made.name}/tails"
        soon = datetime.datetime.now(datetime.timezone.utc) \
            + datetime.timedelta(seconds=600)
        token = api.ok("POST", f"{api.account}/tokens", json.dumps({
            "name": "soon", "role": "read",
            "expires_on": soon.strftime("%Y-%m-%dT%H:%M:%SZ")}).encode())
        theirs = Api(api.httpd, api.client, token["value"])

        def ends(tail):
            return datetime.datetime.fromisoformat(
                tail["expires_at"].replace("Z", "+00:00"))

        assert ends(theirs.ok("POST", path)) <= soon
        assert ends(api.ok("POST", path)) > soon
