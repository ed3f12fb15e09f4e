# SPDX-License-Identifier: Apache-2.0
"""Every page of the admin, and every dialog of it, for whoever cannot see it, has
no pointer, or a small screen: names, outline, contrast in both themes, nothing
wider than 360 pixels. Keys that lead somewhere; values of charts."""

import re

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from wfptest.adminpage import (api, chromium, page, put,  # noqa: F401
                               forget)
from wfptest.browser import DESK
from wfptest.looks import OUTLINE, dialogs, problems
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

SMALL = (360, 740)
LONG = "averylongnamethataprogramhasmadeupforsomethingthathasnoname0001"  # 63


@pytest.fixture(autouse=True)
def desk(page):
    """The window has the focus, whatever else the machine shows; and what the
    next one looks at is as wide as ever."""
    page.driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled",
                                {"enabled": True})
    page.driver.execute_cdp_cmd("Page.setInterceptFileChooserDialog",
                                {"enabled": True})
    yield
    page.look(DESK, "light")


@pytest.fixture
def things(page, api):
    """Something on each page; {address of pages/index.js: addresses}."""
    path = put(api, page.ns, "shop", tags=["pro", LONG[:60]], bindings=[
        {"type": "plain_text", "name": "GREETING", "text": LONG * 4},
        {"type": "secret_text", "name": "KEY", "text": "secret"}])
    put(api, page.ns, "shop", annotations={"workers/message": LONG * 2})
    put(api, page.ns, LONG)
    put(api, None, "of-the-account")
    api.ok("PUT", f"{path}/schedules", [{"cron": "*/5 * * * *"}])
    api.client.get(f"/_ns/{page.ns}/shop/")
    a = api.account
    kv = api.ok("POST", f"{a}/storage/kv/namespaces",
                {"title": f"{LONG} {page.ns}"})["id"]
    api.ok("PUT", f"{a}/storage/kv/namespaces/{kv}/bulk",
           [{"key": LONG, "value": "v", "metadata": {LONG: LONG}}])
    d1 = api.ok("POST", f"{a}/d1/database", {"name": f"d-{page.ns}"})["uuid"]
    api.ok("POST", f"{a}/d1/database/{d1}/query",
           {"sql": f'CREATE TABLE t (id INTEGER, "{LONG}" TEXT); '
                   f"INSERT INTO t VALUES (1, '{LONG}')"})
    bucket = f"b-{page.ns.lower()}".replace("_", "-")
    api.ok("POST", f"{a}/r2/buckets", {"name": bucket})
    api.ok("PUT", f"{a}/r2/buckets/{bucket}/objects/{LONG}.txt", b"x")
    queue = api.ok("POST", f"{a}/queues", {"queue_name": f"q-{page.ns}"})
    page.go(f"/ns/{page.ns}/w/shop")
    page.one(".tabs a")
    tabs = [e.get_attribute("href").partition("#")[2]
            for e in page.all(".tabs a")]
    yield {
        "/": ["/"], "/ns": ["/ns", "/ns?q=nothing-is-called-so"],
        "/ns/{ns}": [f"/ns/{page.ns}", f"/ns/{page.ns}?tab=usage",
                     f"/ns/{page.ns}?tab=settings", "/ns/none"],
        "/ns/{ns}/new": [f"/ns/{page.ns}/new"],
        "/ns/{ns}/w/{name}": [*tabs, f"/ns/{page.ns}/w/{LONG}"],
        "/workers": ["/workers"], "/workers-new": ["/workers-new"],
        "/workers/{name}": ["/workers/of-the-account"],
        "/kv": ["/kv"], "/kv/{id}": [f"/kv/{kv}"],
        "/d1": ["/d1"], "/d1/{id}": [
            f"/d1/{d1}", f"/d1/{d1}?tab=sql", f"/d1/{d1}?tab=files",
            f"/d1/{d1}?table=t"],
        "/r2": ["/r2"], "/r2/{bucket}": [f"/r2/{bucket}"],
        "/queues": ["/queues"], "/queues/{name}": [f"/queues/q-{page.ns}"],
        "/tokens": ["/tokens"], "/audit": ["/audit"],
        "/settings": ["/settings"], "": ["/no/such/page"]}
    api.ok("DELETE", f"{a}/workers/scripts/of-the-account")
    api.ok("DELETE", f"{a}/storage/kv/namespaces/{kv}")
    api.ok("DELETE", f"{a}/d1/database/{d1}")
    api.ok("DELETE", f"{a}/queues/{queue['queue_id']}")
    api.ok("DELETE", f"{a}/r2/buckets/{bucket}/objects/{LONG}.txt")
    api.ok("DELETE", f"{a}/r2/buckets/{bucket}")


def settle(page, path):
    page.go(path)
    page.until(lambda: not page.all("main [aria-busy=true]"),
               f"{path} to be there")


def press(page, *keys):
    ActionChains(page.driver).send_keys(*keys).perform()


def focused(page):
    return page.driver.execute_script(
        "const e = document.activeElement;"
        "return e.getAttribute('aria-label') || e.textContent")


