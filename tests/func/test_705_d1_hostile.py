# SPDX-License-Identifier: Apache-2.0
"""Hostile SQL in a Worker: each statement ends by a limit, the child lives, the
neighbour is served, files stay small. What the guard alone refuses:
tests/unit/test_sqlite*.c."""

import pathlib

import pytest

from test_480_hardening import has_landlock
from test_700_d1 import Database
from wfptest.api import LOCATION, Api
from wfptest.lua import worker

ROWS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT {}) "
CROSS = "FROM s a, s b, s c, s d"
BUSY = [
    # ends with the CPU limit, or sooner with an error
    "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) "
    "SELECT count(*) FROM r",
    f"SELECT count(*) {CROSS}",
    f"SELECT count(*) {CROSS} WHERE a.x || b.x || c.x LIKE '%1%2%3%4%5%6%7%8%'",
    f"SELECT count(*) {CROSS} WHERE a.x || b.x || c.x GLOB '*1*2*3*4*5*6*7*8*'",
    f"SELECT a.x {CROSS} ORDER BY random()",
    f"SELECT count(DISTINCT a.x || '-' || b.x || '-' || c.x) {CROSS}",
    f"SELECT group_concat(hex(randomblob(1000))) {CROSS}",
    f"SELECT json_group_array(json_object('a', a.x, 'b', b.x)) {CROSS}",
    f"SELECT sum(length(randomblob(1000000))) {CROSS}",
    f"SELECT sum(length(replace(hex(zeroblob(900000)), '00', 'x'))) {CROSS}",
    f"SELECT max(printf('%.200f', a.x * 1.1)) {CROSS}",
    f"SELECT max(printf('%.100000c', a.x)) {CROSS}",
    f"SELECT max(json_set('[]', '$[#]', a.x, '$[#]', b.x)) {CROSS}",
    # nothing asks while a function runs, and its stack is the thread's
    "SELECT printf('%.*c', 2000000000, 'x')",
    "SELECT printf(replace(hex(zeroblob(100000)), '00', '%.9000c'), 'x')",
    "SELECT json_set('{}', '$' || replace(hex(zeroblob(900000)), '00', '.a'), "
    "1)",
    "SELECT json_insert('[]', '$' || replace(hex(zeroblob(600000)), '00', "
    "'[0]'), 1)",
    f"SELECT avg(a.x) OVER (ORDER BY b.x, c.x ROWS 100 PRECEDING) {CROSS}",
    f"CREATE TABLE copy AS SELECT randomblob(1000) AS v {CROSS}",
    f"INSERT INTO t SELECT hex(randomblob(100)) {CROSS}",
    f"CREATE INDEX i ON s (x, (x || hex(zeroblob(900000))))",
    "UPDATE s SET x = (SELECT count(*) FROM s a, s b, s c)",
    "INSERT INTO loop VALUES (1)",
]


@pytest.fixture
def api(httpd, client):
    httpd.configure([*LOCATION, "WfpLimit cpu_ms 100", "WfpCoolDown off"])
    return Api(httpd, client)


@pytest.fixture
def database(api):
    made = Database(api)
    made.query("CREATE TABLE s (x INTEGER); CREATE TABLE t (v); "
               "CREATE TABLE loop (n); CREATE TRIGGER again AFTER INSERT ON "
               "loop BEGIN INSERT INTO loop2 SELECT x FROM s; END; "
               "CREATE TABLE loop2 (n); CREATE TRIGGER back AFTER INSERT ON "
               "loop2 BEGIN INSERT INTO t SELECT a.x FROM s a, s b; END")
    made.query("INSERT INTO s " + ROWS.format(1000) + "SELECT x FROM n")
    return made


def size_of_data(httpd):
    """Bytes of all D1 files, and of what else the data folder has of SQLite."""
    folder = pathlib.Path(httpd.root)
    return sum(p.stat().st_size for p in folder.rglob("d1/*"))


class TestHostile:
    def test_705_01_ends_by_a_limit(self, api, database, tenant, httpd):
        asks = tenant.deploy(worker("""
            local ok, err = pcall(function()
                return env.DB:prepare(request:text()):run() end)
            return Response.json({ok, not ok and err.code or "", not ok
                and err.message or ""})"""),
            "--binding", f"d1:DB={database.id}")
        neighbour = tenant.deploy(worker("return Response.new('fine')"))
        children = httpd.children()
        for sql in BUSY:
            answer = asks.post(sql.encode())
            if answer.status == 200:
                done, code, _ = answer.json
                assert not done and code == "d1_error", (sql, answer.text)
            else:
                assert answer.get("x-wfp-error") == "cpu_limit", (sql, answer)
            assert neighbour.get().text == "fine"
            assert database.rows("SELECT count(*) AS n FROM s") == \
                [{"n": 1000}], sql
        # prefork may have made more of them
        assert set(httpd.children()) >= set(children)
        assert size_of_data(httpd) < 200 << 20
        assert database.rows("PRAGMA quick_check") == [{"quick_check": "ok"}]
        assert not [p for p in pathlib.Path(httpd.root).rglob("sqlite-*-*")]

    def test_705_02_many_at_once_share_a_limit(self, database, tenant):
        asks = tenant.deploy(worker("""
            local function burn()
                return env.DB:prepare("WITH RECURSIVE r(x) AS (SELECT 1 UNION "
                    .. "ALL SELECT x + 1 FROM r) SELECT count(*) FROM r"):run()
            end
            parallel(burn, burn, burn, burn, burn, burn)"""),
            "--binding", f"d1:DB={database.id}")
        answer = asks.get()
        assert answer.status == 503
        assert answer.get("x-wfp-error") == "cpu_limit"

    def test_705_03_an_answer_is_bounded_by_memory(self, database, tenant):
        asks = tenant.deploy(worker("""
            local ok, err = pcall(function()
                return env.DB:prepare("SELECT hex(zeroblob(500000)) AS v "
                    .. "FROM s"):all() end)
            return Response.json({ok, err.message})"""),
            "--binding", f"d1:DB={database.id}", "--limit", "cpu_ms=5000",
            "--limit", "memory_mb=8")
        done, message = asks.get().json
        assert not done
        assert message.startswith("D1_ERROR: the result is larger than what")

    def test_705_04_many_statements(self, database, tenant):
        asks = tenant.deploy(worker("""
            local ok, err = pcall(function()
                return env.DB:exec(("SELECT 1;"):rep(300000)) end)
            return Response.json({ok, ok and err.count or err.message})"""),
            "--binding", f"d1:DB={database.id}")
        answer = asks.get()
        assert answer.get("x-wfp-error") == "cpu_limit", answer

    def test_705_05_works_in_a_hardened_child(self, httpd, client, tenant):
        more = " +landlock" if has_landlock() else ""
        httpd.configure([*LOCATION, "WfpLimit cpu_ms 2000",
                         f"WfpHardening on{more}"])
        database = Database(Api(httpd, client))
        asks = tenant.deploy(worker("""
            env.DB:exec("CREATE TABLE big (v); CREATE INDEX i ON big (v)")
            env.DB:prepare("INSERT INTO big WITH RECURSIVE n(x) AS (SELECT 1 "
                .. "UNION ALL SELECT x + 1 FROM n LIMIT 3000) SELECT "
                .. "randomblob(1000) FROM n"):run()
            return Response.new(env.DB:prepare("SELECT count(*) AS n FROM "
                .. "(SELECT DISTINCT v || v AS w FROM big ORDER BY random())")
                :first("n"))"""), "--binding", f"d1:DB={database.id}")
        assert asks.get().text == "3000"
