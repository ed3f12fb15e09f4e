# SPDX-License-Identifier: Apache-2.0
"""The measurements of bench/control: deploys, settings and long lists by the
REST API, on SQLite and on PostgreSQL, and how soon another host serves what one
was told. Beside them what the disk allows: writes a second that are on it."""

import argparse
import http.client
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

from bench import ROOT, busy_note, facts_table, machine, verdict
from databases import Database, on_each
from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.hosts import Hosts

NS = "bench"
DEPLOY = """
local n = 0
local body = [[{body}]]
local headers = {{ ["Authorization"] = "Bearer {token}",
                   ["Content-Type"] = "text/plain" }}
function request()
    n = n + 1
    return wrk.format("PUT", "{path}/w" .. n % {names}, headers, body)
end
"""
ASK = """
wrk.headers["Authorization"] = "Bearer {token}"
"""
WORKER = """local template = "hello, %s"
return { fetch = function(request)
    return Response.new(template:format(URL.new(request.url).pathname))
end }
"""


def wrk(server, script, path, clients, seconds):
    """(requests a second, answers that are no success, p50 ms, p99 ms)"""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        out = subprocess.run(
            ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency",
             "--timeout", "30s", "-s", file.name,
             f"http://127.0.0.1:{server.port}{path}"],
            text=True, capture_output=True, check=True).stdout
    bad = re.findall(r"Non-2xx or 3xx responses: (\d+)", out) + re.findall(
        r"(?:connect|read|write|timeout) (\d+)", out)
    scale = {"us": 0.001, "ms": 1, "s": 1000}
    p50, p99 = (float(value) * scale[unit] for value, unit in
                re.findall(r"(?:50|99)%\s+([\d.]+)(us|ms|s)", out))
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
            sum(map(int, bad)), p50, p99)


def disk(folder, seconds):
    """Writes of 4 KB a second, each on the disk before the next."""
    count, until = 0, time.monotonic() + seconds
    with tempfile.TemporaryFile(dir=folder) as file:
        while time.monotonic() < until:
            os.pwrite(file.fileno(), b"x" * 4096, 4096 * (count % 256))
            os.fdatasync(file.fileno())
            count += 1
    return count / seconds


def pages(api, count, base):
    """Milliseconds of every page of a list, in order."""
    link = http.client.HTTPConnection("127.0.0.1", api.client.port, timeout=60)
    cursor, times, seen = "", [], 0
    while True:
        start = time.monotonic()
        link.request("GET", f"{api.base}{base}?limit=1000&cursor={cursor}",
                     headers={"Authorization": f"Bearer {api.token}"})
        doc = json.loads(link.getresponse().read())
        times.append(1000 * (time.monotonic() - start))
        seen += len(doc["result"])
        cursor = doc["result_info"]["cursor"]
        if not cursor:
            break
    link.close()
    if seen < count:
        raise SystemExit(f"a list of {seen} instead of {count}")
    return times


def fill(database, api, count):
    """A namespace with that many Workers: copies of one."""
    api.ok("POST", api.namespaces, {"name": "long"})
    api.call("PUT", f"{api.namespaces}/long/scripts/pattern", WORKER.encode())
    where = "t.name = 'pattern'"
    script = database.run(f"SELECT id FROM scripts t WHERE {where}")[-1][0]
    number = "CAST(i AS TEXT)" if database.postgres else "printf('%06d', i)"
    number = "lpad(i::text, 6, '0')" if database.postgres else number
    new = {"name": f"'w' || {number}", "id": f"'s' || {number}",
           "version_id": f"'v' || {number}"}
    database.multiply("scripts", count, where, **new)
    database.multiply("codes", count, f"t.script_id = '{script}'",
                      id=f"'c' || {number}", script_id=f"'s' || {number}")
    database.multiply("versions", count, f"t.script_id = '{script}'",
                      id=f"'v' || {number}", script_id=f"'s' || {number}",
                      code_id=f"'c' || {number}")
    if database.postgres:
        database.run("ANALYZE")


