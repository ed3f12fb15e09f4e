# SPDX-License-Identifier: Apache-2.0
"""The S3 endpoint, used by boto3 as Debian has it."""

import base64
import datetime
import hashlib
import itertools
import json
import os
import pathlib
import subprocess
import sys
import zlib

import pytest
from wfptest import s3
from wfptest.api import Api
from wfptest.client import Client

pytestmark = pytest.mark.one_mpm

NUMBERS = itertools.count(1)
PART = 5 * 1024 * 1024
TEXT = b"0123456789"


@pytest.fixture(scope="module")
def key(httpd):
    httpd.configure(s3.lines(httpd))
    return s3.Key(httpd, "--role", "admin")


@pytest.fixture(scope="module")
def boto(key):
    return key.boto()


@pytest.fixture
def bucket(boto):
    """A bucket, empty, that goes with the test."""
    name = f"b730-{next(NUMBERS)}"
    boto.create_bucket(Bucket=name)
    yield name
    empty(boto, name)
    boto.delete_bucket(Bucket=name)


def empty(boto, name):
    for page in boto.get_paginator("list_objects_v2").paginate(Bucket=name):
        gone = [{"Key": each["Key"]} for each in page.get("Contents", ())]
        if gone:
            done = boto.delete_objects(Bucket=name, Delete={"Objects": gone})
            assert "Errors" not in done


def put(boto, bucket, *names):
    for name in names:
        boto.put_object(Bucket=bucket, Key=name, Body=TEXT)


def md5(data):
    return hashlib.md5(data).hexdigest()


class TestBuckets:
    def test_730_01_life_of_a_bucket(self, boto):
        name = f"b730-{next(NUMBERS)}"
        assert s3.refusal(boto.head_bucket, Bucket=name)[0] == 404
        boto.create_bucket(Bucket=name, CreateBucketConfiguration={
            "LocationConstraint": "eu-west-1"})
        assert s3.refusal(boto.create_bucket, Bucket=name) == \
            (409, "BucketAlreadyOwnedByYou")
        boto.head_bucket(Bucket=name)
        made = {b["Name"]: b["CreationDate"]
                for b in boto.list_buckets()["Buckets"]}
        age = datetime.datetime.now(datetime.timezone.utc) - made[name]
        assert datetime.timedelta(0) <= age < datetime.timedelta(hours=1)
        assert boto.get_bucket_location(Bucket=name)["LocationConstraint"] \
            is None
        assert "Status" not in boto.get_bucket_versioning(Bucket=name)
        put(boto, name, "k")
        assert s3.refusal(boto.delete_bucket, Bucket=name) == \
            (409, "BucketNotEmpty")
        boto.delete_object(Bucket=name, Key="k")
        boto.delete_bucket(Bucket=name)
        assert s3.refusal(boto.delete_bucket, Bucket=name) == \
            (404, "NoSuchBucket")

    @pytest.mark.parametrize("name", ["Upper-Case", "dots.in.it", "-begins"])
    def test_730_02_bad_names(self, key, name):
        assert s3.code_of(key.raw().ask("PUT", f"/{name}")) == \
            (400, "InvalidBucketName")

    def test_730_03_no_such_bucket(self, boto):
        nowhere = {"Bucket": "b730-nowhere"}
        for call in (boto.list_objects, boto.list_objects_v2,
                     boto.get_bucket_location, boto.list_multipart_uploads):
            assert s3.refusal(call, **nowhere) == (404, "NoSuchBucket")
        for call in (boto.get_object, boto.create_multipart_upload,
                     boto.delete_object):
            assert s3.refusal(call, Key="k", **nowhere) == \
                (404, "NoSuchBucket")
        assert s3.refusal(boto.put_object, Key="k", Body=b"x", **nowhere) == \
            (404, "NoSuchBucket")

    def test_730_04_what_is_not_there(self, boto, bucket):
        for call in (boto.get_bucket_acl, boto.get_bucket_cors,
                     boto.get_bucket_policy, boto.get_bucket_tagging,
                     boto.get_bucket_website, boto.list_object_versions,
                     boto.get_bucket_encryption,
                     boto.get_bucket_lifecycle_configuration):
            assert s3.refusal(call, Bucket=bucket) == (501, "NotImplemented")
        for options in ({"ACL": "public-read"}, {"Tagging": "a=b"},
                        {"ServerSideEncryption": "AES256"},
                        {"WebsiteRedirectLocation": "/x"}):
            assert s3.refusal(boto.put_object, Bucket=bucket, Key="k",
                              Body=b"x", **options) == (501, "NotImplemented")
        assert s3.refusal(boto.get_object, Bucket=bucket, Key="k",
                          VersionId="1") == (501, "NotImplemented")


