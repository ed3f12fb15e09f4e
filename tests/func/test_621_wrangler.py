# SPDX-License-Identifier: Apache-2.0
"""wrangler, unmodified, for everything that it does with Workers here."""

import json
import re
import uuid

import pytest

from wfptest.api import LOCATION, account_id
from wfptest.clients import Wrangler
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm
STUB = "export default {};\n"
PROJECT = """
name = "{name}"
main = "src/stub.js"
compatibility_date = "2026-01-01"
no_bundle = true
find_additional_modules = true
rules = [{{ type = "Text", globs = ["**/*.lua"], fallthrough = true }}]
workers_dev = false
[unsafe.metadata]
main_module = "worker.lua"
tags = ["pro"]
[vars]
WORD = "hello"
{more}
"""
LUA = """return { fetch = function(request, env)
    return Response.new(env.WORD .. " " .. (env.KEY or "without"))
end }
"""


def fresh(stem):
    return f"{stem}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def wrangler(api, tmp_path):
    return Wrangler(api, tmp_path)


@pytest.fixture
def namespace(api):
    name = fresh("ns")
    api.ok("POST", api.namespaces, {"name": name})
    yield name
    api.ok("DELETE", f"{api.namespaces}/{name}")


def project(wrangler, name, text=LUA, more=""):
    wrangler.write("wrangler.toml", PROJECT.format(name=name, more=more))
    wrangler.write("src/stub.js", STUB)
    wrangler.write("src/worker.lua", text)


def test_621_01_deploys_a_user_worker(wrangler, namespace, client):
    project(wrangler, "shop")
    wrangler.run("deploy", "--dispatch-namespace", namespace)
    at = f"/_ns/{namespace}/shop/"
    assert client.get(at).text == "hello without"
    project(wrangler, "shop", LUA.replace("without", "out"))
    told = wrangler.run("deploy", "--dispatch-namespace", namespace)
    assert "Uploaded shop" in told
    assert client.get(at).text == "hello out"


def test_621_02_a_fault_is_told_with_its_line(wrangler, namespace, client):
    project(wrangler, "shop", "local x = 1\nreturn {{\n")
    told = wrangler.run("deploy", "--dispatch-namespace", namespace,
                        check=False)
    assert "worker.lua:" in told and "[code: 10021]" in told
    assert client.get(f"/_ns/{namespace}/shop/").status == 404


def test_621_03_dispatch_namespaces(wrangler):
    name = fresh("ns")
    told = wrangler.run("dispatch-namespace", "create", name)
    assert name in told
    assert name in wrangler.run("dispatch-namespace", "list")
    assert name in wrangler.run("dispatch-namespace", "get", name)
    wrangler.run("dispatch-namespace", "rename", name, f"{name}-2")
    assert f"{name}-2" in wrangler.run("dispatch-namespace", "list")
    wrangler.run("dispatch-namespace", "delete", f"{name}-2")
    assert name not in wrangler.run("dispatch-namespace", "list")


def test_621_04_an_account_worker(wrangler, api, namespace):
    name = fresh("dispatcher")
    more = "[[dispatch_namespaces]]\nbinding = \"DISPATCHER\"\n" \
        f"namespace = \"{namespace}\"\n"
    project(wrangler, name, more=more)
    wrangler.run("deploy")
    settings = api.ok("GET", f"{api.account}/workers/scripts/{name}/settings")
    assert {each["name"] for each in settings["bindings"]} == \
        {"WORD", "DISPATCHER"}
    project(wrangler, name, LUA.replace("without", "out"), more)
    wrangler.run("deploy")
    worker = f"{api.account}/workers/scripts/{name}"
    versions = api.ok("GET", f"{worker}/versions")["items"]
    assert len(versions) > 1
    told = wrangler.run("deployments", "list")
    assert versions[0]["id"] in told
    assert versions[0]["id"] in wrangler.run("versions", "list")
    wrangler.run("rollback", versions[-1]["id"], "--yes")
    deployed = api.ok("GET", f"{worker}/deployments")
    assert deployed["deployments"][0]["versions"][0]["version_id"] == \
        versions[-1]["id"]
    wrangler.run("delete", "--force")
    assert api.refused("GET", f"{worker}/settings") == (404, 10007)


