# SPDX-License-Identifier: Apache-2.0
"""Two tenants, a namespace each: nothing that one says in a name, a key, an
id, a cursor or a path reaches R2 objects, messages, cached responses, counts,
data points or files of the other; nor does a token that is one's own."""

import base64
import json
import pathlib
import uuid

import pytest

from wfptest import s3
from wfptest.api import Api
from wfptest.assets import WORKER, Site, hash_of
from wfptest.client import Client
from wfptest.queues import Queues
from wfptest.tenant import Tenant
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm
EVAL = (pathlib.Path(__file__).parents[1] / "scripts" / "eval.lua").read_text()
SECRET = "of one"
NO_UPLOAD = "The specified multipart upload does not exist. (10024)"
NONE = (404, "NoSuchUpload")
DENIED = (403, "AccessDenied")


class Half:
    """A tenant: a namespace, a bucket, and a Worker that runs what it is sent."""

    def __init__(self, httpd, api, tenant):
        self.api, self.ns = api, tenant.namespace()
        self.bucket = f"b-{uuid.uuid4()}"
        self.dataset = "d" + uuid.uuid4().hex
        api.ok("POST", f"{api.account}/r2/buckets", {"name": self.bucket})
        self.path = f"{api.account}/r2/buckets/{self.bucket}"
        self.worker = self.deploy(tenant)
        self.token, _ = api.with_token("--role", "admin", "--namespace",
                                       self.ns)
        self.key = s3.Key(httpd, "--role", "deploy", "--bucket", self.bucket)

    def deploy(self, tenant, *more):
        return tenant.deploy(
            EVAL, "--binding", f"r2_bucket:B={self.bucket}", "--binding",
            f"analytics_engine:POINTS={self.dataset}", "--binding",
            "ratelimit:LIMIT=1001:5/60", "--limit", "subrequests=1000", *more,
            ns=self.ns)

    def run(self, text, *args):
        """What the Lua text returns; args are JSON in it."""
        given = ", ".join(f"json.decode({lua(json.dumps([each]))})[1]"
                          for each in args)
        answer = self.worker.post(
            f"local request, env = ... local a = {{ {given} }}\n"
            f"local b = env.B\n{text}".encode())
        assert answer.status == 200 and "values" in answer.json, answer
        values = answer.json["values"]
        return values[0] if len(values) == 1 else values

    def points(self):
        rows = self.api.ok(
            "POST", f"{self.api.account}/analytics_engine/datasets/"
            f"{self.dataset}/query",
            {"select": ["count"], "group_by": ["namespace", "worker"]})
        return [(row["namespace"], row["worker"], row["count"])
                for row in rows]

    def remove(self):
        self.run("local keys = {} for i, o in ipairs(b:list().objects) do "
                 "keys[i] = o.key end b:delete(keys)")
        self.api.ok("DELETE", self.path)
        self.key.revoke()


def lua(text):
    """The text as a Lua literal."""
    return '"' + "".join(f"\\{byte:03d}" for byte in text.encode()) + '"'


@pytest.fixture(scope="module")
def two(httpd):
    httpd.configure(s3.lines(httpd))
    client = Client(httpd.port)
    tenants, api = Tenant(httpd, client), Api(httpd, client)
    made = [Half(httpd, api, tenants) for _ in range(2)]
    made[0].run("for _, k in ipairs{ 'secret', 'secret2', 'secret3' } do "
                f"b:put(k, '{SECRET}') end")
    yield made
    for each in made:
        each.remove()
    tenants.remove_all()


def whole(one):
    """What one has is as it was."""
    return one.run("return b:get('secret'):text(), #b:list().objects") == [
        SECRET, 3]


KEYS = ["secret", "{b}", "{b}/secret", "/{b}/secret", "../{b}/secret",
        "..\\{b}\\secret", "%2e%2e%2f{b}%2fsecret", "..%2F{b}%2Fsecret",
        "{b}:secret", "{b}\nsecret", "' OR key = 'secret' --",
        "secret' OR '1'='1", "{file}", "../{file}", "/etc/passwd"]