class TestObjects:
    @pytest.mark.parametrize("name", [
        "a b/ü+%.txt", "a//b", "/first", "..", "a/../b", "./x", "last/", "~-._",
        "q?x=1&y#z", "*'()!:@,;=$", "<&>\"", "\U0001f600", "%2F", "k" * 1024])
    def test_730_10_any_key(self, boto, bucket, name):
        made = boto.put_object(Bucket=bucket, Key=name, Body=TEXT)
        got = boto.get_object(Bucket=bucket, Key=name)
        assert got["Body"].read() == TEXT
        assert got["ETag"] == made["ETag"] == f'"{md5(TEXT)}"'
        for call in (boto.list_objects, boto.list_objects_v2):
            listed = call(Bucket=bucket)["Contents"]
            assert [(o["Key"], o["Size"], o["ETag"], o["StorageClass"])
                    for o in listed] == \
                [(name, 10, made["ETag"], "STANDARD")]
        copied = boto.copy_object(Bucket=bucket, Key="copy", CopySource={
            "Bucket": bucket, "Key": name})
        assert copied["CopyObjectResult"]["ETag"] == made["ETag"]
        boto.delete_objects(Bucket=bucket, Delete={"Objects": [
            {"Key": name}, {"Key": "copy"}]})
        assert boto.list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    def test_730_11_metadata(self, boto, bucket):
        said = {"ContentType": "text/x-y", "ContentLanguage": "de",
                "ContentDisposition": 'attachment; filename="f"',
                "ContentEncoding": "br", "CacheControl": "max-age=5",
                "Metadata": {"who": "me", "when": "now and then"}}
        boto.put_object(Bucket=bucket, Key="k", Body=b"", StorageClass="STANDARD_IA",
                        Expires=datetime.datetime(2030, 1, 2), **said)
        for call in (boto.get_object, boto.head_object):
            got = call(Bucket=bucket, Key="k")
            assert {name: got[name] for name in said} == said
            assert got["ContentLength"] == 0
            assert got["Expires"].year == 2030
            assert got["StorageClass"] == "STANDARD_IA"
        got = boto.get_object(
            Bucket=bucket, Key="k", ResponseContentType="a/b",
            ResponseCacheControl="no-store", ResponseContentLanguage="fr",
            ResponseContentDisposition="inline", ResponseContentEncoding="gzip")
        assert [got[n] for n in ("ContentType", "CacheControl",
                                 "ContentLanguage", "ContentDisposition",
                                 "ContentEncoding")] == \
            ["a/b", "no-store", "fr", "inline", "gzip"]
        assert s3.refusal(boto.put_object, Bucket=bucket, Key="k", Body=b"",
                          Metadata={"big": "x" * 3000, "b": "y" * 6000})[1] == \
            "MetadataTooLarge"
        assert s3.refusal(boto.put_object, Bucket=bucket, Key="k", Body=b"",
                          StorageClass="GLACIER") == \
            (400, "InvalidStorageClass")

    def test_730_12_ranges(self, boto, bucket):
        put(boto, bucket, "k")
        for asked, status, data in (
                ("bytes=2-4", 206, b"234"), ("bytes=7-", 206, b"789"),
                ("bytes=-3", 206, b"789"), ("bytes=5-99", 206, b"56789"),
                ("bytes=-99", 206, TEXT), ("bytes=1-2,4-5", 200, TEXT),
                ("lines=1-2", 200, TEXT)):
            got = boto.get_object(Bucket=bucket, Key="k", Range=asked)
            assert got["ResponseMetadata"]["HTTPStatusCode"] == status
            assert got["Body"].read() == data
            head = boto.head_object(Bucket=bucket, Key="k", Range=asked)
            assert head["ContentLength"] == len(data)
        assert boto.get_object(Bucket=bucket, Key="k", Range="bytes=2-4")[
            "ContentRange"] == "bytes 2-4/10"
        assert s3.refusal(boto.get_object, Bucket=bucket, Key="k",
                          Range="bytes=10-") == (416, "InvalidRange")

    def test_730_13_conditions(self, boto, bucket):
        put(boto, bucket, "k")
        tag = f'"{md5(TEXT)}"'
        past = datetime.datetime(2020, 1, 1)
        coming = datetime.datetime(2099, 1, 1)
        for call in (boto.get_object, boto.head_object):
            for status, options in (
                    (200, {"IfMatch": tag}), (412, {"IfMatch": '"x"'}),
                    (304, {"IfNoneMatch": tag}), (200, {"IfNoneMatch": '"x"'}),
                    (304, {"IfModifiedSince": coming - datetime.timedelta(1)}),
                    (200, {"IfModifiedSince": past}),
                    (412, {"IfUnmodifiedSince": past}),
                    (200, {"IfMatch": tag, "IfUnmodifiedSince": past}),
                    (304, {"IfMatch": tag, "IfNoneMatch": tag})):
                if status == 200:
                    call(Bucket=bucket, Key="k", **options)
                else:
                    assert s3.refusal(call, Bucket=bucket, Key="k",
                                      **options)[0] == status, options

    def test_730_14_conditional_puts(self, key, boto, bucket):
        raw = key.raw()
        target = f"/{bucket}/k"
        assert raw.ask("PUT", target, b"1", [("If-None-Match", "*")]).status \
            == 200
        assert s3.code_of(raw.ask("PUT", target, b"2",
                                  [("If-None-Match", "*")])) == \
            (412, "PreconditionFailed")
        assert s3.code_of(raw.ask("PUT", target, b"2",
                                  [("If-Match", '"x"')])) == \
            (412, "PreconditionFailed")
        assert raw.ask("PUT", target, b"2",
                       [("If-Match", f'"{md5(b"1")}"')]).status == 200
        assert boto.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"

    def test_730_15_digests(self, boto, bucket):
        def b64(name):
            return base64.b64encode(hashlib.new(name, TEXT).digest()).decode()
        crc = base64.b64encode(zlib.crc32(TEXT).to_bytes(4, "big")).decode()
        for options in ({"ContentMD5": b64("md5")},
                        {"ChecksumSHA1": b64("sha1")},
                        {"ChecksumSHA256": b64("sha256")},
                        {"ChecksumCRC32": crc},
                        {"ChecksumAlgorithm": "SHA256"},
                        {"ChecksumAlgorithm": "CRC32"}):
            boto.put_object(Bucket=bucket, Key="k", Body=TEXT, **options)
            for name in options:
                if name == "ChecksumAlgorithm":
                    continue
                wrong = base64.b64encode(bytes(len(base64.b64decode(
                    options[name])))).decode()
                assert s3.refusal(boto.put_object, Bucket=bucket, Key="k",
                                  Body=TEXT, **{name: wrong}) == \
                    (400, "BadDigest")
                assert s3.refusal(boto.put_object, Bucket=bucket, Key="k",
                                  Body=TEXT, **{name: "AAAA"})[0] == 400
        boto.put_object(Bucket=bucket, Key="k", Body=TEXT,
                        ChecksumSHA256=b64("sha256"))
        assert boto.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[
            "ChecksumSHA256"] == b64("sha256")

    def test_730_16_deletes(self, boto, bucket):
        put(boto, bucket, "a", "b", "c")
        boto.delete_object(Bucket=bucket, Key="never was")
        done = boto.delete_objects(Bucket=bucket, Delete={"Objects": [
            {"Key": "a"}, {"Key": "nothing"}, {"Key": "x" * 1025}]})
        assert [d["Key"] for d in done["Deleted"]] == ["a", "nothing"]
        assert [(e["Key"], e["Code"]) for e in done["Errors"]] == \
            [("x" * 1025, "KeyTooLongError")]
        done = boto.delete_objects(Bucket=bucket, Delete={
            "Objects": [{"Key": "b"}], "Quiet": True})
        assert "Deleted" not in done and "Errors" not in done
        assert [o["Key"] for o in boto.list_objects_v2(Bucket=bucket)[
            "Contents"]] == ["c"]
        assert s3.refusal(boto.get_object, Bucket=bucket, Key="a") == \
            (404, "NoSuchKey")

    def test_730_17_copies(self, boto, bucket):
        other = f"b730-{next(NUMBERS)}"
        boto.create_bucket(Bucket=other)
        boto.put_object(Bucket=other, Key="from/ä", Body=TEXT,
                        ContentType="a/b", Metadata={"m": "1"})
        source = {"Bucket": other, "Key": "from/ä"}
        boto.copy_object(Bucket=bucket, Key="to", CopySource=source)
        got = boto.get_object(Bucket=bucket, Key="to")
        assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == \
            (TEXT, "a/b", {"m": "1"})
        boto.copy_object(Bucket=bucket, Key="to", CopySource=source,
                         MetadataDirective="REPLACE", ContentType="c/d")
        got = boto.head_object(Bucket=bucket, Key="to")
        assert (got["ContentType"], got["Metadata"]) == ("c/d", {})
        here = {"Bucket": bucket, "Key": "to"}
        assert s3.refusal(boto.copy_object, CopySource=here, **here) == \
            (400, "InvalidRequest")
        boto.copy_object(CopySource=here, MetadataDirective="REPLACE",
                         Metadata={"n": "2"}, **here)
        assert boto.head_object(**here)["Metadata"] == {"n": "2"}
        for options, error in (({"CopySourceIfMatch": '"x"'}, (412, "PreconditionFailed")),
                               ({"CopySourceIfNoneMatch": f'"{md5(TEXT)}"'},
                                (412, "PreconditionFailed"))):
            assert s3.refusal(boto.copy_object, Bucket=bucket, Key="no",
                              CopySource=source, **options) == error
        assert s3.refusal(boto.copy_object, Bucket=bucket, Key="no",
                          CopySource={"Bucket": other, "Key": "none"}) == \
            (404, "NoSuchKey")
        empty(boto, other)
        boto.delete_bucket(Bucket=other)


