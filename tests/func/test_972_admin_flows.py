# SPDX-License-Identifier: Apache-2.0
"""What people do on the admin page, end to end: files dropped, triggers,
metrics, live logs, namespaces and their settings, KV in bulk, readers, two
browsers at one Worker."""

import json

import pytest

from wfptest.adminpage import (api, chromium, forget, other,  # noqa: F401
                               page, put, renew, send)
from wfptest.drag import drop
from wfptest.lua import worker
from wfptest.session import PAGE, Session
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

UTIL = 'return { word = "%s" }'
MAIN = ('local util = require("lib/util")\nreturn { fetch = function()\n'
        '  return Response.new(util.word) end }\n')


def confirm(browser, name):
    """The name has to be typed."""
    button = browser.one("dialog button[type=submit]")
    assert not button.is_enabled()
    browser.type("dialog input[name=confirm]", name)
    button.click()
    browser.gone("dialog")


def write(browser, text):
    browser.one(".ed-area")
    browser.driver.execute_script(
        "const a = document.querySelector('.ed-area'); a.value = arguments[0];"
        "a.dispatchEvent(new Event('input', {bubbles: true}))", text)


def rows(browser):
    return [tr.text for tr in browser.all("main tbody tr")]


class TestFiles:
    def test_972_01_files_and_folders_dropped(self, page, api, tmp_path):
        folder = tmp_path / "shop"
        (folder / "lib").mkdir(parents=True)
        (folder / "worker.lua").write_text(MAIN)
        (folder / "lib/util.lua").write_text(UTIL % "one")
        (folder / ".hidden").write_text("no")
        page.go(f"/ns/{page.ns}/new")
        drop(page, ".code-tab", folder)
        page.text("lib/util.lua")
        assert ".hidden" not in page.body()
        page.press("Deploy")
        page.type("dialog input[name=name]", "shop")
        send(page)
        page.one(".tabs")
        path = f"/_ns/{page.ns}/shop/"
        assert api.client.get(path).text == "one"
        # one file more, which is there instead of the one of its name
        (tmp_path / "util.lua").write_text(UTIL % "two")
        (tmp_path / "data.bin").write_bytes(bytes(range(256)))
        drop(page, ".code-tab", tmp_path / "data.bin")
        page.text("data.bin")
        page.press("data.bin", ".file button")
        page.until(lambda: "256 bytes" in page.one(".ed-area")
                   .get_attribute("value"), "what is no text")
        drop(page, ".code-tab", tmp_path / "util.lua")
        page.press("Remove data.bin")
        page.press("Remove lib/util.lua")
        page.press("Deploy")
        send(page)
        # it needs the module where it was
        page.text("not found")
        page.text("Mend it and deploy again")
        assert api.client.get(path).text == "one"


class TestTriggers:
    def test_972_10_schedules_and_hostnames(self, page, api):
        put(api, page.ns, "timed")
        page.go(f"/ns/{page.ns}/w/timed?tab=triggers")
        page.press("Change schedules")
        page.type("dialog textarea", "every minute")
        send(page)
        page.text("Five fields")
        page.type("dialog textarea", "0 3 * * *\n30 4 1 * *")
        send(page)
        page.gone("dialog")
        page.text("30 4 1 * *")
        path = f"{api.namespaces}/{page.ns}/scripts/timed"
        crons = api.ok("GET", f"{path}/schedules")["schedules"]
        assert [c["cron"] for c in crons] == ["0 3 * * *", "30 4 1 * *"]
        # somebody else's change is not lost without a word
        page.press("Change schedules")
        page.type("dialog textarea", "1 1 * * *")
        api.ok("PUT", f"{path}/schedules", [{"cron": "2 2 * * *"}])
        send(page)
        page.text("It is now: 2 2 * * *")
        send(page)
        page.gone("dialog")
        page.text("1 1 * * *")
        host = f"{page.ns}.example.com"
        page.press("Add a hostname")
        page.type("dialog input[name=hostname]", "not a host")
        send(page)
        page.one("dialog .note.bad")
        page.type("dialog input[name=hostname]", host)
        send(page)
        page.gone("dialog")
        assert api.ok("GET", f"{api.account}/hostnames/{host}")["script"] == \
            "timed"
        page.press(f"Delete {host}")
        confirm(page, host)
        page.text("No hostname")


