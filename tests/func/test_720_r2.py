# SPDX-License-Identifier: Apache-2.0
"""R2 buckets in Workers: what Cloudflare documents, case by case."""

import hashlib
import json
import pathlib
import uuid

import pytest

from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.tenant import Tenant

pytestmark = pytest.mark.one_mpm
SCRIPT = (pathlib.Path(__file__).parents[1] / "scripts" / "eval.lua"
          ).read_text()
MIB = 1 << 20

# in front of each case: the bucket, and one object in it
HEAD = """local request, env, ctx = ...
local b = env.B
local function fails(f, ...)
    local ok, err = pcall(f, ...)
    assert(not ok, "it did not fail")
    return err.message, err.name, err.code
end
"""


class Bucket:
    """A bucket with a Worker that runs what a test says."""

    def __init__(self, api, tenant):
        self.api, self.name = api, f"b-{uuid.uuid4()}"
        self.path = f"{api.account}/r2/buckets/{self.name}"
        api.ok("POST", f"{api.account}/r2/buckets", {"name": self.name})
        self.worker = tenant.deploy(
            SCRIPT, "--binding", f"r2_bucket:B={self.name}",
            "--limit", "subrequests=2000", "--limit", "cpu_ms=10000")

    def run(self, text, worker=None):
        """What the text returns: a value, or a list of several."""
        answer = (worker or self.worker).post((HEAD + text).encode())
        assert answer.status == 200, answer
        assert "values" in answer.json, answer.json
        values = answer.json["values"]
        return values[0] if len(values) == 1 else values

    def empty(self):
        self.run("repeat local l = b:list() local keys = {} "
                 "for i, o in ipairs(l.objects) do keys[i] = o.key end "
                 "b:delete(keys) until not l.truncated")

    def remove(self):
        self.empty()
        self.api.ok("DELETE", self.path)


@pytest.fixture(scope="module")
def shared(httpd):
    httpd.configure(LOCATION)
    client = Client(httpd.port)
    tenants = Tenant(httpd, client)
    made = Bucket(Api(httpd, client), tenants)
    yield made
    made.remove()
    tenants.remove_all()


@pytest.fixture
def bucket(shared):
    yield shared
    shared.empty()


HELLO = "5d41402abc4b2a76b9719d911017c592"

