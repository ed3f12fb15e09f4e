# SPDX-License-Identifier: Apache-2.0
"""Workers in a real browser: write, deploy, compare, share out, roll back,
settings, lists. Pictures of each are kept in the build's results."""

import pytest
from selenium.webdriver.common.keys import Keys

from wfptest.api import Api
from wfptest.browser import PHONE, Browser
from wfptest.session import PAGE

pytestmark = pytest.mark.one_mpm

BAD = "return {\n  fetch = function()\n    local x = = 1\n  end }"


def says(word):
    return f'return {{ fetch = function() return Response.new("{word}") end }}'


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
    chromium.driver.delete_all_cookies()
    chromium.sign_in()
    chromium.requests()
    chromium.complaints()
    chromium.ns = tenant.namespace()
    yield chromium
    own = f"http://127.0.0.1:{chromium.httpd.port}/"
    assert [url for url in chromium.requests()
            if not url.startswith((own, "data:", "blob:", "chrome"))] == []
    assert chromium.complaints() == []


def worker(page, api, name, *words):
    """A Worker with a version for each word; its path in the API."""
    path = f"{api.namespaces}/{page.ns}/scripts/{name}"
    for word in words:
        answer = api.call("PUT", path, says(word).encode())
        assert answer.status == 200
    return path


def write(page, text):
    page.one(".ed-area")
    page.driver.execute_script(
        "const a = document.querySelector('.ed-area'); a.value = arguments[0];"
        "a.dispatchEvent(new Event('input', {bubbles: true}))", text)


def send(page):
    page.one("dialog button[type=submit]").click()


def code_of(api, path):
    return api.call("GET", f"{path}/content", raw=True).body.decode()


class TestCode:
    def test_954_01_a_new_worker(self, page, api):
        page.go(f"/ns/{page.ns}")
        page.text("No Worker here yet")
        page.press("New Worker")
        write(page, BAD)
        page.press("Deploy")
        page.type("dialog input[name=name]", "fresh")
        send(page)
        # the message, what to do, and the line
        page.text("worker.lua:3:")
        page.text("Mend it and deploy again")
        assert page.one(".ed-gutter .wrong").text == "3"
        write(page, says("one"))
        page.press("Deploy")
        page.type("dialog input[name=name]", "fresh")
        page.type("dialog input[name=message]", "the first")
        send(page)
        page.one(".tabs")
        path = f"{api.namespaces}/{page.ns}/scripts/fresh"
        version, = api.ok("GET", f"{path}/versions")["items"]
        assert version["annotations"]["workers/message"] == "the first"
        assert '"one"' in code_of(api, path)

    def test_954_02_two_edit_one_worker(self, page, api):
        path = worker(page, api, "both", "one")
        page.go(f"/ns/{page.ns}/w/both")
        write(page, says("mine"))
        worker(page, api, "both", "theirs")
        page.press("Deploy")
        send(page)
        page.text("Somebody else deployed meanwhile")
        assert '"theirs"' in code_of(api, path)
        send(page)
        page.until(lambda: "mine" in page.one("dialog .plus").text
                   and "theirs" in page.one("dialog .minus").text, "a diff")
        page.press("Close", "dialog footer button")
        page.gone("dialog")
        page.press("Deploy")
        send(page)
        page.text("As it runs")
        assert '"mine"' in code_of(api, path)

    def test_954_03_keys(self, page, api):
        worker(page, api, "keys", "one")
        page.go(f"/ns/{page.ns}/w/keys")
        area = page.one(".ed-area")
        area.send_keys(Keys.TAB, "x")
        assert area.get_attribute("value").endswith("}  x")
        area.send_keys(Keys.ESCAPE, Keys.TAB)
        assert page.driver.switch_to.active_element != area
        area.send_keys(Keys.CONTROL, "s")
        page.one("dialog .diff")
        page.press("Cancel")
        page.gone("dialog")

    def test_954_05_what_is_not_deployed_stays(self, page, api):
        """On other pages one looks something up; somebody else deploys."""
        path = worker(page, api, "draft", "one")
        page.go(f"/ns/{page.ns}/w/draft")
        write(page, says("mine"))
        page.text("1 changed")
        page.press("Versions", ".tabs a")
        page.text("Deployments")
        worker(page, api, "draft", "theirs")
        page.press("Code", ".tabs a")
        page.text("What you wrote here before is still there")
        assert '"mine"' in page.one(".ed-area").get_attribute("value")
        page.press("Deploy")
        send(page)
        page.text("Somebody else deployed meanwhile")
        assert '"theirs"' in code_of(api, path)
        page.press("Cancel")
        page.gone("dialog")
        page.press("Settings", ".tabs a")
        page.text("No secret")
        page.press("Code", ".tabs a")
        page.press("Throw it away")
        page.until(lambda: '"theirs"' in page.one(".ed-area").get_attribute(
            "value"), "what runs")
        page.text("As it runs")

    def test_954_04_pictures(self, page, api):
        path = worker(page, api, "pictured", "one", "two")
        api.ok("PUT", f"{path}/tags", ["<b>pro</b>"])
        for tab in ("code", "versions", "metrics", "triggers", "settings"):
            page.go(f"/ns/{page.ns}/w/pictured?tab={tab}")
            page.one(".tabs [aria-current]")
            page.photograph(f"worker-{tab}")
            page.look(PHONE, "light")
            assert not page.is_wider(), tab
        page.go(f"/ns/{page.ns}")
        page.text("<b>pro</b>")
        page.photograph("namespace")
        page.go("/")
        page.photograph("overview")


