# SPDX-License-Identifier: Apache-2.0
"""HTMLRewriter in the running server: large pages, errors before and after the
first byte, limits inside handlers."""

import hashlib
import http.client
import socket
import time

import pytest

from wfptest.lua import worker
from wfptest.origin import ROW
from wfptest.records import Records
from wfptest.wait import until
from wfptest.watch import Watch

MB = 1024 * 1024
PLENTY = ("--limit", "instructions=1000000000000", "--limit", "cpu_ms=30000")
TOP = 'local R = HTMLRewriter.new()'


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure([Records.LINE, "WfpCoolDown off"])


@pytest.fixture
def rewrite(tenant):
    """Deploy a Worker that sets up R and answers R:transform(RESPONSE)."""
    def make(setup, response, *options):
        return tenant.deploy(
            worker(f"return R:transform({response})", f"{TOP}\n{setup}"),
            *options)
    return make


MARK = "R:on('b', {element=function(e) e:before('!') end})"


@pytest.mark.one_mpm
class TestPages:
    """Where the page comes from does not matter."""

    def test_388_41_a_fetched_page(self, rewrite, origin):
        answer = rewrite(MARK, f'fetch("{origin.url}/page/3")').get()
        assert answer.body == ROW.replace(b"<b>", b"!<b>") * 3
        assert answer.get("content-type") == "text/html"
        assert answer.get("content-length") is None

    def test_388_42_strings_and_functions(self, rewrite):
        assert rewrite(MARK, 'Response.new("x<b>")').get().text == "x!<b>"
        answer = rewrite(
            MARK + "\nlocal n = 0", "Response.new(function() n = n + 1 "
            "return ({'x', '<', 'b', '>y'})[n] end)").get()
        assert answer.text == "x!<b>y"
        large = rewrite(MARK, "Response.new(('<b></b>'):rep(200000))", *PLENTY)
        assert large.get().text == "!<b></b>" * 200000

    def test_388_43_no_body(self, rewrite, origin, client):
        made = rewrite(MARK, f'fetch("{origin.url}/page/3", request)')
        answer = made.request("HEAD")
        assert (answer.status, answer.body) == (200, b"")
        assert answer.get("content-length") is None
        assert rewrite(MARK, "Response.new(nil, {status=304})"
                       ).get().status == 304

    def test_388_44_a_callees_page(self, tenant, rewrite):
        user = tenant.deploy(worker(
            "local n = 0 return Response.new(function() n = n + 1 "
            "if n < 100 then return '<i>' .. n .. '</i>' end end)"))
        answer = rewrite(
            "R:on('i', {element=function(e) e:removeAndKeepContent() end})",
            f'env.D:get("{user.name}"):fetch(request)',
            "--binding", "dispatch_namespace:D=demo").get()
        assert answer.text == "".join(map(str, range(1, 100)))

    def test_388_45_a_compressed_page_is_refused(self, rewrite, records):
        made = rewrite(MARK, "Response.new('x', {headers={"
                       "['content-encoding']='br'}})")
        assert made.get().error == "exception"
        assert "content-encoding br" in \
            records.of(made.name)["exceptions"][0]["message"]

    def test_388_46_handlers_fetch(self, rewrite, origin):
        answer = rewrite(
            "R:on('esi', {element=function(e)\n"
            f'e:replace(fetch("{origin.url}/status/201").status) end}})',
            "Response.new('<p><esi></esi></p>')").get()
        assert answer.text == "<p>201</p>"

    def test_388_47_beside_each_other(self, tenant, origin):
        """Transforms in tasks, and tasks in a handler."""
        answer = tenant.deploy(worker(f"""
            local function page()
                return R:transform(fetch("{origin.url}/page/50")):text()
            end
            local a, b, c = parallel(page, page, page)
            return Response.new(a == b and b == c and a or "different")""",
                                      f"{TOP}\n{MARK}")).get()
        assert answer.body == ROW.replace(b"<b>", b"!<b>") * 50
        answer = tenant.deploy(worker(f"""
            local function meet()
                return fetch("{origin.url}/meet/3"):text()
            end
            R:on("b", {{ element = function(el)
                el:append(table.concat({{ parallel(meet, meet, meet) }}))
            end }})
            return R:transform(Response.new("<b></b>"))""", TOP)).get()
        assert answer.text == "<b>metmetmet</b>"