# (id, Lua, what it returns)
CASES = [
    ("head_none", "return b:head('x')", None),
    ("get_none", "return b:get('x')", None),
    ("put_object",
     "local o = b:put('k', 'hello') return o.key, o.size, o.etag, o.httpEtag, "
     "#o.version, o.storageClass, o.checksums.md5, o.body, o.range",
     ["k", 5, HELLO, f'"{HELLO}"', 32, "Standard", HELLO, None, None]),
    ("uploaded_is_now",
     "local t = Date.now() local o = b:put('k', '') "
     "return math.abs(o.uploaded - t) < 60000, math.type(o.uploaded)",
     [True, "integer"]),
    ("get_text", "b:put('k', 'hello') return b:get('k'):text()", "hello"),
    ("get_json", "b:put('k', '{\"a\":[1]}') return b:get('k'):json()",
     {"a": [1]}),
    ("get_bytes",
     "b:put('k', '\\0\\255x') local s = b:get('k'):bytes() "
     "return #s, s:byte(2)", [3, 255]),
    ("get_body_stream",
     "b:put('k', ('x'):rep(100000)) local n, o = 0, b:get('k') "
     "for chunk in o.body:chunks() do n = n + #chunk end return n, o.bodyUsed",
     [100000, True]),
    ("get_fields",
     "b:put('k', 'hello') local o = b:get('k') "
     "return o.key, o.size, o.etag, o.bodyUsed, o.range",
     ["k", 5, HELLO, False, {"offset": 0, "length": 5}]),
    ("body_once",
     "b:put('k', 'hello') local o = b:get('k') o:text() "
     "return fails(o.text, o)",
     ["Body has already been used", "TypeError", None]),
    ("write_metadata_that_is_no_header",
     "b:put('k', '', { httpMetadata = { contentType = 'a' } }) "
     "local o, h = b:get('k'), Headers.new() "
     "o.httpMetadata.contentType = 'b\\r\\nx-c: d' "
     "local said = fails(o.writeHttpMetadata, o, h) "
     "o.httpMetadata.contentType = 'b' "
     "o.httpMetadata.cacheExpiry = -1.2e18 "
     "return said, h:get('content-type'), "
     "fails(o.writeHttpMetadata, o, h)",
     ["Invalid header value", None,
      "cacheExpiry must be a time in milliseconds since the epoch",
      "TypeError", None]),
    ("head_has_no_body",
     "b:put('k', 'hello') local o = b:head('k') return o.body, fails(o.text, o)",
     [None, "This object has no body", "TypeError", None]),
    ("empty_value",
     "return b:put('k', '').size, b:put('n', nil).size, b:get('n'):text()",
     [0, 0, ""]),
    ("number_and_boolean",
     "b:put('n', 12) b:put('t', true) return b:get('n'):text(), "
     "b:get('t'):text()", ["12", "true"]),
    ("table_value", "return fails(b.put, b, 'k', {})",
     ["put: the value must be a string, a body or nil, got table", "TypeError",
      None]),
    ("function_body",
     "local n = 0 local r = Response.new(function() n = n + 1 "
     "return n < 4 and tostring(n):rep(3) or nil end) "
     "return b:put('k', r.body).size, b:get('k'):text()", [9, "111222333"]),
    ("body_of_another",
     "b:put('k', ('ab'):rep(50000)) local o = b:put('c', b:get('k').body) "
     "return o.size, o.etag == b:head('k').etag", [100000, True]),
    ("overwrite",
     "local v = b:put('k', 'one').version local o = b:put('k', 'two') "
     "return o.version ~= v, b:get('k'):text()", [True, "two"]),
    ("key_unicode",
     "b:put('ä/€ %2F', 'x') return b:list().objects[1].key, "
     "b:get('ä/€ %2F'):text()", ["ä/€ %2F", "x"]),
    ("key_like_a_path",
     "b:put('../../../etc/passwd', 'x') return b:get('../../../etc/passwd')"
     ":text(), b:get('/etc/passwd')", ["x", None]),
    ("key_longest", "b:put(('k'):rep(1024), 'x') "
     "return b:get(('k'):rep(1024)):text()", "x"),
    ("key_too_long", "return fails(b.put, b, ('k'):rep(1025), 'x')",
     ["put: The specified object name is not valid. (10020)", "Error",
      "r2_error"]),
    ("key_empty", "return fails(b.get, b, '')",
     ["get: The specified object name is not valid. (10020)", "Error",
      "r2_error"]),
    ("key_no_utf8", "return fails(b.head, b, '\\255')",
     ["head: The specified object name is not valid. (10020)", "Error",
      "r2_error"]),
    ("key_nul", "return fails(b.head, b, 'a\\0b')",
     ["The key must not have a NUL", "TypeError", None]),
    ("key_nil", "return fails(b.get, b)",
     ["The key must be a string, got nil", "TypeError", None]),
    # metadata
    ("http_metadata",
     "b:put('k', '', { httpMetadata = { contentType = 'text/x', "
     "contentLanguage = 'de', contentDisposition = 'inline', contentEncoding "
     "= 'gzip', cacheControl = 'no-cache', cacheExpiry = 1e12 } }) "
     "return b:head('k').httpMetadata",
     {"contentType": "text/x", "contentLanguage": "de",
      "contentDisposition": "inline", "contentEncoding": "gzip",
      "cacheControl": "no-cache", "cacheExpiry": 10**12}),
    ("http_metadata_of_headers",
     "b:put('k', '', { httpMetadata = Headers.new{ ['Content-Type'] = 'a/b', "
     "Expires = 'Sun, 09 Sep 2001 01:46:40 GMT' } }) "
     "return b:head('k').httpMetadata",
     {"contentType": "a/b", "cacheExpiry": 10**12}),
    ("custom_metadata",
     "b:put('k', '', { customMetadata = { a = 'x', ['B ä'] = '' } }) "
     "return b:head('k').customMetadata", {"a": "x", "B ä": ""}),
    ("metadata_goes_with_the_object",
     "b:put('k', '', { customMetadata = { a = 'x' } }) b:put('k', '') "
     "return b:head('k').customMetadata.a", None),
    ("custom_metadata_longest",
     "return b:put('k', '', { customMetadata = { a = ('x'):rep(8191) } }).size",
     0),
    ("custom_metadata_too_long",
     "return fails(b.put, b, 'k', '', { customMetadata = "
     "{ a = ('x'):rep(8192) } })",
     ["put: Your metadata headers exceed the maximum allowed metadata size. "
      "(10012)", "Error", "r2_error"]),
    ("custom_metadata_no_text",
     "return fails(b.put, b, 'k', '', { customMetadata = { a = {} } })",
     ["A value of customMetadata must be a string, got table", "TypeError",
      None]),
    ("header_with_newline",
     "return (fails(b.put, b, 'k', '', { httpMetadata = { contentType = "
     "'a\\r\\nX: y' } }))", "put: An argument of the call is not valid. (10040)"),
    ("storage_class",
     "b:put('k', '', { storageClass = 'InfrequentAccess' }) "
     "return b:head('k').storageClass", "InfrequentAccess"),
    ("write_http_metadata",
     "b:put('k', '', { httpMetadata = { contentType = 'a/b', cacheControl = "
     "'max-age=1', cacheExpiry = 1e12 } }) local h = Headers.new{ "
     "['content-type'] = 'old' } b:head('k'):writeHttpMetadata(h) "
     "return h:get('content-type'), h:get('cache-control'), h:get('expires')",
     ["a/b", "max-age=1", "Sun, 09 Sep 2001 01:46:40 GMT"]),
    # checksums
    ("md5_right", "return b:put('k', 'hello', { md5 = '" + HELLO.upper()
     + "' }).size", 5),
    ("md5_bytes", "return b:put('k', 'hello', { md5 = hex.decode('" + HELLO
     + "') }).size", 5),
    ("md5_wrong",
     "local m, n, c = fails(b.put, b, 'k', 'hellO', { md5 = '" + HELLO
     + "' }) return m:match('^put: The MD5 checksum you specified did not "
     "match') ~= nil, m:match('%(10037%)$'), c, b:get('k')",
     [True, "(10037)", "r2_error", None]),
    ("sha256_is_kept",
     "local d = hex.encode(crypto.subtle.digest('SHA-256', 'hello')) "
     "b:put('k', 'hello', { sha256 = d }) "
     "return b:head('k').checksums.sha256 == d", True),
    ("sha512_of_a_stream",
     "local d = crypto.subtle.digest('SHA-512', 'hello') "
     "return b:put('k', Response.new('hello').body, { sha512 = d }).size", 5),
    ("two_checksums",
     "return fails(b.put, b, 'k', '', { md5 = ('0'):rep(32), "
     "sha1 = ('0'):rep(40) })",
     ["You cannot specify multiple hashing algorithms.", "TypeError", None]),
    ("bad_checksum", "return (fails(b.put, b, 'k', '', { md5 = 'xyz' }))",
     "md5 must be 16 bytes or as many hex digits twice, got 3"),
    # ranges
    ("range_offset", "b:put('k', '0123456789') local o = b:get('k', { range = "
     "{ offset = 7 } }) return o:text(), o.range, o.size",
     ["789", {"offset": 7, "length": 3}, 10]),
    ("range_length", "b:put('k', '0123456789') return b:get('k', { range = "
     "{ length = 2 } }):text()", "01"),
    ("range_both", "b:put('k', '0123456789') return b:get('k', { range = "
     "{ offset = 2, length = 3 } }):text()", "234"),
    ("range_over_the_end", "b:put('k', '0123456789') return b:get('k', { range "
     "= { offset = 8, length = 9 } }):text()", "89"),
    ("range_suffix", "b:put('k', '0123456789') return b:get('k', { range = "
     "{ suffix = 2 } }):text()", "89"),
    ("range_header", "b:put('k', '0123456789') return b:get('k', { range = "
     "Headers.new{ Range = 'bytes=3-4' } }):text()", "34"),
    ("range_header_suffix", "b:put('k', '0123456789') return b:get('k', { range"
     " = Headers.new{ Range = 'bytes=-1' } }):text()", "9"),
    ("range_outside", "b:put('k', '0123456789') return fails(b.get, b, 'k', "
     "{ range = { offset = 10 } })",
     ["get: The requested range is not satisfiable (10039)", "Error",
      "r2_error"]),
    ("range_mixed", "return (fails(b.get, b, 'k', { range = { suffix = 1, "
     "offset = 1 } }))", "Suffix is incompatible with offset or length."),
    ("range_negative", "return fails(b.get, b, 'k', { range = { offset = -1 } })",
     ["Invalid range. offset must be a whole number, 0 or more.", "RangeError",
      None]),
    # conditions
    ("get_if_etag", "local e = b:put('k', 'x').etag return b:get('k', { onlyIf"
     " = { etagMatches = e } }):text()", "x"),
    ("get_unless_etag", "local e = b:put('k', 'x').etag local o = b:get('k', "
     "{ onlyIf = { etagDoesNotMatch = e } }) return o.key, o.body",
     ["k", None]),
    ("get_if_one_of", "local e = b:put('k', 'x').etag return b:get('k', { "
     "onlyIf = { etagMatches = { 'no', e } } }):text()", "x"),
    ("get_uploaded_before", "b:put('k', 'x') local t = Date.now() return "
     "b:get('k', { onlyIf = { uploadedBefore = t + 60000 } }):text(), "
     "b:get('k', { onlyIf = { uploadedBefore = t - 60000 } }).body",
     ["x", None]),
    ("get_uploaded_after", "b:put('k', 'x') local t = Date.now() return "
     "b:get('k', { onlyIf = { uploadedAfter = t - 60000 } }):text(), "
     "b:get('k', { onlyIf = { uploadedAfter = t + 60000 } }).body",
     ["x", None]),
    ("get_if_headers", "local e = b:put('k', 'x').httpEtag return b:get('k', "
     "{ onlyIf = Headers.new{ ['If-None-Match'] = e } }).body, b:get('k', { "
     "onlyIf = Headers.new{ ['If-Match'] = '\"no\", ' .. e } }):text()",
     [None, "x"]),
    ("etag_in_quotes", "return (fails(b.get, b, 'k', { onlyIf = { etagMatches "
     "= '\"x\"' } }))",
     'Conditional ETag should not be wrapped in quotes ("x").'),
    ("put_if_new", "local c = { onlyIf = { etagDoesNotMatch = '*' } } "
     "return b:put('k', '1', c).size, b:put('k', '22', c), b:get('k'):text()",
     [1, None, "1"]),
    ("put_if_etag", "local e = b:put('k', '1').etag return b:put('k', '2', { "
     "onlyIf = { etagMatches = 'other' } }), b:put('k', '3', { onlyIf = { "
     "etagMatches = e } }).size, b:get('k'):text()", [None, 1, "3"]),
    ("put_if_there", "return b:put('none', '1', { onlyIf = { etagMatches = "
     "'*' } }), b:head('none')", [None, None]),
    # delete
    ("delete", "b:put('k', 'x') b:delete('k') return b:get('k')", None),
    ("delete_none", "return b:delete('none')", []),
    ("delete_many", "for i = 1, 5 do b:put('k' .. i, 'x') end b:delete{ 'k1', "
     "'k3', 'none' } return #b:list().objects", 3),
    ("delete_nothing", "return b:delete{}", []),
    ("delete_too_many", "local t = {} for i = 1, 1001 do t[i] = 'k' end "
     "return (fails(b.delete, b, t))", "delete: at most 1000 keys at a time"),
    # list
    ("list_none", "local l = b:list() return #l.objects, l.truncated, l.cursor,"
     " #l.delimitedPrefixes", [0, False, None, 0]),
    ("list_order", "for _, k in ipairs{ 'b', 'a/2', 'a', 'ä', 'B' } do "
     "b:put(k, '') end local s = {} for i, o in ipairs(b:list().objects) do "
     "s[i] = o.key end return table.concat(s, ' ')", "B a a/2 b ä"),
    ("list_fields", "b:put('k', 'hello', { customMetadata = { a = 'x' } }) "
     "local o = b:list().objects[1] return o.key, o.size, o.etag, "
     "o.customMetadata, o.body", ["k", 5, HELLO, None, None]),
    ("list_include", "b:put('k', '', { customMetadata = { a = 'x' }, "
     "httpMetadata = { contentType = 'a/b' } }) local o = b:list{ include = { "
     "'customMetadata', 'httpMetadata' } }.objects[1] return "
     "o.customMetadata.a, o.httpMetadata.contentType", ["x", "a/b"]),
    ("list_include_wrong", "return fails(b.list, b, { include = { 'x' } })",
     ["Unsupported include value x", "RangeError", None]),
    ("list_write_without_include", "b:put('k', '') local o = b:list()"
     ".objects[1] return (fails(o.writeHttpMetadata, o, Headers.new{}))"
     ":match('^HTTP metadata unknown') ~= nil", True),
    ("list_pages", "for i = 1, 25 do b:put(('k%02d'):format(i), '') end "
     "local n, pages, cursor = 0, 0 repeat local l = b:list{ limit = 10, "
     "cursor = cursor } n, pages, cursor = n + #l.objects, pages + 1, l.cursor "
     "until not l.truncated return n, pages, cursor", [25, 3, None]),
    ("list_prefix", "for _, k in ipairs{ 'a', 'ab', 'b' } do b:put(k, '') end "
     "return #b:list{ prefix = 'a' }.objects", 2),
    ("list_delimiter", "for _, k in ipairs{ 'x', 'd/1', 'd/2', 'e/f/g' } do "
     "b:put(k, '') end local l = b:list{ delimiter = '/' } return #l.objects, "
     "l.delimitedPrefixes", [1, ["d/", "e/"]]),
    ("list_delimiter_in_prefix", "for _, k in ipairs{ 'd/', 'd/1', 'd/e/2' } "
     "do b:put(k, '') end local l = b:list{ prefix = 'd/', delimiter = '/' } "
     "return #l.objects, l.delimitedPrefixes", [2, ["d/e/"]]),
    ("list_start_after", "for _, k in ipairs{ 'a', 'b', 'c' } do b:put(k, '') "
     "end return b:list{ startAfter = 'b' }.objects[1].key", "c"),
    ("list_limit_wrong", "return fails(b.list, b, { limit = 1001 })",
     ["list: MaxKeys params must be positive integer <= 1000. (10022)",
      "Error", "r2_error"]),
    ("list_limit_zero", "return (fails(b.list, b, { limit = 0 }))",
     "list: MaxKeys params must be positive integer <= 1000. (10022)"),
    ("list_cursor_wrong", "return select(3, fails(b.list, b, { cursor = "
     "\"' OR 1=1\" }))", "r2_error"),
    ("list_deleted_cursor", "for i = 1, 4 do b:put('k' .. i, '') end local c = "
     "b:list{ limit = 2 }.cursor b:delete{ 'k2', 'k3' } return b:list{ cursor "
     "= c }.objects[1].key", "k4"),
    # uploads
    ("upload_small", "local u = b:createMultipartUpload('k', { customMetadata "
     "= { a = 'x' } }) local p = u:uploadPart(1, 'hello') local o = "
     "u:complete{ p } return u.key, #u.uploadId, p.partNumber, p.etag, o.size, "
     "o.etag:match('-1$'), o.customMetadata.a, b:get('k'):text()",
     ["k", 32, 1, HELLO, 5, "-1", "x", "hello"]),
    ("upload_resume", "local id = b:createMultipartUpload('k').uploadId local "
     "u = b:resumeMultipartUpload('k', id) return u:complete{ u:uploadPart(1, "
     "'x') }.size", 1),
    ("upload_unseen", "local u = b:createMultipartUpload('k') u:uploadPart(1, "
     "'x') return b:head('k')", None),
    ("upload_abort", "local u = b:createMultipartUpload('k') u:uploadPart(1, "
     "'x') u:abort() return fails(u.uploadPart, u, 1, 'x')",
     ["uploadPart: The specified multipart upload does not exist. (10024)",
      "Error", "r2_error"]),
    ("upload_of_nothing", "local u = b:resumeMultipartUpload('k', 'no id') "
     "return (fails(u.complete, u, { { partNumber = 1, etag = 'x' } }))",
     "completeMultipartUpload: The specified multipart upload does not exist. "
     "(10024)"),
    ("upload_other_key", "local u = b:createMultipartUpload('k') local v = "
     "b:resumeMultipartUpload('j', u.uploadId) return (fails(v.uploadPart, v, "
     "1, 'x')):match('10024')", "10024"),
    ("upload_too_small", "local u = b:createMultipartUpload('k') return "
     "(fails(u.complete, u, { u:uploadPart(1, 'x'), u:uploadPart(2, 'y') }))",
     "completeMultipartUpload: Your proposed upload is smaller than the "
     "minimum allowed object size. (10011)"),
    ("upload_bad_part", "local u = b:createMultipartUpload('k') u:uploadPart(1,"
     " 'x') return (fails(u.complete, u, { { partNumber = 2, etag = 'x' } }))",
     "completeMultipartUpload: One or more of the specified parts could not "
     "be found. (10025)"),
    ("upload_part_zero", "local u = b:createMultipartUpload('k') return "
     "(fails(u.uploadPart, u, 0, 'x'))",
     "Part number must be between 1 and 10000 (inclusive)."),
    # in parallel
    ("parallel", "parallel(function() b:put('a', '1') end, function() "
     "b:put('b', '2') end, function() b:put('c', Response.new('3').body) end) "
     "return table.pack(parallel(function() return b:get('a'):text() end, "
     "function() return b:get('b'):text() end, function() return "
     "#b:list().objects end))", ["1", "2", 3]),
]


