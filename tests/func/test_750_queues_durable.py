# SPDX-License-Identifier: Apache-2.0
"""Queues while processes are killed: what was sent comes, at least once."""

import os
import re
import signal
import socket
import threading

import pytest

from wfptest.api import LOCATION
from wfptest.records import Records
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm
RUNNER = re.compile(r"\[pid (\d+).*WFP2904.*the runner, number (\d+)")

SCRIPT = """return {
    fetch = function(request, env)
        local n = request.headers:get("n")
        env.QUEUE:send(n .. ("."):rep(200))
        return Response.new("sent")
    end,
    queue = function(batch, env)
        for _, m in ipairs(batch.messages) do
            local n = m.body:match("^[^.]+")
            if #m.body ~= #n + 200 then error("torn") end
            env.KV:put(n, tostring(m.attempts))
            if n:find("poison") then m:retry() end
        end
    end,
}"""


class Senders:
    """Clients that send one message after the other."""

    def __init__(self, worker, count=3):
        self.worker, self.done = worker, []
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.send, args=(n,))
                        for n in range(count)]

    def send(self, number):
        turn = 0
        while not self.ending.wait(0.02):
            turn += 1
            kind = "poison" if turn % 10 == 0 else "good"
            name = f"{kind}-{number}-{turn}-{id(self)}"
            try:
                answer = self.worker.get(headers=[("n", name)])
                if (answer.status, answer.text) == (200, "sent"):
                    self.done.append(name)
            except Exception:  # the server went away: nothing was promised
                continue

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.more(10)
        return self

    def more(self, count):
        wanted = len(self.done) + count
        until(lambda: len(self.done) >= wanted, "sends")

    def __exit__(self, *what):
        self.ending.set()
        for thread in self.threads:
            thread.join()


class World:
    """A Worker that sends to a queue and consumes it; poison goes to another."""

    def __init__(self, api, queue, tenant):
        self.api, self.queue, self.dead = api, queue(), queue()
        path = f"{api.account}/storage/kv/namespaces"
        number = api.ok("POST", path, {"title": self.queue.name})["id"]
        self.kv = f"{path}/{number}"
        self.worker = tenant.deploy(
            SCRIPT, *self.queue.binding, "--binding",
            f"kv_namespace:KV={number}", "--limit", "subrequests=1000")
        self.queue.consume(self.worker, self.dead, max_wait_time_ms=0,
                           max_retries=1, batch_size=10)

    def seen(self):
        """Names that were delivered."""
        found, cursor = set(), ""
        while True:
            answer = self.api.call(
                "GET", f"{self.kv}/keys?limit=1000&cursor={cursor}")
            found |= {each["name"] for each in answer.json["result"]}
            cursor = answer.json["result_info"]["cursor"]
            if not cursor:
                return found

    def check(self, sent):
        """All that was promised came, and what failed is a dead letter."""
        until(lambda: self.queue.backlog == 0, "an empty queue", 90)
        assert set(sent) - self.seen() == set()
        poison = {name for name in sent if "poison" in name}
        self.dead.consume()
        buried = set()
        while True:
            got = self.dead.pull(batch_size=100)
            if not got:
                break
            buried |= {each["body"].partition(".")[0] for each in got}
            self.dead.ack(*got)
        assert poison - buried == set()
        assert all("poison" in name for name in buried)


@pytest.fixture
def world(api, queue, tenant):
    made = World(api, queue, tenant)
    yield made
    tenant.remove_all()
    api.call("DELETE", made.kv)


def runner(httpd):
    """pid of the child that delivers."""
    return int(RUNNER.findall(httpd.log.text(0))[-1][0])


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def test_750_01_the_runner_is_killed(httpd, world):
    with Senders(world.worker) as senders:
        for _ in range(3):
            victim = until(lambda: next((pid for pid in [runner(httpd)]
                                         if pid in httpd.children()), None),
                           "a runner")
            senders.more(10)
            httpd.log.expect("AH00052")
            os.kill(victim, signal.SIGKILL)
            until(lambda victim=victim: runner(httpd) != victim,
                  "another runner")
            senders.more(5)
    world.check(senders.done)


def test_750_02_all_are_killed_at_once(httpd, world):
    with Senders(world.worker) as senders:
        senders.more(20)
        httpd.log.expect("AH00098")
        os.killpg(httpd.process.pid, signal.SIGKILL)
        httpd.process.wait()
        until(lambda: not is_open(httpd.port), "the end of all")
    httpd.start()
    world.check(senders.done)


def test_750_03_a_graceful_restart_loses_nothing(httpd, world):
    with Senders(world.worker) as senders:
        for _ in range(2):
            senders.more(10)
            httpd.graceful()
    world.check(senders.done)


def test_750_04_what_is_said_of_a_delivery(httpd, api, queue, tenant):
    httpd.configure([*LOCATION, Records.LINE])
    records = Records(httpd)
    one = queue()
    made = tenant.deploy("""return { queue = function(batch)
        console.log("got", batch.messages[1].body) error("no") end }""")
    one.consume(made, max_wait_time_ms=0, max_retries=0)
    one.push("a")
    record = records.of(made.name)
    assert record["event"] == {"queue": one.name, "batchSize": 1}
    assert record["dispatchNamespace"] == "demo"
    assert record["outcome"] == "exception"
    assert record["logs"][0]["message"] == ["got a"]
    assert record["exceptions"][0]["message"].endswith("no")
    assert len(record["requestId"]) == 32
