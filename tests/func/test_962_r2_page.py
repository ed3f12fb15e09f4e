# SPDX-License-Identifier: Apache-2.0
"""R2 in a real browser: buckets, folders, uploads, downloads, deletion.
Pictures are kept in the build's results."""

import hashlib
import urllib.parse
import uuid

import pytest

from wfptest.adminpage import api, chromium  # noqa: F401
from wfptest.browser import MARKUP, PHONE

pytestmark = pytest.mark.one_mpm

# files that are dropped, of names and texts
DROP = """
const t = new DataTransfer();
for (const [name, text] of arguments[0])
  t.items.add(new File([text], name, {type: 'text/plain'}));
const at = document.querySelector('main > div');
for (const kind of ['dragover', 'drop'])
  at.dispatchEvent(new DragEvent(kind,
    {dataTransfer: t, bubbles: true, cancelable: true}));
"""
META = """return { fetch = function(request, env)
  local text = request:text()
  env.BUCKET:put(text, text, { customMetadata = { [text] = text },
    httpMetadata = { contentType = text, contentDisposition = text } })
  return Response.new("put")
end }"""


@pytest.fixture
def page(chromium, api):
    with chromium.watched():
        yield chromium


class Bucket:
    def __init__(self, api):
        self.api, self.name = api, f"b-{uuid.uuid4().hex[:8]}"
        self.all = f"{api.account}/r2/buckets"
        api.ok("POST", self.all, {"name": self.name})
        self.path, self.at = f"{self.all}/{self.name}", f"/r2/{self.name}"

    def at_key(self, key):
        return f"{self.path}/objects/{urllib.parse.quote(key, safe='')}"

    def put(self, *keys, data=b"hello"):
        for key in keys:
            self.api.ok("PUT", self.at_key(key), data,
                        headers=[("Content-Type", "text/plain")])

    def get(self, key):
        return self.api.get(self.at_key(key), raw=True).body

    def keys(self):
        return [o["key"] for o in self.api.ok("GET", f"{self.path}/objects")]


@pytest.fixture
def bucket(api):
    made = Bucket(api)
    yield made
    for key in made.keys():
        api.ok("DELETE", made.at_key(key))
    api.ok("DELETE", made.path)


def names(page):
    """Names of the rows that are shown, folders first."""
    return [e.text for e in page.all("td .with-icon span")]


class TestBuckets:
    def test_962_01_make_and_delete(self, page, api):
        name = f"made-{uuid.uuid4().hex[:8]}"
        page.go("/r2")
        page.press("New bucket")
        page.type("dialog input[name=name]", "Not A Name")
        page.one("dialog button[type=submit]").click()
        page.text("3 to 63 lower-case letters")
        page.type("dialog input[name=name]", name)
        page.send()
        page.text("No object yet")
        api.ok("PUT", f"{api.account}/r2/buckets/{name}/objects/k", b"x")
        page.go("/r2")
        page.type("input[name=name]", name[3:])
        page.until(lambda: len(page.all("td a.strong")) == 1, "only this one")
        page.press(f"Delete {name}")
        page.type("dialog input[name=confirm]", name)
        page.one("dialog button[type=submit]").click()
        page.text("Delete what is in it first")
        api.ok("DELETE", f"{api.account}/r2/buckets/{name}/objects/k")
        page.one("dialog button[type=submit]").click()
        page.text("Nothing here is called")

    def test_962_02_who_may_only_read(self, chromium, api, bucket):
        bucket.put("a/b", "c")
        made = api.ok("POST", f"{api.account}/tokens",
                      {"name": "reader", "role": "read"})
        with chromium.watched(made["value"]) as page:
            page.go("/r2")
            page.type("input[name=name]", bucket.name[3:])
            page.until(lambda: len(page.all("td a.strong")) == 1, "it")
            page.text(bucket.name)
            assert not page.all(f"[aria-label='Delete {bucket.name}']")
            page.go(bucket.at)
            page.until(lambda: names(page) == ["a/", "c"], "the objects")
            words = {b.text or b.get_attribute("aria-label")
                     for b in page.all("main button")}
            assert words == {"Use by S3", "c"}
            assert page.all("input[type=checkbox], input[type=file]") == []
            page.press("c")
            page.one("[data-text]")
            assert "Delete" not in page.one("dialog").text
            page.press("Close")
            page.gone("dialog")
            page.press("Use by S3")
            page.text("a token of the role admin")
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")