TRY = """local k, t = a[1], {}
t.seen = b:get(k) ~= nil or b:head(k) ~= nil
b:put(k, "of the other")
t.back = b:get(k):text()
b:delete(k)
local o = b:resumeMultipartUpload(k, ("0"):rep(32))
t.upload = select(2, pcall(o.uploadPart, o, 1, "x")).message
t.listed = #b:list{ prefix = k }.objects + #b:list{ startAfter = k }.objects
return t"""


class TestR2:
    @pytest.mark.parametrize("key", KEYS)
    def test_787_01_no_key_reaches_the_other(self, two, httpd, key):
        one, other = two
        folder = pathlib.Path(httpd.root) / "data" / "r2"
        file = next(path for path in folder.glob("*/*") if path.is_file())
        key = key.format(b=one.bucket, file=file.relative_to(folder))
        assert other.run(TRY, key) == {
            "seen": False, "back": "of the other", "listed": 0,
            "upload": f"uploadPart: {NO_UPLOAD}"}
        assert whole(one)

    @pytest.mark.parametrize("key", ["{b}\0secret", "\0", "secret\0"])
    def test_787_02_nor_does_a_nul(self, two, key):
        one, other = two
        for call in ("get(k)", "head(k)", "put(k, 'x')", "delete(k)",
                     "list{ prefix = k }", "list{ startAfter = k }",
                     "createMultipartUpload(k)"):
            told = other.run(
                "local k = a[1] local ok, e = pcall(function() return "
                f"b:{call} end) return ok and e and e.objects and #e.objects "
                "or ok", key.format(b=one.bucket))
            assert told in (0, False), call
        assert whole(one)

    def test_787_03_cursors(self, two):
        """One's page is nobody else's: it says where, not of what."""
        one, other = two
        cursor = one.run("return b:list{ limit = 1 }.cursor")
        assert cursor
        other.run("b:put('secret9', 'x')")
        for more in (cursor, cursor.upper(), one.bucket, cursor + "00"):
            told = other.run(
                "local ok, l = pcall(b.list, b, { cursor = a[1] }) "
                "if not ok then return json.array({}) end local keys = "
                "json.array({}) for i, o in ipairs(l.objects) do keys[i] = "
                "o.key end return keys", more)
            assert set(told) <= {"secret9"}, more
        other.run("b:delete('secret9')")

    def test_787_04_uploads(self, two):
        """A number of an upload is good in its own bucket only."""
        one, other = two
        number, etag = one.run(
            "local u = b:createMultipartUpload('up') "
            f"return u.uploadId, u:uploadPart(1, '{SECRET}').etag")
        for call in ("uploadPart(1, 'x')", "abort()",
                     "complete{ { partNumber = 1, etag = a[2] } }"):
            told = other.run(
                "local u = b:resumeMultipartUpload('up', a[1]) local ok, e = "
                f"pcall(function() return u:{call} end) "
                "return ok or e.message", number, etag)
            # (who ends what is not there is told that it is not)
            assert NO_UPLOAD in str(told) or (told is True
                                              and call == "abort()")
        # nor is a part one of another upload, whatever its etag
        told = other.run(
            "local u = b:createMultipartUpload('up') local ok, e = pcall("
            "u.complete, u, { { partNumber = 1, etag = a[1] } }) u:abort() "
            "return ok or e.message", etag)
        assert "(10025)" in told
        assert other.run("return b:head('up')") is None
        assert one.run(
            "b:resumeMultipartUpload('up', a[1]):complete{ { partNumber = 1, "
            "etag = a[2] } } local t = b:get('up'):text() b:delete('up') "
            "return t", number, etag) == SECRET

    def test_787_05_rest(self, two):
        """With a token of a namespace, and with tricks in the path."""
        one, other = two
        for method, path in (
                ("GET", "/objects"), ("GET", "/objects/secret"),
                ("PUT", "/objects/secret"), ("DELETE", "/objects/secret"),
                ("GET", ""), ("DELETE", ""), ("PATCH", "")):
            assert other.token.refused(method, one.path + path, b"x")[0] == 403
        for key in (f"..%2F..%2F{one.bucket}%2Fobjects%2Fsecret",
                    f"%2e%2e%2f{one.bucket}%2fsecret",
                    f"{one.bucket}%2fsecret", f"{one.bucket}/secret"):
            assert other.api.get(f"{other.path}/objects/{key}",
                                 raw=True).status == 404, key
        # what httpd makes one's path of is asked for like that
        climb = f"{other.path}/objects/../../{one.bucket}/objects/secret"
        assert one.api.get(climb, raw=True).text == SECRET
        assert other.token.get(climb, raw=True).status == 403
        assert whole(one)

    def test_787_06_s3(self, two):
        """Keys of a bucket: numbers of the other's uploads, paths that climb."""
        one, other = two
        theirs, mine = one.key.boto(), other.key.boto()
        here = {"Bucket": other.bucket, "Key": "up"}
        number = theirs.create_multipart_upload(Bucket=one.bucket,
                                                Key="up")["UploadId"]
        asked = {**here, "UploadId": number}
        etag = {"Parts": [{"PartNumber": 1, "ETag": '"x"'}]}
        assert s3.refusal(mine.upload_part, PartNumber=1, Body=b"x",
                          **asked) == NONE
        assert s3.refusal(mine.list_parts, **asked) == NONE
        assert s3.refusal(mine.complete_multipart_upload,
                          MultipartUpload=etag, **asked) == NONE
        assert s3.refusal(mine.abort_multipart_upload, **asked) == NONE
        assert "Uploads" not in mine.list_multipart_uploads(
            Bucket=other.bucket)
        assert s3.refusal(mine.list_multipart_uploads,
                          Bucket=one.bucket) == DENIED
        for source in (f"{one.bucket}/secret",
                       f"{other.bucket}/../{one.bucket}/secret",
                       f"{other.bucket}%2F..%2F{one.bucket}%2Fsecret"):
            status, _ = s3.refusal(mine.copy_object, CopySource=source, **here)
            assert status in (400, 403, 404), source
        raw = other.key.raw()
        for path in (f"/{other.bucket}/../{one.bucket}/secret",
                     f"/{other.bucket}/%2e%2e/{one.bucket}/secret",
                     f"/{other.bucket}/..%2f{one.bucket}%2fsecret",
                     f"//{one.bucket}/secret", f"/{one.bucket}%2fsecret"):
            answer = raw.ask("GET", path)
            assert answer.status in (400, 403, 404), (path, answer)
            assert SECRET.encode() not in answer.body
        theirs.abort_multipart_upload(Bucket=one.bucket, Key="up",
                                      UploadId=number)
        assert whole(one)


