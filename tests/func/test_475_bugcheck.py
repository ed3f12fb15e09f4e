# SPDX-License-Identifier: Apache-2.0
"""The start-up check of the linked liblua."""

import pathlib
import re

import pytest

from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = re.findall(r'\{ "([a-z-]+)",', (
    ROOT / "lua_runtime/bugcheck.c").read_text())


def states(pids):
    """State letters of processes that are there."""
    found = set()
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/status").read_text()
            found.add(re.search(r"^State:\s(\w)", text, re.M)[1])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


class TestBugcheck:
    """What the log says about liblua."""

    def test_475_01_told_at_each_start(self, httpd):
        httpd.stop()
        httpd.log.begin()
        httpd.configure([])
        line = httpd.log.wait_for("WFP0308")
        told = line.split("reach: ")[1]
        assert told == "none found" or all(
            name in NAMES for name in re.split(", |; not decided: ", told))
        httpd.graceful()
        assert len([x for x in httpd.log.lines() if "WFP0308" in x]) == 2

    def test_475_02_no_process_is_left(self, httpd):
        httpd.configure([])
        # children of an older generation may be just ending
        until(lambda: "Z" not in states(httpd.children()), "no zombie")

    def test_475_03_every_name_is_explained(self):
        page = (ROOT / "docs/operations/log-tags.md").read_text()
        assert NAMES and all(f"| `{name}` |" in page for name in NAMES)
