# SPDX-License-Identifier: Apache-2.0
"""From the URL to the Worker and back: routing, requests, responses."""

import http.client
import json

import pytest

from wfptest.lua import DISPATCHER, script, says, worker
from wfptest.origin import pattern

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]


def vhost(httpd, name, *lines):
    """A virtual host of the server under test."""
    return [f"<VirtualHost 127.0.0.1:{httpd.port}>", f"ServerName {name}",
            f"ServerAlias *.{name}", *lines, "</VirtualHost>"]


@pytest.fixture(scope="module")
def lines(httpd):
    """One server that routes in every way."""
    return [
        *vhost(httpd, "static.test"),
        *vhost(httpd, "sub.test", "WfpNamespace demo"),
        *vhost(httpd, "path.test", "WfpNamespace demo", "WfpRouteBy path"),
        *vhost(httpd, "head.test", "WfpNamespace demo",
               "WfpRouteBy header:X-Worker"),
        *vhost(httpd, "disp.test", "WfpDispatcher router",
               '<Location "/off/">', "WfpDispatcher off", "</Location>",
               '<Location "/status">', "SetHandler server-status",
               "</Location>",
               '<Location "/denied">', "Require all denied", "</Location>"),
        *vhost(httpd, "doc.test", "WfpNamespace demo",
               'ErrorDocument 404 "replaced"'),
        *vhost(httpd, "mixed.test", '<Location "/app/">',
               "WfpNamespace demo", "WfpRouteBy path", "</Location>"),
    ]


@pytest.fixture(autouse=True)
def _conf(httpd, lines):
    httpd.configure(lines)


@pytest.fixture
def echo(tenant):
    return tenant.deploy(script("echo.lua"))