@pytest.fixture
def queues(two):
    """Two queues that are pulled, one message each, which is lent."""
    make = Queues(two[0].api)
    made = []
    for text in (SECRET, "of the other"):
        queue = make()
        queue.consume()
        queue.push(text, content_type="text")
        made.append((queue, queue.pull(visibility_timeout_ms=600000)[0]))
    yield made
    make.remove_all()


class TestQueues:
    def test_787_20_what_was_lent(self, queues):
        """Settled in its own queue, by who has it: no other number does."""
        (one, theirs), (other, mine) = queues
        lease, number = theirs["lease_id"].split(".")
        own, own_number = mine["lease_id"].split(".")
        for queue, word in ((other, f"{lease}.{number}"),
                            (other, f"{own}.{number}"),
                            (other, f"{lease}.{own_number}"),
                            (one, f"{own}.{number}"),
                            (one, f"{own}.{own_number}")):
            forged = {"lease_id": word}
            assert queue.ack(forged)["ackCount"] == 0
            assert queue.ack(retries=[forged])["retryCount"] == 0
        assert one.pull() == other.pull() == []
        assert one.ack(theirs)["ackCount"] == 1
        assert other.ack(mine)["ackCount"] == 1

    def test_787_21_ids_and_paths(self, two, queues):
        api, (one, _), (other, _) = two[1].api, *queues
        for name in (one.name, one.id.upper(), one.id[:-1],
                     f"..%2f{one.id}", f"{other.id}%2f..%2f{one.id}",
                     f"{one.id}%00", f"' OR id = '{one.id}"):
            answer = api.client.request(
                "POST", f"{api.base}{one.all}/{name.replace(' ', '%20')}"
                "/messages/peek", body=b"{}",
                headers=[("Authorization", f"Bearer {api.token}"),
                         ("Content-Type", "application/json")])
            assert answer.status in (400, 404), (name, answer)
            assert SECRET.encode() not in answer.body

    def test_787_22_with_a_token_of_a_namespace(self, two, queues):
        token, (one, theirs) = two[1].token, queues[0]
        for method, path, body in (
                ("GET", "", None), ("DELETE", "", None),
                ("GET", "/consumers", None), ("GET", "/metrics", None),
                ("POST", "/messages", {"body": "x"}),
                ("POST", "/messages/pull", {}), ("POST", "/messages/peek", {}),
                ("POST", "/messages/ack",
                 {"acks": [{"lease_id": theirs["lease_id"]}]}),
                ("POST", "/purge", {"delete_messages_permanently": True})):
            assert token.refused(method, one.path + path, body)[0] == 403, path
        assert one.backlog == 1


