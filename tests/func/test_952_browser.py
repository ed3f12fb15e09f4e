# SPDX-License-Identifier: Apache-2.0
"""The admin page in a real browser: signing in and out, tokens, the audit log,
settings. Pictures of each are kept in the build's results."""

import json
import uuid

import pytest

from wfptest.adminpage import go_where
from wfptest.api import Api
from wfptest.browser import DESK, PHONE, Browser
from wfptest.session import PAGE

pytestmark = pytest.mark.one_mpm

# what would run if it were markup, an attribute or an address
MARKUP = ('<script>window.broken=1</script>',
          '<img src=x onerror="window.broken=1">',
          '"><svg onload=window.broken=1>', "javascript:window.broken=1")


@pytest.fixture
def api(httpd, client):
    httpd.configure(PAGE)
    return Api(httpd, client)


@pytest.fixture(scope="module")
def chromium(httpd, build):
    """One browser for the file: it is slow to start."""
    httpd.configure(PAGE)
    browser = Browser(httpd, build)
    yield browser
    browser.stop()


@pytest.fixture
def browser(chromium, api):
    """Nobody is signed in; afterwards nothing ran that must not, nothing was
    asked elsewhere."""
    chromium.driver.get(chromium.base)
    chromium.driver.delete_all_cookies()
    chromium.requests()
    chromium.complaints()
    yield chromium
    assert chromium.driver.execute_script("return window.broken") is None
    own = f"http://127.0.0.1:{chromium.httpd.port}/"
    assert [url for url in chromium.requests()
            if not url.startswith((own, "data:", "blob:", "chrome"))] == []
    assert chromium.complaints() == []


@pytest.fixture
def inside(browser):
    browser.sign_in()
    return browser


class TestSession:
    def test_952_01_in_and_out(self, browser):
        browser.driver.get(browser.base)
        browser.type("input[name=token]", "wrong")
        browser.press("Sign in")
        browser.text("not known here")
        browser.photograph("sign-in")
        browser.sign_in()
        # no script can read the cookie
        assert browser.driver.execute_script("return document.cookie") == ""
        cookie, = browser.driver.get_cookies()
        assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
        assert cookie["path"] == "/admin/"
        browser.press("Sign out")
        browser.one("input[name=token]")
        # the way back leads nowhere
        browser.driver.get(browser.base + "#/tokens")
        browser.one("input[name=token]")

    def test_952_02_reload_stays_signed_in(self, inside):
        inside.driver.refresh()
        inside.one("nav.menu")

    def test_952_03_revoked_while_looking(self, api, browser):
        made = api.ok("POST", f"{api.account}/tokens",
                      {"name": "short", "role": "admin"})
        browser.sign_in(made["value"])
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")
        browser.driver.get(browser.base + "#/tokens")
        browser.one("input[name=token]")

    def test_952_04_a_role_sees_its_pages(self, api, browser):
        made = api.ok("POST", f"{api.account}/tokens",
                      {"name": "reader", "role": "read"})
        browser.sign_in(made["value"])
        links = [a.get_attribute("data-path")
                 for a in browser.all("nav.menu a")]
        assert "/" in links and "/tokens" not in links
        browser.driver.get(browser.base + "#/tokens")
        browser.text("does not have the right")


class TestTokens:
    def test_952_10_make_use_revoke(self, api, inside):
        inside.go("/tokens")
        inside.press("New token")
        inside.type("dialog input[name=name]", "made here")
        inside.press("Create")
        shown = inside.one("[data-secret]").text.strip()
        other = Api(api.httpd, api.client, shown)
        assert other.ok("GET", "/user/tokens/verify")["status"] == "active"
        inside.press("Close")
        inside.gone("dialog")
        inside.press("Revoke made here")
        # the name has to be typed
        button = inside.one("dialog button[type=submit]")
        assert not button.is_enabled()
        inside.type("dialog input", "made her")
        assert not button.is_enabled()
        inside.one("dialog input").send_keys("e")
        inside.press("Revoke")
        inside.text("Token revoked")
        assert other.refused("GET", api.account) == (401, 10000)

    def test_952_11_the_apis_own_words(self, inside):
        inside.go("/tokens")
        inside.press("New token")
        inside.type("dialog input[name=name]", "bad")
        inside.type("dialog input[name=namespaces]", "no/name")
        inside.press("Create")
        inside.text("namespaces: an array of names")
        inside.press("Cancel")


