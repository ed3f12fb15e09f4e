#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""shellcheck has nothing to say about any shell script."""

import pathlib
import re
import subprocess

import guardlib

SHEBANG = re.compile(rb"^#!.*\b(sh|bash|dash)\b")


def scripts(root):
    """Files whose first line asks for a shell."""
    for path in guardlib.tree(root):
        if path.is_file() and path.suffix not in (".c", ".h", ".lua", ".md"):
            with path.open("rb") as file:
                if SHEBANG.match(file.readline(80)):
                    yield path


def check(root):
    root = pathlib.Path(root)
    paths = [p for p in scripts(root)
             if not p.name.startswith(("configure", "libtool", "config."))]
    if not paths:
        return ["shell: no script was checked"]
    bad = [f"{p.relative_to(root)}: no licence line" for p in paths
           if "SPDX-License-Identifier" not in p.read_text()]
    done = subprocess.run(["shellcheck", "-x", "-f", "gcc",
                           *(str(p.relative_to(root)) for p in paths)],
                          text=True, cwd=root, capture_output=True, check=False)
    return bad + done.stdout.splitlines() + done.stderr.splitlines()


if __name__ == "__main__":
    guardlib.run(check)
