# SPDX-License-Identifier: Apache-2.0
"""Versions of a Worker in a real browser: which gets how much, a preview of one
that nobody else gets, and two who change that at a time."""

import json
import re
import shlex
import subprocess

import pytest
from selenium.webdriver.common.keys import Keys

from wfptest.adminpage import api, chromium, page, put, send  # noqa: F401
from wfptest.browser import DESK, PHONE
from wfptest.session import PAGE

pytestmark = pytest.mark.one_mpm


def says(word):
    return f'return {{ fetch = function() return Response.new("{word}") end }}'


class Split:
    """A Worker with a version for each word, the last of which runs."""

    def __init__(self, api, ns, name, *words):
        self.api, self.url = api, f"/_ns/{ns}/{name}/"
        for word in words:
            self.path = put(api, ns, name, says(word))
        items = api.ok("GET", f"{self.path}/versions?limit=100")["items"]
        self.id = {v["number"]: v["id"] for v in items}

    def give(self, **shares):
        """v1=50, v2=50"""
        self.api.ok("POST", f"{self.path}/deployments", {"versions": [
            {"version_id": self.id[int(v[1:])], "percentage": share}
            for v, share in shares.items()]})

    def shares(self):
        number = {id: n for n, id in self.id.items()}
        [now, *_] = self.api.ok("GET", f"{self.path}/deployments")[
            "deployments"]
        return {number[v["version_id"]]: v["percentage"]
                for v in now["versions"]}


def slide(page, label, keys):
    page.one("dialog input[type=range]")
    for field in page.all("dialog .field"):
        if field.text.split("\n")[0] == label:
            field.find_element("css selector", "input").send_keys(*keys)
            return
    raise AssertionError(f"no slider {label!r}")


class TestSplit:
    def test_955_01_three_at_a_time(self, page, api):
        """Those that run keep what they have until it is changed."""
        made = Split(api, page.ns, "three", "one", "two", "three")
        made.give(v3=60, v2=30, v1=10)
        path = f"/ns/{page.ns}/w/three?tab=versions"
        page.go(path)
        page.press("Split with version 1")
        page.text("#1: 10 %, #2: 30 %, #3: 60 %")
        slide(page, "Share of version 1", [Keys.ARROW_RIGHT] * 5)
        page.text("#1: 15 %, #2: 30 %, #3: 55 %")
        slide(page, "Share of version 2", [Keys.END])
        page.text("That is 115 %: give others less.")
        assert not page.one("dialog button[type=submit]").is_enabled()
        slide(page, "Share of version 2", [Keys.HOME])
        slide(page, "Share of version 2", [Keys.ARROW_RIGHT] * 20)
        page.send()
        page.until(lambda: made.shares() == {1: 15, 2: 20, 3: 65},
                   "the shares")

    def test_955_02_somebody_else_deploys(self, page, api):
        made = Split(api, page.ns, "raced", "one", "two")
        page.go(f"/ns/{page.ns}/w/raced?tab=versions")
        page.press("Split with version 1")
        page.one("dialog")
        made.give(v1=40, v2=60)
        send(page)
        page.text("It is now: ")
        page.text("#1: 40 %")
        assert made.shares() == {1: 40, 2: 60}
        page.send()  # whoever has read that may
        page.until(lambda: made.shares() == {1: 10, 2: 90}, "the shares")
        page.press("Roll back")
        page.one("dialog")
        made.give(v2=100)
        send(page)
        page.text("Somebody else changed it meanwhile")
        assert made.shares() == {2: 100}

    def test_955_04_between_the_look_and_the_roll_back(self, page, api):
        made = Split(api, page.ns, "quick", "one", "two", "three")
        page.go(f"/ns/{page.ns}/w/quick?tab=versions")
        page.press("Roll back")
        page.driver.execute_script(
            "const real = window.fetch, body = arguments[0];"
            "window.fetch = async (url, init) => {"
            "  if (String(url).endsWith('/rollback')) {"
            "    window.fetch = real;"
            "    const { 'If-Match': etag, ...headers } = init.headers;"
            "    if (!etag) throw new Error('no If-Match');"
            "    await real(url.replace('rollback', 'deployments'),"
            "      { ...init, headers, body });"
            "  }"
            "  return real(url, init); };",
            json.dumps({"versions": [{"version_id": made.id[1],
                                      "percentage": 100}]}))
        send(page)
        page.text("Somebody else changed it since you opened it")
        assert made.shares() == {1: 100}
        send(page)
        page.text("It is now: #1: 100 %")
        assert made.shares() == {1: 100}

    def test_955_03_more_than_a_page(self, page, api, httpd):
        """Old versions can be reached, and tried by their link."""
        httpd.configure([*PAGE, "WfpVersionsKept 100"])
        made = Split(api, page.ns, "many", *(f"w{i}" for i in range(28)))
        page.go(f"/ns/{page.ns}/w/many?tab=versions")
        page.text("#28")
        assert not page.all("[aria-label='Try version 2']")
        page.press("Show more")
        page.press("Try version 2")
        page.until(lambda: page.one("select[name=version]").get_attribute(
            "value") == made.id[2], "the version")
        page.press("Send")
        page.until(lambda: page.one(".answer").text == "w1", "its answer")


class TestPreview:
    def curl(self, page):
        """The answer to the first command that the page shows."""
        command = shlex.split(page.one("[data-curl]").text)
        assert command[0] == "curl"
        got = subprocess.run([*command, "-sS", "--max-time", "20"],
                             stdout=subprocess.PIPE, check=True)
        return got.stdout.decode()

    def test_955_10_here_and_from_outside(self, page, api):
        made = Split(api, page.ns, "seen", "one", "two", "three")
        page.go(f"/ns/{page.ns}/w/seen?tab=versions")
        page.press("Preview version 1")
        page.text("Nobody can ask for this version")
        page.photograph("worker-preview")
        page.press("Let it be asked for")
        header = page.one("[data-header]").text
        assert header == ("Cloudflare-Workers-Version-Overrides: "
                          f'seen="{made.id[1]}"')
        assert made.shares() == {1: 0, 3: 100}
        assert self.curl(page) == "one"
        assert api.client.get(made.url).text == "three"
        page.look(PHONE, "light")
        assert not page.is_wider()
        assert page.unnamed() == []
        page.look(DESK, "light")
        page.press("Close")
        page.gone("dialog")
        page.text("0 %")
        # it is still there when others get more
        page.press("Split with version 2")
        page.send()
        page.until(lambda: made.shares() == {1: 0, 2: 10, 3: 90}, "three")
        page.press("Preview version 1")
        assert self.curl(page) == "one"
        page.press("Try version 1", "dialog a")
        page.gone("dialog")
        page.press("Send")
        page.until(lambda: page.one(".answer").text == "one", "its answer")
        assert re.search(r"Version\s*#1\b", page.body())
        # all of the traffic: the others are out, previews too
        page.press("Versions", ".tabs a")
        page.press("Deploy version 2")
        page.send()
        page.until(lambda: made.shares() == {2: 100}, "one")
