# SPDX-License-Identifier: Apache-2.0
"""Queues for Workers: what Cloudflare documents, case by case."""

import json
import pathlib

import pytest

from wfptest.api import LOCATION
from wfptest.lua import worker

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
