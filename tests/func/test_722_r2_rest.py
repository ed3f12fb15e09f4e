# SPDX-License-Identifier: Apache-2.0
"""R2 buckets and their objects by the REST API."""

import hashlib
import json
import uuid

import pytest

from wfptest.api import LOCATION, Api

pytestmark = pytest.mark.one_mpm
HELLO = "5d41402abc4b2a76b9719d911017c592"


@pytest.fixture
def api(httpd, client):
    httpd.configure(LOCATION)
    return Api(httpd, client)


@pytest.fixture
def all_of_them(api):
    return f"{api.account}/r2/buckets"


@pytest.fixture
def name():
    return f"b-{uuid.uuid4()}"


@pytest.fixture
def bucket(api, all_of_them, name):
    """The path of a bucket."""
    api.ok("POST", all_of_them, {"name": name})
    path = f"{all_of_them}/{name}"
    yield path
    for each in api.ok("GET", f"{path}/objects"):
        api.ok("DELETE", f"{path}/objects/{quote(each['key'])}")
    api.ok("DELETE", path)


def quote(key):
    return "".join(f"%{byte:02X}" for byte in key.encode())


def put(api, bucket, key, data=b"hello", headers=()):
    return api.ok("PUT", f"{bucket}/objects/{key}", data, headers=headers)


def get(api, bucket, key, headers=()):
    return api.get(f"{bucket}/objects/{key}", raw=True, headers=headers)


def keys(api, bucket, query=""):
    return [each["key"] for each in api.ok("GET", f"{bucket}/objects{query}")]


class TestBuckets:
    def test_722_01_life(self, api, all_of_them, name):
        made = api.ok("POST", all_of_them, json.dumps(
            {"name": name, "locationHint": "weur"}).encode(),
            headers=[("Content-Type", "text/plain;charset=UTF-8")])
        assert made["name"] == name and made["storage_class"] == "Standard"
        assert api.ok("GET", f"{all_of_them}/{name}") == made
        assert made in api.ok("GET", all_of_them)["buckets"]
        changed = api.ok("PATCH", f"{all_of_them}/{name}", headers=[
            ("cf-r2-storage-class", "InfrequentAccess")])
        assert changed == {**made, "storage_class": "InfrequentAccess"}
        assert put(api, f"{all_of_them}/{name}", "k")["storage_class"] == (
            "InfrequentAccess")
        assert api.refused("DELETE", f"{all_of_them}/{name}") == (409, 10008)
        api.ok("DELETE", f"{all_of_them}/{name}/objects/k")
        assert api.ok("DELETE", f"{all_of_them}/{name}") == {}
        for method in ("GET", "DELETE"):
            assert api.refused(method, f"{all_of_them}/{name}") == (404, 10006)

    @pytest.mark.parametrize("bad", [
        "ab", "x" * 64, "Upper", "under_score", "-a-b", "a-b-", "a.b", "",
        "a/b", "ä-ö", 7, None])
    def test_722_02_names(self, api, all_of_them, bad):
        assert api.refused("POST", all_of_them, {"name": bad}) == (400, 10005)

    def test_722_03_refusals(self, api, all_of_them, bucket, name):
        assert api.refused("POST", all_of_them, {"name": name}) == (409, 10004)
        assert api.refused("POST", all_of_them, {
            "name": "abc", "storageClass": "Cold"}) == (400, 10012)
        assert api.refused("PATCH", bucket) == (400, 10012)
        assert api.refused("GET", bucket, headers=[
            ("cf-r2-jurisdiction", "eu")]) == (400, 10012)
        assert api.ok("GET", bucket, headers=[
            ("cf-r2-jurisdiction", "default")])["name"] == name
        assert api.refused("GET", f"{bucket}/lifecycle") == (404, 10501)

    def test_722_04_list(self, api, all_of_them):
        word = f"l{uuid.uuid4().hex[:8]}"
        made = [f"{word}-{c}" for c in "abcde"]
        for each in made:
            api.ok("POST", all_of_them, {"name": each})

        def page(query):
            answer = api.get(f"{all_of_them}?name_contains={word}&{query}")
            return ([b["name"] for b in answer.json["result"]["buckets"]],
                    answer.json["result_info"]["cursor"])

        assert page("") == (made, "")
        assert page("direction=desc") == (made[::-1], "")
        first, cursor = page("per_page=2")
        assert first == made[:2]
        assert page(f"per_page=2&cursor={cursor}")[0] == made[2:4]
        assert page(f"start_after={made[3]}") == (made[4:], "")
        for each in made:
            api.ok("DELETE", f"{all_of_them}/{each}")


