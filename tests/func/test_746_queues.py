# SPDX-License-Identifier: Apache-2.0
"""Queues for Workers: what Cloudflare documents, case by case."""

import json
import pathlib
import re

import pytest

from wfptest.api import LOCATION
from wfptest.lua import worker
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm
PRODUCER = (pathlib.Path(__file__).parents[1] / "scripts"
            / "producer.lua").read_text()


class Producer:
    """A queue that is pulled, and a Worker that sends what a test says."""

    def __init__(self, queue, tenant, *options):
        self.queue = queue
        queue.consume()
        self.worker = tenant.deploy(PRODUCER, *queue.binding, *options)

    def calls(self, *calls):
        answer = self.worker.post(json.dumps(calls).encode())
        assert answer.status == 200, answer
        return answer.json

    def send(self, *args, op="send", **more):
        """What one call gave."""
        return self.calls({"op": op, "args": args, **more})[0]


@pytest.fixture
def producer(queue, tenant):
    return Producer(queue(), tenant)


def queue_error(text):
    return {"error": text, "name": "Error", "code": "queue_error"}


def type_error(text):
    return {"error": text, "name": "TypeError"}


TOO_LONG = "must be a whole number from 0 to 43200"


class TestSend:
    @pytest.mark.parametrize("body", [
        "text", 7, 1.5, True, {"a": [1, {"b": "ü"}]}, [1, 2], "", {}])
    def test_746_01_json(self, producer, body):
        assert producer.send(body) == "sent"
        got, = producer.queue.pull()
        assert (got["body"], got["kind"], got["attempts"]) == (body, "json", 1)
        assert len(got["id"]) == 32

    def test_746_02_text_and_bytes(self, producer):
        assert producer.send("wörd\n", {"contentType": "text"}) == "sent"
        assert producer.send("00ff80", {"contentType": "BYTES"},
                             hex=True) == "sent"
        got = [(each["kind"], each["body"]) for each in producer.queue.pull()]
        assert got == [("text", "wörd\n"), ("bytes", b"\0\xff\x80")]

    @pytest.mark.parametrize("args,told", [
        ((None,), "Message body cannot be undefined"),
        ((7, {"contentType": "text"}), 'Content Type "text" requires a value '
         "of type string, but received: number"),
        (({}, {"contentType": "bytes"}), 'Content Type "bytes" requires a '
         "value of type string, but received: table"),
        ((7, {"contentType": "v8"}),
         "Unsupported queue message content type: v8"),
        ((7, {"contentType": "xml"}),
         "Unsupported queue message content type: xml"),
        ((7, {"contentType": 7}),
         "Unsupported queue message content type: number"),
        ((7, 7), "options must be a table")])
    def test_746_03_type_errors(self, producer, args, told):
        assert producer.send(*args) == type_error(told)
        assert producer.queue.backlog == 0

    def test_746_04_text_is_utf8(self, producer):
        told = producer.send("ff", {"contentType": "text"}, hex=True)
        assert told == type_error('Content Type "text" requires well-formed '
                                  "UTF-8")

    @pytest.mark.parametrize("delay", [-1, 43201, 1.5, "soon", 1e30])
    def test_746_05_delays_that_may_not_be(self, producer, delay):
        assert producer.send(7, {"delaySeconds": delay}) == queue_error(
            f"Queue send failed: delaySeconds {TOO_LONG}")

    def test_746_06_delay(self, producer):
        assert producer.calls(
            {"op": "send", "args": ["later", {"delaySeconds": 43200}]},
            {"op": "send", "args": ["now", {"delaySeconds": 0}]}) == \
            ["sent", "sent"]
        assert [each["body"] for each in producer.queue.pull()] == ["now"]
        assert producer.queue.backlog == 2

    def test_746_07_the_queues_own_delay(self, queue, tenant):
        made = Producer(queue(delivery_delay=600), tenant)
        assert made.send("later") == "sent"
        assert made.send("now", {"delaySeconds": 0}) == "sent"
        assert [each["body"] for each in made.queue.pull()] == ["now"]

    def test_746_08_largest(self, producer):
        text = {"contentType": "text"}
        assert producer.send(None, text, fill=128000) == "sent"
        assert producer.send(None, text, fill=128001) == queue_error(
            "Queue send failed: message length of 128001 bytes exceeds limit "
            "of 128000")
        # as JSON it has quotes
        assert producer.send(None, fill=127998) == "sent"
        assert producer.send(None, fill=127999) == queue_error(
            "Queue send failed: message length of 128001 bytes exceeds limit "
            "of 128000")
        assert producer.queue.backlog == 2


