# SPDX-License-Identifier: Apache-2.0
"""Queues by the REST API, and by wrangler."""

import uuid

import pytest

from wfptest.clients import Wrangler
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm
NONE = "0" * 32
SCRIPT = "return { fetch = fetch, queue = function() end }"


class TestQueues:
    def test_748_01_life(self, api, queue):
        one = queue()
        got = api.ok("GET", one.path)
        assert got["queue_name"] == one.name
        assert got["settings"] == {
            "delivery_delay": 0, "delivery_paused": False,
            "message_retention_period": 345600}
        assert got["consumers"] == got["producers"] == []
        assert one.id in [each["queue_id"] for each in
                          api.ok("GET", f"{one.all}?per_page=100")]
        assert api.ok("DELETE", one.path) is None
        for method in ("GET", "DELETE"):
            assert api.refused(method, one.path) == (404, 11000)

    def test_748_02_by_name(self, api, queue):
        one, two = queue(), queue()

        def named(*names):
            query = "&".join(f"name={name}" for name in names)
            return [each["queue_id"] for each in
                    api.ok("GET", f"{one.all}?page=1&{query}")]
        assert named(one.name) == [one.id]
        assert named(two.name, "nobodys", one.name) == [two.id, one.id]
        assert named("nobodys") == []

    @pytest.mark.parametrize("body,code", [
        ({}, 100128), ({"queue_name": ""}, 100128),
        ({"queue_name": "a b"}, 100128), ({"queue_name": "x" * 64}, 100128),
        ({"queue_name": 7}, 100128),
        ({"queue_name": "q", "jurisdiction": "eu"}, 100128),
        ({"queue_name": "q", "settings": 7}, 100128),
        ({"queue_name": "q", "settings": {"delivery_delay": -1}}, 100128),
        ({"queue_name": "q", "settings": {"delivery_delay": 43201}}, 100128),
        ({"queue_name": "q", "settings": {"delivery_delay": "1"}}, 100128),
        ({"queue_name": "q", "settings": {"delivery_paused": 1}}, 100128),
        ({"queue_name": "q", "settings":
          {"message_retention_period": 59}}, 100128),
        ({"queue_name": "q", "settings":
          {"message_retention_period": 1209601}}, 100128)])
    def test_748_03_what_may_not_be(self, api, body, code):
        assert api.refused("POST", f"{api.account}/queues", body) == \
            (400, code)
        assert api.ok("GET", f"{api.account}/queues?name=q") == []

    def test_748_04_a_name_is_taken_once(self, api, queue):
        one = queue()
        assert api.refused("POST", one.all, {"queue_name": one.name}) == \
            (400, 11009)

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_748_05_settings(self, api, queue, method):
        one = queue(delivery_delay=5)
        got = api.ok(method, one.path, {
            "queue_name": one.name, "settings": {"delivery_paused": True}})
        assert got["settings"] == {
            "delivery_delay": 5, "delivery_paused": True,
            "message_retention_period": 345600}
        assert api.refused(method, one.path, {"queue_name": "other"}) == \
            (400, 100128)

    def test_748_06_producers(self, api, queue, tenant):
        one = queue()
        made = tenant.deploy(SCRIPT, *one.binding)
        got = api.ok("GET", one.path)
        assert got["producers"] == [{
            "type": "worker", "script": made.name, "dispatch_namespace":
            "demo"}]
        assert got["producers_total_count"] == 1

    def test_748_07_roles(self, api, queue):
        one = queue()
        reader, _ = api.with_token("--role", "read")
        assert reader.ok("GET", one.path)["queue_id"] == one.id
        for method, path, body in (
                ("DELETE", "", None), ("POST", "/messages", {"body": 1}),
                ("POST", "/messages/pull", {}), ("POST", "/purge", {}),
                ("POST", "/consumers", {})):
            assert reader.refused(method, one.path + path, body) == \
                (403, 10000)
        limited, _ = api.with_token("--role", "deploy", "--namespace",
                                    "demo")
        assert limited.refused("GET", one.path) == (403, 10000)

    def test_748_08_audit(self, api, queue):
        one = queue()
        one.consume()
        one.push(1)
        api.ok("POST", f"{one.path}/purge",
               {"delete_messages_permanently": True})
        one.remove()
        rows = [each for each in api.ok("GET",
                                        f"{api.account}/audit?limit=20")
                if each["object"]["name"] == one.id]
        assert sorted(each["action"] for each in rows) == [
            "add_consumer", "create", "delete", "purge"]