class TestLists:
    NAMES = ["a", "b/1", "b/2", "b/x/3", "c", "d/4", "e"]

    def all_pages(self, boto, call, **options):
        """(keys, prefixes) of all pages."""
        keys, prefixes = [], []
        for page in boto.get_paginator(call).paginate(**options):
            keys += [o["Key"] for o in page.get("Contents", ())]
            prefixes += [p["Prefix"] for p in page.get("CommonPrefixes", ())]
        return keys, prefixes

    def test_730_20_pages_of_any_size(self, boto, bucket):
        put(boto, bucket, *self.NAMES)
        for call in ("list_objects", "list_objects_v2"):
            for size in (1, 2, 3, 7, 1000):
                paging = {"PageSize": size}
                ask = {"Bucket": bucket, "PaginationConfig": paging}
                assert self.all_pages(boto, call, **ask) == (self.NAMES, [])
                assert self.all_pages(boto, call, Delimiter="/", **ask) == \
                    (["a", "c", "e"], ["b/", "d/"])
                assert self.all_pages(boto, call, Delimiter="/", Prefix="b/",
                                      **ask) == (["b/1", "b/2"], ["b/x/"])
                assert self.all_pages(boto, call, Prefix="none", **ask) == \
                    ([], [])

    def test_730_21_where_it_begins(self, boto, bucket):
        put(boto, bucket, *self.NAMES)
        got = boto.list_objects_v2(Bucket=bucket, StartAfter="b/2")
        assert [o["Key"] for o in got["Contents"]] == self.NAMES[3:]
        got = boto.list_objects(Bucket=bucket, Marker="b/2", MaxKeys=2)
        assert [o["Key"] for o in got["Contents"]] == self.NAMES[3:5]
        assert (got["IsTruncated"], got["NextMarker"], got["Marker"]) == \
            (True, "c", "b/2")
        got = boto.list_objects_v2(Bucket=bucket, MaxKeys=0)
        assert (got["KeyCount"], got["IsTruncated"]) == (0, False)
        got = boto.list_objects_v2(Bucket=bucket, FetchOwner=True)
        assert got["Contents"][0]["Owner"]["ID"]
        assert s3.refusal(boto.list_objects_v2, Bucket=bucket,
                          ContinuationToken="no cursor")[0] == 400

    def test_730_22_characters_that_xml_has_not(self, key, boto, bucket):
        names = ["a\x01b", "a\nb", "a&<>\"'"]
        put(boto, bucket, *names)
        assert [o["Key"] for o in boto.list_objects_v2(Bucket=bucket)[
            "Contents"]] == sorted(names)
        plain = key.raw().ask("GET", f"/{bucket}?list-type=2").text
        assert "<Key>a&#x01;b</Key>" in plain
        assert "<Key>a&amp;&lt;&gt;&quot;'</Key>" in plain
        for name in names:  # nor has a <Delete>
            boto.delete_object(Bucket=bucket, Key=name)


