# SPDX-License-Identifier: Apache-2.0
"""What is measured on SQLite and on PostgreSQL."""

import sqlite3
import subprocess

from bench import Server, plain_modules
from wfptest.postgres import Postgres


class Database:
    """SQL on a server's store, whichever it is."""

    def __init__(self, server, postgres):
        self.server, self.postgres = server, postgres

    def run(self, sql):
        """Rows of the last statement, all columns as text."""
        if self.postgres:
            out = subprocess.run(
                ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1",
                 self.postgres.conninfo, "-c", sql], text=True, check=True,
                capture_output=True).stdout
            return [line.split("|") for line in out.splitlines()]
        with sqlite3.connect(self.server.root / "data/wfp.db",
                             timeout=30) as db:
            return [[str(c) for c in row] for row in db.execute(sql)]

    def columns(self, table):
        if self.postgres:
            return [row[0] for row in self.run(
                "SELECT column_name FROM information_schema.columns "
                f"WHERE table_name = '{table}' ORDER BY ordinal_position")]
        return [row[1] for row in self.run(f"PRAGMA table_info({table})")]

    def multiply(self, table, count, where, **new):
        """Rows 1..count after the pattern of one row; new: SQL of columns, i
        is the row's number."""
        names = self.columns(table)
        series = (f"generate_series(1, {count}) AS x(i)" if self.postgres else
                  "(WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL "
                  f"SELECT i + 1 FROM r WHERE i < {count}) SELECT i FROM r) x")
        values = ", ".join(new.get(name, f"t.{name}") for name in names)
        self.run(f"INSERT INTO {table} ({', '.join(names)}) "
                 f"SELECT {values} FROM {table} t, {series} WHERE {where}")


def on_each(build, folder, lines, measure):
    """What measure(server, postgres) says of each, by name; postgres is None
    on SQLite. lines: what a server's configuration has beside its store."""
    names = plain_modules("mpm_event", "authz_core")
    (build / "bench").mkdir(exist_ok=True)
    results = {}
    for name in ("SQLite", "PostgreSQL"):
        postgres = Postgres(build / "bench/ports") if name != "SQLite" else None
        server = Server(
            build, build / f"bench/{folder}-{name}",
            lambda at: [*names(at), ("wfp", build / ".libs/mod_wfp.so")],
            lambda server: [f"WfpDatabase {server.database}",
                            f'WfpDataDir "{server.root}/data"', *lines])
        if postgres:
            server.database = f'pgsql "{postgres.conninfo}"'
        try:
            server.configure()
            results[name] = measure(server, postgres)
            print(name, results[name], flush=True)
        finally:
            server.stop()
            if postgres:
                postgres.remove()
    return results
