#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pages link to files that are there."""

import pathlib
import re

import guardlib

LINK = re.compile(r"\]\(([^)#\s]+)")
WAYS_OUT = ("http://", "https://", "mailto:")


def check(root):
    root = pathlib.Path(root)
    pages = [path for path in guardlib.tree(root) if path.suffix == ".md"]
    if not pages:
        return ["links: no page found"]
    return [f"{page.relative_to(root)}: {link} is not there"
            for page in pages for link in LINK.findall(page.read_text())
            if not link.startswith(WAYS_OUT)
            and not (page.parent / link).exists()]


if __name__ == "__main__":
    guardlib.run(check)
