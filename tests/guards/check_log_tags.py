#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tags and levels of log messages = docs/operations/log-tags.md."""

import pathlib
import re

import guardlib

PAGE = "docs/operations/log-tags.md"
MESSAGE = re.compile(r"APLOG_MARK,\s*APLOG_(\w+),[^;]*?WFPLOGNO\((\d+)\)")
TAG = re.compile(r"WFPLOGNO\((\d+)\)")
PAGE_ROW = re.compile(r"^\|\s*`WFP(\d+)`\s*\|\s*(\w+)\s*\|", re.M)
LEVELS = {"ERR": "error", "WARNING": "warn"}


def in_code(root):
    """{tag: level} and complaints."""
    tags, bad = {}, []
    for path in guardlib.c_files(root):
        text = guardlib.blank(path.read_text())
        found = {tag: LEVELS.get(level, level.lower())
                 for level, tag in MESSAGE.findall(text)}
        bad += [f"{path.relative_to(root)}: WFPLOGNO({tag}) without a level"
                for tag in TAG.findall(text) if tag not in found]
        tags.update(found)
    return tags, bad


def check(root):
    root = pathlib.Path(root)
    tags, bad = in_code(root)
    page = root / PAGE
    rows = dict(PAGE_ROW.findall(page.read_text())) if page.is_file() else {}
    if not tags:
        return ["log tags: no message found"]
    # a number is never given again: its row stays as "retired"
    bad += [f"WFP{tag}: not in {PAGE}" for tag in tags.keys() - rows.keys()]
    bad += [f"{PAGE}: WFP{tag} is no tag and not retired"
            for tag in rows.keys() - tags.keys() if rows[tag] != "retired"]
    bad += [f"WFP{tag}: level {tags[tag]} is {rows[tag]} on the page"
            for tag in tags.keys() & rows.keys() if tags[tag] != rows[tag]]
    return sorted(bad)


if __name__ == "__main__":
    guardlib.run(check)
