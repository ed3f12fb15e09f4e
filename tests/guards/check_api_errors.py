#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of admin/api_error.c = rows of docs/api/errors.md."""

import pathlib
import re

import guardlib

TABLE = "admin/api_error.c"
PAGE = "docs/api/errors.md"
ROW = re.compile(r"\[WFP_API_\w+\] = \{\s*(\d+),\s*(\d+),")
PAGE_ROW = re.compile(r"^\|\s*(\d+)\s*\|\s*(\d+)\s*\|", re.M)


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
                     for status, code in shown - rows])


if __name__ == "__main__":
    guardlib.run(check)
