# SPDX-License-Identifier: Apache-2.0
"""The measurements of bench/assets: the same files as assets of a Worker and
below httpd's DocumentRoot, in the same server and the same rounds."""

import argparse
import pathlib
import statistics

from bench import (ROOT, Server, busy_note, facts_table, machine, measure,
                   plain_modules, ratio, verdict)
from wfptest.api import LOCATION, Api
from wfptest.assets import Site
from wfptest.client import Client

SIZES = {"1k": 1 << 10, "64k": 64 << 10, "1m": 1 << 20}
GOAL = 0.9


def lines(server):
    return [f'WfpDatabase sqlite3 "{server.root}/data/wfp.db"',
            f'WfpDataDir "{server.root}/data"', *LOCATION,
            "EnableSendfile on",
            '<Location "/_ns/">', "WfpNamespace by-path", "</Location>",
            f'<Directory "{server.root}/htdocs">', "Require all granted",
            "</Directory>"]


def table(runs, options, facts):
    """bench/RESULTS-assets.md as text."""
    busy = busy_note(facts)
    out = ["# Results of bench/assets", "",
           f"{options.rounds} rounds, each target {options.seconds} s a round "
           "in random order; wrk with 16 kept connections and one thread on the "
           "same machine. Event MPM, two children of 32 threads, EnableSendfile "
           "on. Ratios are medians of the rounds' ratios: of requests/s, and "
           "of the CPU time of the children a request, which something else "
           "that runs changes less.", "", *facts_table(facts), "",
           "| file | httpd, requests/s | asset, requests/s | CPU us a request: "
           "httpd, asset | by CPU time |", "|---|---|---|---|---|"]
    for name in SIZES:
        own, asset = (runs[f"{kind} {name}"] for kind in ("httpd", "asset"))
        out.append("| {} | {:,.0f} | {:,.0f} | {:.1f}, {:.1f} | {:.2f} |".format(
            name, *(statistics.median(r[0] for r in rows)
                    for rows in (own, asset)),
            *(statistics.median(r[3] for r in rows) for rows in (own, asset)),
            ratio(runs, f"httpd {name}", f"asset {name}", 3)))
    out += ["", "| figure | measured | goal | |", "|---|---|---|---|"]
    for name in SIZES:
        value = ratio(runs, f"asset {name}", f"httpd {name}")
        out.append(f"| asset of {name} / httpd's own file | {value:.2f} | "
                   + "{} | {} |".format(*verdict(value, GOAL, busy)))
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--out", default=str(ROOT / "bench/RESULTS-assets.md"))
    options = parser.parse_args()
    build = options.build.resolve()
    facts = machine()
    names = plain_modules("mpm_event", "authz_core")
    server = Server(
        build, build / "bench/assets",
        lambda folder: [*names(folder), ("wfp", build / ".libs/mod_wfp.so")],
        lines)
    files = {f"/{name}.bin": b"x" * size for name, size in SIZES.items()}
    try:
        server.configure()
        folder = pathlib.Path(server.root) / "htdocs"
        folder.mkdir(exist_ok=True)
        for path, data in files.items():
            (folder / path[1:]).write_bytes(data)
        api = Api(server, Client(server.port))
        api.call("POST", api.namespaces, {"name": "bench"})
        site = Site(api, "bench").deploy(files)
        places = {}
        for name in SIZES:
            places[f"httpd {name}"] = server, f"/{name}.bin", "localhost"
            places[f"asset {name}"] = (server, f"{site.base}/{name}.bin",
                                       "localhost")
        text = table(measure(places, options.rounds, options.seconds), options,
                     facts)
    finally:
        server.stop()
    pathlib.Path(options.out).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