class TestConsumers:
    def test_748_10_a_worker(self, api, queue, tenant):
        one, dead = queue(), queue()
        made = tenant.deploy(SCRIPT)
        got = one.consume(made, dead, batch_size=7, max_retries=0)
        assert got["type"] == "worker"
        assert (got["script"], got["dispatch_namespace"]) == \
            (made.name, "demo")
        assert got["dead_letter_queue"] == dead.name
        assert got["settings"] == {
            "batch_size": 7, "max_retries": 0, "retry_delay": 0,
            "max_wait_time_ms": 5000, "max_concurrency": None}
        path = f"{one.path}/consumers"
        assert api.ok("GET", path) == [got]
        assert api.ok("GET", f"{path}/{got['consumer_id']}") == got
        assert api.ok("GET", one.path)["consumers"] == [got]

    def test_748_11_there_is_one(self, api, queue, tenant):
        one = queue()
        one.consume()
        path = f"{one.path}/consumers"
        assert api.refused("POST", path, {"type": "http_pull"}) == (400, 11004)
        number = api.ok("GET", path)[0]["consumer_id"]
        made = tenant.deploy(SCRIPT, ns=None)
        got = api.ok("PUT", f"{path}/{number}", {
            "type": "worker", "script_name": made.name,
            "settings": {"max_concurrency": 3}})
        assert got["consumer_id"] == number
        assert got["settings"]["max_concurrency"] == 3
        assert "dispatch_namespace" not in got
        assert api.ok("DELETE", f"{path}/{number}") is None
        assert api.ok("GET", path) == []
        for method, body in (("GET", None), ("DELETE", None),
                             ("PUT", {"type": "http_pull"})):
            assert api.refused(method, f"{path}/{number}", body) == \
                (404, 11001)

    @pytest.mark.parametrize("body,told", [
        ({}, (400, 100127)), ({"type": "mail"}, (400, 100127)),
        ({"script_name": "no name!"}, (400, 100127)),
        ({"script_name": "nobody"}, (404, 10007)),
        ({"script_name": "x", "dispatch_namespace": "nowhere"}, (404, 11000)),
        ({"type": "http_pull", "dead_letter_queue": "nobodys"}, (404, 11000)),
        ({"type": "http_pull", "settings": 7}, (400, 100127)),
        *(({"type": "http_pull", "settings": {name: value}}, (400, 100127))
          for name, value in (
              ("batch_size", 0), ("batch_size", 101), ("max_retries", -1),
              ("max_retries", 101), ("retry_delay", 43201),
              ("max_wait_time_ms", 60001), ("max_concurrency", 0),
              ("max_concurrency", 251), ("visibility_timeout_ms", 0),
              ("batch_size", "many"), ("batch_size", 1.5)))])
    def test_748_12_what_may_not_be(self, api, queue, body, told):
        one = queue()
        assert api.refused("POST", f"{one.path}/consumers", body) == told
        assert api.ok("GET", one.path)["consumers"] == []

    def test_748_13_not_its_own_dead_letters(self, api, queue):
        one = queue()
        assert api.refused("POST", f"{one.path}/consumers", {
            "type": "http_pull", "dead_letter_queue": one.name}) == \
            (400, 100127)

    def test_748_14_goes_with_its_worker(self, api, queue, tenant):
        one = queue()
        one.consume(tenant.deploy(SCRIPT))
        tenant.remove_all()
        assert api.ok("GET", one.path)["consumers"] == []