class TestGraphql:
    """How large a bucket is, as wrangler asks it."""

    QUERY = """query getR2StorageMetrics($accountTag: String,
            $filter: R2StorageAdaptiveGroupsFilter_InputObject) {
        viewer { accounts(filter: { accountTag: $accountTag }) {
            r2StorageAdaptiveGroups(limit: 1 filter: $filter
                                    orderBy: [datetime_DESC]) {
                max { objectCount payloadSize metadataSize }
                dimensions { datetime %s } } } } }"""

    def ask(self, api, name, more=""):
        return api.call("POST", "/graphql", {
            "query": self.QUERY % more, "operationName": "getR2StorageMetrics",
            "variables": {"accountTag": api.account.split("/")[-1],
                          "filter": {"datetime_geq": "2026-01-01T00:00:00.000Z",
                                     "bucketName": name}}}, raw=True)

    def groups(self, api, name, more=""):
        answer = self.ask(api, name, more)
        assert answer.status == 200 and answer.json["errors"] is None
        account, = answer.json["data"]["viewer"]["accounts"]
        return account["r2StorageAdaptiveGroups"]

    def test_722_40_how_large_it_is(self, api, bucket, name):
        assert self.groups(api, name)[0]["max"] == {
            "objectCount": 0, "payloadSize": 0, "metadataSize": 0}
        put(api, bucket, "a")
        put(api, bucket, "b", b"12345678")
        group, = self.groups(api, name, "bucketName")
        assert group["max"] == {
            "objectCount": 2, "payloadSize": 13, "metadataSize": 0}
        assert group["dimensions"]["bucketName"] == name
        assert self.groups(api, "no-such-bucket") == []

    def test_722_41_what_else_is_asked(self, api, bucket, name):
        for of in (name, "no-such-bucket"):
            answer = self.ask(api, of, "storageClass")
            assert answer.json["data"] is None
            assert "max with objectCount" in answer.json["errors"][0]["message"]
        answer = self.ask(api, None)
        assert "bucketName is needed" in answer.json["errors"][0]["message"]
        limited, _ = api.with_token("--role", "admin", "--namespace", "demo")
        assert limited.refused("POST", "/graphql", {"query": "{ x }"})[0] == 403