class TestCases:
    @pytest.mark.parametrize("text,want", [case[1:] for case in CASES],
                             ids=[case[0] for case in CASES])
    def test_720_01(self, bucket, text, want):
        got = bucket.run(text)
        if isinstance(got, dict) and "n" in got:
            got = [got[str(i)] for i in range(1, got["n"] + 1)]
        assert got == want


SERVE = """
return { fetch = function(request, env)
    local key = URL.new(request.url).pathname:match("[^/]*$")
    if request.method == "PUT" then
        return Response.json({ size = env.B:put(key, request.body).size })
    end
    local o = env.B:get(key, { range = request.headers })
    local headers = Headers.new{ etag = o.httpEtag }
    o:writeHttpMetadata(headers)
    return Response.new(o.body, { headers = headers })
end }
"""


@pytest.fixture
def server(shared, tenant):
    yield tenant.deploy(SERVE, "--binding", f"r2_bucket:B={shared.name}",
                        "--limit", "memory_mb=4", "--limit", "cpu_ms=10000")
    shared.empty()


class TestStreams:
    def test_720_02_larger_than_memory(self, server):
        """Both ways through a Worker whose isolate could not hold it."""
        data = b"".join(i.to_bytes(4, "big") for i in range(5 * MIB))
        put = server.request("PUT", "/big", body=data)
        assert put.json == {"size": 20 * MIB}
        got = server.get("/big")
        assert got.body == data
        assert got.get("Content-Length") == str(len(data))
        assert got.get("ETag") == f'"{hashlib.md5(data).hexdigest()}"'
        part = server.get("/big", headers=[("Range", "bytes=9999990-10500009")])
        assert part.body == data[9999990:10500010]

    def test_720_03_chunked(self, server):
        pieces = [bytes([i]) * 70000 for i in range(40)]
        assert server.request("PUT", "/c", body=iter(pieces)).json == {
            "size": 2800000}
        assert server.get("/c").body == b"".join(pieces)

    def test_720_04_parts(self, server, shared):
        shared.run("local u = b:createMultipartUpload('p') local parts = {} "
                   "for i = 1, 3 do parts[i] = u:uploadPart(i, "
                   "tostring(i):rep(i < 3 and 5 << 20 or 10)) end "
                   "return u:complete(parts).size")
        whole = b"1" * (5 * MIB) + b"2" * (5 * MIB) + b"3" * 10
        assert server.get("/p").body == whole
        got = server.get("/p", headers=[("Range", f"bytes={5 * MIB - 2}-"
                                         f"{10 * MIB + 1}")])
        assert got.body == whole[5 * MIB - 2:10 * MIB + 2]

    def test_720_05_slurp_is_bounded(self, shared, server, tenant):
        """What does not fit into the isolate is refused, not held."""
        server.request("PUT", "/big", body=b"x" * (8 * MIB))
        small = tenant.deploy(SCRIPT, "--binding", f"r2_bucket:B={shared.name}",
                              "--limit", "memory_mb=4")
        assert shared.run("local o = b:get('big') local _, _, code = "
                          "fails(o.text, o) return code, b:get('big', { range "
                          "= { length = 3 } }):text()", small) == [
                              "body_too_large", "xxx"]

    def test_720_06_client_that_leaves(self, shared, server):
        """A put whose body breaks off puts nothing."""
        conn = server.client.connection()
        conn.putrequest("PUT", server.path + "/half", skip_host=True)
        conn.putheader("Host", "x")
        conn.putheader("Content-Length", "1000000")
        conn.endheaders()
        conn.send(b"x" * 200000)
        conn.close()
        assert shared.run("return b:head('half')") is None


