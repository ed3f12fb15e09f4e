#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Error codes = docs/operations/errors.md; a log tag is used for one message.
"""

import collections
import pathlib
import re

import guardlib

ROW = re.compile(r'\{\s*"([a-z][a-z0-9_]*)",\s*[A-Z0-9_]+')
PAGE_ROW = re.compile(r"^\|\s*`([a-z][a-z0-9_]*)`", re.M)
TAG = re.compile(r"WFPLOGNO\((\d+)\)")


def check_codes(root):
    """Rows of core/result.c against the page."""
    table, page = root / "core/result.c", root / "docs/operations/errors.md"
    rows = set(ROW.findall(table.read_text())) if table.is_file() else set()
    if not rows:
        return ["errors: no row found in core/result.c"]
    told = (set(PAGE_ROW.findall(page.read_text())) if page.is_file()
            else set())
    return ([f"{code}: not in docs/operations/errors.md"
             for code in rows - told]
            + [f"docs/operations/errors.md: {code} is no error code"
               for code in told - rows])


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
