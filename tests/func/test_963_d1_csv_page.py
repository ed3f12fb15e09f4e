# SPDX-License-Identifier: Apache-2.0
"""CSV of D1's tables and results in a real browser, and tables from it; errors
of files by their line."""

import pytest

from wfptest.adminpage import (Database, api, chromium, page,  # noqa: F401
                               send)
from wfptest.browser import MARKUP

pytestmark = pytest.mark.one_mpm


@pytest.fixture
def db(api):
    made = Database(api)
    yield made
    made.remove()


class TestCsv:
    def saved(self, page, folder, name):
        file = folder / name
        page.until(file.exists, name)
        return file.read_bytes().decode()

    def test_963_20_out_and_in_again(self, page, db, tmp_path):
        """Every type, and texts with quotes, commas and line ends."""
        db.run("CREATE TABLE t (a, \"b \"\" c\", c);"
               "INSERT INTO t VALUES (1, 'x,\"y\"' || char(10) || 'z', NULL),"
               "(-1.5, '', x'00ff'), ('007', 'NULL', '')")
        page.saves_to(tmp_path)
        page.go(f"{db.at}?table=t")
        page.press("Export as CSV")
        page.text("3 rows")
        text = self.saved(page, tmp_path, "t.csv")
        assert text == ('"a","b "" c","c"\r\n1,"x,""y""\nz",\r\n'
                        '-1.5,"",X\'00ff\'\r\n"007","NULL",""\r\n')
        before = db.rows("SELECT a, typeof(a), \"b \"\" c\", hex(c), typeof(c) "
                         "FROM t")
        db.run("DELETE FROM t WHERE 1")
        page.go(f"{db.at}?tab=files")
        page.choose("input[type=file]", tmp_path / "t.csv")
        page.text("3 rows in all")
        page.photograph("d1-import-csv")
        page.send()
        page.text("Imported t.csv")
        assert db.rows("SELECT a, typeof(a), \"b \"\" c\", hex(c), typeof(c) "
                       "FROM t") == before

    def test_963_21_more_than_a_part(self, page, db, tmp_path):
        db.run("CREATE TABLE t (i INTEGER PRIMARY KEY, s);"
               "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c "
               "WHERE i < 12000) INSERT INTO t SELECT i - 6000, 's' FROM c")
        page.saves_to(tmp_path)
        page.go(f"{db.at}?table=t")
        page.press("Export as CSV")
        page.text("12,000 rows")
        lines = self.saved(page, tmp_path, "t.csv").splitlines()
        assert lines[1:] == [f'{i - 6000},"s"' for i in range(1, 12001)]

    def test_963_22_a_result(self, page, db, tmp_path):
        page.saves_to(tmp_path)
        page.go(f"{db.at}?tab=sql")
        page.type("textarea[name=sql]", "SELECT 1 AS a; SELECT 'x', NULL")
        page.press("Run")
        page.press("Save result 2 as CSV")
        assert self.saved(page, tmp_path, "result-2.csv").splitlines()[1] == \
            '"x",'

    def test_963_23_a_new_table(self, page, db, tmp_path):
        file = tmp_path / "price list.csv"
        file.write_text("\ufeffname;price;stock;code\r\n"
                        "pen;1.5;10;007\r\n\r\nink;;-3;1x\r\n")
        page.go(f"{db.at}?tab=files")
        page.choose("input[type=file]", file)
        assert page.one("dialog input[name=name]").get_attribute(
            "value") == "price_list"
        page.send()
        page.text("Imported price list.csv")
        assert db.rows("SELECT * FROM price_list") == [
            ["pen", 1.5, 10, "007"], ["ink", None, -3, "1x"]]
        [[sql]] = db.rows("SELECT sql FROM sqlite_schema")
        assert '"price" REAL, "stock" INTEGER, "code" TEXT' in sql

    def test_963_26_names_are_text(self, page, db, tmp_path):
        """Of the file, its columns and what is in it."""
        file = tmp_path / "<img src=x onerror=window.broken=1>.csv"
        heads = ",".join('"' + m.replace('"', '""') + '"' for m in MARKUP)
        file.write_text(f"{heads}\n{heads}\n")
        page.go(f"{db.at}?tab=files")
        page.choose("input[type=file]", file)
        page.text(MARKUP[0])
        page.type("dialog input[name=name]", MARKUP[2])
        page.send()
        page.text("Imported <img")
        [[name]] = db.rows("SELECT name FROM sqlite_schema")
        assert name == MARKUP[2]
        name = '"' + name.replace('"', '""') + '"'
        assert db.rows(f"SELECT * FROM {name}") == [list(MARKUP)]
        assert page.driver.execute_script("return window.broken") is None

    @pytest.mark.parametrize("text, says", [
        ("a,b\n1,2\n1\n", "Line 3 has 1 field, the first has 2"),
        ('a,b\n1,"2\n', "Line 2: a quote does not end"),
        ("a,x\n1,2\n", 't has no column "x"'),
        # the database's own, at the line of the file
        ('a,b\n1,"two\nlines"\n2,2\n1,3\n', "t.csv, line 5: INSERT INTO"),
        ("\xff", "t.csv is not UTF-8")])
    def test_963_24_errors_by_their_line(self, page, db, tmp_path, text, says):
        db.run("CREATE TABLE t (a UNIQUE, b)")
        file = tmp_path / "t.csv"
        file.write_bytes(text.encode("latin-1"))
        page.go(f"{db.at}?tab=files")
        page.choose("input[type=file]", file)
        page.until(lambda: page.all("dialog") or page.all(".note.bad"), "it")
        if not page.all(".note.bad"):
            send(page)
        page.text(says)
        assert db.rows("SELECT count(*) FROM t") == [[0]]

    def test_963_25_sql_by_its_line(self, page, db, tmp_path):
        """A dump's frame is left out, and the lines stay."""
        file = tmp_path / "dump.sql"
        file.write_text("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"
                        "CREATE TABLE a (b);\nINSERT INTO a VALUES (1);\n"
                        "INSERT INTO nowhere VALUES (1);\nCOMMIT;\n")
        page.go(f"{db.at}?tab=files")
        page.choose("input[type=file]", file)
        page.text("Error in line 5: INSERT INTO nowhere")
        page.text("Nothing was changed")
        assert db.rows("SELECT count(*) FROM sqlite_schema") == [[0]]