class TestObjects:
    def test_962_10_folders_and_pages(self, page, bucket):
        bucket.put(*(f"many/{i:03}" for i in range(130)), "many/deep/x",
                   "/lead", "top")
        page.go(bucket.at)
        page.until(lambda: names(page) == ["/", "many/", "top"], "the top")
        page.press("many/")
        page.until(lambda: len(names(page)) == 100, "a page")
        page.press("Next")
        page.until(lambda: 30 < len(names(page)) < 35, "the next")
        page.press("Previous")
        page.until(lambda: len(names(page)) == 100, "the first again")
        page.type("input[name=begin]", "12")
        page.until(lambda: names(page) == [str(i) for i in range(120, 130)],
                   "those that begin so")
        page.press(bucket.name, ".crumbs a")
        page.press("/", "td a")
        page.until(lambda: names(page) == ["lead"], "a folder without a name")

    def test_962_11_delete_one_and_several(self, page, bucket):
        bucket.put("a/1", "a/2", "a/deep/3", "b", "c")
        page.go(bucket.at)
        page.press("Delete c")
        page.confirm("c")
        page.until(lambda: "c" not in names(page), "it to be gone")
        page.one("[aria-label='Choose a/']").click()
        page.one("[aria-label='Choose b']").click()
        page.press("Delete chosen (2)")
        page.text("Delete 4 objects?")
        page.confirm(bucket.name)
        page.text("No object yet")
        assert bucket.keys() == []

    def test_962_14_steps_of_a_path(self, page, bucket, tenant):
        """A key that a browser takes for a step is not one: what is above,
        the bucket, would be asked and deleted."""
        worker = tenant.deploy(META, "--binding",
                               f"r2_bucket:BUCKET={bucket.name}")
        worker.post(b"..")
        worker.post(b".")
        page.go(bucket.at)
        page.text(f"{worker.ns}/{worker.name}")
        page.press("..")
        page.text('".." cannot be reached from a browser')
        page.press("Delete ..")
        page.confirm("..")
        page.until(lambda: names(page) == ["."], "it to be gone")
        assert bucket.keys() == ["."]
        page.press("Delete .")
        page.confirm(".")
        page.text("No object yet")

    def test_962_12_look_and_download(self, page, bucket, tmp_path):
        page.saves_to(tmp_path)
        bucket.put("d/notes.txt", data=b"some\nwords")
        page.go(f"{bucket.at}?prefix=d%2F")
        page.press("d/notes.txt")
        page.until(lambda: page.one("[data-text]").text == "some\nwords",
                   "its text")
        page.text("10 bytes")
        page.photograph("r2-object")
        page.press("Download")
        saved = tmp_path / "notes.txt"
        page.until(lambda: saved.read_bytes() == b"some\nwords", "the file")

    def test_962_13_keys_of_s3(self, page, api, bucket):
        page.go(bucket.at)
        page.press("Use by S3")
        page.text("No key reaches this bucket yet")
        page.type("dialog input[name=name]", MARKUP[1])
        page.press("Make a key")
        page.text("shown this once")
        page.photograph("r2-s3-key")
        page.press("Close")
        page.gone("dialog")
        page.press("Use by S3")
        page.until(lambda: MARKUP[1] in page.one("dialog table").text, "it")
        page.photograph("r2-s3-keys")
        made, = [t for t in api.ok("GET", f"{api.account}/tokens")
                 if t["buckets"] == [bucket.name]]
        assert made["s3"] and made["role"] == "deploy"
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")


