#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Error codes = docs/operations/errors.md; a log tag is used for one message.
"""

import collections
import pathlib
import re

import guardlib

ROW = re.compile(r'\{\s*"([a-z][a-z0-9_]*)",\s*(\w+),\s*"\w+",\s*"([^"]*)"')
PAGE_ROW = re.compile(r"^\|\s*`([a-z][a-z0-9_]*)`\s*\|\s*(\w+)\s*\|\s*(.*?)"
                      r"\s*\|", re.M)
TAG = re.compile(r"WFPLOGNO\((\d+)\)")


def read(path, pattern):
    """{code: (status, message)} of a file, {} when it is missing."""
    found = pattern.findall(path.read_text()) if path.is_file() else []
    return {code: (status, text) for code, status, text in found
            if code != "ok"}


def check_codes(root):
    """Rows of core/result.c against the page."""
    rows = read(root / "core/result.c", ROW)
    page = read(root / "docs/operations/errors.md", PAGE_ROW)
    if not rows:
        return ["errors: no row found in core/result.c"]
    return ([f"{code}: not in docs/operations/errors.md"
             for code in rows.keys() - page.keys()]
            + [f"docs/operations/errors.md: {code} is no error code"
               for code in page.keys() - rows.keys()]
            + [f"{code}: {rows[code]} is {page[code]} on the page"
               for code in rows.keys() & page.keys()
               if rows[code] != page[code]])


def check_tags(root):
    """Four digits, each number in one place."""
    seen = collections.Counter()
    for path in guardlib.c_files(root):
        seen.update(TAG.findall(path.read_text()))
    return ([f"WFPLOGNO({tag}): used {n} times" for tag, n in seen.items()
             if n > 1]
            + [f"WFPLOGNO({tag}): not four digits" for tag in seen
               if len(tag) != 4])


def check(root):
    root = pathlib.Path(root)
    return sorted(check_codes(root) + check_tags(root))


if __name__ == "__main__":
    guardlib.run(check)
