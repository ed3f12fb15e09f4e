# SPDX-License-Identifier: Apache-2.0
"""The measurements of bench/run: requests a second, interleaved.

Every round measures every target once, in a new order; a ratio is the median
of the rounds' ratios, so that what the machine did meanwhile hits both sides.
"""

import argparse
import datetime
import os
import pathlib
import platform
import random
import re
import shlex
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from wfptest.httpd import Httpd, server_user  # noqa: E402
from wfptest.origin import Origin  # noqa: E402
from wfptest.ports import free_ports  # noqa: E402
from wfptest.client import Client  # noqa: E402
from wfptest.lua import worker  # noqa: E402
from wfptest.tenant import Tenant  # noqa: E402
from workerd import Workerd, install  # noqa: E402

HELLO = worker("""return Response.new("hello\\n", {
    headers = { ["content-type"] = "text/plain" } })""")
ROUTER = """
return { fetch = function(request, env, ctx)
    local name = URL.new(request.url).hostname:match("^[^.]+")
    return env.DISPATCHER:get(name):fetch(request)
end }
"""
MOD_LUA = """
function handle(r)
    r.content_type = "text/plain"
    r:puts("hello\\n")
    return apache2.OK
end
"""
# the same Workers for workerd
HELLO_JS = """export default { fetch() { return new Response("hello\\n", {
    headers: { "content-type": "text/plain" } }); } };"""
ROUTER_JS = """export default { fetch(request, env) {
    const name = new URL(request.url).hostname.split(".")[0];
    return env[name].fetch(request);
} };"""
CONFIG = """
ServerRoot "{root}"
PidFile "{root}/httpd.pid"
DefaultRuntimeDir "{root}"
ErrorLog "{root}/logs/error_log"
LogLevel warn
Listen 127.0.0.1:{port}
ServerName localhost
DocumentRoot "{root}/htdocs"
{modules}
{user}
StartServers 2
ServerLimit 2
ThreadsPerChild 32
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 64
KeepAlive On
MaxKeepAliveRequests 0
{lines}
"""
# name, (label, compared with, goal of docs/architecture.md)
TARGETS = {
    "null": ("null handler in C", None, None),
    "static": ("static file", "null", None),
    "mod_lua": ("mod_lua hello", "null", None),
    "builtin": ("built-in route + user Worker", "null", 0.92),
    "dispatcher": ("dispatcher + user Worker", "null", 0.85),
    "proxy": ("mod_proxy to a local origin", "null", None),
    "fetch": ("user Worker + fetch of that origin", "proxy", 0.7),
    "workerd": ("workerd: dispatcher + user Worker", None, None),
    "workerd_fetch": ("workerd: user Worker + fetch", None, None),
}
SLOW_MS = 200
ONE = worker('return fetch("{slow}")')
TWO = worker("""
    local function get() return fetch("{slow}"):text() end
    local a, b = parallel(get, get)
    return Response.new(a .. b)""")
EXTRA = [("dispatcher", "mod_lua", 1.2), ("dispatcher", "workerd", 4),
         ("fetch", "workerd_fetch", 3)]


class WorkerdPort:
    """One Worker of workerd as wrk() sees a server."""

    def __init__(self, workerd, name):
        self.workerd, self.port = workerd, workerd.ports[name]

    def children(self):
        return [self.workerd.process.pid]


class Server(Httpd):
    """A server set up for throughput."""

    def __init__(self, build, folder, modules, lines):
        super().__init__(build, folder, "event", None, "warn")
        self.loaded, self.lines = modules, lines

    def need_store(self):
        """The origin has none."""
        if any("wfp" in name for name, _ in self.loaded(self.modules)):
            super().need_store()

    def config(self, lines):
        load = [f'LoadModule {name}_module "{path}"' for name, path in
                self.loaded(self.modules)]
        user = "User {}\nGroup {}".format(*server_user())
        return CONFIG.format(root=self.root, port=self.port,
                             modules="\n".join(load), user=user,
                             lines="\n".join([*self.lines(self), *lines]))


def build_null(build):
    """mod_null.so in the build folder."""
    target = build / "mod_null.so"
    flags = []
    for name in ("INCLUDEDIR", "EXTRA_CPPFLAGS"):
        out = subprocess.run(["apxs", "-q", name], check=True, text=True,
                             capture_output=True).stdout
        flags += ["-I" + out.strip()] if name == "INCLUDEDIR" \
            else shlex.split(out)
    flags += subprocess.run(["pkg-config", "--cflags", "apr-1", "apr-util-1"],
                            check=True, text=True,
                            capture_output=True).stdout.split()
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", *flags, "-o", str(target),
                    str(ROOT / "bench/mod_null.c")], check=True)
    return target


def plain_modules(*names):
    """LoadModule rows of httpd's own modules."""
    return lambda folder: [(n, folder / f"mod_{n}.so") for n in names]


