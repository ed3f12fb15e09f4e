# SPDX-License-Identifier: Apache-2.0
"""Trying a Worker: a request that the server sends itself, by the way that any
other takes."""

import base64
import json

import pytest

from wfptest.api import LOCATION, Api
from wfptest.assets import Site
from wfptest.lua import DISPATCHER, worker
from wfptest.rollout import TEXT, Rollout
from wfptest.session import PAGE
from wfptest.tenant import Worker
from wfptest.uploads import Scripts, form, part
from wfptest.wait import until

ECHO = worker("""
    console.log("asked for", URL.new(request.url).pathname)
    return Response.new(request.method .. " " .. request.url .. " "
        .. (request.headers:get("X-A") or "-") .. " " .. request:text(),
        { status = 201, headers = { ["X-B"] = "b" } })""")


def vhost(httpd, name, *lines):
    return [f"<VirtualHost 127.0.0.1:{httpd.port}>", f"ServerName {name}",
            f"ServerAlias *.{name}", *lines, "</VirtualHost>"]


@pytest.fixture(scope="module")
def lines(httpd):
    static = [f'DocumentRoot "{httpd.root}/htdocs"',
              f'<Directory "{httpd.root}/htdocs">', "Require all granted",
              "</Directory>"]
    return [
        *PAGE, "WfpTrustHeader X-Who",
        *vhost(httpd, "all.test", *static),
        *vhost(httpd, "disp.test", "WfpDispatcher trygate",
               '<Location "/status">', "SetHandler server-status",
               "</Location>",
               '<Location "/denied">', "Require all denied", "</Location>"),
        *vhost(httpd, "sub.test", "WfpNamespace demo", *static),
    ]


@pytest.fixture
def api(httpd, client, lines):
    httpd.configure(lines)
    return Api(httpd, client)


class Trier:
    """The try box of one Worker."""

    def __init__(self, api, made):
        self.api, self.made = api, made
        base = f"{api.namespaces}/{made.ns}/scripts" if made.ns else \
            f"{api.account}/workers/scripts"
        self.path = f"{base}/{made.name}/try"

    def url(self, path="/", host=None):
        port = self.api.httpd.port
        return f"http://{host}:{port}{path}" if host else \
            f"http://127.0.0.1:{port}{self.made.path}{path}"

    def ask(self, path="/", host=None, **members):
        return {"url": self.url(path, host), **members}

    def send(self, path="/", host=None, api=None, **members):
        return (api or self.api).ok("POST", self.path,
                                    self.ask(path, host, **members))

    def refused(self, api=None, **members):
        """(status, message)"""
        answer = (api or self.api).call("POST", self.path,
                                        {**self.ask(), **members})
        assert answer.status >= 400, answer
        return answer.status, answer.json["errors"][0]["message"]


@pytest.fixture
def trier(api, tenant):
    return Trier(api, tenant.deploy(ECHO))


@pytest.fixture
def gate(api, client):
    """The dispatcher of disp.test, by the API: seen at once."""
    put_gate(api, DISPATCHER)
    yield Worker(client, None, "trygate")
    api.ok("DELETE", f"{api.account}/workers/scripts/trygate")


def put_gate(api, text):
    meta = {"main_module": "worker.lua", "bindings": [
        {"type": "dispatch_namespace", "name": "DISPATCHER",
         "namespace": "demo"}]}
    answer = Scripts(api, None).put("trygate", form(
        part("metadata", json.dumps(meta)),
        part("worker.lua", text, "worker.lua", "text/plain")))
    assert answer.status == 200, answer


def deployed(api, tenant, body, *options):
    return Trier(api, tenant.deploy(worker(body), *options))


def headers_of(response):
    return {name.lower(): value for name, value in response["headers"]}