class TestObjects:
    def test_722_05_bytes_in_and_out(self, api, bucket):
        for data in (b"hello", b"", bytes(range(256)) * 5000):
            done = put(api, bucket, "k", data)
            assert done["etag"] == hashlib.md5(data).hexdigest()
            assert done["size"] == str(len(data)) and done["key"] == "k"
            got = get(api, bucket, "k")
            assert (got.status, got.body) == (200, data)
            assert got.get("ETag") == f'"{done["etag"]}"'
            assert got.get("Content-Length") == str(len(data))
        assert get(api, bucket, "none").json["errors"][0]["code"] == 10007

    def test_722_06_headers(self, api, bucket):
        put(api, bucket, "k", headers=[
            ("Content-Type", "text/html"), ("Content-Language", "de"),
            ("Content-Disposition", "attachment"), ("Cache-Control", "public"),
            ("Expires", "Sun, 09 Sep 2001 01:46:40 GMT"),
            ("cf-r2-data-catalog-check", "true"),
            ("cf-r2-storage-class", "InfrequentAccess")])
        got = get(api, bucket, "k")
        assert got.get("Content-Type") == "text/html"
        assert got.get("Content-Language") == "de"
        assert got.get("Content-Disposition") == "attachment"
        assert got.get("Cache-Control") == "no-store"
        assert got.get("X-Content-Type-Options") == "nosniff"
        assert got.get("Last-Modified")
        one = api.ok("GET", f"{bucket}/objects")[0]
        assert one["http_metadata"] == {
            "contentType": "text/html", "contentLanguage": "de",
            "contentDisposition": "attachment", "cacheControl": "public",
            "cacheExpiry": "2001-09-09T01:46:40Z"}
        assert one["storage_class"] == "InfrequentAccess"
        assert get(api, bucket, "k", [("Accept", "text/html")]).body == b"hello"

    @pytest.mark.parametrize("kind, runs", [
        ("text/html", True), ("Text/HTML; charset=utf-8", True),
        ("image/svg+xml", True), ("application/xhtml+xml", True),
        ("text/xml", True), ("application/xml;x", True), ("text/plain", False),
        ("application/pdf", False), ("image/png", False)])
    def test_722_10_documents_run_no_scripts(self, api, bucket, kind, runs):
        """The admin page may be of the same origin."""
        put(api, bucket, "k", headers=[("Content-Type", kind)])
        assert get(api, bucket, "k").get("Content-Security-Policy") == (
            "sandbox" if runs else None)

    def test_722_07_head(self, api, bucket):
        put(api, bucket, "k")
        got = api.call("HEAD", f"{bucket}/objects/k", raw=True)
        assert (got.status, got.body) == (200, b"")
        assert got.get("Content-Length") == "5"

    @pytest.mark.parametrize("key", [
        "a b", "ä/€", "dir/", "dir//x", "%", "a?b#c", "../../etc/passwd",
        "k" * 1024, "objects/objects", "a+b", "a\nb"])
    def test_722_08_keys(self, api, bucket, key):
        path = f"{bucket}/objects/{quote(key)}"
        api.ok("PUT", path, key.encode())
        assert get(api, bucket, quote(key)).body == key.encode()
        assert keys(api, bucket) == [key]
        assert api.ok("DELETE", path) == {"key": key}
        assert api.ok("DELETE", path) == {"key": key}

    def test_722_09_plain_slashes(self, api, bucket):
        put(api, bucket, "a/b/c", b"1")
        put(api, bucket, "a/b/", b"2")
        assert get(api, bucket, "a%2Fb%2Fc").body == b"1"
        assert get(api, bucket, "a/b/").body == b"2"
        assert keys(api, bucket) == ["a/b/", "a/b/c"]

    @pytest.mark.parametrize("key", ["%FF", "%00", "k" * 1025])
    def test_722_10_bad_keys(self, api, bucket, key):
        for method in ("GET", "PUT", "DELETE"):
            answer = api.call(method, f"{bucket}/objects/{key}", b"x",
                              raw=True)
            assert answer.status in (400, 404), answer
        assert keys(api, bucket) == []

    def test_722_11_no_bucket(self, api, all_of_them):
        for method in ("GET", "PUT", "DELETE"):
            assert api.refused(method, f"{all_of_them}/no-such/objects/k",
                               b"x") == (404, 10006)
        assert api.refused("GET", f"{all_of_them}/no-such/objects") == (
            404, 10006)

    def test_722_12_conditions(self, api, bucket):
        etag = f'"{put(api, bucket, "k")["etag"]}"'
        same = get(api, bucket, "k", [("If-None-Match", etag)])
        assert (same.status, same.body) == (304, b"")
        assert get(api, bucket, "k", [("If-None-Match", '"x"')]).status == 200
        late = "Fri, 01 Jan 2100 00:00:00 GMT"
        early = "Sat, 01 Jan 2000 00:00:00 GMT"
        assert get(api, bucket, "k", [("If-Modified-Since", late)]
                   ).status == 304
        assert get(api, bucket, "k", [("If-Modified-Since", early)]
                   ).status == 200
        assert get(api, bucket, "k", [("If-Match", etag)]).status == 200
        assert get(api, bucket, "k", [("If-Match", '"x"')]).status == 412
        assert get(api, bucket, "k", [("If-Unmodified-Since", early)]
                   ).status == 412
        path = f"{bucket}/objects/k"
        assert api.refused("PUT", path, b"other", headers=[
            ("If-None-Match", "*")]) == (412, 10031)
        assert api.refused("PUT", path, b"other", headers=[
            ("If-Match", '"x"')]) == (412, 10031)
        assert get(api, bucket, "k").body == b"hello"
        put(api, bucket, "k", b"other", [("If-Match", etag)])
        assert get(api, bucket, "k").body == b"other"

    def test_722_13_ranges(self, api, bucket):
        put(api, bucket, "k", b"0123456789")
        for text, want, where in (("bytes=2-4", b"234", "2-4"),
                                  ("bytes=7-", b"789", "7-9"),
                                  ("bytes=-2", b"89", "8-9"),
                                  ("bytes=8-99", b"89", "8-9")):
            got = get(api, bucket, "k", [("Range", text)])
            assert (got.status, got.body) == (206, want)
            assert got.get("Content-Range") == f"bytes {where}/10"
        assert api.refused("GET", f"{bucket}/objects/k", headers=[
            ("Range", "bytes=10-")]) == (416, 10039)
        for text in ("bytes=1-2,4-5", "lines=1-2", "bytes=x"):
            assert get(api, bucket, "k", [("Range", text)]).status == 200


