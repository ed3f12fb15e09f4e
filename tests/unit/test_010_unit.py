# SPDX-License-Identifier: Apache-2.0
"""Every compiled unit test: each TAP line is a case here.

The programs are asked for their cases when pytest collects, by running them:
one run a program, whose lines the cases then look up.
"""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WFP_BUILD", ROOT / "build"))
CASE = re.compile(r"^(not )?ok (\d+) - (.*?)(?: # SKIP (.*))?$")
PLAN = re.compile(r"^1\.\.(\d+)$", re.M)
SECONDS = 300


def programs():
    """check_PROGRAMS as automake knows them."""
    make = subprocess.run(
        ["make", "-s", "-C", str(BUILD), "-f", "-", "print"],
        input="include Makefile\nprint:\n\t@echo $(check_PROGRAMS)\n",
        text=True, capture_output=True, check=False)
    return [BUILD / name for name in make.stdout.split()]


def run(program):
    """(cases, what is wrong with the run as a whole) of one program."""
    if not program.is_file():
        return [], f"{program.name} is not built"
    try:
        done = subprocess.run([str(program)], cwd=BUILD, text=True,
                              capture_output=True, timeout=SECONDS,
                              errors="replace", check=False,
                              env={**os.environ, "srcdir": str(ROOT)})
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


def pytest_generate_tests(metafunc):
    """Collect: run every program once."""
    if "tap_case" not in metafunc.fixturenames:
        return
    rows, ids = [], []
    for program in programs():
        cases, wrong = run(program)
        for match, notes in cases:
            rows.append((not match[1], match[4], notes))
            ids.append(f"{program.name}-{match[3].replace(' ', '_')}")
        rows.append((not wrong, None, wrong))
        ids.append(f"{program.name}-whole_run")
    metafunc.parametrize("tap_case", rows, ids=ids)


def test_010_01_case(tap_case):
    passed, skipped, notes = tap_case
    if skipped:
        pytest.skip(skipped)
    assert passed, notes


def test_010_02_there_are_programs():
    assert programs(), f"no unit test programs in {BUILD}"
