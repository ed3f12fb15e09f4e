# SPDX-License-Identifier: Apache-2.0
"""Origins that speak HTTP/2 over TLS, frame by frame."""

import threading

import pytest

from wfptest.badorigin import Authority
from wfptest.client import Client
from wfptest.h2origin import H2Origin
from wfptest.lua import script, worker
from wfptest.tenant import Tenant
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

NO_ERROR, INTERNAL, REFUSED, CANCEL, CALM = 0, 2, 7, 8, 11
MB = 1024 * 1024


class Plays:
    """What the origin does, by the first part of the path."""

    def __init__(self):
        self.crowd = threading.Condition()
        self.inside = self.most = 0
        self.opened, self.released = threading.Event(), threading.Event()
        self.seen = {}
        self.done = {name.replace("_", "-"): getattr(self, name)
                     for name, what in vars(Plays).items() if callable(what)}

    def first(self, stream):
        """Is it the first time that this path comes?"""
        with self.crowd:
            self.seen[stream.path] = self.seen.get(stream.path, 0) + 1
            return self.seen[stream.path] == 1

    def echo(self, stream):
        stream.until_ended()
        stream.whole(stream.body)

    def which(self, stream):
        """The connection."""
        number = stream.conn.origin.connections.index(stream.conn)
        stream.whole(str(number).encode())

    def hints(self, stream):
        stream.answer(103, [("link", "</a>")])
        stream.answer(103, [("link", "</b>")])
        stream.whole(b"final")

    def hints_101(self, stream):
        for _ in range(101):
            stream.answer(103, [("link", "</a>")])
        stream.whole(b"final")

    def go_on(self, stream):
        stream.answer(100)
        self.echo(stream)

    def switching(self, stream):
        stream.answer(101)
        stream.whole(b"hello")

    def rst_first(self, stream):
        stream.rst(INTERNAL)

    def rst_after_head(self, stream):
        stream.answer(200)
        stream.rst(INTERNAL)

    def rst_in_body(self, stream):
        stream.answer(200, [("content-length", "5000")])
        stream.data(b"x" * 1000)
        stream.rst(CANCEL)

    def cut(self, stream):
        stream.answer(200)
        stream.data(b"x" * 1000)
        stream.conn.close()

    def refused_once(self, stream):
        if self.first(stream):
            stream.rst(REFUSED)
        else:
            self.echo(stream)

    def refused(self, stream):
        stream.rst(REFUSED)

    def calm(self, stream):
        stream.rst(CALM)

    def last(self, stream):
        """Answered after the connection takes no more."""
        stream.conn.goaway(stream.number)
        self.echo(stream)

    def not_taken(self, stream):
        """The first time the connection had ended before this stream."""
        if self.first(stream):
            stream.conn.goaway(stream.number - 2)
        else:
            self.echo(stream)

    def taken(self, stream):
        """The first time it was taken, and then the connection ends."""
        if self.first(stream):
            stream.until_ended()
            stream.conn.goaway(stream.number)
            stream.conn.close()
        else:
            self.echo(stream)

    def early(self, stream):
        """An answer before the body has come, which is taken to its end."""
        stream.whole(b"early")
        stream.until_ended()

    def early_rst(self, stream):
        stream.whole(b"early")
        stream.rst(NO_ERROR)

    def too_large(self, stream):
        stream.until(lambda s: len(s.body) > 100000 or s.ended)
        stream.whole(b"too much", 413)
        stream.rst(NO_ERROR)

    def too_large_goes_on(self, stream):
        stream.until(lambda s: len(s.body) > 100000 or s.ended)
        stream.whole(b"too much", 413)
        stream.until_ended()

    def window_late(self, stream):
        """Takes nothing for a while; then all, in small steps."""
        with stream.conn.lock:
            stream.takes = False
            stream.take()
        stream.until(lambda s: s.unacknowledged > 30000 or s.ended)
        threading.Event().wait(0.2)
        while not stream.ended and stream.reset is None:
            stream.until(lambda s: s.unacknowledged or s.ended
                         or s.reset is not None)
            with stream.conn.lock:
                stream.take(min(stream.unacknowledged, 20000))
        stream.whole(str(len(stream.body)).encode())

    def window_never(self, stream):
        with stream.conn.lock:
            stream.takes = False
        stream.until_ended()

    def padded(self, stream):
        stream.answer(200)
        for _ in range(50):
            stream.data(b"p" * 100, pad=200)
        stream.data(b"p" * 100, end=True, pad=0)

    def long(self, stream):
        stream.answer(200)
        stream.data(b"l" * (4 * MB), end=True)

    def trailers(self, stream):
        stream.answer(200)
        stream.data(b"hello")
        with stream.conn.locked() as h2c:
            h2c.send_headers(stream.number, [("x-t", "1")], end_stream=True)

    def length_short(self, stream):
        stream.answer(200, [("content-length", "3")])
        stream.data(b"hello", end=True)

    def length_long(self, stream):
        stream.answer(200, [("content-length", "30")])
        stream.data(b"hello", end=True)

    def length_twice(self, stream):
        stream.answer(200, [("content-length", "5"), ("content-length", "3")])
        stream.data(b"hello", end=True)

    def coding(self, stream):
        stream.answer(200, [("transfer-encoding", "chunked")])
        stream.data(b"5\r\nhello\r\n0\r\n\r\n", end=True)

    def connection(self, stream):
        stream.answer(200, [("connection", "close"), ("x-a", "a")])
        stream.data(b"hello", end=True)

    def crlf(self, stream):
        stream.answer(200, [("x-a", "a\r\nx-b: b")])
        stream.data(b"hello", end=True)

    def head_50k(self, stream):
        stream.whole(b"hello", fields=[(f"x-{n}", "v" * 1000)
                                       for n in range(50)])

    def head_200k(self, stream):
        stream.whole(b"hello", fields=[(f"x-{n}", "v" * 1000)
                                       for n in range(200)])

    def head_many(self, stream):
        stream.whole(b"hello", fields=[("x-a", str(n)) for n in range(5000)])

    def status_99(self, stream):
        stream.answer(99)
        stream.data(b"hello", end=True)

    def status_1000(self, stream):
        stream.answer(1000)
        stream.data(b"hello", end=True)

    def status_text(self, stream):
        stream.answer("two")
        stream.data(b"hello", end=True)

    def silent(self, stream):
        stream.until_ended()
        stream.until(lambda s: s.reset is not None)

    def silent_body(self, stream):
        stream.answer(200)
        stream.data(b"hello")
        stream.until(lambda s: s.reset is not None)

    def crowded(self, stream):
        """Counts how many are in here; nobody leaves before six came."""
        with self.crowd:
            self.inside += 1
            self.most = max(self.most, self.inside)
            if self.inside >= 6:
                self.opened.set()
        self.opened.wait(60)
        with self.crowd:
            self.inside -= 1
        stream.whole(b"in")

    def two(self, stream):
        """Takes two streams of a connection at a time."""
        with self.crowd:
            inside = self.seen[stream.conn] = self.seen.get(stream.conn, 0) + 1
        if inside > 2:
            stream.rst(REFUSED)
        else:
            self.echo(stream)
        with self.crowd:
            self.seen[stream.conn] -= 1

    def held(self, stream):
        self.released.wait(60)
        stream.whole(b"held")


