# SPDX-License-Identifier: Apache-2.0
"""The Workers of examples/ whose README serves them with `wfpctl dev`, by that
command."""

import json
import pathlib
import re
import shlex
import tempfile

import pytest

from wfptest.dev import Dev
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def serve(httpd):
    """serve(name): runs the dev command of its README."""
    started = []
    with tempfile.TemporaryDirectory(prefix="wfp-dev-") as folder:
        def run(name):
            text = (ROOT / "examples" / name / "README.md").read_text()
            [line] = re.findall(rf"^    wfpctl dev (examples/{name}\b.*)$",
                                text, re.M)
            path, *options = shlex.split(line)
            started.append(Dev(httpd, pathlib.Path(folder), str(ROOT / path),
                               *options))
            return started[-1]

        yield run
        for one in started:
            assert one.stop() == 0


class TestExamples:
    """One test an example."""

    def test_391_01_blog(self, serve):
        blog = serve("blog")
        owner = {"Authorization": "Bearer change-me"}
        assert "<ul></ul>" in blog.get("/")[1]
        post = {"title": "A <b>bold</b> post!", "body": "One & two.\n\nThree.",
                "tags": ["news", "a<b"]}
        body = json.dumps(post).encode()
        assert blog.get("/posts", body)[0] == 401
        assert blog.get("/posts", body, {"Authorization": "Bearer x"})[0] == 401
        status, text, headers = blog.get("/posts", body, owner)
        assert (status, json.loads(text)) == (201, {"slug": "a-b-bold-b-post"})
        assert blog.get("/posts", body, owner)[0] == 409
        # neither the post nor any of its tags when one of them cannot be
        twice = dict(post, title="Other", tags=["x", "x"])
        assert blog.get("/posts", json.dumps(twice).encode(), owner)[0] == 409
        assert blog.get("/posts/other")[0] == 404
        for wrong in (b"{", b"[]", b'{"title": 1, "body": ""}'):
            assert blog.get("/posts", wrong, owner)[0] == 422
        page = blog.get(headers["location"])[1]
        assert "<h1>A &lt;b&gt;bold&lt;/b&gt; post!</h1>" in page
        assert "One &amp; two.<p>Three.<p>#a&lt;b #news" in page
        assert 'href="/posts/a-b-bold-b-post">A &lt;b&gt;' in blog.get("/")[1]
        assert blog.get("/none")[0] == 404
        assert blog.get("/", method="DELETE")[0] == 405

    def test_391_02_image_store(self, serve):
        store = serve("image-store")
        sent = {"Authorization": "Bearer change-me",
                "Content-Type": "image/png"}
        data = b"0123456789" * 100
        assert store.get("/a/b.png", data, {"Content-Type": "image/png"},
                         "PUT")[0] == 401
        status, text, _ = store.get("/a/b.png", data, sent, "PUT")
        assert (status, json.loads(text)["size"]) == (201, 1000)
        assert store.get("/a/b.png", data, dict(sent, **{
            "Content-Type": "text/html"}), "PUT")[0] == 415
        assert store.get("/", data, sent, "PUT")[0] == 400
        status, text, headers = store.get("/a/b.png")
        assert (status, text) == (200, data.decode())
        assert headers["content-type"] == "image/png"
        assert headers["cache-control"] == "public, max-age=3600"
        assert store.get("/a/b.png", headers={
            "If-None-Match": headers["etag"]})[0] == 304
        status, text, headers = store.get("/a/b.png",
                                          headers={"Range": "bytes=3-6"})
        assert (status, text, headers["content-range"]) == \
            (206, "3456", "bytes 3-6/1000")
        assert store.get("/a/b.png", headers={"Range": "bytes=-2"})[1] == "89"
        assert json.loads(store.get("/?prefix=a/")[1]) == {
            "images": [{"key": "a/b.png", "size": 1000}], "cursor": None}
        assert json.loads(store.get("/?prefix=b")[1])["images"] == []
        assert store.get("/a/b.png", headers=sent, method="DELETE")[0] == 204
        assert store.get("/a/b.png")[0] == 404
        assert store.get("/a/b.png", b"x")[0] == 405

    def test_391_03_signed_session(self, serve):
        site = serve("signed-session")

        def login(name, password="open-sesame"):
            return site.get("/login",
                            f"name={name}&password={password}".encode(), {
                                "Content-Type":
                                    "application/x-www-form-urlencoded"})

        def hello(cookie):
            return site.get("/", headers={"Cookie": cookie})

        assert site.get("/")[0] == 401
        assert site.get("/login", b"{}", {
            "Content-Type": "application/json"})[0] == 400
        status, _, headers = login("ann")
        assert status == 200
        cookie, *attributes = headers["set-cookie"].split("; ")
        assert {"HttpOnly", "Secure", "SameSite=Lax"} < set(attributes)
        status, text, _ = hello(f"a=b; {cookie}; c=d")
        assert (status, json.loads(text)) == (200, {"hello": "ann"})
        value, signature = cookie.removeprefix("session=").split(".")
        for forged in (value, f"{value}.", f"{value}.AAAA", f"x{value}."
                       + signature, f"{value}.{signature[:-2]}", "...",
                       f"{value}.{signature}="):
            assert hello(f"session={forged}")[0] == 401, forged
        # a name has five attempts, another one its own
        assert [login("bob", "wrong")[0] for _ in range(5)] == [401] * 5
        until(lambda: login("bob")[0] == 429, "the limit", pause=0)
        assert login("cid")[0] == 200

    def test_391_04_job_queue(self, serve):
        site = serve("job-queue")

        def ask(**job):
            status, text, _ = site.get("/", json.dumps(job).encode())
            assert status == 202
            return json.loads(text)["id"]

        def state(job):
            return json.loads(site.get(f"/jobs/{job}")[1])

        jobs = [ask(kind="sum", numbers=[1, 2, 3]),
                ask(kind="reverse", text="abc"),
                ask(kind="sum", numbers=[1, "x"])]
        assert site.get("/", b'{"kind": "none"}')[0] == 422
        assert site.get("/")[0] == 405
        assert site.get("/jobs/abc")[0] == 404
        until(lambda: state(jobs[0])["state"] == "done", "the sum")
        assert state(jobs[0])["detail"] == 6
        until(lambda: state(jobs[1]) == {"state": "done", "detail": "cba"},
              "the other one")
        until(lambda: state(jobs[2])["state"] == "failed", "the end")
        [gone] = until(lambda: [
            log for r in site.records() for log in r["logs"]
            if log["level"] == "error"], "its line")
        assert jobs[2] in str(gone["message"])
