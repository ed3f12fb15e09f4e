# SPDX-License-Identifier: Apache-2.0
"""The API among httpd's own: filters, protocols, connections, restarts."""

import base64
import gzip
import hashlib
import json
import signal
import socket
import zlib

import pytest

from wfptest import h2
from wfptest.api import LOCATION, Api
from wfptest.openapi import assert_described
from wfptest.uploads import FORM, Scripts, upload_body
from wfptest.wait import until

VERIFY = "/user/tokens/verify"


def load(httpd, name):
    return f'LoadModule {name}_module "{httpd.modules}/mod_{name}.so"'


class Wire:
    """A connection whose bytes are all ours."""

    def __init__(self, api):
        self.api = api
        self.sock = socket.create_connection(("127.0.0.1", api.client.port),
                                             30)
        self.file = self.sock.makefile("rb")

    def send(self, method, path, *lines, body=b"", token=""):
        """A request's head, and what is to come of its body at once."""
        head = [f"{method} {self.api.base}{path} HTTP/1.1", "Host: localhost",
                f"Authorization: Bearer {token or self.api.token}", *lines]
        self.sock.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    def answer(self):
        """(status, headers, body) of the next answer; None: it was closed."""
        line = self.file.readline()
        if not line:
            return None
        headers = {}
        while (field := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = field.decode().partition(": ")
            headers[name.lower()] = value.strip()
        body = self.file.read(int(headers.get("content-length", 0)))
        return int(line.split()[1]), headers, body

    def ended(self):
        """Does the server close it now, with nothing more said?"""
        try:
            return self.file.read() == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.file.close()
        self.sock.close()


@pytest.fixture
def wire(api):
    one = Wire(api)
    yield one
    one.close()


def code_of(answer):
    return answer[0], json.loads(answer[2])["errors"][0]["code"]


class TestConnections:
    def assert_goes_on(self, wire):
        wire.send("GET", VERIFY)
        assert wire.answer()[0] == 200

    def assert_ends(self, wire, answer):
        assert "close" in answer[1]["connection"]
        assert wire.ended()

    @pytest.mark.parametrize("method, path, expected", [
        ("POST", "/nothing", (404, 7003)), ("POST", "/user", (405, 10405)),
        ("PUT", "{N}/none", (404, 100119)),
        ("DELETE", "{A}/tokens/x", (404, 10404))])
    def test_655_01_goes_on_after_an_error(self, wire, method, path, expected):
        """Whether the body was read or passed over: the next is the next."""
        api = wire.api
        path = path.replace("{N}", api.namespaces).replace("{A}", api.account)
        trap = b"{}\r\nGET /trap HTTP/1.1\r\n\r\n"
        for _ in range(3):
            # what is no JSON is 400, after which httpd ends connections
            body = b"{}" if "none" in path else trap
            wire.send(method, path, f"Content-Length: {len(body)}", body=body)
            assert code_of(wire.answer()) == expected
            self.assert_goes_on(wire)

    def test_655_02_goes_on_after_an_unread_body(self, wire):
        body = b"x" * 60000
        for token, expected in (("wrong", (401, 10000)), ("", (404, 10404))):
            wire.send("DELETE", f"{wire.api.account}/tokens/x", token=token,
                      body=body, *[f"Content-Length: {len(body)}"])
            assert code_of(wire.answer()) == expected
            self.assert_goes_on(wire)
        wire.send("GET", VERIFY, f"Content-Length: {len(body)}", body=body)
        assert wire.answer()[0] == 200
        self.assert_goes_on(wire)

    def test_655_03_pipelined(self, wire):
        for _ in range(5):
            wire.send("PATCH", f"{wire.api.namespaces}/none",
                      "Content-Length: 2", body=b"{}")
            wire.send("GET", VERIFY)
        for _ in range(5):
            assert code_of(wire.answer()) == (404, 100119)
            assert wire.answer()[0] == 200

    def test_655_09_ends_after_a_400(self, wire):
        """httpd does, whoever answers: what follows is not taken for a
        request."""
        trap = b"GET /trap HTTP/1.1\r\n\r\n"
        wire.send("POST", wire.api.namespaces, f"Content-Length: {len(trap)}",
                  body=trap)
        answer = wire.answer()
        assert code_of(answer) == (400, 10012)
        self.assert_ends(wire, answer)

    @pytest.mark.parametrize("head, token", [
        ("Content-Length: 100000000", "wrong"), ("Transfer-Encoding: chunked",
                                                 "wrong"),
        ("Content-Length: 100000000", "")])
    def test_655_04_ends_rather_than_reads_on(self, wire, head, token):
        wire.send("POST", wire.api.namespaces, head, token=token)
        answer = wire.answer()
        assert answer[0] == (401 if token else 413)
        self.assert_ends(wire, answer)

    def test_655_05_ends_when_chunks_are_too_many(self, wire):
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        wire.send("POST", wire.api.namespaces, "Transfer-Encoding: chunked",
                  body=chunk * 17)
        answer = wire.answer()
        assert code_of(answer) == (413, 10413)
        self.assert_ends(wire, answer)

    def test_655_06_a_refused_upload_is_not_asked_for(self, wire):
        wire.send("PUT", f"{wire.api.namespaces}/demo/scripts/expect",
                  "Content-Length: 1000", "Expect: 100-continue",
                  token="wrong")
        answer = wire.answer()
        assert code_of(answer) == (401, 10000)  # and no 100 before
        self.assert_ends(wire, answer)

    def test_655_07_one_that_is_welcome_is(self, wire, tenant):
        path = f"{wire.api.namespaces}/{tenant.namespace()}/scripts/expect"
        body = upload_body("expected")
        wire.send("PUT", path, f"Content-Length: {len(body)}",
                  f"Content-Type: {FORM}", "Expect: 100-continue")
        assert wire.answer()[0] == 100
        wire.sock.sendall(body)
        assert wire.answer()[0] == 200
        self.assert_goes_on(wire)

    def test_655_08_limit_of_httpd(self, httpd, client):
        httpd.configure((*LOCATION, "LimitRequestBody 1000"))
        api = Api(httpd, client)
        assert api.refused("POST", api.namespaces, b" " * 2000) == (413, 10413)
        chunks = (b" " * 500 for _ in range(4))
        answer = client.request("POST", api.base + api.namespaces, body=chunks,
                                headers=[("Authorization",
                                          f"Bearer {api.token}")])
        assert answer.status == 413  # httpd's own page, it read the length
        assert answer.text.endswith("</html>\n")


class TestSlow:
    def test_655_10_408_and_nothing_stored(self, httpd, client, tenant):
        httpd.configure((load(httpd, "reqtimeout"), "RequestReadTimeout body=1",
                         *LOCATION))
        api = Api(httpd, client)
        scripts = Scripts(api, tenant.namespace())
        for head in ("Content-Length: 1000", "Transfer-Encoding: chunked"):
            wire = Wire(api)
            wire.send("PUT", f"{scripts.path}/slow", head,
                      body=b"5\r\nretur\r\n")
            answer = wire.answer()
            assert code_of(answer) == (408, 10408)
            assert "close" in answer[1]["connection"]
            wire.close()
        assert scripts.api.refused("GET", f"{scripts.path}/slow/settings") == \
            (404, 10007)


class TestRestarts:
    """Uploads are whole or not at all."""

    def begin(self, api, path):
        """An upload that has come to where its body is read."""
        body = upload_body("restart " + "-" * 100000)
        wire = Wire(api)
        wire.send("PUT", path, f"Content-Length: {len(body)}",
                  f"Content-Type: {FORM}", "Expect: 100-continue")
        assert wire.answer()[0] == 100
        wire.sock.sendall(body[:50000])
        return wire, body[50000:]

    def test_655_20_graceful_in_the_middle(self, api, tenant):
        """The old child ends what it has begun; the new ones know of it."""
        scripts = Scripts(api, tenant.namespace())
        wire, rest = self.begin(api, f"{scripts.path}/graceful")
        api.httpd.graceful()
        wire.sock.sendall(rest)
        assert wire.answer()[0] == 200
        wire.close()
        until(lambda: api.client.get(
            f"/_ns/{scripts.ns}/graceful/").status == 200, "the upload to run")

    def test_655_21_stopped_in_the_middle(self, api, tenant):
        httpd = api.httpd
        httpd.stop()  # no child that ends just now, and whose place is taken
        httpd.configure(LOCATION)
        scripts = Scripts(api, tenant.namespace())
        httpd.settle()
        wire, _ = self.begin(api, f"{scripts.path}/stopped")
        # a child that waits for a body does not hear that it shall go
        for tag in ("AH00045", "AH00046", "AH00047"):
            httpd.log.expect(tag)
        httpd.process.send_signal(signal.SIGTERM)
        httpd.process.wait(60)
        wire.close()
        httpd.running = None
        httpd.configure(LOCATION)
        assert api.refused("GET", f"{scripts.path}/stopped/settings") == \
            (404, 10007)
        assert scripts.put("stopped", text="whole").status == 200
        assert scripts.run("stopped") == "whole"


@pytest.mark.one_mpm
class TestFilters:
    def test_655_30_compressed(self, httpd, client, tenant):
        httpd.configure((load(httpd, "deflate"), *LOCATION[:-1],
                         "SetOutputFilter DEFLATE", "SetInputFilter DEFLATE",
                         LOCATION[-1]))
        api = Api(httpd, client)
        scripts = Scripts(api, tenant.namespace())
        name = scripts.made(text="-" * 5000)
        for path in (scripts.path, f"{scripts.path}/{name}",
                     f"{scripts.path}/{name}/content", "/openapi.json",
                     f"{scripts.path}/none"):
            plain = api.get(path, raw=True)
            answer = client.get(api.base + path, headers=[
                ("Authorization", f"Bearer {api.token}"),
                ("Accept-Encoding", "gzip")])
            assert answer.get("Content-Encoding") == "gzip"
            assert answer.status == plain.status
            answer.body = gzip.decompress(answer.body)
            assert_described("GET", path, answer)
            if "content" not in path:  # its boundary is random
                assert answer.json == plain.json
        packed = gzip.compress(upload_body("packed"))
        answer = api.call("PUT", f"{scripts.path}/packed", packed, headers=[
            ("Content-Type", FORM), ("Content-Encoding", "gzip")])
        assert answer.status == 200
        assert scripts.run("packed") == "packed"
        # what unpacks to more than may come is no more welcome
        bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
        data = bomb.compress(b" " * (20 << 20)) + bomb.flush()
        httpd.log.expect("AH02649")
        assert api.refused("PUT", f"{scripts.path}/packed", data, headers=[
            ("Content-Encoding", "gzip")])[0] in (400, 413)
        assert scripts.run("packed") == "packed"

    def test_655_31_other_pages_of_httpd(self, httpd, client):
        """An error document takes the place of no answer of ours."""
        httpd.configure((*LOCATION, 'ErrorDocument 404 "mine"',
                         'ErrorDocument 401 "mine"', "ErrorDocument 400 /x"))
        api = Api(httpd, client)
        assert api.refused("GET", "/nothing") == (404, 7003)
        assert Api(httpd, client, "x").refused("GET", "/user") == (401, 10000)
        assert Api(httpd, client, None).refused("GET", "/user") == (400, 9106)


@pytest.mark.one_mpm
class TestInFront:
    BASIC = ("AuthType Basic", 'AuthName "api"', "Require valid-user")

    @pytest.fixture
    def guarded(self, httpd, client):
        digest = base64.b64encode(hashlib.sha1(b"secret").digest()).decode()
        users = httpd.root / "users"
        users.write_text(f"mod:{{SHA}}{digest}\n")
        users.chmod(0o644)
        httpd.configure((*LOCATION[:-1], *self.BASIC, f'AuthUserFile "{users}"',
                         LOCATION[-1]))
        return Api(httpd, client, None), Api(httpd, client)

    def test_655_40_basic_and_a_token(self, guarded):
        none, real = guarded
        basic = ("Authorization",
                 "Basic " + base64.b64encode(b"mod:secret").decode())
        key = [("X-Auth-Email", "a@example.com"), ("X-Auth-Key", real.token)]
        assert none.get(VERIFY, headers=[basic, *key]).status == 200
        assert none.refused("GET", VERIFY, headers=[basic]) == (400, 9106)
        assert none.refused("GET", VERIFY, headers=[
            basic, key[0], ("X-Auth-Key", "wrong")]) == (401, 1000)
        # httpd's own answer, before the API is asked
        for headers in (key, []):
            answer = none.get(VERIFY, headers=headers, raw=True)
            assert answer.status == 401
            assert answer.get("WWW-Authenticate").startswith("Basic")
        real.httpd.log.expect("AH0161")
        assert real.get(VERIFY, raw=True).status == 401

    def test_655_41_require(self, httpd, client):
        httpd.configure((load(httpd, "authz_host"), *LOCATION[:-1],
                         "Require ip 192.0.2.1", LOCATION[-1]))
        httpd.log.expect("AH01630")
        assert Api(httpd, client).get(VERIFY, raw=True).status == 403


@pytest.mark.one_mpm
class TestPlaces:
    def test_655_50_a_host_of_its_own(self, httpd, client):
        httpd.configure((
            LOCATION[0], f"<VirtualHost 127.0.0.1:{httpd.port}>",
            "ServerName localhost", "</VirtualHost>",
            f"<VirtualHost 127.0.0.1:{httpd.port}>", "ServerName api.example",
            "SetHandler wfp-api", "</VirtualHost>"))
        token = ("Authorization", f"Bearer {Api(httpd, client).token}")
        for path in (VERIFY, "/client/v4" + VERIFY, "/any" + VERIFY):
            answer = client.get(path, host="api.example", headers=[token])
            assert answer.status == 200
            assert answer.json["result"]["status"] == "active"
        assert client.get(VERIFY, headers=[token]).status == 404
        answer = client.get("/", host="api.example", headers=[token])
        assert answer.json["errors"][0]["code"] == 7003

    def test_655_51_several(self, httpd, client):
        lines = [LOCATION[0]]
        for place in ("/one", "/two/client/v4", "/three/accounts"):
            lines += [f'<Location "{place}">', "SetHandler wfp-api",
                      "</Location>"]
        httpd.configure(tuple(lines))
        for base in ("/one", "/one/client/v4", "/two/client/v4"):
            api = Api(httpd, client, base=base)
            assert api.get(VERIFY).status == 200
            assert api.get(api.account).status == 200
        assert client.get("/client/v4" + VERIFY).status == 404

    def test_655_52_rewritten(self, httpd, client, tenant):
        httpd.configure((
            *LOCATION, "RewriteEngine on",
            "RewriteRule ^/platform/(.*)$ /client/v4/$1 [PT]",
            "RewriteRule ^/me$ /client/v4/user [PT]"))
        whole = Api(httpd, client)
        api = Api(httpd, client, base="/platform")
        assert api.ok("GET", "/accounts?page=2") == []
        assert api.client.get("/me", headers=[
            ("Authorization", f"Bearer {api.token}")]).json["result"]["id"]
        scripts = Scripts(api, tenant.namespace())
        name = scripts.made(tags=["a"])
        tag = f"{scripts.path}/{name}/tags/50%25%20%C3%A9"
        api.ok("PUT", tag)
        assert api.ok("GET", f"{scripts.path}/{name}/tags") == ["a", "50% é"]
        whole.ok("DELETE", tag)
        # escaped twice is not unescaped twice
        assert api.refused("GET", f"{api.namespaces}/%2564emo") == \
            (404, 100119)

    def test_655_53_no_other_origin_is_welcome(self, api):
        """A browser's question before a request of another origin: check()
        looks for the headers that would let it."""
        answer = api.call("OPTIONS", api.namespaces, headers=[
            ("Origin", "https://evil.example"),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization")])
        assert (answer.status, answer.get("Allow")) == (405, "GET, HEAD, POST")
        answer = api.call("GET", api.namespaces, headers=[
            ("Origin", "https://evil.example")])
        assert answer.get("Vary") is None

    @pytest.mark.parametrize("method", ["HEAD", "GET"])
    def test_655_54_head_is_get_without_body(self, api, method, tenant):
        for path, status in ((api.namespaces, 200), ("/nothing", 404),
                             (f"{api.namespaces}/none", 404)):
            answer = api.call(method, path, raw=True)
            assert answer.status == status
            assert int(answer.get("Content-Length")) > 0
            assert (answer.body == b"") is (method == "HEAD")

    @pytest.mark.parametrize("method", ["BREW", "PROPFIND", "get", "CONNECTED"])
    def test_655_55_other_methods(self, api, method):
        answer = api.call(method, "/user")
        assert (answer.status, answer.get("Allow")) == (405, "GET, HEAD")
        assert api.refused(method, "/nothing") == (404, 7003)


class TestH2:
    """h2c by prior knowledge; prefork has no HTTP/2."""

    @pytest.fixture
    def api(self, httpd, client):
        if httpd.mpm == "prefork":
            pytest.skip("no HTTP/2 under prefork")
        httpd.configure(LOCATION)
        return Api(httpd, client)

    def test_655_60_upload(self, api, tenant):
        scripts = Scripts(api, tenant.namespace())
        body = upload_body("h2 " + "-" * 900000)
        file = api.httpd.root / "upload"
        file.write_bytes(body)
        token = ("-H", f"Authorization: Bearer {api.token}")
        answer = api.client.h2(
            f"{api.base}{scripts.path}/h2", *token, "-X", "PUT", "-H",
            f"Content-Type: {FORM}", "--data-binary", f"@{file}")
        assert answer.status == 200
        assert_described("PUT", f"{scripts.path}/h2", answer)
        assert len(scripts.run("h2")) == 900003

    def test_655_61_many_streams(self, api):
        """One connection, fifty requests at once."""
        conn = h2.H2(api.client.port)
        token = ("authorization", f"Bearer {api.token}")
        streams = range(1, 101, 2)
        for stream in streams:
            conn.request(stream, f"{api.base}/user",
                         headers=[token])
        bodies, left = {stream: b"" for stream in streams}, set(streams)
        while left:
            kind, flags, stream, payload = conn.frame()
            assert kind not in (h2.RST_STREAM, h2.GOAWAY)
            if kind == h2.DATA:
                bodies[stream] += payload
                if flags & h2.END_STREAM:
                    left.remove(stream)
        conn.close()
        assert len({json.loads(body)["success"] for body in bodies.values()}
                   ) == 1

    @pytest.mark.parametrize("good", [False, True])
    def test_655_62_refused_streams_harm_no_others(self, api, good):
        """Bodies that nobody wants, or that are too large: they are answered
        before they came, and others' requests on the connection are, too."""
        token = ("authorization", f"Bearer {api.token}")
        conn = h2.H2(api.client.port)
        heads = set()
        for stream in range(1, 9, 4):
            conn.request(stream, api.base + api.namespaces, "POST", end=False,
                         headers=[token if good else
                                  ("authorization", "Bearer wrong"),
                                  ("content-length", "100000000")])
            conn.request(stream + 2, api.base + VERIFY, headers=[token])
        while heads != {1, 3, 5, 7}:
            kind, _, stream, _ = conn.frame()
            assert kind != h2.GOAWAY
            if kind == h2.HEADERS:
                heads.add(stream)
        conn.close()
        assert api.get(VERIFY).status == 200
