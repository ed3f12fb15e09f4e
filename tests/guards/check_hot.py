#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mod_wfp/hot.ld names functions that there are: else bench/hot is due."""

import pathlib
import re

import guardlib

_LINE = re.compile(r"\*(\w+)\.o\(\.text\.(\w+) \.text\.\2\.\*\)")


def check(root):
    script = pathlib.Path(root) / "mod_wfp/hot.ld"
    named = _LINE.findall(script.read_text()) if script.is_file() else []
    there = {(path.stem, name) for path in guardlib.c_files(root)
             for name, *_ in guardlib.functions(path.read_text())}
    return ([] if named else ["mod_wfp/hot.ld: names no function"]) + [
        f"mod_wfp/hot.ld: {name} is not in {file}.c (or .h): run bench/hot"
        for file, name in named if (file, name) not in there]


if __name__ == "__main__":
    guardlib.run(check)
