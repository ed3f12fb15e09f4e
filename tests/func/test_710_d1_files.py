# SPDX-License-Identifier: Apache-2.0
"""D1 by the REST API: SQL from and to files; and what outlives a killed child."""

import hashlib
import threading
import urllib.parse

import pytest

from test_700_d1 import Database
from wfptest.api import LOCATION, Api
from wfptest.lua import worker
from wfptest.process import kill_now
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

SCHEMA = '''
CREATE TABLE "odd ""name""" (id INTEGER PRIMARY KEY, v, twice AS (id * 2));
CREATE INDEX by_v ON "odd ""name""" (v);
CREATE VIEW seen AS SELECT v FROM "odd ""name""";
CREATE TRIGGER more AFTER DELETE ON "odd ""name""" BEGIN SELECT 1; END;
CREATE TABLE empty (a);
'''
VALUES = ["1", "-0.1", "NULL", "'it''s; -- \u00e4'", "x'00ff27'", "1e300", "-1.5e-300",
          "9223372036854775807", "''"]


@pytest.fixture
def api(httpd, client):
    httpd.configure([*LOCATION, "WfpLimit cpu_ms 1000"])
    return Api(httpd, client)


def path_of(url):
    return urllib.parse.urlsplit(url).path


class TestFiles:
    def put(self, api, database, text):
        """Upload text. Its (name, etag)."""
        etag = hashlib.md5(text.encode()).hexdigest()
        begun = api.ok("POST", f"{database.path}/import",
                       {"action": "init", "etag": etag})
        assert begun["upload_url"].startswith("http://")
        answer = api.client.request("PUT", path_of(begun["upload_url"]),
                                    body=text.encode())
        assert answer.status == 200
        assert answer.get("ETag") == f'"{etag}"'
        return begun["filename"], etag

    def ingest(self, database, name, etag):
        return {"action": "ingest", "filename": name, "etag": etag}

    def dump(self, api, database, **options):
        told = api.ok("POST", f"{database.path}/export",
                      {"output_format": "polling", "dump_options": options})
        assert told["status"] == "complete"
        answer = api.client.get(path_of(told["result"]["signed_url"]))
        assert answer.status == 200
        return answer.text

    def test_710_01_a_dump_makes_the_same_database(self, api):
        one, two = Database(api), Database(api)
        one.query(SCHEMA)
        for value in VALUES:
            one.query(f'INSERT INTO "odd ""name""" (v) VALUES ({value})')
        text = self.dump(api, one)
        name, etag = self.put(api, two, text)
        told = api.ok("POST", f"{two.path}/import",
                      self.ingest(two, name, etag))
        assert told["status"] == "complete"
        assert told["result"]["num_queries"] == 6 + len(VALUES)
        assert told["result"]["meta"]["rows_written"] == len(VALUES)
        ask = 'SELECT id, quote(v), typeof(v), twice FROM "odd ""name"""'
        assert two.rows(ask) == one.rows(ask)
        ask = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
        assert two.rows(ask) == one.rows(ask)
        # the file is gone
        assert api.refused("POST", f"{two.path}/import",
                           self.ingest(two, name, etag)) == (400, 7400)

    def test_710_02_parts_of_a_dump(self, api):
        database = Database(api)
        database.query(SCHEMA + "INSERT INTO empty VALUES (5)")
        text = self.dump(api, database, no_data=True)
        assert "INSERT" not in text and "CREATE TABLE empty" in text
        text = self.dump(api, database, no_schema=True)
        assert "CREATE" not in text and "INSERT INTO" in text
        text = self.dump(api, database, tables=["empty"])
        assert "odd" not in text and "VALUES(5)" in text

    def test_710_03_an_import_is_all_or_nothing(self, api):
        database = Database(api)
        name, etag = self.put(api, database, "CREATE TABLE a (b);\nSELEKT;")
        answer = api.call("POST", f"{database.path}/import",
                          self.ingest(database, name, etag))
        assert answer.status == 400
        assert answer.json["errors"][0]["code"] == 7500
        assert "line 2" in answer.json["errors"][0]["message"]
        assert database.rows("SELECT * FROM sqlite_schema") == []

    def test_710_04_a_file_is_its_databases_own(self, api):
        one, two = Database(api), Database(api)
        name, etag = self.put(api, one, "CREATE TABLE a (b)")
        assert api.refused("POST", f"{two.path}/import",
                           self.ingest(two, name, etag)) == (400, 7400)
        assert api.refused("POST", f"{one.path}/import",
                           self.ingest(one, name, "0" * 32)) == (400, 7400)
        nobody = Api(api.httpd, api.client, token=None)
        for method, path in (("PUT", f"{one.path}/import/{'0' * 32}"),
                             ("PUT", f"{two.path}/import/{name}"),
                             ("GET", f"{two.path}/export/{name}"),
                             ("GET", f"{one.path}/export/..%2f..%2fkey"),
                             ("PUT", f"{one.path}/import/{name[:-1]}g")):
            assert nobody.refused(method, path, b"x")[0] == 404, path
        assert nobody.refused("POST", f"{one.path}/export", {})[0] == 400


class TestTogether:
    def test_710_05_readers_go_on_while_one_writes(self, api, tenant):
        database = Database(api)
        database.query("CREATE TABLE a (v)")
        writer = tenant.deploy(worker("""
            for i = 1, 20 do
                env.DB:prepare("INSERT INTO a VALUES (?)"):bind(i):run()
            end
            return Response.new()"""), "--binding", f"d1:DB={database.id}")
        reader = tenant.deploy(worker("""
            return Response.json(env.DB:prepare("SELECT count(*) AS n, "
                .. "coalesce(max(v), 0) AS m FROM a"):first())"""),
            "--binding", f"d1:DB={database.id}")
        writers = [threading.Thread(target=writer.get) for _ in range(4)]
        for each in writers:
            each.start()
        seen = 0
        while any(each.is_alive() for each in writers):
            answer = reader.get()
            assert answer.status == 200, answer.text
            assert seen <= answer.json["n"] <= 80
            seen = answer.json["n"]
        assert reader.get().json == {"n": 80, "m": 20}

    def test_710_06_a_killed_child_loses_nothing(self, api, tenant, httpd):
        database = Database(api)
        database.query("CREATE TABLE a (v TEXT, filler)")
        writer = tenant.deploy(worker("""
            local v = request:text()
            env.DB:batch({
                env.DB:prepare("INSERT INTO a VALUES (?, randomblob(5000))")
                    :bind(v),
                env.DB:prepare("INSERT INTO a VALUES (?, randomblob(5000))")
                    :bind(v)})
            return Response.new()"""),
            "--binding", f"d1:DB={database.id}")
        httpd.log.expect("AH00052")
        written, stop = [], threading.Event()

        def write(who):
            i = 0
            while not stop.is_set():
                i += 1
                try:
                    answer = writer.post(f"{who}-{i}".encode())
                except OSError:
                    continue
                if answer.status == 200:
                    written.append(f"{who}-{i}")

        threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
        for each in threads:
            each.start()
        for _ in range(3):
            before = len(written)
            until(lambda: len(written) > before + 5, "writes")
            for pid in httpd.children():
                kill_now(pid)
            until(httpd.children, "a child")
        before = len(written)
        until(lambda: len(written) > before + 5, "writes")
        stop.set()
        for each in threads:
            each.join()
        rows = database.rows("SELECT v, count(*) AS n FROM a GROUP BY v")
        assert set(written) <= {row["v"] for row in rows}
        assert {row["n"] for row in rows} == {2}
        assert database.rows("PRAGMA quick_check") == [{"quick_check": "ok"}]
