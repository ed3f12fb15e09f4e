# SPDX-License-Identifier: Apache-2.0
"""KV in a real browser: two who edit one key, metadata and ends, many keys as a
file and back."""

import base64
import json
import uuid

import pytest

from wfptest.adminpage import (api, chromium, other, page,  # noqa: F401
                               send)
from wfptest.browser import DESK, MARKUP, PHONE

pytestmark = pytest.mark.one_mpm

FUTURE = 4000000000


class Kv:
    def __init__(self, api):
        self.api, self.title = api, f"page {uuid.uuid4().hex[:8]}"
        all_of = f"{api.account}/storage/kv/namespaces"
        self.id = api.ok("POST", all_of, {"title": self.title})["id"]
        self.path, self.at = f"{all_of}/{self.id}", f"/kv/{self.id}"

    def put(self, *pairs):
        self.api.ok("PUT", f"{self.path}/bulk", list(pairs))

    def get(self, key):
        return self.api.get(f"{self.path}/values/{key}", raw=True).body

    def keys(self):
        return {k.pop("name"): k for k in self.api.ok("GET",
                                                      f"{self.path}/keys")}


@pytest.fixture
def kv(api):
    made = Kv(api)
    yield made
    api.ok("DELETE", made.path)


def value_of(page):
    return page.one("dialog textarea[name=value]").get_attribute("value")


def edit(page, kv, key):
    page.go(kv.at)
    page.press(key)
    page.press("Edit")
    page.one("dialog textarea[name=value]")


class TestTwo:
    def test_967_01_one_key(self, page, other, kv):
        kv.put({"key": "k", "value": "old", "metadata": {"n": 1}})
        for browser, text in ((page, "mine"), (other, "theirs")):
            edit(browser, kv, "k")
            browser.type("dialog textarea[name=value]", text)
        other.type("dialog textarea[name=metadata]", '{"n": 2}')
        other.send()
        send(page)
        page.text('It is now: "theirs", metadata {"n":2}')
        page.photograph("kv-conflict")
        page.look(PHONE, "light")
        assert not page.is_wider()
        page.look(DESK, "light")
        assert kv.get("k") == b"theirs"
        assert value_of(page) == "mine"
        page.send()
        assert kv.get("k") == b"mine"
        # a key that one makes, and another made meanwhile
        for browser, text in ((page, "mine"), (other, "theirs")):
            browser.press("New key")
            browser.type("dialog input[name=key]", "fresh")
            browser.type("dialog textarea[name=value]", text)
        page.send()
        send(other)
        other.text('There is such a key already: "mine"')
        assert kv.get("fresh") == b"mine" and value_of(other) == "theirs"
        other.press("Cancel")
        other.gone("dialog")

    def test_967_02_what_is_told(self, page, api, kv):
        """Gone; only its metadata; only its end."""
        for change, says in (
                (lambda: api.ok("DELETE", f"{kv.path}/values/k"),
                 "Somebody else deleted it meanwhile"),
                (lambda: kv.put({"key": "k", "value": "v", "metadata": [7]}),
                 'It is now: "v", metadata [7]'),
                (lambda: kv.put({"key": "k", "value": "v",
                                 "expiration": FUTURE}), '"v", until ')):
            kv.put({"key": "k", "value": "v"})
            edit(page, kv, "k")
            page.type("dialog textarea[name=value]", "mine")
            change()
            send(page)
            page.text(says)
            assert value_of(page) == "mine"
            page.press("Cancel")
            page.gone("dialog")


