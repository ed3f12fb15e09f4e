# SPDX-License-Identifier: Apache-2.0
"""Rows of D1 in a real browser: edited, added, taken away; two who edit one
row."""

import pytest

from wfptest.adminpage import (Database, api, chromium, page,  # noqa: F401
                               send)
from wfptest.browser import DESK, MARKUP, PHONE

pytestmark = pytest.mark.one_mpm

TABLE = ("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, r REAL, "
         "s TEXT NOT NULL DEFAULT 'd', b BLOB, any, "
         "twice AS (n * 2));"
         "INSERT INTO t (id, n, r, s, b, any) VALUES "
         "(1, 9007199254740993, 1.0, 'one', x'00ff', NULL),"
         "(2, 2, 0.1, 'two' || char(13, 10) || 'lines', NULL, 'x')")


@pytest.fixture
def db(api):
    made = Database(api)
    yield made
    made.remove()


def put_in(page, column, text=None, kind=None):
    """Change a column in the open dialog; its type first."""
    field = area(page, column)
    if kind is not None:
        page.driver.execute_script(
            "const s = [...document.querySelectorAll('dialog select')].find("
            "e => e.getAttribute('aria-label') === 'Type of ' + arguments[0]);"
            "s.value = arguments[1]; s.dispatchEvent(new Event('change'))",
            column, kind)
    if text is not None:
        field.clear()
        field.send_keys(text)


def area(page, column):
    return page.until(lambda: page.driver.execute_script(
        "return [...document.querySelectorAll('dialog textarea')].find("
        "e => e.labels[0].firstChild.data === arguments[0])", column), column)


def fill_in(page, texts):
    """Many columns, or long texts, without a key pressed."""
    for column, text in texts:
        page.driver.execute_script(
            "arguments[0].value = arguments[1];"
            "arguments[0].dispatchEvent(new Event('input', { bubbles: true }))",
            area(page, column), text)


def kind_of(page, column):
    area(page, column)
    return page.driver.execute_script(
        "return [...document.querySelectorAll('dialog select')].find("
        "e => e.getAttribute('aria-label') === 'Type of ' + arguments[0])"
        ".value", column)


