# SPDX-License-Identifier: Apache-2.0
"""The measurements of bench/seeing: the same Worker on a server that keeps no
records and on ones that do, in the same rounds."""

import argparse
import contextlib
import pathlib
import random
import statistics
import subprocess
import tempfile
import threading

from bench import (ROOT, Server, busy_note, facts_table, machine, measure,
                   plain_modules, ratio, verdict)
from wfptest.api import LOCATION, Api, first_token
from wfptest.client import Client
from wfptest.wait import until

GOAL = 0.97
HELLO = "return { fetch = function() return Response.new('hello') end }\n"
PATH = "/_ns/bench/hello/"
KINDS = {
    "off": ["WfpLogRetention off"],
    "seen": ["WfpLogRetention off", "WfpLog logs/workers.log"],
    "kept": ["WfpLog logs/workers.log"],
}
WHAT = {
    "off": "no log, no tail",
    "seen": "WfpLog, a live tail, /metrics read once a second",
    "kept": "the same, and records in the store",
}


def lines_of(kind):
    def lines(server):
        return [f'WfpDatabase sqlite3 "{server.root}/data/wfp.db"',
                f'WfpDataDir "{server.root}/data"', *LOCATION, *KINDS[kind],
                '<Location "/metrics">', "SetHandler wfp-metrics",
                "</Location>", '<Location "/_ns/">', "WfpNamespace by-path",
                "</Location>"]
    return lines


def deploy(server):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        (pathlib.Path(folder) / "worker.lua").write_text(HELLO)
        server.wfpctl("namespace", "create", "bench")
        server.wfpctl("deploy", "bench/hello", folder)


@contextlib.contextmanager
def watched(server):
    """A reader of hello's tail, and one of the metrics."""
    api = Api(server, Client(server.port))
    path = f"{api.namespaces}/bench/scripts/hello"
    over = threading.Event()
    with subprocess.Popen(
            ["curl", "-sSN", "-o", "/dev/null", "-H",
             f"Authorization: Bearer {first_token(server)}",
             f"http://127.0.0.1:{server.port}{api.base}{path}/tail"]) as tail:
        def read():
            client = Client(server.port)
            while not over.wait(1):
                client.get("/metrics")
        reader = threading.Thread(target=read)
        reader.start()
        try:
            until(lambda: api.ok("GET", f"{path}/tails"), "the tail to listen")
            yield
            if tail.poll() is not None:
                raise SystemExit("the tail ended in the middle")
        finally:
            over.set()
            reader.join()
            tail.terminate()


def measure_anew(build, options):
    """What measure() tells, of servers that begin once, in any order."""
    names = plain_modules("mpm_event", "authz_core")
    servers = {kind: Server(
        build, build / f"bench/seeing-{kind}",
        lambda folder: [*names(folder), ("wfp", build / ".libs/mod_wfp.so")],
        lines_of(kind)) for kind in KINDS}
    with contextlib.ExitStack() as stack:
        for kind, server in random.sample(list(servers.items()), len(servers)):
            stack.callback(server.stop)
            server.configure()
            deploy(server)
            if kind != "off":
                stack.enter_context(watched(server))
        places = {kind: (server, PATH, "localhost")
                  for kind, server in servers.items()}
        return measure(places, options.rounds, options.seconds)


def table(starts, options, facts):
    """bench/RESULTS-seeing.md as text."""
    runs = {kind: [row for start in starts for row in start[kind]]
            for kind in KINDS}
    out = ["# Results of bench/seeing", "",
           f"{options.rounds} rounds, each target {options.seconds} s a round "
           f"in random order, with servers that were started {options.starts} "
           "times, as processes of the same configuration differ, too; wrk with "
           "16 kept connections and one thread on the same machine. Event MPM, two children of 32 threads; hello by a "
           "built-in route. Ratios are medians of the rounds' ratios: of "
           "requests/s, and of the CPU time of the children a request, which "
           "something else that runs changes less. The rate has in it what the "
           "reader of the tail and the writing of pages to the disk take of the "
           "same cores, the CPU time has not.", "", *facts_table(facts),
           "", "| hello with | requests/s | CPU us a request |", "|---|---|---|"]
    for kind, what in WHAT.items():
        out.append(f"| {what} | {{:,.0f}} | {{:.1f}} |".format(*(
            statistics.median(row[column] for row in runs[kind])
            for column in (0, 3))))
    busy = busy_note(facts)
    out += ["", "| figure | measured | goal | |", "|---|---|---|---|"]
    for kind, goal in (("seen", GOAL), ("kept", None)):
        value, by_cpu = ratio(runs, kind, "off"), ratio(runs, "off", kind, 3)
        out.append(f"| rate of hello: {WHAT[kind]} / {WHAT['off']} | "
                   + "{:.3f} | {} | {} |".format(value,
                                                 *verdict(value, goal, busy)))
        out.append(f"| the same by CPU time | {by_cpu:.3f} | | |")
        each = sorted(ratio(start, kind, "off") for start in starts)
        out.append(f"| of one start, from {each[0]:.3f} to | {each[-1]:.3f} "
                   "| | |")
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--starts", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--out", default=str(ROOT / "bench/RESULTS-seeing.md"))
    options = parser.parse_args()
    facts = machine()
    try:
        starts = [measure_anew(options.build.resolve(), options)
                  for _ in range(options.starts)]
    except AssertionError as error:
        raise SystemExit(str(error)) from error
    text = table(starts, options, facts)
    pathlib.Path(options.out).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