class TestList:
    def test_722_14_pages(self, api, bucket):
        made = sorted(f"d{i % 3}/{i:02d}" for i in range(20))
        for each in made:
            put(api, bucket, quote(each), b"")
        assert keys(api, bucket) == made
        assert keys(api, bucket, "?prefix=d1/") == [
            k for k in made if k.startswith("d1/")]
        found, cursor = [], ""
        while True:
            answer = api.get(f"{bucket}/objects?per_page=7&cursor={cursor}")
            info = answer.json["result_info"]
            found += [o["key"] for o in answer.json["result"]]
            cursor = info["cursor"]
            assert info["is_truncated"] is bool(cursor)
            if not cursor:
                break
        assert found == made
        folders = api.get(f"{bucket}/objects?delimiter=/").json
        assert folders["result"] == []
        assert folders["result_info"]["delimited"] == ["d0/", "d1/", "d2/"]
        assert keys(api, bucket, "?start_after=d2/1") == [
            k for k in made if k > "d2/1"]

    def test_722_15_refusals(self, api, bucket):
        for query in ("per_page=0", "per_page=1001", "per_page=x",
                      "cursor=xyz", "prefix=" + "p" * 1025):
            assert api.refused("GET", f"{bucket}/objects?{query}")[0] == 400


class TestRights:
    def test_722_16_roles(self, api, bucket):
        read, _ = api.with_token("--role", "read", "--name", "r")
        put(api, bucket, "k")
        assert get(read, bucket, "k").body == b"hello"
        for method, path in (("PUT", f"{bucket}/objects/k"),
                             ("DELETE", f"{bucket}/objects/k"),
                             ("DELETE", bucket), ("PATCH", bucket)):
            assert read.refused(method, path, b"x") == (403, 10000)
        limited, _ = api.with_token("--role", "deploy", "--name", "d",
                                    "--namespace", "demo")
        assert limited.refused("GET", f"{bucket}/objects/k")[0] == 403

    def test_722_17_audit(self, api, bucket, name):
        put(api, bucket, "k1")
        api.ok("DELETE", f"{bucket}/objects/k1")
        told = [(row["action"], row["details"].get("key"))
                for row in api.ok("GET", f"{api.account}/audit")
                if row["object"]["name"] == name]
        assert told[:3] == [("delete_object", "k1"), ("put_object", "k1"),
                            ("create", None)]


