# SPDX-License-Identifier: Apache-2.0
"""KV namespaces in Workers: what Cloudflare documents, case by case; values of
all sizes; who reaches what."""

import json
import pathlib
import uuid

import pytest

from wfptest.wait import until

SCRIPT = (pathlib.Path(__file__).parents[1] / "scripts" / "kv.lua").read_text()
MANY = "subrequests=2000"


class Namespace:
    """A KV namespace, and a Worker that does with it what a test says."""

    def __init__(self, api, tenant, title, options=()):
        self.api, self.tenant = api, tenant
        self.path = f"{api.account}/storage/kv/namespaces"
        self.id = api.ok("POST", self.path, {"title": title})["id"]
        self.worker = tenant.deploy(
            SCRIPT, "--binding", f"kv_namespace:KV={self.id}",
            "--limit", MANY, *options)

    def calls(self, *calls):
        """Results of {op, args} in one invocation."""
        answer = self.worker.post(json.dumps(calls).encode())
        assert answer.status == 200, answer
        return answer.json

    def do(self, op, *args, **more):
        """The result of one call, each in an invocation of its own."""
        return self.calls({"op": op, "args": args, **more})[0]


@pytest.fixture
def make(api, tenant):
    """Makes namespaces that are gone after the test."""
    made = []

    def one(*options):
        made.append(Namespace(api, tenant, str(uuid.uuid4()), options))
        return made[-1]

    yield one
    tenant.remove_all()
    for each in made:
        api.call("DELETE", f"{each.path}/{each.id}")


@pytest.fixture
def kv(make):
    return make()


class TestFirst:
    def test_340_01_life(self, kv):
        assert kv.do("get", "a") is None
        assert kv.do("put", "a", "one") is None
        assert kv.do("get", "a") == "one"
        assert kv.do("put", "a", "two") is None
        assert kv.do("get", "a") == "two"
        assert kv.do("list") == {"keys": [{"name": "a"}],
                                 "list_complete": True}
        assert kv.do("delete", "a") is None
        assert kv.do("get", "a") is None


def key_error(text):
    return {"error": text, "name": "TypeError"}


def kv_error(method, text):
    return {"error": f"KV {method} failed: {text}", "name": "Error",
            "code": "kv_error"}


TYPES = ('Unknown response type. Possible types are "text", "arrayBuffer", '
         '"json", and "stream".')
FUTURE = ("Please specify integer greater than the current number of seconds "
          "since the UNIX epoch.")
