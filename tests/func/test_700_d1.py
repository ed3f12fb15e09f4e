# SPDX-License-Identifier: Apache-2.0
"""D1 in Workers: what Cloudflare documents, case by case."""

import json
import uuid

import pytest

from wfptest.api import LOCATION, Api
from wfptest.lua import worker

pytestmark = pytest.mark.one_mpm

PEOPLE = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);
INSERT INTO people (name, age) VALUES ('Ada', 36), ('Bob', 25), ('Cid', NULL);
"""


@pytest.fixture
def api(httpd, client):
    httpd.configure([*LOCATION, "WfpLimit cpu_ms 1000"])
    return Api(httpd, client)


class Database:
    """A database of one test's own."""

    def __init__(self, api):
        self.api, self.name = api, f"db-{uuid.uuid4().hex[:8]}"
        self.base = f"{api.account}/d1/database"
        self.id = api.ok("POST", self.base, {"name": self.name})["uuid"]
        self.path = f"{self.base}/{self.id}"

    def query(self, sql, *params):
        return self.api.ok("POST", f"{self.path}/query",
                           {"sql": sql, "params": list(params)})

    def rows(self, sql, *params):
        return self.query(sql, *params)[-1]["results"]


@pytest.fixture
def database(api):
    return Database(api)


@pytest.fixture
def people(database):
    database.query(PEOPLE)
    return database


def run(tenant, database, body, *options, **more):
    """What a Worker with the binding DB answers."""
    made = tenant.deploy(worker(body), "--binding", f"d1:DB={database.id}",
                         *options)
    return made.get(**more)


def told(tenant, database, expression):
    """JSON of a Lua expression over DB."""
    answer = run(tenant, database,
                 f"local DB = env.DB\nreturn Response.json({expression})")
    assert answer.status == 200, answer.text
    return answer.json


def fault(tenant, database, statements):
    """name, code and message of the error that statements raise."""
    answer = run(tenant, database, f"""
        local DB = env.DB
        local ok, err = pcall(function() {statements} end)
        if ok then return Response.json(false) end
        return Response.json({{err.name, err.code or "", err.message}})""")
    assert answer.status == 200, answer.text
    return answer.json