class TestLarge:
    """100 MB through a Worker that rewrites and a dispatcher that does, too."""

    ROWS = MB

    @pytest.fixture(autouse=True)
    def _event(self, httpd):
        if httpd.mpm != "event":
            pytest.skip("the MPM does not matter")

    def test_388_50_memory_is_bounded(self, tenant, rewrite, origin, httpd,
                                      client):
        user = rewrite(
            "local n = 0\nR:on('b', {element=function(e) n = n + 1\n"
            "if n % 100 == 0 then e:before('!') end end})",
            f'fetch("{origin.url}/page/{self.ROWS}")', *PLENTY)
        front = rewrite(
            "R:onDocument{['end']=function(e) e:append('end') end}",
            f'env.D:get("{user.name}"):fetch(request)',
            "--binding", "dispatch_namespace:D=demo", *PLENTY)
        want = hashlib.sha256()
        block = ROW * 99 + ROW.replace(b"<b>", b"!<b>")
        for _ in range(self.ROWS // 100):
            want.update(block)
        want.update(ROW * (self.ROWS % 100) + b"end")
        got = hashlib.sha256()
        with Watch(httpd) as watch:
            conn = client.connection()
            conn.request("GET", front.path + "/")
            answer = conn.getresponse()
            assert answer.status == 200
            while part := answer.read(MB):
                got.update(part)
            conn.close()
        assert got.digest() == want.digest()
        assert watch.growth < 12 * MB

    def test_388_51_a_slow_reader_holds_the_origin(self, rewrite, origin,
                                                   httpd, client):
        made = rewrite(MARK, f'fetch("{origin.url}/page/{self.ROWS}")',
                       *PLENTY)
        with Watch(httpd) as watch:
            sock = socket.create_connection(("127.0.0.1", client.port), 30)
            sock.sendall(f"GET {made.path}/ HTTP/1.1\r\nHost: x\r\n\r\n"
                         .encode())
            time.sleep(1)
        assert watch.growth < 12 * MB
        sock.close()


class TestErrors:
    """Before the first byte a 500, afterwards the connection breaks off."""

    FAILS = "R:on('fail', {element=function() error('no') end})"

    def test_388_60_before_the_first_byte(self, rewrite):
        made = rewrite(self.FAILS, "Response.new('x<fail>')")
        answer = made.get()
        assert (answer.status, answer.error) == (500, "exception")

    def test_388_61_after_the_first_byte(self, rewrite):
        made = rewrite(self.FAILS,
                       "Response.new(('x'):rep(100000) .. '<fail>')")
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            made.get()

    def test_388_62_an_origin_that_breaks_off(self, rewrite, origin):
        made = rewrite(MARK, f'fetch("{origin.url}/broken/chunk")')
        try:
            assert made.get().status == 500
        except (http.client.IncompleteRead, ConnectionError):
            pass

    def test_388_63_a_page_that_is_ambiguous(self, rewrite):
        assert rewrite(MARK, "Response.new('<select><style>')"
                       ).get().error == "exception"

    @pytest.mark.parametrize("code, limit", [
        ("while true do end", "cpu_limit"),
        ("while true do pcall(function() while true do end end) end",
         "cpu_limit"),
        ("local t = {} while true do t[#t + 1] = ('x'):rep(10000) end",
         "memory_limit"),
        ("while true do e:after('0123456789'):setAttribute('a', ('x'):rep("
         "1000)) end", "cpu_limit"),
    ])
    def test_388_64_limits_in_handlers(self, rewrite, code, limit):
        setup = f"R:on('b', {{element=function(e) {code} end}})"
        options = ("--limit", "cpu_ms=100", "--limit",
                   "instructions=1000000000000")
        made = rewrite(setup, "Response.new('x<b>')", *options)
        answer = made.get()
        assert (answer.status, answer.error) in (
            (503, limit), (503, "memory_limit"))
        made = rewrite(setup, "Response.new(('x'):rep(100000) .. '<b>')",
                       *options)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            made.get()

    def test_388_65_the_dispatcher_catches_a_callees_end(self, tenant,
                                                         rewrite):
        user = rewrite("R:on('b', {element=function() while true do end end})",
                       "Response.new('x<b>')", "--limit", "cpu_ms=50")
        front = tenant.deploy(worker(f"""
            local r = env.D:get("{user.name}"):fetch(request)
            local ok, e = pcall(function() return r:text() end)
            return Response.new(tostring(e.code))"""),
                              "--binding", "dispatch_namespace:D=demo")
        assert front.get().text in ("cpu_limit", "instruction_limit")

    def test_388_66_a_client_that_goes_away(self, rewrite, origin, client,
                                            records):
        made = rewrite(
            "R:on('b', {element=function(e) scheduler.wait(20) end})",
            f'fetch("{origin.url}/page/100000")', *PLENTY)
        sock = socket.create_connection(("127.0.0.1", client.port), 30)
        sock.sendall(f"GET {made.path}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert sock.recv(100)
        sock.close()
        record = until(lambda: records.of(made.name), "its end")
        assert record["outcome"] == "canceled"