class World:
    def __init__(self, httpd):
        self.ca = Authority(httpd.root / "ca")
        self.plays = Plays()
        self.h2 = H2Origin(self.ca.context("localhost"), self.plays.done)
        self.lines = [
            f"WfpEgressCA {self.ca.cert}",
            f"WfpEgressAllow localhost:{self.h2.port}",
            # the first is that of requests that name none
            *self.vhost(httpd, "patient.test", "WfpEgressTimeout 20s 25s"),
            *self.vhost(httpd, "idle.test", "WfpEgressTimeout 1s 25s 500ms"),
            *self.vhost(httpd, "late.test", "WfpEgressTimeout 20s 25s 5s"),
            *self.vhost(httpd, "deny.test",
                        f"WfpEgressDeny localhost:{self.h2.port}")]

    @staticmethod
    def vhost(httpd, name, line):
        return [f"<VirtualHost 127.0.0.1:{httpd.port}>", f"ServerName {name}",
                line, "</VirtualHost>"]

    def stop(self):
        self.h2.stop()


@pytest.fixture(scope="module")
def evaluator(httpd, world):
    tenants = Tenant(httpd, Client(httpd.port))
    yield tenants.deploy(script("eval.lua"))
    tenants.remove_all()


@pytest.fixture
def run(evaluator, world):
    """run(text) -> list of values, or the error's code. Afterwards both ends
    agree that all was HTTP/2, and an origin serves on."""
    def call(text, **options):
        told = evaluator.post(
            f'local H2 = "{world.h2.url}/"\n{text}'.encode(), **options)
        assert told.status == 200, told
        again = evaluator.post(
            f'return fetch("{world.h2.url}/echo"):text()'.encode())
        assert again.json == {"values": [""]}
        assert world.h2.faults == []
        told = told.json
        return told["values"] if "values" in told else \
            told["error"].get("code", told["error"])
    return call