class TestSend:
    def test_634_01_answer_and_record(self, trier):
        done = trier.send("/x?q=1", method="POST", headers=[["X-A", "1"]],
                          body="héllo")
        response = done["response"]
        assert response["status"] == 201
        assert response["status_text"] == "Created"
        assert response["body"] == f"POST {trier.url('/x?q=1')} 1 héllo"
        assert response["body_size"] == len(response["body"].encode())
        assert not response["truncated"] and not response["broken"]
        assert headers_of(response)["x-b"] == "b"
        assert done["reached"] is True
        record, = done["records"]
        assert record["requestId"] == done["request_id"]
        assert record["scriptName"] == trier.made.name
        assert record["logs"][0]["message"] == [
            f"asked for {trier.made.path}/x"]
        assert record["outcome"] == "ok" and record["exceptions"] == []
        assert record["coldStart"] is True and record["memoryPeak"] > 0
        assert record["event"]["request"]["url"] == trier.url("/x?q=1")

    def test_634_02_an_error_with_its_stack(self, api, tenant):
        box = deployed(api, tenant, 'fetch("http://127.0.0.1:1/")')
        done = box.send()
        assert done["response"]["status"] == 500
        error, = done["records"][0]["exceptions"]
        assert headers_of(done["response"])["x-wfp-error"] == error["code"]
        assert "worker.lua:3:" in error["stack"]

    def test_634_03_limits_hold(self, api, tenant):
        box = deployed(api, tenant, "while true do end", "--limit", "cpu_ms=10",
                       "--limit", "instructions=1000000000000")
        done = box.send()
        assert headers_of(done["response"])["x-wfp-error"] == "cpu_limit"
        assert done["records"][0]["kill"]["limit"] == "cpu_ms"
        assert done["records"][0]["outcome"] == "exceededCpu"

    def test_634_04_bytes(self, api, tenant):
        box = deployed(api, tenant, """
            return Response.new(request:text() .. "\\0\\255")""")
        sent = bytes(range(256))
        done = box.send(method="PUT",
                        body_base64=base64.b64encode(sent).decode())
        response = done["response"]
        assert response["body"] is None
        assert base64.b64decode(response["body_base64"]) == sent + b"\0\xff"

    def test_634_05_long_answers_are_cut(self, api, tenant):
        box = deployed(api, tenant, """
            local n = 0
            return Response.new(function()
                n = n + 1
                return n <= 48 and ("é"):rep(32 * 1024) or nil
            end)""", "--limit", "cpu_ms=5000")
        response = box.send()["response"]
        assert response["body_size"] == 48 * 64 * 1024
        assert response["truncated"] is True
        assert set(response["body"]) == {"é"}
        assert len(response["body"]) == 512 * 1024

    def test_634_10_an_answer_without_end(self, api, tenant):
        box = deployed(api, tenant, """
            local piece = ("x"):rep(64 * 1024)
            return Response.new(function() return piece end)""",
                       "--limit", "cpu_ms=30000")
        response = box.send()["response"]
        assert response["broken"] is True
        assert 64 << 20 <= response["body_size"] < 66 << 20
        assert len(response["body"]) == 1 << 20

    def test_634_06_wait_until_is_told(self, api, tenant):
        box = deployed(api, tenant, """
            ctx:waitUntil(function()
                scheduler.wait(20)
                console.warn("later")
            end)
            return Response.new("now")""")
        done = box.send()
        assert done["response"]["body"] == "now"
        assert [line["message"] for line in done["records"][0]["logs"]] == [
            ["later"]]

    def test_634_07_methods(self, trier):
        for method in ("HEAD", "DELETE", "PROPFIND"):
            response = trier.send(method=method)["response"]
            assert response["status"] == 201
            assert bool(response["body"]) is (method != "HEAD")

    def test_634_08_by_subdomain(self, trier):
        done = trier.send("/a", f"{trier.made.name}.sub.test")
        assert done["response"]["body"].startswith("GET http://")
        assert done["reached"] is True

    def test_634_09_counted_like_any(self, trier):
        trier.send()
        path = trier.path.replace("/try", "/usage")
        until(lambda: "1" in json.dumps(trier.api.ok("GET", path)),
              "it to be counted")


