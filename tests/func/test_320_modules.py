# SPDX-License-Identifier: Apache-2.0
"""Workers of several parts: require, what an isolate keeps, new versions."""

import pytest

from wfptest.lua import says, worker
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure([])


class TestModules:
    """A Worker of several parts."""

    def test_320_01_require(self, tenant):
        made = tenant.deploy({
            "worker.lua": says('require("lib/a").x .. require("./b.lua")() '
                               '.. require("t.txt") .. require("d.json").k '
                               '.. require("raw.bin")'),
            "lib/a.lua": 'return { x = "A" }', "b.lua":
            'local n = 0 return function() n = n + 1 return "B" .. n end',
            "t.txt": "T", "d.json": '{"k": "D"}', "raw.bin": b"\xff\x00R"})
        assert made.get().body == b"AB1TD\xff\x00R"

    def test_320_02_module_runs_once(self, tenant):
        made = tenant.deploy({
            "worker.lua": says('require("m") == require("m.lua")'),
            "m.lua": "return {}"})
        assert made.get().text == "true"

    def test_320_06_kinds_by_ending(self, tenant):
        """Every ending of the contract, in folders, as wfpctl finds them."""
        text = b"\xef\xbb\xbfline\r\n\xc3\xa9 {\"a\":1}"
        parts = {f"parts/deep/p{end}": text for end in (
            ".txt", ".html", ".css", ".js", ".md", ".sql", ".xml", ".csv",
            ".bin", ".wasm", ".LUA", ".JSON", "")}
        parts["parts/list.json"] = '[1, {"k": []}, null]'
        parts["parts/empty.txt"] = parts["parts/empty"] = ""
        parts["parts/data"] = bytes(range(256))
        names = ", ".join(f'"{name}"' for name in parts
                          if "/deep/" in name)
        made = tenant.deploy({**parts, "worker.lua": says(
            f'(function() for _, name in ipairs{{{names}}} do '
            'if require(name) ~= require("parts/deep/p.txt") then '
            'return name end end '
            'local list = require("./parts/list.json") '
            'return table.concat({#require("parts/deep/p.bin"), '
            'json.encode(list), tostring(list[3] == json.null), '
            '#require("parts/empty.txt"), #require("parts/empty"), '
            '#require("parts/data"), require("parts/data"):byte(256)}, " ") '
            'end)()')})
        assert made.get().text == (
            f'{len(text)} [1,{{"k":[]}},null] true 0 0 256 255')

    def test_320_07_once_an_isolate(self, tenant, httpd):
        made = tenant.deploy({
            "worker.lua": """
                loads = 0
                return { fetch = function(request)
                  local m, list = require("m"), require("list.json")
                  m.calls, list[#list + 1] = m.calls + 1, m.calls
                  return Response.new(loads .. " " .. m.calls - #list)
                end }""",
            "m.lua": "loads = loads + 1 return { calls = 0 }",
            "list.json": "[]"})
        assert {made.get().text for _ in range(6)} == {"1 0"}

    @pytest.mark.parametrize("call,told", [
        ('require("nothing")', "module 'nothing' not found"),
        ('require("a")', "module 'a.lua' requires itself"),
        ('require("./c")', "module 'c.lua' requires itself"),
        ('require("bad.json")', "SyntaxError: module 'bad.json': "
         "Unexpected character in JSON at offset 1"),
        ('require("fails")', "fails.lua:2: on purpose"),
        ('require("syntax")', "syntax.lua:1:"),
        ('require("lib")', "module 'lib' not found"),
        ('require("LIB/x")', "module 'LIB/x' not found"),
        ('require("lib.x")', "module 'lib.x' not found"),
        ('require("lib/../lib/x")', "module 'lib/../lib/x' not found"),
        ('require("/lib/x")', "module '/lib/x' not found"),
        ('require("")', "module '' not found"),
        ('require("lib/x\\0")', "not found"),
        ('require("string")', "module 'string' not found"),
        ("require({})", "(string expected, got table)"),
        ("require()", "(string expected, got no value)"),
    ])
    def test_320_08_bad_names_at_run_time(self, tenant, call, told):
        files = {"worker.lua": says(
            f"tostring(select(2, pcall(function() {call} end)))"),
            "a.lua": 'require("b")', "b.lua": 'require("c")',
            "c.lua": 'require("a")', "bad.json": "[x]", "lib/x.lua": "",
            "fails.lua": '\nerror("on purpose")'}
        if "syntax" in call:
            files["syntax.lua"] = "x = = 1"
            done = tenant.deploy(files, check=False)
            assert done.returncode == 1 and told in done.stderr
            return
        worker = tenant.deploy(files)
        for _ in range(2):  # a failed load may be tried again
            assert told in worker.get().text

    @pytest.mark.parametrize("files,part", [
        ({"worker.lua": 'require("nothing") return {}'}, "nothing"),
        ({"worker.lua": 'require("a") return {}', "a.lua": 'require("b")',
          "b.lua": 'require("a")'}, "a"),
        ({"worker.lua": 'require("/etc/passwd") return {}'}, "/etc/passwd"),
        ({"worker.lua": 'require("../x") return {}'}, "../x"),
    ])
    def test_320_03_require_refuses(self, tenant, files, part):
        done = tenant.deploy(files, check=False)
        assert done.returncode == 1
        assert part in done.stderr

    @pytest.mark.parametrize("source,told", [
        ("return {", "worker.lua:1:"),
        ("\n\nlocal x = = 1", "worker.lua:3:"),
        ('error("at the top")', "at the top"),
        ("return 5", ""),
        ("return {}", ""),
        ("return { fetch = 5 }", ""),
        ("\x1bLua", "binary"),
        ('fetch("http://a/") return { fetch = print }',
         "Disallowed operation called within global scope"),
    ])
    def test_320_04_unfit_upload(self, tenant, httpd, source, told):
        done = tenant.deploy(source, name="unfit", check=False)
        assert done.returncode == 1
        assert told in done.stderr
        assert "unfit" not in httpd.wfpctl("list", "demo").stdout

    def test_320_05_no_main_module(self, tenant):
        done = tenant.deploy({"readme.txt": "x"}, check=False)
        assert done.returncode == 1
        assert "worker.lua" in done.stderr

    def test_320_06_isolate_keeps_its_globals(self, tenant, httpd):
        count = tenant.deploy(worker(
            "n = (n or 0) + 1 return Response.new(tostring(n))"))
        seen = {int(count.get().text) for _ in range(60)}
        assert max(seen) > 1

    def test_320_07_nothing_is_shared(self, tenant):
        first = tenant.deploy(worker(
            'shared = "leak" string.leak = 1 return Response.new("")'))
        other = tenant.deploy(says("tostring(shared) .. "
                                   "tostring(string.leak)"))
        for _ in range(5):
            first.get()
        assert {other.get().text for _ in range(10)} == {"nilnil"}

    def test_320_08_new_version_is_served(self, tenant):
        made = tenant.deploy(says('"one"'))
        assert made.get().text == "one"
        tenant.deploy(says('"two"'), name=made.name)
        until(lambda: made.get().text == "two", "the new version")
        assert {made.get().text for _ in range(20)} == {"two"}

    def test_320_09_deleted_is_gone(self, tenant, httpd):
        made = tenant.deploy(says('"one"'))
        assert made.get().status == 200
        httpd.wfpctl("delete", f"demo/{made.name}")
        until(lambda: made.get().status == 404, "the end of it")

    def test_320_10_stale_object(self, tenant):
        kept = tenant.deploy(worker("""
            if old then
                local ok, e = pcall(function() return old:text() end)
                return Response.new(tostring(e))
            end
            old = request
            return Response.new("kept")"""))
        texts = {kept.post(b"x").text for _ in range(60)}
        assert "kept" in texts
        assert any("Cannot perform I/O on behalf of a different request" in t
                   for t in texts)
