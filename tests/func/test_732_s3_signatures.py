# SPDX-License-Identifier: Apache-2.0
"""The S3 endpoint against those who have no key, or not this one."""

import base64
import hashlib
import hmac
import re
import socket
import time
import urllib.parse
import zlib

import pytest
from wfptest import s3

pytestmark = pytest.mark.one_mpm

BUCKET = "b732"
TEXT = b"0123456789" * 100
EMPTY = hashlib.sha256(b"").hexdigest()
SIGNATURE = (403, "SignatureDoesNotMatch")
DENIED = (403, "AccessDenied")
MALFORMED = (400, "AuthorizationHeaderMalformed")


@pytest.fixture(scope="module")
def key(httpd):
    httpd.configure(s3.lines(httpd))
    made = s3.Key(httpd, "--role", "admin")
    made.raw().ask("PUT", f"/{BUCKET}")
    yield made
    boto = made.boto()
    for each in boto.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        boto.delete_object(Bucket=BUCKET, Key=each["Key"])
    boto.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def raw(key):
    """Requests, and an object that must stay as it is."""
    made = key.raw()
    assert made.ask("PUT", f"/{BUCKET}/k", TEXT).status == 200
    yield made
    assert made.ask("GET", f"/{BUCKET}/k").body == TEXT
    assert made.ask("GET", f"/{BUCKET}/new").status == 404


def changed(headers, name, change):
    return [(k, change(v) if k.lower() == name.lower() else v)
            for k, v in headers]


def without(headers, name):
    return [(k, v) for k, v in headers if k.lower() != name.lower()]


