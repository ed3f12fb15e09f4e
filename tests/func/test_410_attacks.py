# SPDX-License-Identifier: Apache-2.0
"""Scripts that attack, each with its outcome in its header, through the whole
server: scripts/attacks/GROUP/NAME.lua.

    -- what it tries
    -- outcome: cpu or exception
    -- limit: cpu_ms=500            (only where honest work needs more than CONF)

Outcomes: cpu (a CPU, instruction or wall limit), memory, startup, exception,
invalid_response, refused (by the deploy), held (answers a text that begins so),
torn (the answer breaks off). Those in nested/ are asked through a dispatcher.
A text that begins with ESCAPED, a crash, a late answer, a thread less or more
and a neighbour that suffers are never fine.

A line "-- file: NAME" begins another module. All scripts run under the event
MPM; some of each group under the others, and some over HTTP/2, whose requests
run on threads of mod_http2.
"""

import http.client
import os
import re
import threading
import time

import pytest

from wfptest.attacks import NAMES, read
from wfptest.client import Client
from wfptest.lua import says, worker as fetches
from wfptest.tenant import Tenant, Worker
from wfptest.wait import until

PLENTY = ("--limit", "instructions=1000000000000")
LIMITS = {"cpu_limit": "cpu", "instruction_limit": "cpu", "wall_limit": "cpu",
          "memory_limit": "memory", "startup_limit": "startup"}
# the CPU limit, what a busy machine adds, and what it costs to start
SECONDS = 20


SOME, FEW = 4, 6  # one of so many
CONF = ["WfpLimit cpu_ms 100", "WfpLimit memory_mb 32", "WfpCoolDown off"]


def outcome(ask):
    try:
        answer = ask()
    except http.client.IncompleteRead:
        return "torn"
    if answer is None:  # over HTTP/2
        return "torn"
    if answer.error:
        return LIMITS.get(answer.error, answer.error)
    assert answer.status == 200, answer
    assert not answer.text.startswith("ESCAPED"), answer.text
    return "held" if answer.text.startswith("held") else answer.text


def threads(httpd):
    """Threads of each child; without those that just end."""
    counts = {}
    for pid in httpd.children():
        try:
            counts[pid] = len(os.listdir(f"/proc/{pid}/task"))
        except OSError:
            pass
    return counts


def settle(httpd):
    """Children start their threads one by one. @return how many each has"""
    seen = []

    def is_same():
        seen.append(set(threads(httpd).values()))
        return len(seen) > 1 and seen[-1] == seen[-2] and len(seen[-1]) == 1
    until(is_same, "the children to have their threads", pause=.1)
    return seen[-1]


# What a user Worker's error is at its dispatcher: plain data, whatever it was.
DISPATCHER = """
    local name = URL.new(request.url).pathname:match("([^/]+)/$")
    local ok, e = pcall(function()
        return env.D:get(name, { plan = "x" }):fetch(request)
    end)
    if ok then return e end
    for k, v in pairs(e) do
        if type(k) ~= "string" or type(v) ~= "string" and math.type(v) == nil
            or #tostring(v) > 10000 then
            return Response.new("ESCAPED: " .. k .. " is a " .. type(v))
        end
    end
    if not tostring(e):find(e.message, 1, true) then
        return Response.new("ESCAPED: " .. tostring(e))
    end
    error(e)"""


class Nested(Worker):
    """A user Worker that is asked through the dispatcher."""

    @property
    def path(self):
        return f"/_ns/{self.ns}/attack-front/{self.name}"


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure(CONF)


@pytest.fixture(scope="module")
def tenants(httpd):
    """Deploys for the whole module: a few hundred deletions less."""
    return Tenant(httpd, Client(httpd.port))


@pytest.fixture(scope="module")
def neighbour(httpd, tenants):
    httpd.configure(CONF)
    worker = tenants.deploy(says('"fine"'))
    assert worker.get().text == "fine"
    return worker


@pytest.fixture(scope="module")
def each_has(httpd, neighbour):
    """Threads of a child at rest."""
    return settle(httpd)


@pytest.fixture(scope="module")
def front(tenants):
    tenants.deploy(fetches(DISPATCHER), "--binding",
                   "dispatch_namespace:D=demo", *PLENTY, name="attack-front")


@pytest.fixture(scope="module")
def deployed(tenants, front):
    """Deploys a script once: (Worker or None when refused, fine outcomes)."""
    done = {}

    def deploy(name):
        if name not in done:
            files, fine, options = read(name)
            kind = Nested if name.startswith("nested/") else Worker
            worker = kind(tenants.client, "demo",
                          "attack-" + re.sub(r"\W|_", "-", name))
            ran = tenants.deploy(files, *PLENTY, *options, check=False,
                                 name=worker.name)
            if ran.returncode:
                assert "refused" in fine or "startup" in fine, ran.stderr
                worker = None
            done[name] = worker, fine
        return done[name]
    return deploy


def ends_as_it_says(ask, fine):
    for _ in range(2):  # the second time in an isolate that may be warm
        start = time.monotonic()
        assert outcome(ask) in fine
        assert time.monotonic() - start < SECONDS


class TestAttacks:
    @pytest.mark.parametrize("number, name", enumerate(NAMES))
    def test_410_01_ends_as_it_says(self, httpd, deployed, neighbour, each_has,
                                    number, name):
        if httpd.mpm != "event" and number % SOME:
            pytest.skip("under event")
        before = set(httpd.children())
        worker, fine = deployed(name)
        if not worker:
            return
        ends_as_it_says(worker.get, fine)
        assert neighbour.get().text == "fine"
        assert before <= set(httpd.children())
        # prefork may be starting another child
        until(lambda: set(threads(httpd).values()) == each_has,
              "as many threads as before")

    def test_410_02_every_group_is_there(self):
        groups = {name.split("/")[0] for name in NAMES}
        assert groups == {"benign", "crash", "escape", "html", "library",
                          "loops", "memory", "modules", "nested", "objects",
                          "streams"}
        assert len(NAMES) >= 400

    @pytest.mark.parametrize("name", NAMES[::FEW])
    def test_410_03_over_http2(self, httpd, client, deployed, neighbour, name):
        if httpd.mpm == "prefork":
            pytest.skip("mod_http2 does not serve under prefork")
        worker, fine = deployed(name)
        if not worker:
            return
        before = set(httpd.children())
        ends_as_it_says(lambda: client.h2(worker.path + "/",
                                          check=False), fine)
        assert client.h2(neighbour.path + "/").text == "fine"
        assert before <= set(httpd.children())

    def test_410_04_isolates_of_one_worker(self, deployed):
        """Asked at the same time: no isolate has two requests at once."""
        worker, _ = deployed("nested/two_isolates")
        seen = []

        def ask():
            for _ in range(5):
                seen.append(outcome(worker.get))
        asking = [threading.Thread(target=ask) for _ in range(6)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        assert seen == ["held"] * 30