class TestUploads:
    def test_730_30_parts(self, boto, bucket):
        up = {"Bucket": bucket, "Key": "big/ö"}
        up["UploadId"] = boto.create_multipart_upload(
            ContentType="a/b", Metadata={"m": "1"}, **up)["UploadId"]
        data = [bytes([65 + n]) * PART for n in range(2)] + [b"end"]
        tags = [boto.upload_part(PartNumber=n + 1, Body=part, **up)["ETag"]
                for n, part in enumerate(data)]
        assert tags == [f'"{md5(part)}"' for part in data]
        listed = boto.list_parts(**up)
        assert [(p["PartNumber"], p["Size"], p["ETag"])
                for p in listed["Parts"]] == \
            [(n + 1, len(part), tags[n]) for n, part in enumerate(data)]
        assert [p["PartNumber"] for page in boto.get_paginator("list_parts")
                .paginate(PaginationConfig={"PageSize": 1}, **up)
                for p in page["Parts"]] == [1, 2, 3]
        assert [u["UploadId"] for u in boto.list_multipart_uploads(
            Bucket=bucket)["Uploads"]] == [up["UploadId"]]
        parts = [{"PartNumber": n + 1, "ETag": tag}
                 for n, tag in enumerate(tags)]
        for wrong, code in (([parts[1], parts[0]], "InvalidPartOrder"),
                            ([{"PartNumber": 4, "ETag": tags[0]}],
                             "InvalidPart"),
                            ([{**parts[0], "ETag": '"x"'}], "InvalidPart"),
                            ([parts[2], {**parts[0], "PartNumber": 9}],
                             "InvalidPart")):
            assert s3.refusal(boto.complete_multipart_upload, MultipartUpload={
                "Parts": wrong}, **up) == (400, code)
        done = boto.complete_multipart_upload(
            MultipartUpload={"Parts": parts}, **up)
        assert done["ETag"].endswith('-3"')
        assert done["Location"].endswith(f"/{bucket}/big/%C3%B6")
        got = boto.get_object(Bucket=bucket, Key=up["Key"])
        assert got["Body"].read() == b"".join(data)
        assert (got["ContentType"], got["Metadata"]) == ("a/b", {"m": "1"})
        assert boto.get_object(Bucket=bucket, Key=up["Key"], Range=(
            f"bytes={PART - 2}-{PART + 1}"))["Body"].read() == b"AABB"
        assert s3.refusal(boto.abort_multipart_upload, **up) == \
            (404, "NoSuchUpload")

    def test_730_31_what_is_refused(self, boto, bucket):
        up = {"Bucket": bucket, "Key": "k"}
        up["UploadId"] = boto.create_multipart_upload(**up)["UploadId"]
        tags = [boto.upload_part(PartNumber=n, Body=TEXT, **up)["ETag"]
                for n in (1, 2)]
        assert s3.refusal(
            boto.complete_multipart_upload, MultipartUpload={"Parts": [
                {"PartNumber": 1, "ETag": tags[0]},
                {"PartNumber": 2, "ETag": tags[1]}]}, **up) == \
            (400, "EntityTooSmall")
        assert s3.refusal(boto.upload_part, PartNumber=10001, Body=b"x",
                          **up) == (400, "InvalidArgument")
        assert s3.refusal(boto.upload_part, PartNumber=1, Body=b"x",
                          **{**up, "UploadId": "none"}) == \
            (404, "NoSuchUpload")
        assert s3.refusal(boto.upload_part, PartNumber=1, Body=b"x",
                          **{**up, "Key": "other"}) == (404, "NoSuchUpload")
        boto.abort_multipart_upload(**up)
        assert s3.refusal(boto.list_parts, **up) == (404, "NoSuchUpload")
        assert "Uploads" not in boto.list_multipart_uploads(Bucket=bucket)

    def test_730_32_parts_that_are_copies(self, boto, bucket):
        boto.put_object(Bucket=bucket, Key="from", Body=b"x" * PART + TEXT)
        up = {"Bucket": bucket, "Key": "to"}
        up["UploadId"] = boto.create_multipart_upload(**up)["UploadId"]
        source = {"Bucket": bucket, "Key": "from"}
        tags = [boto.upload_part_copy(PartNumber=n + 1, CopySource=source,
                                      CopySourceRange=part, **up)[
                                          "CopyPartResult"]["ETag"]
                for n, part in enumerate((f"bytes=0-{PART - 1}",
                                          f"bytes={PART + 2}-{PART + 5}"))]
        boto.complete_multipart_upload(MultipartUpload={"Parts": [
            {"PartNumber": n + 1, "ETag": tag}
            for n, tag in enumerate(tags)]}, **up)
        got = boto.get_object(Bucket=bucket, Key="to")["Body"].read()
        assert got == b"x" * PART + b"2345"

    def test_730_33_files(self, boto, bucket, tmp_path):
        """What boto3 makes of upload_file: parts at the same time."""
        data = bytes(range(256)) * 40 * 1024  # 10 MB
        (tmp_path / "in").write_bytes(data + b"!")
        boto.upload_file(str(tmp_path / "in"), bucket, "file")
        boto.download_file(bucket, "file", str(tmp_path / "out"))
        assert (tmp_path / "out").read_bytes() == data + b"!"


