# SPDX-License-Identifier: Apache-2.0
"""The scripts that attack: tests/scripts/attacks/GROUP/NAME.lua."""

import re

from .lua import SCRIPTS

ATTACKS = SCRIPTS / "attacks"
NAMES = sorted(str(p.relative_to(ATTACKS))[:-4]
               for p in ATTACKS.glob("*/*.lua"))


def read(name):
    """(modules, outcomes that are fine, wfpctl's options)"""
    text = (ATTACKS / f"{name}.lua").read_text(encoding="utf-8")
    header = re.match(r"-- .+\n-- outcome: (.+)\n(?:-- limit: (.+)\n)?", text)
    assert header, f"{name} does not say its outcome"
    main, *more = re.split(r"^-- file: (\S+)\n", text, flags=re.M)
    files = {"worker.lua": main, **dict(zip(more[::2], more[1::2]))}
    options = ("--limit", header[2]) if header[2] else ()
    return files, header[1].split(" or "), options
