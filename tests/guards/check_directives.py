#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Directive rows = pages = directives named in the shipped configuration."""

import pathlib
import re

import guardlib

ROW = re.compile(r'"(Wfp[A-Z]\w*)"')
MENTION = re.compile(r"\bWfp[A-Z]\w*")


def check(root):
    root = pathlib.Path(root)
    table = root / "mod_wfp/directives.c"
    conf = root / "conf/wfp.conf"
    rows = set(ROW.findall(table.read_text())) if table.is_file() else set()
    if not rows:
        return ["directives: no row found in mod_wfp/directives.c"]
    pages = {p.stem for p in (root / "docs/directives").glob("Wfp*.md")}
    shown = (set(MENTION.findall(conf.read_text())) if conf.is_file()
             else set())
    bad = [f"{n}: no page docs/directives/{n}.md" for n in rows - pages]
    bad += [f"docs/directives/{n}.md: no such directive"
            for n in pages - rows]
    bad += [f"{n}: not in conf/wfp.conf" for n in rows - shown]
    bad += [f"conf/wfp.conf: {n} is no directive" for n in shown - rows]
    bad += [f"docs/directives/{n}.md: does not say its {field}"
            for n in pages & rows for field in ("Syntax", "Default", "Context")
            if field not in (root / f"docs/directives/{n}.md").read_text()]
    return sorted(bad)


if __name__ == "__main__":
    guardlib.run(check)
