# SPDX-License-Identifier: Apache-2.0
"""What clients and tenants send, through every place that shows it: each stays
one record, one event, one line, and has nothing in it that a reader would take
for something else."""

import json
import re
import socket

import pytest

from wfptest import prometheus
from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.lua import worker
from wfptest.records import Records
from wfptest.tails import Events, Socket
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

ACCESS = [r'LogFormat "%{wfp-worker}n %{wfp-namespace}n %{wfp-version}n '
          r'%{wfp-outcome}n %{wfp-cpu-us}n %{wfp-instructions}n '
          r'%{wfp-subrequests}n %{wfp-cold}n %{wfp-request-id}n %m \"%U\" '
          r'\"%{x-evil}i\"" notes',
          "CustomLog logs/notes_864 notes"]
DOORS = ['<Location "/metrics">', "SetHandler wfp-metrics", "</Location>",
         '<Location "/server-status">', "SetHandler server-status",
         "</Location>"]
CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")

# each a request: (method, path behind the Worker's, headers as they are sent)
ASKED = [
    (b"GET", b"/%00%0a%0d%1b[2J%7f", b""),
    (b"GET", b"/'\"<script>&\\u0000\xff\xc3(\xe2\x80\xa8?a=\"}],\"x\":[{", b""),
    (b"GET", b"/" + b"a" * 7000, b""),
    (b"!#$%&'*+-.^_`|~", b"/m", b""),
    (b"M" * 200, b"/m", b""),
    (b"GET", b"/h", b"X-Evil: \xff\xfe\x80\"}],\\u0000</script>\r\n"),
    (b"GET", b"/h", b"X-Evil: " + b"v" * 6000 + b"\r\n"),
    (b"GET", b"/h", b"!#$%&'*+-.^_`|~: odd\r\nX-Evil: 1\r\nx-evil: 2\r\n"),
    (b"GET", b"/h", b"Cookie: secret-864\r\nX-Api-Key: secret-864\r\n"
     b"AUTHORIZATION: secret-864\r\n"),
    (b"GET", b"/id/0123456789abcdef0123456789abcdef", b""),
]
# each a run: what it does
DONE = [
    r'console.log("a\nb\r\n{\"requestId\":\"x\"}\ndata: x\n\nevent: end\n\n")',
    r'console.error("\27[2J\27]0;x\7\8\127\0\1\31")',
    r'console.warn("\xff\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82")',
    r'console.log("\u{2028}\u{2029}\u{feff}\u{202e}", ("x"):rep(1000000))',
    r'console.log(setmetatable({ a = 1 }, { __tostring = error, __index = error,'
    r' __pairs = error, __len = error, __name = "\27\n" }))',
    r'local t = {} t.t = t console.log(t, print, coroutine.create(print), 1/0)',
    r'error("\n{}\1\xff</script>\27[2J\0tail", 0)',
    r'error(setmetatable({ code = "cpu_limit", name = "x\n", message = "\27" },'
    r' { __tostring = function() return "\nfake: \27[2J\0\xff" end }))',
    r'error(setmetatable({}, { __tostring = function() error("\n") end,'
    r' __index = function() error("\27") end }))',
    r'local t = {} for i = 1, 100 do t = { t, message = t } end error(t)',
    r'error(("e\n"):rep(300000), 0)',
    r'error(nil)', r'error(0/0)', r'error(error)',
    r'return Response.new("x", { headers = { ["x-a"] = "\xff\xfe" } })',
    r'return Response.new("x", { statusText = "\xe2\x82 odd" })',
    r'return "\27[2J"',
]
TAGS = ["plain", "quote\"d", "<script>", "back\\slash", "\u2028sep", "a=b:c d", "\x1b[2J\n"]


def raw(port, method, path, headers):
    """A request as bytes; its answer's status."""
    with socket.create_connection(("127.0.0.1", port), 30) as sock:
        sock.sendall(method + b" " + path + b" HTTP/1.1\r\nHost: x\r\n" + headers
                     + b"Connection: close\r\n\r\n")
        said = b""
        while more := sock.recv(65536):
            said += more
    return int(said.split(b" ", 2)[1])


class Sinks:
    """All of them, open."""

    def __init__(self, httpd, api, made):
        self.httpd, self.made, self.api = httpd, made, api
        self.file = Records(httpd)
        self.piped = httpd.root / "logs/piped_864"
        self.notes = httpd.root / "logs/notes_864"
        self.begun = {p: p.stat().st_size if p.exists() else 0
                      for p in (self.piped, self.notes)}
        self.path = f"{api.namespaces}/{made.ns}/scripts/{made.name}"
        self.events = Events(api, self.path)
        self.websocket = Socket(api.ok("POST", f"{self.path}/tails")["url"])
        self.offset = httpd.log.size()

    def new(self, path):
        with path.open("rb") as file:
            file.seek(self.begun[path])
            return file.read()

    def lines(self, path, count):
        """So many lines, without a control character."""
        until(lambda: self.new(path).count(b"\n") >= count, path.name)
        data = self.new(path)
        assert not CONTROL.search(data), CONTROL.search(data)
        return data.splitlines()

    def close(self):
        self.events.close()
        self.websocket.close()


