# SPDX-License-Identifier: Apache-2.0
"""The table of bench/metering: runs the programs of bench/micro, asks a server
what a whole request costs, and compares with the goals."""

import argparse
import pathlib
import re
import statistics
import subprocess
import sys

from bench import HELLO, ROOT, Server, busy_note, facts_table, machine, \
    plain_modules, verdict, wrk

from wfptest.client import Client
from wfptest.tenant import Tenant

LIBRARY_GOAL = 1.3
WAYS = (("bare", "bare liblua"), ("lazy", "lazy"), ("exact", "exact"))
PARTS = (
    ("arena", "arena mapped, bare state in it"),
    ("libraries", "standard library"),
    ("api", "Worker API, `env`, `require`"),
    ("code", "bytecode loaded, top level run"),
    ("settle", "garbage of making collected, memory given back"),
    ("first_call", "first invocation"),
    ("end", "isolate given back (not in the sums)"),
)


def loader():
    """The program that loads programs: as it loaded us."""
    return re.search(r"\S+/ld[-\w.]*\.so[.\d]*$",
                     pathlib.Path("/proc/self/maps").read_text(), re.M)[0]


def program(build, name, *args):
    """What a program of bench/micro printed. Its loader is asked to run it, so
    that its code lies beside liblua's, as the module's does in httpd; the kernel
    would put it terabytes away, where a processor predicts jumps worse (a call
    of liblua costs up to a fifth more)."""
    return subprocess.run([loader(), str(build / "bench/micro" / name), *args],
                          check=True, text=True, capture_output=True).stdout


def figures(text):
    """{name: number} of lines "NAME<tab>NUMBER"."""
    return {name: float(value) for name, value in re.findall(
        r"^(\S+)\t([-\d.]+)$", text, re.M)}


def library(text):
    """[(function, ratio)], the dearest first."""
    rows = re.findall(r"^(.{20}) +[\d.]+ +[\d.]+ +([\d.]+)", text, re.M)
    return sorted(((name.strip(), float(ratio)) for name, ratio in rows),
                  key=lambda row: -row[1])


def request_us(build, seconds):
    """CPU microseconds of a hello over HTTP, by built-in route."""
    names = plain_modules("mpm_event", "authz_core")
    server = Server(build, build / "bench/server", lambda folder: [
        *names(folder), ("wfp", build / ".libs/mod_wfp.so")],
        lambda server: [f'WfpDatabase sqlite3 "{server.root}/data/wfp.db"',
                        f'WfpDataDir "{server.root}/data"',
                        '<Location "/builtin/">', "WfpNamespace demo",
                        "WfpRouteBy path", "</Location>"])
    try:
        Tenant(server, Client(server.port)).deploy(HELLO, name="hello")
        server.configure()
        place = (server, "/builtin/hello/", "localhost")
        wrk(*place, seconds)
        return statistics.median(wrk(*place, seconds)[3] for _ in range(5))
    finally:
        server.stop()


def work_rows(got):
    """Rows of the three kinds of work."""
    for key, label, unit, digits in (
            ("hello", "hello, inside the Worker API", 1e3, 2),
            ("work1", "1 ms of Lua, standard limits", 1e3, 0),
            ("work50", "50 ms of Lua, twice the instructions allowed", 1e3,
             0)):
        yield f"| {label} | " + " | ".join(
            f"{got[f'{key}.{way}'] / unit:,.{digits}f}" for way, _ in WAYS) \
            + f" | {got[f'{key}.lazy.ratio']:.3f} " \
            + f"| {got[f'{key}.exact.ratio']:.3f} |"


