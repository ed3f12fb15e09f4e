# SPDX-License-Identifier: Apache-2.0
"""Two who change one thing of a Worker, a hostname or a queue: the second is told
in a real browser, what he wrote stays, and nothing is replaced unasked."""

import json
import uuid

import pytest

from wfptest.adminpage import api, chromium, page, put, send  # noqa: F401

pytestmark = pytest.mark.one_mpm

BIG = 9007199254740993  # more digits than JavaScript's numbers have
VARIABLE = {"type": "plain_text", "name": "V", "text": "first"}


class Two:
    """What is open in the browser, and what the API does meanwhile."""

    def __init__(self, page, read):
        self.page, self.read = page, read

    def crossed(self, says, theirs, mine, kept):
        """The first save is refused and told; the second replaces.
        kept: (css, what is still written there)"""
        send(self.page)
        self.page.text(says)
        css, text = kept
        assert self.page.one(css).get_attribute("value") == text
        assert self.read() == theirs
        self.page.send()
        self.page.until(lambda: self.read() == mine, "it to be saved")


class TestWorker:
    def test_956_01_tags(self, page, api):
        path = put(api, page.ns, "tagged", tags=["a"])
        page.go(f"/ns/{page.ns}/w/tagged?tab=settings")
        page.press("Change tags")
        page.type("dialog input[name=tags]", "mine")
        api.ok("PUT", f"{path}/tags", ["theirs"])
        Two(page, lambda: api.ok("GET", f"{path}/tags")).crossed(
            "It is now: theirs", ["theirs"], ["mine"],
            ("dialog input[name=tags]", "mine"))

    def test_956_02_limits(self, page, api):
        path = put(api, page.ns, "limited")
        page.go(f"/ns/{page.ns}/w/limited?tab=settings")
        page.press("Change limits")
        page.type("dialog input[name=cpu_ms]", "10")
        api.ok("PATCH", f"{path}/settings", {"limits": {"subrequests": 3}})
        Two(page, lambda: api.ok("GET", f"{path}/settings")["limits"]).crossed(
            'It is now: {"subrequests":3}', {"subrequests": 3},
            {"cpu_ms": 10}, ("dialog input[name=cpu_ms]", "10"))
        # code that somebody deploys meanwhile is nobody's business here
        page.press("Change limits")
        page.type("dialog input[name=cpu_ms]", "11")
        put(api, page.ns, "limited", "return { fetch = function() end }",
            limits={"cpu_ms": 10})
        page.send()
        assert api.ok("GET", f"{path}/settings")["limits"] == {"cpu_ms": 11}

    def test_956_03_bindings(self, page, api):
        path = put(api, page.ns, "bound", bindings=[VARIABLE])

        def texts():
            return {b["name"]: b.get("text") for b in
                    api.ok("GET", f"{path}/bindings")}

        def meanwhile(**variables):
            api.ok("PATCH", f"{path}/settings", {"bindings": [
                {"type": "plain_text", "name": n, "text": t}
                for n, t in variables.items()]})
        page.go(f"/ns/{page.ns}/w/bound?tab=settings")
        page.press("Change V")
        page.type("dialog textarea[name=value]", "mine")
        meanwhile(V="theirs", W="other")
        value = ("dialog textarea[name=value]", "mine")
        Two(page, texts).crossed(
            'It is now: Variable "theirs"', {"V": "theirs", "W": "other"},
            {"V": "mine", "W": "other"}, value)
        # a new one whose name is taken
        page.press("Add a binding")
        page.type("dialog input[name=name]", "W")
        page.type("dialog textarea[name=value]", "mine")
        Two(page, texts).crossed(
            'There is W already: Variable "other"',
            {"V": "mine", "W": "other"}, {"V": "mine", "W": "mine"}, value)
        # one that is taken away, and changed meanwhile
        page.press("Delete W")
        meanwhile(V="mine", W="worth more")
        page.type("dialog input[name=confirm]", "W")
        Two(page, texts).crossed(
            'It is now: Variable "worth more"',
            {"V": "mine", "W": "worth more"}, {"V": "mine"},
            ("dialog input[name=confirm]", "W"))
        # a secret that is there already
        page.press("Add a secret")
        page.type("dialog input[name=name]", "KEY")
        page.type("dialog input[name=text]", "secret")
        api.ok("PUT", f"{path}/secrets", {"name": "KEY", "text": "theirs",
                                          "type": "secret_text"})
        send(page)
        page.text("There is KEY already: a secret")
        page.send()
        page.one("[aria-label='Replace KEY']")

    def test_956_04_digits_of_a_variable(self, page, api):
        path = put(api, page.ns, "digits", bindings=[
            {"type": "json", "name": "J", "json": {"a": BIG, "b": 1.10}}])
        page.go(f"/ns/{page.ns}/w/digits?tab=settings")
        page.text(f'"a":{BIG}')
        page.press("Change J")
        field = page.one("dialog textarea[name=value]")
        page.type("dialog textarea[name=value]",
                  field.get_attribute("value").replace('"b"', '"c"'))
        page.send()
        page.until(lambda: api.ok("GET", f"{path}/bindings")[0]["json"] ==
                   {"a": BIG, "c": 1.1}, "the variable")