class TestHeaders:
    def test_732_01_no_signature(self, raw):
        target = f"/{BUCKET}/k"
        assert s3.code_of(raw.send("GET", target)) == DENIED
        assert s3.code_of(raw.send("PUT", target, b"x")) == DENIED
        assert s3.code_of(raw.send("DELETE", target)) == DENIED
        assert s3.code_of(raw.send("GET", "/")) == DENIED
        for word in ("", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "Basic eDp5",
                     "Bearer " + raw.key.token, "AWS4-ECDSA-P256-SHA256 x=y",
                     f"AWS {raw.key.id}:c2ln"):
            got = s3.code_of(raw.send("GET", target,
                                      headers=[("Authorization", word)]))
            assert got[0] in (400, 403), word

    @pytest.mark.parametrize("method, target", [
        ("GET", "/{B}/k2"), ("GET", "/{B}/K"), ("PUT", "/{B}/k"),
        ("DELETE", "/{B}/k"), ("HEAD", "/{B}/k"), ("GET", "/{B}/k/"),
        ("GET", "/{B}//k"), ("GET", "/{B}/./k"), ("GET", "/{B}/k?acl"),
        ("GET", "/{B}/k?x-id=GetObject"), ("GET", "/{B}"), ("GET", "/"),
        ("GET", "/{B}/k?response-content-type=text/html")])
    def test_732_02_another_request(self, raw, method, target):
        signed = raw.sign("GET", f"/{BUCKET}/k")
        got = raw.send(method, target.replace("{B}", BUCKET), headers=signed)
        assert got.status == 403
        if method != "HEAD":
            assert s3.code_of(got) == SIGNATURE

    def test_732_03_other_headers(self, raw):
        put = raw.sign("PUT", f"/{BUCKET}/new", TEXT,
                       [("x-amz-meta-a", "1"), ("Content-Type", "text/plain")])

        def sent(headers, host=None):
            raw_host, raw.host = raw.host, host or raw.host
            try:
                return s3.code_of(raw.send("PUT", f"/{BUCKET}/new", TEXT,
                                           headers))
            finally:
                raw.host = raw_host
        assert sent(changed(put, "x-amz-meta-a", lambda v: "2")) == SIGNATURE
        assert sent(without(put, "x-amz-meta-a")) == SIGNATURE
        assert sent(changed(put, "Content-Type", lambda v: "text/html")) == \
            SIGNATURE
        assert sent(put, host="other.example") == SIGNATURE
        # one more that S3 acts on
        for name, value in (("x-amz-meta-b", "1"), ("X-Amz-Acl", "private"),
                            ("x-amz-copy-source", f"/{BUCKET}/k"),
                            ("x-amz-storage-class", "STANDARD_IA")):
            assert sent([*put, (name, value)]) == DENIED
        assert sent([*put, ("x-amz-meta-a", "2")]) == SIGNATURE

    def test_732_04_parts_of_the_authorization(self, raw):
        signed = raw.sign("GET", f"/{BUCKET}/k")

        def sent(*change):
            return s3.code_of(raw.send("GET", f"/{BUCKET}/k", headers=changed(
                signed, "Authorization", lambda v: re.sub(*change, v))))
        flip = {"0": "1"}
        assert sent(r"Signature=(.)", lambda m: "Signature="
                    + flip.get(m[1], "0")) == SIGNATURE
        assert sent(r"/auto/", "/eu-west-1/") == SIGNATURE
        assert sent(r"/s3/", "/ec2/") == MALFORMED
        assert sent(r"aws4_request", "aws4") == MALFORMED
        assert sent(r"host;", "") == MALFORMED
        assert sent(r"Signature=.*", "Signature=") == MALFORMED
        assert sent(r"Signature=.*", "Signature=" + "0" * 63) == MALFORMED
        assert sent(r"Signature=(.*)", r"Signature=\1, Signature=\1") == \
            MALFORMED
        assert sent(r"Credential=\w+/", "Credential=" + "0" * 32 + "/") == \
            (403, "InvalidAccessKeyId")
        for name in ("", "x" * 5000, "' OR 1=1 --", raw.key.id.upper(), "%00"):
            assert sent(r"Credential=\w+/", f"Credential={name}/")[0] in \
                (400, 403)
        assert sent(r"Credential=(\w+)/\d+/", r"Credential=\1/20200101/") == \
            MALFORMED
        assert sent(r"SignedHeaders=[^,]*", "SignedHeaders=" + ";".join(
            f"h{n:03}" for n in range(500)) + ";host")[0] == 400

    def test_732_05_times(self, raw):
        target = f"/{BUCKET}/k"
        for when in (-20 * 60, 20 * 60, -86400):
            assert s3.code_of(raw.ask("GET", target, when=when)) == \
                (403, "RequestTimeTooSkewed")
        for when in (-10 * 60, 10 * 60):
            assert raw.ask("GET", target, when=when).status == 200
        signed = raw.sign("GET", target)
        for text in ("", "now", "20260101", "20261301T000000Z",
                     "2026-01-01T00:00Z", "9" * 16):
            got = s3.code_of(raw.send("GET", target, headers=changed(
                signed, "X-Amz-Date", lambda v, text=text: text)))
            assert got[0] in (400, 403), text
        assert s3.code_of(raw.send("GET", target, headers=without(
            signed, "X-Amz-Date"))) == DENIED


def presigned(raw, method="get_object", seconds=60, **options):
    url = raw.key.boto().generate_presigned_url(
        method, Params={"Bucket": BUCKET, "Key": "k", **options},
        ExpiresIn=seconds)
    return url.split(str(raw.key.httpd.port), 1)[1]