class TestText:
    """What a tenant chose is text, wherever it is shown."""

    @pytest.mark.parametrize("text", MARKUP)
    def test_952_20_names_of_tokens(self, api, inside, text):
        made = api.ok("POST", f"{api.account}/tokens",
                      {"name": text, "role": "read"})
        inside.go("/tokens")
        inside.text(text)
        inside.go("/audit")
        inside.text(" ".join(text.split()))
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")

    def test_952_21_values_of_the_api(self, client, api, inside):
        """An answer of the API is no page, whatever it holds."""
        kv = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                    {"title": MARKUP[0]})["id"]
        path = f"{api.account}/storage/kv/namespaces/{kv}/values/page"
        api.ok("PUT", path, MARKUP[0].encode())
        inside.driver.get(f"{inside.base}client/v4{path}")
        assert inside.driver.execute_script("return window.broken") is None
        api.ok("DELETE", f"{api.account}/storage/kv/namespaces/{kv}")


class TestKv:
    def test_952_40_put_read_delete(self, api, inside):
        inside.go("/kv")
        inside.press("New KV namespace")
        inside.type("dialog input[name=title]", MARKUP[0])
        inside.press("Create")
        inside.text("No key")
        inside.text(MARKUP[0])
        for key in MARKUP:
            inside.press("New key")
            inside.type("dialog input[name=key]", key)
            inside.type("dialog textarea[name=value]", f"of {key}")
            inside.press("Save")
            inside.gone("dialog")
            inside.press(key)
            inside.until(lambda k=key: inside.one("[data-value]").text
                         == f"of {k}", "the value")
            inside.press("Close")
            inside.gone("dialog")
        inside.photograph("kv-keys")
        for key in MARKUP:
            inside.press(f"Delete {key}")
            inside.type("dialog input[name=confirm]", key)
            inside.press("Delete")
            inside.gone("dialog")
        inside.text("No key")
        go_where(inside, "/kv", MARKUP[0])
        inside.press(f"Delete {MARKUP[0]}")
        inside.type("dialog input[name=confirm]", MARKUP[0])
        inside.press("Delete")
        inside.gone("dialog")
        inside.until(lambda: MARKUP[0] not in [
            a.text for a in inside.all("main td a")], "it to be gone")

    def test_952_45_links_both_ways(self, api, inside, tenant):
        kv = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                    {"title": f"links-{uuid.uuid4().hex[:8]}"})["id"]
        worker = tenant.deploy("return { fetch = function() end }",
                               "--binding", f"kv_namespace:KV={kv}")
        inside.go(f"/kv/{kv}")
        inside.press(f"{worker.ns}/{worker.name}")
        inside.press(kv)
        inside.text("env.KV")

    def test_952_41_what_a_key_has_stays(self, api, inside):
        """Its metadata and its end, when only its value is edited."""
        kv = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                    {"title": "edited"})["id"]
        path = f"{api.account}/storage/kv/namespaces/{kv}"
        api.ok("PUT", f"{path}/bulk", [
            {"key": "k", "value": "old", "metadata": {"a": [1]},
             "expiration": 4000000000}])
        inside.go(f"/kv/{kv}")
        inside.press("k")
        inside.press("Edit")
        inside.type("dialog textarea[name=value]", "new")
        inside.press("Save")
        inside.gone("dialog")
        assert api.get(f"{path}/values/k", raw=True).text == "new"
        [key] = api.ok("GET", f"{path}/keys")
        assert key == {"name": "k", "metadata": {"a": [1]},
                       "expiration": 4000000000}
        api.ok("DELETE", path)


class TestLooks:
    @pytest.mark.parametrize("name, fragment", [
        ("overview", "/"), ("namespaces", "/ns"), ("namespace", "/ns/demo"),
        ("account-workers", "/workers"), ("tokens", "/tokens"),
        ("audit", "/audit"), ("kv", "/kv"), ("settings", "/settings")])
    def test_952_30_pictures(self, inside, name, fragment):
        inside.go(fragment)
        inside.gone("[aria-busy=true]")
        inside.photograph(name)
        for size in (PHONE, DESK):
            inside.look(size, "light")
            assert not inside.is_wider(), size
