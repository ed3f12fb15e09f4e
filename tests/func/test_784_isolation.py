# SPDX-License-Identifier: Apache-2.0
"""Two tenants with KV and D1 of their own: what names the other's in keys,
parameters and SQL reaches nothing of it; quotas of one are not the other's."""

import json
import uuid

import pytest

from wfptest.api import LOCATION, Api

pytestmark = pytest.mark.one_mpm

SCRIPT = """return { fetch = function(request, env)
    local out = json.array({})
    for i, c in ipairs(request:json()) do
        local ok, e = pcall(function()
            local b = env[c.env]
            if c.op == "sql" then
                local s = b:prepare(c.args[1])
                if c.args[2] then s = s:bind(c.args[2]) end
                return s:all().results
            end
            if c.op == "names" then
                local names = json.array({})
                for name in pairs(env) do names[#names + 1] = name end
                return names
            end
            return b[c.op](b, table.unpack(c.args))
        end)
        out[i] = ok and (e == nil and "nil" or e) or
            { error = type(e) == "table" and e.message or tostring(e) }
    end
    return Response.json(out)
end }"""


class Tenant:
    """A namespace with a Worker, a KV namespace and a database."""

    def __init__(self, api, tenant):
        self.api, self.ns = api, tenant.namespace()
        self.kv = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                         {"title": str(uuid.uuid4())})["id"]
        self.d1 = api.ok("POST", f"{api.account}/d1/database",
                         {"name": f"d{uuid.uuid4().hex}"})["uuid"]
        self.worker = tenant.deploy(
            SCRIPT, "--binding", f"kv_namespace:KV={self.kv}", "--binding",
            f"d1:DB={self.d1}", ns=self.ns)

    def do(self, env, op, *args):
        answer = self.worker.post(json.dumps(
            [{"env": env, "op": op, "args": args}]).encode())
        assert answer.status == 200, answer
        return answer.json[0]

    def remove(self):
        self.api.ok("DELETE",
                    f"{self.api.account}/storage/kv/namespaces/{self.kv}")
        self.api.ok("DELETE", f"{self.api.account}/d1/database/{self.d1}")


@pytest.fixture(scope="module")
def two(httpd):
    from wfptest.client import Client
    from wfptest.tenant import Tenant as Tenants
    httpd.configure(LOCATION)
    client = Client(httpd.port)
    tenants = Tenants(httpd, client)
    api = Api(httpd, client)
    made = [Tenant(api, tenants) for _ in range(2)]
    made[0].do("KV", "put", "secret", "of one")
    made[0].do("DB", "sql", "CREATE TABLE secrets (s TEXT)")
    made[0].do("DB", "sql", "INSERT INTO secrets VALUES ('of one')")
    assert made[0].do("KV", "get", "secret") == "of one"
    yield made
    tenants.remove_all()
    for each in made:
        each.remove()


KEYS = ["secret", "{kv}", "{kv}/secret", "/{kv}/secret", "../{kv}/secret",
        "{kv}:secret", "{kv}\u0000secret", "{kv}.sqlite", "%2e%2e/{kv}/secret",
        "' OR ns_id = '{kv}' --", "{kv}' OR '1'='1"]


class TestKv:
    @pytest.mark.parametrize("key", KEYS)
    def test_784_01_no_key_reaches_the_other(self, two, key):
        one, other = two
        key = key.replace("{kv}", one.kv)
        assert other.do("KV", "get", key) == "nil"
        assert other.do("KV", "getWithMetadata", key).get("value") is None
        other.do("KV", "put", key, "of the other")
        other.do("KV", "delete", key)
        assert one.do("KV", "get", "secret") == "of one"
        assert other.do("KV", "list", {"prefix": key})["keys"] == []

    def test_784_02_nor_does_a_list(self, two):
        one, other = two
        for options in ({}, {"prefix": ""}, {"cursor": "00"},
                        {"prefix": one.kv}, {"limit": 1000}):
            names = [key["name"] for key in
                     other.do("KV", "list", options).get("keys", [])]
            assert "secret" not in names

    def test_784_03_nor_many_keys(self, two):
        one, other = two
        assert other.do("KV", "get", ["secret", one.kv]) in ({}, [])
        assert one.do("KV", "get", ["secret"]) == {"secret": "of one"}

    def test_784_04_nothing_else_is_bound(self, two):
        assert sorted(two[1].do("KV", "names")) == ["DB", "KV"]


SQL = ["SELECT * FROM secrets", "ATTACH '{file}' AS o",
       "ATTACH 'file:{file}?mode=ro' AS o", "SELECT readfile('{file}')",
       "SELECT load_extension('{file}')", "VACUUM INTO '{file}'",
       "PRAGMA temp_store_directory = '{file}'",
       "CREATE VIRTUAL TABLE v USING csv(filename='{file}')",
       "SELECT * FROM dbstat('{file}')", "SELECT * FROM \"{d1}\".secrets",
       "SELECT * FROM '{d1}'.secrets"]


class TestD1:
    @pytest.mark.parametrize("sql", SQL)
    def test_784_10_no_statement_reaches_the_other(self, two, httpd, sql):
        one, other = two
        file = httpd.root / f"data/d1/{one.d1}.sqlite"
        said = other.do("DB", "sql", sql.replace("{file}", str(file)).replace(
            "{d1}", one.d1))
        assert "of one" not in json.dumps(said)
        assert isinstance(said, dict) and said["error"].startswith("D1_ERROR")
        assert one.do("DB", "sql", "SELECT s FROM secrets") == \
            [{"s": "of one"}]

    def test_784_11_nor_a_parameter(self, two, httpd):
        one, other = two
        file = str(httpd.root / f"data/d1/{one.d1}.sqlite")
        for value in (file, one.d1, f"'; ATTACH '{file}' AS o; --"):
            assert other.do("DB", "sql", "SELECT ? AS v", value) == \
                [{"v": value}]
            said = other.do("DB", "sql", "ATTACH ? AS o", value)
            assert said["error"].startswith("D1_ERROR")


class TestFiles:
    def test_784_20_ids_lead_nowhere_else(self, two):
        """What is no id is no namespace and no database, whoever asks."""
        api = two[0].api
        for name in ("..", "%2e%2e", "..%2fd1", "%2fetc%2fpasswd",
                     "0" * 31, two[0].kv.upper(), f"{two[0].kv}.sqlite"):
            for path in (f"storage/kv/namespaces/{name}/values/secret",
                         f"storage/kv/namespaces/{name}/keys"):
                answer = api.get(f"{api.account}/{path}", raw=True)
                assert answer.status in (400, 404), (name, answer)
                assert b"of one" not in answer.body
            answer = api.call("POST", f"{api.account}/d1/database/{name}/query",
                              json.dumps({"sql": "SELECT * FROM secrets"}
                                         ).encode())
            assert answer.status in (400, 404), (name, answer)