def test_621_05_secrets(wrangler, api):
    name = fresh("worker")
    project(wrangler, name)
    wrangler.run("deploy")
    wrangler.run("secret", "put", "KEY", stdin="hidden\n")
    wrangler.write("bulk.json", json.dumps({"ONE": "1", "TWO": "2"}))
    wrangler.run("secret", "bulk", "bulk.json")
    told = wrangler.run("secret", "list")
    listed, _ = json.JSONDecoder().raw_decode(told[told.index("[\n"):])
    assert {each["name"] for each in listed} == {"KEY", "ONE", "TWO"}
    assert "hidden" not in told
    wrangler.run("secret", "delete", "TWO", stdin="y\n")
    kept = api.ok("GET", f"{api.account}/workers/scripts/{name}/secrets")
    assert {each["name"] for each in kept} == {"KEY", "ONE"}
    assert "deleted" in wrangler.run("delete").lower()
    assert api.refused("GET", f"{api.account}/workers/services/{name}") == \
        (404, 10090)


def test_621_31_a_tail_worker(wrangler, api):
    """Who names one in its configuration is told before that is deleted."""
    consumer, name = fresh("consumer"), fresh("followed")
    project(wrangler, consumer)
    wrangler.run("deploy")
    project(wrangler, name, more="[[tail_consumers]]\n"
            f"service = \"{consumer}\"\n")
    wrangler.run("deploy")
    settings = f"{api.account}/workers/scripts/{name}/script-settings"
    assert [each["service"] for each in api.ok("GET", settings)[
        "tail_consumers"]] == [consumer]
    wrangler.run("deploy")  # once more, with what it asks then
    told = wrangler.run("delete", "--name", consumer)
    assert f"Worker {name} (production) uses this Worker as a Tail Worker" \
        in told
    # it asks, and says yes where nobody can: with force
    assert api.refused("GET", f"{api.account}/workers/services/{consumer}") \
        == (404, 10090)


def test_621_32_what_wrangler_does_not_ask_for(wrangler, api):
    """A queue's consumer is refused by the server, which says why."""
    name, queue = fresh("consumer"), fresh("queue")
    project(wrangler, name)
    wrangler.run("deploy")
    made = api.ok("POST", f"{api.account}/queues", {"queue_name": queue})
    path = f"{api.account}/queues/{made['queue_id']}"
    api.ok("POST", f"{path}/consumers", {"type": "worker",
                                         "script_name": name})
    told = wrangler.run("delete", "--name", name, check=False)
    assert f"queue {queue} (its consumer)" in told
    assert "10064" in told
    wrangler.run("delete", "--name", name, "--force")
    assert api.refused("GET", f"{api.account}/workers/services/{name}") == \
        (404, 10090)
    api.ok("DELETE", path)


def test_621_06_kv_namespaces(wrangler):
    title = fresh("cache")
    project(wrangler, fresh("worker"))
    told = wrangler.run("kv", "namespace", "create", title)
    number = re.search(r"[0-9a-f]{32}", told)[0]
    listed = wrangler.run("kv", "namespace", "list")
    assert number in listed
    at = ("--namespace-id", number, "--remote")
    wrangler.run("kv", "key", "put", "a/b c", "one", "--metadata",
                 '{"m": 1}', "--ttl", "600", *at)
    wrangler.write("value.bin", "from a file")
    wrangler.run("kv", "key", "put", "file", "--path", "value.bin", *at)
    assert wrangler.run("kv", "key", "get", "a/b c", "--text", *at
                        ).startswith("one")
    told = wrangler.run("kv", "key", "list", *at)
    keys, _ = json.JSONDecoder().raw_decode(told[told.index("["):])
    assert [each["name"] for each in keys] == ["a/b c", "file"]
    assert keys[0]["metadata"] == {"m": 1} and keys[0]["expiration"]
    wrangler.run("kv", "key", "delete", "file", *at)
    wrangler.write("bulk.json", json.dumps([
        {"key": f"k{n}", "value": str(n)} for n in range(3)]))
    wrangler.run("kv", "bulk", "put", "bulk.json", *at)
    wrangler.write("keys.json", json.dumps(["k0", "k1"]))
    assert "k1" in wrangler.run("kv", "bulk", "get", "keys.json", *at)
    wrangler.run("kv", "bulk", "delete", "keys.json", "--force", *at)
    told = wrangler.run("kv", "key", "list", "--prefix", "k", *at)
    keys, _ = json.JSONDecoder().raw_decode(told[told.index("["):])
    assert [each["name"] for each in keys] == ["k2"]
    wrangler.run("kv", "namespace", "delete", "--namespace-id", number)
    assert number not in wrangler.run("kv", "namespace", "list")


