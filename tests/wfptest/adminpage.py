# SPDX-License-Identifier: Apache-2.0
"""Fixtures of tests of the admin page: one browser a file, signed in, and what
must be so after each of them."""

import json
import uuid
from urllib.parse import quote

import pytest

from .api import Api
from .browser import Browser
from .session import PAGE
from .uploads import FORM, form, part


@pytest.fixture
def api(httpd, client):
    httpd.configure(PAGE)
    return Api(httpd, client)


@pytest.fixture(scope="module")
def chromium(httpd, build):
    """Slow to start."""
    httpd.configure(PAGE)
    browser = Browser(httpd, build)
    yield browser
    browser.stop()


@pytest.fixture
def page(chromium, api, tenant):
    """Signed in as an admin, with a namespace of its own, `page.ns`."""
    renew(chromium)
    chromium.ns = tenant.namespace()
    yield chromium
    check(chromium)


@pytest.fixture
def other(httpd, build, page):
    """A second browser, signed in, too."""
    browser = Browser(httpd, build)
    renew(browser)
    yield browser
    check(browser)
    browser.stop()


def renew(browser, token=None):
    """Somebody is signed in, nothing was asked yet."""
    forget(browser)
    browser.sign_in(token)
    browser.requests()
    browser.complaints()


def forget(browser):
    """Nobody is signed in, no page is there."""
    browser.driver.get("about:blank")
    browser.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})


def check(browser):
    """No script or policy complained, and nobody else was asked."""
    own = f"http://127.0.0.1:{browser.httpd.port}/"
    foreign = [url for url in browser.requests()
               if not url.startswith((own, "data:", "blob:", "chrome",
                                      "about:"))]
    assert not foreign, foreign
    complaints = browser.complaints()
    assert not complaints, complaints


def send(browser):
    """The open dialog's form."""
    browser.one("dialog button[type=submit]").click()


def put(api, ns, name, text="", **metadata):
    """A Worker that answers its name, or a text; its path in the API."""
    path = f"{api.namespaces}/{ns}/scripts/{name}" if ns else \
        f"{api.account}/workers/scripts/{name}"
    text = text or ('return { fetch = function() '
                    f'return Response.new("{name}") end }}')
    metadata = {"main_module": "worker.lua", **metadata}
    answer = api.call(
        "PUT", path, form(part("metadata", json.dumps(metadata)),
                          part("worker.lua", text, "worker.lua", "text/plain")),
        headers=[("Content-Type", FORM)])
    assert answer.status == 200, answer
    return path


def go_where(browser, at, name):
    """A list of what is called so: others may have left hundreds."""
    browser.go(f"{at}?q={quote(name, safe='')}")


class Database:
    """One of D1, whose page is `at`."""

    def __init__(self, api):
        self.api, self.name = api, f"page-{uuid.uuid4().hex[:8]}"
        self.all = f"{api.account}/d1/database"
        self.id = api.ok("POST", self.all, {"name": self.name})["uuid"]
        self.at = f"/d1/{self.id}"

    def run(self, sql):
        return self.api.ok("POST", f"{self.all}/{self.id}/raw", {"sql": sql})

    def rows(self, sql):
        return self.run(sql)[-1]["results"]["rows"]

    def remove(self):
        self.api.ok("DELETE", f"{self.all}/{self.id}")
