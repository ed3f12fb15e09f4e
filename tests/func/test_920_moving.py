# SPDX-License-Identifier: Apache-2.0
"""docs/operations/backup.md: a back-up that is put back, and the way from SQLite
to PostgreSQL, both with the commands that the page shows."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from wfptest.api import Api, account_id
from wfptest.client import Client
from wfptest.hosts import Hosts
from wfptest.uploads import FORM, form, part

pytestmark = pytest.mark.one_mpm

PAGE = (pathlib.Path(__file__).resolve().parents[2]
        / "docs/operations/backup.md").read_text()
TELLS = """return { fetch = function(req, env)
    return Response.new("%s " .. tostring(env.S)) end }
-- "quotes", commas, \\N, '' and \\. and ümlauts
"""
NS = "moving"
# a table that counts the rows of another
POINTS = """INSERT INTO data_points (id, dataset, time, ns, worker, point)
    SELECT value, 'd', strftime('%s', 'now') * 1000000, 'moving', 'w',
    '["",[],[]]' FROM json_each('["a", "b"]')"""


def put(api, text, secret):
    answer = api.call(
        "PUT", f"{api.namespaces}/{NS}/scripts/w", form(
            part("metadata", json.dumps({
                "main_module": "w.lua", "tags": ["a b"], "bindings": [
                    {"type": "secret_text", "name": "S", "text": secret},
                    {"type": "plain_text", "name": "EMPTY", "text": ""}]})),
            part("w.lua", TELLS % text)),
        headers=[("Content-Type", FORM)])
    assert answer.status == 200, answer


def ask(host, number=0):
    return Client(host.servers[number].port).get(f"/_ns/{NS}/w/").text


@pytest.fixture
def old(build, origin, tmp_path_factory):
    made = Hosts(build, tmp_path_factory.mktemp("old"), origin, pgsql=False)
    try:
        made.start()
        api = made.api()
        api.ok("POST", api.namespaces, {"name": NS})
        put(api, "one", "s1")
        put(api, "two", "s2")
        yield made
    finally:
        made.remove()


def test_920_01_a_backup_is_put_back(old):
    server = old.servers[0]
    database = server.root / "data/wfp.db"
    command = re.search(r'sqlite3 (\S+) "\.backup (\S+)"', PAGE)
    saved = server.root / "saved.db"
    subprocess.run(["sqlite3", str(database), command[0].split('"')[1].replace(
        command[2], str(saved))], check=True)
    put(old.api(), "three", "s3")
    old.api().ok("DELETE", f"{old.api().namespaces}/{NS}")
    assert Client(server.port).get(f"/_ns/{NS}/w/").status == 404
    server.stop()
    for end in ("-wal", "-shm"):
        database.with_name(database.name + end).unlink(missing_ok=True)
    shutil.copyfile(saved, database)
    server.wfpctl("doctor")
    old.start()
    assert ask(old) == "two s2"
    assert old.unexpected() == []


def test_920_02_from_sqlite_to_postgresql(old, build, origin,
                                          tmp_path_factory):
    script = re.search(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)[1]
    source = old.servers[0]
    token, account = old.api().token, account_id(source)
    versions = old.api().ok("GET", f"{old.api().namespaces}/{NS}/scripts/w"
                            "/versions")["items"]
    new = Hosts(build, tmp_path_factory.mktemp("new"), origin, pgsql=True)
    try:
        server = new.servers[0]
        source.stop()
        subprocess.run(["sqlite3", str(source.root / "data/wfp.db"), POINTS],
                       check=True)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], text=True, check=False,
            capture_output=True, env={
                **os.environ, "DB": str(source.root / "data/wfp.db"),
                "PG": new.postgres.conninfo})
        assert done.returncode == 0, done.stderr
        owner = new.key().stat()
        shutil.copyfile(old.key(), new.key())
        os.chown(new.key(), owner.st_uid, owner.st_gid)
        server.wfpctl("doctor")
        new.start()
        assert ask(new) == "two s2"
        api = Api(server, Client(server.port), token)
        there = f"/accounts/{account}/workers/dispatch/namespaces/{NS}"
        assert api.ok("GET", f"{there}/scripts/w/versions")["items"] == versions
        assert api.ok("GET", f"{there}/scripts/w/settings")["tags"] == ["a b"]
        row, = api.ok("GET", f"/accounts/{account}/analytics_engine/datasets")
        assert (row["name"], row["points"]) == ("d", 2)
        api.ok("POST", f"{there}/scripts/w/rollback")
        assert ask(new) == "one s1"
        assert server.wfpctl("key", "rotate").stdout.startswith("Rotated: 2 ")
        assert new.unexpected() == []
    finally:
        new.remove()
