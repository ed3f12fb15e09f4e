# SPDX-License-Identifier: Apache-2.0
"""A restart while the database has another schema than the program: older, as
after an update without `wfpctl init`, or newer, as migrated by another host."""

import contextlib
import json
import os
import re
import signal
import sqlite3

import pytest

from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.hosts import Hosts
from wfptest.lua import says
from wfptest.tenant import Tenant
from wfptest.wait import until

# what makes it another one, and what makes it that of the program again
CHANGES = {
    "older": (("CREATE TABLE kept AS SELECT * FROM migrations "
               "WHERE version > 16", "DELETE FROM migrations "
               "WHERE version > 16"),
              ("INSERT INTO migrations SELECT * FROM kept",
               "DROP TABLE kept")),
    "newer": (("INSERT INTO migrations (version, applied) VALUES (999, 0)",
               "ALTER TABLE changes RENAME TO changed"),
              ("ALTER TABLE changed RENAME TO changes",
               "DELETE FROM migrations WHERE version = 999")),
}
TEXTS = {"older": r"version 16, this program needs \d+: run `wfpctl init`",
         "newer": r"version 999, newer than this program's \d+: upgrade"}
TABLES = ("namespaces", "scripts", "versions", "bindings", "tokens", "audit",
          "settings", "ledger", "service_usage", "leases", "migrations")


class Sqlite:
    def __init__(self, httpd):
        self.path = httpd.root / "data/wfp.db"

    def run(self, *statements):
        with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as db:
            with db:
                for statement in statements:
                    db.execute(statement)

    def rows(self):
        with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as db:
            return {table: sorted(map(repr, db.execute(
                f"SELECT * FROM {table}"))) for table in TABLES}


class Pgsql:
    def __init__(self, postgres):
        self.postgres = postgres

    def run(self, *statements):
        self.postgres.sql("; ".join(statements))

    def rows(self):
        return {table: sorted(self.postgres.sql(f"SELECT * FROM {table}"))
                for table in TABLES}


class Server:
    """A server and its store, and the questions of these tests."""

    def __init__(self, httpd, client, store):
        self.httpd, self.client, self.store = httpd, client, store
        self.api = Api(httpd, client)
        self.tenant = Tenant(httpd, client)
        self.made = self.tenant.deploy(says('"here"'))
        httpd.log.expect(r"\[wfp:", r"\[dbd", "AH00020|AH00014|AH00016")

    def restart(self):
        before = set(self.httpd.children())
        pid = self.httpd.process.pid
        self.httpd.graceful()
        until(lambda: not before & set(self.httpd.children()), "old children")
        assert (self.httpd.process.poll(), self.httpd.process.pid) \
            == (None, pid)

    def health(self, token=None):
        return Api(self.httpd, self.client, token).ok(
            "GET", f"{self.api.account}/healthz")

    def serves_on(self):
        for _ in range(10):
            assert self.made.get().text == "here"
        unknown = self.client.get("/_ns/demo/never-seen/")
        assert (unknown.status, unknown.error) == (503, "store_unavailable")

    def notices(self, text, size):
        """The child that follows the store has said so, size bytes into the
        log or later: only then it tells when the store answers again."""
        until(lambda: re.search("WFP0203.*" + text, self.httpd.log.text(size)),
              "WFP0203")

    def refuses(self):
        """All that would change something, and what reads."""
        worker = f"{self.api.namespaces}/demo/scripts/{self.made.name}"
        secret = {"name": "S", "type": "secret_text", "text": "x"}
        for method, path, body in (
                ("GET", self.api.namespaces, None),
                ("POST", self.api.namespaces, {"name": "other"}),
                ("PUT", f"{worker}/secrets", secret),
                ("DELETE", worker, None),
                ("POST", f"{self.api.account}/storage/kv/namespaces",
                 {"title": "other"})):
            assert self.api.refused(method, path, body) == (503, 10503)
        done = self.tenant.deploy(says('"no"'), name=self.made.name,
                                  check=False)
        assert done.returncode and "schema version" in done.stderr

    def finds_it_again(self):
        until(lambda: self.client.get("/_ns/demo/never-seen/").status == 404,
              "the store to be found again")
        until(lambda: self.health() == {"status": "ok"}, "health again")
        # each child has its own way back
        until(lambda: all(self.api.get(self.api.namespaces).status == 200
                          for _ in range(20)), "the API again")
        self.tenant.deploy(says('"new"'), name=self.made.name)
        until(lambda: self.made.get().text == "new", "the new version")


