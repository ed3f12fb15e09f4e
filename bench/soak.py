# SPDX-License-Identifier: Apache-2.0
"""The load of script/soak: one child of 16 threads, a third of the requests
attacks, and what must be the same afterwards as it was before.

The load comes in laps. At the end of each nobody asks anything, and what the
child has in memory then is a point of the line whose slope is the verdict:
under load it depends on which attacks happen to run.
"""

import argparse
import collections
import http.client
import json
import multiprocessing
import os
import pathlib
import random
import re
import signal
import sys
import threading
import time

from bench import facts_table, machine

from wfptest import attacks
from wfptest.client import Client
from wfptest.httpd import Httpd
from wfptest.lua import worker
from wfptest.origin import Origin
from wfptest.tenant import Tenant
from wfptest.wait import until

THREADS = 16
LAPS = 40
WARM_UP = 0.2  # of the laps
PLENTY = "instructions=1000000000000"
# An attack's share is the inverse of what it costs and so many seconds, so
# that the slowest do not take all the time.
COST = 0.003
# A child retires after 1,000 ends at stage 2; it shall live for the whole run.
STAGE2_MAX = 700
# fewer requests say nothing about memory: isolates still grow
ENOUGH = 100000
# a growth of so many bytes an invocation is no leak of anything
NOTHING = 1.0
LINES = [
    "StartServers 1", "ServerLimit 1", f"ThreadsPerChild {THREADS}",
    f"MaxRequestWorkers {THREADS}", "MinSpareThreads 1",
    f"MaxSpareThreads {THREADS * 2}", "MaxKeepAliveRequests 0",
    "KeepAliveTimeout 60", "WfpCoolDown off", "WfpIsolateMemory 1G",
    "WfpIsolates 100",  # so that the pool is full soon, and evicts
    '<Location "/metrics">', "SetHandler wfp-metrics", "</Location>",
]
# name: (limits, source); beside those of tests/scripts/attacks
OWN_ATTACKS = {
    "sleeps": (["wall_ms=10"], worker("scheduler.wait(60000)")),
    "sleeps-caught": (["wall_ms=10"], worker(
        "while true do pcall(scheduler.wait, 60000) end")),
    "concat-chain": (["cpu_ms=2", "memory_mb=64"], worker(
        'local s = ("x"):rep(4000000) local t = {} '
        "for i = 1, 100000 do t[i] = i end "
        "while true do local a = s .. s .. s end")),
    "parser": (["cpu_ms=2"], worker(
        'local s = "return " .. ("{"):rep(100) .. ("1,"):rep(60000) '
        '.. ("}"):rep(100) while true do load(s) end')),
    "collector": (["cpu_ms=2", "memory_mb=16"], worker(
        "local t = {} while true do t[#t + 1] = {} "
        "if #t > 50000 then t = {} end end")),
    "parallel-loops": (["cpu_ms=2"], worker("""
        parallel(function() scheduler.wait(2) while true do end end,
                 function() while true do end end)""")),
    "parallel-sleeps": (["wall_ms=10"], worker("""
        local function sleep() pcall(scheduler.wait, 60000) end
        parallel(sleep, sleep, sleep)""")),
    "body-later": (["cpu_ms=2"], worker(
        "local n = 0 return Response.new(function() n = n + 1 "
        "if n > 2 then while true do end end return 'chunk' end)")),
}
# kind: ((method, path after the Worker's, body), answer) of a number
BENIGN = {
    "hello": (worker('return Response.new("hello")'),
              lambda n: ("GET", "/", None, "hello")),
    "sum": (worker("""
        local n = tonumber(URL.new(request.url).searchParams:get("n"))
        local t = {}
        for i = 1, 50 do t[i] = (i * n) % 101 end
        table.sort(t)
        return Response.new(table.concat(t, ","))"""),
            lambda n: ("GET", f"/?n={n}", None, ",".join(
                map(str, sorted(i * n % 101 for i in range(1, 51)))))),
    "json": (worker("""
        local t = request:json()
        return Response.json({ n = t.n + 1, s = t.s:upper() })"""),
             lambda n: ("POST", "/", json.dumps({"n": n, "s": f"text{n}"}),
                        {"n": n + 1, "s": f"TEXT{n}"})),
    "echo": (worker("return Response.new(request.body)"),
             lambda n: ("POST", "/", f"{n} " * (n % 3000),
                        f"{n} " * (n % 3000))),
    "chunks": (worker("""
        local n = 0
        return Response.new(function()
            n = n + 1
            return n <= 5 and ("chunk " .. n .. ";") or nil
        end)"""),
               lambda n: ("GET", "/", None,
                          "".join(f"chunk {i};" for i in range(1, 6)))),
    "later": (worker("""
        count = (count or 0) + 1
        ctx:waitUntil(function() count = count + 0 end)
        return Response.new("later")"""),
              lambda n: ("GET", "/", None, "later")),
    "parallel": (worker("""
        local a, b = parallel(
            function() scheduler.wait(1) return "a" end,
            function() return "b" end)
        return Response.new(a .. b)"""),
                 lambda n: ("GET", "/", None, "ab")),
    "error": (worker("""
        local ok, e = pcall(function() error({ n = 1 }) end)
        local ok2, e2 = pcall(string.rep, "x", -1, {})
        return Response.new(tostring(e.n) .. tostring(ok2))"""),
              lambda n: ("GET", "/", None, "1false")),
    "fetch": (worker('return fetch("{origin}/echo" .. '
                     'URL.new(request.url).pathname)'),
              lambda n: ("GET", f"/{n}", None, None)),
}
GUARD = worker("""
    local name = request.headers:get("x-name")
    local ok, e = pcall(function()
        return env.D:get(name):fetch(request):text() end)
    if ok then return Response.new("held") end
    return Response.new("caught " .. tostring(e.code))""")
