# SPDX-License-Identifier: Apache-2.0
"""The admin page in Debian's Chromium. Waits are for what is to be seen, with
a deadline; nothing sleeps."""

import contextlib
import json
import os
import pathlib
import shutil
import tempfile
import time

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from .api import first_token

PATIENCE = 60  # seconds, on a machine that has much else to do
# the page that is there is not the one that is waited for
LEAVE = """
const main = document.querySelector('main');
if (main && new URL('#' + arguments[0], location).hash !== location.hash)
  main.dataset.at = '';
"""
MAY_BE = """
const bare = (text) => (text ?? '').replace(/\\s+/g, '').toLowerCase();
const wanted = bare(arguments[1]);
return [...document.querySelectorAll(arguments[0])].filter((e) =>
  e.getAttribute('aria-label') === arguments[1] || bare(e.textContent).includes(wanted));
"""
PHONE = (390, 844)
DESK = (1280, 900)

# what would run if it were markup, an attribute or an address
MARKUP = ('<script>window.broken=1</script>',
          '<img src=x onerror="window.broken=1">',
          '"><svg onload=window.broken=1>', "javascript:window.broken=1")


def options(profile):
    """Headless, alone, and asking nobody but the server under test."""
    opts = webdriver.ChromeOptions()
    opts.binary_location = "/usr/bin/chromium"
    for word in ("headless=new", "disable-gpu", "disable-dev-shm-usage",
                 "disable-background-networking", "disable-sync",
                 "disable-component-update", "no-first-run", "no-proxy-server",
                 "disable-extensions", "force-device-scale-factor=1",
                 f"user-data-dir={profile}", f"window-size={DESK[0]},{DESK[1]}",
                 *(["no-sandbox"] if os.getuid() == 0 else [])):
        opts.add_argument(f"--{word}")
    opts.set_capability("goog:loggingPrefs",
                        {"performance": "ALL", "browser": "ALL"})
    return opts


class Browser:
    """One browser with a profile of its own."""

    def __init__(self, httpd, build):
        self.httpd, self.base = httpd, f"http://127.0.0.1:{httpd.port}/admin/"
        self.shots = pathlib.Path(build) / "results/screenshots"
        self.profile = tempfile.mkdtemp(prefix="wfp-browser-")
        self.driver = webdriver.Chrome(
            service=Service("/usr/bin/chromedriver"),
            options=options(self.profile))
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)

    def stop(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    # ---- going and waiting

    def until(self, what, message):
        """What `what` says once it is true. Elements may go meanwhile."""
        try:
            return WebDriverWait(self.driver, PATIENCE, 0.05,
                                 ignored_exceptions=(Exception,)).until(
                lambda _: what(), message)
        except TimeoutException:
            raise AssertionError(
                f"{message}: not at {self.driver.current_url}, where one "
                f"sees\n{self.body()[-2000:]}") from None

    def go(self, fragment="/"):
        """The page of an address, when it is there with its heading."""
        self.driver.execute_script(LEAVE, fragment)
        self.driver.get(self.base + "#" + fragment)
        self.until(lambda: self.all("main[data-at]:not([data-at='']), .alone"),
                   f"the page of {fragment}")
        return self.until(lambda: self.driver.find_element(By.TAG_NAME, "h1"),
                          f"a heading at {fragment}")

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css):
        """An element that can be seen, waited for."""
        return self.until(
            lambda: next(e for e in self.all(css) if e.is_displayed()), css)

    def text(self, words):
        """Until the page shows these words."""
        self.until(lambda: words in self.body(), f"the page to show {words!r}")

    def gone(self, css):
        self.until(lambda: not self.all(css), f"{css} to go")

    def body(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    # ---- doing

    def press(self, label, css="button, a"):
        """Press what has this text or name."""
        late = time.monotonic() + 2

        def find():
            # to ask each of a long list is slow: the page tells which may be it,
            # unless its text is not what one sees of it
            some = self.driver.execute_script(MAY_BE, css, label)
            for e in some or (self.all(css) if time.monotonic() > late else []):
                names = (e.text.strip(), e.get_attribute("aria-label"))
                if label in names and e.is_displayed() and e.is_enabled():
                    e.click()
                    return True
            return False
        self.until(find, f"a button {label!r}")

    def type(self, css, text):
        field = self.one(css)
        field.clear()
        field.send_keys(text)
        return field

    def sign_in(self, token=None):
        self.driver.get(self.base)
        self.type("input[name=token]", token or first_token(self.httpd))
        self.press("Sign in")
        self.one("nav.menu")

    def send(self):
        """Send the dialog, and wait until it is done with it."""
        self.one("dialog button[type=submit]").click()
        self.gone("dialog")

    def confirm(self, name):
        """Type the name of what goes. Without it nothing does."""
        button = self.one("dialog button[type=submit]")
        assert not button.is_enabled()
        self.type("dialog input[name=confirm]", name)
        self.send()

    def choose(self, css, *paths):
        """Give files to a hidden file input."""
        field = self.until(lambda: self.all(css)[0], css)
        field.send_keys("\n".join(str(p) for p in paths))

    def saves_to(self, folder):
        """Downloads go there."""
        self.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {
            "behavior": "allow", "downloadPath": str(folder)})

    # ---- looking back

    def requests(self):
        """Addresses of all that was asked since the last time."""
        events = [json.loads(e["message"])["message"]
                  for e in self.driver.get_log("performance")]
        return [e["params"]["request"]["url"] for e in events
                if e["method"] == "Network.requestWillBeSent"]

    def complaints(self):
        """What the console has of errors: scripts', and policies'."""
        return [e["message"] for e in self.driver.get_log("browser")
                if e["level"] == "SEVERE"
                and "Failed to load resource" not in e["message"]]

    def keep(self, name):
        """A picture of the page as it looks now."""
        self.shots.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(self.shots / f"{name}.png"))

    def photograph(self, name):
        """Keep the page as it looks: both themes, wide and as a phone."""
        for size, width in (("desk", DESK), ("phone", PHONE)):
            for theme in ("light", "dark"):
                self.look(width, theme)
                self.keep(f"{name}-{size}-{theme}")
        self.look(DESK, "light")

    def look(self, size, theme):
        """A window of this size, a system of this theme."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": size[0], "height": size[1], "deviceScaleFactor": 1,
            "mobile": size == PHONE})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": theme}]})

    def is_wider(self):
        """Does the page have to be moved sideways?"""
        return self.driver.execute_script(
            "return document.documentElement.scrollWidth > innerWidth")

    def unnamed(self):
        """What can be used and has no name that could be read out."""
        return self.driver.execute_script(
            "return [...document.querySelectorAll("
            "'button, a[href], input, select, textarea, progress')].filter("
            "e => e.checkVisibility() && !e.getAttribute('aria-label') && "
            "!e.labels?.length && !e.textContent.trim())"
            ".map(e => e.outerHTML)")

    @contextlib.contextmanager
    def watched(self, token=None):
        """Signed in; afterwards nothing ran that must not, nothing was asked
        elsewhere."""
        self.driver.get(self.base)
        self.driver.delete_all_cookies()
        self.sign_in(token)
        self.requests()
        self.complaints()
        yield self
        assert self.driver.execute_script("return window.broken") is None
        own = f"http://127.0.0.1:{self.httpd.port}/"
        assert [url for url in self.requests()
                if not url.startswith((own, "data:", "blob:", "chrome"))] == []
        assert self.complaints() == []