class TestBodies:
    def test_722_18_chunked(self, api, bucket):
        pieces = [bytes([i]) * 50000 for i in range(30)]
        answer = api.client.request(
            "PUT", f"{api.base}{bucket}/objects/k", body=iter(pieces),
            headers=[("Authorization", f"Bearer {api.token}")])
        assert answer.status == 200
        assert get(api, bucket, "k").body == b"".join(pieces)

    def test_722_19_half_a_body(self, api, bucket):
        conn = api.client.connection()
        conn.putrequest("PUT", f"{api.base}{bucket}/objects/half",
                        skip_host=True)
        for field in (("Host", "x"), ("Authorization", f"Bearer {api.token}"),
                      ("Content-Length", "1000000")):
            conn.putheader(*field)
        conn.endheaders()
        conn.send(b"x" * 300000)
        conn.close()
        assert keys(api, bucket) == []

    def test_722_20_larger_than_json(self, api, bucket):
        """No bound of the API's own JSON bodies holds for an object."""
        data = bytes(range(256)) * 100000
        put(api, bucket, "k", data)
        assert get(api, bucket, "k").body == data


class TestMany:
    def test_722_50_delete_many(self, api, bucket):
        for key in ("a", "b", "c%2Fd", "e"):
            put(api, bucket, key)
        path = f"{bucket}/objects"
        assert api.ok("DELETE", path, ["a", "c/d", "not there"]) == {"keys": 3}
        assert keys(api, bucket) == ["b", "e"]
        row = api.ok("GET", f"{api.account}/audit?limit=1")[0]
        assert row["action"] == "delete_objects"
        assert row["details"] == {"keys": 3}
        assert api.ok("DELETE", path, ["b"]) == {"keys": 1}
        row = api.ok("GET", f"{api.account}/audit?limit=1")[0]
        assert row["action"] == "delete_object"
        assert row["details"] == {"key": "b"}
        assert keys(api, bucket) == ["e"]

    def test_722_51_refusals(self, api, bucket, all_of_them):
        put(api, bucket, "kept")
        path = f"{bucket}/objects"
        for body in ([], {}, "kept", 7, ["x"] * 1001):
            assert api.refused("DELETE", path, body) == (400, 10012)
        assert api.refused("DELETE", path) == (400, 10012)
        for body in ([7], [""], ["kept", None], ["x" * 1025]):
            assert api.refused("DELETE", path, body) == (400, 10020)
        assert keys(api, bucket) == ["kept"]
        assert api.refused("DELETE", f"{all_of_them}/not-there/objects",
                           ["k"]) == (404, 10006)
        made = api.ok("POST", f"{api.account}/tokens",
                      {"name": "reader", "role": "read"})
        reader = Api(api.httpd, api.client, made["value"])
        assert reader.refused("DELETE", path, ["kept"])[0] == 403
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")

    def test_722_52_steps_of_a_path(self, api, bucket):
        """Keys that no path can name."""
        for key in (".", ".."):
            up = api.ok("POST", f"{bucket}/uploads", {"key": key})["uploadId"]
            part = api.ok("PUT", f"{bucket}/uploads/{up}/1?key={key}", b"x")
            api.ok("POST", f"{bucket}/uploads/{up}",
                   {"key": key, "parts": [part]})
        assert keys(api, bucket) == [".", ".."]
        api.ok("DELETE", f"{bucket}/objects", [".", ".."])
        assert keys(api, bucket) == []