class TestRuns:
    """What Workers did: charts and live logs."""

    def test_972_20_metrics(self, page, api, tenant):
        good = tenant.deploy(worker('return Response.new("x")'), ns=page.ns)
        bad = tenant.deploy(worker('error("no")'), ns=page.ns)
        for _ in range(3):
            assert good.get().status == 200
        assert bad.get().status == 500
        path = f"{api.namespaces}/{page.ns}"
        until(lambda: sum(b["requests"] for b in api.ok(
            "GET", f"{path}/usage?bucket=hour")["buckets"]) == 4, "the numbers")
        page.go(f"/ns/{page.ns}/w/{good.name}?tab=metrics")
        page.until(lambda: page.one(".stat strong").text == "3", "requests")
        charts = page.all("main svg[role=img]")
        assert len(charts) == 6
        assert "Requests" in charts[0].get_attribute("aria-label")
        assert "greatest 3" in charts[0].get_attribute("aria-label")
        page.go(f"/ns/{page.ns}/w/{bad.name}?tab=metrics")
        page.text("exception: 1")
        for span in ("1", "2"):
            page.one(f"select[name=span] option[value='{span}']").click()
            page.gone("[aria-busy=true]")
            page.text("exception: 1")
        # of the namespace, by Worker, and of all
        page.go(f"/ns/{page.ns}?tab=usage")
        page.text("Workers that needed most")
        assert {row.split()[0] for row in rows(page)} == {good.name, bad.name}
        page.photograph("namespace-usage")
        page.go("/")
        page.until(lambda: int(page.all(".stat strong")[2].text.replace(
            ",", "")) >= 4, "requests of all")
        assert len(page.all("main svg[role=img]")) == 3

    def test_972_21_live_logs(self, page, api, tenant):
        said = tenant.deploy(worker(
            'local url = URL.new(request.url)\n'
            'console.log("at " .. url.pathname)\n'
            'if url.pathname:find("/bad") then error("it broke") end\n'
            'return Response.new("x")'), ns=page.ns)

        def seen():
            return [r.text for r in page.all(".record")]

        def live():
            page.until(lambda: page.one("main [role=status]").text == "Live",
                       "the tail")

        def asked(path, count):
            # (a tail's filter counts as soon as every child knows of it)
            page.until(lambda: said.get(path) and len(seen()) >= count,
                       f"a record of {path}")

        page.go(f"/ns/{page.ns}/w/{said.name}?tab=logs")
        page.text("Waiting for requests")
        live()
        asked("/good", 1)
        assert "/good" in seen()[0]
        asked("/bad", len(seen()) + 1)
        page.until(lambda: "it broke" in page.body(), "the error")
        page.photograph("worker-logs")
        # a filter: only what failed
        page.one("select[name=outcome] option[value=exception]").click()
        live()
        page.press("Clear")
        asked("/bad", 1)
        said.get("/good")
        asked("/bad", len(seen()) + 1)
        assert not [r for r in seen() if "/good" in r]
        # held while paused
        page.press("Pause")
        count = len(seen())
        said.get("/bad")
        page.until(lambda: "1 wait" in page.one("main [role=status]").text
                   or said.get("/bad") and False, "a record that waits")
        assert len(seen()) == count
        page.press("Pause")
        page.until(lambda: len(seen()) > count, "it to be shown")


