#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names of lua_runtime/sandbox.c's list = names on the page of the standard
library. That the sandbox holds its list is test_sandbox.c's."""

import pathlib
import re

import guardlib

LIST = "lua_runtime/sandbox.c"
PAGE = "docs/worker-api/standard-library.md"
ROW = re.compile(r"^\| (?:base|`(\w+)`) \| `([^|]+)` \|", re.M)
# made by others: the console and the modules
ELSEWHERE = {"print"}


def listed(text):
    table = re.search(r"global_names\[\] = \{(.*?)\};", text, re.S)
    return set(re.findall(r'"([\w.]+)"', table[1])) if table else set()


def shown(text):
    return {f"{library}.{name}" if library else name
            for library, names in ROW.findall(text) for name in names.split()}


def check(root):
    root = pathlib.Path(root)
    code, page = root / LIST, root / PAGE
    names = listed(code.read_text()) if code.is_file() else set()
    if not names:
        return [f"worker-api: no name found in {LIST}"]
    there = (shown(page.read_text()) if page.is_file() else set()) - ELSEWHERE
    return sorted([f"{n}: not on {PAGE}" for n in names - there]
                  + [f"{PAGE}: there is no {n}" for n in there - names])


if __name__ == "__main__":
    guardlib.run(check)
