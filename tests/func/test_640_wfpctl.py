# SPDX-License-Identifier: Apache-2.0
"""wfpctl on a store of its own, without a running server."""

import json
import os
import pathlib
import pwd
import re
import shutil
import sqlite3
import subprocess
import tempfile

import pytest

from wfptest import tap
from wfptest.httpd import server_user
from wfptest.postgres import Postgres

pytestmark = pytest.mark.one_mpm

HELLO = "return { fetch = function() return Response.new('hi') end }\n"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MODULES = pathlib.Path("/usr/lib/apache2/modules")
CONFIG = """
ServerRoot "{root}"
LoadModule mpm_event_module "{modules}/mod_mpm_event.so"
LoadModule authz_core_module "{modules}/mod_authz_core.so"
LoadModule wfp_module "{build}/.libs/mod_wfp.so"
ServerName localhost
Listen 127.0.0.1:1
ErrorLog "{root}/error_log"
{user}
Include "{root}/store.conf"
"""


def given(stdin):
    """subprocess's option for an input that is a text, or a file."""
    return {"input" if isinstance(stdin, str) else "stdin": stdin}


class Ctl:
    """wfpctl and a configuration file in a folder of their own."""

    def __init__(self, database=None):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="wfp-ctl-"))
        self.root.chmod(0o755)
        self.data = self.root / "lib" / "wfp"
        self.config = self.root / "httpd.conf"
        user = "User {}\nGroup {}".format(*server_user()) \
            if os.geteuid() == 0 else ""
        self.config.write_text(CONFIG.format(
            root=self.root, modules=MODULES, build=tap.BUILD, user=user))
        self.database = database or f'sqlite3 "{self.data}/wfp.db"'
        self.settings()

    def settings(self, *lines):
        (self.root / "store.conf").write_text("\n".join(
            [f"WfpDatabase {self.database}", f'WfpDataDir "{self.data}"',
             *lines, ""]))

    def run(self, *args, stdin="", config=True, **env):
        if config:
            args = ("--config", str(self.config), *args)
        preload = os.environ.get("WFP_PRELOAD")
        env = {**{k: v for k, v in os.environ.items()
                  if not k.startswith("WFP_")},
               **({"LD_PRELOAD": preload} if preload else {}),
               "ASAN_OPTIONS": "detect_leaks=0", **env}
        return subprocess.run([str(tap.BUILD / "wfpctl"), *args], text=True,
                              capture_output=True, check=False, env=env,
                              timeout=120, **given(stdin))

    def ok(self, *args, **options):
        """stdout of a command that must succeed."""
        done = self.run(*args, **options)
        assert done.returncode == 0, f"{args}: {done.stderr}{done.stdout}"
        return done.stdout

    def json(self, *args, **options):
        return json.loads(self.ok("--json", *args, **options))

    def refused(self, *args, code=1, **options):
        """stderr of a command that must fail."""
        done = self.run(*args, **options)
        assert done.returncode == code, f"{args}: {done.stderr}{done.stdout}"
        assert done.stdout == ""
        assert done.stderr
        return done.stderr

    def folder(self, files):
        """A folder that only its owner can read: {path: data}, or the text
        of worker.lua."""
        path = pathlib.Path(tempfile.mkdtemp(dir=self.root))
        if isinstance(files, str):
            files = {"worker.lua": files}
        for name, data in files.items():
            target = path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data if isinstance(data, bytes)
                               else data.encode("latin-1"))
        return str(path)

    def names(self, ns="demo"):
        return self.ok("list", *([ns] if ns else [])).split()


@pytest.fixture
def bare():
    """Before init."""
    ctl = Ctl()
    yield ctl
    shutil.rmtree(ctl.root)


@pytest.fixture(scope="session")
def postgres():
    server = Postgres(tap.BUILD / "results" / "ports")
    yield server
    server.remove()


@pytest.fixture(scope="module", params=["sqlite3", "pgsql"])
def ctl(request):
    """After init, with the namespace demo; on both databases."""
    database = None
    if request.param == "pgsql":
        server = request.getfixturevalue("postgres")
        database = f'pgsql "{server.conninfo}"'
    made = Ctl(database)
    made.ok("init")
    made.ok("namespace", "create", "demo")
    yield made
    shutil.rmtree(made.root)