class TestNamespaces:
    def test_972_30_make_set_rename_delete(self, page, api):
        put(api, None, f"out-{page.ns}")
        name = f"made-{page.ns}"
        page.go("/ns")
        page.press("New namespace")
        page.type("dialog input[name=name]", "no good")
        send(page)
        page.one("dialog .note.bad")
        page.type("dialog input[name=name]", name)
        send(page)
        page.text("No Worker here yet")
        page.press("Settings", ".tabs a")
        page.text("Way out")
        way = "form[aria-label='Way out'] "
        page.type(f"{way}input[name=service]", f"out-{page.ns}")
        page.type(f"{way}textarea[name=params]", "plan=pro\nregion = eu=1")
        page.one(f"{way}input[value=outbound]").click()
        page.type(f"{way}textarea[name=egress_allow]", "no target!")
        page.press("Save", f"{way}button")
        page.text("is no target such as")
        page.type(f"{way}textarea[name=egress_allow]",
                  "10.1.2.3/32:8080\n*.example.com")
        page.type(f"{way}textarea[name=egress_deny]", "evil.example.com")
        page.press("Save", f"{way}button")
        page.text("Way out: saved")
        path = f"{api.namespaces}/{name}"
        got = api.ok("GET", path)
        assert got["outbound"] == {"service": f"out-{page.ns}",
                                   "params": {"plan": "pro", "region": "eu=1"}}
        assert got["egress"] == "outbound"
        assert got["egress_allow"] == ["10.1.2.3/32:8080", "*.example.com"]
        assert got["egress_deny"] == ["evil.example.com"]
        page.type("input[name=cpu_ms]", "20")
        page.type("input[name=subrequests]", "0")
        # somebody else's limit is not lost without a word
        api.ok("PATCH", path, {"limits": {"depth": 3}})
        page.press("Save", "form[aria-label='Limits'] button")
        page.text('It is now: {"limits":{"depth":3}}')
        assert page.one("input[name=cpu_ms]").get_attribute("value") == "20"
        page.press("Save", "form[aria-label='Limits'] button")
        page.text("Limits: saved")
        assert api.ok("GET", path)["limits"] == {"cpu_ms": 20,
                                                 "subrequests": 0}
        page.photograph("namespace-settings")
        page.press("Rename")
        page.type("dialog input[name=name]", f"{name}-2")
        send(page)
        page.until(lambda: page.one("h1").text == f"{name}-2", "its new name")
        assert api.refused("GET", path) == (404, 100119)
        page.press("Delete namespace")
        confirm(page, f"{name}-2")
        page.text(f"Deleted {name}-2")
        assert api.refused("GET", f"{path}-2") == (404, 100119)
        api.ok("DELETE", f"{api.account}/workers/scripts/out-{page.ns}")


class TestKv:
    def test_972_40_in_bulk(self, page, api, tmp_path):
        kv = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                    {"title": f"bulk {page.ns}"})["id"]
        path = f"{api.account}/storage/kv/namespaces/{kv}"
        file = tmp_path / "keys.json"
        page.go(f"/kv/{kv}")
        page.press("Upload many")
        file.write_text('{"no": "list"}')
        page.one("dialog input[type=file]").send_keys(str(file))
        send(page)
        page.text("A JSON array")
        file.write_text(json.dumps([
            {"key": f"k{i:03}", "value": str(i), "metadata": {"i": i}}
            for i in range(120)]))
        page.one("dialog input[type=file]").send_keys(str(file))
        send(page)
        page.gone("dialog")
        page.text("Stored 120 keys")
        page.text("k099")
        assert len(api.ok("GET", f"{path}/keys")) == 120
        page.press("Show more")
        page.text("k119")
        # those that are chosen
        for key in ("k003", "k007"):
            page.one(f"input[aria-label='Choose {key}']").click()
        page.press("Delete 2 keys")
        confirm(page, f"bulk {page.ns}")
        page.text("Deleted 2 keys")
        page.until(lambda: "k003" not in page.body(), "them to be gone")
        # all that begin so
        page.type("input[name=prefix]", "k00")
        page.press("Search")
        page.until(lambda: len(rows(page)) == 8, "those that begin so")
        page.one("input[aria-label='Choose all']").click()
        page.press("Delete 8 keys")
        confirm(page, f"bulk {page.ns}")
        page.text("None begins so")
        assert len(api.ok("GET", f"{path}/keys")) == 110
        api.ok("DELETE", path)