class TestReach:
    def test_720_07_other_buckets(self, shared, httpd, client, tenant):
        """Nothing that a Worker says leads to a bucket that it does not
        bind."""
        other = Bucket(Api(httpd, client), tenant)
        try:
            shared.run("b:put('secret', 'x') u = b:createMultipartUpload('up') "
                       "u:uploadPart(1, 'y')")
            upload = shared.run("local u = b:createMultipartUpload('up') "
                                "u:uploadPart(1, 'y') return u.uploadId")
            version = shared.run("return b:head('secret').version")
            for key in ("secret", f"{shared.name}/secret", f"../{shared.name}"
                        "/secret", version, f"../{version[:3]}/{version}",
                        "' OR '1'='1", "%"):
                quoted = json.dumps(key)
                assert other.run(f"return b:get({quoted})") is None
                assert other.run(f"return b:head({quoted})") is None
            assert other.run("return #b:list().objects, #b:list{ prefix = "
                             "'s' }.objects") == [0, 0]
            assert "10024" in other.run(
                f"local u = b:resumeMultipartUpload('up', '{upload}') "
                "return (fails(u.uploadPart, u, 1, 'z'))")
            assert "10024" in other.run(
                f"local u = b:resumeMultipartUpload('up', '{upload}') "
                "return (fails(u.abort, u))")
            other.run("b:delete('secret')")
            assert shared.run("return b:get('secret'):text()") == "x"
            assert other.run("return env.OTHER, b.binding, b.bucket") == [
                None, None, None]
        finally:
            other.remove()
            shared.empty()

    def test_720_08_bucket_is_checked_at_deploy(self, tenant):
        done = tenant.deploy(SCRIPT, "--binding", "r2_bucket:B=no-such-bucket",
                             check=False)
        assert done.returncode != 0
        assert "R2 bucket 'no-such-bucket' not found" in done.stderr

    def test_720_09_bucket_that_goes(self, httpd, client, tenant):
        """A Worker whose bucket was deleted is told so."""
        gone = Bucket(Api(httpd, client), tenant)
        gone.remove()
        assert gone.run("return fails(b.get, b, 'k')") == [
            "get: The specified bucket does not exist. (10006)", "Error",
            "r2_error"]


