# SPDX-License-Identifier: Apache-2.0
"""Lists of the admin page that grow: by pages of the server, found by typing a
name, kept in the address; and an overview of all that is there."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from wfptest.adminpage import api, chromium, page, put  # noqa: F401
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

MANY = 60  # more than a page has


def names(page):
    """What the rows are called, as far as they are shown."""
    return page.driver.execute_script(
        "return [...document.querySelectorAll('.listing tbody tr')].map((r) =>"
        " (r.querySelector('.strong') ?? r.cells[0]).textContent)")


def settle(page):
    page.until(lambda: not page.all("main [aria-busy=true]"), "the list")


def find(page, text):
    """Type it, and wait for what is found."""
    field = page.one("input[data-search]")
    field.clear()
    field.send_keys(text)
    page.until(lambda: f"q={text}" in page.driver.current_url, "the address")
    settle(page)


def foot(page):
    """What is said of the rows."""
    return page.one(".list-foot [role=status]").text


def made(api, kind, word):
    """MANY of a kind, called after a word; how each is deleted."""
    path, member, key = {
        "ns": ("workers/dispatch/namespaces", "name", "namespace_name"),
        "tokens": ("tokens", "name", "id"),
        "kv": ("storage/kv/namespaces", "title", "id"),
        "d1": ("d1/database", "name", "uuid"),
        "r2": ("r2/buckets", "name", "name"),
        "queues": ("queues", "queue_name", "queue_id")}[kind]
    more = {"role": "read"} if kind == "tokens" else {}
    path = f"{api.account}/{path}"
    return [f"{path}/{api.ok('POST', path, {member: f'{word}-{i:02}', **more})[key]}"
            for i in range(MANY)]


class TestLists:
    @pytest.mark.parametrize("kind", ["ns", "tokens", "kv", "d1", "queues",
                                      "r2"])
    def test_976_01_pages_and_search(self, page, api, kind):
        word = f"many-{page.ns}".lower().replace("_", "-")
        paths = made(api, kind, word)
        all_names = [f"{word}-{i:02}" for i in range(MANY)]
        if kind == "tokens":
            all_names.reverse()  # the newest first
        try:
            page.go(f"/{kind}")
            settle(page)
            find(page, word.upper() if kind != "r2" else word)
            page.until(lambda: names(page) == all_names[:50], "the first page")
            if kind != "r2":  # which has cursors
                assert foot(page) == "1 to 50 of 60 found"
            page.press("Next")
            page.until(lambda: names(page) == all_names[50:], "the second")
            if kind != "r2":
                # a link to it, and a reload, are the same page
                assert "page=2" in page.driver.current_url
                page.driver.refresh()
                page.until(lambda: names(page) == all_names[50:], "it, again")
            page.press("Previous")
            page.until(lambda: names(page) == all_names[:50], "the first")
            # one is found by its name, wherever it was
            find(page, f"{word}-41")
            page.until(lambda: names(page) == [f"{word}-41"], "only this one")
            find(page, "nothing-has-such-a-name")
            page.until(lambda: page.one(".empty") and page.driver.find_element(
                "css selector", ".listing > [role=status]").get_attribute(
                    "textContent") == "Nothing found", "it to be said")
            page.text('is called "nothing-has-such-a-name"')
            page.press("Show all")
            page.until(lambda: names(page), "all of them")
            assert "q=" not in page.driver.current_url
        finally:
            for path in paths:
                api.ok("DELETE", path)

    def test_976_07_workers_by_pages(self, page, api):
        """By the keyboard, there and back, and as a link."""
        for i in range(MANY):
            put(api, page.ns, f"w-{i:02}")
        all_names = [f"w-{i:02}" for i in range(MANY)]

        def focused():
            return page.driver.execute_script(
                "return document.activeElement.textContent || "
                "document.activeElement.name")
        page.go(f"/ns/{page.ns}")
        page.until(lambda: names(page) == all_names[:50], "the first page")
        page.driver.execute_script(
            "[...document.querySelectorAll('.pager button')].find((b) => "
            "b.textContent === 'Next').focus()")
        ActionChains(page.driver).send_keys(Keys.ENTER).perform()
        page.until(lambda: names(page) == all_names[50:], "the second")
        page.until(lambda: focused() == "Previous", "the focus to be near")
        # one looks at its beginning
        assert page.driver.execute_script(
            "const r = document.querySelector('.listing table')"
            ".getBoundingClientRect(); return r.top >= 0 && r.top < innerHeight")
        page.press("w-57")
        page.one(".tabs")
        page.driver.back()
        page.until(lambda: names(page) == all_names[50:], "it, again")
        assert foot(page) == "10 on page 2"
        page.press("First page")
        page.until(lambda: names(page) == all_names[:50], "the first")
        assert "after=" not in page.driver.current_url
        ActionChains(page.driver).send_keys("/").perform()
        assert focused() == "name"
        find(page, "w-5")
        page.until(lambda: names(page) == all_names[50:], "those found")

    def test_976_02_what_goes_leaves_the_list(self, page, api):
        """And the focus stays near."""
        word = f"gone-{page.ns}"
        for i in range(3):
            api.ok("POST", f"{api.account}/tokens",
                   {"name": f"{word}-{i}", "role": "read"})
        page.go(f"/tokens?q={word}")
        page.until(lambda: len(names(page)) == 3, "the three")
        for i in range(3):
            page.press(f"Revoke {word}-{i}")
            page.confirm(f"{word}-{i}")
            page.until(lambda i=i: len(names(page)) == (2 - i or (
                not page.all(".listing tbody tr") and 0)), "it to be gone")
            settle(page)
            assert page.driver.execute_script(
                "return document.activeElement !== document.body")

    def test_976_03_namespaces_by_their_change(self, page, api):
        names_ = [f"{page.ns}-{x}" for x in "ab"]
        for name in names_:
            api.ok("POST", api.namespaces, {"name": name})
        try:
            page.go(f"/ns?q={page.ns}-")
            page.until(lambda: names(page) == names_, "by name")
            page.press("Changed", "th button")
            page.until(lambda: names(page) == names_[::-1], "newest first")
            assert "order=modified_on" in page.driver.current_url
            page.driver.refresh()
            page.until(lambda: names(page) == names_[::-1], "it, again")
        finally:
            for name in names_:
                api.ok("DELETE", f"{api.namespaces}/{name}")

    def test_976_04_the_audit_is_searched(self, page, api):
        put(api, page.ns, "front")
        api.ok("DELETE", f"{api.namespaces}/{page.ns}/scripts/front")
        page.go("/audit")
        settle(page)
        find(page, page.ns)
        page.until(lambda: len(page.all(".listing tbody tr")) >= 3, "rows")
        page.one("select[name=action] option[value='upload,content']").click()
        page.until(lambda: len(page.all(".listing tbody tr")) == 1, "one row")
        assert "action=upload" in page.driver.current_url
        link = page.one(".listing tbody a")
        assert link.text == f"{page.ns}/front"
        # what is gone has no link
        page.one("select[name=action] option[value='delete']").click()
        page.until(lambda: not page.all(".listing tbody a")
                   and len(page.all(".listing tbody tr")) == 1, "no link")

    def test_976_05_keys_of_a_bucket(self, page, api):
        bucket = f"keys-{page.ns}".lower().replace("_", "-")
        api.ok("POST", f"{api.account}/r2/buckets", {"name": bucket})
        tokens = [api.ok("POST", f"{api.account}/tokens", {
            "name": f"{bucket} {i:02}", "role": "read", "s3": True,
            "buckets": [bucket]})["id"] for i in range(10)]
        page.go(f"/r2/{bucket}")
        settle(page)
        page.press("Use by S3")
        page.one("dialog .listing")
        page.until(lambda: len(page.all("dialog tbody tr")) == 8, "a page")
        field = page.one("dialog input[data-search]")
        field.send_keys(f"{bucket} 03")
        page.until(lambda: [r.text.split(" 03")[0] for r in page.all(
            "dialog tbody tr")] == [bucket], "the one")
        page.press("Close", "dialog button")
        page.gone("dialog")
        for token in tokens:
            api.ok("DELETE", f"{api.account}/tokens/{token}")
        api.ok("DELETE", f"{api.account}/r2/buckets/{bucket}")


class TestOverview:
    def test_976_10_of_the_whole_server(self, page, api, tenant):
        """However many namespaces there are: those with most requests, all
        requests, the last deploys."""
        busy = [tenant.namespace() for _ in range(2)]
        for i, ns in enumerate(busy):
            put(api, ns, "shop")
            for _ in range(30 + i):
                assert api.client.get(f"/_ns/{ns}/shop/").status == 200
        path = f"{api.account}/workers/dispatch/usage?group_by=namespace"
        until(lambda: [g["requests"] for g in api.ok(
            "GET", f"{path}&limit=1000&order=requests")["groups"]
            if g["namespace"] in busy] == [31, 30], "the numbers")
        made_ = api.ok("POST", f"{api.account}/tokens", {
            "name": "of two", "role": "read", "namespaces": busy})
        page.go("/")
        settle(page)
        total = int(page.all(".stat strong")[0].text.replace(",", ""))
        assert total == len(api.ok("GET", api.namespaces))
        page.text("Busiest namespaces")
        page.text(f"{busy[1]}/shop")  # deployed last
        # what a token is limited to, that is all it sees
        page.driver.delete_all_cookies()
        page.sign_in(made_["value"])
        page.go("/")
        settle(page)
        page.until(lambda: [s.text for s in page.all(".stat strong")][:3] == [
            "2", "2", "61"], "its own figures")
        rows = [r.text.split()[:2] for r in page.all(".most tbody tr")]
        assert rows == [[busy[1], "31"], [busy[0], "30"]]
        page.one("select[name=span] option[value='1']").click()
        settle(page)
        assert [s.text for s in page.all(".stat strong")][2] == "61"
        assert "Recent deploys" not in page.body()
        api.ok("DELETE", f"{api.account}/tokens/{made_['id']}")
