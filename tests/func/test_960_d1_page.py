# SPDX-License-Identifier: Apache-2.0
"""D1 in a real browser: databases, tables, SQL, files of it. Pictures are kept
in the build's results."""

import uuid

import pytest
from selenium.webdriver.common.keys import Keys

from wfptest.adminpage import api, chromium, go_where  # noqa: F401
from wfptest.browser import MARKUP, PHONE

pytestmark = pytest.mark.one_mpm


@pytest.fixture
def page(chromium, api):
    with chromium.watched():
        yield chromium


class Database:
    def __init__(self, api):
        self.api, self.name = api, f"db-{uuid.uuid4().hex[:8]}"
        self.all = f"{api.account}/d1/database"
        self.id = api.ok("POST", self.all, {"name": self.name})["uuid"]
        self.at = f"/d1/{self.id}"

    def run(self, sql, params=()):
        return self.api.ok("POST", f"{self.all}/{self.id}/raw", {
            "sql": sql, **({"params": params} if params else {})})

    def rows(self, sql):
        return self.run(sql)[-1]["results"]["rows"]


@pytest.fixture
def db(api):
    made = Database(api)
    yield made
    if any(d["uuid"] == made.id for d in
           api.ok("GET", f"{made.all}?name={made.name}")):
        api.ok("DELETE", f"{made.all}/{made.id}")


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def cells(page):
    """Texts of the table that is shown, a list for each row."""
    return page.driver.execute_script(
        "return [...document.querySelectorAll('.sheet tbody tr')]"
        ".map(r => [...r.cells].filter(c => !c.matches('.act'))"
        ".map(c => c.textContent))")


class TestDatabases:
    def test_960_01_make_and_delete(self, page, api):
        page.go("/d1")
        name = f"made-{uuid.uuid4().hex[:8]}"
        page.press("New database")
        page.type("dialog input[name=name]", "not a name")
        page.one("dialog button[type=submit]").click()
        page.text("1 to 63 of A-Z a-z 0-9 _ -")
        page.type("dialog input[name=name]", name)
        page.send()
        page.text("No table yet")
        assert page.one("h1").text == name
        page.press("Delete")
        page.confirm(name)
        page.text(f"Deleted {name}")
        assert api.ok("GET", f"{api.account}/d1/database?name={name}") == []

    def test_960_02_pages_of_rows(self, page, db):
        db.run("CREATE TABLE n (i INTEGER, word TEXT, raw BLOB);"
               "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c "
               "WHERE i < 120) INSERT INTO n SELECT i, 'w' || i, NULL FROM c;"
               "UPDATE n SET i = 9007199254740993, raw = x'00ff' WHERE i = 1")
        page.go(db.at)
        page.press("n")
        page.text("Rows 1 to 50")
        # no digit is lost, and what is no text is said in words
        assert cells(page)[0] == ["9007199254740993", "w1", "blob, 2 B00 ff"]
        assert cells(page)[1] == ["2", "w2", "NULL"]
        page.press("Next")
        page.text("Rows 51 to 100")
        page.press("Next")
        page.text("Rows 101 to 120")
        assert cells(page)[0][1] == "w101"
        page.press("Previous")
        page.text("Rows 51 to 100")
        page.press("i")
        page.text("Rows 1 to 50")
        page.until(lambda: cells(page)[0][0] == "2", "to be sorted")
        page.press("Count the rows")
        page.text("120 rows")

    def test_960_03_who_may_only_read(self, chromium, api, db):
        made = api.ok("POST", f"{api.account}/tokens",
                      {"name": "reader", "role": "read"})
        with chromium.watched(made["value"]) as page:
            go_where(page, "/d1", db.name)
            page.text(db.name)
            words = {b.text for b in page.all("main button")}
            assert "New database" not in words
            assert not page.all(f"[aria-label='Delete {db.name}']")
            page.go(db.at)
            page.text("a token of the role deploy")
            assert page.all("main button") == []
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")


