# SPDX-License-Identifier: Apache-2.0
"""Trying a Worker, and its assets, in a real browser."""

import json
import shutil

import pytest

from wfptest.adminpage import api, chromium  # noqa: F401
from wfptest.assets import Site
from wfptest.browser import DESK, PHONE
from wfptest.session import PAGE
from wfptest.uploads import Scripts, form, part

pytestmark = pytest.mark.one_mpm


GATE = """return { fetch = function(request, env)
  local name = URL.new(request.url).pathname:match("^/gate/([%w-]+)")
  return env.D:get(name):fetch(request)
end }"""


def says(word):
    return f'return {{ fetch = function() return Response.new("{word}") end }}'


@pytest.fixture
def page(chromium, api, tenant):
    """A browser that is signed in, with a namespace of its own."""
    chromium.ns = tenant.namespace()
    with chromium.watched():
        yield chromium


def worker(page, api, name, *words):
    """A Worker with a version for each word; its path in the API."""
    path = f"{api.namespaces}/{page.ns}/scripts/{name}"
    for word in words:
        assert api.call("PUT", path, says(word).encode()).status == 200
    return path


def write(page, text):
    page.one(".ed-area")
    page.driver.execute_script(
        "const a = document.querySelector('.ed-area'); a.value = arguments[0];"
        "a.dispatchEvent(new Event('input', {bubbles: true}))", text)


def send(page):
    page.one("dialog button[type=submit]").click()


class TestTry:
    LOUD = """return { fetch = function(request)
      console.log("<b>line</b>", request.method)
      if request.method == "PUT" then fetch("http://127.0.0.1:1/") end
      if request.method == "DELETE" then
        return Response.new("\\0\\255", { headers = { ["X-A"] = "<i>x</i>" } })
      end
      return Response.new("<script>window.broken = 1</script> "
        .. (request.headers:get("X-Say") or "") .. request:text())
    end }"""

    def loud(self, page, api, name):
        path = f"{api.namespaces}/{page.ns}/scripts/{name}"
        assert api.call("PUT", path, self.LOUD.encode()).status == 200
        return path

    def send(self, page, method):
        page.driver.execute_script(
            "const s = document.querySelector('select[name=method]');"
            "s.value = arguments[0]; s.dispatchEvent(new Event('input'))",
            method)
        page.press("Send")
        page.until(lambda: not page.all("form [aria-busy]"), "the answer")

    def test_957_40_send(self, page, api, httpd):
        self.loud(page, api, "loud")
        page.go(f"/ns/{page.ns}/w/loud?tab=try")
        url = page.one("input[name=url]").get_attribute("value")
        assert url.endswith(f"/_ns/{page.ns}/loud/")
        page.type("textarea[name=headers]", "X-Say: said <u>")
        page.type("textarea[name=body]", "hello")
        self.send(page, "POST")
        page.text("<script>window.broken = 1</script> said <u>hello")
        page.text("log: <b>line</b>")
        page.text("cold start")
        page.text("Subrequests")
        page.photograph("worker-try")
        page.look(PHONE, "light")
        assert not page.is_wider()
        page.look(DESK, "light")
        self.send(page, "PUT")
        page.text("worker.lua:3:")
        self.send(page, "DELETE")
        page.text("2 B that are no text")
        assert page.all(".try-headers dt")

    def test_957_41_what_cannot_be_sent(self, page, api, httpd):
        self.loud(page, api, "loud")
        page.go(f"/ns/{page.ns}/w/loud?tab=try")
        worker(page, api, "quiet", "another one")
        page.type("input[name=url]",
                  f"http://127.0.0.1:{httpd.port}/_ns/{page.ns}/quiet")
        page.press("Send")
        page.text("another one")
        page.text("The request did not come to loud")
        page.type("input[name=url]", f"http://127.0.0.1:{httpd.port}/admin/")
        page.press("Send")
        page.text("not served by Workers")
        page.type("textarea[name=headers]", "X-Forwarded-For: 1.2.3.4")
        page.press("Send")
        page.text("X-Forwarded-For is the server's to say")
        page.type("textarea[name=headers]", "none")
        page.press("Send")
        page.text('"none" is no "Name: value"')

    def test_957_42_a_version(self, page, api):
        worker(page, api, "older", "first answer", "second answer")
        page.go(f"/ns/{page.ns}/w/older?tab=versions")
        page.press("Try version 1")
        page.one("select[name=version]")
        page.press("Send")
        page.text("first answer")

    def test_957_44_through_the_dispatcher(self, page, api, httpd):
        """It is what is offered first, and its record is shown, too."""
        httpd.configure([*PAGE, '<Location "/gate/">',
                         "WfpDispatcher pagegate", "</Location>"])
        meta = {"main_module": "worker.lua", "bindings": [
            {"type": "dispatch_namespace", "name": "D", "namespace": page.ns}]}
        answer = Scripts(api, None).put("pagegate", form(
            part("metadata", json.dumps(meta)),
            part("worker.lua", GATE, "worker.lua", "text/plain")))
        assert answer.status == 200
        self.loud(page, api, "loud")
        page.go(f"/ns/{page.ns}/w/loud?tab=try")
        page.text("The dispatcher pagegate decides who answers.")
        url = page.one("input[name=url]")
        assert url.get_attribute("value").endswith("/gate/")
        url.send_keys("loud")
        page.press("Send")
        page.text("window.broken")
        page.until(lambda: [e.text.split()[0] for e in page.all(".record h3")]
                   == [f"{page.ns}/loud", "pagegate"], "both records")
        page.photograph("worker-try-dispatcher")
        api.ok("DELETE", f"{api.account}/workers/scripts/pagegate")

    def test_957_43_not_for_readers(self, page, api):
        self.loud(page, api, "loud")
        reader, made = api.with_token("--role", "read")
        page.driver.delete_all_cookies()
        page.driver.get("about:blank")
        page.sign_in(made["token"])
        page.go(f"/ns/{page.ns}/w/loud?tab=try")
        page.one(".ed-area")
        assert "Try it" not in page.body()