def start_workerd(build, origin_port):
    """(Workerd or None, {target: place})"""
    binary, why = install(build)
    if not binary:
        print(f"workerd is not measured: {why}", flush=True)
        return None, {}
    workers = {"router": ROUTER_JS, "hello": HELLO_JS,
               "fetcher": "export default { fetch() { return fetch("
                          f'"http://127.0.0.1:{origin_port}/null"); }} }};'}
    one = Workerd(binary, build / "bench/workerd", workers,
                  free_ports(len(workers), build / "bench/ports"))
    one.start()
    return one, {
        "workerd": (WorkerdPort(one, "router"), "/", "hello.bench.test"),
        "workerd_fetch": (WorkerdPort(one, "fetcher"), "/", "localhost")}


def main_lines(origin_port, slow_port):
    """The configuration of everything that is measured."""
    def lines(server):
        return [
            f'WfpDatabase sqlite3 "{server.root}/data/wfp.db"',
            f'WfpDataDir "{server.root}/data"',
            f"WfpEgressAllow 127.0.0.1/32:{origin_port}",
            f"WfpEgressAllow 127.0.0.1/32:{slow_port}",
            f'LuaMapHandler "^/lua" "{server.root}/hello.lua"',
            "LuaScope thread", "LuaCodeCache forever",
            f'ProxyPass "/proxy" "http://127.0.0.1:{origin_port}/null"',
            '<Location "/builtin/">', "WfpNamespace demo",
            "WfpRouteBy path", "</Location>",
            '<Location "/dispatch/">', "WfpDispatcher router", "</Location>",
        ]
    return lines


def deploy_all(server, origin):
    """The Workers of main_lines(); the Tenant that has them."""
    tenants = Tenant(server, Client(server.port))
    tenants.deploy(HELLO, name="hello")
    tenants.deploy(worker(
        f'return fetch("http://127.0.0.1:{origin.port}/null")'),
        name="fetcher")
    tenants.deploy(ROUTER, "--binding", "dispatch_namespace:DISPATCHER=demo",
                   ns=None, name="router")
    return tenants


def cpu_ticks(server):
    """What the server's children have used of the CPU."""
    total = 0
    for pid in server.children():
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total


def wrk(server, path, host, seconds):
    """(requests a second, p50 ms, p99 ms, CPU us a request) of one run."""
    before = cpu_ticks(server)
    out = subprocess.run(
        ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-H",
         f"Host: {host}", f"http://127.0.0.1:{server.port}{path}"],
        text=True, capture_output=True, check=True).stdout
    used = (cpu_ticks(server) - before) / os.sysconf("SC_CLK_TCK")
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(f"{path}: not every answer was right\n{out}")
    ms = {"us": 0.001, "ms": 1.0, "s": 1000.0}
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    marks = [float(value) * ms[unit] for value, unit in re.findall(
        r"^\s+(?:50|99)%\s+([\d.]+)(us|ms|s)", out, re.M)]
    done = int(re.search(r"(\d+) requests in", out)[1])
    return rate, marks[0], marks[1], used / done * 1e6


def parallel_ratio(client, turns=5):
    """How long two fetches of SLOW_MS in parallel take, in times of one."""
    ratios = []
    for _ in range(turns):
        times = []
        for name in ("one", "two"):
            start = time.monotonic()
            answer = client.get(f"/builtin/{name}/")
            times.append(time.monotonic() - start)
            if answer.text != "slow" * (1 + (name == "two")):
                raise SystemExit(f"{name}: {answer}")
        ratios.append(times[1] / times[0])
    return statistics.median(ratios)


def machine():
    """What the figures were measured on."""
    cpu = re.search(r"model name\s*:\s*(.*)",
                    pathlib.Path("/proc/cpuinfo").read_text())
    cores = len(re.findall(r"^processor", pathlib.Path("/proc/cpuinfo")
                           .read_text(), re.M))
    memory = re.search(r"MemTotal:\s+(\d+)",
                       pathlib.Path("/proc/meminfo").read_text())
    httpd = subprocess.run(["/usr/sbin/apache2", "-v"], text=True,
                           capture_output=True, check=False).stdout
    commit = subprocess.run(["git", "-C", str(ROOT), "describe", "--always",
                             "--dirty"], text=True, capture_output=True,
                            check=False).stdout.strip()
    return [
        ("date", datetime.date.today().isoformat()),
        ("commit", commit or "not a git tree"),
        ("CPU", f"{cores} x {cpu[1] if cpu else platform.machine()}"),
        ("memory", f"{int(memory[1]) // 1024} MB" if memory else "?"),
        ("kernel", platform.release()),
        ("load average at the start", f"{os.getloadavg()[1]:.1f}"),
        ("httpd", httpd.split("\n")[0].split(": ")[-1]),
    ]


def measure(places, rounds, seconds):
    """{target: [what wrk() found, a round]}"""
    for place in places.values():
        wrk(*place, 1)
    runs = {name: [] for name in places}
    for turn in range(rounds):
        order = list(places)
        random.shuffle(order)
        for name in order:
            runs[name].append(wrk(*places[name], seconds))
        print(f"round {turn + 1} of {rounds}", flush=True)
    return runs