class TestMessages:
    def test_748_20_push_and_pull(self, api, queue):
        one = queue()
        one.consume()
        api.ok("POST", f"{one.path}/messages", {"body": {"a": "ü"}})
        told = api.ok("POST", f"{one.path}/messages",
                      {"body": "plain", "content_type": "text"})
        metrics = told["metadata"]["metrics"]
        assert metrics["backlog_count"] == 2
        assert metrics["oldest_message_timestamp_ms"] > 1.7e12
        got = one.pull()
        assert [(each["body"], each["kind"]) for each in got] == [
            ({"a": "ü"}, "json"), ("plain", "text")]
        assert one.pull() == []
        assert one.ack(got[0], retries=[got[1]]) == {
            "ackCount": 1, "retryCount": 1, "warnings": {}}
        again, = one.pull()
        assert (again["id"], again["attempts"]) == (got[1]["id"], 2)
        # what was settled is nobody's any more
        assert one.ack(*got)["ackCount"] == 0
        assert one.ack(again)["ackCount"] == 1
        assert one.backlog == 0

    def test_748_21_visibility(self, queue):
        one = queue()
        one.consume()
        one.push(1)
        first, = one.pull(visibility_timeout_ms=1)
        again = until(lambda: one.pull(visibility_timeout_ms=60000),
                      "the message's return")[0]
        assert again["attempts"] == 2
        assert one.ack(first)["ackCount"] == 0
        assert one.ack(again)["ackCount"] == 1

    def test_748_22_several_pulls_in_one_word(self, queue):
        one = queue()
        one.consume()
        one.push(*range(6))
        got = [one.pull(batch_size=2) for _ in range(3)]
        told = one.ack(*got[0], got[1][0], got[2][0],
                       retries=[got[1][1], got[2][1]], delay=600)
        assert told == {"ackCount": 4, "retryCount": 2, "warnings": {}}
        assert one.pull() == []
        assert one.backlog == 2

    def test_748_23_dead_letters(self, queue):
        one, dead = queue(), queue()
        dead.consume()
        one.consume(dead=dead, max_retries=1)
        one.push("poison")
        for _ in range(2):
            one.ack(retries=one.pull())
        assert one.pull() == []
        got, = dead.pull()
        assert (got["body"], got["attempts"]) == ("poison", 1)

    def test_748_24_only_pull_consumers_pull(self, api, queue):
        one = queue()
        one.push(1)
        for verb in ("pull", "ack"):
            assert api.refused("POST", f"{one.path}/messages/{verb}", {}) == \
                (404, 11001)
        assert [each["body"] for each in one.peek()] == [1]

    def test_748_25_purge(self, api, queue):
        one = queue()
        one.push(*range(100))
        assert api.refused("POST", f"{one.path}/purge", {}) == (400, 10012)
        assert one.backlog == 100
        got = api.ok("POST", f"{one.path}/purge",
                     {"delete_messages_permanently": True})
        assert got["queue_id"] == one.id
        assert one.backlog == 0

    @pytest.mark.parametrize("verb,body", [
        ("", {}), ("", {"body": 7, "content_type": "text"}),
        ("", {"body": 7, "content_type": "bytes"}),
        ("", {"body": 7, "delay_seconds": 43201}),
        ("", {"body": "x" * 128001, "content_type": "text"}),
        ("/batch", {}), ("/batch", {"messages": []}),
        ("/batch", {"messages": [{"body": 1}] * 101}),
        ("/batch", {"messages": [{"body": 1}, {}]}),
        ("/batch", {"messages": [{"body": 1}], "delay_seconds": -1}),
        ("/pull", {"batch_size": 0}), ("/pull", {"batch_size": 101}),
        ("/pull", {"visibility_timeout_ms": 43200001}),
        ("/ack", {"acks": 7}), ("/ack", {"acks": [{}]}),
        ("/ack", {"acks": [{"lease_id": "x"}]}),
        ("/ack", {"acks": [{"lease_id": "0" * 32 + ".1x"}]}),
        ("/ack", {"retries": [{"lease_id": "0" * 32 + ".1",
                               "delay_seconds": 43201}]})])
    def test_748_26_what_may_not_be(self, api, queue, verb, body):
        one = queue()
        one.consume()
        assert api.refused("POST", f"{one.path}/messages{verb}", body) == \
            (400, 10012)
        assert one.backlog == 0


def test_748_30_wrangler(api, tenant, tmp_path):
    wrangler = Wrangler(api, tmp_path)
    name, dead = (f"{stem}-{uuid.uuid4().hex[:8]}" for stem in ("w", "d"))
    for each in (name, dead):
        assert f"Created queue '{each}'" in wrangler.run(
            "queues", "create", each, "--delivery-delay-secs", "0")
    made = tenant.deploy(SCRIPT, ns=None)
    wrangler.run("queues", "consumer", "add", name, made.name,
                 "--batch-size", "3", "--dead-letter-queue", dead)
    told = wrangler.run("queues", "info", name)
    assert f"worker:{made.name}" in told
    assert name in wrangler.run("queues", "list")
    wrangler.run("queues", "pause-delivery", name)
    got, = api.ok("GET", f"{api.account}/queues?name={name}")
    assert got["settings"]["delivery_paused"] is True
    assert got["consumers"][0]["settings"]["batch_size"] == 3
    wrangler.run("queues", "resume-delivery", name)
    wrangler.run("queues", "purge", name, "--force")
    wrangler.run("queues", "consumer", "remove", name, made.name)
    wrangler.run("queues", "consumer", "http", "add", name)
    wrangler.run("queues", "consumer", "http", "remove", name)
    for each in (name, dead):
        wrangler.run("queues", "delete", each)
    assert api.ok("GET", f"{api.account}/queues?name={name}") == []