class TestParts:
    SIZE = 5 << 20

    def begin(self, api, bucket, key="big", **more):
        made = api.ok("POST", f"{bucket}/uploads", {"key": key, **more})
        assert made["key"] == key
        return f"{bucket}/uploads/{made['uploadId']}"

    def part(self, api, upload, number, data, key="big"):
        made = api.ok("PUT", f"{upload}/{number}?key={quote(key)}", data)
        assert made == {"partNumber": number,
                        "etag": hashlib.md5(data).hexdigest()}
        return made

    def test_722_60_parts_of_one(self, api, bucket):
        key = "a/b & c%"
        up = self.begin(api, bucket, key, storageClass="InfrequentAccess",
                        httpMetadata={"contentType": "text/x-try"})
        assert keys(api, bucket) == []
        last = self.part(api, up, 2, b"end", key)
        self.part(api, up, 1, b"x" * self.SIZE, key)
        first = self.part(api, up, 1, b"y" * self.SIZE, key)
        done = api.ok("POST", up, {"key": key, "parts": [first, last]})
        assert done["key"] == key and done["size"] == str(self.SIZE + 3)
        assert done["storage_class"] == "InfrequentAccess"
        got = get(api, bucket, quote(key))
        assert got.body == b"y" * self.SIZE + b"end"
        assert got.get("Content-Type") == "text/x-try"
        row = api.ok("GET", f"{api.account}/audit?limit=1")[0]
        assert row["action"] == "put_object"
        assert row["details"]["key"] == key
        # it is over
        assert api.refused("POST", up, {"key": key, "parts": [
            first, last]}) == (400, 10012)

    def test_722_61_given_up(self, api, bucket):
        up = self.begin(api, bucket)
        self.part(api, up, 1, b"x")
        assert api.ok("DELETE", f"{up}?key=big") == {}
        assert api.refused("PUT", f"{up}/2?key=big", b"x") == (400, 10012)
        assert keys(api, bucket) == []

    def test_722_62_refusals(self, api, bucket, all_of_them):
        uploads = f"{bucket}/uploads"
        for body in ({}, {"key": ""}, {"key": 7}, {"key": "x" * 1025}):
            assert api.refused("POST", uploads, body) == (400, 10020)
        assert api.refused("POST", uploads, {
            "key": "k", "storageClass": "Cold"}) == (400, 10012)
        assert api.refused("POST", uploads, {"key": "k", "httpMetadata": {
            "contentType": "a\nb"}})[0] == 400
        assert api.refused("POST", f"{all_of_them}/not-there/uploads",
                           {"key": "k"}) == (404, 10006)
        up = self.begin(api, bucket)
        for number in ("0", "10001", "x", "-1", "1x", "99999999999"):
            assert api.refused("PUT", f"{up}/{number}?key=big", b"x") == (
                400, 10012)
        assert api.refused("PUT", f"{up}/1", b"x") == (400, 10020)
        assert api.refused("DELETE", up) == (400, 10020)
        # one key's upload is no other's, one bucket's no other's
        assert api.refused("PUT", f"{up}/1?key=other", b"x") == (400, 10012)
        one = self.part(api, up, 1, b"x")
        for parts in ([], 7, [7], [{}], [{"partNumber": 1}],
                      [{"partNumber": 2, "etag": one["etag"]}],
                      [{"partNumber": 1, "etag": "other"}], [one, one]):
            assert api.refused("POST", up, {"key": "big", "parts": parts}) == (
                400, 10012)
        assert keys(api, bucket) == []
        api.ok("DELETE", f"{up}?key=big")

    def test_722_63_roles(self, api, bucket):
        made = api.ok("POST", f"{api.account}/tokens",
                      {"name": "reader", "role": "read"})
        reader = Api(api.httpd, api.client, made["value"])
        up = self.begin(api, bucket)
        assert reader.refused("POST", f"{bucket}/uploads",
                              {"key": "k"})[0] == 403
        assert reader.refused("PUT", f"{up}/1?key=big", b"x")[0] == 403
        assert reader.refused("POST", up, {})[0] == 403
        assert reader.refused("DELETE", f"{up}?key=big")[0] == 403
        api.ok("DELETE", f"{up}?key=big")
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")
