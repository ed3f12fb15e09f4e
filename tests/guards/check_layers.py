#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No source file includes what its layer may not include (layers.txt)."""

import pathlib
import re

import guardlib

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
LAYERS = pathlib.Path(__file__).with_name("layers.txt")


def load(path):
    """Rows "glob : allowed-regex ..." as (glob, [compiled])."""
    rows = []
    for line in path.read_text().splitlines():
        line = line.split("#", 1)[0].strip()
        if line:
            glob, allowed = line.split(":", 1)
            rows.append((glob.strip(), [re.compile(a + r"\Z")
                                        for a in allowed.split()]))
    return rows


def check(root, layers=LAYERS):
    root, bad, rows, seen = pathlib.Path(root), [], load(layers), 0
    for source in guardlib.c_files(root):
        seen += 1
        rel = source.relative_to(root)
        allowed = next((a for glob, a in rows if rel.match(glob)), None)
        if allowed is None:
            bad.append(f"{rel}: no layer row matches this file")
            continue
        bad += [f"{rel}: may not include <{name}>"
                for name in INCLUDE.findall(source.read_text())
                if not any(a.match(name) for a in allowed)]
    return bad if seen else ["layers: no source file was checked"]


if __name__ == "__main__":
    guardlib.run(check)