class TestThrough:
    """Through the dispatcher, and to a version."""

    def test_634_20_dispatcher(self, trier, gate):
        host = f"{trier.made.name}.disp.test"
        done = trier.send("/a%2Fb?c", host)
        assert done["response"]["body"].startswith(
            f"GET {trier.url('/a%2Fb?c', host)}")
        assert [(r["dispatchNamespace"], r["scriptName"])
                for r in done["records"]] == [
                    ("demo", trier.made.name), (None, gate.name)]
        assert {r["requestId"] for r in done["records"]} == {
            done["request_id"]}

    def test_634_21_another_worker_answers(self, trier, gate, tenant):
        other = tenant.deploy(ECHO)
        done = trier.send("/", f"{other.name}.disp.test")
        assert done["reached"] is False
        assert done["response"]["status"] == 201

    def test_634_22_access_control_holds(self, trier, gate, httpd):
        httpd.log.expect("AH01630")
        done = trier.send("/denied", f"{trier.made.name}.disp.test")
        assert done["response"]["status"] == 403
        assert done["records"] == [] and done["request_id"] is None
        assert done["reached"] is False

    def test_634_23_a_version_that_does_not_run(self, api, tenant):
        made = tenant.deploy(TEXT % "old")
        tenant.deploy(TEXT % "new", name=made.name)
        new, old = [v["id"] for v in Rollout(api, made).versions()]
        box = Trier(api, made)
        for _ in range(2):
            for id, text in ((old, "old"), (new, "new"), (None, "new")):
                done = box.send(version_id=id)
                assert done["response"]["body"] == text
                assert done["records"][0]["scriptVersion"]["id"] == id or \
                    id is None
            assert made.get().text == "new"
        assert box.refused(
            version_id="00000000-0000-4000-8000-000000000000")[0] == 404

    def test_634_24_a_version_through_the_dispatcher(self, api, tenant, gate):
        made = tenant.deploy(TEXT % "old")
        tenant.deploy(TEXT % "new", name=made.name)
        user = Rollout(api, made)
        new, old = [v["id"] for v in user.versions()]
        user.deploy((new, 50), (old, 50))
        box = Trier(api, made)
        for id, text in ((old, "old"), (new, "new")) * 3:
            done = box.send("/", f"{made.name}.disp.test", version_id=id)
            assert done["response"]["body"] == text

    def test_634_25_a_version_of_the_dispatcher(self, api, gate):
        put_gate(api, worker('return Response.new("changed")'))
        path = f"{api.account}/workers/scripts/trygate"
        _, old = [v["id"] for v in api.ok("GET", path + "/versions")["items"]]
        box = Trier(api, gate)
        assert box.send("/", "x.disp.test")["response"]["body"] == "changed"
        done = box.send("/", "x.disp.test", version_id=old)
        assert done["response"]["body"] != "changed"
        assert done["reached"] is True

    def test_634_26_assets(self, api, tenant):
        site = Site(api, "demo").deploy({"/a.txt": "static"})
        site.path = site.base
        box = Trier(api, site)
        done = box.send("/a.txt")
        assert done["response"]["body"] == "static"
        assert done["reached"] is True

    def test_634_27_doors(self, trier, gate, client):
        port = trier.api.httpd.port
        found = trier.api.ok("GET", trier.path)["doors"]
        assert {door["url"] for door in found} == {
            f"http://disp.test:{port}/",
            f"http://{trier.made.name}.sub.test:{port}/",
            *(f"http://{name}:{port}/_ns/demo/{trier.made.name}/"
              for name in ("all.test", "disp.test", "sub.test"))}
        by_dispatcher, = [d for d in found if d["through"] == "dispatcher"]
        assert by_dispatcher["dispatcher"] == "trygate"

    def test_634_28_asked_over_http2(self, trier, client, api, httpd):
        if httpd.mpm == "prefork":
            return  # has no HTTP/2
        text = json.dumps(trier.ask("/x", body="hello", method="POST"))
        answer = client.h2("/client/v4" + trier.path, "-H",
                           f"Authorization: Bearer {api.token}", "-d", text)
        assert answer.status == 200
        assert answer.json["result"]["response"]["body"].endswith("- hello")
        assert answer.json["result"]["reached"] is True