# as (what is done before, the call, what comes of it)
CASES = {
    "get of nothing": ([], ("get", "x"), None),
    "get gives text": ([("put", "x", "v")], ("get", "x", "text"), "v"),
    "get takes options": ([("put", "x", "v")], ("get", "x", {"type": "text"}),
                          "v"),
    "arrayBuffer is a string": ([("put", "x", "v")],
                                ("get", "x", "arrayBuffer"), "v"),
    "json is decoded": ([("put", "x", '{"a":[1,2.5,null]}')],
                        ("get", "x", "json"), {"a": [1, 2.5, None]}),
    "json by options": ([("put", "x", "[]")], ("get", "x", {"type": "json"}),
                        []),
    "json of nothing": ([], ("get", "x", "json"), None),
    "no JSON": ([("put", "x", "{")], ("get", "x", "json"), "SyntaxError"),
    "an unknown type": ([("put", "x", "v")], ("get", "x", "blob"),
                        key_error(TYPES)),
    "cacheTtl is taken": ([("put", "x", "v")], ("get", "x", {"cacheTtl": 60}),
                          "v"),
    "a small cacheTtl": ([], ("get", "x", {"cacheTtl": 5}),
                         kv_error("GET", "400 Invalid cache_ttl of 5. Cache TTL"
                                  " must be at least 30.")),
    "an empty value": ([("put", "x", "")], ("get", "x"), ""),
    "a number as value": ([("put", "x", 12)], ("get", "x"), "12"),
    "a boolean as value": ([("put", "x", True)], ("get", "x"), "true"),
    "a table as value": ([], ("put", "x", {"a": 1}),
                         key_error("KV put() accepts only strings, ArrayBuffers"
                                   ", ArrayBufferViews, and ReadableStreams as "
                                   "values.")),
    "nothing as value": ([], ("put", "x"),
                         key_error("KV put() accepts only strings, ArrayBuffers"
                                   ", ArrayBufferViews, and ReadableStreams as "
                                   "values.")),
    "the last put wins": ([("put", "x", "1"), ("put", "x", "2")], ("get", "x"),
                          "2"),
    "an empty key": ([], ("get", ""), key_error("Key name cannot be empty.")),
    "an empty key to put": ([], ("put", "", "v"),
                            key_error("Key name cannot be empty.")),
    "an empty key to delete": ([], ("delete", ""),
                               key_error("Key name cannot be empty.")),
    "a dot": ([], ("get", "."),
              key_error('"." is not allowed as a key name.')),
    "two dots": ([], ("put", "..", "v"),
                 key_error('".." is not allowed as a key name.')),
    "three dots": ([("put", "...", "v")], ("get", "..."), "v"),
    "a key of 512 bytes": ([("put", "é" * 256, "v")], ("get", "é" * 256), "v"),
    "a key of 513 bytes": ([], ("put", "k" * 513, "v"),
                           kv_error("PUT", "414 UTF-8 encoded length of 513 "
                                    "exceeds key length limit of 512.")),
    "a long key to get": ([], ("get", "k" * 600),
                          kv_error("GET", "414 UTF-8 encoded length of 600 "
                                   "exceeds key length limit of 512.")),
    "a long key to delete": ([], ("delete", "k" * 600),
                             kv_error("DELETE", "414 UTF-8 encoded length of "
                                      "600 exceeds key length limit of 512.")),
    "a number as key": ([("put", 7, "v")], ("get", "7"), "v"),
    "a key with a slash": ([("put", "a/b c%2F", "v")], ("get", "a/b c%2F"),
                           "v"),
    "delete of nothing": ([], ("delete", "x"), None),
    "deleted": ([("put", "x", "v"), ("delete", "x")], ("get", "x"), None),
    "metadata": ([("put", "x", "v", {"metadata": {"a": [1]}})],
                 ("getWithMetadata", "x"),
                 {"value": "v", "metadata": {"a": [1]}}),
    "metadata is any JSON": ([("put", "x", "v", {"metadata": "text"})],
                             ("getWithMetadata", "x"),
                             {"value": "v", "metadata": "text"}),
    "no metadata": ([("put", "x", "v")], ("getWithMetadata", "x"),
                    {"value": "v"}),
    "metadata of nothing": ([], ("getWithMetadata", "x"), {}),
    "metadata with JSON": ([("put", "x", "[1]", {"metadata": 5})],
                           ("getWithMetadata", "x", "json"),
                           {"value": [1], "metadata": 5}),
    "a put without takes it away": (
        [("put", "x", "v", {"metadata": 1}), ("put", "x", "w")],
        ("getWithMetadata", "x"), {"value": "w"}),
    "metadata of 1024 bytes": ([("put", "x", "v", {"metadata": "m" * 1022})],
                               ("get", "x"), "v"),
    "metadata of 1025 bytes": ([], ("put", "x", "v", {"metadata": "m" * 1023}),
                               kv_error("PUT", "413 Metadata length of 1025 "
                                        "exceeds limit of 1024.")),
    "a TTL of 60": ([("put", "x", "v", {"expirationTtl": 60})], ("get", "x"),
                    "v"),
    "a TTL of 59": ([], ("put", "x", "v", {"expirationTtl": 59}),
                    kv_error("PUT", "400 Invalid expiration_ttl of 59. "
                             "Expiration TTL must be at least 60.")),
    "a TTL of 0": ([], ("put", "x", "v", {"expirationTtl": 0}),
                   kv_error("PUT", "400 Invalid expiration_ttl of 0. Please "
                            "specify integer greater than 0.")),
    "a TTL that is none": ([], ("put", "x", "v", {"expirationTtl": "soon"}),
                           key_error("expirationTtl must be a number of "
                                     "seconds")),
    "an enormous TTL": ([("put", "x", "v", {"expirationTtl": 9e14})],
                        ("get", "x"), "v"),
    "an expiration that was": ([], ("put", "x", "v", {"expiration": 5}),
                               kv_error("PUT", "400 Invalid expiration of 5. "
                                        + FUTURE)),
    "an expiration to be": ([("put", "x", "v", {"expiration": 4000000000})],
                            ("list",),
                            {"keys": [{"name": "x", "expiration": 4000000000}],
                             "list_complete": True}),
    "the TTL wins": ([], ("put", "x", "v", {"expirationTtl": 5,
                                            "expiration": 4000000000}),
                     kv_error("PUT", "400 Invalid expiration_ttl of 5. "
                              "Expiration TTL must be at least 60.")),
    "a refused put changes nothing": (
        [("put", "x", "v"), ("put", "x", "w", {"expirationTtl": 1})],
        ("get", "x"), "v"),
    "get of several": ([("put", "a", "1"), ("put", "b", "2")],
                       ("get", ["a", "b", "c"]), {"a": "1", "b": "2"}),
    "get of several as JSON": ([("put", "a", "[1]")], ("get", ["a"], "json"),
                               {"a": [1]}),
    "several with metadata": (
        [("put", "a", "1", {"metadata": 5})], ("getWithMetadata", ["a", "b"]),
        {"a": {"value": "1", "metadata": 5}, "b": {}}),
    "several, one no JSON": (
        [("put", "a", "{")], ("get", ["a"], "json"),
        kv_error("GET_BULK", "400 At least one of the requested keys "
                 "corresponds to a non-json value")),
    "several as stream": ([], ("get", ["a"], "stream"),
                          kv_error("GET_BULK", '400 "stream" is not a valid '
                                   'type. Use "json" or "text"')),
    "100 keys": ([("put", "k9", "v")], ("get", [f"k{n}" for n in range(100)]),
                 {"k9": "v"}),
    "101 keys": ([], ("get", [f"k{n}" for n in range(101)]),
                 kv_error("GET_BULK", "400 You can request a maximum of 100 "
                          "keys")),
    "no key": ([], ("get", []),
               kv_error("GET_BULK", "400 You must request a minimum of 1 key")),
    "an empty key of several": ([], ("get", ["a", ""]),
                                key_error("Key name cannot be empty.")),
    "an empty list": ([], ("list",), {"keys": [], "list_complete": True}),
    "a list is in byte order": (
        [("put", key, "v") for key in ("b", "a", "é", "Z", "aa", "z")],
        ("list",),
        {"keys": [{"name": key} for key in ("Z", "a", "aa", "b", "z", "é")],
         "list_complete": True}),
    "a list has metadata": ([("put", "x", "v", {"metadata": {"m": 1}})],
                            ("list",),
                            {"keys": [{"name": "x", "metadata": {"m": 1}}],
                             "list_complete": True}),
    "a prefix": ([("put", key, "v") for key in ("a", "b:1", "b:2", "b;", "c")],
                 ("list", {"prefix": "b:"}),
                 {"keys": [{"name": "b:1"}, {"name": "b:2"}],
                  "list_complete": True}),
    "a limit that is just met": ([("put", "a", "v"), ("put", "b", "v")],
                                 ("list", {"limit": 2}),
                                 {"keys": [{"name": "a"}, {"name": "b"}],
                                  "list_complete": True}),
    "a limit": ([("put", "a", "v"), ("put", "b", "v")],
                ("list", {"limit": 1}),
                {"keys": [{"name": "a"}], "list_complete": False,
                 "cursor": "61"}),
    "a limit of 1001": ([], ("list", {"limit": 1001}),
                        kv_error("GET", "400 Invalid key_count_limit of 1001. "
                                 "Please specify an integer less than 1000.")),
    "a limit of 0 is none": ([("put", "a", "v")], ("list", {"limit": 0}),
                             {"keys": [{"name": "a"}], "list_complete": True}),
    "a cursor": ([("put", "a", "v"), ("put", "b", "v")],
                 ("list", {"cursor": "61"}),
                 {"keys": [{"name": "b"}], "list_complete": True}),
    "an empty cursor": ([("put", "a", "v")], ("list", {"cursor": ""}),
                        {"keys": [{"name": "a"}], "list_complete": True}),
    "a wrong cursor": ([], ("list", {"cursor": "zz"}),
                       kv_error("GET", "400 Invalid cursor.")),
    "a long prefix": ([], ("list", {"prefix": "p" * 513}),
                      kv_error("GET", "414 UTF-8 encoded length of 513 exceeds "
                               "key length limit of 512.")),
}


