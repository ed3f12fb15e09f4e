# SPDX-License-Identifier: Apache-2.0
"""fetch's `decompress`: packed answers, unpacked as they are read."""

import gzip
import http.client
import json
import zlib

import pytest

from wfptest.badorigin import BadOrigin, bomb
from wfptest.client import Client
from wfptest.lua import script, worker
from wfptest.origin import Handler, Origin
from wfptest.records import Records
from wfptest.tenant import Tenant
from wfptest.watch import Watch

TEXT = b"What came packed goes out unpacked. " * 500
MB = 1024 * 1024


def raw(data):
    """deflate without zlib's frame."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


PACKED = {
    "gzip": ("gzip", gzip.compress(TEXT)),
    "x-gzip": ("x-gzip", gzip.compress(TEXT)),
    "zlib": ("deflate", zlib.compress(TEXT)),
    "raw": ("Deflate", raw(TEXT)),
    "twice": ("deflate, gzip", gzip.compress(zlib.compress(TEXT))),
    "identity": ("identity", TEXT),
    "members": ("gzip", gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:])),
    "empty": ("gzip", b""),
    # not undone
    "br": ("br", b"\x0b\x02\x80hello\x03"),
    "br-gzip": ("br, gzip", gzip.compress(b"hello")),
    "five": ("gzip, gzip, gzip, gzip, gzip", TEXT),
    # wrong
    "cut": ("gzip", gzip.compress(TEXT)[:-20]),
    "behind": ("gzip", gzip.compress(TEXT) + b"more"),
    "no": ("gzip", b"no gzip here"),
    "inner-cut": ("deflate, gzip", gzip.compress(zlib.compress(TEXT)[:-20])),
    "html": ("gzip", gzip.compress(b"<p>one</p><b>two</b>")),
}


class PackedHandler(Handler):
    """/packed/NAME?status=N  what PACKED says"""

    def on_packed(self, parts, query):
        coding, data = PACKED[parts[0]]
        self.answer(int(query.get("status", ["200"])[0]), data,
                    [("Content-Encoding", coding), ("X-Kept", "1")])


@pytest.fixture(scope="module")
def packed():
    server = Origin()
    server.server.RequestHandlerClass = PackedHandler
    yield server
    server.stop()


@pytest.fixture(scope="module")
def bad():
    for size in (200 * MB, 400 * MB):
        bomb(size)  # made before anybody waits for it
    server = BadOrigin()
    yield server
    server.stop()


@pytest.fixture(scope="module", autouse=True)
def _conf(httpd, packed, bad):
    httpd.configure([f"WfpEgressAllow 127.0.0.1:{packed.port}",
                     f"WfpEgressAllow 127.0.0.1:{bad.port}", Records.LINE,
                     # however busy the machine is, no clock ends a download
                     "WfpEgressTimeout 60s 300s 60s",
                     "WfpLimit wall_ms 300000"])


@pytest.fixture(scope="module")
def evaluator(httpd, _conf):
    tenants = Tenant(httpd, Client(httpd.port))
    yield tenants.deploy(script("eval.lua"))
    tenants.remove_all()


@pytest.fixture
def run(evaluator, packed):
    """run(text) -> list of values, or the error as a dict."""
    def call(text):
        answer = evaluator.post((
            f'local URL = "{packed.url}/packed/"\n'
            "local ON = {decompress = true}\n" + text).encode())
        assert answer.status == 200, answer
        return (answer.json["values"] if "values" in answer.json
                else answer.json["error"])
    return call


def tells(path, options="ON"):
    """Lua that fetches it and tells what came."""
    return (f'local r = fetch(URL .. "{path}", {options}) '
            'return r:text(), r.headers:get("content-encoding"), '
            'r.headers:get("content-length"), r.headers:get("x-kept")')


@pytest.mark.one_mpm
class TestUnpacked:
    @pytest.mark.parametrize("name", ["gzip", "x-gzip", "zlib", "raw", "twice",
                                      "members"])
    def test_580_01_codings(self, run, name):
        assert run(tells(name)) == [TEXT.decode(), None, None, "1"]

    def test_580_02_no_bytes_at_all(self, run):
        assert run(tells("empty")) == ["", None, None, "1"]

    @pytest.mark.parametrize("options", ["nil", "{}", "{decompress = false}"])
    def test_580_03_off_by_default(self, run, packed, options):
        packed.requests.clear()
        size, coding, length = run(
            f'local r = fetch(URL .. "gzip", {options}) return #r:bytes(), '
            'r.headers:get("content-encoding"), '
            'r.headers:get("content-length")')
        assert (size, coding) == (len(PACKED["gzip"][1]), "gzip")
        assert length == str(size)
        assert "accept-encoding" not in {
            name.lower() for name, _ in packed.requests[-1][2]}

    @pytest.mark.parametrize("path,options", [
        ("br", "ON"), ("br-gzip", "ON"), ("five", "ON"), ("identity", "ON"),
        ("gzip?status=206", "ON"),
        ("gzip", "{method = 'HEAD', decompress = true}")])
    def test_580_04_left_alone(self, run, path, options):
        coding, data = PACKED[path.split("?")[0]]
        head = "HEAD" in options
        assert run(f'local r = fetch(URL .. "{path}", {options}) '
                   'return #r:bytes(), r.headers:get("content-encoding"), '
                   'r.headers:get("content-length")') == [
                       0 if head else len(data), coding, str(len(data))]

    @pytest.mark.parametrize("status", [204, 304])
    def test_580_05_no_body(self, run, status):
        assert run(f'local r = fetch(URL .. "gzip?status={status}", ON) '
                   'return r.status, r.body, r.headers:get('
                   '"content-encoding")') == [status, None, "gzip"]

    @pytest.mark.parametrize("headers,sent", [
        ("{}", ["gzip, deflate"]),
        ("{['Accept-Encoding'] = 'br'}", ["br"]),
        ("{['accept-encoding'] = 'identity'}", ["identity"]),
        ("{Range = 'bytes=0-9'}", [])])
    def test_580_06_asks_for_it(self, run, packed, headers, sent):
        packed.requests.clear()
        assert run(
            f"local h = Headers.new({headers}) "
            "local r = Request.new(URL .. 'gzip', {headers = h, "
            "decompress = true}) fetch(r):text() "
            "return r.headers:get('accept-encoding') == "
            "h:get('accept-encoding')") == [True]
        assert [value for name, value in packed.requests[-1][2]
                if name.lower() == "accept-encoding"] == sent

    def test_580_07_of_a_request_and_its_copies(self, run):
        assert run("local r = Request.new(URL .. 'gzip', ON) "
                   "return fetch(Request.new(r)):text(), fetch(r:clone()):text(),"
                   "fetch(r, {decompress = false}).headers:get("
                   "'content-encoding'), fetch(URL .. 'zlib', r):text()"
                   ) == [TEXT.decode(), TEXT.decode(), "gzip", TEXT.decode()]

    @pytest.mark.parametrize("value,kind", [("1", "number"), ("'yes'",
                                                              "string")])
    def test_580_08_no_boolean(self, run, value, kind):
        told = run(f"return fetch(URL .. 'gzip', {{decompress = {value}}})")
        assert told["name"] == "TypeError"
        assert told["message"] == f"decompress must be a boolean, got {kind}"

    def test_580_09_other_readers(self, run):
        assert run("""
            local r = fetch(URL .. "gzip", ON)
            local copy = r:clone()
            local parts = {}
            for part in r.body:chunks() do parts[#parts + 1] = part end
            local b = fetch(URL .. "html", ON)
            b.body:read(1)
            b.body:cancel()
            return table.concat(parts) == copy:text(), b.body:read(),
                HTMLRewriter.new():on("b", {element = function(el)
                    el:replace("2") end}):transform(
                    fetch(URL .. "html", ON)):text()
            """) == [True, None, "<p>one</p>2"]

    def test_580_10_in_parallel(self, run):
        assert run("""
            local function get(name)
                return function() return fetch(URL .. name, ON):text() end
            end
            local one, two, three = parallel(get "gzip", get "twice", get "raw")
            return one == two and two == three, #one
            """) == [True, len(TEXT)]


@pytest.mark.one_mpm
class TestWrong:
    @pytest.mark.parametrize("name,text", [
        ("cut", "the gzip body was cut off"),
        ("behind", "the body is no valid gzip"),
        ("no", "the body is no valid gzip"),
        ("inner-cut", "the deflate body was cut off")])
    def test_581_01_read_in_the_worker(self, run, name, text):
        told = run(f'return fetch(URL .. "{name}", ON):text()')
        assert told["code"] == "network_error"
        assert told["message"] == f"Network error: {text}"

    def test_581_02_what_came_before(self, run):
        got, code = run("""
            local body, got = fetch(URL .. "cut", ON).body, ""
            local ok, err = pcall(function()
                for part in body:chunks() do got = got .. part end
            end)
            return got, err.code""")
        assert TEXT.decode().startswith(got) and len(got) > 1000
        assert code == "network_error"

    def test_581_03_passed_on(self, tenant, packed):
        made = tenant.deploy(worker(
            f'return fetch("{packed.url}/packed/cut", {{decompress = true}})'))
        with pytest.raises((http.client.IncompleteRead, OSError)):
            made.get()
        early = tenant.deploy(worker(
            f'return fetch("{packed.url}/packed/no", {{decompress = true}})'))
        assert (early.get().status, early.get().error) == (500,
                                                           "network_error")


class TestPassedOn:
    """The answer goes out as it is unpacked."""

    def deploy(self, tenant, url, *options):
        return tenant.deploy(worker(
            f'return fetch("{url}", {{decompress = true}})'), *options)

    def test_582_01_to_the_client(self, tenant, packed):
        answer = self.deploy(tenant, packed.url + "/packed/twice").get()
        assert (answer.status, answer.body) == (200, TEXT)
        assert answer.get("content-encoding") is None
        assert answer.get("content-length") is None

    def test_582_02_by_an_outbound_worker(self, tenant, packed):
        door = tenant.deploy(worker("""
            local r = fetch(request)
            local h = Headers.new(r.headers)
            h:set("x-seen", (r.headers:get("content-encoding") or "none") .. " "
                .. (request.headers:get("accept-encoding") or "none"))
            return Response.new(r.body, {headers = h})"""), ns=None)
        ns = tenant.namespace("--outbound", door.name)
        answer = tenant.deploy(worker(
            f'return fetch("{packed.url}/packed/gzip", {{decompress = true}})'),
                               ns=ns).get()
        assert answer.body == TEXT
        assert answer.get("x-seen") == "gzip gzip, deflate"

    def test_582_03_as_a_request_body(self, tenant, packed, origin):
        made = tenant.deploy(worker(
            f'local r = fetch("{packed.url}/packed/gzip", {{decompress=true}}) '
            f'return fetch("{origin.url}/count", {{method = "POST", '
            'body = r.body})'))
        assert made.get().json["bytes"] == len(TEXT)

    def test_582_04_wait_until(self, tenant, packed, origin):
        made = tenant.deploy(worker(f"""
            ctx:waitUntil(function() fetch("{origin.url}/count?later", {{
                method = "POST", body = fetch("{packed.url}/packed/gzip",
                    {{decompress = true}}):text() }}) end)
            return fetch("{packed.url}/packed/raw", {{decompress = true}})"""))
        assert made.get().body == TEXT
        # another request of the same isolate
        assert made.get().body == TEXT

    def test_582_05_pooled_isolate_after_it(self, tenant, packed, httpd):
        made = self.deploy(tenant, packed.url + "/packed/gzip")
        records = Records(httpd)
        for _ in range(5):
            assert made.get().body == TEXT
        one = records.of(made.name)
        assert one["outcome"] == "ok" and one["cpuTimeUs"] > 0


class TestBombs:
    """Much out of little: ends by a limit, or streams."""

    @pytest.mark.parametrize("path", ["bomb", "bomb-cut"])
    def test_583_01_read_as_a_whole(self, tenant, bad, httpd, path):
        made = tenant.deploy(script("eval.lua"), "--limit", "cpu_ms=20000")
        text = (f'return fetch("http://127.0.0.1:{bad.port}/{path}/'
                f'{200 * MB}", {{decompress = true}}):text()').encode()
        made.post(b"return 1")
        with Watch(httpd) as watch:
            answer = made.post(text)
        assert answer.json["error"]["code"] == "body_too_large"
        assert watch.growth < 64 * MB
        assert made.post(b"return 1").json["values"] == [1]

    def test_583_02_streams_through(self, tenant, bad, httpd):
        made = tenant.deploy(worker(
            f'return fetch("http://127.0.0.1:{bad.port}/bomb/{400 * MB}", '
            "{decompress = true})"), "--limit", "cpu_ms=20000")
        with Watch(httpd) as watch:
            conn = made.client.connection()
            conn.request("GET", made.path + "/")
            answer, size = conn.getresponse(), 0
            while part := answer.read(MB):
                size += len(part)
                assert not part.strip(b"\0")
            conn.close()
        assert size == 400 * MB
        assert watch.growth < 16 * MB

    def test_583_03_is_the_workers_cpu_time(self, tenant, bad, httpd):
        """Passed on, no code of the Worker runs; its limit ends it."""
        records = Records(httpd)
        made = tenant.deploy(worker(
            f'return fetch("http://127.0.0.1:{bad.port}/bomb/{400 * MB}", '
            "{decompress = true})"), "--limit", "cpu_ms=50")
        with pytest.raises((http.client.IncompleteRead, OSError)):
            made.get()
        one = records.of(made.name)
        assert one["outcome"] == "exceededCpu"
        assert one["kill"]["limit"] == "cpu_ms"
        assert 50 <= one["cpuTime"] < 150

    def test_583_04_in_the_workers_loop(self, tenant, bad):
        made = tenant.deploy(worker(f"""
            local body = fetch("http://127.0.0.1:{bad.port}/bomb/{400 * MB}",
                {{decompress = true}}).body
            pcall(function() while body:read() do end end)
            return Response.new("went on")"""), "--limit", "cpu_ms=50")
        answer = made.get()
        assert (answer.status, answer.error) == (503, "cpu_limit")

    def test_583_05_its_caller_is_told(self, tenant, bad):
        made = tenant.deploy(worker(
            f'return fetch("http://127.0.0.1:{bad.port}/bomb/{400 * MB}", '
            "{decompress = true})"), "--limit", "cpu_ms=50", ns="demo")
        front = tenant.deploy(worker(f"""
            local r = env.USERS:get("{made.name}"):fetch(request)
            local n, ok, err = 0
            ok, err = pcall(function()
                for part in r.body:chunks() do n = n + #part end
            end)
            return Response.json({{ok = ok, code = err.code, limit = err.limit,
                worker = err.worker, some = n > 0}})"""),
                              "--binding", "dispatch_namespace:USERS=demo")
        assert json.loads(front.get().body) == {
            "ok": False, "code": "cpu_limit", "limit": "cpu_ms",
            "worker": made.name, "some": True}