class TestInit:
    """The data directory, schema, key, account and first token."""

    def test_640_01_makes_everything_once(self, bare):
        first = bare.json("init")
        assert re.fullmatch("[0-9a-f]{32}", first["account"])
        assert re.fullmatch("[A-Za-z0-9_-]{40}", first["token"])
        assert bare.data.stat().st_mode & 0o777 == 0o700
        assert (bare.data / "key").stat().st_mode & 0o777 == 0o600
        key = (bare.data / "key").read_text()
        again = bare.json("init")
        assert again["account"] == first["account"]
        assert again["token"] is None
        assert (bare.data / "key").read_text() == key
        [token] = bare.json("token", "list")
        assert token["role"] == "admin"

    def test_640_02_leaves_nothing_that_the_server_cannot_write(self, bare):
        bare.ok("init")
        bare.ok("namespace", "create", "demo")
        bare.ok("deploy", "demo/a", bare.folder(HELLO))
        owner = pwd.getpwnam(server_user()[0]).pw_uid \
            if os.geteuid() == 0 else os.geteuid()
        paths = [bare.data, *bare.data.iterdir()]
        assert {path.stat().st_uid for path in paths} == {owner}
        assert not [p for p in paths if p.stat().st_mode & 0o077]

    def test_640_03_takes_the_configured_account(self, bare):
        bare.settings("WfpAccount " + "ab" * 16)
        assert bare.json("init")["account"] == "ab" * 16

    def test_640_04_before_init_commands_name_it(self, bare):
        assert "wfpctl init" in bare.refused("namespace", "list")
        assert not bare.data.exists()
        bare.ok("init")
        (bare.data / "wfp.db").rename(bare.data / "away")
        assert "wfpctl init" in bare.refused("namespace", "list")
        assert not (bare.data / "wfp.db").exists()

    def test_640_05_a_broken_configuration_is_httpds_to_explain(self, bare):
        bare.settings("WfpRegistrySize none")
        assert "WfpRegistrySize" in bare.refused("init")
        bare.config.write_text("Listen 127.0.0.1:1\n")
        bare.refused("init")

    def test_640_06_httpd_can_be_named(self, bare):
        assert "/nowhere" in bare.refused("init", WFP_HTTPD="/nowhere")

    def test_640_07_the_environment_names_the_configuration(self, bare):
        bare.ok("init", config=False, WFP_CONFIG=str(bare.config))
        assert bare.names(None) == []

    def test_640_08_doctor_says_what_is_wrong(self, bare):
        done = bare.run("doctor")
        assert done.returncode == 1 and "wfpctl init" in done.stdout
        bare.ok("init")
        assert "PROBLEM" not in bare.ok("doctor")
        assert all(row["ok"] for row in bare.json("doctor"))
        (bare.data / "key").chmod(0o644)
        done = bare.run("doctor")
        assert done.returncode == 1
        assert re.search("^key +PROBLEM", done.stdout, re.M)


class TestUsage:
    """Exit 2 for a wrong call, 1 for what is not there yet."""

    @pytest.mark.parametrize("args", [
        (), ("nonsense",), ("namespace",), ("namespace", "create"),
        ("deploy", "a"), ("deploy", "a", "b", "c"), ("--nonsense",),
        ("list", "--tag", "x"), ("list", "--config"), ("-x",),
        ("namespace", "list", "--json=1"), ("token", "create"),
    ], ids=" ".join)
    def test_640_10_wrong_calls(self, ctl, args):
        ctl.refused(*args, code=2)

    def test_640_12_help_names_every_command(self, ctl):
        text = ctl.ok("--help")
        for name in ("init", "deploy", "secret put", "namespace create"):
            assert f"  {name} " in text

    def test_640_13_failures_are_json_too(self, ctl):
        error = json.loads(ctl.refused("--json", "get", "demo/none"))["error"]
        assert error["code"] == "worker_not_found"
        assert error["message"].startswith("Worker not found")


