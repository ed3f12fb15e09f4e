# SPDX-License-Identifier: Apache-2.0
"""What a well-behaved tenant notices of its neighbours: bench/noisy-neighbour.

The good tenant is asked over one kept connection, a request every PAUSE; the
neighbours occupy every thread but one, each connection asking again as soon as
it has its answer.
"""

import argparse
import multiprocessing
import os
import pathlib
import signal
import socket
import sys
import threading
import time

from bench import ROOT, Server, busy_note, facts_table, machine, \
    plain_modules, verdict
from workerd import Workerd, install

from wfptest.client import Client
from wfptest.lua import worker
from wfptest.ports import free_ports
from wfptest.tenant import Tenant
from wfptest.wait import until

THREADS = 8
PAUSE = 0.004
FIRST = 10  # answers that are not counted
PATIENCE = 5.0  # then there is no answer
GOAL = 3
PLENTY = ("--limit", "instructions=1000000000000")

GOOD = """
    local t = {}
    for i = 1, 200 do t[i] = ("item %d: %s"):format(i, ("x"):rep(i % 10)) end
    local s, n = table.concat(t, "\\n"), 0
    for w in s:gmatch("%d+") do n = n + #w end
"""
GOOD_JS = """export default { fetch() {
    const t = [];
    for (let i = 1; i <= 200; i++) t.push(`item ${i}: ${"x".repeat(i % 10)}`);
    const s = t.join("\\n");
    let n = 0;
    for (const w of s.matchAll(/\\d+/g)) n += w[0].length;
    return new Response(s + n);
} };"""
# neighbour: (what it does, in Lua, in JavaScript, options)
NEIGHBOURS = {
    "busy": ("compute 40 ms and answer, within their limits",
             "local x = 0 for i = 1, 10000000 do x = x + i % 7 end "
             'return Response.new("done")', None,
             (*PLENTY, "--limit", "cpu_ms=2000")),
    "loop": ("loop for ever",
             "while true do end", "for (;;) {}", PLENTY),
    "allocate": ("allocate for ever",
                 'local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t '
                 "end",
                 "const t = []; for (;;) t.push('x'.repeat(1000) + t.length);",
                 PLENTY),
    "pattern": ("match a pattern that never ends",
                "while true do pcall(string.find, ('a'):rep(30000), "
                "'.-.-.-.-.-b') end",
                "for (;;) /^(a|aa)+$/.test('a'.repeat(50) + 'b');", PLENTY),
    "hang": ("fetch what never answers",
             'fetch("{hang}") return Response.new("")',
             'await fetch("{hang}"); return new Response("");', ()),
}
LUA_GOOD = "function handle(r) " + GOOD + """
    r.content_type = "text/plain"
    r:puts(s .. n)
    return apache2.OK
end
"""
LUA_LOOP = "function handle(r) while true do end end"


# ---- clients ----

