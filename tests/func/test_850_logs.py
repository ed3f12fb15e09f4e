# SPDX-License-Identifier: Apache-2.0
"""WfpLog: one line an invocation, whatever a tenant logs, whatever becomes of
the log, of the command that reads it, and of the children that write it."""

import http.client
import json
import threading
import time

import pytest

from wfptest import prometheus
from wfptest.client import Client
from wfptest.lua import says, worker
from wfptest.process import kill_now
from wfptest.records import Records
from wfptest.wait import until

METRICS = ['<Location "/metrics">', "SetHandler wfp-metrics", "</Location>"]


def figure(client, name):
    return prometheus.read(client.get("/metrics")).get((name,), 0)


@pytest.mark.one_mpm
class TestHostile:
    """What a tenant says is text in its own record and nowhere else."""

    @pytest.fixture(autouse=True)
    def _conf(self, httpd):
        httpd.configure([Records.LINE])

    @pytest.mark.parametrize("lua,message", [
        (r'"a\nb\r\n{\"requestId\":\"x\"}"', 'a\nb\r\n{"requestId":"x"}'),
        (r'"\27[2J\8\7\127"', "\x1b[2J\b\x07\x7f"),
        (r'"a\0b"', "a b"),
        (r'"\xff\xc0\xaf\xed\xa0\x80"', "\ufffd" * 6),
        (r'"\xe2\x82"', "\ufffd\ufffd"),
        (r'"\u{2028}\u{2029}\u{feff}\u{1f600}"', "\u2028\u2029\ufeff\U0001f600"),
        (r'"\\ \" / </script>"', '\\ " / </script>'),
        (r'("x"):rep(3000)', "x" * 3000),
        ('""', ""),
    ])
    def test_850_01_lines(self, httpd, tenant, lua, message):
        records = Records(httpd)
        made = tenant.deploy(worker(
            f'console.warn({lua}) return Response.new("ok")'))
        assert made.get().text == "ok"
        log, = records.of(made.name)["logs"]
        assert (log["level"], log["message"]) == ("warn", [message])

    def test_850_02_errors(self, httpd, tenant):
        records = Records(httpd)
        made = tenant.deploy(worker(r'error("\n{}\1\xff</script>", 0)'))
        assert made.get().status == 500
        error, = records.of(made.name)["exceptions"]
        assert error["message"] == "\n{}\x01\ufffd</script>"

    def test_850_03_address(self, httpd, tenant, client):
        records = Records(httpd)
        made = tenant.deploy(says('"ok"'))
        client.get(made.path + '/%00%0a%ff?"<script>\\')
        url = records.of(made.name)["event"]["request"]["url"]
        assert url.endswith('/%00%0a%ff?"<script>\\'), url

    def test_850_04_more_than_a_record_takes(self, httpd, tenant):
        records = Records(httpd)
        made = tenant.deploy(worker(r"""
            for i = 1, 900 do console.log(("\1"):rep(1000)) end
            return Response.new("ok")"""), "--limit", "log_kb=1024",
            "--limit", "cpu_ms=1000", "--limit", "instructions=1000000000")
        assert made.get().text == "ok"
        record = records.of(made.name)
        assert record["truncated"] is True and record["outcome"] == "ok"
        assert 10 < len(record["logs"]) < 100
        assert {log["message"][0] for log in record["logs"]} == {"\x01" * 1000}

    def test_850_05_long_error(self, httpd, tenant):
        records = Records(httpd)
        made = tenant.deploy(worker('error(("e"):rep(1000000), 0)'))
        assert made.get().status == 500
        error, = records.of(made.name)["exceptions"]
        assert set(error["message"]) == {"e"}
        assert 100 < len(error["message"]) <= 16384

    @pytest.mark.parametrize("lua,rows", [
        ('local function inner() error("boom") end inner()',
         ["[C]: in function 'error'", "worker.lua:3: in local 'inner'"]),
        ("local x = nil + 1", []),
        ("parallel(function() local x = nil + 1 end)",
         ["worker.lua:3: in function <worker.lua:3>",
          "[C]: in function 'parallel'"]),
        (r'local t = { ["a\n\1\xff"] = error } t["a\n\1\xff"]("x")',
         ["[C]: in field 'a??\ufffd'"]),
    ])
    def test_850_06_stack(self, httpd, tenant, lua, rows):
        records = Records(httpd)
        made = tenant.deploy(worker(lua))
        answer = made.get()
        assert answer.status == 500 and "worker.lua" not in answer.text
        error, = records.of(made.name)["exceptions"]
        assert error["stack"].split("\n\t") == [
            "stack traceback:", *rows,
            "worker.lua:3: in function <worker.lua:2>"]
        assert str(httpd.root) not in error["stack"]


    @pytest.mark.parametrize("lua,name,message", [
        ('Headers.new({ ["a b"] = "x" })', "TypeError", None),
        ('fetch(("x"):rep(10))', "TypeError", None),
        ('error("text")', "Error", "worker.lua:3: text"),
        ('local ok, e = pcall(Headers.new, { ["a b"] = "x" }) '
         'e.name = ("N"):rep(100000) e.message = "mine" error(e)',
         "N" * 64, "mine"),
        ('local ok, e = pcall(Headers.new, { ["a b"] = "x" }) '
         'e.name = {} error(e)', "Error", None),
    ])
    def test_850_07_class(self, httpd, tenant, lua, name, message):
        records = Records(httpd)
        made = tenant.deploy(worker(lua))
        assert made.get().status == 500
        error, = records.of(made.name)["exceptions"]
        assert error["name"] == name
        assert message is None or error["message"] == message

    def test_850_08_version(self, httpd, tenant):
        """What its records say of the version, and no other's."""
        records = Records(httpd)
        said = 'first "of"\ttwo'
        made = tenant.deploy(says('"ok"'), "--message", said)
        assert made.get().text == "ok"
        version = records.of(made.name)["scriptVersion"]
        assert len(version.pop("id")) == 36
        assert version == {"message": said}
        made = tenant.deploy(says('"second"'), name=made.name)
        until(lambda: made.get().text == "second", "the second")
        until(lambda: list(records.all()[-1]["scriptVersion"]) == ["id"],
              "its record")

    @pytest.mark.parametrize("fields", [
        [],
        [("X-Twice", "a"), ("Cookie", "of=mine"), ("x-twice", "b")],
        [("x-raw", b'\x80\xff"\\\t'), ("x-empty", "")],
        [(f"x-{i}", "v") for i in range(29)],
        [(f"x-{i}", "v") for i in range(40)],
        [("x-same", str(i)) for i in range(29)],
        [("x-long", "v" * 3000)],
        [("x-long", "v" * 4050)],
        [("x-long", "v" * 7000), ("Authorization", "Bearer mine")],
    ], ids=["none", "twice", "raw", "29", "40", "same", "3000", "4050", "7000"])
    def test_850_09_either_way(self, httpd, tenant, client, fields):
        """A request of which there is nothing else to tell has the record of
        one of which there is."""
        records = Records(httpd)
        quiet = tenant.deploy(says('"ok"'))
        loud = tenant.deploy(worker('console.log("x") return Response.new("ok")'))
        for made in quiet, loud:
            assert client.get(made.path + "?q=1", headers=fields).text == "ok"
        one, other = records.of(quiet.name), records.of(loud.name)
        assert list(one) == list(other)
        assert one["logs"] == [] and len(other["logs"]) == 1
        for member in "outcome", "truncated", "exceptions", "subrequests":
            assert one[member] == other[member]
        one, other = one["event"], other["event"]
        for event, made in (one, quiet), (other, loud):
            assert event["request"].pop("url").endswith(made.path + "?q=1")
        assert one == other and one["response"] == {"status": 200}
        told = one["request"]["headers"]
        assert {name.lower() for name, _ in fields} < set(told)
        assert "mine" not in str(one)


