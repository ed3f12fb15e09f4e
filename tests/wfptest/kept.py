# SPDX-License-Identifier: Apache-2.0
"""A server of a test's own whose store keeps records, and what one asks of it."""

import contextlib
import sqlite3

from . import prometheus
from .api import LOCATION
from .client import Client
from .hosts import Hosts, PatientApi
from .lua import says
from .tenant import Tenant
from .wait import until

LINES = [*LOCATION, '<Location "/metrics">', "SetHandler wfp-metrics",
         "</Location>"]
ON = {"enabled": True}


class Place:
    """A server, its store, and what one asks of its logs."""

    def __init__(self, hosts):
        self.hosts, self.httpd = hosts, hosts.servers[0]
        self.start()
        self.tenant = Tenant(self.httpd, self.client)

    def start(self, *lines):
        self.hosts.start([*LINES, *lines])
        self.client = Client(self.httpd.port)
        self.api = PatientApi(self.httpd, self.client)

    def path(self, made):
        return (f"{self.api.namespaces}/{made.ns}/scripts/{made.name}"
                if made.ns else
                f"{self.api.account}/workers/scripts/{made.name}")

    def deploy(self, text, observability=None, ns="demo"):
        made = self.tenant.deploy(text, ns=ns)
        made.client = self.client
        if observability is not None:
            self.set(made, observability)
        return made

    def set(self, made, observability):
        self.api.ok("PATCH", f"{self.path(made)}/script-settings",
                    {"observability": observability})

    def ask(self, made, query="", api=None):
        """The answer of the logs."""
        return (api or self.api).call("GET", f"{self.path(made)}/logs{query}")

    def logs(self, made, query=""):
        answer = self.ask(made, query)
        assert answer.status == 200, answer
        return answer.json["result"]

    def wait(self, made, count, query=""):
        """They are in the store a little later."""
        return until(lambda: [got for got in [self.logs(made, query)]
                              if len(got) >= count],
                     f"{count} records of {made.name}", 30)[0]

    def settle(self):
        """What was recorded until now is in the store."""
        last = self.deploy(says('"last"'), ON)
        assert last.get().text == "last"
        self.wait(last, 1)

    def sql(self, text):
        """The one number that a SELECT gives."""
        if self.hosts.postgres:
            return int(self.hosts.postgres.sql(text)[0])
        with sqlite3.connect(f"file:{self.httpd.root}/data/wfp.db?mode=ro",
                             uri=True) as db:
            return int(db.execute(text).fetchone()[0])

    def refuse(self, what):
        """The store takes no record of which this is true from now on; "": it
        takes all."""
        if self.hosts.postgres:
            self.hosts.postgres.sql(
                "CREATE OR REPLACE FUNCTION refusal() RETURNS trigger AS "
                "'BEGIN RAISE EXCEPTION ''refused'' USING ERRCODE = "
                "''23514''; END' LANGUAGE plpgsql; "
                "DROP TRIGGER IF EXISTS refusal ON log_records;" + (
                    "CREATE TRIGGER refusal BEFORE INSERT ON log_records "
                    f"FOR EACH ROW WHEN (new.{what}) "
                    "EXECUTE FUNCTION refusal()" if what else ""))
            return
        path = f"{self.httpd.root}/data/wfp.db"
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as db:
            db.execute("DROP TRIGGER IF EXISTS refusal")
            if what:
                db.execute("CREATE TRIGGER refusal BEFORE INSERT ON "
                           f"log_records WHEN new.{what} BEGIN "
                           "SELECT RAISE(ABORT, 'refused'); END")
            db.commit()

    def figure(self, name):
        return prometheus.read(self.client.get("/metrics")).get((name,), 0)


def make(build, origin, folder, pgsql):
    """A fixture's place with one server."""
    hosts = Hosts(build, folder, origin, pgsql=pgsql)
    try:
        yield Place(hosts)
        assert hosts.unexpected() == []
    finally:
        hosts.remove()


def urls(records):
    """The last part of what was asked for."""
    return [r["event"]["request"]["url"].rpartition("/")[2] for r in records]
