# SPDX-License-Identifier: Apache-2.0
"""wfpctl doctor: each thing is broken, and its finding says what it is and how it
is mended; nothing else is found then."""

import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess

import pytest

from test_640_wfpctl import MODULES, Ctl
from wfptest import tap
from wfptest.api import BASE, LOCATION
from wfptest.postgres import Postgres
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm
WANTED = ("watchdog", "socache_shmcb", "status")


def loaded():
    """Lines that load what doctor wants to be there."""
    built_in = subprocess.run(["/usr/sbin/apache2", "-l"], capture_output=True,
                              text=True, check=True).stdout
    return "".join(f'LoadModule {name}_module "{MODULES}/mod_{name}.so"\n'
                   for name in WANTED if f"mod_{name}.c" not in built_in)


class Patient(Ctl):
    """A set-up in which all is well."""

    def __init__(self, database=None):
        super().__init__(database)
        self.sound = loaded() + self.config.read_text() \
            + f'PidFile "{self.root}/httpd.pid"\n'
        self.config.write_text(self.sound)
        self.ok("init")

    def rows(self, *args, prefix=(), **options):
        """What doctor finds: {check: row}, and its exit code."""
        if prefix:
            done = subprocess.run(
                [*prefix, str(tap.BUILD / "wfpctl"), "--config",
                 str(self.config), "--json", "doctor", *args],
                capture_output=True, text=True, check=False, timeout=120)
        else:
            done = self.run("--json", "doctor", *args, **options)
        assert done.stdout, done.stderr
        rows = json.loads(done.stdout)
        assert len({row["check"] for row in rows}) == len(rows)
        assert done.returncode == (0 if all(row["ok"] for row in rows) else 1)
        return {row["check"]: row for row in rows}

    def finds(self, check, *words, **options):
        """The one problem is of that check, and its text has the words."""
        rows = self.rows(**options)
        wrong = {name: row["problem"] for name, row in rows.items()
                 if not row["ok"]}
        assert set(wrong) == {check}, wrong
        for word in words:
            assert re.search(word, wrong[check]), wrong[check]
        said = self.run("doctor").stdout if not options else ""
        if said:
            assert re.search(rf"^{check} +PROBLEM: ", said, re.M)

    def well(self):
        rows = self.rows()
        assert all(row["ok"] for row in rows.values()), rows
        return rows


@pytest.fixture
def patient():
    made = Patient()
    yield made
    shutil.rmtree(made.root)


class TestConfig:
    def test_644_01_all_is_well(self, patient):
        rows = patient.well()
        assert set(rows) == {
            "config", "modules", "liblua", "hardening", "server", "ports",
            "isolates", "ulimits",
            "api", "datadir", "logs", "disk", "key", "store", "clock",
            "account", "tokens", "registry", "retention"}
        assert "liblua5.4" in rows["liblua"]["note"]
        assert rows["registry"]["note"] == "0 of 131072"
        done = patient.run("doctor")
        assert done.returncode == 0
        assert re.search("^store +ok: sqlite3, schema ", done.stdout, re.M)

    @pytest.mark.parametrize("line,word", [
        ("WfpLimit cpu_ms nonsense", "cpu_ms|nonsense"),
        ("<IfModule", "IfModule"),
    ])
    def test_644_02_a_configuration_that_httpd_refuses(self, patient, line,
                                                       word):
        patient.config.write_text(patient.sound + line + "\n")
        patient.finds("config", "refuses", word)

    def test_644_03_no_configuration(self, patient):
        patient.config.unlink()
        patient.finds("config", "httpd.conf")

    def test_644_04_mod_wfp_is_not_loaded(self, patient):
        patient.config.write_text("\n".join(
            line for line in patient.sound.splitlines()
            if "mod_wfp" not in line and "store.conf" not in line) + "\n")
        patient.finds("config", "does not load mod_wfp")