VALUES = [
    # an expression over DB, what it gives as JSON
    ("first", 'DB:prepare("SELECT name, age FROM people ORDER BY id"):first()',
     {"name": "Ada", "age": 36}),
    ("first_column",
     'DB:prepare("SELECT name, age FROM people WHERE id = ?"):bind(2)'
     ':first("age")', 25),
    ("first_none",
     '{DB:prepare("SELECT * FROM people WHERE id = 99"):first() == nil}',
     [True]),
    ("first_none_column",
     '{DB:prepare("SELECT * FROM people WHERE id = 99"):first("name") == nil}',
     [True]),
    ("first_null_column",
     '{DB:prepare("SELECT age FROM people WHERE id = 3"):first("age") == nil}',
     [True]),
    ("all_results",
     'DB:prepare("SELECT id FROM people ORDER BY id"):all().results',
     [{"id": 1}, {"id": 2}, {"id": 3}]),
    ("all_success", 'DB:prepare("SELECT 1"):all().success', True),
    ("run_is_all", 'DB:prepare("SELECT id FROM people WHERE id = 1"):run()'
     ".results", [{"id": 1}]),
    ("no_rows", 'DB:prepare("SELECT id FROM people WHERE id = 99"):all()'
     ".results", []),
    ("null_is_absent", 'DB:prepare("SELECT name, age FROM people WHERE id = 3")'
     ":first()", {"name": "Cid"}),
    ("numbered",
     'DB:prepare("SELECT ?2 AS a, ?1 AS b, ?2 AS c"):bind("x", "y"):first()',
     {"a": "y", "b": "x", "c": "y"}),
    ("bind_is_new", """(function()
        local one = DB:prepare("SELECT ? AS v")
        local a, b = one:bind(1), one:bind(2)
        return {a:first("v"), b:first("v"), a:first("v")}
     end)()""", [1, 2, 1]),
    ("raw", 'DB:prepare("SELECT id, name FROM people ORDER BY id"):raw()',
     [[1, "Ada"], [2, "Bob"], [3, "Cid"]]),
    ("raw_names", 'DB:prepare("SELECT id, name FROM people WHERE id = 1")'
     ":raw({columnNames = true})", [["id", "name"], [1, "Ada"]]),
    ("raw_names_alone", 'DB:prepare("SELECT id FROM people WHERE id = 9")'
     ":raw({columnNames = true})", [["id"]]),
    ("raw_empty", 'DB:prepare("SELECT id FROM people WHERE id = 9"):raw()', []),
    ("raw_same_names", 'DB:prepare("SELECT 1 AS a, 2 AS a"):raw()', [[1, 2]]),
    ("booleans", 'DB:prepare("SELECT ? AS a, ? AS b"):bind(true, false)'
     ":first()", {"a": 1, "b": 0}),
    ("nil_is_null", 'DB:prepare("SELECT ? IS NULL AS a, ? IS NULL AS b")'
     ":bind(nil, json.null):first()", {"a": 1, "b": 1}),
    ("last_nil_counts", 'DB:prepare("SELECT ? AS a, ? IS NULL AS b")'
     ":bind(1, nil):first()", {"a": 1, "b": 1}),
    ("whole_numbers", 'DB:prepare("SELECT ? AS v, typeof(?1) AS t")'
     ":bind(9007199254740993):first()",
     {"v": 9007199254740993, "t": "integer"}),
    ("fractions", 'DB:prepare("SELECT ? AS v, typeof(?1) AS t"):bind(0.5)'
     ":first()", {"v": 0.5, "t": "real"}),
    ("texts", 'DB:prepare("SELECT ? AS v, typeof(?1) AS t, length(?1) AS n")'
     ':bind("\\u{e4}\\u{1f600}"):first()',
     {"v": "\u00e4\U0001f600", "t": "text", "n": 2}),
    ("empty_text", 'DB:prepare("SELECT ? AS v, typeof(?1) AS t"):bind("")'
     ":first()", {"v": "", "t": "text"}),
    ("bytes", '(function() local v = DB:prepare("SELECT ? AS v, typeof(?1) AS '
     't"):bind("\\0\\xff\\1"):first() return {v.t, v.v == "\\0\\xff\\1"} end)()',
     ["blob", True]),
    ("batch", """(function()
        local got = {}
        for i, r in ipairs(DB:batch({
            DB:prepare("INSERT INTO people (name) VALUES (?)"):bind("Dan"),
            DB:prepare("SELECT count(*) AS n FROM people")})) do
            got[i] = {r.success, r.results, r.meta.changes}
        end
        return got
     end)()""", [[True, [], 1], [True, [{"n": 4}], 0]]),
    ("exec", 'DB:exec("CREATE TABLE a (b);\\nINSERT INTO a VALUES (1);").count',
     2),
    ("exec_no_semicolon", 'DB:exec("INSERT INTO people (name) VALUES (\'E\')")'
     ".count", 1),
    ("exec_nothing", 'DB:exec("  -- nothing\\n").count', 0),
    ("insert_meta", """(function()
        local m = DB:prepare("INSERT INTO people (name) VALUES ('x'), ('y')")
            :run().meta
        return {m.changes, m.last_row_id, m.changed_db, m.rows_written >= 2}
     end)()""", [2, 5, True, True]),
    ("select_meta", """(function()
        local m = DB:prepare("SELECT * FROM people"):all().meta
        return {m.changes, m.changed_db, m.rows_read, m.rows_written,
                math.type(m.duration), m.size_after > 0}
     end)()""", [0, False, 3, 0, "float", True]),
    ("returning", 'DB:prepare("INSERT INTO people (name) VALUES (?) RETURNING '
     'id, name"):bind("Eve"):first()', {"id": 4, "name": "Eve"}),
    ("update_changes", 'DB:prepare("UPDATE people SET age = 1"):run()'
     ".meta.changes", 3),
    ("json_functions", """DB:prepare("SELECT '{\\"a\\":[1,2]}' ->> '$.a[1]' AS v")
        :first("v")""", 2),
    ("schema", 'DB:prepare("PRAGMA table_list(people)"):first("name")',
     "people"),
    ("semicolon", 'DB:prepare("SELECT 1 AS a; -- all"):first("a")', 1),
    ("number_as_text", 'DB:prepare("SELECT typeof(?) AS t"):bind("1")'
     ':first("t")', "text"),
]