class TestRows:
    def test_961_01_types(self, page, db):
        """Each value is shown as what it is, and stays it."""
        db.run(TABLE)
        page.go(f"{db.at}?table=t")
        page.press("Edit row 1")
        seen = {c: (kind_of(page, c), area(page, c).get_attribute("value"))
                for c in ("id", "n", "r", "s", "b", "any")}
        assert seen == {
            "id": ("integer", "1"), "n": ("integer", "9007199254740993"),
            "r": ("real", "1.0"), "s": ("text", "one"), "b": ("blob", "00ff"),
            "any": ("null", "")}
        assert area(page, "twice").get_attribute("readonly")
        page.photograph("d1-row")
        page.look(PHONE, "light")
        assert not page.is_wider()
        assert page.unnamed() == []
        page.look(DESK, "light")
        put_in(page, "n", "-9223372036854775808")
        put_in(page, "r", "2e-3")
        put_in(page, "b", "01 02 0A")
        put_in(page, "any", "7", "real")
        put_in(page, "s", MARKUP[1])
        page.send()
        page.text("Row saved")
        assert db.rows("SELECT n, r, s, hex(b), any, typeof(any) FROM t "
                       "WHERE id = 1") == [
            [-9223372036854775808, 0.002, MARKUP[1], "01020A", 7.0, "real"]]
        # what was not touched is as it was, line ends too
        page.press("Edit row 2")
        put_in(page, "n", "3")
        page.send()
        page.press("Edit row 2")
        put_in(page, "any", kind="null")
        put_in(page, "s", "a\nb")
        page.send()
        page.gone("dialog")
        assert db.rows("SELECT n, hex(s), any FROM t WHERE id = 2") == [
            [3, "610D0A62", None]]

    @pytest.mark.parametrize("column, kind, text, says", [
        ("n", "integer", "1.5", 'n: "1.5" is no integer'),
        ("n", "integer", "9223372036854775808", "is no integer"),
        ("r", "real", "one", "is no number"),
        ("b", "blob", "0g", "no bytes in hex"),
        ("s", "null", None, "NOT NULL constraint failed: t.s"),
        ("id", "integer", "2", "A row with this value is there already")])
    def test_961_02_what_is_refused(self, page, db, column, kind, text, says):
        db.run(TABLE)
        before = db.rows("SELECT * FROM t")
        page.go(f"{db.at}?table=t")
        page.press("Edit row 1")
        put_in(page, column, text, kind)
        send(page)
        page.text(says)
        assert db.rows("SELECT * FROM t") == before
        if text:
            assert area(page, column).get_attribute("value") == text

    def test_961_03_add_and_take_away(self, page, db):
        db.run(TABLE)
        page.go(f"{db.at}?table=t")
        page.press("New row")
        assert kind_of(page, "id") == "default"
        put_in(page, "s", "new")  # and so it is a text
        put_in(page, "b", "", "blob")
        page.send()
        page.until(lambda: db.rows("SELECT id, n, s, hex(b), any FROM t WHERE "
                                   "id = 3") == [[3, None, "new", "", None]],
                   "the row")
        page.press("Edit row 3")
        page.press("Delete row")
        page.confirm("3")
        page.text("Row deleted")
        assert db.rows("SELECT id FROM t") == [[1], [2]]

    @pytest.mark.parametrize("made, key", [
        ("(a TEXT, b REAL, v, PRIMARY KEY (a, b)) WITHOUT ROWID", "x, 1.5"),
        ("(rowid TEXT, _rowid_ REAL, v)", "1")])
    def test_961_04_what_names_a_row(self, page, db, made, key):
        """Keys of several columns; no number; a column called rowid."""
        db.run(f"CREATE TABLE k {made}; INSERT INTO k VALUES ('x', 1.5, 'a'),"
               "('x', 2.5, 'b')")
        page.go(f"{db.at}?table=k")
        page.press("Edit row 1")
        put_in(page, "v", "changed")
        page.send()
        page.until(lambda: db.rows("SELECT v FROM k ORDER BY v") ==
                   [["b"], ["changed"]], "it to be changed")
        page.press("Edit row 1")
        page.press("Delete row")
        page.confirm(key)
        page.until(lambda: db.rows("SELECT v FROM k") == [["b"]], "it to go")

    def test_961_05_views_are_looked_at(self, page, db):
        db.run(TABLE + "; CREATE VIEW w AS SELECT n FROM t")
        page.go(f"{db.at}?table=w")
        page.text("9007199254740993")
        assert not page.all("[aria-label='Edit row 1']")
        assert "New row" not in page.body()
        page.text("A view shows what other tables have")

    @pytest.mark.parametrize("columns", [99, 100])
    def test_961_07_as_wide_as_may_be(self, page, db, columns):
        """An answer has at most 100 columns, and the key is one of them."""
        names = [f"c{i}" for i in range(columns)]
        row = ", ".join(f"'{i}'" for i in range(1, columns))
        db.run(f"CREATE TABLE w ({', '.join(names)}); CREATE INDEX wi ON w (c0 "
               f"DESC); INSERT INTO w VALUES ('0', {row}), ('9', {row})")
        page.go(f"{db.at}?table=w&by=c0")
        page.press("Edit row 1")
        put_in(page, "c50", "changed")
        db.run("UPDATE w SET c98 = 'theirs' WHERE rowid = 1")
        send(page)
        page.text("It is now: c98 theirs")
        page.send()
        page.until(lambda: db.rows("SELECT c0, c50, c98 FROM w ORDER BY c0"
                                   ) == [["0", "changed", "theirs"],
                                         ["9", "50", "98"]], "it")
        # all at once: more values than a statement has parameters
        page.press("Edit row 2")
        fill_in(page, [(name, f"{name}'s") for name in names])
        page.send()
        page.until(lambda: db.rows(
            f"SELECT {', '.join(names)} FROM w WHERE rowid = 2") ==
            [[f"{name}'s" for name in names]], "all of it")

    def test_961_08_large_blobs(self, page, db):
        db.run("CREATE TABLE b (x BLOB); INSERT INTO b VALUES (x'00'), "
               "(zeroblob(600000))")
        page.go(f"{db.at}?table=b")
        page.press("Edit row 1")
        fill_in(page, [("x", "00ff" * 100000)])
        page.send()
        page.until(lambda: db.rows("SELECT length(x), hex(substr(x, -3)) FROM b"
                                   " WHERE rowid = 1") ==
                   [[200000, "FF00FF"]], "it")
        page.press("Edit row 1")  # and it can be changed again
        put_in(page, "x", "01")
        page.send()
        page.until(lambda: db.rows("SELECT hex(x) FROM b WHERE rowid = 1") ==
                   [["01"]], "it")
        page.press("Edit row 2")
        page.text("too large for that")

    def test_961_06_names_are_text(self, page, db):
        """Tables and columns that are called so, keys and values that are."""
        name = '"' + MARKUP[2].replace('"', '""') + '"'
        db.run(f"CREATE TABLE {name} ({name} TEXT PRIMARY KEY, v) WITHOUT "
               f"ROWID; INSERT INTO {name} VALUES ('{MARKUP[1]}', 'a')")
        page.go(db.at)
        page.press(MARKUP[2])
        page.press("Edit row 1")
        put_in(page, "v", MARKUP[0])
        db.run(f"UPDATE {name} SET v = '{MARKUP[1]}'")
        send(page)
        page.text(f"It is now: v {MARKUP[1]}")
        page.send()
        page.until(lambda: db.rows(f"SELECT v FROM {name}") == [[MARKUP[0]]],
                   "it")
        page.press("Edit row 1")
        page.press("Delete row")
        page.confirm(MARKUP[1])
        page.until(lambda: db.rows(f"SELECT v FROM {name}") == [], "it to go")
        assert page.driver.execute_script("return window.broken") is None