DATABASES = """[[d1_databases]]
binding = "DB"
database_name = "{name}"
database_id = "{number}"
"""
ROWS = """return { fetch = function(request, env)
    return Response.json(env.DB:prepare("SELECT name FROM people ORDER BY id"):all().results)
end }
"""


def test_621_08_d1(wrangler, api, namespace, client):
    name = fresh("db")
    project(wrangler, "shop")
    told = wrangler.run("d1", "create", name)
    number = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", told)[0]
    assert name in wrangler.run("d1", "list")
    project(wrangler, "shop", ROWS, DATABASES.format(name=name, number=number))
    assert number in wrangler.run("d1", "info", name)
    wrangler.run("d1", "execute", name, "--remote", "--command",
                 "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);"
                 "INSERT INTO people (name) VALUES ('Ada')")
    told = wrangler.run("d1", "execute", name, "--remote", "--command",
                        "SELECT name FROM people", "--json")
    assert '"Ada"' in told
    told = wrangler.run("d1", "execute", name, "--remote", "--command",
                        "SELEKT", check=False)
    assert "syntax error" in told
    wrangler.write("migrations/0001_more.sql",
                   "ALTER TABLE people ADD COLUMN age INTEGER;\n"
                   "INSERT INTO people (name, age) VALUES ('Bob', 25);\n")
    assert "0001_more.sql" in wrangler.run("d1", "migrations", "apply", name,
                                           "--remote", stdin="y\n")
    wrangler.write("more.sql", "INSERT INTO people (name) VALUES ('Cid');")
    wrangler.run("d1", "execute", name, "--remote", "--yes", "--file",
                 "more.sql")
    wrangler.run("d1", "export", name, "--remote", "--output", "dump.sql")
    assert "'Cid'" in (wrangler.folder / "dump.sql").read_text()
    wrangler.run("d1", "execute", name, "--remote", "--command",
                 "DELETE FROM people WHERE name = 'Cid'")
    wrangler.run("deploy", "--dispatch-namespace", namespace)
    assert client.get(f"/_ns/{namespace}/shop/").json == \
        [{"name": "Ada"}, {"name": "Bob"}]
    api.ok("DELETE", f"{api.namespaces}/{namespace}/scripts/shop")
    wrangler.run("d1", "delete", name, "--skip-confirmation")
    assert name not in wrangler.run("d1", "list")


BUCKETS = """[[r2_buckets]]
binding = "B"
bucket_name = "{name}"
"""
OBJECT = """return { fetch = function(request, env)
    return Response.new(env.B:get("a/b c").body)
end }
"""


def test_621_09_r2(wrangler, api, namespace, client):
    name = fresh("bucket")
    project(wrangler, "shop", OBJECT, BUCKETS.format(name=name))
    wrangler.run("r2", "bucket", "create", name)
    assert name in wrangler.run("r2", "bucket", "list")
    assert name in wrangler.run("r2", "bucket", "info", name)
    wrangler.write("object.bin", "bytes" * 100000)
    wrangler.run("r2", "object", "put", f"{name}/a/b c", "--file",
                 "object.bin", "--content-type", "text/x", "--remote")
    wrangler.run("r2", "object", "get", f"{name}/a/b c", "--file", "got.bin",
                 "--remote")
    assert (wrangler.folder / "got.bin").read_text() == "bytes" * 100000
    told = wrangler.run("r2", "bucket", "info", name)
    assert re.search(r"object_count:\s+1\b", told)
    assert re.search(r"bucket_size:\s+500 kB", told)
    wrangler.run("deploy", "--dispatch-namespace", namespace)
    assert client.get(f"/_ns/{namespace}/shop/").text == "bytes" * 100000
    api.ok("DELETE", f"{api.namespaces}/{namespace}/scripts/shop")
    told = wrangler.run("r2", "bucket", "delete", name, check=False)
    assert "not empty" in told
    wrangler.run("r2", "object", "delete", f"{name}/a/b c", "--remote")
    wrangler.run("r2", "bucket", "delete", name)
    assert name not in wrangler.run("r2", "bucket", "list")