NAMES = ["{ns}/{w}", "{ns}/{w}/a", "../{w}/a", "{ns}\n{w}\na", "{id}",
         "wfp-cache 1\n{id}\n1 1 a", "a"]
FIND = """local found = 0
local c = caches.open(a[1])
for _, url in ipairs(a[2]) do
    if c:match(url) then found = found + 1 end
    c:put(url, Response.new("of the other"))
    c:delete(url)
end
return found"""


class TestCache:
    @pytest.mark.parametrize("name", NAMES)
    def test_787_30_no_name_reaches_the_other(self, two, name):
        """The same URL, and URLs and names of caches that name the other."""
        one, other = two
        url = f"https://x.example/{uuid.uuid4().hex}"
        keep = f"local c = caches.open('a') c:put('{url}', Response.new(" \
            f"'{SECRET}', {{ headers = {{ ['cache-control'] = " \
            "'max-age=3600' } }))"
        one.run(keep)
        number = one.api.ok(
            "GET", f"{one.api.namespaces}/{one.ns}/scripts/"
            f"{one.worker.name}")["script"]["tag"]
        names = {"ns": one.ns, "w": one.worker.name, "id": number}
        urls = [url, f"{url}#{one.worker.name}",
                f"https://x.example/../{one.ns}/{one.worker.name}/"
                f"{url.rpartition('/')[2]}",
                f"http://127.0.0.1{one.worker.path}",
                f"https://{one.worker.name}.{one.ns}.example/"]
        assert other.run(FIND, name.format(**names), urls) == 0
        assert one.run("return caches.open('a'):match(a[1]):text()",
                       url) == SECRET


class TestRateLimits:
    def test_787_40_no_key_counts_for_the_other(self, two):
        """The same namespace_id, the same keys, and keys that name the other."""
        one, other = two
        key = uuid.uuid4().hex
        keys = [key, f"{one.ns}/{one.worker.name}/{key}", f"1001\0{key}",
                f"1001/{key}", f"{one.worker.name}\n1001\n{key}"]
        other.run("for _, k in ipairs(a[1]) do for _ = 1, 9 do "
                  "env.LIMIT:limit{ key = k } end end", keys)
        assert one.run(
            "local n = 0 for _ = 1, 9 do if env.LIMIT:limit{ key = a[1] }"
            ".success then n = n + 1 end end return n", key) == 5


class TestPoints:
    def test_787_50_points_say_nothing_of_who_wrote(self, two):
        one, other = two
        one.run("env.POINTS:writeDataPoint{ doubles = { 1 } }")
        line = f"x\n{one.dataset}\n1\n{one.ns}\n{one.worker.name}\n[]"
        told = other.run(
            "local p = { indexes = { a[1] }, blobs = { a[2], a[2] }, doubles = "
            "{ 1 }, dataset = a[1], namespace = a[3], worker = a[4], id = 'x',"
            "time = 0 } env.POINTS:writeDataPoint(p) "
            "return (pcall(env.POINTS.writeDataPoint, { dataset = a[1] }, p)), "
            "(pcall(function() env.POINTS.dataset = a[1] end)), "
            "type(env[a[1]])",
            one.dataset, line, one.ns, one.worker.name)
        assert told == [False, False, "nil"]
        until(lambda: other.points() and one.points(), "points in the store")
        assert other.points() == [(other.ns, other.worker.name, 1)]
        assert one.points() == [(one.ns, one.worker.name, 1)]

    def test_787_51_no_question_names_two(self, two):
        one, other = two
        base = f"{one.api.account}/analytics_engine/datasets"
        for name in (f"{other.dataset}' OR dataset = '{one.dataset}",
                     f"{other.dataset}%00{one.dataset}",
                     f"{other.dataset}%2f..%2f{one.dataset}", "%25", "*"):
            answer = one.api.client.request(
                "POST", f"{one.api.base}{base}/{name.replace(' ', '%20')}"
                "/query", body=json.dumps({"select": ["count"]}).encode(),
                headers=[("Authorization", f"Bearer {one.api.token}"),
                         ("Content-Type", "application/json")])
            assert answer.status in (400, 404) or \
                answer.json["result"] == [], (name, answer)
        # a token of the other's namespace: what its own Workers wrote
        assert one.dataset not in [row["name"]
                                   for row in other.token.ok("GET", base)]
        assert other.token.ok("POST", f"{base}/{one.dataset}/query",
                              {"select": ["count"]}) == []


