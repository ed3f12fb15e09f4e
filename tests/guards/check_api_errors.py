#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of admin/api_error.c = rows of docs/api/errors.md, and the admin page
says for each how to mend it."""

import pathlib
import re

import guardlib

TABLE = "admin/api_error.c"
PAGE = "docs/api/errors.md"
ROW = re.compile(r"\[WFP_API_\w+\] = \{\s*(\d+),\s*(\d+),")
MEND = "admin/web/lib/mend.js"
HINT = re.compile(r"^  (\d+): '", re.M)
PAGE_ROW = re.compile(r"^\|\s*(\d+)\s*\|\s*(\d+)\s*\|", re.M)


def unmended(root, rows):
    """Hints go by code, else by status; of a 400 the status says nothing."""
    page = root / MEND
    known = set(HINT.findall(page.read_text())) if page.is_file() else set()
    return [f"{MEND}: nothing for {code} with {status}" for status, code in rows
            if code not in known and status not in known]


def check(root):
    root = pathlib.Path(root)
    table, page = root / TABLE, root / PAGE
    rows = set(ROW.findall(table.read_text())) if table.is_file() else set()
    if not rows:
        return [f"api errors: no row found in {TABLE}"]
    shown = (set((s, c) for c, s in PAGE_ROW.findall(page.read_text()))
             if page.is_file() else set())
    return sorted([f"{code} with {status}: not in {PAGE}"
                   for status, code in rows - shown]
                  + [f"{PAGE}: there is no {code} with {status}"
                     for status, code in shown - rows]
                  + unmended(root, rows))


if __name__ == "__main__":
    guardlib.run(check)