class TestNamespace:
    """create, set, list, delete."""

    def test_640_20_life(self, ctl):
        made = ctl.json("namespace", "create", "ns1", "--limit", "cpu_ms=20",
                        "--trusted", "--outbound", "out:plan=free,a=b=c")
        assert UUID.fullmatch(made["namespace_id"])
        assert made["egress"] == "outbound"
        assert "ns1" in ctl.ok("namespace", "list").split()
        [got] = [n for n in ctl.json("namespace", "list")
                 if n["namespace_name"] == "ns1"]
        assert got["limits"] == {"cpu_ms": 20}
        assert got["trusted_workers"] is True
        assert got["outbound"] == {"service": "out",
                                   "params": {"plan": "free", "a": "b=c"}}
        assert "already" in ctl.refused("namespace", "create", "ns1")
        ctl.ok("namespace", "set", "ns1", "--outbound", "off", "--no-trusted",
               "--limit", "cpu_ms=", "--limit", "wall_ms=500")
        [got] = [n for n in ctl.json("namespace", "list")
                 if n["namespace_name"] == "ns1"]
        assert got["egress"] == "direct" and got["outbound"] is None
        assert got["limits"] == {"wall_ms": 500}
        assert got["trusted_workers"] is False
        ctl.ok("namespace", "delete", "ns1")
        assert "ns1" not in ctl.ok("namespace", "list").split()
        ctl.refused("namespace", "delete", "ns1")
        ctl.refused("namespace", "set", "ns1", "--trusted")

    @pytest.mark.parametrize("args, code", [
        (("a b",), 1), (("x" * 64,), 1), (("bad", "--limit", "cpu_ms=0"), 1),
        (("bad", "--limit", "cpu_ms=1.5"), 1), (("bad", "--limit", "no=1"), 1),
        (("bad", "--limit", "cpu_ms"), 2), (("bad", "--egress", "maybe"), 2),
        (("bad", "--egress", "outbound"), 1),
        (("bad", "--outbound", "out:plan"), 1),
        (("bad", "--outbound", "o t"), 1),
    ])
    def test_640_21_refused(self, ctl, args, code):
        ctl.refused("namespace", "create", *args, code=code)
        assert "bad" not in ctl.ok("namespace", "list").split()


