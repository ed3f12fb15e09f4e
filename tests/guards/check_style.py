#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Format, banned functions, symbol prefixes, licence line, no tabs."""

import pathlib
import re
import subprocess

import guardlib

LICENCE = "SPDX-License-Identifier: Apache-2.0"
BANNED = re.compile(
    r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|strtok|gets|atoi|atol|sscanf"
    r"|system|popen|malloc|calloc|realloc|free|strdup|assert|abort|exit"
    r"|setenv|signal"
    # keeps the address of a text of a module that a restart may move
    r"|apr_pool_userdata_setn)\s*\(")
PREFIXES = pathlib.Path(__file__).with_name("prefixes.txt")


def load_prefixes(path):
    """Rows "glob : prefix ..." for files whose noun has other names too."""
    rows = []
    for line in path.read_text().splitlines():
        line = line.split("#", 1)[0].strip()
        if line:
            glob, words = line.split(":", 1)
            rows.append((glob.strip(), words.split()))
    return rows


def beginnings(rel, prefixes):
    """What the functions of a file may begin with: its name, the noun it is a
    part of (registry_write.c: registry), what prefixes.txt adds."""
    parts = rel.stem.split("_")
    words = ["_".join(parts[:n]) for n in range(len(parts), 0, -1)]
    for glob, more in prefixes:
        if rel.match(glob):
            words += more
    return tuple(f"wfp_{word}" for word in words)


def check_format(root, paths):
    """clang-format has nothing to change."""
    if not (root / ".clang-format").is_file():
        return ["style: no .clang-format"]
    done = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *map(str, paths)],
        cwd=root, text=True, capture_output=True, check=False)
    return sorted({line.split(": error", 1)[0] + ": clang-format differs"
                   for line in done.stderr.splitlines()
                   if ": error" in line}) or (
        [done.stderr] if done.returncode else [])


def check_file(rel, text, prefixes):
    """What one file of a room may not do."""
    bare = guardlib.blank(text)
    if rel.as_posix() != "lua_runtime/arena.c":
        yield from (f"{rel}: {name}() is banned"
                    for name in BANNED.findall(bare))
    allowed = beginnings(rel, prefixes)
    for name, is_static, _ in guardlib.functions(text):
        if not is_static and name != "main" and not any(
                name == a or name.startswith(a + "_") for a in allowed):
            yield f"{rel}: {name} does not begin with {allowed[0]}_"
        if is_static and name.startswith("wfp_") and rel.suffix == ".c":
            yield f"{rel}: static {name} has a prefix"


def check(root):
    root, bad, prefixes = pathlib.Path(root), [], load_prefixes(PREFIXES)
    rooms = list(guardlib.c_files(root))
    if not rooms:
        return ["style: no source file was checked"]
    for path in rooms:
        bad += check_file(path.relative_to(root), path.read_text(), prefixes)
    every = rooms + list(guardlib.c_files(root, "tests", "bench"))
    for path in every:
        text, rel = path.read_text(), path.relative_to(root)
        if text.split("\n", 1)[0] != f"/* {LICENCE} */":
            bad.append(f"{rel}: first line is not the licence line")
        if "\t" in text:
            bad.append(f"{rel}: has a tab")
    return bad + check_format(root, [p.relative_to(root) for p in every])


if __name__ == "__main__":
    guardlib.run(check)