@pytest.mark.one_mpm
class TestOracle:
    @pytest.mark.parametrize("name", CASES)
    def test_340_10_as_documented(self, kv, name):
        before, call, want = CASES[name]
        todo = [{"op": op, "args": args} for op, *args in [*before, call]]
        got = kv.calls(*todo)[-1]
        if isinstance(want, str) and isinstance(got, dict):
            assert got["name"] == want
        else:
            assert got == want


@pytest.mark.one_mpm
class TestBytes:
    @pytest.mark.parametrize("key", ["00", "ff", "00ff0a", "2e00", "c328",
                                     "ff" * 512])
    def test_340_20_keys_are_any_bytes(self, kv, key):
        kv.do("put", key, "0001fe", hex=True)
        assert kv.do("get", key, hex=True) == "0001fe"

    def test_340_21_values_are_any_bytes(self, kv):
        value = bytes(range(256)).hex()
        kv.do("put", "6b", value, hex=True)
        assert kv.do("get", "6b", hex=True) == value

    def test_340_22_prefix_of_the_greatest_bytes(self, kv, tenant):
        worker = tenant.deploy("""return { fetch = function(request, env)
            for _, key in ipairs{ "\\xfe", "\\xff", "\\xff\\xff", "\\xff\\xff1" }
                do env.KV:put(key, "v") end
            local out = {}
            for _, prefix in ipairs{ "\\xfe", "\\xff", "\\xff\\xff", "" } do
                out[#out + 1] = #env.KV:list{ prefix = prefix }.keys
            end
            return Response.new(table.concat(out, " "))
        end }""", "--binding", f"kv_namespace:KV={kv.id}")
        assert worker.get().text == "1 3 2 4"


