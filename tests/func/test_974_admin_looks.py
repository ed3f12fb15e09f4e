# SPDX-License-Identifier: Apache-2.0
"""How the admin page looks and how it is reached: contrast of all text in both
themes, names of all controls, what has the focus is seen, everything by the
keyboard, nothing jumps, nothing moves for who wants no motion, its weight. A
picture of each page is kept in the build's results."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from wfptest.adminpage import (api, chromium, page, put,  # noqa: F401
                               renew, send)
from wfptest.browser import DESK, PHONE
from wfptest.looks import CONTRAST, NAMES

pytestmark = pytest.mark.one_mpm

WEIGHT = 250 * 1024  # bytes of a page, with what it asks of the API

# The element that has the focus: its name, and whether one sees that
FOCUS = """
const e = document.activeElement;
const s = getComputedStyle(e);
const box = e.closest('.ed') ?? e;
const ring = parseFloat(s.outlineWidth) > 0 && s.outlineStyle !== 'none' &&
  s.outlineColor !== 'rgba(0, 0, 0, 0)' || box.matches('.ed:focus-within');
const r = e.getBoundingClientRect();
return [e === document.body ? null : (e.getAttribute('aria-label') ||
  e.textContent || e.name || e.tagName).trim().slice(0, 60), Boolean(ring),
  r.width > 0 && r.height > 0];
"""
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const e of list.getEntries()) {
    if (!e.hadRecentInput) window.shifts.push([e.value, e.sources
      .map((s) => s.node?.nodeType === 1 ? s.node.outerHTML.slice(0, 120)
        : String(s.node?.data ?? '').slice(0, 60))]);
  }
}).observe({type: 'layout-shift', buffered: true});
"""


@pytest.fixture
def full(page, api):
    """A namespace with something on each page; page.paths: all of them."""
    bindings = [{"type": "plain_text", "name": "GREETING", "text": "hello"},
                {"type": "secret_text", "name": "KEY", "text": "secret"}]
    path = put(api, page.ns, "shop", tags=["pro", "customer-7"],
               bindings=bindings, limits={"cpu_ms": 20, "subrequests": 5},
               annotations={"workers/message": "The first"})
    put(api, page.ns, "shop", tags=["pro", "customer-7"], bindings=bindings,
        annotations={"workers/message": "Twice as quick"})
    put(api, page.ns, "blog", tags=["free"])
    api.ok("PUT", f"{path}/schedules", [{"cron": "*/5 * * * *"}])
    for _ in range(5):
        api.client.get(f"/_ns/{page.ns}/shop/")
    page.go(f"/ns/{page.ns}/w/shop")
    page.one(".tabs a")
    page.paths = [*(a.get_attribute("data-path")
                    for a in page.all("nav.menu a")), f"/ns/{page.ns}",
                  f"/ns/{page.ns}?tab=usage", f"/ns/{page.ns}?tab=settings",
                  f"/ns/{page.ns}/new",
                  *(a.get_attribute("href").partition("#")[2]
                    for a in page.all(".tabs a"))]
    return page


def settle(page, path):
    page.go(path)
    page.until(lambda: not page.all("main [aria-busy=true]")
               and page.all("main h1"), f"{path} to be there")


def keys(page, *pressed):
    """Keys for whatever has the focus."""
    ActionChains(page.driver).send_keys(*pressed).perform()


def name_of(path, ns):
    plain = path.replace(f"/ns/{ns}", "/namespace").strip("/")
    return plain.replace("/w/shop", "-worker").replace("?tab=", "-").replace(
        "/", "-") or "overview"


class TestLooks:
    def test_974_01_every_page_in_both_themes(self, full):
        page, wrong = full, {}
        for path in full.paths:
            settle(page, path)
            name = name_of(path, page.ns)
            nameless = page.driver.execute_script(NAMES)
            if nameless:
                wrong[path, "names"] = nameless
            for size, width in (("desk", DESK), ("phone", PHONE)):
                for theme in ("light", "dark"):
                    page.look(width, theme)
                    page.keep(f"{name}-{size}-{theme}")
                    poor = page.driver.execute_script(CONTRAST)
                    if poor:
                        wrong[path, theme, size] = poor
                if page.is_wider():
                    wrong[path, size] = "moves sideways"
            page.look(DESK, "light")
        assert wrong == {}

    def test_974_02_dialogs(self, full):
        page, wrong = full, {}
        for path, label in ((f"/ns/{page.ns}/w/shop?tab=settings",
                             "Add a binding"),
                            (f"/ns/{page.ns}/w/shop?tab=settings",
                             "Change limits"),
                            (f"/ns/{page.ns}/w/shop?tab=versions",
                             "Split with version 1"),
                            (f"/ns/{page.ns}/w/shop", "Delete"),
                            ("/ns", "New namespace"), ("/tokens", "New token")):
            settle(page, path)
            page.press(label)
            page.one("dialog")
            nameless = [n for n in page.driver.execute_script(NAMES)
                        if n != "not one h1"]
            if nameless:
                wrong[label] = nameless
            for size, width in (("desk", DESK), ("phone", PHONE)):
                for theme in ("light", "dark"):
                    page.look(width, theme)
                    page.keep(f"dialog-{label.lower().replace(' ', '-')}"
                              f"-{size}-{theme}")
                    poor = page.driver.execute_script(CONTRAST)
                    if poor:
                        wrong[label, theme, size] = poor
            page.look(DESK, "light")
            # Escape closes it, and the focus is where it was
            page.one("dialog").send_keys(Keys.ESCAPE)
            page.gone("dialog")
            assert page.driver.execute_script(FOCUS)[0] == label
        assert wrong == {}