class TestDeploy:
    """A Worker from files."""

    def test_640_30_a_folder_with_everything(self, ctl):
        ctl.ok("deploy", "out", ctl.folder(HELLO))
        path = ctl.folder({"worker.lua": "require('lib/util')\n" + HELLO,
                           "lib/util.lua": "return {}", ".hidden": "x",
                           "blob/all": bytes(range(256)), ".git/x": "x"})
        made = ctl.json("deploy", "demo/all", path, "--var", "A=b=c",
                        "--binding", 'json:CONF={"a":[1]}',
                        "--binding", "service:SVC=out",
                        "--binding=version_metadata:META",
                        "--binding", "secret_text:S=hush",
                        "--tag", "t1", "--tag", "t2", "--limit", "cpu_ms=20",
                        "--message", "first \x1b[31mred")
        assert made["number"] == 1 and UUID.fullmatch(made["version_id"])
        got = ctl.json("get", "demo/all")
        assert got["main_module"] == "worker.lua"
        assert {m["name"]: m["size"] for m in got["modules"]} == {
            "worker.lua": len(HELLO) + 20, "lib/util.lua": 9, "blob/all": 256}
        bindings = {b["name"]: b for b in got["bindings"]}
        assert bindings["A"]["text"] == "b=c"
        assert bindings["CONF"]["json"] == {"a": [1]}
        assert bindings["SVC"]["service"] == "out"
        assert bindings["S"] == {"name": "S", "type": "secret_text"}
        assert got["tags"] == ["t1", "t2"]
        assert got["limits"] == {"cpu_ms": 20}
        # nobody's message moves the terminal
        assert "first ?[31mred" in ctl.ok("versions", "demo/all")

    def test_640_31_main_module(self, ctl):
        path = pathlib.Path(ctl.folder({"only.lua": HELLO})) / "only.lua"
        ctl.ok("deploy", "demo/m1", str(path))
        ctl.ok("deploy", "demo/m2", str(path.parent))
        assert ctl.json("get", "demo/m2")["main_module"] == "only.lua"
        two = ctl.folder({"a.lua": HELLO, "b.lua": HELLO})
        assert "worker.lua" in ctl.refused("deploy", "demo/m3", two)
        assert "worker.lua" in ctl.refused("deploy", "demo/m3",
                                           ctl.folder({"readme": "x"}))
        ctl.refused("deploy", "demo/m3", "/nowhere/at/all")
        assert "m3" not in ctl.names()

    def test_640_25_links(self, ctl, tmp_path):
        """A customer's folder is read by who may read more than the customer."""
        secret = tmp_path / "secret"
        secret.mkdir()
        (secret / "key.txt").write_text("of the operator")
        for name, target in (("key.txt", secret / "key.txt"),
                             ("keys", secret), ("gone.txt", "nowhere"),
                             ("up.txt", "../../secret/key.txt")):
            folder = pathlib.Path(ctl.folder({"worker.lua": HELLO}))
            (folder / name).symlink_to(target)
            assert str(folder / name) in ctl.refused("deploy", "demo/links",
                                                     str(folder))
        folder = pathlib.Path(ctl.folder({"worker.lua": HELLO, "a/b.txt": "b"}))
        os.mkfifo(folder / "pipe")
        assert "neither file nor folder" in ctl.refused(
            "deploy", "demo/links", str(folder))
        (folder / "pipe").unlink()
        (folder / "c.txt").symlink_to("a/b.txt")
        ctl.ok("deploy", "demo/links", str(folder))
        (folder / "round").symlink_to(".")
        assert "too many folders" in ctl.refused("deploy", "demo/links",
                                                 str(folder))

    def test_640_32_dispatcher(self, ctl):
        ctl.ok("deploy", "out", ctl.folder(HELLO))
        path = ctl.folder(HELLO)
        ctl.ok("deploy", "dispatcher", path,
               "--binding", "dispatch_namespace:DISPATCHER=demo",
               "--outbound", "out:customer,plan")
        [binding] = ctl.json("get", "dispatcher")["bindings"]
        assert binding["namespace"] == "demo"
        assert binding["outbound"]["worker"]["service"] == "out"
        assert [p["name"] for p in binding["outbound"]["params"]] == [
            "customer", "plan"]
        assert "dispatcher" in ctl.names(None)
        ctl.refused("deploy", "dispatcher", path, "--outbound", "out", code=2)
        ctl.refused("deploy", "dispatcher", path, "--binding",
                    "dispatch_namespace:DISPATCHER=none")
        ctl.refused("deploy", "dispatcher", path, "--binding",
                    "dispatch_namespace:D=demo", "--outbound", "none")

    @pytest.mark.parametrize("source, says", [
        ("return {\n  fetch = function( return end }", "worker.lua:2:"),
        ("local x = nil\nlocal y = x.z\nreturn {}", "worker.lua:2:"),
        ("while true do end", "Start-up time limit exceeded"),
        ("return 5", ""),
        ("--" + "x" * 1024 * 1024, ""),
        ("\x1bLua\x54", ""),
        ("local s = 'x' while true do s = s .. s end", ""),
    ], ids=["syntax", "error", "endless", "no table", "large", "binary",
            "memory"])
    def test_640_33_refused_with_the_reason(self, ctl, source, says):
        before = ctl.ok("list", "demo")
        assert says in ctl.refused("deploy", "demo/refused",
                                   ctl.folder(source))
        assert ctl.ok("list", "demo") == before

    @pytest.mark.parametrize("options, code", [
        (("--binding", "flux:X=y"), 1), (("--binding", "service:X=none"), 1),
        (("--binding", "service"), 2), (("--binding", "service:X"), 2),
        (("--binding", "json:X={"), 1), (("--var", "1X=y"), 1),
        (("--var", "X"), 2), (("--var", "X=" + "y" * 5121), 1),
        (("--limit", "cpu_ms=99999999"), 1),
        (sum((("--tag", f"t{i}") for i in range(9)), ()), 1),
        (("--var", "X=1", "--var", "X=2"), 1),
    ])
    def test_640_34_bad_options_change_nothing(self, ctl, options, code):
        path = ctl.folder(HELLO)
        ctl.ok("deploy", "demo/keeps", path)
        before = ctl.ok("versions", "demo/keeps")
        ctl.refused("deploy", "demo/keeps", path, *options, code=code)
        assert ctl.ok("versions", "demo/keeps") == before

    @pytest.mark.parametrize("name", ["demo/a b", "none/a", "demo/", "a" * 64,
                                      "demo/a/b", "../a"])
    def test_640_35_bad_names(self, ctl, name):
        ctl.refused("deploy", name, ctl.folder(HELLO))

    def test_640_36_too_large_in_all(self, ctl):
        path = ctl.folder({"worker.lua": HELLO, "a": bytes(6 << 20),
                           "b": bytes(6 << 20)})
        assert "10 MB" in ctl.refused("deploy", "demo/big", path)

    def test_640_37_versions_and_rollback(self, ctl):
        for i in range(3):
            ctl.ok("deploy", "demo/v", ctl.folder(HELLO), "--message",
                   f"m{i}")
        rows = ctl.json("versions", "demo/v")
        assert [(r["number"], r["message"], r["deployed"]) for r in rows] == [
            (3, "m2", True), (2, "m1", False), (1, "m0", False)]
        ctl.ok("rollback", "demo/v")
        assert ctl.json("get", "demo/v")["number"] == 2
        ctl.ok("rollback", "demo/v", rows[2]["id"])
        assert ctl.json("get", "demo/v")["number"] == 1
        ctl.refused("rollback", "demo/v")
        ctl.refused("rollback", "demo/v", "none")
        ctl.ok("delete", "demo/v")
        ctl.refused("delete", "demo/v")
        ctl.refused("versions", "demo/v")

    def test_640_38_as_many_versions_as_the_server_keeps(self, ctl):
        ctl.settings("WfpVersionsKept 2")
        try:
            for number in range(5):
                ctl.ok("deploy", "demo/kept",
                       ctl.folder(HELLO + f"-- {number}\n"))
        finally:
            ctl.settings()
        assert [row["number"] for row in ctl.json("versions", "demo/kept")] \
            == [5, 4, 3]

    def test_640_39_secrets_keep_as_many(self, ctl):
        ctl.ok("deploy", "demo/kept2", ctl.folder(HELLO))
        ctl.settings("WfpVersionsKept 2")
        try:
            for number in range(4):
                ctl.ok("secret", "put", "demo/kept2", "S", stdin=f"{number}")
            rows = ctl.json("versions", "demo/kept2")
            assert [row["number"] for row in rows] == [5, 4, 3]
            ctl.ok("secret", "delete", "demo/kept2", "S")
        finally:
            ctl.settings()
        rows = ctl.json("versions", "demo/kept2")
        assert [row["number"] for row in rows] == [6, 5, 4]


