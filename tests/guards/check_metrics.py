#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of mod_wfp/figures.c = rows of docs/operations/metrics.md; what the
dashboard and the alerts ask for is on that page, too."""

import pathlib
import re

import guardlib

TABLE = "mod_wfp/figures.c"
PAGE = "docs/operations/metrics.md"
FIGURE = re.compile(r'add\(f,\s*"([a-z_]+)",\s*"(\w+)",\s*"(\w+)"')
FAMILIES = ("mod_wfp/status_workers.c", "mod_wfp/status_kinds.c")
FAMILY = re.compile(r'"((?:worker|namespace|run|store|egress|errors|kills)_[a-z_]*'
                    r'(?:total|seconds))"')
ASKED = ("docs/operations/prometheus/alerts.yml",
         "docs/operations/prometheus/dashboard.json")
PAGE_ROW = re.compile(r"^\|\s*`wfp_([a-z_]+)`\s*\|\s*`(\w+)`\s*\|\s*(\w+)", re.M)


def of_pages(root, text):
    """Names that the dashboard or the alerts ask for and the page has not."""
    known = set(re.findall(r"`(wfp_[a-z0-9_]+)", text))
    for path in ASKED:
        file = root / path
        asked = set(re.findall(r"\bwfp_[a-z0-9_]+", file.read_text())
                    if file.is_file() else ())
        for name in sorted(asked):
            if name not in known and \
                    re.sub("_(bucket|sum|count)$", "", name) not in known:
                yield f"{path}: {name} is not in {PAGE}"
    families = [root / path for path in FAMILIES if (root / path).is_file()]
    for name in sorted({name for path in families
                        for name in FAMILY.findall(path.read_text())}):
        if f"wfp_{name}" not in known:
            yield f"wfp_{name}: not in {PAGE}"


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
                     for n, k, t in shown - rows]
                  + list(of_pages(root, page.read_text()
                                  if page.is_file() else "")))


if __name__ == "__main__":
    guardlib.run(check)