class TestSql:
    def test_960_10_several_and_the_keyboard(self, page, db):
        page.go(f"{db.at}?tab=sql")
        field = page.one("textarea[name=sql]")
        field.send_keys(
            "CREATE TABLE t (a, a2); INSERT INTO t VALUES (1, 'x'), (2, 'y');"
            "SELECT a, a2 AS a, count(*) OVER () FROM t;",
            Keys.CONTROL, Keys.ENTER)
        page.text("Result 3 of 3")
        heads = [c.text for c in page.all(".result header p")]
        assert "2 written" in heads[1] and "2 rows changed" in heads[1]
        assert "2 rows" in heads[2] and "read" in heads[2] and "ms" in heads[2]
        # both of two columns of one name
        assert cells(page) == [["1", "x", "2"], ["2", "y", "2"]]
        # what is selected runs alone
        page.driver.execute_script(
            "const t = document.querySelector('textarea');"
            "t.value = 'SELECT 7; nonsense'; t.setSelectionRange(0, 8)")
        page.press("Run")
        page.until(lambda: cells(page) == [["7"]], "the selected one")

    @pytest.mark.parametrize("sql, hint", [
        ("SELECT * FROM nowhere", "Look at the list of tables"),
        ("SELEC 1", "Look just before the word"),
        ("BEGIN", "leave out BEGIN"),
        ("CREATE TABLE u (a UNIQUE); INSERT INTO u VALUES (1), (1)",
         "A row with this value is there already"),
        ('SELECT "nothing"."x" FROM (SELECT 1)', "no such column")])
    def test_960_11_errors_say_what_to_do(self, page, db, sql, hint):
        page.go(f"{db.at}?tab=sql")
        page.type("textarea[name=sql]", sql)
        page.press("Run")
        page.text(hint)
        page.text("Nothing was changed")
        assert db.rows("SELECT count(*) FROM sqlite_schema "
                       "WHERE name = 'u'") == [[0]]

    def test_960_12_what_destroys_asks_first(self, page, db):
        db.run("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        page.go(f"{db.at}?tab=sql")
        for sql in ("DROP TABLE t", "DELETE FROM t", "SELECT 1; "
                    "UPDATE t SET a = 2"):
            page.type("textarea[name=sql]", sql)
            page.press("Run")
            page.text("This cannot be undone")
            page.press("Cancel")
            page.gone("dialog")
        assert db.rows("SELECT a FROM t") == [[1]]
        page.press("Run")
        page.confirm(db.name)
        page.text("Result 2 of 2")
        assert db.rows("SELECT a FROM t") == [[2]]


class TestText:
    def test_960_20_names_and_cells(self, page, db):
        """Tables, columns, values and how they were made, whatever is in
        them."""
        for i, text in enumerate(MARKUP):
            db.run(f"CREATE TABLE {quoted(text)} ({quoted(text)} TEXT, n)")
            db.run(f"INSERT INTO {quoted(text)} VALUES (?, ?)", [text, i])
        page.go(db.at)
        for i, text in enumerate(MARKUP):
            page.press(text)
            page.until(lambda t=text, n=i: cells(page) == [[t, str(n)]], text)
            assert page.one("main h2").text == text
            page.press("Count the rows")
            page.text("1 row")
            if i == 1:
                page.photograph("d1-rows-hostile")
            page.press("All tables")
            page.until(lambda t=text: t in [
                a.text for a in page.all("td a")], "the list")
        page.go(f"{db.at}?tab=sql")
        page.type("textarea[name=sql]",
                  f"SELECT * FROM {quoted(MARKUP[1])}; SELECT nowhere_"
                  f"{quoted(MARKUP[0])}")
        page.press("Run")
        page.text("nowhere_")
        page.go(f"{db.at}?tab=files")
        page.text("Drop a file of SQL here")


class TestFiles:
    def test_960_30_import_and_export(self, page, db, tmp_path):
        sql = tmp_path / "shop.sql"
        sql.write_text("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"
                       "CREATE TABLE items (id INTEGER, name TEXT);\n"
                       "INSERT INTO items VALUES (1, 'COMMIT;');\nCOMMIT;\n")
        page.go(f"{db.at}?tab=files")
        page.choose("input[type=file]", sql)
        page.text("Imported shop.sql")
        page.text("2 statements, 1 row written")
        page.text("BEGIN and COMMIT of the dump were left out")
        assert db.rows("SELECT * FROM items") == [[1, "COMMIT;"]]
        page.photograph("d1-files")
        page.saves_to(tmp_path)
        page.press("Export")
        page.text(f"Exported {db.name}.sql")
        saved = tmp_path / f"{db.name}.sql"
        page.until(saved.exists, "the file")
        page.until(lambda: "'COMMIT;'" in saved.read_text(), "its text")
        assert f"{saved.stat().st_size} bytes" in page.body().replace(",", "")

    def test_960_32_what_destroys_asks_first(self, page, db, tmp_path):
        db.run("CREATE TABLE t (a)")
        sql = tmp_path / "drop.sql"
        sql.write_text("/* 'x' */ DROP TABLE t; CREATE TABLE u (a);")
        page.go(f"{db.at}?tab=files")
        page.choose("input[type=file]", sql)
        page.confirm(db.name)
        page.text("Imported drop.sql")
        assert db.rows("SELECT name FROM sqlite_schema") == [["u"]]

    def test_960_31_one_that_fails(self, page, db, tmp_path):
        sql = tmp_path / "bad.sql"
        sql.write_text("CREATE TABLE a (b); INSERT INTO nowhere VALUES (1);")
        page.go(f"{db.at}?tab=files")
        page.choose("input[type=file]", sql)
        page.text("no such table: nowhere")
        page.text("Nothing was changed")
        assert db.rows("SELECT count(*) FROM sqlite_schema") == [[0]]


class TestLooks:
    def test_960_40_pictures(self, page, db):
        page.go(db.at)
        page.text("No table yet")
        page.photograph("d1-empty")
        db.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, "
               "total REAL, note TEXT, made TEXT); CREATE VIEW dear AS SELECT "
               "* FROM orders WHERE total > 9; CREATE TABLE customers (id)")
        db.run("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c"
               " WHERE i < 60) INSERT INTO orders SELECT i, 'customer ' || i, "
               "i * 1.25, iif(i % 3, NULL, replace(hex(zeroblob(i * 3)), '00',"
               " 'some words ')), '2026-01-02T03:04:05Z' FROM c")
        for name, at in (("list", "/d1"), ("tables", db.at),
                         ("rows", f"{db.at}?table=orders"),
                         ("sql", f"{db.at}?tab=sql"),
                         ("files", f"{db.at}?tab=files")):
            page.go(at)
            page.gone("main [aria-busy=true]")
            if name == "sql":
                page.type("textarea[name=sql]", "SELECT * FROM orders LIMIT 3;"
                          "UPDATE customers SET id = 1 WHERE id = 2")
                page.press("Run")
                page.text("Result 2 of 2")
            page.photograph(f"d1-{name}")
            page.look(PHONE, "light")
            assert not page.is_wider(), name
            assert page.unnamed() == []
        page.go(f"{db.at}?tab=sql")
        page.type("textarea[name=sql]", "SELECT * FROM nowhere")
        page.press("Run")
        page.text("no such table")
        page.photograph("d1-sql-error")