def get(path, init="nil"):
    return (f'local r = fetch(H2 .. "{path}", {init}) '
            "return r.status, r:text()")


PIECES = """
    local left = 40
    local function pieces()
        left = left - 1
        if left >= 0 then return ("u"):rep(50000) end
    end
    """


class TestAnswers:

    @pytest.mark.parametrize("path,told", [
        ("echo", [200, ""]), ("hints", [200, "final"]),
        ("padded", [200, "p" * 5100]), ("trailers", [200, "hello"]),
        ("head-50k", [200, "hello"])])
    def test_587_01_whole(self, run, path, told):
        assert run(get(path)) == told

    @pytest.mark.parametrize("path", [
        "rst-first", "rst-after-head", "rst-in-body", "cut",
        "calm", "refused", "length-short", "length-long", "length-twice",
        "coding", "connection", "crlf", "head-200k", "head-many", "status-99",
        "status-1000", "status-text", "switching", "hints-101"])
    def test_587_02_broken(self, run, path):
        assert run(get(path)) == "network_error"

    @pytest.mark.parametrize("path", ["silent", "silent-body"])
    def test_587_03_silent(self, run, world, path):
        before = len(world.h2.of(path))
        assert run(get(path), host="idle.test") == "timeout"
        mine = world.h2.of(path)[before]
        until(lambda: mine.reset is not None, "the stream to be reset")

    def test_587_04_long(self, run):
        assert run('return #fetch(H2 .. "long"):text()') == [4 * MB]

    def test_587_05_many_at_once(self, run, world):
        """On few connections, those that break off beside those that do not."""
        before = len(world.h2.connections)
        assert run("""
            local jobs = {}
            local paths = {"echo", "rst-in-body", "padded", "rst-first"}
            for i = 1, 32 do
                local path = paths[i % 4 + 1]
                jobs[i] = function()
                    local ok, r = pcall(function()
                        return fetch(H2 .. path):text() end)
                    return path:find("rst") and not ok and r.code ==
                        "network_error" or ok and #r or tostring(r)
                end
            end
            local sums = {}
            for _, v in ipairs({parallel(table.unpack(jobs))}) do
                v = tostring(v)
                sums[v] = (sums[v] or 0) + 1
            end
            return sums""") == [{"0": 8, "5100": 8, "true": 16}]
        assert len(world.h2.connections) - before <= 8

    def test_587_06_one_connection(self, run):
        told = run("local t = {} for i = 1, 10 do "
                   't[i] = fetch(H2 .. "which"):text() end '
                   "return table.unpack(t)")
        assert len(set(told)) == 1


class TestUploads:

    @pytest.mark.parametrize("body,size", [
        ('"hello"', 5), ('("x"):rep(1000000)', 1000000),
        ("pieces", 2000000)])
    def test_588_01_arrives(self, run, world, body, size):
        for path in ("echo", "go-on"):
            assert run(PIECES + f'return #fetch(H2 .. "{path}", {{'
                       f'method = "POST", body = {body}}}):text()') == [size]

    @pytest.mark.parametrize("path,body", [
        ("early", "early"), ("early-rst", "early")])
    def test_588_02_answer_before_the_body(self, run, path, body):
        assert run(PIECES + get(path, '{method = "POST", body = pieces}')) \
            == [200, body]

    @pytest.mark.parametrize("path", ["too-large", "too-large-goes-on"])
    def test_588_03_refused_on_the_way(self, run, path):
        assert run(PIECES + get(path, '{method = "POST", body = pieces}')) \
            == [413, "too much"]

    @pytest.mark.parametrize("path", ["rst-first", "cut", "calm"])
    def test_588_04_broken(self, run, path):
        assert run(PIECES + get(path, '{method = "POST", body = pieces}')) \
            == "network_error"

    def test_588_05_window_opens_late(self, run):
        assert run(PIECES + get("window-late", '{method = "POST", '
                                "body = pieces}"),
                   host="late.test") == [200, "2000000"]

    def test_588_06_window_never_opens(self, run, world):
        before = len(world.h2.of("window-never"))
        assert run(PIECES + get("window-never", '{method = "POST", '
                                "body = pieces}"),
                   host="idle.test") == "timeout"
        mine = world.h2.of("window-never")[before]
        until(lambda: mine.reset is not None, "the stream to be reset")

    def test_588_07_from_the_client(self, world, tenant):
        front = tenant.deploy(worker(
            f'return fetch("{world.h2.url}/echo", '
            '{method = "POST", body = request.body})'))
        answer = front.request("POST", body=(b"c" * 65536 for _ in range(64)))
        assert len(answer.body) == 64 * 65536


