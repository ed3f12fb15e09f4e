# SPDX-License-Identifier: Apache-2.0
"""Scripts that attack, each with its outcome in its header, through the whole
server: scripts/attacks/GROUP/NAME.lua.

    -- what it tries
    -- outcome: cpu or exception

Outcomes: cpu (a CPU, instruction or wall limit), memory, startup, exception,
invalid_response, refused (by the deploy), held (answers a text that begins so).
A text that begins with ESCAPED, a crash, a late answer and a neighbour that
suffers are never fine.
"""

import re
import time

import pytest

from wfptest.client import Client
from wfptest.lua import SCRIPTS, says
from wfptest.tenant import Tenant, Worker

ATTACKS = SCRIPTS / "attacks"
NAMES = sorted(str(p.relative_to(ATTACKS))[:-4]
               for p in ATTACKS.glob("*/*.lua"))
PLENTY = ("--limit", "instructions=1000000000000")
LIMITS = {"cpu_limit": "cpu", "instruction_limit": "cpu", "wall_limit": "cpu",
          "memory_limit": "memory", "startup_limit": "startup"}
# the CPU limit, what a busy machine adds, and what it costs to start
SECONDS = 5


def read(name):
    """(source, outcomes that are fine)"""
    text = (ATTACKS / f"{name}.lua").read_text(encoding="utf-8")
    header = re.match(r"-- .+\n-- outcome: (.+)\n", text)
    assert header, f"{name} does not say its outcome"
    return text, header[1].split(" or ")


def outcome(answer):
    if answer.error:
        return LIMITS.get(answer.error, answer.error)
    assert answer.status == 200, answer
    assert not answer.text.startswith("ESCAPED"), answer.text
    return "held" if answer.text.startswith("held") else answer.text


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure(["WfpLimit cpu_ms 100", "WfpLimit memory_mb 32",
                     "WfpCoolDown off"])


@pytest.fixture(scope="module")
def tenants(httpd):
    """Deploys for the whole module: a few hundred deletions less."""
    return Tenant(httpd, Client(httpd.port))


@pytest.fixture(scope="module")
def neighbour(tenants):
    return tenants.deploy(says('"fine"'))


class TestAttacks:
    @pytest.mark.parametrize("name", NAMES)
    def test_410_01_ends_as_it_says(self, tenants, neighbour, client, name):
        source, fine = read(name)
        worker = Worker(client, "demo", "attack-" + re.sub(r"\W|_", "-", name))
        done = tenants.deploy(source, *PLENTY, check=False, name=worker.name)
        if done.returncode:
            assert "refused" in fine or "startup" in fine, done.stderr
            return
        for _ in range(2):  # the second time in an isolate that may be warm
            start = time.monotonic()
            assert outcome(worker.get()) in fine
            assert time.monotonic() - start < SECONDS
        assert neighbour.get().text == "fine"

    def test_410_02_every_group_is_there(self):
        groups = {name.split("/")[0] for name in NAMES}
        assert groups == {"benign", "crash", "escape", "library", "loops",
                          "memory"}