def request(port, path):
    return (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").encode()


def answer_end(data):
    """Where the answer in data ends, None: not yet."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return None
    fields = data[:head].lower()
    if b"transfer-encoding: chunked" in fields:
        end = data.find(b"0\r\n\r\n", head)
        return end + 5 if end >= 0 else None
    mark = fields.find(b"content-length:")
    if mark < 0:
        return None
    size = int(fields[mark + 15:].split(b"\r\n")[0])
    return head + 4 + size if len(data) >= head + 4 + size else None


class Connection:
    """Kept; made anew when the server closed it."""

    def __init__(self, port, patience):
        self.port, self.patience, self.sock = port, patience, None

    def ask(self, path):
        """The answer's bytes; OSError."""
        kept = self.sock is not None
        try:
            if not kept:
                self.sock = socket.create_connection(
                    ("127.0.0.1", self.port), self.patience)
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock.sendall(request(self.port, path))
            data = b""
            while answer_end(data) is None:
                part = self.sock.recv(65536)
                if not part:
                    raise ConnectionResetError("closed")
                data += part
            return data
        except OSError as error:
            self.close()
            if kept and not isinstance(error, TimeoutError):
                return self.ask(path)
            raise

    def close(self):
        if self.sock:
            self.sock.close()
        self.sock = None


def attack(port, path, count, until_set):
    """A process of neighbours: count connections that ask again and again."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def one():
        conn = Connection(port, 60)
        while True:
            try:
                conn.ask(path)
            except OSError:
                time.sleep(0.01)

    for _ in range(count):
        threading.Thread(target=one, daemon=True).start()
    until_set.wait()
    os._exit(0)  # connections that wait for an answer are dropped


class Neighbours:
    """They are there inside the with block."""

    def __init__(self, port, path, count=THREADS - 1):
        self.end = multiprocessing.Event()
        self.process = path and multiprocessing.Process(
            target=attack, daemon=True, args=(port, path, count, self.end))

    def __enter__(self):
        if self.process:
            self.process.start()
            time.sleep(0.3)

    def __exit__(self, *args):
        if self.process:
            self.end.set()
            self.process.join()


def probe(port, path, seconds):
    """Milliseconds of each answer of the good tenant; the list ends early,
    with None, where none comes. The first ones do not count: connections are
    made and processes begin."""
    conn, times, left = Connection(port, PATIENCE), [], FIRST
    end = time.monotonic() + seconds
    while time.monotonic() < end or not times:
        start = time.monotonic()
        try:
            data = conn.ask(path)
        except OSError:
            conn.close()
            return [*times, None]
        if b" 200 " not in data[:20] or b"item 200" not in data:
            raise SystemExit(f"the good tenant: {data[:300]!r}")
        left -= 1
        if left < 0:
            times.append((time.monotonic() - start) * 1000)
        time.sleep(PAUSE)
    conn.close()
    return times


def percentile(times, part):
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


class Hang:
    """Accepts connections and never says anything."""

    def __init__(self):
        self.sock = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.sock.getsockname()[1]
        self.held = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            self.held.append(self.sock.accept()[0])

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"


# ---- servers ----

MPM = ["StartServers 1", "ServerLimit 1", f"ThreadsPerChild {THREADS}",
       f"MaxRequestWorkers {THREADS}", f"MaxSpareThreads {2 * THREADS}"]


def wfp_server(build, hang):
    names = plain_modules("mpm_event", "authz_core")
    return Server(build, build / "bench/neighbour", lambda folder: [
        *names(folder), ("wfp", build / ".libs/mod_wfp.so")],
        lambda server: [*MPM, f'WfpDatabase sqlite3 "{server.root}/data/wfp.db"',
                        f'WfpDataDir "{server.root}/data"',
                        f"WfpEgressAllow 127.0.0.1/32:{hang.port}",
                        "WfpCoolDown off",
                        '<Location "/w/">', "WfpNamespace demo",
                        "WfpRouteBy path", "</Location>"])


def ended(pid):
    """Is the process gone? httpd looks for dead children once a second."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def graceful_seconds(server, patience):
    """How long the old child lives after a graceful restart is asked for;
    None: longer."""
    pid, = server.children()
    start = time.monotonic()
    server.process.send_signal(signal.SIGUSR1)
    try:
        until(lambda: ended(pid), "the old child to end", patience, 0.005)
    except AssertionError:
        return None
    return time.monotonic() - start


def measure_wfp(build, hang, options):
    """({neighbours: times}, seconds of a graceful restart among loops)"""
    server = wfp_server(build, hang)
    try:
        tenants = Tenant(server, Client(server.port))
        tenants.deploy(worker(GOOD + "return Response.new(s .. n)"),
                       name="good")
        for name, (_, lua, _, limits) in NEIGHBOURS.items():
            tenants.deploy(worker(lua.replace("{hang}", hang.url)), *limits,
                           name=name)
        server.configure()
        times = {"quiet": [], **{name: [] for name in NEIGHBOURS}}
        probe(server.port, "/w/good/", 1)
        for _ in range(options.rounds):
            for name in times:
                path = f"/w/{name}/" if name != "quiet" else None
                with Neighbours(server.port, path):
                    times[name] += probe(server.port, "/w/good/",
                                         options.seconds)
        with Neighbours(server.port, "/w/loop/"):
            graceful = graceful_seconds(server, 30)
        return times, graceful
    finally:
        server.stop()


def spinning(pid, seconds):
    """How many threads of an idle server use the CPU."""
    def ticks():
        return {task.name: sum(map(int, (task / "stat").read_text()
                                   .rpartition(")")[2].split()[11:13]))
                for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}

    before = ticks()
    time.sleep(seconds)
    return sum(n - before.get(task, 0) > 2 for task, n in ticks().items())


def measure_mod_lua(build, options):
    """Rows of what mod_lua does with loops: (neighbours, times), and what is
    left when the attackers are gone."""
    server = Server(build, build / "bench/neighbour-lua",
                    plain_modules("mpm_event", "authz_core", "lua"),
                    lambda server: [
                        *MPM, "LuaScope thread", "LuaCodeCache forever",
                        f'LuaMapHandler "^/good" "{server.root}/good.lua"',
                        f'LuaMapHandler "^/loop" "{server.root}/loop.lua"'])
    (server.root / "good.lua").write_text(LUA_GOOD)
    (server.root / "loop.lua").write_text(LUA_LOOP)
    notes = []
    try:
        server.configure()
        pid, = server.children()
        times = {"quiet": probe(server.port, "/good", options.seconds * 2)}
        with Neighbours(server.port, "/loop"):
            times["loop"] = probe(server.port, "/good", options.seconds * 2)
        notes.append(f"{spinning(pid, 2)} of {THREADS} threads still loop two "
                     "seconds after the clients of the attackers left")
        with Neighbours(server.port, "/loop", 1):
            came = probe(server.port, "/good", 1)
            notes.append("one attacker more: " + (
                "the good tenant gets no answer" if came[-1] is None
                else "the good tenant is still answered"))
        graceful = graceful_seconds(server, PATIENCE)
        notes.append("graceful restart: " + (
            f"the old child is there after {PATIENCE:.0f} s, and stays"
            if graceful is None else f"{graceful:.1f} s"))
        return times, notes
    finally:
        if server.process:
            os.killpg(server.process.pid, signal.SIGKILL)
            server.process.wait()


def measure_workerd(build, hang, options):
    """({neighbours: times}, notes)"""
    binary, why = install(build)
    if not binary:
        return {}, [f"not measured: {why}"]
    workers = {"good": GOOD_JS, **{
        name: "export default { async fetch() { %s } };"
        % js.replace("{hang}", hang.url)
        for name, (_, _, js, _) in NEIGHBOURS.items() if js}}
    times, notes = {}, []
    for name in ("quiet", *(n for n in workers if n != "good")):
        one = Workerd(binary, build / "bench/neighbour-workerd", workers,
                      free_ports(len(workers), build / "bench/ports"))
        try:
            one.start()
            probe(one.ports["good"], "/", 0.5)
            port = one.ports.get(name)
            with Neighbours(port, port and "/"):
                times[name] = probe(one.ports["good"], "/", options.seconds)
            if one.process.poll() is not None:
                notes.append(f"{name}: the process ended "
                             f"({one.process.returncode})")
        finally:
            one.stop()
    return times, notes


# ---- the table ----

def row(server, name, times, base, busy):
    """(line of the table, p99 or None). base: p99 of the lines before, quiet
    first"""
    what = NEIGHBOURS[name][0] if name in NEIGHBOURS else "quiet"
    if times[-1] is None:
        return f"| {server} | {what} | no answer in {PATIENCE:.0f} s " \
            "| | | | |", None
    p50, p99 = percentile(times, .5), percentile(times, .99)
    shared = base.get("busy") if name not in ("hang", "busy", "quiet") \
        else None
    quiet = p99 / base.get("quiet", p99)
    goal = verdict(p99 / shared if shared else quiet, GOAL, busy, True)[1] \
        if server == "mod_wfp" and name not in ("quiet", "busy") else ""
    return f"| {server} | {what} | {p50:.2f} | {p99:.2f} | {quiet:.1f} | " \
        + (f"{p99 / shared:.2f}" if shared else "") + f" | {goal} |", p99


def rows(server, times, busy):
    base, out = {}, []
    for name in times:
        line, p99 = row(server, name, times[name], base, busy)
        base[name] = p99
        out.append(line)
    return out


def table(results, facts, options):
    """bench/RESULTS-neighbour.md as text."""
    busy = busy_note(facts)
    (wfp, graceful), (lua, lua_notes), (workerd, workerd_notes) = results
    out = ["# Results of bench/noisy-neighbour", "",
           f"Milliseconds that a well-behaved tenant takes (a page of 200 "
           f"items, asked every {PAUSE * 1000:.0f} ms) while {THREADS - 1} of "
           f"the {THREADS} threads of the one child serve its neighbours; "
           f"{options.rounds} rounds of {options.seconds} s each, all answers "
           "together. Neighbours that use the CPU are compared with the same "
           "number of neighbours that use it within their limits: what they "
           "leave is the tenant's fair share. Those that wait are compared "
           f"with quiet. Goal: p99 at most {GOAL} times.", "",
           *facts_table(facts), "",
           "| server | neighbours | p50 | p99 | p99 / quiet | p99 / fair "
           "share | |", "|---|---|---|---|---|---|---|",
           *rows("mod_wfp", wfp, busy), *rows("mod_lua", lua, busy),
           *rows("workerd", workerd, busy)]
    out += ["", "mod_wfp: a graceful restart while seven tenants loop (limit "
            "50 ms of CPU each): " + (
                "not in 30 s" if graceful is None
                else f"the old child ended after {graceful * 1000:.0f} ms")
            + ".", "", "mod_lua: " + "; ".join(lua_notes) + "."]
    out += ["", "workerd (one process; its limits are not in the open-source "
            "runtime): " + ("; ".join(workerd_notes) or "nothing to add")
            + "."]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--quick", action="store_true",
                        help="mod_wfp only, to see that it works")
    parser.add_argument("--out",
                        default=str(ROOT / "bench/RESULTS-neighbour.md"))
    options = parser.parse_args()
    build, facts, hang = options.build.resolve(), machine(), Hang()
    if options.quick:
        options.rounds, options.seconds = 1, 0.3
    results = [measure_wfp(build, hang, options)]
    for measure in (lambda: measure_mod_lua(build, options),
                    lambda: measure_workerd(build, hang, options)):
        results.append(({}, ["not asked for"]) if options.quick
                       else measure())
    text = table(results, facts, options)
    pathlib.Path(options.out).write_text(text)
    print(text)


if __name__ == "__main__":
    sys.exit(main())