@pytest.mark.parametrize("name, expression, want", VALUES,
                         ids=[row[0] for row in VALUES])
def test_700_01_gives(people, tenant, name, expression, want):
    assert told(tenant, people, expression) == want


FAULTS = [
    ("syntax", 'DB:prepare("SELEKT 1"):run()',
     'D1_ERROR: near "SELEKT": syntax error: SQLITE_ERROR'),
    ("no_table", 'DB:prepare("SELECT * FROM nobody"):all()',
     "D1_ERROR: no such table: nobody: SQLITE_ERROR"),
    ("unique", 'DB:prepare("INSERT INTO people (id) VALUES (1)"):run()',
     "D1_ERROR: UNIQUE constraint failed: people.id: SQLITE_CONSTRAINT"),
    ("type", 'DB:prepare("SELECT ?"):bind({1}):run()',
     "D1_TYPE_ERROR: Type 'table' not supported for value '[table]'"),
    ("type_function", 'DB:prepare("SELECT ?"):bind(print)',
     "D1_TYPE_ERROR: Type 'function' not supported for value '[function]'"),
    ("column", 'DB:prepare("SELECT 1 AS a"):first("b")',
     "D1_COLUMN_NOTFOUND: Column not found (b)"),
    ("too_few", 'DB:prepare("SELECT ?, ?"):bind(1):run()',
     "D1_ERROR: Wrong number of parameter bindings for SQL query."),
    ("too_many", 'DB:prepare("SELECT 1"):bind(1):run()',
     "D1_ERROR: Wrong number of parameter bindings for SQL query."),
    ("named", 'DB:prepare("SELECT :a"):bind(1):run()',
     "D1_ERROR: only ? and ?NNN are parameters"),
    ("two", 'DB:prepare("SELECT 1; SELECT 2"):run()',
     "D1_ERROR: A prepared SQL statement must contain only one statement."),
    ("none", 'DB:prepare(" -- "):run()',
     "D1_ERROR: No SQL statements detected."),
    ("transaction", 'DB:prepare("BEGIN"):run()',
     "D1_ERROR: not authorized: SQLITE_AUTH"),
    ("attach", "DB:prepare(\"ATTACH '/tmp/x' AS x\"):run()",
     "D1_ERROR: not authorized: SQLITE_AUTH"),
    ("exec", 'DB:exec("CREATE TABLE a (b);\\nSELEKT 1;\\nDROP TABLE a")',
     'D1_EXEC_ERROR: Error in line 2: SELEKT 1: near "SELEKT": syntax error: '
     "SQLITE_ERROR"),
    ("exec_parameters", 'DB:exec("SELECT ?")', "D1_EXEC_ERROR: "),
    ("long", 'DB:prepare("SELECT 1 " .. (" "):rep(100000)):run()',
     "D1_ERROR: statement too long"),
    ("many_columns", 'DB:prepare("SELECT 1" .. (",1"):rep(100)):run()',
     "D1_ERROR: too many columns in result set"),
]


@pytest.mark.parametrize("name, statements, want", FAULTS,
                         ids=[row[0] for row in FAULTS])
def test_700_02_refuses(people, tenant, name, statements, want):
    kind, code, message = fault(tenant, people, statements)
    assert (kind, code) == ("Error", "d1_error")
    assert message.startswith(want)


def test_700_03_a_batch_is_all_or_nothing(people, tenant):
    _, code, message = fault(tenant, people, """DB:batch({
        DB:prepare("INSERT INTO people (name) VALUES ('x')"),
        DB:prepare("INSERT INTO people (id) VALUES (1)")})""")
    assert code == "d1_error" and "UNIQUE" in message
    assert people.rows("SELECT count(*) AS n FROM people") == [{"n": 3}]


def test_700_04_exec_keeps_what_went_well(people, tenant):
    fault(tenant, people, "DB:exec(\"INSERT INTO people (name) VALUES ('x');\\n"
          "SELEKT 1;\\nDELETE FROM people;\")")
    assert people.rows("SELECT count(*) AS n FROM people") == [{"n": 4}]