@pytest.fixture(params=["older", "newer"])
def kind(request):
    return request.param


def goes_on(server, kind, lines):
    """The whole story."""
    httpd, store = server.httpd, server.store
    assert server.made.get().text == "here"
    other, same = CHANGES[kind]
    store.run(*other)
    try:
        server.restart()
        told = [line for line in httpd.log.lines() if "WFP0317" in line]
        assert len(told) == 1 and re.search(TEXTS[kind], told[0])
        assert "[wfp:error]" in told[0]
        before = store.rows()
        server.serves_on()
        until(lambda: server.health() == {"status": "degraded"}, "health")
        # nobody's token can be looked up
        assert server.health(server.api.token) == server.health()
        server.refuses()
        server.notices(TEXTS[kind], 0)
        size = httpd.log.size()
        server.restart()  # from what was inherited before
        server.serves_on()
        server.notices(TEXTS[kind], size)
        doctor = {row["check"]: row for row in json.loads(
            httpd.wfpctl("--json", "doctor", check=False).stdout)}
        assert re.search(TEXTS[kind], doctor["store"]["problem"])
        assert store.rows() == before
    finally:
        store.run(*same)
    server.finds_it_again()
    httpd.log.wait_for("WFP0204")
    store.run(*other)
    try:
        told = httpd.start_refused(lines)
        assert re.search(r"\[wfp:crit\].*WFP0303.*" + TEXTS[kind], told)
        assert "WFP0317" not in told
    finally:
        store.run(*same)


class TestSqlite:
    @pytest.fixture
    def server(self, httpd, client):
        httpd.configure(LOCATION)
        made = Server(httpd, client, Sqlite(httpd))
        yield made
        httpd.running = None
        httpd.configure([])
        made.tenant.remove_all()

    def test_906_01_a_restart_goes_on(self, server, kind):
        goes_on(server, kind, LOCATION)

    def test_906_02_children_tell_it_once(self, server):
        """The child that told it may not be the one that finds the store
        again."""
        httpd = server.httpd
        httpd.log.expect("AH00052")
        assert server.made.get().text == "here"
        other, same = CHANGES["newer"]
        server.store.run(*other)
        try:
            httpd.log.wait_for("WFP0203")
            before = set(httpd.children())
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            until(lambda: set(httpd.children()) - before, "new children")
            until(lambda: server.health() == {"status": "degraded"}, "health")
        finally:
            server.store.run(*same)
        server.finds_it_again()
        httpd.log.wait_for("WFP0204")
        tags = re.findall("WFP020[34]", "\n".join(httpd.log.lines()))
        assert tags == ["WFP0203", "WFP0204"]


@pytest.mark.one_mpm
class TestPgsql:
    @pytest.fixture(scope="class")
    def hosts(self, build, origin, tmp_path_factory):
        made = Hosts(build, tmp_path_factory.mktemp("schema"), origin,
                     pgsql=True)
        try:
            yield made
        finally:
            made.remove()

    def test_906_11_a_restart_goes_on(self, hosts, kind):
        httpd, = hosts.servers
        hosts.start(LOCATION)
        server = Server(httpd, Client(httpd.port), Pgsql(hosts.postgres))
        goes_on(server, kind, LOCATION)

    def test_906_12_one_that_came_up_without_its_store(self, hosts):
        """PostgreSQL was down at the start; what comes back has a newer
        schema."""
        httpd, = hosts.servers
        other, same = CHANGES["newer"]
        hosts.start(LOCATION)
        server = Server(httpd, Client(httpd.port), Pgsql(hosts.postgres))
        server.store.run(*other)
        try:
            httpd.stop()
            hosts.postgres.stop()
            httpd.start()
            hosts.postgres.start()
            httpd.log.wait_for("WFP0302")
            before = server.store.rows()
            until(lambda: "newer than this program" in httpd.log.text(0)
                  or server.client.get("/_ns/demo/x/").status == 404, "a word")
            assert server.client.get("/_ns/demo/x/").status == 503
            server.refuses()
            assert server.store.rows() == before
        finally:
            server.store.run(*same)
        server.finds_it_again()