class TestSecret:
    """put, delete; what the store keeps is sealed."""

    def test_640_40_life(self, ctl):
        path = ctl.folder(HELLO)
        ctl.ok("deploy", "demo/s", path)
        ctl.ok("secret", "put", "demo/s", "KEY", stdin="hush-hush\n")
        ctl.ok("deploy", "demo/s", path)  # keeps it
        got = ctl.json("get", "demo/s")
        assert got["bindings"] == [{"name": "KEY", "type": "secret_text"}]
        assert got["number"] == 3
        ctl.ok("secret", "delete", "demo/s", "KEY")
        assert ctl.json("get", "demo/s")["bindings"] == []
        ctl.refused("secret", "delete", "demo/s", "KEY")

    @pytest.mark.parametrize("name, key, value", [
        ("demo/none", "KEY", "x"), ("demo/sr", "1KEY", "x"),
        ("demo/sr", "KEY", ""), ("demo/sr", "KEY", "x" * 5121),
        ("demo/sr", "KEY", "a\0b"), ("demo/sr", "VAR", "x"),
    ])
    def test_640_41_refused(self, ctl, name, key, value):
        ctl.ok("deploy", "demo/sr", ctl.folder(HELLO), "--var",
               "VAR=1")
        ctl.refused("secret", "put", name, key, stdin=value)

    def test_640_42_nothing_readable_in_the_file(self, bare):
        bare.ok("init")
        bare.ok("deploy", "s", bare.folder(HELLO), "--binding",
                "secret_text:A=hush-hush")
        bare.ok("secret", "put", "s", "B", stdin="hush-hush")
        for path in bare.data.iterdir():
            assert b"hush" not in path.read_bytes()
        with sqlite3.connect(bare.data / "wfp.db") as db:
            values = [v for (v,) in db.execute(
                "SELECT value FROM bindings WHERE kind = 'secret_text'")]
        assert len(values) == 3 and len(set(values)) == 2

    def test_640_43_a_key_that_others_can_read_is_refused(self, bare):
        bare.ok("init")
        bare.ok("deploy", "s", bare.folder(HELLO))
        (bare.data / "key").chmod(0o640)
        bare.refused("secret", "put", "s", "B", stdin="x")