class TestOne:
    def test_967_10_metadata_and_end(self, page, kv):
        """With the value as it was, also when it is no text."""
        kv.put({"key": "k", "base64": True, "expiration": FUTURE,
                "value": base64.b64encode(b"\0\xff\r\n").decode(),
                "metadata": {"big": 9007199254740993}})
        edit(page, kv, "k")
        page.type("dialog textarea[name=metadata]", "no JSON")
        send(page)
        page.text("The metadata is no JSON")
        page.press("Cancel")
        page.gone("dialog")
        edit(page, kv, "k")
        page.one("dialog select[name=ends] option[value=never]").click()
        page.send()
        assert kv.get("k") == b"\0\xff\r\n"
        # digits of a number are not lost
        assert kv.keys()["k"] == {"metadata": {"big": 9007199254740993}}
        edit(page, kv, "k")
        page.type("dialog textarea[name=metadata]", '{"a": "<b>"}')
        page.one("dialog select[name=ends] option[value=at]").click()
        page.driver.execute_script(
            "document.querySelector('dialog input[name=at]').value ="
            "'2090-01-02T03:04:05'")
        page.send()
        page.text("Stored")
        key = kv.keys()["k"]
        assert key["metadata"] == {"a": "<b>"} and key["expiration"] > FUTURE / 2
        edit(page, kv, "k")
        assert page.one("select[name=ends]").get_attribute("value") == "keep"
        page.one("dialog select[name=ends] option[value=ttl]").click()
        page.type("dialog input[name=ttl]", "100")
        page.one("dialog textarea[name=metadata]").clear()
        page.send()
        page.until(lambda: kv.keys()["k"].get("expiration", FUTURE) < FUTURE,
                   "its end")
        assert "metadata" not in kv.keys()["k"]

    def test_967_11_line_ends_stay(self, page, kv):
        kv.put({"key": "k", "value": "a\r\nb"})
        edit(page, kv, "k")
        page.one("dialog textarea[name=value]").send_keys("c")
        page.send()
        assert kv.get("k") == b"a\r\nbc"

    def test_967_12_a_name_that_nobody_can_type(self, page, kv):
        kv.put({"key": "a\nb", "value": "v"})
        page.go(kv.at)
        page.text("a b")
        page.one("td button.quiet").click()
        page.confirm("delete")
        page.text("No key")


class TestMany:
    def saved(self, page, folder, kv):
        file = folder / f"{kv.title}.json"
        page.until(file.exists, "the file")
        text = file.read_text()
        file.unlink()
        return json.loads(text)

    def test_967_20_there_and_back(self, page, api, kv, tmp_path):
        pairs = [
            *({"key": f"k{i:03}", "value": str(i)} for i in range(230)),
            {"key": "b", "value": base64.b64encode(bytes(range(256))).decode(),
             "base64": True, "metadata": {"big": 9007199254740993}},
            {"key": "r", "value": "a real \ufffd", "expiration": FUTURE},
            {"key": "e", "value": "", "metadata": "text"},
            {"key": "m<b>/%20ü", "value": MARKUP[0]}]
        kv.put(*pairs)
        page.saves_to(tmp_path)
        page.go(kv.at)
        page.press("Download these keys")
        page.text("Saved 234 keys")
        page.press("Close")
        page.gone("dialog")
        saved = self.saved(page, tmp_path, kv)
        assert sorted(saved, key=str) == sorted(pairs, key=str)
        before = kv.keys()
        api.ok("POST", f"{kv.path}/bulk/delete", [p["key"] for p in pairs])
        file = tmp_path / "again.json"
        file.write_text(json.dumps(saved))
        page.press("Upload many")
        page.one("dialog input[type=file]").send_keys(str(file))
        page.send()
        page.text("Stored 234 keys")
        assert kv.keys() == before
        assert kv.get("b") == bytes(range(256))
        # those that begin so, and those that are chosen
        page.type("input[name=prefix]", "k00")
        page.press("Search")
        page.until(lambda: len(page.all("main tbody tr")) == 10, "ten")
        page.press("Download these keys")
        page.text("Saved 10 keys")
        page.press("Close")
        page.gone("dialog")
        assert len(self.saved(page, tmp_path, kv)) == 10
        page.one("input[aria-label='Choose k003']").click()
        page.press("Download 1 key")
        page.text("Saved 1 key")
        assert self.saved(page, tmp_path, kv) == [{"key": "k003",
                                                   "value": "3"}]
        page.photograph("kv-download")

    def test_967_21_how_far_it_came(self, page, kv, tmp_path):
        file = tmp_path / "half.json"
        file.write_text(json.dumps([
            *({"key": f"k{i:04}", "value": "v"} for i in range(1000)),
            {"key": "bad", "value": "v", "expiration_ttl": 1}]))
        page.go(kv.at)
        page.press("Upload many")
        page.one("dialog input[type=file]").send_keys(str(file))
        send(page)
        page.text("Stored 1,000 of 1,001, then: ")
        page.one("dialog .note.bad")
