# SPDX-License-Identifier: Apache-2.0
"""The measurements of bench/admin: how soon the admin page can be used when a
namespace has 100,000 Workers, in a real Chromium, and what a page of the list
costs in each order, on SQLite and on PostgreSQL."""

import argparse
import http.client
import json
import pathlib
import statistics
import time

from bench import ROOT, busy_note, facts_table, machine, verdict
from control import WORKER
from databases import Database, on_each
from wfptest.api import Api
from wfptest.browser import Browser
from wfptest.client import Client
from wfptest.session import PAGE

NS = "long"
OVERVIEW_MS, LIST_MS, WEIGHT_KB = 1000, 1000, 250
# of a page of 100; a list is asked for at its beginning unless it says "deep"
LISTS = (("by name", ""), ("by name, deep", "cursor=w090000"),
         ("by name, downwards", "order=name&direction=desc"),
         ("newest first", "order=modified_on&direction=desc"),
         ("newest first, deep", "order=modified_on&direction=desc&deep=1"),
         ("a name, found often", "name_contains=w0"),
         ("a name, found 10 times", "name_contains=01234"),
         ("a name, found never", "name_contains=zzz"),
         ("a name, found never, newest first",
          "name_contains=zzz&order=modified_on&direction=desc"),
         ("a tag that 9 of 10 have", "tags=free:yes"),
         ("the same, newest first",
          "tags=free:yes&order=modified_on&direction=desc"),
         ("the same, newest first, deep",
          "tags=free:yes&order=modified_on&direction=desc&deep=1"),
         ("the same, and a name found never",
          "tags=free:yes&name_contains=zzz"),
         ("a tag that 100 have, newest first",
          "tags=customer-7:yes&order=modified_on&direction=desc"))

# what else there are many of: page, path of the API, the name's member, more
THINGS = (("namespaces", "/ns", "workers/dispatch/namespaces", "name", {}),
          ("tokens", "/tokens", "tokens", "name", {"role": "read"}),
          ("KV namespaces", "/kv", "storage/kv/namespaces", "title", {}),
          ("D1 databases", "/d1", "d1/database", "name", {}),
          ("buckets", "/r2", "r2/buckets", "name", {}),
          ("queues", "/queues", "queues", "queue_name", {}),
          ("audit", "/audit", None, None, None))

# In every new page: when it has a heading and nothing is awaited any more
WATCH = """
(() => {
  const look = () => {
    const h1 = document.querySelector('main h1');
    if (h1 && !window.shownAt) window.shownAt = performance.now();
    const settled = h1 && !document.querySelector('[aria-busy=true]');
    if (settled && !window.settledAt) window.settledAt = performance.now();
    if (!settled) window.settledAt = 0;
  };
  new MutationObserver(look).observe(document,
    {subtree: true, childList: true, attributes: true});
})();
"""


def fill(database, api, count):
    """A namespace with that many Workers, all changed at another time, each
    with the tag of its plan and that of its customer."""
    api.ok("POST", api.namespaces, {"name": NS})
    api.call("PUT", f"{api.namespaces}/{NS}/scripts/pattern", WORKER.encode())
    where = "t.name = 'pattern'"
    ((script, ns_id),) = database.run(
        f"SELECT id, ns_id FROM scripts t WHERE {where}")
    number = ("lpad(i::text, 6, '0')" if database.postgres
              else "printf('%06d', i)")
    plan = "CASE WHEN i % 10 = 0 THEN 'pro' ELSE 'free' END"
    customer = f"'customer-' || (i % {max(1, count // 100)})"
    new = {"name": f"'w' || {number}", "id": f"'s' || {number}",
           "version_id": f"'v' || {number}",
           "modified": f"t.modified + (i * 7919 % {count}) * 1000",
           "tags": f"'[\"' || ({plan}) || '\",\"' || {customer} || '\"]'"}
    database.multiply("scripts", count, where, **new)
    database.multiply("codes", count, f"t.script_id = '{script}'",
                      id=f"'c' || {number}", script_id=f"'s' || {number}")
    database.multiply("versions", count, f"t.script_id = '{script}'",
                      id=f"'v' || {number}", script_id=f"'s' || {number}",
                      code_id=f"'c' || {number}")
    for tag in (plan, customer):
        i = "CAST(substr(name, 2) AS INTEGER)"
        names = database.columns("script_tags")
        values = {"ns_id": "ns_id", "tag": tag.replace("i %", f"{i} %"),
                  "name": "name", "script_id": "id", "modified": "modified"}
        database.run(
            f"INSERT INTO script_tags ({', '.join(names)}) SELECT "
            f"{', '.join(values[n] for n in names)} FROM scripts "
            f"WHERE ns_id = '{ns_id}' AND name <> 'pattern'")
    if database.postgres:
        database.run("ANALYZE")


def fill_things(api, count):
    """So many of each of the others; each leaves a row in the audit."""
    for _, _, path, member, more in THINGS:
        for i in range(count if path else 0):
            api.ok("POST", f"{api.account}/{path}",
                   {member: f"thing-{i:05}", **more})


