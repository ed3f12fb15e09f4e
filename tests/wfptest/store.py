# SPDX-License-Identifier: Apache-2.0
"""What the server's store holds, to be compared."""

import sqlite3


def dump(httpd):
    """{table: its rows as texts, sorted}; without what a server at rest
    writes."""
    with sqlite3.connect(f"file:{httpd.root}/data/wfp.db?mode=ro",
                         uri=True) as db:
        names = [n for n, in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'")
                 if n not in ("leases", "ledger")]
        return {n: sorted(map(repr, db.execute(f'SELECT * FROM "{n}"')))
                for n in names}