def goal_rows(got, request, lib, busy):
    """(what, measured, goal, verdict)"""
    hello = (got["hello.lazy"] - got["hello.bare"]) / (request * 1e3)
    worst, ratio = lib[0]
    many = int(got["many.asked"])

    def row(what, value, goal, text, at_most=True):
        return what, text, *verdict(value, goal, busy, at_most)

    return [
        row("metering of a hello, part of the whole request's CPU time",
            hello * 100, 2, f"{hello * 100:.2f} %"),
        row("1 ms of Lua, lazy / bare", got["work1.lazy.ratio"], 1.05,
            f"{got['work1.lazy.ratio']:.3f}"),
        row("50 ms of Lua, lazy / bare", got["work50.lazy.ratio"], 2.2,
            f"{got['work50.lazy.ratio']:.2f}"),
        row("50 ms of Lua, exact / bare", got["work50.exact.ratio"], 2.2,
            f"{got['work50.exact.ratio']:.2f}"),
        row("cold start from bytecode, first call included, us of CPU",
            got["cold.bytecode"] / 1e3, 60,
            f"{got['cold.bytecode'] / 1e3:.1f}"),
        row("idle isolate after 1,000 invocations, KB",
            got["idle.used"] / 1024, 64, f"{got['idle.used'] / 1024:.1f}"),
        row(f"warm isolates of {many:,.0f} made in one process",
            got["many.warm"], many, f"{got['many.warm']:,.0f}", False),
        row(f"dearest library function / stock ({worst})", ratio,
            LIBRARY_GOAL, f"{ratio:.2f}"),
    ]


def table(got, request, lib, facts):
    """bench/RESULTS-metering.md as text."""
    busy = busy_note(facts)
    out = ["# Results of bench/metering", "",
           "CPU time of one thread, medians; bare, lazy and exact interleaved "
           "in one process. Bare for pure Lua: `luaL_newstate()` with stock "
           "allocator and libraries. Bare for hello: the same handler and "
           "objects entered by `lua_pcall()`, without frame, timers, clocks "
           "and budget; its goal is a part of what a request costs.", ""]
    out += facts_table(facts)
    out += ["", "| figure | measured | goal | |", "|---|---|---|---|"]
    out += ["| {} | {} | {} | {} |".format(*row)
            for row in goal_rows(got, request, lib, busy)]
    out += ["", "| us | bare | lazy | exact | lazy / bare | exact / bare |",
            "|---|---|---|---|---|---|", *work_rows(got)]
    out += ["", f"A hello over HTTP (built-in route, kept connections): "
            f"{request:.1f} us of the server's CPU. A dispatcher's call of a "
            f"hello, both inside the Worker API: "
            f"{got['hello.nested'] / 1e3:.2f} us. Measured speed of the VM: "
            f"{got['vm_rate'] / 1e6:,.0f} million instructions/s.", "",
            "| cold start | us of CPU |", "|---|---|"]
    out += [f"| {label} | {got[f'cold.{key}'] / 1e3:.1f} |"
            for key, label in PARTS]
    us, kb = (lambda key: got[key] / 1e3), (lambda key: got[key] / 1024)
    parts = sum(us(f"cold.{key}") for key, _ in PARTS[:-1])
    out += [f"| sum of the parts | {parts:.1f} |",
            f"| whole, from bytecode | {us('cold.bytecode'):.1f} |",
            f"| whole, from text | {us('cold.text'):.1f} |", "",
            "| memory | |", "|---|---|",
            f"| isolate just made | {kb('idle.made'):.1f} KB |",
            f"| after 1,000 invocations | {kb('idle.used'):.1f} KB |",
            f"| of that, what Lua counts | {kb('idle.lua'):.1f} KB |",
            f"| isolates warm in one process | {got['many.idle']:,.0f} |",
            f"| RSS of each | {kb('many.rss') / got['many.asked']:.1f} KB |",
            "| page tables of each "
            f"| {kb('many.pte') / got['many.asked']:.1f} KB |",
            f"| mappings of all | {got['many.mappings']:,.0f} |",
            "| an invocation in each, one after the other "
            f"| {us('many.again'):.1f} us |",
            "", "| library function | ours / stock |", "|---|---|"]
    out += [f"| {name} | {ratio:.2f}"
            + (" (above the goal)" if ratio > LIBRARY_GOAL else "") + " |"
            for name, ratio in lib]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--quick", action="store_true",
                        help="only to see that it works")
    parser.add_argument("--out",
                        default=str(ROOT / "bench/RESULTS-metering.md"))
    options = parser.parse_args()
    build = options.build.resolve()
    facts = machine()
    quick = options.quick
    got = figures(program(build, "bench_metering", "3" if quick else "31"))
    got |= figures(program(build, "bench_isolate",
                           *(("21", "100") if quick else ())))
    lib = library(program(build, "bench_lib", *(("1",) if quick else ())))
    request = 1.0 if quick else request_us(build, 1)
    text = table(got, request, lib, facts)
    pathlib.Path(options.out).write_text(text)
    print(text)


if __name__ == "__main__":
    sys.exit(main())