class Lists:
    """Pages of the list, by one kept connection."""

    def __init__(self, api):
        self.api = api
        self.link = http.client.HTTPConnection("127.0.0.1", api.client.port,
                                               timeout=60)

    def page(self, query, limit=100):
        """(milliseconds, the answer)"""
        start = time.monotonic()
        self.link.request(
            "GET", f"{self.api.base}{self.api.namespaces}/{NS}/scripts?"
            f"limit={limit}&{query}",
            headers={"Authorization": f"Bearer {self.api.token}"})
        answer = self.link.getresponse()
        doc = json.loads(answer.read())
        if answer.status != 200:
            raise SystemExit(f"{query}: {doc}")
        return 1000 * (time.monotonic() - start), doc

    def deep(self, query):
        """The same query, nine tenths of the list later."""
        cursor = ""
        for _ in range(90):
            doc = self.page(f"{query}&cursor={cursor}", 1000)[1]
            following = doc["result_info"]["cursor"]
            if not following:
                break
            cursor = following
        return f"{query}&cursor={cursor}"

    def median(self, query, rounds):
        if query.endswith("&deep=1"):
            query = self.deep(query[:-len("&deep=1")])
        self.page(query)
        return statistics.median(self.page(query)[0] for _ in range(rounds))


def load(browser, fragment, cold):
    """(ms to the heading, ms until nothing is awaited, KB, requests)"""
    driver = browser.driver
    driver.get("about:blank")
    if cold:
        driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    driver.get(browser.base + "#" + fragment)
    browser.until(lambda: driver.execute_script(
        "return window.settledAt > 0 && performance.now() > "
        "window.settledAt + 300"), "a page that awaits nothing")
    return driver.execute_script("""
        const all = [...performance.getEntriesByType('navigation'),
                     ...performance.getEntriesByType('resource')];
        return [window.shownAt, window.settledAt,
                all.reduce((n, e) => n + e.transferSize, 0) / 1024, all.length]
    """)


def look(server, options):
    """{(page, cache): medians and the longest} in Chromium."""
    browser = Browser(server, options.build)
    try:
        browser.driver.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        browser.sign_in()
        out = {}
        for name, fragment in (("overview", "/"), ("list", f"/ns/{NS}"),
                               ("list, newest first",
                                f"/ns/{NS}?order=modified_on&direction=desc"),
                               *((name, at) for name, at, *_ in THINGS),
                               ("a namespace, searched", "/ns?q=thing-007")):
            for cold in (True, False):
                runs = [load(browser, fragment, cold)
                        for _ in range(options.rounds)]
                columns = list(zip(*runs))
                out[name, cold] = [statistics.median(c) for c in columns] + [
                    max(columns[0]), max(columns[1])]
        return out
    finally:
        browser.stop()


def measure(server, postgres, options):
    api = Api(server, Client(server.port))
    fill(Database(server, postgres), api, options.workers)
    fill_things(api, options.things)
    lists = Lists(api)
    return ({name: lists.median(query, options.rounds)
             for name, query in LISTS}, look(server, options))


def table(results, options, facts):
    """bench/RESULTS-admin.md as text."""
    busy = busy_note(facts)
    out = ["# Results of bench/admin", "",
           f"A namespace with {options.workers:,} Workers, all changed at "
           f"another time, two tags each, and {options.things:,} namespaces, "
           "tokens, KV namespaces, databases, buckets and queues. Medians of "
           f"{options.rounds}. Event MPM, two children; Debian's Chromium, "
           "headless, on the same machine. \"cold\": with an empty cache. A "
           "page can be used when its heading is there, and is settled when "
           "nothing is awaited any more.", "", *facts_table(facts), "",
           "| page | database | can be used, ms | settled, ms | longest, ms "
           "| KB | requests |", "|---|---|---|---|---|---|---|"]
    for database, (_, pages) in results.items():
        for (name, cold), run in pages.items():
            out.append(f"| {name}{', cold' if cold else ''} | {database} | "
                       f"{run[0]:.0f} | {run[1]:.0f} | {run[5]:.0f} | "
                       f"{run[2]:.0f} | {run[3]:.0f} |")
    out += ["", "| 100 Workers by the API | " + " | ".join(
        f"{name}, ms" for name in results) + " |",
            "|---|" + "---|" * len(results)]
    for name, _ in LISTS:
        out.append(f"| {name} | " + " | ".join(
            f"{lists[name]:.1f}" for lists, _ in results.values()) + " |")
    out += ["", "| figure | measured | goal | |", "|---|---|---|---|"]
    for database, (lists, pages) in results.items():
        for what, value, goal in (
                ("overview can be used, cold, longest, ms",
                 pages["overview", True][4], OVERVIEW_MS),
                ("overview settled, cold, longest, ms",
                 pages["overview", True][5], OVERVIEW_MS),
                ("KB of the overview, cold",
                 pages["overview", True][2], WEIGHT_KB),
                ("slowest list settled, cold, median, ms",
                 max(run[1] for (name, cold), run in pages.items()
                     if cold and name != "overview"), LIST_MS),
                ("slowest page of the list by the API, ms",
                 max(lists.values()), LIST_MS)):
            out.append(f"| {database}: {what} | {value:,.0f} | "
                       "{} | {} |".format(*verdict(value, goal, busy, True)))
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--workers", type=int, default=100000)
    parser.add_argument("--things", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", default=str(ROOT / "bench/RESULTS-admin.md"))
    options = parser.parse_args()
    options.build = build = options.build.resolve()
    facts = machine()
    results = on_each(
        build, "admin", [*PAGE[1:], "WfpApiRate 100000 1s"],
        lambda server, postgres: measure(server, postgres, options))
    text = table(results, options, facts)
    pathlib.Path(options.out).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
