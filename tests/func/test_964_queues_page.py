# SPDX-License-Identifier: Apache-2.0
"""Queues in a real browser: all of them, consumers, messages. Pictures are
kept in the build's results."""

import uuid

import pytest

from wfptest.adminpage import api, chromium, go_where  # noqa: F401
from wfptest.browser import MARKUP, PHONE
from wfptest.queues import Queue

pytestmark = pytest.mark.one_mpm

SENDER = """return { fetch = function(request, env)
  env.QUEUE:send(request:text(), { contentType = "%s" })
  return Response.new("sent")
end, queue = function() end }"""


@pytest.fixture
def page(chromium, api):
    with chromium.watched():
        yield chromium


@pytest.fixture
def queue(api):
    made = Queue(api)
    yield made
    made.api.call("DELETE", made.path)


def at(queue):
    return f"/queues/{queue.name}"


def bodies(page):
    return [e.text for e in page.all("td code.cell")]


def consumer(api, queue):
    found = api.ok("GET", f"{queue.path}/consumers")
    return found[0] if found else None


class TestQueues:
    def test_964_01_make_and_delete(self, page, api):
        name = f"made-{uuid.uuid4().hex[:8]}"
        page.go("/queues")
        page.press("New queue")
        page.type("dialog input[name=name]", "not a name")
        page.one("dialog button[type=submit]").click()
        page.text("1 to 63 of A-Z a-z 0-9 _ -")
        page.type("dialog input[name=name]", name)
        page.send()
        page.text("Nothing to be seen")
        assert page.one("h1").text == name
        page.press("Delete")
        page.confirm(name)
        page.text(f"Deleted {name}")
        assert api.ok("GET", f"{api.account}/queues?name={name}") == []

    def test_964_02_pause_and_settings(self, page, api, queue):
        page.go(at(queue))
        page.press("Pause")
        page.press("Resume")
        page.press("Pause")
        page.one("[aria-label='Change settings']")
        page.text("messages wait")
        page.press("Change settings")
        page.type("dialog input[name=delay]", "90")
        page.type("dialog input[name=keep]", "7200")
        page.send()
        page.text("2 hours")
        assert api.ok("GET", queue.path)["settings"] == {
            "delivery_delay": 90, "delivery_paused": True,
            "message_retention_period": 7200}
        go_where(page, "/queues", queue.name)
        page.text("paused")

    def test_964_03_who_may_only_read(self, chromium, api, queue):
        queue.consume()
        queue.push("secret")
        made = api.ok("POST", f"{api.account}/tokens",
                      {"name": "reader", "role": "read"})
        with chromium.watched(made["value"]) as page:
            go_where(page, "/queues", queue.name)
            page.text(queue.name)
            assert not page.all(f"[aria-label='Delete {queue.name}']")
            page.go(at(queue))
            page.text("Messages are his for")
            page.gone("main [aria-busy=true]")
            assert page.all("main button") == []
            assert "secret" not in page.body()
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")


class TestConsumers:
    def test_964_10_add_change_remove(self, page, api, queue, tenant):
        worker = tenant.deploy(SENDER % "text", *queue.binding)
        dead = Queue(api)
        page.go(at(queue))
        # who sends is a link there
        page.press(f"{worker.ns}/{worker.name}")
        page.one(".tabs")
        page.go(at(queue))
        page.press("Add a consumer")
        page.type("dialog input[name=script]", "no-such-worker")
        page.one("dialog button[type=submit]").click()
        page.one("dialog [role=alert]")
        page.type("dialog input[name=script]", worker.name)
        page.type("dialog input[name=namespace]", worker.ns)
        page.type("dialog input[name=batch_size]", "7")
        page.type("dialog input[name=dead]", dead.name)
        page.send()
        page.one("[aria-label='Change the consumer']")
        made = consumer(api, queue)
        assert made["script_name"] == worker.name
        assert made["dispatch_namespace"] == worker.ns
        assert made["dead_letter_queue"] == dead.name
        assert made["settings"] == {
            "batch_size": 7, "max_retries": 3, "retry_delay": 0,
            "max_wait_time_ms": 5000, "max_concurrency": None}
        page.photograph("queue-consumer")
        page.press("Change the consumer")
        assert page.one("dialog input[name=batch_size]").get_attribute(
            "value") == "7"
        page.driver.execute_script(
            "const s = document.querySelector('dialog select');"
            "s.value = 'http_pull'; s.dispatchEvent(new Event('change'))")
        page.type("dialog input[name=visibility_timeout_ms]", "1234")
        page.send()
        page.one("[aria-label='Change the consumer']")
        page.until(lambda: consumer(api, queue)["type"] == "http_pull", "it")
        assert consumer(api, queue)["settings"] == {
            "batch_size": 7, "max_retries": 3, "retry_delay": 0,
            "visibility_timeout_ms": 1234}
        page.text("1.23 s")
        page.press(dead.name)
        page.until(lambda: page.one("h1").text == dead.name, "that queue")
        page.go(at(queue))
        page.press("Remove the consumer")
        page.confirm(queue.name)
        page.text("The messages wait")
        assert consumer(api, queue) is None
        api.ok("DELETE", dead.path)


