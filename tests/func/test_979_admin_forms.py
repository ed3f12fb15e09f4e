# SPDX-License-Identifier: Apache-2.0
"""Forms of the admin page: what is written in one stays when another is saved, or
when it is refused; a folder is chosen without a pointer; figures that fit."""

import uuid

import pytest

from wfptest.adminpage import api, chromium, page, put, send  # noqa: F401
from wfptest.browser import DESK, PHONE
from wfptest.session import PAGE
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm


class TestForms:
    def test_979_00_one_of_three(self, page, api):
        """What is written in the others stays when one is saved."""
        path = f"{api.namespaces}/{page.ns}"
        page.go(f"/ns/{page.ns}?tab=settings")
        page.type("input[name=cpu_ms]", "33")
        page.type("textarea[name=egress_deny]", "evil.example.com")
        page.press("Save", "form[aria-label='Way out'] button")
        page.text("Way out: saved")
        assert page.one("input[name=cpu_ms]").get_attribute("value") == "33"
        page.press("Save", "form[aria-label='Limits'] button")
        page.text("Limits: saved")
        page.type("input[name=cpu_ms]", "34")
        page.press("Save", "form[aria-label='Limits'] button")
        page.until(lambda: api.ok("GET", path)["limits"] == {"cpu_ms": 34},
                   "what was saved twice")
        assert api.ok("GET", path)["egress_deny"] == ["evil.example.com"]
        assert not page.all(".note.bad")

    def test_979_01_tail_workers_of_two(self, page, api):
        """Somebody else's are not replaced without a word."""
        names = [f"t-{uuid.uuid4().hex[:8]}" for _ in range(2)]
        for name in names:
            put(api, None, name, "return { tail = function() end }")
        path = f"{api.namespaces}/{page.ns}"
        page.go(f"/ns/{page.ns}?tab=settings")
        page.type("textarea[name=tail_consumers]", names[0])
        api.ok("PATCH", path, {"tail_consumers": [{"service": names[1]}]})
        save = "form[aria-label='Records and trust'] button"
        page.press("Save", save)
        page.text("Somebody else changed it meanwhile")

        def now():
            return [c["service"] for c in api.ok("GET", path)["tail_consumers"]]
        assert now() == [names[1]]
        page.press("Save", save)
        page.text("Records and trust: saved")
        assert now() == [names[0]]
        api.ok("PATCH", path, {"tail_consumers": []})
        for name in names:
            api.ok("DELETE", f"{api.account}/workers/scripts/{name}")

    def test_979_02_a_deployment_that_is_refused(self, page, api):
        """Its name and message need not be written once more."""
        page.go(f"/ns/{page.ns}/new")
        page.press("Deploy")
        page.type("dialog input[name=name]", "No Good!")
        page.type("dialog input[name=message]", "The first")
        send(page)
        page.one(".problem .note.bad")
        page.press("Deploy")
        field = page.one("dialog input[name=name]")
        assert field.get_attribute("value") == "No Good!"
        page.type("dialog input[name=name]", "good")
        send(page)
        page.one(".tabs")
        versions = api.ok("GET", f"{api.namespaces}/{page.ns}/scripts/good"
                                 "/versions")["items"]
        assert versions[0]["annotations"]["workers/message"] == "The first"

    def test_979_04_a_worker_that_is_in_use(self, page, api):
        """Who deletes it is told by whom, and may do it nevertheless."""
        name = f"svc-{uuid.uuid4().hex[:8]}"
        put(api, None, name)
        put(api, page.ns, "user", bindings=[
            {"type": "service", "name": "SVC", "service": name}])
        page.go(f"/workers/{name}")
        page.press("Delete")
        assert not page.all("dialog input[name=force]")[0].is_displayed()
        page.type("dialog input[name=confirm]", name)
        send(page)
        page.text(f"in use by {page.ns}/user (binding SVC)")
        api.ok("GET", f"{api.account}/workers/scripts/{name}/settings")
        page.one("dialog input[name=force]").click()
        send(page)
        page.text(f"Deleted {name}")
        assert api.refused("GET", f"{api.account}/workers/scripts/{name}"
                           "/settings") == (404, 10007)

    def test_979_03_a_folder_without_a_pointer(self, page, api, tmp_path):
        """What can be dropped can be chosen, too."""
        folder = tmp_path / "shop"
        (folder / "lib").mkdir(parents=True)
        (folder / "worker.lua").write_text(
            'local util = require("lib/util")\nreturn { fetch = function() '
            "return Response.new(util) end }")
        (folder / "lib/util.lua").write_text('return "of a folder"')
        put(api, page.ns, "kept")
        page.go(f"/ns/{page.ns}/w/kept")
        page.choose("input[aria-label='A folder to take in']", folder)
        page.text("lib/util.lua")
        page.press("Deploy")
        send(page)
        page.text("As it runs")
        assert api.client.get(f"/_ns/{page.ns}/kept/").text == "of a folder"


class TestQuotas:
    def test_979_05_what_is_full(self, page, api, httpd, tmp_path):
        """It says so, and what was written stays."""
        httpd.configure((*PAGE, "WfpQuota kv_bytes 64K",
                         "WfpQuota r2_bytes 64K"))
        name = f"full-{page.ns}".lower().replace("_", "-")
        kv = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                    {"title": name})["id"]
        api.ok("POST", f"{api.account}/r2/buckets", {"name": name})
        page.go(f"/kv/{kv}")
        page.press("New key")
        page.type("dialog input", "large")
        page.driver.execute_script(
            "arguments[0].value = 'x'.repeat(200000)",
            page.one("dialog textarea"))
        send(page)
        page.text("The KV namespace is full. (code 10413)")
        page.text("delete what is not needed")
        value = page.one("dialog textarea").get_property("value")
        assert value == "x" * 200000
        page.press("Cancel")
        (tmp_path / "large.bin").write_bytes(bytes(200000))
        page.go(f"/r2/{name}")
        page.choose("input[type=file]", tmp_path / "large.bin")
        page.text("The bucket is full. Send less")
        api.ok("DELETE", f"{api.account}/storage/kv/namespaces/{kv}")
        api.ok("DELETE", f"{api.account}/r2/buckets/{name}")
        httpd.configure(PAGE)


class TestFigures:
    def test_979_10_ended_by_limits(self, page, api):
        path = put(api, page.ns, "spins", "return { fetch = function() "
                                          "while true do end end }",
                   limits={"cpu_ms": 20, "instructions": 1000000000000})
        assert api.client.get(f"/_ns/{page.ns}/spins/").status == 503
        until(lambda: [b for b in api.ok("GET", f"{path}/usage?bucket=hour")
                       ["buckets"] if b["kills"]], "the figures")
        for at in (f"/ns/{page.ns}/w/spins?tab=metrics",
                   f"/ns/{page.ns}?tab=usage"):
            page.go(at)
            page.text("Ended by limits")
            for size in (DESK, PHONE):
                page.look(size, "dark")
                # the names of limits have the room they need, and no number is
                # parted from its unit
                assert page.driver.execute_script(
                    "return [...document.querySelectorAll('.stat > *')].filter("
                    "(e) => e.getClientRects()[0].height > 1.9 * parseFloat("
                    "getComputedStyle(e).fontSize)).map((e) => e.textContent)"
                ) == []
                assert not page.is_wider()
            page.look(DESK, "light")
            assert "cpu_ms 1" in page.one(".stat.wide").text