class TestUploads:
    def test_962_20_dropped_and_chosen(self, page, bucket, tmp_path):
        bucket.put("in/old", data=b"old")
        page.go(f"{bucket.at}?prefix=in%2F")
        page.until(lambda: names(page) == ["old"], "what is there")
        page.driver.execute_script(DROP, [["new", "fresh"], ["old", "other"]])
        # what is there is not replaced unasked
        page.text("It was left as it is")
        page.text("1 of 2 files stored")
        assert bucket.get("in/old") == b"old"
        page.photograph("r2-uploads")
        page.press("Replace in/old")
        page.text("2 of 2 files stored")
        assert bucket.get("in/old") == b"other"
        assert bucket.get("in/new") == b"fresh"
        page.until(lambda: names(page) == ["new", "old"], "the list")
        (tmp_path / "bytes.bin").write_bytes(bytes(range(256)))
        (tmp_path / "empty").write_bytes(b"")
        page.choose("input[type=file]", tmp_path / "bytes.bin",
                    tmp_path / "empty")
        page.text("4 of 4 files stored")
        assert bucket.get("in/bytes.bin") == bytes(range(256))
        assert bucket.get("in/empty") == b""
        page.press("Close", "main button")
        page.until(lambda: not page.all(".upload-card")[0].is_displayed(),
                   "it to close")

    def test_962_21_large_ones_in_parts(self, page, bucket, tmp_path):
        large = tmp_path / "large"
        data = bytes(range(256)) * 4096
        with large.open("wb") as out:
            for i in range(33):
                out.write(i.to_bytes(1, "big") + data[1:])
        page.requests()
        page.go(bucket.at)
        page.choose("input[type=file]", large)
        page.text("1 of 1 file stored")
        sent = [u for u in page.requests() if "/uploads/" in u]
        assert {u.split("?")[0].rsplit("/", 1)[1] for u in sent} >= {
            "1", "2", "3"}
        want = hashlib.sha256(large.read_bytes()).hexdigest()
        assert hashlib.sha256(bucket.get("large")).hexdigest() == want
        # nor are they replaced unasked
        page.choose("input[type=file]", large)
        page.text("It was left as it is")


class TestText:
    def test_962_30_keys_and_metadata(self, page, api, bucket, tenant):
        worker = tenant.deploy(META, "--binding",
                               f"r2_bucket:BUCKET={bucket.name}")
        for text in (*MARKUP, "<i>/<u>/<b>"):
            worker.post(text.encode())
        page.go(bucket.at)
        for text in MARKUP:
            if "/" in text:
                continue
            page.press(text)
            page.until(lambda t=text: page.one("[data-text]").text == t, text)
            assert page.one("dialog").text.count(text) >= 5
            if text == MARKUP[1]:
                page.photograph("r2-object-hostile")
            page.press("Close")
            page.gone("dialog")
            page.press(f"Delete {text}")
            page.confirm(text)
        page.press("<script>window.broken=1</")
        page.press(MARKUP[0])
        page.until(lambda: page.one("[data-text]").text == MARKUP[0], "it")
        page.press("Close")
        page.gone("dialog")
        page.go(bucket.at)
        page.press("<i>/")
        page.press("<u>/")
        page.until(lambda: names(page) == ["<b>"], "the last folder")
        page.driver.execute_script(DROP, [[MARKUP[1], "x"]])
        page.text("1 of 1 file stored")
        # what is stored is no page of ours, wherever it is opened
        api.ok("PUT", bucket.at_key("page"), MARKUP[0].encode(),
               headers=[("Content-Type", "text/html")])
        assert page.complaints() == []
        page.driver.get(f"{page.base}client/v4{bucket.at_key('page')}")
        assert page.driver.execute_script("return window.broken") is None
        assert all("sandboxed" in each for each in page.complaints())


class TestLooks:
    def test_962_40_pictures(self, page, bucket):
        page.go(bucket.at)
        page.text("No object yet")
        page.photograph("r2-empty")
        bucket.put("2026/a.jpg", "css/site.css", "index.html",
                   "a-very-long-name-of-a-file-that-somebody-made-" * 3
                   + ".tar.gz")
        for name, at in (("list", "/r2"), ("objects", bucket.at)):
            page.go(at)
            page.gone("main [aria-busy=true]")
            page.photograph(f"r2-{name}")
            page.look(PHONE, "light")
            assert not page.is_wider(), name
            assert page.unnamed() == []
        page.one("[aria-label='Choose css/']").click()
        page.one("[aria-label='Choose index.html']").click()
        page.until(lambda: "Delete chosen (2)" in page.body(), "the count")
        page.photograph("r2-chosen")
        page.press("Delete chosen (2)")
        page.text("Delete 2 objects?")
        page.photograph("r2-delete")
