# SPDX-License-Identifier: Apache-2.0
"""What the guards share: which files there are, and C seen without comments.

A guard is a module with check(root) that returns complaints, one a line, and
complains as well when it finds nothing to look at.
"""

import os
import pathlib
import re
import sys

ROOMS = ("core", "store", "outbound", "lua_runtime", "services", "admin",
         "mod_wfp")
SKIP_DIRS = {".git", "autom4te.cache", "build-aux", "m4", "var", "gen",
             "__pycache__", ".pytest_cache", ".venv", "node_modules"}

_NOISE = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
_FUNCTION = re.compile(
    r'^(?P<head>[A-Za-z_][^;{}()#]*?)\b(?P<name>[A-Za-z_]\w*)'
    r'\((?P<args>[^;{}]*)\)\n\{', re.M)


def tree(root):
    """Every file below root that is ours, build folders left out."""
    for folder, dirs, files in os.walk(root):
        dirs[:] = sorted(d for d in dirs if d not in SKIP_DIRS
                         and not d.startswith(("build", "mod_wfp-")))
        for name in sorted(files):
            yield pathlib.Path(folder, name)


def c_files(root, *folders):
    """The .c and .h files of the rooms (or of the folders named)."""
    root = pathlib.Path(root)
    for folder in folders or ROOMS:
        for path in tree(root / folder):
            if path.suffix in (".c", ".h"):
                yield path


def blank(text):
    """Comments, strings and characters made blanks; lines stay lines."""
    def hide(match):
        return re.sub(r"[^\n]", " ", match.group())
    return _NOISE.sub(hide, text)


def functions(text):
    """(name, is_static, argument text) of the functions defined in text."""
    for match in _FUNCTION.finditer(blank(text)):
        head = match.group("head").split()
        if "typedef" not in head:
            yield match.group("name"), "static" in head, match.group("args")


def argument_count(args):
    """How many parameters the text between a function's brackets names."""
    depth, count = 0, 1
    for char in args:
        depth += (char == "(") - (char == ")")
        count += char == "," and depth == 0
    return 0 if args.strip() in ("", "void") else count


def run(check):
    """A guard as a command: guard.py [ROOT]."""
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    complaints = check(root)
    for line in complaints:
        print(line)
    sys.exit(1 if complaints else 0)