@pytest.mark.one_mpm
class TestHostile:
    """It reaches Workers and nothing else, and forges nothing."""

    def test_634_40_only_workers(self, trier, gate):
        for host, path in (
                ("all.test", "/"), ("all.test", "/index.html"),
                ("disp.test", "/status"), ("all.test", "/admin/session"),
                ("all.test", "/client/v4/openapi.json"),
                ("all.test", "/admin/"),
                ("disp.test", "/client/v4/user/tokens/verify"),
                ("all.test", "/_ns/../index.html"),
                ("all.test", "/_ns/%2e%2e/index.html")):
            status, why = trier.refused(url=trier.url(path, host))
            assert (status, "not served by Workers" in why) == (400, True)

    def test_634_41_no_other_server(self, trier, origin):
        before = len(origin.seen) if hasattr(origin, "seen") else None
        for url in (f"http://127.0.0.1:{origin.port}/count",
                    f"http://localhost:{origin.port}/", "http://[::1]:1/",
                    "http://169.254.169.254/latest"):
            assert trier.refused(url=url)[0] == 400
        if before is not None:
            assert len(origin.seen) == before

    def test_634_42_no_url(self, trier):
        for url in ("file:///etc/passwd", "ftp://127.0.0.1/", "/", "", "x",
                    "http://a:b@127.0.0.1/", "http://127.0.0.1/\r\nX: y", 7,
                    None, "http://x/" + "a" * 9000):
            assert trier.refused(url=url)[0] == 400, url

    MALFORMED = (
        {"method": "GET /x HTTP/1.1\r\nX: y\r\n\r\n"}, {"method": "CONNECT"},
        {"method": "TRACE"}, {"method": ""}, {"method": 1},
        {"method": "A" * 21}, {"headers": {"a": "b"}}, {"headers": [["a"]]},
        {"headers": [["a", 1]]}, {"headers": [["a b", "c"]]},
        {"headers": [["a", "b\r\nX-Forwarded-For: 1.2.3.4"]]},
        {"headers": [["a\r\nb", "c"]]}, {"headers": [["", "c"]]},
        {"headers": [["a", "b"]] * 65},
        {"headers": [["a", "b" * 40000]]}, {"body": "a", "body_base64": "YQ=="},
        {"body": 1}, {"body_base64": "!"}, {"body_base64": "YQ"},
        {"version_id": 1}, {"unknown": 1}, {"body": "x" * (1 << 20) + "x"})

    def test_634_43_malformed(self, trier):
        for members in self.MALFORMED:
            assert trier.refused(**members)[0] == 400, members

    FORGED = (
        "Host", "connection", "Content-Length", "Transfer-Encoding", "TE",
        "Trailer", "Upgrade", "Expect", "Via", "Forwarded", "CDN-Loop",
        "X-Forwarded-For", "x-forwarded-proto", "X-Real-IP", "X-Who",
        "CF-Connecting-IP", "Proxy-Authorization", "Sec-WebSocket-Key")

    def test_634_44_forged_headers(self, trier):
        for name in self.FORGED:
            status, why = trier.refused(headers=[[name, "1"]])
            assert (status, why.endswith("is the server's to say")) == (
                400, True), name

    def test_634_45_who_asks(self, api, tenant):
        """The client is who asks the API, whatever the API's own request
        has."""
        box = deployed(api, tenant, 'return Response.new("x")')
        done = api.call("POST", box.path, box.ask(), headers=[
            ("X-Forwarded-For", "192.0.2.1"), ("Cookie", "a=b"),
            ("X-Who", "192.0.2.1")])
        record, = done.json["result"]["records"]
        assert record["event"]["request"]["headers"] == {
            "host": f"127.0.0.1:{api.httpd.port}",
            "cf-connecting-ip": "127.0.0.1"}

    def test_634_46_it_does_not_go_round(self, trier):
        answer = trier.api.call(
            "POST", trier.path, trier.ask(),
            headers=[("CDN-Loop", ", ".join(["mod-wfp"] * 17))])
        response = answer.json["result"]["response"]
        assert headers_of(response)["x-wfp-error"] == "loop_detected"

    def test_634_47_what_it_lets_through_is_not_shown(self, api, tenant):
        box = deployed(api, tenant,
                       'ctx:passThroughOnException() error("x")')
        status, why = box.refused(
            url=box.url("/index.html", f"{box.made.name}.sub.test"))
        assert (status, "passThroughOnException" in why) == (400, True)

    def test_634_48_a_client_that_asks_for_much(self, api, tenant):
        box = deployed(api, tenant, """
            for i = 1, 5000 do console.log(("x"):rep(100)) end
            return Response.new("ok")""", "--limit", "log_kb=1024",
                       "--limit", "cpu_ms=5000")
        done = box.send()
        assert done["response"]["body"] == "ok"
        assert len(json.dumps(done["records"])) < 2 << 20

    def test_634_49_parallel_parts_are_told(self, api, tenant):
        inner = tenant.deploy(worker('return Response.new("inner")'))
        box = deployed(api, tenant, """
            local a, b = parallel(
                function() return env.IN:fetch(request) end,
                function() return env.IN:fetch(request) end)
            return Response.new("both")""",
                       "--binding", f"service:IN=/{inner.name}")
        done = box.send()
        assert done["response"]["body"] == "both", done
        assert sorted(r["scriptName"] for r in done["records"]) == sorted(
            [inner.name, inner.name, box.made.name])


