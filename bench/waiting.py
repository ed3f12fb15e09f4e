# SPDX-License-Identifier: Apache-2.0
"""The measurements of bench/waiting: many clients, and an origin that answers
after 100 ms. What the CPU allows is what mod_proxy does in the same rounds,
under the same configuration, to the same origin."""

import argparse
import pathlib
import re
import statistics
import subprocess
import threading
import time

from bench import (ROOT, Server, build_null, busy_note, facts_table, machine,
                   plain_modules, verdict)
from wfptest.client import Client
from wfptest.lua import worker
from wfptest.origin import Origin
from wfptest.tenant import Tenant

IDEAL = 10  # requests a second of a client whose answer takes 100 ms
SLOW_MS = 200
# more than are busy: the event MPM closes kept connections when none is free
MANY = ["ThreadLimit 1024", "ThreadsPerChild 1024", "MaxRequestWorkers 2048",
        "MaxSpareThreads 2048", "ListenBacklog 2048"]
PLACES = {"proxy": "/proxy", "fetch": "/builtin/later/"}
ONE = worker('return fetch("{slow}")')
SIX = worker("""
    local function get() return fetch("{slow}"):text() end
    return Response.new(table.concat({ parallel(get, get, get, get, get,
                                                get) }))""")


def memory(server):
    """PSS of the children in bytes."""
    total = 0
    for pid in server.children():
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) * 1024
    return total


def wrk(server, path, clients, seconds):
    """(requests a second, errors, most memory meanwhile)"""
    over, most = threading.Event(), [0]

    def watch():
        while not over.wait(0.5):
            most[0] = max(most[0], memory(server))
    watcher = threading.Thread(target=watch)
    watcher.start()
    out = subprocess.run(
        ["wrk", "-t2", f"-c{clients}", f"-d{seconds}s", "--timeout", "20s",
         "-H", "Host: localhost", f"http://127.0.0.1:{server.port}{path}"],
        text=True, capture_output=True, check=True).stdout
    over.set()
    watcher.join()
    print(path, *re.findall(r"(?:Socket err|Non-2xx).*", out), flush=True)
    bad = re.findall(r"Non-2xx or 3xx responses: (\d+)", out) + re.findall(
        r"(?:connect|read|write|timeout) (\d+)", out)
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
            sum(map(int, bad)), most[0])


def parallel_ratio(client, turns=5):
    """How long six fetches of SLOW_MS in parallel take, in times of one."""
    ratios = []
    for _ in range(turns):
        times = []
        for name, count in (("one", 1), ("six", 6)):
            start = time.monotonic()
            answer = client.get(f"/builtin/{name}/")
            times.append(time.monotonic() - start)
            if answer.text != "slow" * count:
                raise SystemExit(f"{name}: {answer}")
        ratios.append(times[1] / times[0])
    return statistics.median(ratios)


def table(runs, idle, parallel, options, facts):
    """bench/RESULTS-waiting.md as text."""
    busy, n = busy_note(facts), options.clients
    rate = {name: statistics.median(r[0] for r in rows)
            for name, rows in runs.items()}
    errors = {name: sum(r[1] for r in rows) for name, rows in runs.items()}
    most = {name: max(r[2] for r in rows) for name, rows in runs.items()}
    ratio = statistics.median(
        f[0] / min(n * IDEAL, p[0])
        for f, p in zip(runs["fetch"], runs["proxy"]))
    out = ["# Results of bench/waiting", "",
           f"{options.rounds} rounds of {options.seconds} s a target; wrk with "
           f"{n} kept connections on the same machine; the origin answers "
           "after 100 ms. Event MPM, two children of 1,024 threads. What the CPU "
           "allows is what mod_proxy does in the same round, at most the "
           f"ideal {n * IDEAL:,}/s.", "", *facts_table(facts), "",
           "| target | requests/s | errors | PSS of the children at most, MB |",
           "|---|---|---|---|"]
    for name in runs:
        out.append(f"| {name} | {rate[name]:,.0f} | {errors[name]} | "
                   f"{most[name] / 2**20:.0f} |")
    out += ["", "| figure | measured | goal | |", "|---|---|---|---|",
            f"| fetch / what the CPU allows | {ratio:.2f} | "
            "{} | {} |".format(*verdict(ratio, 0.8, busy)),
            f"| fetch: errors | {errors['fetch']} | "
            "{} | {} |".format(*verdict(errors["fetch"], 0, "", True)),
            f"| six fetches of {SLOW_MS} ms in `parallel` / one "
            f"| {parallel:.2f} | "
            + "{} | {} |".format(*verdict(parallel, 1.2, busy, True)),
            "| memory of a waiting request, first and warm isolate included | "
            f"{(most['fetch'] - idle) / n / 1024:.0f} KB | | |"]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--out", default=str(ROOT / "bench/RESULTS-waiting.md"))
    options = parser.parse_args()
    build = options.build.resolve()
    facts = machine()
    null = build_null(build)
    slow = Origin()
    core = plain_modules("mpm_event", "authz_core")
    origin = Server(build, build / "bench/waiting-origin",
                    lambda folder: [*core(folder), ("null", null)],
                    lambda server: MANY)
    names = plain_modules("mpm_event", "authz_core", "proxy", "proxy_http")
    server = Server(
        build, build / "bench/waiting",
        lambda folder: [*names(folder), ("wfp", build / ".libs/mod_wfp.so")],
        lambda server: [
            *MANY, f'WfpDatabase sqlite3 "{server.root}/data/wfp.db"',
            f'WfpDataDir "{server.root}/data"',
            f"WfpEgressAllow 127.0.0.1/32:{origin.port}",
            f"WfpEgressAllow 127.0.0.1/32:{slow.port}",
            f'ProxyPass "/proxy" "http://127.0.0.1:{origin.port}/null/later"',
            '<Location "/builtin/">', "WfpNamespace demo", "WfpRouteBy path",
            "</Location>"])
    runs = {name: [] for name in PLACES}
    try:
        origin.configure()
        tenants = Tenant(server, Client(server.port))
        tenants.deploy(worker("return fetch("
                              f'"http://127.0.0.1:{origin.port}/null/later")'),
                       name="later")
        for name, text in (("one", ONE), ("six", SIX)):
            tenants.deploy(text.replace(
                "{slow}", f"{slow.url}/slow/{SLOW_MS}"), name=name)
        server.configure()
        parallel = parallel_ratio(Client(server.port))
        idle = memory(server)
        for turn in range(options.rounds):
            for name, path in PLACES.items():
                runs[name].append(wrk(server, path, options.clients,
                                      options.seconds))
            print(f"round {turn + 1} of {options.rounds}", flush=True)
        text = table(runs, idle, parallel, options, facts)
    finally:
        server.stop()
        origin.stop()
        slow.stop()
    pathlib.Path(options.out).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