class TestSendBatch:
    def test_746_10_all_kinds(self, producer):
        batch = [{"body": 1}, {"body": "two", "contentType": "text"},
                 {"body": {"three": 3}, "delaySeconds": 100}]
        assert producer.send(batch, op="sendBatch") == "sent"
        assert [each["body"] for each in producer.queue.pull()] == [1, "two"]
        assert producer.queue.backlog == 3

    def test_746_11_delay_of_all(self, producer):
        batch = [{"body": 1}, {"body": 2, "delaySeconds": 0}]
        assert producer.send(batch, {"delaySeconds": 50},
                             op="sendBatch") == "sent"
        assert [each["body"] for each in producer.queue.pull()] == [2]

    @pytest.mark.parametrize("batch,told", [
        ([], "sendBatch() requires at least one message"),
        (7, "sendBatch: the messages must be an array"),
        ([7], "sendBatch: message 1 must be a table, got number"),
        ([{"body": 1}, {}], "Message body cannot be undefined"),
        ([{"body": 1}, {"body": 1, "contentType": "v8"}],
         "Unsupported queue message content type: v8")])
    def test_746_12_all_or_nothing(self, producer, batch, told):
        assert producer.send(batch, op="sendBatch") == type_error(told)
        assert producer.queue.backlog == 0

    @pytest.mark.parametrize("batch,told", [
        ([{"body": 1}] * 101,
         "batch message count of 101 exceeds limit of 100"),
        ([{"body": 1}, {"body": "x" * 128000}],
         "message in batch has length 128002 bytes which exceeds single "
         "message size limit of 128000"),
        ([{"body": "x" * 99998}] * 3,
         "batch size of 300000 bytes exceeds limit of 256000")])
    def test_746_13_limits(self, producer, batch, told):
        assert producer.send(batch, op="sendBatch") == queue_error(
            f"Queue sendBatch failed: {told}")
        assert producer.queue.backlog == 0

    def test_746_14_a_hundred(self, producer):
        batch = [{"body": n} for n in range(100)]
        assert producer.send(batch, op="sendBatch") == "sent"
        got = producer.queue.pull(batch_size=100)
        assert [each["body"] for each in got] == list(range(100))