class TestQuery:
    def test_732_10_changed(self, raw):
        path = presigned(raw)
        assert raw.send("GET", path).body == TEXT
        for old, new in (("/k?", "/k2?"), ("Expires=60", "Expires=61"),
                         ("Signature=", "Signature=0"),
                         ("host", "host%3Brange"), ("%2Fauto%2F", "%2Fx%2F")):
            assert old in path
            assert s3.code_of(raw.send("GET", path.replace(old, new)))[0] in \
                (400, 403), new
        for more in ("&response-content-type=text/html", "&acl", "&a=b",
                     "&X-Amz-Expires=90", "&x-amz-expires=90"):
            assert s3.code_of(raw.send("GET", path + more))[0] in (400, 403)
        for method in ("PUT", "DELETE", "POST"):
            assert s3.code_of(raw.send(method, path)) == SIGNATURE
        assert s3.code_of(raw.send("GET", path, headers=[
            ("x-amz-meta-a", "1")])) == DENIED
        assert s3.code_of(raw.send("GET", path, headers=[
            ("Authorization", "AWS4-HMAC-SHA256 x=y")])) == \
            (400, "InvalidArgument")

    @pytest.mark.parametrize("seconds", [0, -1, 604801, 10**20])
    def test_732_11_bad_expiry(self, raw, seconds):
        assert s3.code_of(raw.send("GET", presigned(raw, seconds=seconds))) == \
            (400, "AuthorizationQueryParametersError")

    def test_732_12_over_or_not_yet(self, raw):
        # signed by hand: at another time
        for shift, status in ((-59, 200), (-120, 403), (600, 200), (1200, 403)):
            got = raw.send("GET", by_hand(raw, "GET", f"/{BUCKET}/k", shift))
            assert got.status == status, shift
            if status == 403:
                assert s3.code_of(got) == DENIED

    def test_732_13_parts_missing(self, raw):
        path, query = presigned(raw).split("?")
        for left_out in query.split("&"):
            rest = "&".join(p for p in query.split("&") if p != left_out)
            assert s3.code_of(raw.send("GET", f"{path}?{rest}"))[0] in \
                (400, 403), left_out


