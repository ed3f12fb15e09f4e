#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Commands of wfpctl = headings of docs/operations/wfpctl.md = the manual page's."""

import pathlib
import re

import guardlib

TABLE = "admin/wfpctl/main.c"
PAGE = "docs/operations/wfpctl.md"
MANUAL = "admin/wfpctl/wfpctl.1"
ROW = re.compile(r'\{\s*"([a-z ]+)",\s*wfp_cmd_')
HEADING = re.compile(r"^### `wfpctl ([a-z]+(?: [a-z]+)?)(?=[ `])", re.M)
ITEM = re.compile(r"^\.It Cm (.*)$", re.M)


def text_of(path):
    return path.read_text() if path.is_file() else ""


def check(root):
    root = pathlib.Path(root)
    rows = set(ROW.findall(text_of(root / TABLE)))
    if not rows:
        return [f"wfpctl: no row found in {TABLE}"]
    pages = {PAGE: set(HEADING.findall(text_of(root / PAGE))),
             MANUAL: {name.strip() for item in
                      ITEM.findall(text_of(root / MANUAL))
                      for name in item.split(",")}}
    return sorted([f"wfpctl {n}: not in {page}"
                   for page, shown in pages.items() for n in rows - shown]
                  + [f"{page}: there is no wfpctl {n}"
                     for page, shown in pages.items() for n in shown - rows])


if __name__ == "__main__":
    guardlib.run(check)