def measure(server, postgres, options):
    """What one database gives."""
    api = Api(server, Client(server.port))
    api.ok("POST", api.namespaces, {"name": NS})
    path = f"{api.base}{api.namespaces}/{NS}/scripts"
    deploy = [wrk(server, DEPLOY.format(body=WORKER, token=api.token, path=path,
                                        names=names),
                  path, options.clients, options.seconds)
              for names in (1000, 1)]
    settings = wrk(server, ASK.format(token=api.token), f"{path}/w0/settings",
                   1, options.seconds)
    fill(Database(server, postgres), api, options.workers)
    base = f"{api.namespaces}/long/scripts"
    pages(api, options.workers, base)
    times = pages(api, options.workers, base)
    tenth = max(1, len(times) // 10)
    return {"deploy": deploy[0], "one": deploy[1], "settings": settings,
            "page": statistics.median(times),
            "first": statistics.median(times[:tenth]),
            "last": statistics.median(times[-tenth - 1:-1] or times)}


def travel(options, build):
    """Milliseconds from an answer on one host to the first on the other."""
    hosts = Hosts(build, build / "bench/control-hosts", _NoOrigin(), pgsql=True,
                  count=2)
    try:
        hosts.start([*LOCATION])
        api = hosts.api(0)
        api.ok("POST", api.namespaces, {"name": NS})
        other, times = Client(hosts.servers[1].port), []
        for number in range(options.deploys):
            api.ok("PUT", f"{api.namespaces}/{NS}/scripts/w", (
                "return { fetch = function() return "
                f"Response.new('{number}') end }}").encode())
            start = time.monotonic()
            while other.get(f"/_ns/{NS}/w/").text != str(number):
                if time.monotonic() > start + 20:
                    raise SystemExit("the other host does not follow")
            times.append(1000 * (time.monotonic() - start))
        return statistics.median(times), max(times)
    finally:
        hosts.remove()


class _NoOrigin:
    port = 9


def table(results, disk_rate, moved, options, facts):
    """bench/RESULTS-control.md as text."""
    busy = busy_note(facts)
    out = ["# Results of bench/control", "",
           f"{options.seconds} s each; wrk on the same machine, one thread, "
           f"{options.clients} kept connections for deploys and one for "
           "settings. A deploy is a PUT of a small Worker: compiled, run, "
           "stored, on the disk, and known to every child. Event MPM, two "
           f"children. {disk_rate:,.0f} writes a second are on this disk one "
           "after the other.", "", *facts_table(facts), "",
           "| | deploys/s, 1,000 Workers | p50, p99 ms | deploys/s, one Worker "
           "| GET settings/s | p50, p99 ms | a page of 1,000 of "
           f"{options.workers:,} Workers, ms |",
           "|---|---|---|---|---|---|---|"]
    for name, r in results.items():
        out.append("| {} | {:,.0f} | {:.1f}, {:.1f} | {:,.0f} | {:,.0f} | "
                   "{:.2f}, {:.2f} | {:.1f} |".format(
                       name, r["deploy"][0], *r["deploy"][2:], r["one"][0],
                       r["settings"][0], *r["settings"][2:], r["page"]))
    out += ["", "| figure | measured | goal | |", "|---|---|---|---|"]
    for name, r in results.items():
        ratio = r["last"] / r["first"]
        failed = sum(r[key][1] for key in ("deploy", "one", "settings"))
        out += [
            f"| {name}: deploys/s with {options.clients} clients | "
            f"{r['deploy'][0]:,.0f} | "
            "{} | {} |".format(*verdict(r["deploy"][0], 300, busy)),
            f"| {name}: GET settings, p50 ms | {r['settings'][2]:.2f} | "
            "{} | {} |".format(*verdict(r["settings"][2], 2, busy, True)),
            f"| {name}: last pages of a list / first pages | {ratio:.2f} | "
            "{} | {} |".format(*verdict(ratio, 1.3, busy, True)),
            f"| {name}: calls that failed | {failed} | "
            "{} | {} |".format(*verdict(failed, 0, "", True))]
    out.append("| from an answer to the other host's first answer on one "
               f"PostgreSQL, ms: median {moved[0]:.0f}, most | {moved[1]:.0f} | "
               "{} | {} |".format(*verdict(moved[1], 1000, busy, True)))
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=100000)
    parser.add_argument("--deploys", type=int, default=30)
    parser.add_argument("--out", default=str(ROOT / "bench/RESULTS-control.md"))
    options = parser.parse_args()
    build = options.build.resolve()
    facts = machine()
    (build / "bench").mkdir(exist_ok=True)
    disk_rate = disk(build / "bench", min(2, options.seconds))
    results = on_each(
        build, "control", [*LOCATION[1:], "WfpApiRate 100000 1s"],
        lambda server, postgres: measure(server, postgres, options))
    text = table(results, disk_rate, travel(options, build), options, facts)
    pathlib.Path(options.out).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
