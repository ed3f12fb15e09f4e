# SPDX-License-Identifier: Apache-2.0
"""What somebody writes on the admin page is not lost when the session ends, when
it is begun anew in another tab, when the server is away; live logs go on."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from wfptest.adminpage import (api, chromium, forget, page, put,  # noqa: F401
                               renew, send)
from wfptest.api import first_token
from wfptest.browser import DESK, PHONE
from wfptest.looks import CONTRAST, NAMES
from wfptest.session import PAGE

pytestmark = pytest.mark.one_mpm

SAYS = ('return { fetch = function(request) console.log("at " .. '
        'URL.new(request.url).pathname) return Response.new("x") end }')


def lose(page):
    """The browser has no cookie any more."""
    page.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})


def bindings(api, path):
    return {b["name"]: b.get("text") for b in api.ok("GET", f"{path}/bindings")}


def add_binding(page, text):
    page.go(f"/ns/{page.ns}/w/kept?tab=settings")
    page.press("Add a binding")
    page.type("dialog input[name=name]", "A")
    page.type("dialog textarea", text)


def sign_in_again(page, token):
    page.one("dialog.again input[name=token]")
    page.type("dialog.again input[name=token]", token)
    page.press("Sign in", "dialog.again button")


class TestSessions:
    def test_978_01_ends_in_an_edit(self, page, api, httpd):
        path = put(api, page.ns, "kept")
        add_binding(page, "long thought of")
        lose(page)
        send(page)
        page.text("Your session ended")
        # nothing of what is below is seen, and Escape leads nowhere
        for _ in range(3):
            ActionChains(page.driver).send_keys(Keys.ESCAPE).perform()
        assert page.one("dialog.again").is_displayed()
        for size in (DESK, PHONE):
            for theme in ("light", "dark"):
                page.look(size, theme)
                page.keep(f"sign-in-again-{size[0]}-{theme}")
                assert page.driver.execute_script(
                    CONTRAST.replace("'body *'", "'.again *'")) == []
        page.look(DESK, "light")
        assert page.driver.execute_script(NAMES) == []
        sign_in_again(page, "wrong")
        page.text("not known here")
        sign_in_again(page, first_token(httpd))
        page.gone("dialog")
        page.text("long thought of")
        assert bindings(api, path) == {"A": "long thought of"}

    def test_978_02_code_goes_on(self, page, api, httpd):
        path = put(api, page.ns, "kept")
        page.go(f"/ns/{page.ns}/w/kept")
        page.one(".ed-area").send_keys(Keys.CONTROL, Keys.HOME)
        page.one(".ed-area").send_keys("-- mine\n")
        page.press("Deploy")
        page.type("dialog input[name=message]", "why")
        lose(page)
        send(page)
        sign_in_again(page, first_token(httpd))
        page.text("As it runs")
        body = api.call("GET", f"{path}/content", raw=True).body
        assert b"\n-- mine\n" in body

    def test_978_03_as_somebody_else(self, page, api):
        path = put(api, page.ns, "kept")
        made = api.ok("POST", f"{api.account}/tokens",
                      {"name": "another", "role": "deploy"})
        for leave in (False, True):
            renew(page)
            add_binding(page, "not theirs")
            lose(page)
            send(page)
            if leave:
                page.press("Sign in as somebody else")
                page.gone("dialog")
                page.type("input[name=token]", made["value"])
                page.press("Sign in")
            else:
                sign_in_again(page, made["value"])
            page.until(lambda: page.one(".who strong").text == "another",
                       "the other one's page")
            page.gone("dialog")
            assert "not theirs" not in page.driver.page_source
        assert bindings(api, path) == {}
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")

    def test_978_04_signed_in_in_another_tab(self, page, api):
        path = put(api, page.ns, "kept")
        add_binding(page, "of the first tab")
        first = page.driver.current_window_handle
        lose(page)
        page.driver.switch_to.new_window("tab")
        page.sign_in()
        page.driver.close()
        page.driver.switch_to.window(first)
        send(page)
        page.gone("dialog")
        assert bindings(api, path) == {"A": "of the first tab"}

    def test_978_05_too_few_rights_are_told(self, page, api):
        """It is no end of the session."""
        put(api, page.ns, "kept")
        add_binding(page, "x")
        page.driver.execute_async_script(
            "import('./lib/api.js').then(({api}) => api.get('/accounts/' +"
            "'0'.repeat(32) + '/tokens')).catch(() => {})"
            ".finally(arguments[0])")
        assert not page.all("dialog.again")
        # (the browser notes what is refused)
        page.complaints()

    def test_978_06_more_calls_than_the_api_takes(self, httpd, chromium, api):
        httpd.configure((*PAGE, "WfpApiRate 1 1h"))
        forget(chromium)
        chromium.driver.get(chromium.base)
        chromium.type("input[name=token]", first_token(httpd))

        def refused():
            if chromium.all("nav.menu"):
                forget(chromium)
                chromium.driver.get(chromium.base)
                chromium.type("input[name=token]", first_token(httpd))
            chromium.press("Sign in")
            return "Too many requests" in chromium.body()
        chromium.until(refused, "to be refused")
        assert "wrong one" not in chromium.body()
        httpd.configure(PAGE)


class TestServerAway:
    def test_978_10_a_save_that_fails(self, page, api, httpd):
        path = put(api, page.ns, "kept")
        add_binding(page, "written once")
        httpd.stop()
        send(page)
        page.text("The server does not answer")
        page.text("Look whether the server runs")
        httpd.configure(PAGE)
        send(page)
        page.gone("dialog")
        assert bindings(api, path) == {"A": "written once"}

    def test_978_11_a_tail_goes_on(self, page, api, httpd):
        put(api, page.ns, "kept", SAYS)

        def state():
            return page.one("main [role=status]").text

        def asked(path):
            page.until(lambda: api.client.get(f"/_ns/{page.ns}/kept/{path}")
                       and path in page.one(".records").text, path)
        page.go(f"/ns/{page.ns}/w/kept?tab=logs")
        page.until(lambda: state() == "Live", "the tail")
        asked("before")
        httpd.stop()
        page.until(lambda: "trying again" in state(), "to be told")
        assert "before" in page.one(".records").text
        # what is pressed meanwhile does not say that all is well
        page.press("Pause")
        page.press("Pause")
        assert "trying again" in state()
        httpd.configure(PAGE)
        page.until(lambda: state() == "Live", "the tail, again")
        page.text("Not connected from")
        asked("after")
        assert "before" in page.one(".records").text