@pytest.mark.one_mpm
class TestWho:
    """Tokens that may not, or may only some."""

    def test_634_60_roles(self, trier):
        reader, _ = trier.api.with_token("--role", "read")
        assert trier.refused(reader)[0] == 403
        assert reader.refused("GET", trier.path)[0] == 403
        none = Api(trier.api.httpd, trier.api.client, None)
        assert none.call("POST", trier.path, {}).status == 400

    def test_634_61_limited_to_namespaces(self, api, tenant, gate):
        ns = tenant.namespace()
        own = Trier(api, tenant.deploy(worker(
            'return Response.new("own")'), ns=ns))
        foreign = Trier(api, tenant.deploy(worker(
            'console.log("hidden") return Response.new("foreign")')))
        limited, _ = api.with_token("--role", "deploy",
                                    "--namespace", ns)
        assert own.send(api=limited)["response"]["body"] == "own"
        assert foreign.refused(limited)[0] == 403
        for url in (foreign.url(), own.url("/",
                                           f"{foreign.made.name}.disp.test")):
            done = limited.ok("POST", own.path, {"url": url})
            assert done["reached"] is False
            assert "foreign" not in json.dumps(done)
            assert "hidden" not in json.dumps(done)
            assert "trygate" not in json.dumps(done)
        doors = limited.ok("GET", own.path)["doors"]
        assert "trygate" not in json.dumps(doors)

    def test_634_62_what_a_worker_calls_is_its_own(self, api, tenant):
        """A Worker may call an account Worker; its record is not told."""
        ns = tenant.namespace()
        account = tenant.deploy(worker(
            'console.log("hidden") return Response.new("service")'), ns=None)
        own = Trier(api, tenant.deploy(
            worker("return env.S:fetch(request)"), "--binding",
            f"service:S={account.name}", ns=ns))
        limited, _ = api.with_token("--role", "deploy",
                                    "--namespace", ns)
        done = own.send(api=limited)
        assert done["response"]["body"] == "service"
        assert [r["scriptName"] for r in done["records"]] == [own.made.name]
        assert "hidden" not in json.dumps(done["records"])

    def test_634_63_audited_without_secrets(self, trier):
        trier.send("/path?secret=1", method="PUT",
                   headers=[["Authorization", "Basic eDp5"]], body="hush")
        row = trier.api.ok("GET", f"{trier.api.account}/audit?limit=1")[0]
        assert row["action"] == "try"
        assert row["details"]["method"] == "PUT"
        assert row["details"]["path"].endswith("/path")
        assert not {"secret", "hush", "eDp5"} & set(
            json.dumps(row).replace('"', " ").replace("/", " ").split())

    def test_634_64_a_rate_of_its_own(self, httpd, client, lines, tenant):
        httpd.configure([line.replace("WfpApiRate 100000 1min",
                                      "WfpApiRate 30 1h") for line in lines])
        api = Api(httpd, client)
        box = Trier(api, tenant.deploy(ECHO))
        fresh, _ = api.with_token("--role", "deploy")
        # three an hour, or six where an hour ends meanwhile
        answers = [fresh.call("POST", box.path, box.ask())
                   for _ in range(7)]
        assert [a.status for a in answers][:3] == [200] * 3
        last = answers[-1]
        assert last.status == 429 and int(last.get("Retry-After")) > 0
        assert fresh.call("GET", box.path).status == 200
        httpd.configure(lines)


@pytest.mark.one_mpm
def test_634_80_no_worker_is_served(httpd, client, tenant):
    """Where nothing leads to Workers but the way of tests, and to that."""
    httpd.configure(LOCATION)
    api = Api(httpd, client)
    box = Trier(api, tenant.deploy(ECHO))
    assert box.send()["response"]["status"] == 201
    assert box.refused(url=box.url("/", "any.test"))[0] == 400