class TestKeys:
    def test_730_40_roles(self, httpd, boto, bucket):
        put(boto, bucket, "k")
        reader = s3.Key(httpd, "--role", "read").boto()
        assert reader.get_object(Bucket=bucket, Key="k")["Body"].read() == TEXT
        reader.list_objects_v2(Bucket=bucket)
        denied = (403, "AccessDenied")
        here = {"Bucket": bucket, "Key": "k"}
        assert s3.refusal(reader.put_object, Body=b"x", **here) == denied
        assert s3.refusal(reader.delete_object, **here) == denied
        assert s3.refusal(reader.create_multipart_upload, **here) == denied
        assert s3.refusal(reader.copy_object, CopySource=here, **here) == denied
        assert s3.refusal(reader.delete_objects, Bucket=bucket, Delete={
            "Objects": [{"Key": "k"}]}) == denied
        assert s3.refusal(reader.create_bucket, Bucket="b730-no") == denied
        writer = s3.Key(httpd, "--role", "deploy").boto()
        writer.put_object(Body=b"x", **here)

    def test_730_41_limited_to_buckets(self, httpd, boto, bucket):
        put(boto, bucket, "k")
        other = f"b730-{next(NUMBERS)}"
        mine = s3.Key(httpd, "--role", "deploy", "--bucket", other).boto()
        mine.create_bucket(Bucket=other)
        put(mine, other, "k")
        assert [b["Name"] for b in mine.list_buckets()["Buckets"]] == [other]
        denied = (403, "AccessDenied")
        theirs = {"Bucket": bucket, "Key": "k"}
        assert s3.refusal(mine.get_object, **theirs) == denied
        assert s3.refusal(mine.put_object, Body=b"x", **theirs) == denied
        assert s3.refusal(mine.list_objects_v2, Bucket=bucket) == denied
        assert s3.refusal(mine.delete_bucket, Bucket=bucket) == denied
        assert s3.refusal(mine.create_bucket, Bucket="b730-no") == denied
        assert s3.refusal(mine.copy_object, Bucket=other, Key="x",
                          CopySource=theirs) == denied
        up = {"Bucket": other, "Key": "up"}
        up["UploadId"] = mine.create_multipart_upload(**up)["UploadId"]
        assert s3.refusal(mine.upload_part_copy, PartNumber=1,
                          CopySource=theirs, **up) == denied
        mine.abort_multipart_upload(**up)
        empty(mine, other)
        mine.delete_bucket(Bucket=other)

    def test_730_42_end_of_a_key(self, httpd, bucket):
        """Revoked: at once. A token that is no S3 key is none."""
        key = s3.Key(httpd, "--role", "read")
        boto = key.boto()
        boto.list_objects_v2(Bucket=bucket)
        key.revoke()
        unknown = (403, "InvalidAccessKeyId")
        assert s3.refusal(boto.list_objects_v2, Bucket=bucket) == unknown
        made = json.loads(httpd.wfpctl("--json", "token", "create", "--role",
                                       "admin").stdout)
        key.id, key.secret = made["id"], made["token"]
        assert s3.refusal(key.boto().list_buckets) == unknown
        key.secret = hashlib.sha256(made["token"].encode()).hexdigest()
        assert s3.refusal(key.boto().list_buckets) == unknown

    def test_730_43_keys_by_the_api(self, httpd, client, bucket):
        """One that is made by REST, and after the server's key was rotated."""
        api = Api(httpd, client)
        made = api.ok("POST", f"{api.account}/tokens", {
            "name": "s3", "role": "read", "s3": True, "buckets": [bucket]})
        key = s3.Key.__new__(s3.Key)
        key.httpd, key.id = httpd, made["access_key_id"]
        key.secret = made["secret_access_key"]
        key.boto().list_objects_v2(Bucket=bucket)
        httpd.wfpctl("key", "rotate")
        key.boto().list_objects_v2(Bucket=bucket)
        httpd.wfpctl("key", "prune")
        key.boto().list_objects_v2(Bucket=bucket)
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")
        assert s3.refusal(key.boto().list_objects_v2, Bucket=bucket) == \
            (403, "InvalidAccessKeyId")

    def test_730_44_audit(self, httpd, client, boto, bucket, key):
        api = Api(httpd, client)
        put(boto, bucket, "k1")
        boto.delete_object(Bucket=bucket, Key="k1")
        rows = api.ok("GET", f"{api.account}/audit?limit=3")
        assert [(row["action"], row["actor"]["id"], row["actor"]["source"],
                 row["object"]["name"], row["details"]) for row in rows[:2]] \
            == [("delete_object", key.id, "s3", bucket, {"key": "k1"}),
                ("put_object", key.id, "s3", bucket, {"key": "k1"})]


