# SPDX-License-Identifier: Apache-2.0
"""The S3 endpoint, used by s3cmd as Debian has it."""

import subprocess

import pytest
from wfptest import s3

pytestmark = pytest.mark.one_mpm

CONFIG = """[default]
access_key = {key.id}
secret_key = {key.secret}
host_base = {host}
host_bucket = {host}
use_https = False
signature_v2 = False
multipart_chunk_size_mb = 5
enable_multipart = True
max_retries = 1
human_readable_sizes = False
"""


class S3cmd:
    def __init__(self, key, folder):
        self.config = folder / "s3cfg"
        self.config.write_text(CONFIG.format(
            key=key, host=f"{s3.ADDRESS}:{key.httpd.port}"))

    def run(self, *words):
        return subprocess.run(
            ["s3cmd", "-c", str(self.config), "--no-progress", *words],
            text=True, capture_output=True, check=False)

    def ok(self, *words):
        done = self.run(*words)
        assert done.returncode == 0, done
        return done.stdout

    def refused(self, *words):
        done = self.run(*words)
        assert done.returncode != 0, done
        return done.stderr


@pytest.fixture(scope="module")
def s3cmd(httpd, tmp_path_factory):
    httpd.configure(s3.lines(httpd))
    return S3cmd(s3.Key(httpd, "--role", "admin"),
                 tmp_path_factory.mktemp("s3cmd"))


@pytest.fixture(scope="module")
def bucket(s3cmd):
    s3cmd.ok("mb", "s3://b731")
    yield "s3://b731"
    s3cmd.ok("rb", "--recursive", "--force", "s3://b731")


class TestS3cmd:
    def test_731_01_buckets(self, s3cmd, bucket):
        assert bucket in s3cmd.ok("ls")
        assert "409" in s3cmd.refused("mb", bucket)
        assert "NoSuchBucket" in s3cmd.refused("ls", "s3://b731-none")
        s3cmd.ok("info", bucket)

    def test_731_02_files(self, s3cmd, bucket, tmp_path):
        here = tmp_path / "in ü.txt"
        here.write_text("hello\n")
        s3cmd.ok("put", str(here), f"{bucket}/a b/ü.txt")
        s3cmd.ok("get", f"{bucket}/a b/ü.txt", str(tmp_path / "out"))
        assert (tmp_path / "out").read_text() == "hello\n"
        told = s3cmd.ok("info", f"{bucket}/a b/ü.txt")
        assert "text/plain" in told and "6" in told
        assert "b1946ac92492d2347c6235b4d2611184" in told
        assert "a b/" in s3cmd.ok("ls", f"{bucket}/")
        listed = s3cmd.ok("ls", "--recursive", f"{bucket}/")
        assert f"{bucket}/a b/ü.txt" in listed
        s3cmd.ok("cp", f"{bucket}/a b/ü.txt", f"{bucket}/copy")
        s3cmd.ok("mv", f"{bucket}/copy", f"{bucket}/moved")
        s3cmd.ok("modify", "--add-header=Content-Type: x/y", f"{bucket}/moved")
        assert "x/y" in s3cmd.ok("info", f"{bucket}/moved")
        s3cmd.ok("del", f"{bucket}/moved")
        assert "404" in s3cmd.refused("info", f"{bucket}/moved")

    def test_731_03_parts(self, s3cmd, bucket, tmp_path):
        data = bytes(range(256)) * 48 * 1024  # 12 MB: three parts
        (tmp_path / "big").write_bytes(data)
        s3cmd.ok("put", str(tmp_path / "big"), f"{bucket}/big")
        s3cmd.ok("get", f"{bucket}/big", str(tmp_path / "back"))
        assert (tmp_path / "back").read_bytes() == data
        s3cmd.ok("get", "--continue", "--force", f"{bucket}/big",
                 str(tmp_path / "again"))
        assert "big" not in s3cmd.ok("multipart", bucket)

    def test_731_04_folders(self, s3cmd, bucket, tmp_path):
        for name in ("a", "b/c", "b/d"):
            (tmp_path / "from" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "from" / name).write_text(name)
        s3cmd.ok("sync", f"{tmp_path}/from/", f"{bucket}/tree/")
        s3cmd.ok("sync", f"{tmp_path}/from/", f"{bucket}/tree/")
        s3cmd.ok("sync", f"{bucket}/tree/", f"{tmp_path}/to/")
        assert sorted(str(path.relative_to(tmp_path / "to"))
                      for path in (tmp_path / "to").rglob("*")
                      if path.is_file()) == ["a", "b/c", "b/d"]
        s3cmd.ok("del", "--recursive", "--force", f"{bucket}/tree/")
        assert s3cmd.ok("ls", f"{bucket}/tree/") == ""

    def test_731_05_signed_urls(self, s3cmd, bucket, tmp_path):
        (tmp_path / "f").write_text("for all")
        s3cmd.ok("put", str(tmp_path / "f"), f"{bucket}/f")
        url = s3cmd.ok("signurl", f"{bucket}/f", "+60").strip()
        assert "Signature" in url
