# SPDX-License-Identifier: Apache-2.0
"""What a tenant chose is text on every page. Markup and addresses that would
run are stored wherever the API lets them in; then each page is opened, with
each of its dialogs, in a real browser: nothing may run, no element may come of
it, and the page's policy must have had nothing to forbid."""

import json
import urllib.parse

import pytest

from wfptest.adminpage import (api, chromium, page, put,  # noqa: F401
                               send)

pytestmark = pytest.mark.one_mpm

TAG = "<script>window.broken=1</script>"
IMG = '<img src=x onerror="window.broken=1">'
SVG = "\"'><svg onload=window.broken=1>"
URL = "javascript:window.broken=1"
OUT = "</textarea></pre></title><iframe srcdoc='<script>top.broken=1</script>'>"
ALL = (TAG, IMG, SVG, URL, OUT)
BOTH = f"{TAG} {IMG} {SVG} {URL}"

# In every new page, before its own scripts: what its policy forbids
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (e) =>
  window.violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
"""
# What there must not be on a page
FOUND = """
return [window.broken ?? null, window.violations,
  [...document.querySelectorAll('script:not([src]), iframe, svg[onload], ' +
    'img:not([src="icon.svg"]), object, embed, base, style')]
    .map((e) => e.outerHTML.slice(0, 200)),
  [...document.querySelectorAll('a[href], form[action]')]
    .map((e) => e.getAttribute('href') ?? e.getAttribute('action'))
    .filter((href) => !/^(#|https?:|[\\w.]*\\/client\\/v4|\\/admin\\/|blob:)/
      .test(href))]
"""
# Press every button that is no form's, look into what opens, close it
PRESS = """
const done = arguments[0];
const wait = (ms) => new Promise((go) => setTimeout(go, ms));
const dialog = () => document.querySelector('dialog[open]');
const skip = /^(Add files|Upload|Clear|Pause|Roll|Send|Run|Search)/;
const bad = () => document.querySelectorAll(
  'script:not([src]), iframe, img[src=x], svg[onload]').length;
(async () => {
  const pressed = [];
  for (const b of document.querySelectorAll('main button')) {
    const name = b.getAttribute('aria-label') || b.textContent;
    if (b.type === 'submit' || b.disabled || !b.isConnected ||
        skip.test(name) || b.matches('.sort, .tag')) continue;
    const at = location.hash;
    b.click();
    for (let i = 0; i < 20 && !dialog() && location.hash === at; i++) {
      await wait(10);
      if (i > 4 && !document.querySelector('[aria-busy=true]')) break;
    }
    if (location.hash !== at) {
      history.back();
      break;
    }
    if (dialog()) {
      pressed.push(name);
      if (bad()) break;
      dialog().close();
      await wait(0);
    }
  }
  done([pressed, bad()]);
})();
"""


@pytest.fixture
def watched(page):
    page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument",
                                {"source": WATCH})
    page.driver.execute_cdp_cmd("Page.setInterceptFileChooserDialog",
                                {"enabled": True})
    page.driver.refresh()
    page.one("nav.menu")
    return page


def visit(page, path, *words):
    """A page, what it must show as text, and nothing that ran; names of the
    dialogs that were looked into."""
    page.go(path)
    page.until(lambda: not page.all("main [aria-busy=true]"), "the page")
    for text in words:
        page.text(" ".join(text.split()))
    look(page, path)
    pressed, bad = page.driver.execute_async_script(PRESS)
    assert not bad, (path, pressed)
    look(page, path)
    return pressed


def look(page, path):
    assert page.driver.execute_script(FOUND) == [None, [], [], []], path


def store(api, ns):
    """Markup wherever the API takes it. What it does not take is not there."""
    path = put(api, ns, "hostile", f"-- {OUT} {BOTH}\n"
               "return { fetch = function() return Response.new('x') end }",
               tags=[TAG, IMG, SVG[:60], URL], bindings=[
                   {"type": "plain_text", "name": "V", "text": BOTH + OUT},
                   {"type": "json", "name": "J", "json": {BOTH: [OUT]}},
                   {"type": "secret_text", "name": "S", "text": BOTH}],
               annotations={"workers/message": IMG, "workers/tag": URL[:25]})
    put(api, ns, "hostile", annotations={"workers/message": TAG},
        tags=[TAG, IMG, SVG[:60], URL], bindings=[
            {"type": "plain_text", "name": "V", "text": BOTH + OUT},
            {"type": "json", "name": "J", "json": {BOTH: [OUT]}},
            {"type": "inherit", "name": "S"}])
    newest, before = api.ok("GET", f"{path}/versions")["items"][:2]
    api.ok("POST", f"{path}/deployments", {
        "strategy": "percentage", "versions": [
            {"version_id": newest["id"], "percentage": 40},
            {"version_id": before["id"], "percentage": 60}],
        "annotations": {"workers/message": SVG}})
    host = f"{ns}.hostile.example"
    api.ok("PUT", f"{api.account}/hostnames/{host}", {
        "namespace": ns, "script": "hostile", "metadata": {BOTH: OUT}})
    api.ok("PUT", f"{path}/schedules", [{"cron": "0 0 1 1 *"}])
    put(api, None, "hostile-out", tags=[TAG])
    api.ok("PATCH", f"{api.namespaces}/{ns}", {"outbound": {
        "service": "hostile-out", "params": {"p": BOTH + OUT}}})
    token = api.ok("POST", f"{api.account}/tokens", {
        "name": BOTH[:120], "role": "read", "namespaces": [ns]})
    kv = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                {"title": BOTH + ns})["id"]
    api.ok("PUT", f"{api.account}/storage/kv/namespaces/{kv}/bulk", [
        {"key": text, "value": BOTH + OUT, "metadata": {BOTH: OUT}}
        for text in ALL])
    return host, token["id"], kv


class TestStored:
    def test_970_01_every_page(self, watched, api):
        page = watched
        host, token, kv = store(api, page.ns)
        worker = f"/ns/{page.ns}/w/hostile"
        text = (TAG, IMG, URL)
        visit(page, "/")
        visit(page, "/ns")
        visit(page, f"/ns/{page.ns}", *text)
        visit(page, f"/ns/{page.ns}?tab=usage")
        visit(page, f"/ns/{page.ns}?tab=settings")
        assert BOTH in page.one("textarea[name=params]").get_attribute("value")
        visit(page, "/workers", TAG)
        visit(page, "/tokens", BOTH[:100])
        visit(page, "/audit", json.dumps(TAG)[1:-1])
        visit(page, "/kv", BOTH)
        opened = visit(page, f"/kv/{kv}", *ALL)
        assert set(ALL) <= set(opened)  # each key's value was looked at
        page.go(worker)
        page.one(".tabs a")
        tabs = [a.get_attribute("href").partition("#")[2]
                for a in page.all(".tabs a")]
        assert len(tabs) >= 6
        for tab in tabs:
            visit(page, tab)
        visit(page, f"{worker}?tab=versions", IMG, SVG)
        visit(page, f"{worker}?tab=settings", BOTH, *text)
        visit(page, f"{worker}?tab=triggers", TAG, host)
        # pages that others may add: whatever is in the menu
        for a in page.all("nav.menu a"):
            visit(page, a.get_attribute("data-path"))
        api.ok("DELETE", f"{api.account}/tokens/{token}")
        api.ok("DELETE", f"{api.account}/storage/kv/namespaces/{kv}")
        api.ok("DELETE", f"{api.account}/hostnames/{host}")

    def test_970_02_logs_and_errors(self, watched, api):
        page = watched
        put(api, page.ns, "loud", "return { fetch = function(request)\n"
            f"console.log([==[{BOTH}{OUT}]==], {{ [ [==[{TAG}]==] ] = 1 }})\n"
            f"console.error([==[{OUT}]==])\n"
            f"error([==[{IMG}{OUT}]==]) end }}")
        page.go(f"/ns/{page.ns}/w/loud?tab=logs")
        page.until(lambda: page.one("main [role=status]").text == "Live",
                   "the tail")
        at = f"/_ns/{page.ns}/loud/" + urllib.parse.quote(TAG, safe="")
        page.until(lambda: api.client.get(f"{at}?q={urllib.parse.quote(IMG)}",
                                          headers=[("X-H", IMG)])
                   and page.all(".record"), "a record")
        for text in (TAG, IMG, SVG):
            page.until(lambda t=text: t in page.driver.execute_script(
                "return document.querySelector('.records').textContent"), text)
        look(page, "logs")
        # what the API says of code that is wrong
        page.go(f"/ns/{page.ns}/new")
        page.one(".ed-area")
        page.driver.execute_script(
            "const a = document.querySelector('.ed-area'); a.value ="
            "arguments[0]; a.dispatchEvent(new Event('input', "
            "{bubbles: true}))", f"error([==[{IMG}{OUT}]==])")
        page.press("Deploy")
        page.type("dialog input[name=name]", "refused")
        send(page)
        page.text(IMG)
        look(page, "an error")

    def test_970_03_addresses(self, watched, api):
        """Of the page itself, which somebody else may have made."""
        page = watched
        for text in ALL:
            q = urllib.parse.quote(text, safe="")
            for path in (f"/ns/{q}", f"/ns/{page.ns}?q={q}&tag={q}&order={q}",
                         f"/ns/{page.ns}/w/{q}?tab={q}", f"/kv/{q}",
                         f"/{q}", f"/workers?tag={q}", f"/ns/{q}?tab=settings"):
                page.driver.get(page.base + "#" + path)
                page.until(lambda: page.driver.execute_script(
                    "return !document.querySelector('main [aria-busy=true]') "
                    "&& document.querySelector('main').children.length > 0"),
                    "a page")
                look(page, path)
        page.driver.get(page.base + "#/")