class TestRouting:
    """Which Worker a request belongs to."""

    def test_200_01_by_path_of_namespace(self, echo):
        assert echo.get("/a/b?c").json["url"].endswith(echo.path + "/a/b?c")

    def test_200_02_by_subdomain(self, client, echo):
        host = f"{echo.name}.sub.test"
        assert client.get("/x?y=1", host=host).json["url"] == \
            f"http://{host}/x?y=1"
        assert client.get("/", host=host.upper()).status == 200

    def test_200_03_by_path(self, client, echo):
        answer = client.get(f"/{echo.name}/x", host="path.test")
        assert answer.json["url"] == f"http://path.test/{echo.name}/x"
        assert client.get(f"/{echo.name}", host="path.test").status == 200

    def test_200_04_by_header(self, client, echo):
        answer = client.get("/x", host="head.test",
                            headers=[("X-Worker", echo.name)])
        assert answer.json["url"] == "http://head.test/x"

    def test_200_05_below_a_location(self, client, echo):
        assert client.get(f"/app/{echo.name}/", host="mixed.test"
                          ).status == 200
        assert client.get("/index.html", host="mixed.test").text == "static\n"

    @pytest.mark.parametrize("host,path,headers", [
        ("nobody.sub.test", "/", []),
        ("sub.test", "/", []),
        ("path.test", "/nobody/", []),
        ("path.test", "/", []),
        ("path.test", "/no%2Fbody/", []),
        ("head.test", "/", []),
        ("head.test", "/", [("X-Worker", "nobody")]),
        ("head.test", "/", [("X-Worker", "../nobody")]),
        (None, "/_ns/demo/nobody/", []),
        (None, "/_ns/nowhere/nobody/", []),
        (None, "/_ns/", []),
    ])
    def test_200_06_unknown_worker(self, client, host, path, headers):
        answer = client.get(path, host=host, headers=headers)
        assert (answer.status, answer.error) == (404, "worker_not_found")

    def test_200_07_unknown_worker_as_a_page(self, client):
        answer = client.get("/", host="nobody.sub.test", headers=[
            ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")])
        assert answer.status == 404
        assert answer.get("content-type").startswith("text/html")
        assert answer.error == "worker_not_found"
        assert answer.get("x-wfp-request-id") in answer.text

    def test_200_08_error_document_replaces(self, client):
        answer = client.get("/", host="nobody.doc.test")
        assert (answer.status, answer.text) == (404, "replaced")
        assert answer.get("x-wfp-error") == "worker_not_found"

    def test_200_09_not_claimed(self, client):
        assert client.get("/index.html", host="static.test").text == \
            "static\n"

    def test_200_10_neither_name_nor_address_in_the_answer(self, client,
                                                           httpd):
        answer = client.get("/", host="nobody.sub.test")
        assert str(httpd.root) not in answer.text
        assert "nobody" not in answer.json["error"]["message"]


class TestDispatcher:
    """An account Worker takes every request."""

    @pytest.fixture(autouse=True)
    def _router(self, tenant):
        tenant.deploy(DISPATCHER, "--binding",
                      "dispatch_namespace:DISPATCHER=demo", ns=None,
                      name="router")

    def test_210_01_to_the_user_worker(self, client, echo):
        host = f"{echo.name}.disp.test"
        answer = client.post("/a?b", b"body", host=host)
        assert answer.json["url"] == f"http://{host}/a?b"
        assert answer.json["body"] == "body"

    def test_210_02_unknown_user_worker(self, client):
        answer = client.get("/", host="nobody.disp.test")
        assert (answer.status, answer.error) == (404, "worker_not_found")

    def test_210_03_off_below_a_location(self, client, httpd):
        (httpd.root / "htdocs/off").mkdir(exist_ok=True)
        (httpd.root / "htdocs/off/a").write_text("mine\n")
        assert client.get("/off/a", host="x.disp.test").text == "mine\n"

    def test_210_04_handler_of_its_own(self, client):
        answer = client.get("/status?auto", host="x.disp.test")
        assert "ServerUptime" in answer.text

    def test_210_05_require_holds(self, client, echo, httpd):
        httpd.log.expect("AH01630")
        answer = client.get("/denied", host=f"{echo.name}.disp.test")
        assert answer.status == 403

    def test_210_06_dispatcher_unknown(self, client, httpd, lines):
        httpd.configure([*lines, *vhost(httpd, "none.test",
                                        "WfpDispatcher missing")])
        answer = client.get("/", host="none.test")
        assert (answer.status, answer.error) == (404, "worker_not_found")


class TestRequest:
    """What a Worker sees of a request."""

    @pytest.mark.parametrize("method", METHODS)
    def test_220_01_methods(self, echo, method):
        assert echo.request(method).json["method"] == method

    def test_220_02_head(self, tenant):
        seen = tenant.deploy(worker(
            'return Response.new("hello", {headers={["x-m"]=request.method}})'
        ))
        answer = seen.request("HEAD")
        assert (answer.status, answer.body) == (200, b"")
        assert answer.get("x-m") == "HEAD"
        assert answer.get("content-length") == "5"

    @pytest.mark.parametrize("path", [
        "/a%2Fb", "/a%00b", "/a%0Ab", "/a//b", "/%41", "/a;b=c", "/a?%00=%2F",
        "/a%252Fb", "/?", "/a?b?c", "/%ff%fe", "/a+b", "/a%20b",
    ])
    def test_220_03_path_as_sent(self, echo, path):
        assert echo.get(path).json["url"] == \
            f"http://127.0.0.1:{echo.client.port}{echo.path}{path}"

    def test_220_04_headers(self, echo):
        got = echo.get(headers=[("X-One", "1"), ("x-two", "a"),
                                ("X-Two", "b"), ("X-Empty", "")]).json
        headers = dict(map(tuple, got["headers"]))
        assert headers["x-one"] == "1"
        assert headers["x-two"] == "a, b"
        assert headers["x-empty"] == ""
        assert headers["host"] == f"127.0.0.1:{echo.client.port}"

    @pytest.mark.parametrize("body", [b"", b"x", b"a" * 8192, b"b" * 100001])
    def test_220_05_body(self, echo, body):
        assert echo.post(body).json["body"] == body.decode()

    def test_220_06_chunked_body(self, echo):
        assert echo.post([b"one", b"two" * 10000, b"3"]).json["body"] == \
            "one" + "two" * 10000 + "3"

    def test_220_07_bytes_are_bytes(self, tenant):
        mirror = tenant.deploy(worker("return Response.new(request.body)"))
        body = bytes(range(256)) * 300
        assert mirror.post(body).body == body
        same = tenant.deploy(worker("return Response.new(request:text())"))
        assert same.post(body).body == body

    def test_220_08_large_body_streams_up(self, tenant, origin):
        up = tenant.deploy(worker(
            f'return fetch("{origin.url}/count", '
            '{method="POST", body=request.body})'))
        size = 40 * 1024 * 1024
        piece = b"z" * 65536
        answer = up.post(piece for _ in range(size // len(piece)))
        assert answer.json["bytes"] == size

    def test_220_09_unread_body_does_not_harm_the_next(self, tenant, client):
        deaf = tenant.deploy(says('"ok"'))
        conn = client.connection()
        for _ in range(3):
            answer = deaf.post(b"q" * 100000, conn=conn)
            assert (answer.status, answer.text) == (200, "ok")
        conn.close()

    def test_220_10_pipelined(self, client, echo):
        one = (f"GET {echo.path}/%d HTTP/1.1\r\nHost: x\r\n%s\r\n")
        got = client.raw((one % (1, "") + one % (2, "")
                          + one % (3, "Connection: close\r\n")).encode())
        assert got.count(b"HTTP/1.1 200") == 3
        assert got.index(b"/1") < got.index(b"/2") < got.index(b"/3")

    def test_220_11_http_1_0(self, client, echo):
        got = client.raw(f"GET {echo.path}/ HTTP/1.0\r\n\r\n".encode())
        assert b" 200 OK" in got.split(b"\r\n")[0]
        assert b'"method"' in got

    def test_220_12_expect_100(self, client, echo):
        got = client.raw(
            f"POST {echo.path}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
            "Expect: 100-continue\r\nConnection: close\r\n\r\nabc".encode())
        assert b'"abc"' in got


class TestResponse:
    """What a client gets of a response."""

    @pytest.mark.parametrize("status", [200, 201, 202, 206, 299, 301, 400, 401,
                                        404, 418, 429, 500, 503, 599])
    def test_230_01_status(self, tenant, status):
        answer = tenant.deploy(worker(
            f'return Response.new("mine", {{status={status}}})')).get()
        assert (answer.status, answer.text) == (status, "mine")
        assert answer.get("x-wfp-error") is None

    @pytest.mark.parametrize("status", [204, 205, 304])
    def test_230_02_status_without_body(self, tenant, client, status):
        empty = tenant.deploy(worker(
            f"return Response.new(nil, {{status={status}}})"))
        conn = client.connection()
        for _ in range(2):
            answer = empty.get(conn=conn)
            assert (answer.status, answer.body) == (status, b"")
        conn.close()

    def test_230_03_headers(self, tenant):
        answer = tenant.deploy(worker("""
            local h = Headers.new({ ["X-One"] = "1" })
            h:append("Set-Cookie", "a=1")
            h:append("Set-Cookie", "b=2; Path=/")
            h:append("X-List", "x")
            h:append("X-List", "y")
            h:set("Content-Type", "text/x-mine")
            return Response.new("b", { headers = h })""")).get()
        assert answer.getall("set-cookie") == ["a=1", "b=2; Path=/"]
        assert ", ".join(answer.getall("x-list")) == "x, y"
        assert answer.get("content-type") == "text/x-mine"
        assert answer.get("content-length") == "1"

    def test_230_04_names_of_ours_are_removed(self, tenant):
        answer = tenant.deploy(worker("""
            return Response.new("b", { headers = {
                ["x-wfp-error"] = "cpu_limit", ["X-WFP-Other"] = "1" } })"""
                                      )).get()
        assert [n for n, _ in answer.headers
                if n.lower().startswith("x-wfp-")] == []

    def test_230_14_control_characters_in_headers(self, tenant):
        answer = tenant.deploy(worker(r"""
            return Response.new("b", { headers = { a = "b\1\127\27[0m\tc",
                ["content-type"] = "text/\7x" } })""")).get()
        assert (answer.status, answer.get("a")) == (200, "b   [0m\tc")
        assert answer.get("content-type") == "text/ x"

    @pytest.mark.parametrize("name,value", [
        ("Content-Length", "3"), ("Content-Length", "999"),
        ("Transfer-Encoding", "chunked"), ("Connection", "close, x"),
        ("Keep-Alive", "timeout=1"), ("Upgrade", "x"), ("Trailer", "x"),
    ])
    def test_230_05_framing_is_the_servers(self, tenant, client, name, value):
        framed = tenant.deploy(worker(
            'return Response.new("hello", {headers={["%s"]="%s"}})'
            % (name, value)))
        answer = framed.get()
        assert (answer.status, answer.body) == (200, b"hello")

    def test_230_06_large_body_streams_down(self, tenant, origin):
        size = 40 * 1024 * 1024
        down = tenant.deploy(worker(
            f'return fetch("{origin.url}/huge/{size}")'))
        answer = down.get()
        assert answer.body == pattern(size)

    def test_230_07_chunked_from_a_function(self, tenant):
        answer = tenant.deploy(worker("""
            local n = 0
            return Response.new(function()
                n = n + 1
                if n <= 50 then return ("%d,"):format(n) end
            end)""")).get()
        assert answer.text == "".join(f"{n}," for n in range(1, 51))
        assert answer.get("transfer-encoding") == "chunked"

    def test_230_08_error_after_the_first_byte(self, tenant):
        torn = tenant.deploy(worker("""
            local n = 0
            return Response.new(function()
                n = n + 1
                if n > 20 then error("too late") end
                return ("x"):rep(20000)
            end)"""))
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            torn.get()

    def test_230_09_error_before_the_first_byte(self, tenant):
        answer = tenant.deploy(worker("""
            return Response.new(function() error("early") end)""")).get()
        assert (answer.status, answer.error) == (500, "exception")

    @pytest.mark.parametrize("value", ["nil", "1", '"text"', "{}",
                                       "{status=200}", "{body=1}",
                                       "setmetatable({body=''}, {})",
                                       "Headers.new()",
                                       "function() end"])
    def test_230_10_no_response(self, tenant, value):
        answer = tenant.deploy(worker(f"return {value}")).get()
        assert (answer.status, answer.error) == (500, "invalid_response")

    def test_230_15_plain_table(self, tenant):
        answer = tenant.deploy(worker("""
            return {status = 201, statusText = "Made", body = "a table",
                    headers = {["X-One"] = "1"}}""")).get()
        assert (answer.status, answer.text) == (201, "a table")
        assert answer.get("x-one") == "1"
        assert answer.get("content-type") == "text/plain;charset=UTF-8"
        assert tenant.deploy(worker("return {body = ''}")).get().status == 200
        assert tenant.deploy(worker(
            "return {status = 99, body = ''}")).get().error == "exception"

    @pytest.mark.parametrize("raised", [
        '"secret text"', '{secret="text"}', "nil", "42",
        'setmetatable({}, {__tostring=function() return "secret" end})'])
    def test_230_11_uncaught_error(self, tenant, raised):
        answer = tenant.deploy(worker(f"error({raised})")).get()
        assert (answer.status, answer.error) == (500, "exception")
        assert "secret" not in answer.text

    def test_230_12_request_body_back(self, tenant):
        back = tenant.deploy(worker(
            "return Response.new(request.body, "
            '{headers={["content-type"]="text/plain"}})'))
        body = b"0123456789" * 50000
        assert back.post([body[:7], body[7:]]).body == body

    def test_230_13_server_is_not_hidden(self, tenant):
        answer = tenant.deploy(says('"x"')).get()
        assert answer.get("date")
        assert answer.get("server").startswith("Apache")


class TestHttp2:
    """The same over h2c."""

    @pytest.fixture(autouse=True)
    def _h2(self, httpd):
        if httpd.mpm == "prefork":
            pytest.skip("mod_http2 wants threads")

    def test_240_01_get(self, client, echo):
        answer = client.h2(echo.path + "/a%2Fb")
        assert answer.json["url"].endswith(echo.path + "/a%2Fb")

    def test_240_02_post(self, client, echo):
        answer = client.h2(echo.path + "/", "--data-binary", "x" * 50000)
        assert answer.json["body"] == "x" * 50000

    def test_240_03_error(self, client):
        answer = client.h2("/_ns/demo/nobody/")
        assert (answer.status, answer.error) == (404, "worker_not_found")

    def test_240_04_large(self, client, tenant, origin):
        size = 5 * 1024 * 1024
        down = tenant.deploy(worker(
            f'return fetch("{origin.url}/huge/{size}")'))
        assert client.h2(down.path + "/").body == pattern(size)

    def test_240_05_error_after_the_first_byte(self, client, tenant):
        torn = tenant.deploy(worker("""
            local n = 0
            return Response.new(function()
                n = n + 1
                if n > 20 then error("too late") end
                return ("x"):rep(20000)
            end)"""))
        assert client.h2(torn.path + "/", check=False) is None

    def test_240_06_subdomain(self, client, echo):
        host = f"{echo.name}.sub.test"
        assert json.loads(client.h2("/", host=host).body)["url"] == \
            f"http://{host}/"