class TestPages:
    def test_977_01_every_page_and_dialog(self, page, things, httpd):
        """In the light on a desk, in the dark on a small phone."""
        told = (page.driver.execute_async_script(
            "import('./pages/index.js').then((m) => arguments[0]("
            "m.pages.map((p) => p.path)))"))
        assert set(told) == set(things) - {""}, "a page that is not looked at"
        wrong, opened = {}, set()
        for path in [p for paths in things.values() for p in paths]:
            settle(page, path)
            for size, theme in ((DESK, "light"), (SMALL, "dark")):
                page.look(size, theme)
                found = problems(page.driver)
                seen, bad = page.driver.execute_async_script(dialogs())
                opened.update(seen)
                if found or bad:
                    wrong[path, theme] = found + bad
                page.until(lambda: not page.all("main [aria-busy=true]"),
                           "the page, again")
            page.look(DESK, "dark")
            found = problems(page.driver)
            if found:
                wrong[path, "dark desk"] = found
            page.look(DESK, "light")
        assert wrong == {}
        kinds = {re.sub(r" .*", "", name) for name in opened}
        assert {"New", "Delete", "Use", "Revoke", "Change"} <= kinds, opened

    def test_977_02_before_one_is_signed_in(self, page):
        forget(page)
        page.driver.get(page.base)
        page.one("input[name=token]")
        for size, theme in ((DESK, "light"), (SMALL, "dark")):
            page.look(size, theme)
            assert problems(page.driver) == []
        page.look(DESK, "light")
        page.sign_in()

    def test_977_03_the_menu_of_a_phone(self, page):
        settle(page, "/ns")
        page.look(SMALL, "light")
        page.press("Menu")
        page.one("nav.menu")
        assert focused(page) == "Overview"
        assert page.driver.execute_script(
            "return document.querySelector('main').inert")
        assert problems(page.driver) == []
        press(page, Keys.ESCAPE)
        page.until(lambda: not page.one("[aria-controls=side]").get_attribute(
            "aria-expanded") == "true", "it to be closed")
        assert focused(page) == "Menu"
        page.press("Menu")
        page.press("Settings", "nav.menu a")
        page.until(lambda: page.one("h1").text == "Settings", "the page")
        assert not page.driver.execute_script(
            "return document.querySelector('main').inert")


class TestKeys:
    def test_977_10_they_lead_somewhere(self, page):
        settle(page, "/")
        press(page, "?")
        page.one("dialog .keys")
        assert page.driver.execute_script(OUTLINE) == []
        press(page, Keys.ESCAPE)
        page.gone("dialog")
        press(page, "g", "k")
        page.until(lambda: page.one("h1").text == "KV", "KV")
        page.gone("main [aria-busy=true]")
        press(page, "/")
        assert focused(page) == "Search by title"
        # what is typed there is text
        press(page, "gn?")
        page.until(lambda: page.one("input[data-search]").get_attribute(
            "value") == "gn?", "the text")
        assert page.one("h1").text == "KV" and not page.all("dialog")

    def test_977_11_they_can_be_switched_off(self, page):
        settle(page, "/")
        page.press("Keys")
        page.one("dialog input[name=keys]").click()
        press(page, Keys.ESCAPE)
        page.gone("dialog")
        press(page, "g", "n", "?")
        page.press("Keys")
        assert page.one("main h1").text == "Overview"
        page.one("dialog input[name=keys]").click()
        press(page, Keys.ESCAPE)
        page.gone("dialog")
        press(page, "g", "n")
        page.until(lambda: page.one("h1").text == "Namespaces", "the page")


class TestCharts:
    def test_977_20_values_by_keys_and_as_a_table(self, page, api):
        put(api, page.ns, "shop")
        for _ in range(3):
            assert api.client.get(f"/_ns/{page.ns}/shop/").status == 200
        until(lambda: sum(b["requests"] for b in api.ok(
            "GET", f"{api.namespaces}/{page.ns}/usage?bucket=hour")[
            "buckets"]) == 3, "the numbers")
        settle(page, f"/ns/{page.ns}/w/shop?tab=metrics")
        chart = page.one("figure.chart")
        page.driver.execute_script(
            "document.querySelector('.chart-place').focus()")
        said = page.driver.find_element("css selector",
                                        "figure.chart [role=status]")
        press(page, Keys.END)
        end = said.get_attribute("textContent")
        assert re.search(r"requests \d", end), end
        press(page, Keys.ARROW_LEFT)
        assert said.get_attribute("textContent") != end
        assert page.driver.execute_script(
            "return document.querySelector('.cursor').getAttribute("
            "'visibility')") == "visible"
        press(page, Keys.HOME)
        assert "requests 0" in said.get_attribute("textContent")
        press(page, Keys.ESCAPE)
        # all of them
        chart.find_element("css selector", "summary").click()
        page.until(lambda: len(page.all("figure.chart tbody tr")) == 60,
                   "a row a minute")
        assert sum(int(e.text) for e in page.all(
            "figure.chart tbody td")) == 3
        # the time is in the address
        page.one("select[name=span] option[value='4']").click()
        page.gone("[aria-busy=true]")
        assert "span=4" in page.driver.current_url
        page.driver.refresh()
        page.until(lambda: page.one("select[name=span]").get_attribute(
            "value") == "4", "the time")
        page.gone("[aria-busy=true]")
        assert "hour" in page.one("figure.chart figcaption").text
