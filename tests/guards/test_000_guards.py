# SPDX-License-Identifier: Apache-2.0
"""The guards on this tree, and each guard on a tree with a planted fault."""

import pathlib
import shutil
import subprocess

import pytest

import check_api_errors
import check_directives
import check_errors
import check_exports
import check_headers
import check_hot
import check_layers
import check_links
import check_log_tags
import check_metrics
import check_openapi
import check_shell
import check_sizes
import check_style
import check_wfpctl
import check_worker_api
import guardlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"
GUARDS = [check_layers, check_headers, check_sizes, check_directives,
          check_errors, check_links, check_log_tags, check_metrics,
          check_openapi, check_api_errors, check_wfpctl,
          check_style, check_shell, check_exports, check_worker_api,
          check_hot]


def name_of(guard):
    return guard.__name__.removeprefix("check_")


def plant(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class TestGuards:
    """The house keeps its own rules."""

    @pytest.mark.parametrize("guard", GUARDS, ids=name_of)
    def test_000_01_tree_is_clean(self, guard):
        assert guard.check(ROOT) == []

    @pytest.mark.parametrize("guard", GUARDS, ids=name_of)
    def test_000_02_no_input_is_a_fault(self, guard, tmp_path, monkeypatch):
        monkeypatch.delenv("WFP_BUILD", raising=False)
        assert guard.check(tmp_path)


def many(n, line):
    return "".join(line for _ in range(n))


FAULTS = [
    (check_layers, "core/a.c", LICENCE + "#include <httpd.h>\n",
     "core/a.c: may not include <httpd.h>"),
    (check_layers, "store/a.c", LICENCE + '#include "outbound/b.h"\n',
     "may not include <outbound/b.h>"),
    (check_layers, "core/sub/a.c", LICENCE, "no layer row matches"),
    (check_headers, "core/a.h", LICENCE + "void f(apr_pool_t *p);\n",
     "core/a.h: does not compile alone"),
    (check_sizes, "core/a.c", many(701, "\n"), "more than 700 lines"),
    (check_sizes, "core/a.c",
     "void wfp_a_f(void)\n{\n" + many(100, "    ;\n") + "}\n", "has 103 lines"),
    (check_sizes, "core/a.c",
     "int wfp_a_f(int n)\n{\n" + many(20, "    if (n) return n;\n")
     + "    return 0;\n}\n", "complexity 21"),
    (check_sizes, "core/a.c",
     "void wfp_a_f(int a, int b, int c, int d, int e, int f, int g,\n"
     "             int (*h)(int, int), int i)\n{\n}\n",
     "more than 8 parameters"),
    (check_style, "core/a.c", LICENCE + "void  wfp_a_f(void)\n{\n}\n",
     "clang-format differs"),
    (check_style, "core/a.c", LICENCE + "void wfp_a_f(void)\n{\n"
     "    free(0);\n}\n", "free() is banned"),
    (check_style, "core/a.c", LICENCE + "void wfp_b_f(void)\n{\n}\n",
     "wfp_b_f does not begin with wfp_a_"),
    (check_style, "core/a.c", LICENCE + "static void wfp_a_f(void)\n{\n}\n",
     "static wfp_a_f has a prefix"),
    (check_style, "core/a.c", "void wfp_a_f(void)\n{\n}\n",
     "first line is not the licence line"),
    (check_style, "core/a.c", LICENCE + "int wfp_a;\t\n", "has a tab"),
    (check_shell, "script/a", "#!/bin/sh\n# SPDX-License-Identifier: x\n"
     "echo $1\n", "Double quote"),
    (check_shell, "script/a", "#!/bin/sh\necho\n", "no licence line"),
]


class TestGuardsOnFaults:
    """Each guard finds what it is for."""

    @pytest.mark.parametrize("guard,path,text,complaint", FAULTS)
    def test_001_01_planted_fault_is_found(self, tmp_path, guard, path, text,
                                           complaint):
        shutil.copy(ROOT / ".clang-format", tmp_path)
        plant(tmp_path, {path: text})
        assert complaint in "\n".join(guard.check(tmp_path))

    def test_001_02_innocent_file_passes(self, tmp_path):
        shutil.copy(ROOT / ".clang-format", tmp_path)
        plant(tmp_path, {"core/a.c": LICENCE
                         + "#include <string.h>\n\n"
                         "/* free(x) in a comment */\n"
                         "int wfp_a_size(const char *s)\n{\n"
                         '    return s->free("abort()");\n}\n'})
        for guard in (check_layers, check_sizes, check_style):
            assert guard.check(tmp_path) == []

    def test_001_03_directives(self, tmp_path):
        plant(tmp_path, {
            "mod_wfp/directives.c": '{ "WfpA", 1 },\n{ "WfpB", 2 },\n'
                                    '"WfpA: a message"\n',
            "docs/directives/WfpA.md": "Syntax Default Context",
            "docs/directives/WfpC.md": "",
            "conf/wfp.conf": "# WfpA on\nWfpD off\n"})
        assert check_directives.check(tmp_path) == [
            "WfpB: no page docs/directives/WfpB.md",
            "WfpB: not in conf/wfp.conf",
            "conf/wfp.conf: WfpD is no directive",
            "docs/directives/WfpC.md: no such directive"]

    def test_001_04_errors(self, tmp_path):
        plant(tmp_path, {
            "core/result.c": '    { "a_limit", 503, "x", "y", 1 },\n'
                             '    { "b_limit", HTTP_X, "x", "y", 1 },\n'
                             "/* WFPLOGNO(0101) WFPLOGNO(0101) */\n"
                             "/* WFPLOGNO(77) */\n",
            "docs/operations/errors.md": "| `a_limit` | 500 | y | z |\n"
                                         "| `c_limit` | 503 | y | z |\n"})
        assert check_errors.check(tmp_path) == [
            "WFPLOGNO(0101): used 2 times",
            "WFPLOGNO(77): not four digits",
            "a_limit: ('503', 'y') is ('500', 'y') on the page",
            "b_limit: not in docs/operations/errors.md",
            "docs/operations/errors.md: c_limit is no error code"]

    def test_001_10_links(self, tmp_path):
        plant(tmp_path, {"README.md": "[a](docs/a.md#x) [b](docs/b.md) "
                                      "[c](https://c.example/)",
                         "docs/a.md": "[back](../README.md)"})
        assert check_links.check(tmp_path) == [
            "README.md: docs/b.md is not there"]

    def test_001_09_metrics(self, tmp_path):
        plant(tmp_path, {
            "mod_wfp/figures.c": 'add(f, "a_total", "WfpA", "counter", "b");\n',
            "docs/operations/metrics.md":
                "| `wfp_a_total` | `WfpA` | gauge | x |\n",
            "mod_wfp/status_workers.c": '{ "worker_b_total", "c" }\n',
            "docs/operations/prometheus/alerts.yml":
                "expr: wfp_a_total_bucket + wfp_d\n"})
        assert check_metrics.check(tmp_path) == [
            "docs/operations/metrics.md: there is no wfp_a_total "
            "(WfpA, gauge)",
            "docs/operations/prometheus/alerts.yml: wfp_d is not in "
            "docs/operations/metrics.md",
            "wfp_a_total (WfpA, counter): not in docs/operations/metrics.md",
            "wfp_worker_b_total: not in docs/operations/metrics.md"]

    def test_001_11_openapi(self, tmp_path):
        plant(tmp_path, {
            "admin/api_routes.c":
                '#define A "/a/{x}"\n{ "GET", A "/b", WFP_API_READ, '
                "WFP_API_ANY_TOKEN, fn },\n"
                '{ "GET", "/d", WFP_API_READ, WFP_API_ANY_TOKEN, fn },\n',
            "admin/openapi.json": '{"paths": {"/c": {"put": {"summary": "s", '
                                  '"x-role": "read", "responses": {}}}, '
                                  '"/d": {"get": {"summary": "s", "x-role": '
                                  '"read", "responses": {"default": {"$ref": '
                                  '"#/components/none"}}}}}}'})
        assert check_openapi.check(tmp_path) == [
            "admin/openapi.json: ('get', '/a/{x}/b') is missing",
            "admin/openapi.json: ('get', '/d'): 2xx is there exactly when it "
            "can be answered",
            "admin/api_routes.c: ('put', '/c') is missing",
            "admin/openapi.json: #/components/none leads nowhere"]

    def test_001_12_api_errors(self, tmp_path):
        plant(tmp_path, {
            "admin/api_error.c": '[WFP_API_AUTH] = { 401, 10000, "x" },\n',
            "docs/api/errors.md": "| 10000 | 403 | x |\n",
            "admin/web/lib/mend.js": "  7404: 'Go back.',\n"})
        assert check_api_errors.check(tmp_path) == [
            "10000 with 401: not in docs/api/errors.md",
            "admin/web/lib/mend.js: nothing for 10000 with 401",
            "docs/api/errors.md: there is no 10000 with 403"]

    def test_001_08_wfpctl(self, tmp_path):
        plant(tmp_path, {
            "admin/wfpctl/main.c": '{ "init", wfp_cmd_init_run, 0 },\n'
                                   '{ "key rotate", NULL, 0 },\n',
            "admin/wfpctl/wfpctl.1": ".It Cm init\n.It Cm tail , logs\n",
            "docs/operations/wfpctl.md": "### `wfpctl token list`\n"})
        assert check_wfpctl.check(tmp_path) == [
            "admin/wfpctl/wfpctl.1: there is no wfpctl logs",
            "admin/wfpctl/wfpctl.1: there is no wfpctl tail",
            "docs/operations/wfpctl.md: there is no wfpctl token list",
            "wfpctl init: not in docs/operations/wfpctl.md"]

    def test_001_07_log_tags(self, tmp_path):
        plant(tmp_path, {
            "mod_wfp/a.c": "/* WFPLOGNO(9999) */\n"
                           'f(APLOG_MARK, APLOG_ERR, rv, s, WFPLOGNO(0101) "a");\n'
                           'f(APLOG_MARK, APLOG_INFO, 0, s, WFPLOGNO(0102) "b");\n'
                           'g(WFPLOGNO(0103) "c");\n',
            "docs/operations/log-tags.md": "| `WFP0101` | warn | x |\n"
                                           "| `WFP0104` | info | x |\n"
                                           "| `WFP0105` | retired | x |\n"})
        assert check_log_tags.check(tmp_path) == [
            "WFP0101: level error is warn on the page",
            "WFP0102: not in docs/operations/log-tags.md",
            "docs/operations/log-tags.md: WFP0104 is no tag and not retired",
            "mod_wfp/a.c: WFPLOGNO(0103) without a level"]

    def test_001_10_worker_api(self, tmp_path):
        plant(tmp_path, {
            "lua_runtime/sandbox.c":
                'global_names[] = {\n    "type",\n    "os.time",\n};\n',
            "docs/worker-api/standard-library.md":
                "| base | `print type` | |\n| `os` | `clock` | |\n"})
        assert check_worker_api.check(tmp_path) == [
            "docs/worker-api/standard-library.md: there is no os.clock",
            "os.time: not on docs/worker-api/standard-library.md"]

    def test_001_05_exports(self, tmp_path):
        library = tmp_path / "mod_wfp.so"
        source = "int wfp_module; int leaked;"
        subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o",
                        str(library)], input=source, text=True, check=True)
        assert check_exports.check_library(library) == ["exports leaked"]

    def test_001_11_hot(self, tmp_path):
        plant(tmp_path, {
            "core/a.c": LICENCE + "static int f(void)\n{\n}\n",
            "core/b.c": LICENCE + "int g(void)\n{\n}\n",
            "mod_wfp/hot.ld": "    *a.o(.text.f .text.f.*)\n"
                              "    *a.o(.text.g .text.g.*)\n"})
        assert check_hot.check(tmp_path) == [
            "mod_wfp/hot.ld: g is not in a.c (or .h): run bench/hot"]

    def test_001_06_functions_are_seen(self):
        text = ("static int f(const char *a, int (*b)(int, int))\n{\n}\n"
                "struct s {\n    int g(void);\n};\n"
                "wfp_t *h(void)\n{\n}\n")
        assert [(n, s, guardlib.argument_count(a))
                for n, s, a in guardlib.functions(text)] == [
                    ("f", True, 2), ("h", False, 0)]