def by_hand(raw, method, path, shift, seconds=60):
    """A presigned target made here, by the specification alone."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + shift))
    scope = f"{stamp[:8]}/auto/s3/aws4_request"
    query = urllib.parse.urlencode(sorted({
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{raw.key.id}/{scope}", "X-Amz-Date": stamp,
        "X-Amz-Expires": str(seconds), "X-Amz-SignedHeaders": "host"}.items()),
        quote_via=urllib.parse.quote, safe="")
    canonical = f"{method}\n{path}\n{query}\nhost:{raw.host}\n\nhost\n" \
        "UNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n" \
        + hashlib.sha256(canonical.encode()).hexdigest()
    secret = ("AWS4" + raw.key.secret).encode()
    for word in scope.split("/"):
        secret = hmac.new(secret, word.encode(), hashlib.sha256).digest()
    return f"{path}?{query}&X-Amz-Signature=" \
        + hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


class TestBodies:
    def test_732_20_another_body(self, raw):
        target = f"/{BUCKET}/new"
        signed = raw.sign("PUT", target, TEXT)
        assert s3.code_of(raw.send("PUT", target, TEXT[:-1] + b"x", signed)) \
            == (400, "XAmzContentSHA256Mismatch")
        assert s3.code_of(raw.send("PUT", target, TEXT, changed(
            signed, "X-Amz-Content-SHA256", lambda v: EMPTY))) == SIGNATURE
        assert s3.code_of(raw.send("PUT", target, TEXT, changed(
            signed, "X-Amz-Content-SHA256", lambda v: "UNSIGNED-PAYLOAD"))) == \
            SIGNATURE
        for word in ("", "x", "STREAMING-X", "a" * 63, "A" * 64):
            got = s3.code_of(raw.ask("PUT", target, TEXT, payload=word or "-"))
            assert got[0] in (400, 403, 501), word
        assert raw.ask("PUT", f"/{BUCKET}/k", TEXT,
                       payload="UNSIGNED-PAYLOAD").status == 200

    def test_732_21_lengths(self, raw):
        target = f"/{BUCKET}/new"
        signed = raw.sign("PUT", target, b"", payload="UNSIGNED-PAYLOAD")
        signed = without(signed, "Content-Length")
        assert s3.code_of(raw.send("PUT", target, iter([b"abc"]), signed)) == \
            (411, "MissingContentLength")
        assert s3.code_of(raw.send("PUT", target, b"", [
            *signed, ("Content-Length", str(6 << 30))])) == \
            (400, "EntityTooLarge")

    def test_732_22_xml(self, raw):
        target = f"/{BUCKET}?delete"

        def sent(body):
            return s3.code_of(raw.ask("POST", target, body))
        malformed = (400, "MalformedXML")
        entity = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' \
            b"<Delete><Object><Key>&x;</Key></Object></Delete>"
        bomb = b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">' \
            b"]><Delete><Object><Key>&b;</Key></Object></Delete>"
        for body in (b"", b"no", b"<Delete>", b"<Delete/>", entity, bomb,
                     b"<Else><Object><Key>k</Key></Object></Else>",
                     b"<Delete><Object></Object></Delete>",
                     b"<Delete><Object><Key>k</Key></Object>",
                     b"<Delete><Object><Key>k<a/></Key></Object></Delete>",
                     b"<Delete><Key>k</Key></Delete>",
                     b"<a>" * 150 + b"</a>" * 150,
                     b"<a>" * 5000 + b"</a>" * 5000,
                     b"<Delete>" + b"<Object><Key>x</Key></Object>" * 1001
                     + b"</Delete>",
                     b"<Delete><Object><Key>\xff</Key></Object></Delete>",
                     b"<Delete " + b"a='1' " * 300 + b"/>"):
            assert sent(body) == malformed, body[:60]
        assert sent(b"<Delete>" + b" " * (3 << 20) + b"</Delete>") == \
            (400, "EntityTooLarge")
        assert sent(b"<Delete><Object><Key>k</Key><VersionId>1</VersionId>"
                    b"</Object></Delete>") == (501, "NotImplemented")
        # a digest that was promised holds here, too
        good = b"<Delete><Object><Key>zzz</Key></Object></Delete>"
        assert s3.code_of(raw.ask("POST", target, good, [
            ("Content-MD5", base64.b64encode(bytes(16)).decode())])) == \
            (400, "BadDigest")

    def test_732_23_answers_are_escaped(self, raw):
        got = raw.ask("GET", f"/{BUCKET}/%3Cscript%3E%26%22")
        assert s3.code_of(got) == (404, "NoSuchKey")
        assert b"<script>" not in got.body
        got = raw.ask("GET", f"/{BUCKET}?list-type=2&prefix=%3C%5D%5D%3E%01")
        assert "<Prefix>&lt;]]&gt;&#x01;</Prefix>" in got.text
        for name in ("type", "disposition", "language", "encoding"):
            bad = f"/{BUCKET}/k?response-content-{name}=a%0D%0AX-Evil%3A%201"
            got = raw.ask("GET", bad)
            assert s3.code_of(got) == (400, "InvalidArgument")
            assert got.get("X-Evil") is None

    @pytest.mark.parametrize("target", [
        "/{B}/%00", "/{B}/%ff", "/{B}/%c3%28", "/%ff",
        "/{B}?prefix=%ff", "/{B}?prefix=%", "/{B}?a=1&a=2", "/{B}?a=1&A=2",
        "/{B}?" + "&".join(f"p{n}" for n in range(100)), "/{B}/" + "x" * 1025])
    def test_732_24_odd_encodings(self, raw, target):
        target = target.replace("{B}", BUCKET)
        signed = raw.sign("GET", f"/{BUCKET}/k")
        assert s3.code_of(raw.send("GET", target, headers=signed))[0] == 400

    @pytest.mark.parametrize("target", [
        "/{B}/%6b", "/{B}/%6B", "/%62732/k"])
    def test_732_25_the_same_in_other_words(self, raw, target):
        signed = raw.sign("GET", f"/{BUCKET}/k")
        assert raw.send("GET", target.replace("{B}", BUCKET),
                        headers=signed).body == TEXT

    def test_732_26_numbers(self, raw):
        for query in ("max-keys=-1", "max-keys=x", "max-keys=99999999999999999",
                      "max-keys=", "encoding-type=x",
                      "list-type=2&max-keys=1e3"):
            assert s3.code_of(raw.ask("GET", f"/{BUCKET}?{query}")) == \
                (400, "InvalidArgument"), query
        for query in ("partNumber=0&uploadId=x", "partNumber=x&uploadId=x",
                      "partNumber=10001&uploadId=x"):
            assert s3.code_of(raw.ask("PUT", f"/{BUCKET}/new?{query}", b"x")) \
                == (400, "InvalidArgument"), query
        for upload in ("x", "", "../../etc", "0" * 64, "' OR 1=1 --"):
            name = urllib.parse.quote(upload, safe="")
            assert s3.code_of(raw.ask(
                "PUT", f"/{BUCKET}/new?partNumber=1&uploadId={name}", b"x")) \
                == (404, "NoSuchUpload"), upload

    def test_732_27_methods(self, raw):
        for method, target in (("PATCH", f"/{BUCKET}/k"), ("PUT", "/"),
                               ("DELETE", "/"), ("OPTIONS", f"/{BUCKET}")):
            assert s3.code_of(raw.ask(method, target)) == \
                (405, "MethodNotAllowed")
        assert s3.code_of(raw.ask("POST", f"/{BUCKET}", b"form")) == \
            (501, "NotImplemented")


class Chunked:
    """A body in aws-chunked, signed or not."""

    def __init__(self, raw, target, data, size=400, signed=True, trailer=None,
                 word=None):
        self.raw, self.target = raw, target
        self.signed, self.trailer = signed, trailer
        self.chunks = [data[at:at + size]
                       for at in range(0, len(data), size)] + [b""]
        word = word or ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD" if signed
                        else "STREAMING-UNSIGNED-PAYLOAD")
        headers = [("x-amz-decoded-content-length", str(len(data))),
                   ("Content-Encoding", "aws-chunked")]
        if trailer:
            headers.append(("x-amz-trailer", trailer[0]))
            word += "-TRAILER"
        self.headers = without(raw.sign("PUT", target, b"", headers,
                                        payload=word), "Content-Length")
        found = dict((k.lower(), v) for k, v in self.headers)
        self.stamp = found["x-amz-date"]
        self.seed = found["authorization"].rsplit("Signature=")[1]
        self.scope = f"{self.stamp[:8]}/auto/s3/aws4_request"

    def sign(self, text):
        secret = ("AWS4" + self.raw.key.secret).encode()
        for word in self.scope.split("/"):
            secret = hmac.new(secret, word.encode(), hashlib.sha256).digest()
        return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()

    def parts(self):
        """What goes over the line, a list."""
        before, out = self.seed, []
        for chunk in self.chunks:
            head = f"{len(chunk):x}"
            if self.signed:
                before = self.sign("\n".join((
                    "AWS4-HMAC-SHA256-PAYLOAD", self.stamp, self.scope, before,
                    EMPTY, hashlib.sha256(chunk).hexdigest())))
                head += f";chunk-signature={before}"
            out.append(head.encode() + b"\r\n" + chunk
                       + (b"\r\n" if chunk else b""))
        if self.trailer:
            line = ":".join(self.trailer)
            out.append(f"{line}\r\n".encode())
            if self.signed:
                last = self.sign("\n".join((
                    "AWS4-HMAC-SHA256-TRAILER", self.stamp, self.scope, before,
                    hashlib.sha256(f"{line}\n".encode()).hexdigest())))
                out.append(f"x-amz-trailer-signature:{last}\r\n".encode())
        return [*out, b"\r\n"]

    def send(self, parts=None):
        return self.raw.send("PUT", self.target,
                             b"".join(parts or self.parts()), self.headers)


def sums():
    """(header, value) of each check sum of TEXT that this host can make."""
    yield "x-amz-checksum-crc32", zlib.crc32(TEXT).to_bytes(4, "big")
    yield "x-amz-checksum-sha1", hashlib.sha1(TEXT).digest()
    yield "x-amz-checksum-sha256", hashlib.sha256(TEXT).digest()
    yield "x-amz-checksum-crc32c", crc(TEXT, 0x82f63b78, 32)
    yield "x-amz-checksum-crc64nvme", crc(TEXT, 0x9a6c9329ac4bc9b5, 64)


def crc(data, polynomial, bits):
    ones = (1 << bits) - 1
    value = ones
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
    return (value ^ ones).to_bytes(bits // 8, "big")


SUMS = [(name, base64.b64encode(value).decode()) for name, value in sums()]


class TestChunks:
    def test_732_29_one_answer(self, httpd, raw):
        """httpd refuses the chunks of HTTP, and says so itself."""
        httpd.log.expect("AH01590")
        body = Chunked(raw, f"/{BUCKET}/new", TEXT)
        head = "".join(f"{k}: {v}\r\n" for k, v in body.headers)
        with socket.create_connection((s3.ADDRESS, httpd.port), 30) as sock:
            sock.sendall(f"PUT /{BUCKET}/new HTTP/1.1\r\nHost: {raw.host}"
                         f"\r\n{head}"
                         "Transfer-Encoding: chunked\r\nConnection: close"
                         "\r\n\r\nzz\r\n".encode())
            got = sock.makefile("rb").read()
        assert got.startswith(b"HTTP/1.1 400 ")
        assert got.endswith(b"</html>\n")

    @pytest.mark.parametrize("size", [1, 7, 400, 1000, 5000])
    @pytest.mark.parametrize("signed", [True, False])
    def test_732_30_sizes(self, raw, size, signed):
        trailer = None if signed else SUMS[0]
        body = Chunked(raw, f"/{BUCKET}/k", TEXT, size, signed, trailer)
        assert body.send().status == 200
        got = raw.ask("GET", f"/{BUCKET}/k")
        assert (got.body, got.get("Content-Encoding")) == (TEXT, None)

    @pytest.mark.parametrize("signed", [True, False])
    @pytest.mark.parametrize("trailer", SUMS, ids=[n for n, _ in SUMS])
    def test_732_31_trailers(self, raw, signed, trailer):
        assert Chunked(raw, f"/{BUCKET}/k", TEXT, signed=signed,
                       trailer=trailer).send().status == 200
        name, value = trailer
        wrong = base64.b64encode(bytes(len(base64.b64decode(value)))).decode()
        for bad, code in ((wrong, "BadDigest"), ("AAAA", "InvalidRequest"),
                          ("", "InvalidRequest")):
            assert s3.code_of(Chunked(
                raw, f"/{BUCKET}/new", TEXT, signed=signed,
                trailer=(name, bad)).send()) == (400, code)
        body = Chunked(raw, f"/{BUCKET}/new", TEXT, signed=signed,
                       trailer=trailer)
        parts = body.parts()
        refused = s3.code_of(body.send(parts[:4] + [b"\r\n"]))
        assert refused == (SIGNATURE if signed else (400, "InvalidRequest"))
        other = SUMS[0] if trailer != SUMS[0] else SUMS[1]
        line = ":".join(other).encode() + b"\r\n"
        assert s3.code_of(body.send(parts[:4] + [line] + parts[4:])) == \
            (400, "IncompleteBody")
        if signed:
            assert s3.code_of(body.send(parts[:4] + parts[4:5] + [
                parts[5].replace(b":", b":0", 1)[:-3] + b"\r\n", b"\r\n"]))[
                    0] in (400, 403)

    def test_732_32_tampered_chunks(self, raw):
        body = Chunked(raw, f"/{BUCKET}/new", TEXT)
        one, two, three, last, end = body.parts()

        def sent(*parts):
            return s3.code_of(body.send(list(parts)))
        assert sent(one.replace(b"0123", b"0124", 1), two, three, last, end) \
            == SIGNATURE
        assert sent(two, one, three, last, end) == SIGNATURE
        assert sent(one, one, three, last, end) == SIGNATURE
        assert sent(one, three, last, end)[0] in (400, 403)
        assert sent(one, two, last, end)[0] in (400, 403)
        assert sent(one, two, three, end)[0] in (400, 403)
        assert sent(one, two, three) == (400, "IncompleteBody")
        assert sent(one, two, three, last, end, b"more") == \
            (400, "IncompleteBody")
        plain = re.sub(rb";chunk-signature=\w+", b"", one)
        assert sent(plain, two, three, last, end) == SIGNATURE
        assert sent(one, two, three, re.sub(rb"=\w{4}", b"=0000", last), end) \
            == SIGNATURE
        assert sent(b"x" * 5000 + b"\r\n" + one, two, three, last, end) == \
            (400, "IncompleteBody")
        for size in (b"", b"-1", b"ffffffffffff", b"fffffffffffffffff", b"zz"):
            head = re.sub(rb"^\w+", size, one)
            assert sent(head, two, three, last, end) == \
                (400, "IncompleteBody"), size

    def test_732_33_promised_lengths(self, raw):
        for length in (len(TEXT) - 1, len(TEXT) + 1, 0):
            headers = [("x-amz-decoded-content-length", str(length))]
            body = Chunked(raw, f"/{BUCKET}/new", TEXT, signed=False,
                           trailer=SUMS[0])
            body.headers = without(raw.sign(
                "PUT", body.target, b"", [*headers, ("x-amz-trailer",
                                                     SUMS[0][0])],
                payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER"), "Content-Length")
            assert s3.code_of(body.send()) == (400, "IncompleteBody")
        body.headers = without(raw.sign(
            "PUT", body.target, b"",
            payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER"), "Content-Length")
        assert s3.code_of(body.send()) == (411, "MissingContentLength")

    def test_732_34_what_is_not_there(self, raw):
        body = Chunked(raw, f"/{BUCKET}/new", TEXT, signed=False,
                       trailer=("x-amz-checksum-md5", "x"))
        assert s3.code_of(body.send()) == (400, "InvalidRequest")
        for word in ("STREAMING-UNSIGNED-PAYLOAD",
                     "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"):
            body = Chunked(raw, f"/{BUCKET}/new", TEXT, word=word)
            assert s3.code_of(body.send()) == (501, "NotImplemented")


class TestRate:
    def test_732_40_too_many(self, httpd, client):
        """Whoever asks too often waits; who has no key uses up nobody's."""
        httpd.configure(("WfpApiRate 5 1h", *s3.lines(httpd)[1:]))
        key = s3.Key(httpd, "--role", "read")
        raw = key.raw()
        signed = raw.sign("GET", "/")
        forged = changed(signed, "Authorization", lambda v: v[:-4] + "0000")
        for _ in range(8):
            assert raw.send("GET", "/", headers=forged).status == 403
        for _ in range(5):
            assert raw.send("GET", "/", headers=signed).status == 200
        slow = raw.send("GET", "/", headers=signed)
        assert s3.code_of(slow) == (503, "SlowDown")
        assert 0 < int(slow.get("Retry-After")) <= 3600
        httpd.configure(s3.lines(httpd))


class TestHosts:
    def test_732_50_the_bucket_is_that_of_the_signed_host(self, httpd, key):
        """Where httpd takes a request's line and its Host that disagree."""
        httpd.configure(("HttpProtocolOptions Unsafe", *s3.lines(httpd)))
        raw = key.raw()
        assert raw.ask("PUT", "/other732").status == 200
        for bucket in (BUCKET, "other732"):
            assert raw.ask("PUT", f"/{bucket}/host", bucket.encode()
                           ).status == 200
        raw.host = f"{BUCKET}.s3.test:{httpd.port}"
        signed = raw.sign("GET", "/host")
        for target in ("/host", "http://other732.s3.test/host",
                       f"http://other732.s3.test:{httpd.port}/host"):
            got = raw.send("GET", target, headers=signed)
            assert got.body == BUCKET.encode(), target
        raw = key.raw()
        assert raw.ask("DELETE", "/other732/host").status == 204
        assert raw.ask("DELETE", "/other732").status == 204
        httpd.configure(s3.lines(httpd))