def test_700_05_what_is_no_statement_is_a_type_error(people, tenant):
    for call in ("DB:batch({})", "DB:batch({1})", "DB:batch(1)",
                 "DB:prepare({})", "DB:exec(nil)",
                 'DB:prepare("SELECT 1"):first({})',
                 'DB:prepare("SELECT 1"):raw(1)'):
        assert fault(tenant, people, call)[0] == "TypeError", call
    for call in ("DB:dump()", "DB:withSession()"):
        assert "not supported" in fault(tenant, people, call)[2]


def test_700_06_nothing_at_top_level(people, tenant):
    text = """local ok, err
return { fetch = function(request, env)
    local statement = env.DB:prepare("SELECT 1 AS a")
    return Response.json(statement:first("a"))
end }"""
    made = tenant.deploy(text, "--binding", f"d1:DB={people.id}")
    assert made.get().json == 1 and made.get().json == 1


def test_700_07_in_parallel(people, tenant):
    assert told(tenant, people, """{parallel(
        function() return DB:prepare("SELECT name FROM people WHERE id = 1")
            :first("name") end,
        function() return DB:prepare("SELECT ? AS a"):bind("y"):first("a") end,
        function() return DB:batch({DB:prepare("SELECT 3 AS a")})[1].results[1].a
            end,
        function() return (pcall(DB.exec, DB, "SELEKT")) end)}""") == \
        ["Ada", "y", 3, False]


def test_700_08_calls_count_as_subrequests(people, tenant):
    made = tenant.deploy(worker("""
        for i = 1, 3 do
            local ok, err = pcall(function()
                env.DB:prepare("SELECT 1"):run() end)
            if not ok then return Response.json({i, err.code}) end
        end"""), "--binding", f"d1:DB={people.id}",
        "--limit", "subrequests=2")
    assert made.get().json == [3, "subrequest_limit"]


def test_700_09_large_values_come_back(database, tenant):
    assert told(tenant, database, """(function()
        DB:exec("CREATE TABLE blobs (v)")
        local v = ("0123456789"):rep(150000)
        DB:prepare("INSERT INTO blobs VALUES (?)"):bind(v):run()
        local ok, err = pcall(function()
            DB:prepare("INSERT INTO blobs VALUES (?)")
                :bind(("x"):rep(2000001)):run() end)
        return {DB:prepare("SELECT v FROM blobs"):first("v") == v, ok,
                err.message}
    end)()""") == [True, False, "D1_ERROR: string or blob too big: "
                   "SQLITE_TOOBIG"]


def test_700_10_a_database_that_was_deleted(api, database, tenant):
    made = tenant.deploy(worker("""
        local ok, err = pcall(function()
            return env.DB:prepare("SELECT 1 AS a"):first("a") end)
        return Response.json(ok and err or {err.code, err.message})"""),
        "--binding", f"d1:DB={database.id}")
    assert made.get().json == 1
    api.ok("DELETE", database.path)
    for _ in range(8):  # of both children
        assert made.get().json == [
            "d1_error", "D1_ERROR: The database does not exist"]
    assert api.refused("GET", database.path) == (404, 7404)


def test_700_11_databases_do_not_meet(api, people, tenant, httpd):
    other = Database(api)
    other.query("CREATE TABLE secret (v)")
    names = (other.id, other.name, f"../d1/{other.id}")
    for name in names:
        for sql in (f"SELECT * FROM '{name}'.secret",
                    f"ATTACH '{name}' AS o",
                    f"ATTACH 'file:{name}.sqlite?mode=ro' AS o",
                    f"VACUUM INTO '{name}'",
                    "SELECT * FROM secret"):
            _, code, _ = fault(tenant, people,
                               f"DB:prepare({json.dumps(sql)}):run()")
            assert code == "d1_error", sql
    for number in (f"../d1/{other.id}", f"{other.id}/..", "x" * 36):
        done = tenant.deploy(worker(""), "--binding", f"d1:DB={number}",
                             check=False)
        assert done.returncode == 1
    assert httpd.log.unexpected() == []
