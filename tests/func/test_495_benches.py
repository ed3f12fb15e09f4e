# SPDX-License-Identifier: Apache-2.0
"""The measuring programs still run and print what their readers expect. What
they measure is not looked at: a test's machine is busy."""

import os
import re
import subprocess
import sys

import pytest

from wfptest.tap import ROOT

pytestmark = pytest.mark.one_mpm

SECONDS = 600


def run(build, program, *args):
    """Standard output of a program of bench/."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / program), "--build", str(build),
         *args], text=True, capture_output=True, timeout=SECONDS, check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


class TestBenches:
    def test_495_01_soak(self, build, tmp_path):
        out = run(build, "soak.py", "--requests", "300", "--attacks", "20",
                  "--seed", "7", "--no-memory", "--out", str(tmp_path / "soak.md"))
        assert out.rstrip().endswith("soak passed")
        text = (tmp_path / "soak.md").read_text()
        assert re.search(r"300 requests, a third of them attacks", text)
        assert "| no child lost | yes |" in text
        assert "NO" not in text

    def test_495_02_metering(self, build, tmp_path):
        run(build, "metering.py", "--quick", "--out",
            str(tmp_path / "metering.md"))
        text = (tmp_path / "metering.md").read_text()
        assert len(re.findall(r"\| (?:reached|missed)", text)) == 8
        assert "| isolates warm in one process | 100 |" in text
        assert "nan" not in text

    def test_495_03_noisy_neighbour(self, build, tmp_path):
        run(build, "neighbour.py", "--quick", "--out",
            str(tmp_path / "neighbour.md"))
        text = (tmp_path / "neighbour.md").read_text()
        assert len(re.findall(r"\| (?:reached|missed)", text)) == 4
        assert "the old child ended after" in text

    def test_495_04_waiting(self, build, tmp_path):
        run(build, "waiting.py", "--rounds", "1", "--seconds", "1",
            "--clients", "50", "--out", str(tmp_path / "waiting.md"))
        text = (tmp_path / "waiting.md").read_text()
        assert len(re.findall(r"\| (?:reached|missed)", text)) == 3
        assert "| fetch: errors | 0 |" in text

    def test_495_05_control(self, build, tmp_path):
        run(build, "control.py", "--seconds", "1", "--workers", "1500",
            "--deploys", "3", "--out", str(tmp_path / "control.md"))
        text = (tmp_path / "control.md").read_text()
        assert len(re.findall(r"\| (?:reached|missed)", text)) == 9
        for name in ("SQLite", "PostgreSQL"):
            assert f"| {name}: calls that failed | 0 |" in text

    def test_495_06_assets(self, build, tmp_path):
        run(build, "assets.py", "--rounds", "1", "--seconds", "1", "--out",
            str(tmp_path / "assets.md"))
        text = (tmp_path / "assets.md").read_text()
        assert len(re.findall(r"\| (?:reached|missed)", text)) == 3

    def test_495_08_seeing(self, build, tmp_path):
        run(build, "seeing.py", "--rounds", "1", "--seconds", "1", "--out",
            str(tmp_path / "seeing.md"))
        text = (tmp_path / "seeing.md").read_text()
        assert len(re.findall(r"\| (?:reached|missed)", text)) == 1

    def test_495_07_admin(self, build, tmp_path):
        run(build, "admin.py", "--rounds", "1", "--workers", "150",
            "--things", "3", "--out",
            str(tmp_path / "admin.md"))
        text = (tmp_path / "admin.md").read_text()
        assert len(re.findall(r"\| (?:reached|missed)", text)) == 10
        assert "| overview, cold | PostgreSQL |" in text