@pytest.fixture
def sinks(httpd, client, tenant):
    httpd.configure([
        *LOCATION, *DOORS, *ACCESS, Records.LINE, "LogLevel wfp:trace2",
        "WfpCoolDown off", "<VirtualHost *>", "ServerName one", *ACCESS,
        "</VirtualHost>", "<VirtualHost *>", "ServerName piped",
        f'WfpLog "|$/bin/cat >> {httpd.root}/logs/piped_864"',
        "</VirtualHost>"])
    made = tenant.deploy(
        worker("local i = tonumber(request.headers:get('x-do') or 0)\n"
               + "\n".join(f"if i == {i} then {lua} end"
                           for i, lua in enumerate(DONE, 1))
               + "\nreturn Response.new('ok')"),
        *(word for tag in TAGS for word in ("--tag", tag)),
        "--limit", "log_kb=1024", "--limit", "cpu_ms=2000", "--limit",
        "instructions=1000000000")
    opened = Sinks(httpd, Api(httpd, client), made)
    yield opened
    opened.close()


class TestSinks:

    def test_864_01_what_clients_send(self, sinks):
        wanted = 0
        for method, path, headers in ASKED:
            status = raw(sinks.httpd.port, method,
                         sinks.made.path.encode() + path, headers)
            assert status in (200, 400, 403, 501), (method, path, status)
            wanted += status == 200
        assert wanted >= 8
        self.all_say(sinks, wanted, "")

    def test_864_02_what_tenants_do(self, sinks):
        for i in range(1, len(DONE) + 1):
            assert raw(sinks.httpd.port, b"GET", sinks.made.path.encode()
                       + b"/", b"X-Do: %d\r\n" % i) in (200, 500)
        self.all_say(sinks, len(DONE), "exception")

    def all_say(self, sinks, count, outcome):
        """File, events and WebSocket have the same records; log lines and
        notes are lines."""
        records = until(lambda: len(sinks.file.all()) >= count
                        and sinks.file.all(), "the file")
        assert len(records) == count
        by_id = {r["requestId"]: r for r in records}
        assert len(by_id) == count
        for _ in range(count):
            record = sinks.events.record()
            assert record == by_id[record["requestId"]]
        for _ in range(count):
            record = sinks.websocket.record()
            assert record["requestId"] in by_id
        raw_file = sinks.file.path.read_bytes()[sinks.file.start:]
        assert not CONTROL.search(raw_file)
        assert raw_file.count(b"\n") == count
        for record in records:
            assert record["scriptName"] == sinks.made.name
            assert record["scriptTags"] == TAGS
            assert b"secret-864" not in json.dumps(record).encode()
        log = sinks.httpd.log.text(sinks.offset).encode(
            "utf-8", "surrogateescape")
        assert not CONTROL.search(log), CONTROL.search(log)
        odd = [line for line in log.split(b"\n")[1:-1]
               if not line.startswith(b"[")]
        assert odd == []
        lines = sinks.lines(sinks.notes, count)
        notes = [line.split(b" ") for line in lines]
        mine = [n for n in notes if n[0] == sinks.made.name.encode()]
        assert len(mine) == count
        for fields in mine:
            assert fields[1] == sinks.made.ns.encode()
            assert all(f.isdigit() for f in fields[4:8])
            assert fields[8].decode() in by_id
        client = sinks.api.client
        assert prometheus.read(client.get("/metrics"))
        for door in ("/server-status?auto", "/server-status", "/metrics"):
            body = client.get(door).body
            for evil in (b"\x1b", b"\x00", b"<script>\\u", b"secret-864"):
                assert evil not in body, door
        assert outcome in "".join(r["outcome"] for r in records)

    def test_864_03_a_command(self, sinks):
        for i in range(1, len(DONE) + 1):
            raw(sinks.httpd.port, b"GET", sinks.made.path.encode() + b"/",
                b"X-Do: %d\r\n" % i)
            Client(sinks.httpd.port).get(f"{sinks.made.path}/", host="piped",
                                         headers=[("X-Do", str(i))])
        lines = sinks.lines(sinks.piped, len(DONE))
        assert len(lines) == len(DONE)
        for line in lines:
            assert json.loads(line)["scriptName"] == sinks.made.name
