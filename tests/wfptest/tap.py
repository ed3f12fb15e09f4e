# SPDX-License-Identifier: Apache-2.0
"""A compiled test program's lines as cases."""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WFP_BUILD", ROOT / "build")).resolve()
CASE = re.compile(r"^(not )?ok (\d+) - (.*?)(?: # SKIP (.*))?$")
PLAN = re.compile(r"^1\.\.(\d+)$", re.M)
SECONDS = 300
SUPPRESSIONS = f"suppressions={ROOT}/tests/tsan.supp"


def run(program, **env):
    """(cases, what is wrong with the run as a whole) of one program. A case
    is (match of its line, the notes before it)."""
    if not program.is_file():
        return [], f"{program.name} is not built"
    try:
        done = subprocess.run([str(program)], cwd=BUILD, text=True,
                              capture_output=True, timeout=SECONDS,
                              errors="replace", check=False,
                              env={"TSAN_OPTIONS": SUPPRESSIONS,
                                   **os.environ, "srcdir": str(ROOT), **env})
    except subprocess.TimeoutExpired:
        return [], f"{program.name} did not end within {SECONDS} s"
    cases, notes = [], []
    for line in done.stdout.splitlines():
        match = CASE.match(line)
        if match:
            cases.append((match, "\n".join(notes)))
            notes = []
        else:
            notes.append(line)
    plan = PLAN.search(done.stdout)
    if not plan or int(plan[1]) != len(cases):
        return cases, f"broke off after {len(cases)} cases\n{done.stderr}"
    failed = sum(bool(match[1]) for match, _ in cases)
    if bool(done.returncode) != bool(failed):
        return cases, f"ended with {done.returncode}\n{done.stderr}"
    return cases, ""


def rows(program, label, **env):
    """(id, passed, reason to skip, notes) for each case and the whole run."""
    cases, wrong = run(program, **env)
    for match, notes in cases:
        yield (f"{label}-{match[3].replace(' ', '_')}", not match[1],
               match[4], notes)
    yield f"{label}-whole_run", not wrong, None, wrong