class TestHostname:
    """list, put, delete: the table of hosts."""

    def test_640_45_life(self, ctl):
        ctl.ok("deploy", "demo/h", ctl.folder(HELLO))
        ctl.ok("deploy", "front", ctl.folder(HELLO))
        made = ctl.json("hostname", "put", "Shop.Example.com.", "demo/h",
                        "--metadata", '{"plan": "pro", "n": [1, null]}')
        assert made.pop("stamp") > 0
        assert made["hostname"] == "shop.example.com"
        assert (made["namespace"], made["script"]) == ("demo", "h")
        assert made["metadata"] == {"plan": "pro", "n": [1, None]}
        assert ctl.json("hostname", "list") == [made]
        said = ctl.ok("hostname", "put", "*.example.com", "front")
        assert said == "Set hostname *.example.com to front\n"
        assert ctl.ok("hostname", "list") == \
            "*.example.com front\nshop.example.com demo/h\n"
        again = ctl.json("hostname", "put", "shop.example.com", "front")
        assert again["metadata"] == {} and again["namespace"] is None
        assert again["created_on"] == made["created_on"]
        said = ctl.ok("hostname", "delete", "*.example.com")
        assert said == "Deleted hostname *.example.com\n"
        assert "*.example.com" in ctl.refused("hostname", "delete",
                                              "*.example.com")
        gone = ctl.json("hostname", "delete", "SHOP.example.com")
        assert gone["stamp"] > 0
        assert ctl.json("hostname", "list") == []

    @pytest.mark.parametrize("host, worker, metadata, says", [
        ("a..b", "demo/hr", "{}", "shop.example.com"),
        ("a.*.b", "demo/hr", "{}", "shop.example.com"),
        ("", "demo/hr", "{}", "shop.example.com"),
        ("a.test", "demo/none", "{}", "Worker not found"),
        ("a.test", "nowhere/hr", "{}", "nowhere"),
        ("a.test", "demo/", "{}", ""), ("a.test", "demo/a/b", "{}", ""),
        ("a.test", "demo/hr", "{", "metadata"),
        ("a.test", "demo/hr", "", "metadata"),
        ("a.test", "demo/hr", '{"a":1,"a":2}', "metadata"),
        ("a.test", "demo/hr", "[]", "object"),
        ("a.test", "demo/hr", '{"a":"%s"}' % ("x" * 4096), "4096"),
    ])
    def test_640_46_refused(self, ctl, host, worker, metadata, says):
        ctl.ok("deploy", "demo/hr", ctl.folder(HELLO))
        assert says in ctl.refused("hostname", "put", host, worker,
                                   "--metadata", metadata)
        assert ctl.json("hostname", "list") == []
        ctl.refused("hostname", "put", "a.test", code=2)
        ctl.refused("hostname", "list", "--metadata", "{}", code=2)


class TestToken:
    """create, list, revoke."""

    def test_640_50_life(self, ctl):
        made = ctl.json("token", "create", "--role", "deploy", "--namespace",
                        "demo", "--namespace", "other", "--name", "ci",
                        "--expires-in", "30")
        assert re.fullmatch("[A-Za-z0-9_-]{40}", made["token"])
        [got] = [t for t in ctl.json("token", "list")
                 if t["id"] == made["id"]]
        assert got["namespaces"] == ["demo", "other"]
        assert got["role"] == "deploy" and got["name"] == "ci"
        assert "token" not in got and got["expires_on"]
        ctl.ok("token", "revoke", made["id"])
        ctl.refused("token", "revoke", made["id"])
        assert made["id"] not in ctl.ok("token", "list")

    def test_640_51_refused(self, ctl):
        ctl.refused("token", "create", "--role", "god")
        ctl.refused("token", "create", "--role", "read", "--namespace", "a b")
        ctl.refused("token", "create", "--role", "read", "--expires-in", "x",
                    code=2)


def test_640_60_database_gone_and_back(postgres):
    """A dead PostgreSQL is named as such, and nothing is torn."""
    made = Ctl(f'pgsql "{postgres.conninfo}"')
    try:
        made.ok("init")
        postgres.stop()
        try:
            error = json.loads(made.refused("--json", "list"))["error"]
            assert error["code"] == "store_unavailable"
        finally:
            postgres.start()
        made.ok("list")
    finally:
        shutil.rmtree(made.root)