class TestVersions:
    def test_954_10_share_and_roll_back(self, page, api):
        path = worker(page, api, "split", "one", "two")
        page.go(f"/ns/{page.ns}/w/split?tab=versions")
        page.press("Split with version 1")
        slider = page.one("dialog input[name=share]")
        slider.send_keys(*[Keys.ARROW_RIGHT] * 15)
        page.text("#1: 25 %, #2: 75 %")
        page.send()
        shares = api.ok("GET", f"{path}/deployments")["deployments"][0]
        assert sorted(v["percentage"] for v in shares["versions"]) == [25, 75]
        page.press("Deploy version 2")
        send(page)
        page.until(lambda: len(api.ok("GET", f"{path}/deployments")
                               ["deployments"][0]["versions"]) == 1, "one")
        page.press("Roll back")
        send(page)
        page.text("Rolled back")


class TestSettings:
    def test_954_20_secrets_and_bindings(self, page, api):
        path = worker(page, api, "set", "one")
        page.go(f"/ns/{page.ns}/w/set?tab=settings")
        page.press("Add a secret")
        page.type("dialog input[name=name]", "KEY")
        page.type("dialog input[name=text]", "never-shown")
        send(page)
        page.one("[aria-label='Replace KEY']")
        page.press("Add a binding")
        page.type("dialog input[name=name]", "GREETING")
        page.type("dialog textarea[name=value]", "hi")
        send(page)
        page.one("[aria-label='Change GREETING']")
        assert "never-shown" not in page.driver.page_source
        assert {(b["name"], b["type"]) for b in
                api.ok("GET", f"{path}/bindings")} == {
            ("KEY", "secret_text"), ("GREETING", "plain_text")}
        # code that comes later keeps them
        page.go(f"/ns/{page.ns}/w/set")
        write(page, says("two"))
        page.press("Deploy")
        send(page)
        page.text("As it runs")
        assert len(api.ok("GET", f"{path}/bindings")) == 2
        page.go(f"/ns/{page.ns}/w/set?tab=settings")
        page.press("Delete GREETING")
        button = page.one("dialog button[type=submit]")
        assert not button.is_enabled()
        page.type("dialog input[name=confirm]", "GREETING")
        send(page)
        page.text("Deleted GREETING")
        assert len(api.ok("GET", f"{path}/bindings")) == 1


class TestList:
    def test_954_30_search_sort_delete_by_tag(self, page, api):
        for name in ("shop-1", "shop-2", "blog"):
            path = worker(page, api, name, "one")
            if name != "blog":
                api.ok("PUT", f"{path}/tags", ["gone"])
        page.go(f"/ns/{page.ns}")
        page.text("shop-2")
        page.type("input[name=name]", "SHOP")
        page.until(lambda: "blog" not in page.body() and "shop-1"
                   in page.body(), "only shops")
        page.one("th[aria-sort] button").click()
        page.until(lambda: page.body().index("shop-2")
                   < page.body().index("shop-1"), "the other way round")
        page.press("gone", "button.tag")
        page.press("Delete all with this tag")
        page.text("Delete 2 Workers tagged gone?")
        page.type("dialog input[name=confirm]", "gone")
        send(page)
        page.text('is called "SHOP" with the tag gone')
        assert [w["id"] for w in
                api.ok("GET", f"{api.namespaces}/{page.ns}/scripts")] == \
            ["blog"]