def ratio(runs, one, other, column=0):
    """Median of the rounds' ratios."""
    return statistics.median(a[column] / b[column]
                             for a, b in zip(runs[one], runs[other]))


def verdict(value, goal, busy, at_most=False):
    """Goal and whether it was reached; busy: what the figure is worth."""
    if goal is None:
        return "", ""
    good = value <= goal if at_most else value >= goal
    return f"{'<=' if at_most else '>='} {goal:,}", \
        ("reached" if good else "missed") + busy


def busy_note(facts):
    """What to add to a verdict when other things ran."""
    load = float(dict(facts)["load average at the start"])
    return ", but the machine was busy" if load > os.cpu_count() / 2 else ""


def facts_table(facts):
    """What machine() said, as rows of a document."""
    return ["| machine | |", "|---|---|",
            *(f"| {name} | {value} |" for name, value in facts)]


def table(runs, parallel, options, facts):
    """bench/RESULTS.md as text."""
    out = ["# Results of bench/run", "",
           f"{options.rounds} rounds, each target {options.seconds} s a "
           "round in random order; wrk with 16 kept connections and one "
           "thread on the same machine. Event MPM, two children of 32 "
           "threads. Ratios are medians of the rounds' ratios. Where something "
           "else ran on the machine, the ratio by the CPU time of the "
           "server's children says more; an origin's is not in it.", "",
           *facts_table(facts)]
    out += ["", "| target | requests/s | p50 ms | p99 ms | server's CPU, us a "
            "request |", "|---|---|---|---|---|"]
    for name in runs:
        rate, p50, p99, cpu = (statistics.median(column)
                               for column in zip(*runs[name]))
        out.append(f"| {TARGETS[name][0]} | {rate:,.0f} | {p50:.2f} | {p99:.2f} "
                   f"| {cpu:.1f} |")
    out += ["", "| ratio | measured | goal | | by CPU time |",
            "|---|---|---|---|---|"]
    pairs = [(n, base, goal) for n, (_, base, goal) in TARGETS.items()
             if base] + [row for row in EXTRA if row[1] in runs]
    busy = busy_note(facts)
    for name, base, goal in pairs:
        value = ratio(runs, name, base)
        out.append(f"| {TARGETS[name][0]} / {TARGETS[base][0]} | {value:.2f} "
                   "| {} | {} |".format(*verdict(value, goal, busy))
                   + f" {ratio(runs, base, name, 3):.2f} |")
    out.append(f"| two fetches of {SLOW_MS} ms in `parallel` / one "
               f"| {parallel:.2f} | "
               + "{} | {} | |".format(*verdict(parallel, 1.1, busy, True)))
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--out", default=str(ROOT / "bench/RESULTS.md"))
    options = parser.parse_args()
    build = options.build.resolve()
    facts = machine()
    null = build_null(build)
    origin = Server(build, build / "bench/origin",
                    lambda folder: [("mpm_event", folder / "mod_mpm_event.so"),
                                    ("authz_core",
                                     folder / "mod_authz_core.so"),
                                    ("null", null)], lambda server: [])
    slow = Origin()
    names = plain_modules("mpm_event", "authz_core", "lua", "proxy",
                          "proxy_http")
    server = Server(build, build / "bench/server", lambda folder: [
        *names(folder), ("null", null), ("wfp", build / ".libs/mod_wfp.so")],
        main_lines(origin.port, slow.port))
    (server.root / "hello.lua").write_text(MOD_LUA)
    (server.root / "htdocs/hello.txt").write_text("hello\n")
    workerd = None
    try:
        origin.configure()
        tenants = deploy_all(server, origin)
        for name, text in (("one", ONE), ("two", TWO)):
            tenants.deploy(text.replace(
                "{slow}", f"{slow.url}/slow/{SLOW_MS}"), name=name)
        server.configure()
        places = {
            "null": (server, "/null", "localhost"),
            "static": (server, "/hello.txt", "localhost"),
            "mod_lua": (server, "/lua", "localhost"),
            "builtin": (server, "/builtin/hello/", "localhost"),
            "dispatcher": (server, "/dispatch/", "hello.bench.test"),
            "proxy": (server, "/proxy", "localhost"),
            "fetch": (server, "/builtin/fetcher/", "localhost"),
        }
        workerd, more = start_workerd(build, origin.port)
        places |= more
        for name, (place, path, host) in places.items():
            answer = Client(place.port).get(path, host=host)
            if (answer.status, answer.text) != (200, "hello\n"):
                raise SystemExit(f"{name}: {answer}")
        text = table(measure(places, options.rounds, options.seconds),
                     parallel_ratio(Client(server.port)), options, facts)
    finally:
        server.stop()
        origin.stop()
        slow.stop()
        if workerd:
            workerd.stop()
    pathlib.Path(options.out).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