class TestReaders:
    """Who may only look has no button that fails."""

    @pytest.mark.parametrize("limited", [False, True])
    def test_972_50_every_page(self, page, api, limited):
        put(api, page.ns, "looked-at", tags=["a"], bindings=[
            {"type": "plain_text", "name": "V", "text": "v"}])
        made = api.ok("POST", f"{api.account}/tokens", {
            "name": "reader", "role": "read",
            "namespaces": [page.ns] if limited else []})
        renew(page, made["value"])
        paths = page.driver.execute_async_script(
            "import(new URL('pages/index.js', document.baseURI).href)"
            ".then((m) => arguments[0](m.pages.filter((p) => p.nav)"
            ".map((p) => p.path)))")
        menu = [a.get_attribute("data-path") for a in page.all("nav.menu a")]
        assert ("/workers" in menu) is not limited
        assert "/tokens" in paths and "/tokens" not in menu
        paths = [*menu, f"/ns/{page.ns}", *(
            f"/ns/{page.ns}?tab={tab}" for tab in ("usage", "settings"))]
        page.go(f"/ns/{page.ns}/w/looked-at")
        page.one(".tabs a")
        paths += [a.get_attribute("href").partition("#")[2]
                  for a in page.all(".tabs a")]
        for path in paths:
            page.go(path)
            page.gone("[aria-busy=true]")
            assert not page.all(".note.bad, .toast.bad"), (path, page.body())
            words = [b.get_attribute("aria-label") or b.text
                     for b in page.all("main button") if b.is_displayed()]
            assert not {w.split()[0] for w in words} & {
                "New", "Add", "Delete", "Change", "Deploy", "Save", "Rename",
                "Roll", "Split", "Replace", "Upload", "Revoke"}, (path, words)
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")


class TestTwo:
    """Two browsers at one Worker: nobody's work is lost."""

    def test_972_60_code_and_bindings(self, page, other, api):
        path = put(api, page.ns, "both", bindings=[
            {"type": "plain_text", "name": "A", "text": "a"},
            {"type": "plain_text", "name": "B", "text": "b"}])
        for browser, text in ((page, "mine"), (other, "theirs")):
            browser.go(f"/ns/{page.ns}/w/both")
            write(browser, worker(f'return Response.new("{text}")'))
        other.press("Deploy")
        send(other)
        other.text("As it runs")
        page.press("Deploy")
        send(page)
        page.text("Somebody else deployed meanwhile")
        page.photograph("worker-conflict")
        # nothing was replaced, and nothing is lost
        assert api.client.get(f"/_ns/{page.ns}/both/").text == "theirs"
        assert '"mine"' in page.one(".ed-area").get_attribute("value")
        send(page)
        page.until(lambda: "mine" in page.one("dialog .plus").text
                   and "theirs" in page.one("dialog .minus").text, "both texts")
        page.photograph("worker-compare")
        page.press("Close", "dialog footer button")
        page.gone("dialog")
        page.press("Deploy")
        send(page)
        page.text("As it runs")
        assert api.client.get(f"/_ns/{page.ns}/both/").text == "mine"
        # two bindings at once are both kept, one by two is told
        for browser in (page, other):
            browser.go(f"/ns/{page.ns}/w/both?tab=settings")
        for browser, name in ((page, "A"), (other, "B")):
            browser.press(f"Change {name}")
            browser.type("dialog textarea", f"new {name}")
        for browser in (page, other):
            send(browser)
            browser.gone("dialog")
        assert {b["name"]: b["text"] for b in
                api.ok("GET", f"{path}/bindings")} == {"A": "new A",
                                                       "B": "new B"}
        for browser, text in ((page, "third"), (other, "fourth")):
            browser.go("/")
            browser.go(f"/ns/{page.ns}/w/both?tab=settings")
            browser.press("Change A")
            browser.type("dialog textarea", text)
        send(page)
        page.gone("dialog")
        send(other)
        other.text('It is now: Variable "third"')
        assert other.one("dialog textarea").get_attribute("value") == "fourth"
        send(other)
        other.gone("dialog")
        assert {b["name"]: b["text"] for b in
                api.ok("GET", f"{path}/bindings")}["A"] == "fourth"


class TestLockout:
    def test_972_70_wrong_tokens(self, httpd, chromium, api):
        httpd.stop()  # a new process: nobody is known
        httpd.configure(PAGE)
        browser, session = chromium, Session(httpd, api.client)
        forget(browser)
        browser.driver.get(browser.base)
        browser.type("input[name=token]", "wrong")
        browser.press("Sign in")
        browser.text("not known here")
        until(lambda: session.sign_in("wrong").status == 429, "to be locked out")

        def refused():
            browser.press("Sign in")
            return "Too many wrong tokens" in browser.body()
        browser.until(refused, "to be told so")
        assert not browser.all("nav.menu")
        browser.photograph("sign-in-locked")
        httpd.stop()  # others are not to wait for it
        httpd.configure(PAGE)
        browser.sign_in()