class Load(threading.Thread):
    """Asks without end; counts what was answered."""

    def __init__(self, port, path):
        super().__init__()
        self.client, self.path = Client(port), path
        self.done, self.answered, self.count = threading.Event(), [], 0

    def run(self):
        while not self.done.is_set():
            self.count += 1
            name = f"{self.ident}-{self.count}"
            try:
                answer = self.client.get(f"{self.path}?{name}")
            except (OSError, http.client.HTTPException):
                continue  # its child was killed
            if answer.status == 200:
                self.answered.append(name)


def asked(records):
    """The queries of the requests that have a record."""
    return [r["event"]["request"]["url"].rpartition("?")[2]
            for r in records.all()]


class TestNothingIsLost:
    def load(self, httpd, path, meanwhile):
        threads = [Load(httpd.port, path) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            until(lambda: all(len(t.answered) > 20 for t in threads), "load")
            meanwhile()
            count = [len(t.answered) for t in threads]
            until(lambda: all(len(t.answered) > n + 20
                              for t, n in zip(threads, count)), "more load")
        finally:
            for thread in threads:
                thread.done.set()
            for thread in threads:
                thread.join()
        return [i for t in threads for i in t.answered]

    def test_851_01_over_a_graceful_restart(self, httpd, tenant):
        httpd.configure([Records.LINE])
        made = tenant.deploy(says('"ok"'))
        records = Records(httpd)
        ids = self.load(httpd, made.path + "/", httpd.graceful)
        httpd.stop()
        got = asked(records)
        assert len(got) == len(set(got)) and set(ids) <= set(got)

    def test_851_02_children_are_killed(self, httpd, tenant):
        """What a killed child had not written, another one writes: at most the
        record of a request under way is lost."""
        httpd.configure([Records.LINE])
        made = tenant.deploy(says('"ok"'))
        records = Records(httpd)

        def kill():
            for _ in range(3):
                for pid in httpd.children():
                    kill_now(pid)
                time.sleep(0.3)
                until(lambda: made.get().status == 200, "a new child")

        ids = self.load(httpd, made.path + "/", kill)
        httpd.stop()
        got = asked(records)
        assert len(set(ids) - set(got)) <= 12, len(ids)
        assert len(ids) > 80


@pytest.mark.one_mpm
class TestLogsThatFail:
    def test_852_01_full_disk(self, httpd, client, tenant):
        httpd.log.expect("WFP0503")
        httpd.configure([*METRICS, "WfpLog /dev/full"])
        made = tenant.deploy(says('"ok"'))
        for _ in range(20):
            assert made.get().text == "ok"
        until(lambda: figure(client, "wfp_records_unwritten_total") > 0,
              "a failure")
        httpd.log.wait_for("WFP0503")
        assert made.get().text == "ok"

    def test_852_02_a_command_that_does_not_read(self, httpd, client, tenant):
        """Requests do not wait, nor does the end."""
        httpd.log.expect("WFP0503")
        httpd.configure([*METRICS, 'WfpLog "|/bin/sleep 1000"'])
        made = tenant.deploy(worker("""
            for i = 1, 100 do console.log(("x"):rep(1000)) end
            return Response.new("ok")"""))
        for _ in range(200):
            assert made.get().text == "ok"
        until(lambda: figure(client, "wfp_records_unwritten_total") > 0,
              "records are given up")
        assert made.get().text == "ok"
        httpd.stop()

    def test_852_03_a_command_that_ends(self, httpd, tenant):
        """httpd starts it again."""
        out = httpd.root / "logs/piped_852"
        out.unlink(missing_ok=True)
        httpd.configure([f'WfpLog "|/bin/sh -c \'head -n 1 >> {out}\'"'])
        made = tenant.deploy(says('"ok"'))

        def lines():
            assert made.get().text == "ok"
            return out.exists() and len(out.read_text().splitlines()) > 2
        until(lines, "a line of the third one")

    def test_852_04_two_virtual_hosts(self, httpd, client, tenant):
        one, two = httpd.root / "logs/one_852", httpd.root / "logs/two_852"
        for path in (one, two):
            path.unlink(missing_ok=True)
        made = tenant.deploy(says('"ok"'))
        httpd.configure([f"WfpLog {one}", "<VirtualHost *>", "ServerName one",
                         "</VirtualHost>", "<VirtualHost *>",
                         "ServerName other", f"WfpLog {two}",
                         "</VirtualHost>"])
        for n, host in enumerate(("one", "other", "one", "other", "other")):
            assert client.get(f"{made.path}/{n}", host=host).text == "ok"
        until(lambda: two.exists() and two.read_text().count("\n") == 3
              and one.read_text().count("\n") == 2, "the lines")
        assert [json.loads(line)["event"]["request"]["url"][-1]
                for line in two.read_text().splitlines()] == ["1", "3", "4"]