PATHS = ["/../{w}/secret.txt", "/%2e%2e/{w}/secret.txt",
         "/..%2f{w}%2fsecret.txt", "/..%2f..%2f{ns}%2f{w}%2fsecret.txt",
         "/%5c..%5c{w}%5csecret.txt", "//{w}/secret.txt", "/{w}/secret.txt",
         "/{hash}", "/{hash}.txt", "/secret.txt%00", "/_ns/{ns}/{w}/secret.txt",
         "/secret.txt"]


class TestAssets:
    @pytest.fixture(scope="class")
    def sites(self, two):
        one, other = two
        code = ("return { fetch = function(request, env) "
                "local url = request.headers:get('ask') if url then return "
                f"env.ASSETS:fetch(url) end return Response.new('{WORKER}') "
                "end }")
        made = (Site(one.api, one.ns).deploy({"/secret.txt": SECRET}, code),
                Site(other.api, other.ns).deploy({"/mine.txt": "x"}, code))
        yield made
        for site in made:
            site.api.ok("DELETE", f"{site.scripts.path}/{site.name}")

    @pytest.mark.parametrize("path", PATHS)
    def test_787_60_no_path_leads_to_the_other(self, sites, path):
        """Neither one that is asked for from outside, nor of the binding."""
        one, other = sites
        path = path.format(w=one.name, ns=one.ns,
                           hash=hash_of(SECRET.encode(), "/secret.txt"))
        answer = other.get(path)
        assert SECRET not in answer.text, answer
        for host in ("x.example", one.name, f"{one.name}.{one.ns}"):
            answer = other.get(headers=[("ask", f"https://{host}{path}")])
            assert SECRET not in answer.text, answer
        assert one.told("/secret.txt") == (200, SECRET)

    def test_787_61_uploads(self, two, sites):
        """A session takes its own files; its token is for who may deploy it."""
        one, other = sites
        begun = one.begun({"/secret.txt": SECRET, "/new.txt": "new"})
        name = hash_of(b"new", "/new.txt")
        assert begun["buckets"] == [[name]]
        own = other.begun({"/own.txt": "own"})
        poison = {name: (base64.b64encode(b"bad"), "text/plain")}
        assert other.send(own["jwt"], poison).status == 400
        for jwt in ("", "x", own["jwt"][:-4] + "AAAA",
                    begun["jwt"].rpartition(".")[0] + "."
                    + own["jwt"].rpartition(".")[2]):
            assert other.send(jwt, poison).status in (400, 401, 403), jwt
        limited = Site(two[1].token, other.ns, other.name)
        answer = limited.put(one.uploaded({"/secret.txt": SECRET}))
        assert (answer.status, answer.json["errors"][0]["code"]) == (403,
                                                                     10000)
        assert two[1].token.refused(
            "POST", f"{one.scripts.path}/{one.name}/assets-upload-session",
            {"manifest": {}})[0] == 403
        done = one.send(begun["jwt"], {name: (base64.b64encode(b"new"),
                                              "text/plain")})
        assert done.status == 201
        assert one.put(done.json["result"]["jwt"]).status == 200
        assert one.told("/new.txt") == (200, "new")
        assert other.told("/mine.txt") == (200, "x")