class TestServer:
    def test_644_10_modules_are_missing(self, patient):
        patient.config.write_text("\n".join(
            line for line in patient.sound.splitlines()
            if "mod_socache" not in line) + "\n")
        assert "Cache API" in (patient.well()["modules"]["note"] or "Cache API")
        # Debian's httpd has it built in: one that has not
        httpd = patient.root / "httpd"
        httpd.write_text("#!/bin/sh\n/usr/sbin/apache2 \"$@\" | sed "
                         "'s/ mod_watchdog.c 1/ mod_watchdog.c 0/'\n")
        httpd.chmod(0o755)
        patient.finds("modules", "schedules and queues", "LoadModule watchdog",
                      WFP_HTTPD=str(httpd))

    def test_644_11_another_lua_comes_first(self, patient):
        """A library that is loaded for all, as mod_lua's may be."""
        code = patient.root / "other.c"
        code.write_text("int lua_pcallk(void) { return 0; }\n")
        library = patient.root / "libother.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, code],
                       check=True)
        patient.config.write_text(f'LoadFile "{library}"\n' + patient.sound)
        patient.finds("liblua", "libother.so", "Load mod_wfp before it")

    def test_644_12_hardening_that_cannot_be(self, patient):
        modules = f'LoadModule cgid_module "{MODULES}/mod_cgid.so"\n'
        patient.config.write_text(modules + patient.sound
                                  + "WfpHardening on\n")
        rows = patient.rows()
        if rows["hardening"]["ok"]:  # mod_cgid has a process of its own
            modules = f'LoadModule ext_filter_module "{MODULES}/' \
                'mod_ext_filter.so"\n'
            patient.config.write_text(modules + patient.sound
                                      + "WfpHardening on\n")
        patient.finds("hardening", "WfpHardening on", "auto")
        patient.config.write_text(modules + patient.sound)
        assert "are not hardened" in patient.well()["hardening"]["note"]

    def test_644_17_a_port_is_taken(self, patient):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            patient.config.write_text(patient.sound
                                      + f"Listen 127.0.0.1:{port}\n")
            patient.finds("ports", f"has port {port} of Listen", "ss -ltnp")

    def test_644_18_less_memory_than_a_worker_may_use(self, patient):
        patient.config.write_text(patient.sound + "WfpIsolateMemory 31M\n")
        patient.finds("isolates", "is 31 MB", "one Worker may use 32")
        patient.config.write_text(patient.sound + "WfpIsolateMemory 31M\n"
                                  "WfpLimit memory_mb 16\n")
        patient.well()

    def test_644_19_variables_of_debian(self, patient):
        patient.config.write_text(patient.sound + "Listen ${NO_SUCH_PORT}\n")
        patient.finds("config", "envvars")
        done = patient.run("list")
        assert done.returncode == 1
        assert "?" not in done.stderr and "envvars" in done.stderr

    @pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
    def test_644_20_somebody_else(self, patient):
        """He is told to be root, not to take the server's files."""
        other = 4711
        for path in (patient.root, patient.root / "lib"):
            path.chmod(0o755)
        done = subprocess.run(
            ["setpriv", f"--reuid={other}", f"--regid={other}",
             "--clear-groups", str(tap.BUILD / "wfpctl"), "--config",
             str(patient.config), "list"],
            capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 1
        assert "run this as root" in done.stderr
        rows = patient.rows(prefix=(
            "setpriv", f"--reuid={other}", f"--regid={other}",
            "--clear-groups"))
        assert "you are 4711" in rows["datadir"]["problem"]

    def test_644_13_too_few_open_files(self, patient):
        patient.finds("ulimits", "may open 300 files", "LimitNOFILE",
                      prefix=("prlimit", "--nofile=300:300"))

    def test_644_14_the_limits_are_the_servers(self, patient):
        """Of the process that the PidFile names."""
        limited = subprocess.Popen(
            ["prlimit", "--nofile=301:301", "sleep", "60"])
        try:
            until(lambda: "sleep" in pathlib.Path(
                f"/proc/{limited.pid}/cmdline").read_text().split("\0")[0],
                "its start")
            (patient.root / "httpd.pid").write_text(f"{limited.pid}\n")
            assert f"process {limited.pid}" in \
                patient.rows()["server"]["note"]
            patient.finds("ulimits", "the server may open 301 files")
        finally:
            limited.kill()
            limited.wait()
        assert "none runs" in patient.well()["server"]["note"]

    def test_644_15_the_api(self, patient, httpd):
        httpd.configure(LOCATION)
        url = f"http://127.0.0.1:{httpd.port}{BASE}"
        rows = patient.rows("--api", url)
        assert rows["api"]["ok"], rows["api"]
        rows = patient.rows(WFP_API=url + "/")
        assert rows["api"]["ok"], rows["api"]
        wrong = patient.rows("--api", f"http://127.0.0.1:{httpd.port}/nothing")
        assert "wfp-api" in wrong["api"]["problem"]
        assert wrong["store"]["ok"]
        gone = patient.rows("--api", "http://127.0.0.1:1/client/v4")
        assert "is the server running" in gone["api"]["problem"]


class TestFiles:
    def test_644_20_no_data_directory(self, patient):
        shutil.rmtree(patient.data)
        rows = patient.rows()
        assert "wfpctl init" in rows["datadir"]["problem"]

    def test_644_21_open_to_others(self, patient):
        patient.data.chmod(0o755)
        patient.finds("datadir", f"chmod 700 {patient.data}")
        patient.data.chmod(0o700)
        patient.well()

    def test_644_22_a_data_directory_that_is_a_file(self, patient):
        shutil.rmtree(patient.data)
        patient.data.write_text("")
        assert "is not a directory" in patient.rows()["datadir"]["problem"]
        patient.data.unlink()
        patient.data.mkdir()

    @pytest.mark.skipif(os.geteuid() != 0, reason="root can give files away")
    def test_644_23_a_file_of_somebody_else(self, patient):
        folder = patient.data / "d1" / "deep"
        folder.mkdir(parents=True, exist_ok=True)
        owner = patient.data.stat()
        for path in (folder.parent, folder):
            os.chown(path, owner.st_uid, owner.st_gid)
        (patient.data / "notes").mkdir()  # root's, and none of ours
        patient.well()
        (folder / "x").write_text("")
        os.chown(folder / "x", 12345, 12345)
        patient.finds("datadir", f"{folder}/x does not belong",
                      f"chown -R {owner.st_uid}:")
        (folder / "x").unlink()
        os.chown(patient.data, 0, 0)
        assert "does not belong" in patient.rows()["datadir"]["problem"]

    def test_644_24_the_key_is_open_to_others(self, patient):
        (patient.data / "key").chmod(0o640)
        patient.finds("key", f"chmod 600 {patient.data}/key")

    def test_644_25_the_key_is_gone(self, patient):
        (patient.data / "key").unlink()
        patient.finds("key", "is not there", "wfpctl init")

    def test_644_26_the_key_is_none(self, patient):
        owner = (patient.data / "key").stat()
        (patient.data / "key").write_text("nonsense\n")
        os.chown(patient.data / "key", owner.st_uid, owner.st_gid)
        patient.finds("key", "back-up")

    @pytest.mark.skipif(os.geteuid() != 0, reason="root can give files away")
    def test_644_27_the_key_is_somebody_elses(self, patient):
        elsewhere = patient.root / "key"
        shutil.copy(patient.data / "key", elsewhere)
        elsewhere.chmod(0o600)
        os.chown(elsewhere, 12345, 12345)
        patient.settings(f'WfpKeyFile "{elsewhere}"')
        patient.finds("key", "does not belong", "chown")

    def test_644_28_logs(self, patient):
        folder = patient.root / "logs"
        patient.settings(f'WfpLog "{folder}/wfp.log"')
        patient.finds("logs", f"mkdir -p {folder}")
        folder.mkdir()
        patient.well()
        (folder / "wfp.log").mkdir()
        patient.finds("logs", "is a folder")
        patient.settings(f'WfpLog "|{folder}/program -x"')
        patient.finds("logs", "cannot be run", "chmod")
        (folder / "program").write_text("#!/bin/sh\ncat\n")
        (folder / "program").chmod(0o755)
        patient.well()
        patient.settings('WfpLog "logs/wfp.log"')  # below ServerRoot
        shutil.rmtree(folder)
        patient.finds("logs", f"mkdir -p {patient.root}/logs")

    def test_644_29_a_disk_that_is_full(self, patient):
        """A file system of 8 MB: less is free than a server needs."""
        if os.geteuid() != 0:
            pytest.skip("root can mount")
        place = patient.root / "small"
        place.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs",
             str(place)], check=False, capture_output=True)
        if mounted.returncode:
            pytest.skip("no file system can be mounted here")
        try:
            patient.data = place / "wfp"
            patient.database = f'sqlite3 "{patient.data}/wfp.db"'
            place.chmod(0o755)
            patient.settings("WfpLogRetention off")
            patient.ok("init")
            patient.finds("disk", "MB are free", "make room")
        finally:
            subprocess.run(["umount", str(place)], check=True)


