# SPDX-License-Identifier: Apache-2.0
"""Who runs what no request asked for: one child of one server."""

import os
import re
import signal

import pytest

from wfptest.hosts import Hosts
from wfptest.process import kill_now
from wfptest.wait import until

BEGINS = re.compile(r"\[pid (\d+).*WFP2904.*the runner, number (\d+)")
ENDS = re.compile(r"\[pid (\d+).*WFP2905")


FROM = {}  # of a server's log: what other tests left is no concern here


def runners(server):
    """(pid, number) of each that began, the latest last."""
    return [(int(pid), int(number)) for pid, number in
            BEGINS.findall(server.log.text(FROM.get(server, 0)))]


def has_ended(server, pid):
    return str(pid) in ENDS.findall(server.log.text(0))


def next_runner(server, number):
    """The first whose number is greater."""
    return until(lambda: next((r for r in runners(server) if r[1] > number),
                              None), f"a runner after {number}")


@pytest.fixture(scope="module", autouse=True)
def _conf(httpd):
    httpd.stop()
    FROM[httpd] = httpd.log.size()
    httpd.configure(["# of the runner"])
    yield
    httpd.stop()


def kill(httpd, pid):
    """A child dies; what httpd says of it is no fault."""
    httpd.log.expect("AH00052")
    kill_now(pid)


def stopped(pid):
    """Stops a child, except where it holds what every host waits for."""
    os.kill(pid, signal.SIGSTOP)
    until(lambda: state(pid) == "T", "it to stop")
    with open("/proc/locks", encoding="ascii") as locks:
        held = any(line.split()[3:5] == ["WRITE", str(pid)] for line in locks)
    if held:
        os.kill(pid, signal.SIGCONT)
    return not held


def state(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return stat.read().rpartition(")")[2].split()[0]


class TestOneServer:
    """Children of one server."""

    def test_742_01_one_child_is_it(self, httpd):
        pid, _ = next_runner(httpd, 0)
        assert pid in httpd.children()

    def test_742_02_a_killed_one_is_replaced(self, httpd):
        pid, number = runners(httpd)[-1]
        kill(httpd, pid)
        after, greater = next_runner(httpd, number)
        assert after != pid
        assert greater > number

    def test_742_03_at_a_graceful_restart_it_is_handed_on(self, httpd):
        pid, number = runners(httpd)[-1]
        httpd.graceful()
        after, greater = next_runner(httpd, number)
        assert after != pid and greater > number
        until(lambda: has_ended(httpd, pid), "the old one to give it back")

    def test_742_04_a_stopped_one_loses_it(self, httpd):
        """It wakes up with a fence that is no good any more."""
        pid, number = runners(httpd)[-1]
        until(lambda: stopped(pid), "a moment without a lock of SQLite's")
        try:
            after, _ = next_runner(httpd, number)
            assert after != pid
        finally:
            os.kill(pid, signal.SIGCONT)
        until(lambda: has_ended(httpd, pid), "the old one to notice")

    def test_742_05_a_stop_gives_it_back(self, httpd):
        pid, number = runners(httpd)[-1]
        httpd.stop()
        assert has_ended(httpd, pid)
        httpd.start()
        assert next_runner(httpd, number)[1] == number + 1


@pytest.fixture(scope="module")
def hosts(build, tmp_path_factory, origin):
    made = Hosts(build, tmp_path_factory.mktemp("runner"), origin, pgsql=True,
                 count=2)
    made.start(())
    yield made
    made.remove()


@pytest.mark.one_mpm
class TestTwoServers:
    """Of one PostgreSQL."""

    def test_742_20_one_server_has_it(self, hosts):
        first, second = hosts.servers
        until(lambda: runners(first) or runners(second), "a runner")
        one, other = (first, second) if runners(first) else (second, first)
        pid, number = runners(one)[-1]
        # the other asks every second: more than that goes by here
        one.graceful()
        until(lambda: has_ended(one, pid), "it to give it back")
        until(lambda: max(n for _, n in runners(one) + runners(other)) > number,
              "the next one")
        numbers = [n for s in (one, other) for _, n in runners(s)]
        assert len(numbers) == len(set(numbers))

    def test_742_21_another_server_takes_over(self, hosts):
        first, second = hosts.servers
        last = {server: (runners(server) or [(0, 0)])[-1][1]
                for server in hosts.servers}
        one, other = (first, second) if last[first] > last[second] \
            else (second, first)
        os.killpg(one.process.pid, signal.SIGKILL)
        one.process.wait()
        pid, number = next_runner(other, last[one])
        assert pid in other.children()
        assert number == last[one] + 1