class TestReach:
    def test_746_20_each_call_is_a_subrequest(self, queue, tenant):
        made = Producer(queue(), tenant, "--limit", "subrequests=2")
        told = made.calls(*[{"op": "send", "args": [n]} for n in range(3)])
        assert told[:2] == ["sent", "sent"]
        assert told[2]["code"] == "subrequest_limit"
        assert made.queue.backlog == 2

    def test_746_21_only_what_is_bound(self, producer, queue, tenant):
        """Names and ids of another's queue lead nowhere."""
        other = queue()
        for env in (other.name, other.id):
            told = producer.send(1, env=env)
            assert "nil" in told["error"], told
        fake = tenant.deploy(worker(f"""
            local queue = getmetatable(env.QUEUE)
            local ok, why = pcall(env.QUEUE.send, {{ name = "{other.name}",
                binding = "{other.name}" }}, 1)
            local ok2 = pcall(function() env.QUEUE.name = "{other.name}" end)
            return Response.new(tostring(queue) .. tostring(ok)
                .. tostring(ok2))"""), *producer.queue.binding)
        assert fake.get().text == "nilfalsefalse"
        assert other.backlog == 0

    def test_746_22_a_queue_that_has_gone(self, producer):
        producer.queue.remove()
        assert producer.send(1) == queue_error(
            "Queue send failed: The queue does not exist")

    def test_746_23_not_in_the_global_scope(self, queue, tenant):
        done = tenant.deploy("""
            local q
            return { fetch = function(_, env) q = env.QUEUE
                return Response.new("x") end, _ = fetch and nil }""",
                             *queue().binding)
        assert done.get().text == "x"

    def test_746_24_in_parallel(self, queue, tenant):
        one = queue()
        one.consume()
        made = tenant.deploy(worker("""
            local tasks = {}
            for i = 1, 10 do
                tasks[i] = function() env.QUEUE:send(i) return 1 end
            end
            return Response.new(select("#", parallel(table.unpack(tasks))))
            """), *one.binding)
        assert made.get().text == "10"
        got = one.pull(batch_size=100)
        assert sorted(each["body"] for each in got) == list(range(1, 11))

    def test_746_25_a_target_must_exist(self, queue, tenant):
        done = tenant.deploy(PRODUCER, "--binding", "queue:QUEUE=nobodys",
                             check=False)
        assert done.returncode == 1
        assert "the queue 'nobodys' does not exist" in done.stderr


def test_746_30_a_full_queue(httpd, api, queue, tenant):
    httpd.configure(["WfpQueueBacklog 1M", *LOCATION])
    made = Producer(queue(), tenant)
    text = {"contentType": "text"}
    told = made.calls(*[{"op": "send", "args": [None, text], "fill": 128000}
                        for _ in range(9)])
    assert told == ["sent"] * 8 + [queue_error(
        "Queue send failed: Storage Limit Exceeded")]
    # as soon as there is room it goes on
    made.queue.ack(made.queue.pull(batch_size=1)[0])
    assert made.send(None, text, fill=128000) == "sent"
    assert made.queue.backlog == 8


# Keeps what it was given in KV, and does what its messages say.
CONSUMER = """
local function told(batch, env)
    local seen = {}
    for i, m in ipairs(batch.messages) do
        seen[i] = { id = m.id, body = m.body, attempts = m.attempts,
                    timestamp = m.timestamp }
    end
    env.KV:put("batch:" .. crypto.randomUUID(), json.encode({
        queue = batch.queue, messages = seen }))
end
return {
    fetch = function(request, env) return Response.new("x") end,
    queue = function(batch, env, ctx)
        told(batch, env)
        %s
    end,
}"""


class Consumer:
    """A queue, and a Worker that consumes it; it remembers in KV."""

    def __init__(self, api, queue, tenant):
        self.api, self.tenant, self.queue = api, tenant, queue
        path = f"{api.account}/storage/kv/namespaces"
        kv = api.ok("POST", path, {"title": queue.name})["id"]
        self.kv = f"{path}/{kv}"
        self.binding = ("--binding", f"kv_namespace:KV={kv}")
        self.dead = None

    def run(self, body, *options, dead=None, ns=None, **settings):
        settings = {"max_wait_time_ms": 0, "max_retries": 2, **settings}
        self.worker = self.tenant.deploy(CONSUMER % body, *self.binding,
                                         *options,
                                         **({"ns": ns} if ns else {}))
        self.queue.consume(self.worker, dead, **settings)
        return self

    @property
    def batches(self):
        keys = self.api.ok("GET", f"{self.kv}/keys?prefix=batch:")
        return [json.loads(self.api.get(f"{self.kv}/values/{key['name']}",
                                        raw=True).body) for key in keys]

    @property
    def seen(self):
        """{body: attempts that were seen}"""
        found = {}
        for batch in self.batches:
            for each in batch["messages"]:
                body = each["body"]
                found.setdefault(body if isinstance(body, (str, int))
                                 else json.dumps(body), []).append(
                                     each["attempts"])
        return {body: sorted(found[body]) for body in found}

    def comes_to(self, **seen):
        until(lambda: self.seen == seen, f"{seen}, now {self.seen}")

    def is_empty(self):
        until(lambda: self.queue.backlog == 0, "an empty queue")