CRONS = "[triggers]\ncrons = {crons}\n"


def test_621_10_crons(wrangler, api):
    name = fresh("ticks")
    path = f"{api.account}/workers/scripts/{name}/schedules"

    def crons():
        return [one["cron"] for one in api.ok("GET", path)["schedules"]]

    def deploy(*args, crons, **options):
        project(wrangler, name, more=CRONS.format(crons=json.dumps(crons)))
        return wrangler.run(*args or ("deploy",), **options)
    told = deploy(crons=["0 5 * * *", "*/30 * * * MON-FRI"])
    assert "schedule: 0 5 * * *" in told
    assert crons() == ["*/30 * * * MON-FRI", "0 5 * * *"]
    # without any it leaves them alone
    project(wrangler, name)
    wrangler.run("deploy")
    assert len(crons()) == 2
    told = deploy(crons=["0 6 * * *", "0 25 * * *"], check=False)
    assert "invalid cron string '0 25 * * *': the hour is wrong" in told
    assert "[code: 10100]" in told
    assert len(crons()) == 2
    deploy("triggers", "deploy", crons=["0 7 L * *"])
    assert crons() == ["0 7 L * *"]
    deploy(crons=[])
    assert crons() == []
    wrangler.run("delete", "--force")


def test_621_07_who_am_i(wrangler, api):
    assert account_id(api.httpd) in wrangler.run("whoami")


BINDINGS = """
[version_metadata]
binding = "VERSION"
[[ratelimits]]
name = "LIMIT"
namespace_id = "1001"
simple = { limit = 2, period = 60 }
"""
BOUND = """return { fetch = function(request, env)
    local ok = {}
    for i = 1, 3 do ok[i] = env.LIMIT:limit{ key = "k" }.success end
    return Response.json{ id = env.VERSION.id, ok = ok }
end }
"""


def test_621_20_small_bindings(wrangler, api, namespace, client):
    project(wrangler, "shop", BOUND, BINDINGS)
    wrangler.run("deploy", "--dispatch-namespace", namespace)
    seen = client.get(f"/_ns/{namespace}/shop/").json
    path = f"{api.namespaces}/{namespace}/scripts/shop"
    assert seen["ok"] == [True, True, False]
    assert seen["id"] == api.ok("GET", f"{path}/versions")["items"][0]["id"]
    bindings = {each["name"]: each
                for each in api.ok("GET", f"{path}/bindings")}
    assert bindings["VERSION"]["type"] == "version_metadata"
    assert bindings["LIMIT"] == {
        "type": "ratelimit", "name": "LIMIT", "namespace_id": "1001",
        "simple": {"limit": 2, "period": 60}}


TAILED = """return { fetch = function(request)
    console.log("seen", 7)
    return Response.new("x")
end }
"""


@pytest.mark.parametrize("form, shown", [
    ("json", r'"outcome": "ok"[\s\S]*"message": \[\s*"seen 7"\s*\]'),
    ("pretty", r"GET http://\S+/tailed/a - Ok @ [\s\S]*seen 7")],
    ids=["json", "pretty"])
def test_621_30_tail(httpd, wrangler, client, form, shown):
    name = fresh("tailed")
    project(wrangler, name, TAILED)
    wrangler.run("deploy")
    httpd.configure([*LOCATION, "<Location /tailed>", f"WfpDispatcher {name}",
                     "</Location>"])

    def is_shown(told):
        assert client.get("/tailed/a").text == "x"
        return re.search(shown, told())
    with wrangler.running("tail", name, "--format", form) as told:
        until(lambda: is_shown(told), "the record", 60, .2)
    wrangler.run("delete", name, "--force")
