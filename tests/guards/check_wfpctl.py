#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Commands of wfpctl = headings of docs/operations/wfpctl.md."""

import pathlib
import re

import guardlib

TABLE = "admin/wfpctl/main.c"
PAGE = "docs/operations/wfpctl.md"
ROW = re.compile(r'\{\s*"([a-z ]+)",\s*wfp_cmd_')
HEADING = re.compile(r"^### `wfpctl ([a-z]+(?: [a-z]+)?)(?=[ `])", re.M)


def check(root):
    root = pathlib.Path(root)
    table, page = root / TABLE, root / PAGE
    rows = set(ROW.findall(table.read_text())) if table.is_file() else set()
    if not rows:
        return [f"wfpctl: no row found in {TABLE}"]
    shown = (set(HEADING.findall(page.read_text())) if page.is_file()
             else set())
    return sorted([f"wfpctl {n}: not in {PAGE}" for n in rows - shown]
                  + [f"{PAGE}: there is no wfpctl {n}" for n in shown - rows])


if __name__ == "__main__":
    guardlib.run(check)