class TestReached:
    def test_974_10_tab_reaches_everything(self, full):
        """Whatever can be pressed gets the focus, is seen to have it, and is
        not left in a trap."""
        page = full
        for path in ("/", f"/ns/{page.ns}", f"/ns/{page.ns}?tab=settings",
                     f"/ns/{page.ns}/w/shop?tab=settings", "/tokens"):
            settle(page, path)
            page.driver.execute_script(
                "document.querySelector('.skip').focus();"
                "window.visited = new Set()")
            wanted = page.driver.execute_script(
                "return [...document.querySelectorAll('a, button, input, "
                "select, textarea')].filter((e) => !e.disabled && "
                "e.offsetParent && e.tabIndex >= 0 && e.type !== 'radio')"
                ".length")
            seen = set()
            for _ in range(wanted + 20):
                keys(page, Keys.TAB)
                found = page.driver.execute_script(
                    "const e = document.activeElement; const is = "
                    "visited.has(e); visited.add(e); return is")
                name, ring, there = page.driver.execute_script(FOCUS)
                if name is None or found:
                    break
                assert ring and there, (path, name)
                seen.add((len(seen), name))
            assert len(seen) >= wanted, (path, wanted, seen)

    def test_974_11_a_worker_by_keys_alone(self, full):
        """From the sign-in to a deployed Worker, no pointer."""
        page = full

        def to(name, most=60):
            for _ in range(most):
                if page.driver.execute_script(FOCUS)[0] == name:
                    return
                keys(page, Keys.TAB)
            raise AssertionError(f"{name} is not reached")

        settle(page, "/ns")
        to(page.ns)
        keys(page, Keys.ENTER)
        page.text("shop")
        to("New Worker")
        keys(page, Keys.ENTER)
        page.one(".ed-area")
        to("Code")
        ActionChains(page.driver).key_down(Keys.CONTROL).send_keys(
            "s").key_up(Keys.CONTROL).perform()
        page.one("dialog")
        keys(page, "by-keys", Keys.ENTER)
        page.one(".tabs")
        assert page.one("h1").text == "by-keys"
        # the first Tab of a page skips the menu
        page.driver.refresh()
        page.one("main h1")
        keys(page, Keys.TAB)
        assert page.driver.execute_script(FOCUS)[0] == "Skip to content"

    def test_974_12_light_and_still(self, full):
        """With an empty cache, all that is asked included (and it is asked of
        the server only, which check() looks at). Nothing jumps, and nothing
        moves for who wants none of that."""
        page, wrong = full, {}
        made = page.driver.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": SHIFTS})
        for path in full.paths:
            page.driver.get("about:blank")
            page.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
            settle(page, path)
            shifts, weight = page.driver.execute_script(
                "return [window.shifts, "
                "[...performance.getEntriesByType('navigation'),"
                "...performance.getEntriesByType('resource')]"
                ".reduce((n, e) => n + e.transferSize, 0)]")
            if sum(s[0] for s in shifts) > 0.1:
                wrong[path] = shifts
            if not 10000 < weight < WEIGHT:
                wrong[path, "weight"] = weight
        assert wrong == {}
        page.driver.execute_cdp_cmd(
            "Page.removeScriptToEvaluateOnNewDocument", made)
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-reduced-motion", "value": "reduce"}]})
        moving = page.driver.execute_script(
            "return [...document.querySelectorAll('*')].filter((e) => {"
            "const s = getComputedStyle(e); return s.animationName !== 'none'"
            "|| parseFloat(s.transitionDuration) > 0}).length")
        assert moving == 0
        page.look(DESK, "light")