class TestHosts:
    def test_956_10_where_a_host_leads(self, page, api):
        put(api, page.ns, "here")
        put(api, page.ns, "there")
        host = f"{uuid.uuid4().hex[:8]}.example.com"
        path = f"{api.account}/hostnames/{host}"

        def lead(script, **metadata):
            api.ok("PUT", path, {"namespace": page.ns, "script": script,
                                 "metadata": metadata})

        def leads():
            got = api.ok("GET", path)
            return got["script"], got["metadata"]
        lead("there", n=1)
        page.go(f"/ns/{page.ns}/w/here?tab=triggers")
        page.press("Add a hostname")
        page.type("dialog input[name=hostname]", host)
        page.type("dialog textarea[name=metadata]", '{"n": 2')
        send(page)
        page.text("The metadata is no JSON")
        page.type("dialog textarea[name=metadata]", '{"n": 2}')
        written = ("dialog textarea[name=metadata]", '{"n": 2}')
        Two(page, leads).crossed(
            f'It leads somewhere already: {page.ns}/there, {{"n":1}}',
            ("there", {"n": 1}), ("here", {"n": 2}), written)
        page.press(f"Change {host}")
        page.type("dialog textarea[name=metadata]", '{"n": 4}')
        lead("here", n=BIG)
        Two(page, leads).crossed(
            f'It is now: {page.ns}/here, {{"n":{BIG}}}', ("here", {"n": BIG}),
            ("here", {"n": 4}), ("dialog textarea[name=metadata]",
                                 '{"n": 4}'))
        page.press(f"Delete {host}")
        lead("there", n=5)
        page.type("dialog input[name=confirm]", host)
        send(page)
        page.text(f'It is now: {page.ns}/there, {{"n":5}}')
        assert leads() == ("there", {"n": 5})
        api.ok("DELETE", path)
        page.press("Cancel")
        page.gone("dialog")


    def test_956_11_between_the_look_and_the_save(self, page, api):
        """Somebody who is faster still than a page that looks and then saves."""
        put(api, page.ns, "quick")
        host = f"{uuid.uuid4().hex[:8]}.example.com"
        path = f"{api.account}/hostnames/{host}"
        to = {"namespace": page.ns, "script": "quick"}
        api.ok("PUT", path, {**to, "metadata": {"n": 1}})
        page.go(f"/ns/{page.ns}/w/quick?tab=triggers")
        page.press(f"Change {host}")
        page.type("dialog textarea[name=metadata]", '{"n": 2}')
        page.driver.execute_script(
            "const real = window.fetch, body = arguments[0];"
            "window.fetch = async (url, init) => {"
            "  if (init?.method === 'PUT') {"
            "    window.fetch = real;"
            "    const { 'If-Match': etag, ...headers } = init.headers;"
            "    if (!etag) throw new Error('no If-Match');"
            "    await real(url, { ...init, headers, body });"
            "  }"
            "  return real(url, init); };",
            json.dumps({**to, "metadata": {"n": 3}}))
        Two(page, lambda: api.ok("GET", path)["metadata"]).crossed(
            f'It is now: {page.ns}/quick, {{"n":3}}', {"n": 3}, {"n": 2},
            ("dialog textarea[name=metadata]", '{"n": 2}'))
        api.ok("DELETE", path)


class TestQueues:
    def test_956_20_settings_and_consumer(self, page, api):
        put(api, page.ns, "eats", "return { queue = function() end }")
        name = f"q-{uuid.uuid4().hex[:8]}"
        made = api.ok("POST", f"{api.account}/queues", {"queue_name": name})
        path = f"{api.account}/queues/{made['queue_id']}"

        def delay():
            return api.ok("GET", path)["settings"]["delivery_delay"]

        def size():
            consumers = api.ok("GET", path)["consumers"]
            return [c["settings"]["batch_size"] for c in consumers]
        page.go(f"/queues/{name}")
        page.press("Change settings")
        page.type("dialog input[name=delay]", "7")
        api.ok("PATCH", path, {"settings": {"delivery_delay": 5}})
        Two(page, delay).crossed("It is now: delay 5 s", 5, 7,
                                 ("dialog input[name=delay]", "7"))
        consumer = api.ok("POST", f"{path}/consumers", {
            "type": "worker", "script_name": "eats",
            "dispatch_namespace": page.ns, "settings": {"batch_size": 2}})
        page.go("/queues")
        page.go(f"/queues/{name}")
        page.press("Change the consumer")
        page.type("dialog input[name=batch_size]", "4")
        api.ok("PUT", f"{path}/consumers/{consumer['consumer_id']}", {
            "type": "worker", "script_name": "eats",
            "dispatch_namespace": page.ns, "settings": {"batch_size": 3}})
        Two(page, size).crossed(f"It is now: {page.ns}/eats", [3], [4],
                                ("dialog input[name=batch_size]", "4"))
        api.ok("DELETE", path)