@pytest.fixture
def consumer(api, queue, tenant):
    made = Consumer(api, queue(), tenant)
    yield made
    tenant.remove_all()
    api.call("DELETE", made.kv)


class TestConsumer:
    def test_746_40_a_batch(self, consumer):
        consumer.run("")
        consumer.queue.push("a", "b")
        consumer.is_empty()
        batch, = consumer.batches
        assert batch["queue"] == consumer.queue.name
        assert [each["body"] for each in batch["messages"]] == ["a", "b"]
        for each in batch["messages"]:
            assert each["attempts"] == 1 and len(each["id"]) == 32
            assert each["timestamp"] > 1.7e12

    def test_746_41_sizes(self, consumer):
        consumer.queue.push(*[f"m{n}" for n in range(7)])
        consumer.run("", batch_size=3)
        consumer.is_empty()
        assert sorted(len(each["messages"]) for each in consumer.batches) == \
            [1, 3, 3]

    def test_746_42_a_batch_that_is_not_full_waits(self, consumer):
        consumer.run("", batch_size=3, max_wait_time_ms=60000)
        consumer.queue.push("a", "b")
        other = consumer.queue.push("c")
        assert other["metadata"]["metrics"]["backlog_count"] >= 3
        consumer.is_empty()
        batch, = consumer.batches
        assert len(batch["messages"]) == 3

    def test_746_43_an_error_is_a_retry_of_all(self, consumer):
        consumer.run('if batch.messages[1].attempts < 3 then error("no") end')
        consumer.queue.push("a", "b")
        consumer.is_empty()
        assert consumer.seen == {"a": [1, 2, 3], "b": [1, 2, 3]}

    def test_746_44_but_not_of_what_was_acknowledged(self, consumer):
        consumer.run("""
            for _, m in ipairs(batch.messages) do
                if m.body == "good" then m:ack() end
            end
            if batch.messages[1].attempts < 2 then error("no") end""")
        consumer.queue.push("good", "bad")
        consumer.is_empty()
        assert consumer.seen == {"good": [1], "bad": [1, 2]}

    def test_746_45_retry_of_one(self, consumer):
        consumer.run("""
            for _, m in ipairs(batch.messages) do
                if m.body == "again" and m.attempts < 2 then m:retry() end
            end""")
        consumer.queue.push("once", "again")
        consumer.is_empty()
        assert consumer.seen == {"once": [1], "again": [1, 2]}

    @pytest.mark.parametrize("words", [
        "m:ack() m:retry()", "m:ack() m:ack()", "batch:ackAll() m:retry()",
        "m:ack() batch:retryAll()", "batch:ackAll() batch:retryAll()",
        'm:ack() error("x")', 'batch:ackAll() error("x")'])
    def test_746_46_the_first_word_counts(self, consumer, words):
        consumer.run(f"local m = batch.messages[1] {words}")
        consumer.queue.push("a")
        consumer.is_empty()
        assert consumer.seen == {"a": [1]}

    @pytest.mark.parametrize("words", [
        "m:retry() m:ack()", "m:retry() batch:ackAll()",
        "batch:retryAll() m:ack()", "batch:retryAll() batch:ackAll()"])
    def test_746_47_so_does_a_retry(self, consumer, words):
        consumer.run(f"""
            local m = batch.messages[1]
            if m.attempts == 1 then {words} end""")
        consumer.queue.push("a")
        consumer.is_empty()
        assert consumer.seen == {"a": [1, 2]}

    def test_746_48_a_retry_later(self, consumer):
        consumer.run("batch:retryAll{ delaySeconds = 3600 }")
        consumer.queue.push("a")
        until(lambda: consumer.seen == {"a": [1]}, "the delivery")
        until(lambda: not consumer.queue.peek(), "the delay")
        assert consumer.queue.backlog == 1

    def test_746_49_the_consumers_own_delay(self, consumer):
        consumer.run('error("no")', retry_delay=3600)
        consumer.queue.push("a")
        until(lambda: consumer.seen == {"a": [1]}, "the delivery")
        until(lambda: not consumer.queue.peek(), "the delay")
        assert consumer.queue.backlog == 1

    def test_746_50_waituntil_belongs_to_it(self, consumer):
        consumer.run("""
            ctx:waitUntil(function()
                if batch.messages[1].attempts < 2 then error("late") end
            end)""")
        consumer.queue.push("a")
        consumer.is_empty()
        assert consumer.seen == {"a": [1, 2]}

    def test_746_51_all_kinds(self, consumer, tenant):
        consumer.run("""
            local m = batch.messages
            env.KV:put("kinds", m[1].body.n .. m[2].body .. #m[3].body
                .. tostring(m[1].body == m[1].body)
                .. tostring(pcall(function() m[1].body = 1 end)))""",
                     batch_size=3, max_wait_time_ms=60000)
        made = tenant.deploy(worker("""
            env.QUEUE:sendBatch{ { body = { n = 7 } },
                { body = "text", contentType = "text" },
                { body = "1234", contentType = "bytes" } }
            return Response.new("sent")"""), *consumer.queue.binding)
        assert made.get().text == "sent"
        consumer.is_empty()
        assert consumer.api.get(f"{consumer.kv}/values/kinds",
                                raw=True).text == "7text4truefalse"

    @pytest.mark.parametrize("delay", ["-1", "43201", '"soon"', "0.5"])
    def test_746_52_delays_that_may_not_be(self, consumer, delay):
        consumer.run(f"""
            local m = batch.messages[1]
            local _, why = pcall(m.retry, m, {{ delaySeconds = {delay} }})
            env.KV:put("why", why.code .. why.message)""")
        consumer.queue.push("a")
        consumer.is_empty()
        assert consumer.api.get(f"{consumer.kv}/values/why", raw=True).text == \
            f"queue_errorQueue retry failed: delaySeconds {TOO_LONG}"

    def test_746_53_lent_for_one_invocation(self, consumer):
        consumer.run("""
            if kept then
                local ok, why = pcall(kept.ack, kept)
                env.KV:put("why", tostring(why))
            end
            kept = batch.messages[1]""", batch_size=1)
        consumer.queue.push("a", "b", "c", "d", "e", "f")
        consumer.is_empty()
        assert "on behalf of a different request" in consumer.api.get(
            f"{consumer.kv}/values/why", raw=True).text

    def test_746_54_dead_letters(self, consumer, queue):
        dead = queue()
        dead.consume()
        consumer.run('error("poison")', dead=dead, max_retries=1)
        consumer.queue.push("a")
        got = until(dead.pull, "the dead letter")
        assert (got[0]["body"], got[0]["attempts"]) == ("a", 1)
        assert consumer.seen == {"a": [1, 2]}
        assert consumer.queue.backlog == 0

    def test_746_55_a_worker_without_a_handler(self, queue, tenant):
        one, dead = queue(), queue()
        one.consume(tenant.deploy("return { fetch = fetch }"), dead,
                    max_wait_time_ms=0, max_retries=0)
        one.push("a")
        until(lambda: dead.backlog == 1, "the dead letter")

    def test_746_56_an_account_worker(self, consumer):
        consumer.worker = consumer.tenant.deploy(
            CONSUMER % "", *consumer.binding, ns=None)
        consumer.queue.consume(consumer.worker, max_wait_time_ms=0)
        consumer.queue.push("a")
        consumer.is_empty()
        assert consumer.seen == {"a": [1]}

    def test_746_57_paused(self, api, consumer):
        api.ok("PATCH", consumer.queue.path,
               {"settings": {"delivery_paused": True}})
        consumer.run("")
        other = consumer.queue
        other.push("a")
        assert other.backlog == 1
        assert consumer.seen == {}
        api.ok("PATCH", other.path, {"settings": {"delivery_paused": False}})
        consumer.is_empty()
        assert consumer.seen == {"a": [1]}

    def test_746_58_limits_hold(self, consumer, queue):
        """One that loops is ended like any other, and its batch tried again."""
        dead = queue()
        consumer.run("while true do end", dead=dead, max_retries=1)
        consumer.queue.push("a")
        until(lambda: dead.backlog == 1, "the end of both tries")
        assert consumer.seen == {"a": [1, 2]}
        consumer.worker.get()

    @pytest.fixture
    def sleep(self, consumer, origin):
        """Lua that sleeps until the test has ended."""
        gate = origin.gate()
        yield f'fetch("{gate.url}")'
        gate.set()

    def test_746_59_a_loop_starves_nobody(self, queue, tenant, consumer,
                                          sleep):
        """Consumers that sleep as long as they may, more of them than would
        hold all threads if each had as many as it could use."""
        slow = tenant.deploy(f"return {{ queue = function() {sleep} end }}")
        for _ in range(4):
            one = queue()
            one.consume(slow, batch_size=1, max_wait_time_ms=0)
            one.push(*range(20))
        consumer.run("")
        for turn in range(3):
            consumer.queue.push(f"m{turn}")
            until(lambda turn=turn: f"m{turn}" in consumer.seen, "delivery",
                  20)  # before a sleeper wakes
        until(lambda: consumer.queue.backlog == 0, "an empty queue")

    @pytest.mark.parametrize("count, beside", [(8, True), (20, False)])
    def test_746_62_nor_do_many(self, queue, tenant, consumer, sleep, count,
                                beside):
        """Sleeping Workers of one namespace: eight leave threads for one
        beside them, as many as there are for one of another namespace."""
        ns = tenant.namespace()
        for _ in range(count):
            slow = tenant.deploy(f"""return {{ queue = function(batch, env)
                env.KV:put("slow:" .. batch.queue .. crypto.randomUUID(), "")
                {sleep} end }}""", *consumer.binding, ns=ns)
            one = queue()
            one.consume(slow, batch_size=1, max_wait_time_ms=0)
            one.push(*range(20))

        def asleep():
            names = [key["name"] for key in consumer.api.ok(
                "GET", f"{consumer.kv}/keys?prefix=slow:")]
            # each of them, or all threads that one namespace may have
            return len({name[:-36] for name in names}) == count \
                or len(names) == 16
        until(asleep, "all to sleep")
        consumer.run("", **({"ns": ns} if beside else {}))
        for turn in range(3):
            consumer.queue.push(f"m{turn}")
            until(lambda turn=turn: f"m{turn}" in consumer.seen, "delivery",
                  20)  # before a sleeper wakes
        until(lambda: consumer.queue.backlog == 0, "an empty queue")

    def test_746_60_a_chain(self, consumer, queue, tenant):
        """A consumer sends to another queue."""
        second = queue()
        consumer.run("")
        first = tenant.deploy("""return { queue = function(batch, env)
            for _, m in ipairs(batch.messages) do
                env.QUEUE:send(m.body .. "!")
            end
        end }""", *consumer.queue.binding)
        second.consume(first, max_wait_time_ms=0)
        second.push("a")
        until(lambda: consumer.seen == {"a!": [1]}, "the second queue")

    def test_746_61_the_example_of_the_page(self, consumer):
        page = pathlib.Path(__file__).parents[2] / "docs/worker-api/queue.md"
        text = re.findall(r"^```lua\n(.*?)^```", page.read_text(),
                          re.M | re.S)[-1]
        made = consumer.tenant.deploy(text, *consumer.binding,
                                      *consumer.queue.binding)
        consumer.queue.consume(made, max_wait_time_ms=0)
        assert made.get().text == "sent"
        consumer.is_empty()
        assert len(consumer.api.get(f"{consumer.kv}/values/order:7",
                                    raw=True).text) == 32


@pytest.fixture(scope="module", autouse=True)
def _ends(httpd):
    """Consumers that sleep end with the server."""
    yield
    httpd.stop()
