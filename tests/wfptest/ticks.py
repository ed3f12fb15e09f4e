# SPDX-License-Identifier: Apache-2.0
"""Workers with schedules, of a server with SQLite, whose times tests set."""

import contextlib
import sqlite3
import time

from .wait import until

MINUTE = 60_000


def scheduled(body, head=""):
    return (f"{head}\nreturn {{ fetch = function() return Response.new('x') end,"
            f"\nscheduled = function(controller, env, ctx) {body} end }}")


class Ticks:
    """A Worker with schedules, whose times tests set."""

    def __init__(self, httpd, api, worker):
        self.httpd, self.api, self.name = httpd, api, worker.name
        self.path = (f"{api.namespaces}/{worker.ns}/scripts/{worker.name}"
                     if worker.ns else
                     f"{api.account}/workers/scripts/{worker.name}")

    def put(self, *crons):
        return self.api.ok("PUT", f"{self.path}/schedules",
                           [{"cron": cron} for cron in crons])

    def refused(self, body):
        answer = self.api.call("PUT", f"{self.path}/schedules", body)
        assert answer.status == 400, answer
        return answer.json["errors"][0]

    def list(self):
        found = self.api.ok("GET", f"{self.path}/schedules")
        return [one["cron"] for one in found["schedules"]]

    def runs(self):
        return self.api.ok("GET", f"{self.path}/schedules/runs")

    def sql(self, text, *args):
        path = self.httpd.root / "data/wfp.db"
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as db:
            with db:
                return db.execute(text, args).fetchall()

    def due(self, cron, ago_ms=0):
        """Its next time is then."""
        at = (int(time.time() * 1000) - ago_ms) // MINUTE * MINUTE
        self.sql("UPDATE schedules SET next = ? WHERE cron = ?", at, cron)

    def ended(self, count=1):
        def look():
            done = [r for r in self.runs() if r["state"] == "done"]
            return done if len(done) >= count else None
        return until(look, f"{count} runs to end", 40)