class TestStore:
    def edit(self, patient, *statements):
        """In SQLite, as a clumsy operator does."""
        file = patient.data / "wfp.db"
        with sqlite3.connect(file) as base:
            for statement in statements:
                base.execute(statement)
        base.close()
        owner = patient.data.stat()
        for path in patient.data.glob("wfp.db*"):
            os.chown(path, owner.st_uid, owner.st_gid)

    def test_644_30_no_database(self, patient):
        for path in patient.data.glob("wfp.db*"):
            path.unlink()
        patient.finds("store", "wfpctl init")

    def test_644_31_another_schema(self, patient):
        self.edit(patient, "DELETE FROM migrations WHERE version > 3")
        patient.finds("store", "schema version 3, .* needs", "wfpctl init",
                      "no server starts; one that is restarted serves")
        self.edit(patient, "INSERT INTO migrations VALUES (999, 0)")
        patient.finds("store", "schema version 999, newer", "upgrade")

    def test_644_32_no_account(self, patient):
        self.edit(patient, "DELETE FROM settings WHERE name = 'account_id'")
        patient.finds("account", "wfpctl init")

    def test_644_33_no_token_that_may(self, patient):
        token, = patient.json("token", "list")
        patient.ok("token", "create", "--role", "read")
        patient.ok("token", "revoke", token["id"])
        patient.finds("tokens", "token create --role admin")
        patient.ok("token", "create", "--role", "admin")
        patient.well()

    def test_644_34_a_registry_that_is_too_small(self, patient):
        patient.ok("namespace", "create", "demo")
        patient.settings("WfpRegistrySize 1M")
        assert patient.well()["registry"]["note"] == "1 of 2048"
        self.edit(patient, """INSERT INTO scripts
            SELECT * FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
                SELECT i + 1 FROM n WHERE i < 2100)
            SELECT %s FROM n)""" % self.columns(patient))
        patient.finds("registry", "2101 Workers", "WfpRegistrySize 3M")

    def test_644_35_records_that_nobody_takes_out(self, patient):
        patient.settings("WfpLogRetention 1d")
        self.edit(patient, "INSERT INTO log_records VALUES "
                  "('x', 1000000000000000, 'a', 0, 5, '{}')")
        patient.finds("retention", "2001-09-09T01:46:40Z", "WfpLogRetention",
                      "WFP4002")
        self.edit(patient, "DELETE FROM log_records")
        patient.well()

    def test_644_36_records_may_take_more_than_is_free(self, patient):
        patient.settings("WfpLogRetention 7d 1024G")
        patient.finds("retention", "MB are free", "smaller size")
        patient.settings("WfpLogRetention off")
        patient.well()

    def columns(self, patient):
        """A row of scripts, all made up but its namespace."""
        base = sqlite3.connect(patient.data / "wfp.db")
        names = [row[1:3] for row in base.execute("PRAGMA table_info(scripts)")]
        ns, = base.execute(
            "SELECT id FROM namespaces WHERE name = 'demo'").fetchone()
        base.close()
        return ", ".join(
            f"'{ns}'" if name == "ns_id" else
            "'w' || i" if name in ("id", "name") else
            "i" if "INT" in kind.upper() else "''"
            for name, kind in names)


class TestPostgres:
    @pytest.fixture(scope="class")
    def sick(self):
        server = Postgres(tap.BUILD / "results" / "ports")
        made = Patient(f'pgsql "{server.conninfo}"')
        made.server = server
        yield made
        server.remove()
        shutil.rmtree(made.root)

    def test_644_40_all_is_well(self, sick):
        assert sick.well()["store"]["note"].startswith("pgsql, schema ")

    def test_644_41_the_clock_of_another_host_is_off(self, sick):
        sick.server.sql("""CREATE SCHEMA fake;
            CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz
            AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour' $$
            LANGUAGE sql;
            ALTER ROLE wfp SET search_path = public, fake, pg_catalog""")
        try:
            sick.finds("clock", "is 3[56][0-9][0-9].* s behind", "NTP")
        finally:
            sick.server.sql("ALTER ROLE wfp RESET search_path;"
                            "DROP SCHEMA fake CASCADE")
        sick.well()

    def test_644_42_it_does_not_run(self, sick):
        sick.server.stop()
        try:
            sick.finds("store", "Is PostgreSQL running", "WfpDatabase")
        finally:
            sick.server.start()
        sick.well()