class TestRepeats:
    """What is sent again, and what is not."""

    @pytest.mark.parametrize("path,method", [
        ("refused-once", "GET"), ("refused-once", "POST"),
        ("not-taken", "GET"), ("not-taken", "PUT")])
    def test_589_01_never_begun(self, run, world, method, path):
        """The origin says that it did nothing: it is sent again."""
        path = f"{path}/{method}"
        assert run('fetch(H2 .. "echo"):text()\n'
                   + get(path, f'{{method = "{method}"}}')) == [200, ""]
        assert world.plays.seen[f"/{path}"] == 2

    @pytest.mark.parametrize("method,told,times", [
        ("GET", [200, ""], 2), ("PUT", [200, ""], 2),
        ("POST", "network_error", 1), ("PATCH", "network_error", 1)])
    def test_589_02_begun(self, run, world, method, told, times):
        """It may have done it: what must not be done twice is not sent again;
        the rest may be."""
        path = f"taken/{method}"
        got = run('fetch(H2 .. "echo"):text()\n'
                  + get(path, f'{{method = "{method}"}}'))
        if times == 1:
            assert got == told
            assert world.plays.seen[f"/{path}"] == 1
        else:
            assert got in (told, "network_error")
            assert world.plays.seen[f"/{path}"] <= 2

    def test_589_03_last_stream_of_a_connection(self, run, world):
        """It is answered; the next goes over another connection."""
        told = run('local a = fetch(H2 .. "which"):text() '
                   'local l = fetch(H2 .. "last"):text() '
                   'local b = fetch(H2 .. "which"):text() '
                   "return l, a, b")
        assert told[0] == "" and told[1] != told[2]

    def test_589_04_body_that_cannot_be_sent_again(self, run, world):
        told = run(PIECES + get("refused-once/body",
                                '{method = "POST", body = pieces}'))
        assert told in ("network_error", [200, "u" * 2000000])


class TestSharing:

    def test_590_01_six_at_a_time(self, run, world):
        world.plays.opened.clear()
        world.plays.most = 0
        assert run("""
            local jobs = {}
            for i = 1, 20 do
                jobs[i] = function() return fetch(H2 .. "crowded"):text() end
            end
            return table.concat({parallel(table.unpack(jobs))})""") == [
                "in" * 20]
        assert world.plays.most == 6

    def test_590_02_origin_that_takes_two(self, run, world):
        """Four at once: libcurl gives up a stream that is refused again and
        again."""
        assert run("""
            local jobs = {}
            for i = 1, 4 do
                jobs[i] = function() return fetch(H2 .. "two", {
                    method = "POST", body = "x" .. i}):text() end
            end
            return #table.concat({parallel(table.unpack(jobs))})""") == [8]

    def test_590_03_anothers_open_connection(self, run, world):
        """Streams of one who may are under way on it; who may not is refused
        and disturbs none of them."""
        world.plays.released.clear()
        told = []
        busy = threading.Thread(target=lambda: told.append(run("""
            local jobs = {}
            for i = 1, 6 do
                jobs[i] = function() return fetch(H2 .. "held"):text() end
            end
            return table.concat({parallel(table.unpack(jobs))})""")))
        before = len(world.h2.of("held"))
        busy.start()
        until(lambda: len(world.h2.of("held")) == before + 6, "six streams")
        for _ in range(10):
            assert run(get("which/denied"), host="deny.test") \
                == "egress_blocked"
        world.plays.released.set()
        busy.join()
        assert told == [["held" * 6]]
        assert not [s for s in world.h2.streams if s.path == "/which/denied"]