class TestLimits:
    def test_720_10_subrequests(self, shared, tenant):
        worker = tenant.deploy(SCRIPT, "--binding",
                               f"r2_bucket:B={shared.name}",
                               "--limit", "subrequests=2")
        assert shared.run("b:head('a') b:head('b') return fails(b.head, b, "
                          "'c')", worker) == [
                              "Too many subrequests", "LimitError",
                              "subrequest_limit"]

    def test_720_11_bodies_are_charged(self, shared, tenant):
        """What a Worker makes the server hold is its memory."""
        worker = tenant.deploy(SCRIPT, "--binding",
                               f"r2_bucket:B={shared.name}", "--limit",
                               "memory_mb=4", "--limit", "subrequests=10000",
                               "--limit", "cpu_ms=30000")
        shared.run("b:put('k', 'x')")
        answer = worker.post((HEAD + "for i = 1, 5000 do b:get('k') end "
                              "return 1").encode())
        assert (answer.status, answer.error) == (503, "memory_limit")
        shared.empty()

    def test_720_13_metadata_is_charged(self, shared, tenant):
        worker = tenant.deploy(
            SCRIPT, "--binding", f"r2_bucket:B={shared.name}",
            "--limit", "subrequests=1000", "--limit", "cpu_ms=30000",
            "--limit", "instructions=100000000000")
        shared.run("local m = {} for i = 1, 1000 do m[('%x'):format(i)] = "
                   "'value' end b:put('k', 'x', { customMetadata = m })")
        answer = worker.post((HEAD + "for i = 1, 900 do b:get('k') end "
                              "return 1").encode())
        assert (answer.status, answer.error) == (503, "memory_limit")
        shared.empty()

    @pytest.mark.parametrize("how", ["one by one", "in parallel"])
    def test_720_14_hashing_is_charged(self, shared, tenant, how):
        """As CPU time. Nothing is kept: the digest is another one's."""
        worker = tenant.deploy(
            SCRIPT, "--binding", f"r2_bucket:B={shared.name}", "--limit",
            "subrequests=10000", "--limit", "cpu_ms=200")
        put = ("pcall(b.put, b, 'k', s, { sha512 = ('0'):rep(128) })")
        body = put if how == "one by one" else (
            f"local function f() {put} end parallel(f, f, f)")
        answer = worker.post((HEAD + "local s = ('x'):rep(4 << 20) "
                              f"for i = 1, 3000 do {body} end return 1")
                             .encode())
        assert (answer.status, answer.error) == (503, "cpu_limit")

    def test_720_12_lists_fit(self, shared, tenant):
        """A list gives as many objects as there is room for."""
        worker = tenant.deploy(SCRIPT, "--binding",
                               f"r2_bucket:B={shared.name}", "--limit",
                               "memory_mb=2", "--limit", "subrequests=1000",
                               "--limit", "cpu_ms=10000")
        shared.run("for i = 1, 200 do b:put('k' .. i, '', { customMetadata = "
                   "{ a = ('x'):rep(8000) } }) end")
        assert shared.run("local n, cursor = 0 repeat local l = b:list{ cursor "
                          "= cursor, include = { 'customMetadata' } } "
                          "n, cursor = n + #l.objects, l.cursor until not "
                          "l.truncated return n", worker) == 200
        shared.empty()