class TestAssets:
    def site(self, httpd, files):
        folder = httpd.root / "site"
        shutil.rmtree(folder, ignore_errors=True)
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder

    def test_957_50_a_folder(self, page, api, httpd, client):
        path = worker(page, api, "site", "the Worker")
        page.go(f"/ns/{page.ns}/w/site?tab=assets")
        page.text("No asset")
        folder = self.site(httpd, {
            "index.html": "<h1>home</h1>", "css/a.css": "p {}",
            "b<i>.txt": "b", ".hidden": "no", "_redirects": "/old /css/a.css\n"})
        page.choose("input[webkitdirectory]", folder)
        page.text("Deploy 3 files")
        page.driver.execute_script(
            "document.querySelector('select[name=not_found_handling]').value"
            " = '404-page'")
        send(page)
        page.text("/css/a.css")
        page.text("/b<i>.txt")
        assert ".hidden" not in page.body()
        listed = api.ok("GET", f"{path}/assets")
        assert {a["path"]: a["type"] for a in listed["items"]} == {
            "/index.html": "text/html; charset=utf-8",
            "/css/a.css": "text/css; charset=utf-8",
            "/b<i>.txt": "text/plain; charset=utf-8"}
        assert listed["config"]["not_found_handling"] == "404-page"
        base = f"/_ns/{page.ns}/site"
        assert client.get(base + "/").text == "<h1>home</h1>"
        assert client.get(base + "/x").text == "the Worker"
        assert client.get(base + "/old").status == 302
        page.photograph("worker-assets")
        page.look(PHONE, "light")
        assert not page.is_wider()
        page.look(DESK, "light")
        # code that comes later keeps them, a change of how they are served too
        page.go(f"/ns/{page.ns}/w/site")
        write(page, says("new code"))
        page.press("Deploy")
        send(page)
        page.text("As it runs")
        assert client.get(base + "/").text == "<h1>home</h1>"
        assert client.get(base + "/x").text == "new code"
        page.go(f"/ns/{page.ns}/w/site?tab=assets")
        page.press("Change how assets are served")
        page.type("dialog textarea[name=rules]", "/css/*")
        send(page)
        page.gone("dialog")
        assert client.get(base + "/css/a.css").text == "new code"
        kept = api.ok("GET", f"{path}/assets")["config"]
        assert kept["run_worker_first"] == ["/css/*"]
        assert kept["not_found_handling"] == "404-page"
        assert kept["_redirects"] == "/old /css/a.css\n"

    def test_957_51_dropped_and_nothing_else(self, page, api, httpd, client):
        """Where there is no code, and by drag and drop."""
        Site(api, page.ns, "plain").deploy({"/a.txt": "old"}, code="")
        page.go(f"/ns/{page.ns}/w/plain?tab=assets")
        page.text("/a.txt")
        page.driver.execute_script("""
            const data = new DataTransfer();
            data.items.add(new File(['new'], 'a.txt'));
            data.items.add(new File(['same'], 'b.txt'));
            data.items.add(new File(['same'], 'c.txt'));
            document.querySelector('.table-wrap').dispatchEvent(new DragEvent(
                'drop', {bubbles: true, cancelable: true, dataTransfer: data}))
            """)
        page.text("Deploy 3 files")
        send(page)
        page.text("/c.txt")
        base = f"/_ns/{page.ns}/plain"
        assert client.get(base + "/a.txt").text == "new"
        assert client.get(base + "/c.txt").text == "same"
        assert client.get(base + "/none").status == 404
        assert client.get(base + "/none").get("x-wfp-error") is None

    def test_957_52_deploys_over_a_split_ask(self, page, api):
        path = worker(page, api, "shared", "one", "two")
        ids = [v["id"] for v in api.ok("GET", f"{path}/versions")["items"]]
        split = {"strategy": "percentage", "versions": [
            {"version_id": id, "percentage": 50} for id in ids]}
        api.ok("POST", f"{path}/deployments", split)

        def running():
            return len(api.ok("GET", f"{path}/deployments")
                       ["deployments"][0]["versions"])
        page.go(f"/ns/{page.ns}/w/shared")
        write(page, says("three"))
        page.press("Deploy")
        send(page)
        page.text("The traffic is shared between versions")
        page.text("#2: 50 %")
        assert running() == 2
        send(page)  # still not
        page.one("dialog input[name=replace]")
        assert running() == 2
        page.one("dialog input[name=replace]").click()
        send(page)
        page.text("As it runs")
        assert running() == 1