SIZES = """return { fetch = function(request, env)
    local n = tonumber(request.headers:get("n"))
    local how = request.headers:get("how")
    if how == "string" then
        env.KV:put("x", ("0123456789abcdef"):rep(n // 16))
    elseif how == "body" then
        env.KV:put("x", request.body)
    elseif how == "text" then
        return Response.new(env.KV:get("x"))
    else
        return Response.new(env.KV:get("x", "stream"))
    end
    return Response.new("stored")
end }"""
LARGEST = 25 << 20


class TestSizes:
    def worker(self, kv, tenant, memory):
        return tenant.deploy(SIZES, "--binding", f"kv_namespace:KV={kv.id}",
                             "--limit", f"memory_mb={memory}",
                             "--limit", "cpu_ms=5000",
                             "--limit", "instructions=1000000000")

    def test_340_30_the_largest_value(self, kv, tenant):
        worker = self.worker(kv, tenant, 128)
        assert worker.get(headers=[("n", str(LARGEST)), ("how", "string")]) \
            .text == "stored"
        want = b"0123456789abcdef" * (LARGEST // 16)
        for how in ("text", "stream"):
            assert worker.get(headers=[("how", how)]).body == want, how

    def test_340_31_a_byte_more(self, kv, tenant):
        worker = self.worker(kv, tenant, 128)
        answer = worker.get(headers=[("n", str(LARGEST + 16)),
                                     ("how", "string")])
        assert (answer.status, answer.get("x-wfp-error")) == (500, "kv_error")
        assert worker.get(headers=[("how", "stream")]).body == b""

    def test_340_32_a_body_is_a_value(self, kv, tenant):
        worker = self.worker(kv, tenant, 32)
        body = bytes(range(256)) * 4096
        worker.post(body, headers=[("how", "body")])
        assert worker.get(headers=[("how", "stream")]).body == body
        assert worker.get(headers=[("how", "text")]).body == body

    def test_340_33_more_than_the_isolate_has_room_for(self, kv, tenant):
        self.worker(kv, tenant, 128).get(headers=[("n", str(20 << 20)),
                                                  ("how", "string")])
        small = self.worker(kv, tenant, 16)
        for how in ("text", "stream"):
            answer = small.get(headers=[("how", how)])
            assert (answer.status, answer.get("x-wfp-error")) == \
                (500, "body_too_large"), how

    def test_340_34_many_reads_do_not_add_up(self, kv, tenant):
        self.worker(kv, tenant, 64).get(headers=[("n", str(4 << 20)),
                                                 ("how", "string")])
        worker = tenant.deploy("""return { fetch = function(request, env)
            local n = 0
            for i = 1, 40 do n = n + #env.KV:get("x") end
            return Response.new(tostring(n))
        end }""", "--binding", f"kv_namespace:KV={kv.id}",
                               "--limit", "memory_mb=32",
                               "--limit", "cpu_ms=5000")
        assert worker.get().text == str(40 * (4 << 20))


@pytest.mark.one_mpm
class TestPages:
    def test_340_40_every_key_once(self, kv):
        names = [f"key-{n:03d}" for n in range(57)]
        kv.calls(*({"op": "put", "args": [name, "v"]} for name in names))
        seen, cursor = [], None
        while True:
            page = kv.do("list", {"limit": 10, "prefix": "key-",
                                  "cursor": cursor})
            seen += [each["name"] for each in page["keys"]]
            if page["list_complete"]:
                break
            cursor = page["cursor"]
        assert seen == names

    def test_340_41_a_cursor_outlives_its_key(self, kv):
        kv.calls(*({"op": "put", "args": [name, "v"]} for name in "abcdef"))
        page = kv.do("list", {"limit": 3})
        assert [each["name"] for each in page["keys"]] == ["a", "b", "c"]
        kv.calls({"op": "delete", "args": ["c"]},
                 {"op": "put", "args": ["aa", "v"]},
                 {"op": "put", "args": ["cc", "v"]})
        rest = kv.do("list", {"cursor": page["cursor"]})
        assert [each["name"] for each in rest["keys"]] == ["cc", "d", "e", "f"]


class TestInvocations:
    def deploy(self, kv, tenant, body, *options):
        return tenant.deploy("return { fetch = function(request, env) " + body
                             + " end }", "--binding",
                             f"kv_namespace:KV={kv.id}", *options)

    def test_340_50_calls_are_subrequests(self, kv, tenant):
        worker = self.deploy(kv, tenant, """
            env.KV:put("x", "v")
            local _ = env.KV:get({ "x", "y" })
            env.KV:list()
            local ok, e = pcall(function() env.KV:delete("x") end)
            return Response.new(tostring(ok) .. e.code)""",
                             "--limit", "subrequests=3")
        assert worker.get().text == "falsesubrequest_limit"
        assert kv.do("get", "x") == "v"

    def test_340_51_beside_others(self, kv, tenant):
        worker = self.deploy(kv, tenant, """
            env.KV:put("large", ("x"):rep(300000))
            env.KV:put("small", "y", { metadata = { m = 1 } })
            local a, b, c, d, e = parallel(
                function() return #env.KV:get("large") end,
                function() return env.KV:getWithMetadata("small") end,
                function() return env.KV:put("new", "z") end,
                function() return #env.KV:list().keys end,
                function() return env.KV:get("none") == nil end)
            return Response.json{ a, b, c == nil, d >= 2, e,
                env.KV:get("new") }""")
        assert worker.get().json == [300000,
                                     {"value": "y", "metadata": {"m": 1}},
                                     True, True, True, "z"]

    def test_340_52_many_beside_others(self, kv, tenant):
        worker = self.deploy(kv, tenant, """
            local todo = {}
            for i = 1, 100 do
                todo[i] = function()
                    env.KV:put("k" .. i, ("v" .. i):rep(i * 20))
                    return env.KV:get("k" .. i) == ("v" .. i):rep(i * 20)
                end
            end
            local right = 0
            for _, ok in ipairs{ parallel(table.unpack(todo)) } do
                right = right + (ok and 1 or 0)
            end
            return Response.new(tostring(right))""", "--limit", MANY)
        assert worker.get().text == "100"

    def test_340_53_a_killed_isolate_leaves_nothing_locked(self, kv, tenant):
        worker = self.deploy(kv, tenant, """
            parallel(
                function() env.KV:put("x", ("x"):rep(1000000)) end,
                function() env.KV:put("y", ("y"):rep(1000000)) end,
                function() while true do end end)""")
        for _ in range(5):
            assert worker.get().status == 503
        assert kv.do("put", "x", "after") is None
        assert kv.do("get", "x") == "after"

    def test_340_54_the_keys_table_may_change(self, kv, tenant):
        worker = self.deploy(kv, tenant, """
            env.KV:put("a", "1")
            local keys = { "a", "b" }
            local got = parallel(
                function() return env.KV:get(keys) end,
                function() keys[1] = nil keys[2] = nil end)
            return Response.json(got)""")
        assert worker.get().json == {"a": "1"}

    def test_340_56_methods_want_a_colon(self, kv, tenant):
        worker = self.deploy(kv, tenant, """
            local _, e = pcall(env.KV.get, "x")
            local _, f = pcall(function() env.KV.x = 1 end)
            return Response.new(e.name .. f.name)""")
        assert worker.get().text == "TypeErrorTypeError"

    def test_340_57_wait_until(self, kv, tenant):
        worker = tenant.deploy("""return { fetch = function(request, env, ctx)
            ctx:waitUntil(function() env.KV:put("later", "v") end)
            return Response.new("now")
        end }""", "--binding", f"kv_namespace:KV={kv.id}")
        assert worker.get().text == "now"
        until(lambda: kv.do("get", "later") == "v", "the later put")


@pytest.mark.one_mpm
class TestReach:
    """A Worker has what its version binds, whatever names it says."""

    def test_340_60_nothing_crosses(self, kv, make):
        other = make()
        other.do("put", "secret", "theirs")
        names = ["secret", f"{other.id}/secret", f"../{other.id}", other.id,
                 f"{other.id}:secret", f"../{other.id}.sqlite",
                 f"%2e%2e%2f{other.id}", "' OR 1=1 --", "secret\0"]
        for name in names:
            assert kv.do("get", name) is None, name
            kv.do("put", name, "mine")
            assert other.do("get", name) == (
                "theirs" if name == "secret" else None), name
            assert kv.do("list", {"prefix": name})["keys"][0]["name"] == name
            kv.do("delete", name)
        # a cursor of the other namespace is a place in this one
        for name in "abc":
            other.do("put", name, "v")
            kv.do("put", name + "1", "v")
        cursor = other.do("list", {"limit": 2})["cursor"]
        assert [k["name"] for k in kv.do("list", {"cursor": cursor})["keys"]] \
            == ["b1", "c1"]
        assert other.do("get", "secret") == "theirs"

    def test_340_61_two_of_one_worker(self, kv, make):
        other = make("--binding", f"kv_namespace:SECOND={kv.id}")
        other.do("put", "x", "first")
        other.do("put", "x", "second", env="SECOND")
        assert other.do("get", "x") == "first"
        assert other.do("get", "x", env="SECOND") == "second"
        assert kv.do("get", "x") == "second"

    def test_340_62_a_namespace_that_is_gone(self, api, kv, tenant):
        kv.do("put", "x", "v")
        assert api.refused("DELETE", f"{kv.path}/{kv.id}") == (400, 10409)
        assert kv.do("get", "x") == "v"
        tenant.remove_all()
        api.ok("DELETE", f"{kv.path}/{kv.id}")
        assert not list(pathlib.Path(api.httpd.root).rglob(f"{kv.id}*"))