# codes that no attack may end with: faults of the server's
FAULTS = {"internal_error", "isolate_unavailable", "store_unavailable",
          "worker_not_found", "worker_overloaded"}


class Load:
    """One process of the load: threads that ask and judge the answers."""

    def __init__(self, port, targets, seed):
        self.port, self.targets, self.seed = port, targets, seed
        self.counts = collections.Counter()
        self.wrong = []
        self.lock = threading.Lock()

    def ask(self, conn, target, number):
        """(what came of it, is it fine) of one request."""
        kind, path, headers = target["kind"], target["path"], {}
        method, body, answer = "GET", None, None
        if kind in BENIGN:
            method, rest, body, answer = BENIGN[kind][1](number)
            path += rest
        else:
            path += "/"
            headers = target["headers"]
        try:
            try:
                conn.request(method, path, body, headers)
                got = conn.getresponse()
            except (http.client.RemoteDisconnected, BrokenPipeError,
                    ConnectionResetError):
                # the event MPM closes kept connections while all threads
                # are busy; a child that died is seen by its process id
                conn.close()
                conn.request(method, path, body, headers)
                got = conn.getresponse()
            text = got.read().decode("utf-8", "replace")
            code = got.getheader("x-wfp-error")
        except (OSError, http.client.HTTPException) as error:
            conn.close()
            return type(error).__name__, kind == "attack" \
                and not isinstance(error, TimeoutError)
        if kind == "attack":
            return code or f"status {got.status}", \
                code not in FAULTS if code \
                else not text.startswith("ESCAPED")
        if kind == "held":
            return code or "held", text.startswith("held")
        if kind == "guard":
            return text, text == "held" or text.startswith("caught ") \
                and text[7:] not in FAULTS
        if kind == "fetch":
            return code or "fetch", \
                got.status == 200 and f'/{number}"' in text
        if isinstance(answer, dict):
            return code or kind, got.status == 200 \
                and json.loads(text) == answer
        return code or kind, (got.status, text) == (200, answer)

    def run(self, share, thread, lap):
        """One thread's part of a lap."""
        random_ = random.Random(f"{self.seed} {thread} {lap}")
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        conn.connect()
        counts, wrong = collections.Counter(), []
        bad = [t for t in self.targets if t["attack"]]
        good = [t for t in self.targets if not t["attack"]]
        weights = ([t["weight"] for t in bad], [t["weight"] for t in good])
        for _ in range(share):
            is_attack = random_.random() < 1 / 3
            target, = random_.choices(bad if is_attack else good,
                                      weights[not is_attack])
            came, fine = self.ask(conn, target, random_.randrange(1, 10000))
            counts["attack" if is_attack else "benign", came] += 1
            if not fine:
                wrong.append(f"{target['name']}: {came}")
        conn.close()
        with self.lock:
            self.counts += counts
            self.wrong += wrong[:20]

    def lap(self, share, lap):
        """Every thread's part; (counts, what was wrong)."""
        self.counts.clear()
        self.wrong = []
        threads = [threading.Thread(target=self.run, args=(part, i, lap))
                   for i, part in enumerate(share)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return dict(self.counts), self.wrong


def load_process(pipe, port, targets, seed):
    """Laps as they are asked for, until None comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    load = Load(port, targets, seed)
    while (order := pipe.recv()) is not None:
        pipe.send(load.lap(*order))


class Soak:
    """The server, what runs on it, and what was seen."""

    def __init__(self, options):
        self.options, self.facts = options, machine()
        self.random = random.Random(options.seed)
        self.origin = Origin()
        self.server = Httpd(options.build.resolve(),
                            options.build.resolve() / "soak/server", "event",
                            self.origin, "warn")
        self.client = Client(self.server.port, 60)
        self.counts = collections.Counter()
        self.wrong = []
        self.points = []  # (requests, RSS, RSS less isolates) at rest
        self.peak = 0
        self.began = None

    # ---- set up ----

    def attack_list(self):
        """(name, limits, modules) of every attack and of every way it is
        limited, or some of them."""
        out = []
        for attack in attacks.NAMES:
            group = attack.split("/")[0]
            files, fine, _ = attacks.read(attack)
            name = re.sub(r"\W|_", "-", attack)
            if group == "benign" or "refused" in fine:
                continue
            out.append((name, ["cpu_ms=2", "memory_mb=4", PLENTY], files))
            if group == "loops":
                out.append((f"{name}-counted", ["instructions=10000"], files))
            if group == "memory":
                out.append((f"{name}-small",
                            ["memory_mb=1", "cpu_ms=20", PLENTY], files))
        if self.options.attacks:
            out = self.random.sample(out, self.options.attacks)
        return out + [(name, limits, text)
                      for name, (limits, text) in OWN_ATTACKS.items()]

    def deploy(self):
        """Everything that is asked for: targets with their weights."""
        tenants, targets = Tenant(self.server, self.client), []

        def add(name, kind, attack, headers=None, path=None):
            targets.append({
                "name": name, "kind": kind, "attack": attack, "weight": 1.0,
                "path": path or f"/_ns/demo/{name}",
                "headers": headers or {}})

        for kind, (text, _) in BENIGN.items():
            tenants.deploy(text.replace("{origin}", self.origin.url),
                           name=kind)
            add(kind, kind, False)
        for attack in attacks.NAMES:
            if not attack.startswith("benign/"):
                continue
            name = re.sub(r"\W|_", "-", attack)
            done = tenants.deploy(attacks.read(attack)[0],
                                  "--limit", PLENTY, "--limit", "cpu_ms=1000",
                                  name=name, check=False)
            if not done.returncode:
                add(name, "held", False)
        tenants.deploy(GUARD, "--binding", "dispatch_namespace:D=demo",
                       name="guard")
        for name, limits, text in self.attack_list():
            options = [x for limit in limits for x in ("--limit", limit)]
            done = tenants.deploy(text, *options, name=name, check=False)
            if not done.returncode:
                add(name, "attack", True)
                if len(targets) % 5 == 0:
                    add(f"guarded {name}", "guard", True, {"x-name": name},
                        "/_ns/demo/guard")
        return targets

    def stage2(self):
        """Ends in the middle of a library so far."""
        return int(self.figures()["wfp_kills_stage2_total"])

    def weigh(self, targets):
        """The inverse of what each attack costs; a fetch is Python's cost."""
        load, stuck = Load(self.server.port, targets, 0), []
        for target in targets:
            conn = http.client.HTTPConnection("127.0.0.1", self.server.port,
                                              timeout=60)
            times, before = [], self.stage2()
            for number in (1, 2, 3):
                start = time.monotonic()
                came, fine = load.ask(conn, target, number)
                times.append(time.monotonic() - start)
                if not fine:
                    raise SystemExit(f"{target['name']}: {came}")
            conn.close()
            if target["attack"]:
                target["weight"] = 1 / (COST + min(times))
                if self.stage2() > before:
                    stuck.append(target)
            elif target["kind"] in ("held", "fetch"):
                target["weight"] = 0.1
            if self.options.verbose:
                print(f"{min(times) * 1000:8.1f} ms  {target['name']}  {came}")
        share = sum(t["weight"] for t in stuck) \
            / sum(t["weight"] for t in targets if t["attack"])
        too_often = self.options.requests / 3 * share / STAGE2_MAX
        for target in stuck:
            target["weight"] /= max(1, too_often)

    # ---- what is looked at ----

    def child(self):
        """Process id of the one child."""
        children = self.server.children()
        if len(children) != 1:
            raise SystemExit(f"children: {children}")
        return children[0]

    def rss(self, pid):
        text = pathlib.Path(f"/proc/{pid}/statm").read_text()
        return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def threads(self, pid):
        return len(os.listdir(f"/proc/{pid}/task"))

    def threads_at_start(self):
        """How many there are when all have been started."""
        seen = [0]

        def is_same():
            seen.append(self.threads(self.child()))
            return seen[-1] == seen[-2]
        until(is_same, "the child to have its threads", 60, 1)
        return seen[-1]

    def threads_at_end(self, pid, wanted):
        """How many there are; helpers go after ten seconds without work."""
        try:
            until(lambda: self.threads(pid) == wanted, "", 30, 0.5)
        except AssertionError:
            pass
        return self.threads(pid)

    def figures(self):
        """The module's own counters."""
        text = self.client.get("/metrics").text
        return dict(re.findall(r"^(wfp_\S+) (\d+)$", text, re.M))

    def rest(self):
        """Wait until no isolate runs: waitUntil functions may be left."""
        until(lambda: self.figures()["wfp_isolates_running"] == "0",
              "isolates to come back", 60, 0.2)

    def all_threads_answer(self, targets):
        """Each thread of the child serves a request at the same time."""
        slow = Tenant(self.server, self.client).deploy(
            worker('scheduler.wait(2000) return Response.new("slept")'),
            name="slow", check=False)
        if slow.returncode:
            raise SystemExit(slow.stderr)
        answers, start = [], time.monotonic()
        askers = [threading.Thread(target=lambda: answers.append(
            self.client.get("/_ns/demo/slow/").text)) for _ in range(THREADS)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        # one thread fewer would take two turns
        return answers == ["slept"] * THREADS \
            and time.monotonic() - start < 3.9

    # ---- the run ----

    def lap(self, pipes, lap, share):
        """One lap; then a point at rest."""
        pid = self.child()
        for i, pipe in enumerate(pipes):
            pipe.send((share[i::len(pipes)], lap))
        for pipe in pipes:
            while not pipe.poll(0.2):
                self.peak = max(self.peak, self.rss(pid))
            counts, wrong = pipe.recv()
            self.counts.update(counts)
            self.wrong += wrong
        self.rest()
        done = sum(self.counts.values())
        rss = self.rss(pid)
        held = int(self.figures()["wfp_isolate_bytes"])
        self.points.append((done, rss, rss - held))
        took = time.monotonic() - self.began
        print(f"{done:>9,} requests, {took:7.1f} s, {done / took:6.0f}/s, "
              f"at rest {rss / 2**20:7.1f} MB, {(rss - held) / 2**20:6.2f} "
              f"less idle isolates, {self.stage2():4} at stage 2, "
              f"{len(self.wrong)} wrong", flush=True)

    def run(self):
        """Set up, all laps, verdict."""
        self.server.configure(LINES)
        # all threads are meant to be busy
        self.server.log.expect("AH00484")
        threads = self.threads_at_start()
        targets = self.deploy()
        self.weigh(targets)
        n_attacks = sum(t["attack"] for t in targets)
        print(f"{n_attacks} attacks, {len(targets) - n_attacks} benign, "
              f"seed {self.options.seed}", flush=True)
        self.began = time.monotonic()
        self.rest()
        pid = self.child()
        processes, pipes = [], []
        for i in range(2):
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(
                target=load_process, daemon=True, args=(
                    theirs, self.server.port, targets,
                    f"{self.options.seed} {i}"))
            process.start()
            theirs.close()
            processes.append(process)
            pipes.append(ours)
        laps = min(LAPS, max(4, self.options.requests // 500))
        for lap in range(laps):
            part = self.options.requests * (lap + 1) // laps \
                - self.options.requests * lap // laps
            share = [part * (i + 1) // THREADS - part * i // THREADS
                     for i in range(THREADS)]
            self.lap(pipes, lap, share)
        for pipe in pipes:
            pipe.send(None)
        for process in processes:
            process.join()
        after, same = self.threads_at_end(pid, threads), self.child() == pid
        return self.verdict({
            "no child lost": same,
            f"no thread lost ({threads} before, {after} after)":
                threads == after,
            f"{THREADS} requests at once are served at once":
                self.all_threads_answer(targets),
            "error log without a warning": not self.server.log.unexpected(),
        })

    def slope(self, column):
        """(bytes a request, its standard error) after the warm-up."""
        points = [(point[0], point[column]) for point in
                  self.points[int(len(self.points) * WARM_UP):]]
        n = len(points)
        x_mean = sum(x for x, _ in points) / n
        y_mean = sum(y for _, y in points) / n
        xx = sum((x - x_mean) ** 2 for x, _ in points)
        slope = sum((x - x_mean) * (y - y_mean) for x, y in points) / xx
        left = [y - y_mean - slope * (x - x_mean) for x, y in points]
        rest = sum(e * e for e in left)
        noise = (rest / max(1, n - 2) / xx) ** 0.5
        # a point is near the one before it: isolates and threads that are
        # there stay, so that there are fewer independent points than points
        alike = sum(e * f for e, f in zip(left, left[1:])) / (rest or 1)
        alike = min(max(alike, 0), 0.9)
        return slope, noise * ((1 + alike) / (1 - alike)) ** 0.5

    def verdict(self, checks):
        """Print and write the figures; was everything right?"""
        done = sum(self.counts.values())
        bad = sum(n for (kind, _), n in self.counts.items()
                  if kind == "attack")
        judged = self.options.judge_memory \
            and self.options.requests >= ENOUGH
        for column, what in ((1, "RSS at rest"),
                             (2, "RSS at rest less idle isolates")):
            slope, noise = self.slope(column)
            flat = slope < max(NOTHING, 3 * noise) if judged else None
            checks[f"{what} is flat: {slope:+.2f} bytes a request, "
                   f"standard error {noise:.2f}"] = flat
        checks[f"{done - bad:,} benign answers and {bad:,} attacks "
               "as they must end"] = not self.wrong
        figures = self.figures()
        out = [*facts_table(self.facts), "",
               f"{done:,} requests, a third of them attacks, in "
               f"{time.monotonic() - self.began:.0f} s; "
               f"{int(figures['wfp_invocations_total']):,} invocations, "
               f"{int(figures['wfp_kills_total']):,} kills, "
               f"{self.stage2():,} of them at stage 2. At rest "
               f"{self.points[0][1] / 2**20:.1f} MB after the first lap, "
               f"{self.points[-1][1] / 2**20:.1f} MB after the last; "
               f"{self.peak / 2**20:.1f} MB at most.", "",
               "| how attacks ended | times |", "|---|---|"]
        out += [f"| {came} | {n:,} |"
                for (kind, came), n in sorted(self.counts.items(),
                                              key=lambda x: -x[1])
                if kind == "attack"]
        out += ["", "| check | |", "|---|---|"]
        words = {True: "yes", False: "NO", None: "not judged"}
        out += [f"| {what} | {words[fine]} |"
                for what, fine in checks.items()]
        text = "\n".join(out) + "\n"
        print(text)
        for line in [*collections.Counter(self.wrong).most_common(20),
                     *self.server.log.unexpected()[:20]]:
            print("wrong:", line)
        if self.options.out:
            pathlib.Path(self.options.out).write_text(
                "# Results of script/soak\n\n" + text)
        good = False not in checks.values()
        print("soak passed" if good else "soak FAILED")
        return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--attacks", type=int,
                        help="so many of the attacks, default all")
    parser.add_argument("--seed", type=int, default=random.randrange(10 ** 6))
    parser.add_argument("--no-memory", dest="judge_memory",
                        action="store_false")
    parser.add_argument("--verbose", action="store_true",
                        help="what each attack costs")
    parser.add_argument("--out")
    soak = Soak(parser.parse_args())
    try:
        good = soak.run()
    finally:
        soak.server.stop()
        soak.origin.stop()
    sys.exit(not good)


if __name__ == "__main__":
    main()