class TestPlaces:
    def test_730_50_below_a_location(self, key, bucket):
        boto = key.boto("/s3")
        boto.put_object(Bucket=bucket, Key="a/b c", Body=TEXT)
        assert boto.get_object(Bucket=bucket, Key="a/b c")["Body"].read() == TEXT
        assert bucket in [b["Name"] for b in boto.list_buckets()["Buckets"]]
        url = boto.generate_presigned_url("get_object", Params={
            "Bucket": bucket, "Key": "a/b c"})
        path = url.split(str(key.httpd.port), 1)[1]
        assert Client(key.httpd.port).get(path).body == TEXT

    def test_730_51_the_bucket_in_the_host(self, key, boto, bucket):
        put(boto, bucket, "a/b c")
        raw = key.raw()
        raw.host = f"{bucket}.s3.test:{key.httpd.port}"
        assert raw.ask("GET", "/a/b%20c").body == TEXT
        assert "<Key>a/b c</Key>" in raw.ask("GET", "/?list-type=2").text
        raw.host = "s3.test"
        assert raw.ask("GET", f"/{bucket}/a/b%20c").body == TEXT

    def test_730_53_documents_run_no_scripts(self, key, boto, bucket):
        """What is of the same origin, perhaps the admin page, is not theirs."""
        boto.put_object(Bucket=bucket, Key="k", Body=TEXT,
                        ContentType="text/html")
        path = boto.generate_presigned_url("get_object", Params={
            "Bucket": bucket, "Key": "k"}).split(str(key.httpd.port), 1)[1]
        got = key.raw().client.get(path, host=key.raw().host)
        assert got.body == TEXT
        assert got.get("Content-Security-Policy") == "sandbox"
        path = boto.generate_presigned_url("get_object", Params={
            "Bucket": bucket, "Key": "k", "ResponseContentType": "a/svg+xml"}
            ).split(str(key.httpd.port), 1)[1]
        got = key.raw().client.get(path, host=key.raw().host)
        assert got.get("Content-Security-Policy") == "sandbox"

    def test_730_52_presigned(self, key, boto, bucket):
        client = key.raw().client

        def path(method, **options):
            url = boto.generate_presigned_url(
                method, Params={"Bucket": bucket, "Key": "a b+ü", **options},
                ExpiresIn=60)
            return url.split(str(key.httpd.port), 1)[1]
        host = {"host": key.raw().host}
        assert client.request("PUT", path("put_object"), body=TEXT,
                              **host).status == 200
        got = client.get(path("get_object", ResponseContentType="x/y"), **host)
        assert (got.body, got.get("Content-Type")) == (TEXT, "x/y")
        assert client.request("HEAD", path("head_object"), **host).status == 200
        assert client.request("DELETE", path("delete_object"),
                              **host).status == 204
        assert s3.code_of(client.get(path("get_object"), **host)) == \
            (404, "NoSuchKey")

    def test_730_53_http2(self, key, boto, bucket):
        put(boto, bucket, "k")
        raw = key.raw()
        signed = [word for pair in raw.sign("GET", f"/{bucket}/k")
                  for word in ("-H", ": ".join(pair))]
        got = raw.client.h2(f"/{bucket}/k", *signed, host=raw.host)
        assert (got.status, got.body) == (200, TEXT)

    def test_730_54_the_example(self, httpd, key):
        """docs/api/s3.md's."""
        page = pathlib.Path(__file__).resolve().parents[2] / "docs/api/s3.md"
        text = page.read_text().split("```python\n")[1].split("```")[0]
        done = subprocess.run(
            [sys.executable, "-c", text], text=True, capture_output=True,
            check=False, env={
                **os.environ, "S3_KEY": key.id, "S3_SECRET": key.secret,
                "S3_ENDPOINT": f"http://{s3.ADDRESS}:{httpd.port}"})
        assert done.stdout == "a/b.txt 5\nb'hello'\n", done
