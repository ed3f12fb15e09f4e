# SPDX-License-Identifier: Apache-2.0
"""Every compiled unit test: each TAP line is a case here.

The programs are asked for their cases when pytest collects, by running them:
one run a program, whose lines the cases then look up.
"""

import subprocess

import pytest

from wfptest import tap

BUILD = tap.BUILD


def programs():
    """check_PROGRAMS as automake knows them."""
    make = subprocess.run(
        ["make", "-s", "-C", str(BUILD), "-f", "-", "print"],
        input="include Makefile\nprint:\n\t@echo $(check_PROGRAMS)\n",
        text=True, capture_output=True, check=False)
    return [BUILD / name for name in make.stdout.split()]


def pytest_generate_tests(metafunc):
    """Collect: run every program once."""
    if "tap_case" not in metafunc.fixturenames:
        return
    found = [row for program in programs()
             for row in tap.rows(program, program.name)]
    metafunc.parametrize("tap_case", [row[1:] for row in found],
                         ids=[row[0] for row in found])


def test_010_01_case(tap_case):
    passed, skipped, notes = tap_case
    if skipped:
        pytest.skip(skipped)
    assert passed, notes


def test_010_02_there_are_programs():
    assert programs(), f"no unit test programs in {BUILD}"
