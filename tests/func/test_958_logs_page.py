# SPDX-License-Identifier: Apache-2.0
"""What a Worker did, in a real browser: live, kept, and what went wrong."""

import pytest

from wfptest.api import Api
from wfptest.browser import DESK, PHONE, Browser
from wfptest.session import PAGE
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

LOUD = """return { fetch = function(request)
    local n = request.url:match("(%w+)$")
    console.log("said <b>" .. n .. "</b> <img src=x onerror='window.broken=1'>")
    if n == "bad" then
        local function inner() error("<script>window.broken = 1</script>") end
        inner()
    end
    return Response.new("ok")
end }"""


@pytest.fixture
def api(httpd, client):
    httpd.configure(PAGE)
    return Api(httpd, client)


@pytest.fixture(scope="module")
def chromium(httpd, build):
    httpd.configure(PAGE)
    browser = Browser(httpd, build)
    yield browser
    browser.stop()


@pytest.fixture
def page(chromium, api, tenant):
    """A browser that is signed in, with a namespace of its own."""
    chromium.ns = tenant.namespace()
    with chromium.watched():
        yield chromium


@pytest.fixture
def loud(page, api, client):
    """ask(n): has the Worker of the page run, and waits for its record."""
    path = f"{api.namespaces}/{page.ns}/scripts/loud"
    assert api.call("PUT", path, LOUD.encode()).status == 200

    def ask(*names):
        before = len(api.ok("GET", f"{path}/logs?limit=1000"))
        for name in names:
            client.get(f"/_ns/{page.ns}/loud/{name}")
        until(lambda: len(api.ok("GET", f"{path}/logs?limit=1000"))
              == before + len(names), "the records")
    return ask


def records(page):
    return [e.text for e in page.all(".records .record summary")]


class TestLogs:
    def test_958_01_history(self, page, loud):
        loud("one", "two", "bad")
        page.go(f"/ns/{page.ns}/w/loud?tab=logs")
        page.press("History")
        page.until(lambda: len(records(page)) == 3, "three records")
        assert [text.partition("/loud/")[2][:3] for text in records(page)] == \
            ["bad", "two", "one"]
        page.photograph("worker-logs-history")
        # what they say is text
        assert "said <b>two</b> <img" in page.one(".records").get_attribute(
            "textContent")
        assert not page.all(".records b, .records img, .records script")
        assert page.driver.execute_script("return window.broken") is None

    def test_958_02_filters(self, page, loud):
        loud("one", "two", "bad")
        page.go(f"/ns/{page.ns}/w/loud?tab=logs")
        page.press("History")
        page.until(lambda: len(records(page)) == 3, "three records")
        page.driver.execute_script(
            "const s = document.querySelector('select[name=outcome]');"
            "s.value = 'ok'; s.dispatchEvent(new Event('change'))")
        page.until(lambda: len(records(page)) == 2, "two that went well")
        page.type("input[name=query]", "SAID <b>two\n")
        page.until(lambda: len(records(page)) == 1, "one of that text")
        page.type("input[name=query]", "nowhere\n")
        page.text("Nothing that is kept is so")

    def test_958_03_last_errors(self, page, loud):
        loud("one", "bad", "two")
        page.go(f"/ns/{page.ns}/w/loud?tab=logs")
        page.press("Last errors")
        page.text("<script>window.broken = 1</script>")
        assert len(records(page)) == 1
        assert "in local 'inner'" in page.one(".records .error").get_attribute(
            "textContent").partition("stack traceback:")[2]
        assert page.driver.execute_script("return window.broken") is None

    def test_958_04_older_ones(self, page, loud):
        loud(*(f"n{n}" for n in range(60)))
        page.go(f"/ns/{page.ns}/w/loud?tab=logs")
        page.press("History")
        page.until(lambda: len(records(page)) == 50, "a page")
        page.press("Older")
        page.until(lambda: len(records(page)) == 60, "all")
        assert "/n0 " in records(page)[-1] + " "

    def test_958_05_live_again(self, page, loud):
        page.go(f"/ns/{page.ns}/w/loud?tab=logs")
        page.press("History")
        page.text("Nothing is kept")
        page.press("Live")
        page.text("Waiting for requests")
        loud("now")
        page.until(lambda: len(records(page)) == 1, "it is shown")

    @pytest.mark.parametrize("size", [DESK, PHONE])
    def test_958_06_fits(self, page, loud, size):
        loud("x" * 300, "bad")
        page.look(size, "light")
        page.go(f"/ns/{page.ns}/w/loud?tab=logs")
        page.press("Last errors")
        page.until(lambda: len(records(page)) == 1, "it is shown")
        page.press("History")
        page.until(lambda: len(records(page)) == 2, "they are shown")
        assert not page.is_wider() and not page.unnamed()
        page.look(DESK, "light")