class TestTwo:
    def test_961_10_one_row(self, page, db):
        db.run(TABLE)
        page.go(f"{db.at}?table=t")
        page.press("Edit row 1")
        put_in(page, "s", "mine")
        db.run("UPDATE t SET n = 5, s = 'theirs' WHERE id = 1")
        send(page)
        page.text("Somebody else changed it meanwhile")
        page.text("n 5, s theirs, twice 10")
        page.photograph("d1-row-conflict")
        assert db.rows("SELECT n, s FROM t WHERE id = 1") == [[5, "theirs"]]
        assert area(page, "s").get_attribute("value") == "mine"
        # who has read that replaces what he changed, and nothing else
        page.send()
        page.until(lambda: db.rows("SELECT n, s FROM t WHERE id = 1") ==
                   [[5, "mine"]], "mine")

    def test_961_11_gone(self, page, db):
        db.run(TABLE)
        page.go(f"{db.at}?table=t")
        page.press("Edit row 2")
        put_in(page, "s", "mine")
        db.run("DELETE FROM t WHERE id = 2")
        send(page)
        page.text("Somebody else deleted it meanwhile")
        assert area(page, "s").get_attribute("value") == "mine"

    def test_961_12_taken_away_meanwhile(self, page, db):
        db.run(TABLE)
        page.go(f"{db.at}?table=t")
        page.press("Edit row 2")
        page.press("Delete row")
        db.run("UPDATE t SET s = 'worth more' WHERE id = 2")
        page.type("dialog input[name=confirm]", "2")
        send(page)
        page.text("It is now: s worth more")
        assert db.rows("SELECT count(*) FROM t") == [[2]]
        page.send()
        page.until(lambda: db.rows("SELECT count(*) FROM t") == [[1]], "it")