class TestMessages:
    def test_964_20_send_look_remove(self, page, queue):
        page.go(at(queue))
        page.press("Send a message")
        page.type("dialog textarea[name=body]", "{no json")
        page.one("dialog button[type=submit]").click()
        page.text("This is no JSON")
        page.type("dialog textarea[name=body]", '{"a": [1]}')
        page.send()
        page.until(lambda: bodies(page) == ['{"a":[1]}'], "it to be seen")
        page.until(lambda: page.all(".stat strong")[0].text == "1", "a count")
        page.press("Remove all messages")
        page.confirm(queue.name)
        page.text("Nothing to be seen")
        assert queue.peek() == []

    def test_964_21_pull_and_settle(self, page, queue):
        queue.consume(visibility_timeout_ms=600000)
        queue.push("one", "two", "three", content_type="text")
        page.go(at(queue))
        page.until(lambda: sorted(bodies(page)) == ["one", "three", "two"],
                   "what waits")
        page.press("Pull")
        page.text("3 messages pulled")
        page.photograph("queue-pulled")
        first = bodies(page)[0]
        page.one("td .actions button").click()
        page.text("2 messages left")
        assert first not in bodies(page)
        page.press("Retry all")
        page.text("Nothing is left of what was pulled")
        page.press("Look")
        page.until(lambda: len(bodies(page)) == 2, "those that come again")
        page.press("Pull")
        page.text("2 messages pulled")
        page.press("All are done")
        page.text("Nothing is left of what was pulled")
        assert queue.peek() == []
        page.until(lambda: page.all(".stat strong")[0].text == "0", "none")


class TestText:
    def test_964_30_bodies(self, page, queue, tenant):
        """Whatever is in a message, of each kind, is text."""
        for kind in ("text", "json", "bytes"):
            worker = tenant.deploy(SENDER % kind, *queue.binding)
            for text in MARKUP:
                worker.post(text.encode())
        queue.push({MARKUP[0]: MARKUP[1]})
        page.go(at(queue))
        page.one("select[name=count]")
        page.driver.execute_script(
            "const s = document.querySelector('select[name=count]');"
            "s.value = '100'")
        page.press("Look")
        page.until(lambda: len(bodies(page)) == 13, "all of them")
        shown = bodies(page)
        for text in MARKUP:
            assert shown.count(text) == 2  # as text, as bytes
        page.photograph("queue-hostile")
        queue.consume()
        page.driver.refresh()
        page.press("Pull")
        page.text("10 messages pulled")


class TestLooks:
    def test_964_40_pictures(self, page, queue, api):
        queue.push({"order": 7, "items": ["pen", "ink"]}, "x" * 900,
                   {"order": 8})
        for name, where in (("list", "/queues"), ("one", at(queue))):
            page.go(where)
            page.gone("main [aria-busy=true]")
            if name == "one":
                page.until(lambda: len(bodies(page)) == 2, "the messages")
            page.photograph(f"queue-{name}")
            page.look(PHONE, "light")
            assert not page.is_wider(), name
            assert page.unnamed() == []
        page.go(at(queue))
        page.press("Add a consumer")
        page.photograph("queue-consumer-dialog")
        page.press("Cancel")
        page.gone("dialog")
        api.ok("POST", f"{queue.path}/purge",
               {"delete_messages_permanently": True})
        page.driver.refresh()
        page.text("Nothing to be seen")
        page.photograph("queue-empty")
