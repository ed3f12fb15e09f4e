#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of mod_wfp/status.c = rows of docs/operations/metrics.md."""

import pathlib
import re

import guardlib

TABLE = "mod_wfp/status.c"
PAGE = "docs/operations/metrics.md"
FIGURE = re.compile(r'add\(f,\s*"([a-z_]+)",\s*"(\w+)",\s*"(\w+)"')
PAGE_ROW = re.compile(r"^\|\s*`wfp_([a-z_]+)`\s*\|\s*`(\w+)`\s*\|\s*(\w+)", re.M)


def check(root):
    root = pathlib.Path(root)
    table, page = root / TABLE, root / PAGE
    rows = set(FIGURE.findall(table.read_text())) if table.is_file() else set()
    if not rows:
        return [f"metrics: no figure found in {TABLE}"]
    shown = (set(PAGE_ROW.findall(page.read_text())) if page.is_file()
             else set())
    return sorted([f"wfp_{n} ({k}, {t}): not in {PAGE}"
                   for n, k, t in rows - shown]
                  + [f"{PAGE}: there is no wfp_{n} ({k}, {t})"
                     for n, k, t in shown - rows])


if __name__ == "__main__":
    guardlib.run(check)
