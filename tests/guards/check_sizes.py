#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files, functions, complexity and parameter lists stay below the ceilings.

Complexity is pmccabe's modified figure: a switch counts once.
"""

import pathlib
import re
import subprocess

import guardlib

FILE_LINES, FUNCTION_LINES, COMPLEXITY, PARAMETERS = 700, 100, 20, 8
# callbacks whose parameters another library says
GIVEN = {"core/xml.c: on_start"}
ROW = re.compile(r"^(\d+)\t\d+\t\d+\t\d+\t(\d+)\t(.+?)\(\d+\): (\S+)$", re.M)


def check_functions(root, paths):
    """pmccabe's rows against the ceilings."""
    out = subprocess.run(["pmccabe", *map(str, paths)], text=True,
                         capture_output=True, check=True).stdout
    for complexity, lines, path, name in ROW.findall(out):
        where = f"{pathlib.Path(path).relative_to(root)}: {name}"
        if int(lines) > FUNCTION_LINES:
            yield f"{where} has {lines} lines, more than {FUNCTION_LINES}"
        if int(complexity) > COMPLEXITY:
            yield f"{where} has complexity {complexity}, over {COMPLEXITY}"


def check(root):
    root, bad = pathlib.Path(root), []
    paths = list(guardlib.c_files(root))
    if not paths:
        return ["sizes: no source file was checked"]
    for path in paths:
        text = path.read_text()
        rel = path.relative_to(root)
        if text.count("\n") > FILE_LINES:
            bad.append(f"{rel}: more than {FILE_LINES} lines")
        bad += [f"{rel}: {name} takes more than {PARAMETERS} parameters"
                for name, _, args in guardlib.functions(text)
                if guardlib.argument_count(args) > PARAMETERS
                and f"{rel}: {name}" not in GIVEN]
    sources = [p for p in paths if p.suffix == ".c"]
    return bad + list(check_functions(root, sources)) if sources else bad


if __name__ == "__main__":
    guardlib.run(check)
