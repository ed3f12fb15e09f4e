# SPDX-License-Identifier: Apache-2.0
"""Each change by the API leaves its row. The changes are those of
openapi.json, so that a new route is missed here."""

import json
import re

import pytest

from wfptest import openapi
from wfptest.api import LOCATION, Api
from wfptest.queues import Queue
from wfptest.uploads import FORM, Scripts, upload_body

pytestmark = pytest.mark.one_mpm

A = "/accounts/{account}"
N = A + "/workers/dispatch/namespaces"
S = N + "/{namespace}/scripts"
W = A + "/workers/scripts"
K = A + "/storage/kv/namespaces"
SECRET = "geheim-0815-geheim"
BINDINGS = [{"type": "secret_text", "name": "OLD", "text": SECRET}]
CODE = upload_body("audit", bindings=BINDINGS, tags=["gone"])
D = A + "/d1/database"
Q = A + "/queues"
B = A + "/r2/buckets"
# switching off what is off changes nothing, nor does saying what is
CHANGES_NOTHING = {("POST", W + "/{script}/subdomain"),
                   ("PUT", D + "/{database}"), ("PATCH", D + "/{database}"),
                   ("POST", K + "/{kv}/bulk/get"), ("POST", "/graphql"),
                   ("POST", A + "/analytics_engine/datasets/{dataset}/query")}
# changes nothing, or has several steps: see test_653_05 and 06
DATA = {("POST", D + "/{database}/export"), ("POST", D + "/{database}/import"),
        ("PUT", D + "/{database}/import/{file}"),
        *((verb, B + "/{bucket}/uploads" + rest) for verb, rest in (
            ("POST", ""), ("PUT", "/{upload}/{part}"), ("POST", "/{upload}"),
            ("DELETE", "/{upload}"))),
        # readers may: the store has nothing of tails
        *((verb, scripts + "/{script}/tails" + rest) for scripts in (S, W)
          for verb, rest in (("POST", ""), ("DELETE", "/{tail}"))),
        *(("POST", Q + "/{queue}/messages" + verb)
          for verb in ("", "/batch", "/pull", "/peek", "/ack"))}

# of a Worker: what follows its path: (body, action)
OF_WORKERS = {
    ("PUT", ""): (CODE, "upload"),
    ("POST", "/versions"): (CODE, "upload"),
    ("PUT", "/content"): (upload_body("again"), "content"),
    ("PATCH", "/settings"): ({"tags": ["x"], "bindings": BINDINGS},
                             "settings"),
    ("PATCH", "/script-settings"): ({"logpush": True}, "settings"),
    ("PUT", "/secrets"): ({"name": "NEW", "text": SECRET}, "secret"),
    ("DELETE", "/secrets/{secret}"): (None, "secret"),
    ("PATCH", "/secrets-bulk"): (
        {"secrets": {"MORE": {"text": SECRET, "type": "secret_text"}}},
        "secret"),
    ("PUT", "/tags"): (["a", "b"], "tags"),
    ("PUT", "/schedules"): ([{"cron": "0 0 * * *"}], "schedules"),
    ("PUT", "/tags/{tag}"): (None, "tags"),
    ("DELETE", "/tags/{tag}"): (None, "tags"),
    ("POST", "/deployments"): ("deployment", "deploy"),
    ("POST", "/rollback"): (None, "rollback"),
    ("POST", "/assets-upload-session"): ({"manifest": {}}, "assets"),
    ("POST", "/try"): ({"url": "http://127.0.0.1/_ns/none/none"}, "try"),
    ("DELETE", ""): (None, "delete"),
}
# (body, action, type, name in the row)
OTHERS = {
    ("DELETE", S): (None, "delete", "script", "{script}"),
    ("DELETE", A + "/workers/services/{script}"): (
        None, "delete", "script", "{script}"),
    ("POST", N): ({"name": "audited"}, "create", "namespace", ""),
    ("PUT", N + "/{namespace}"): (
        {"egress": "none"}, "update", "namespace", ""),
    ("PATCH", N + "/{namespace}"): (
        {"limits": {"cpu_ms": 9}}, "update", "namespace", ""),
    ("DELETE", N + "/{namespace}"): (None, "delete", "namespace", ""),
    ("POST", A + "/tokens"): (
        {"name": "audited", "role": "read"}, "create", "token", "*"),
    ("DELETE", A + "/tokens/{token}"): (None, "revoke", "token", "{token}"),
    ("POST", K): ({"title": "audited"}, "create", "kv_namespace", "*"),
    ("PUT", K + "/{kv}"): (
        {"title": "audited again"}, "update", "kv_namespace", "{kv}"),
    ("DELETE", K + "/{kv}"): (None, "delete", "kv_namespace", "{kv}"),
    ("PUT", K + "/{kv}/values/{key}"): (
        {"any": "JSON"}, "put_value", "kv_namespace", "{kv}"),
    ("DELETE", K + "/{kv}/values/{key}"): (
        None, "delete_value", "kv_namespace", "{kv}"),
    ("PUT", K + "/{kv}/bulk"): (
        [{"key": "a", "value": "v"}], "put_values", "kv_namespace", "{kv}"),
    ("DELETE", K + "/{kv}/bulk"): (
        ["a"], "delete_values", "kv_namespace", "{kv}"),
    ("POST", K + "/{kv}/bulk/delete"): (
        ["a"], "delete_values", "kv_namespace", "{kv}"),
    ("PUT", A + "/hostnames/{hostname}"): (
        {"namespace": "{namespace}", "script": "{script}"}, "put",
        "hostname", "{hostname}"),
    ("POST", Q): ({"queue_name": "audited"}, "create", "queue", "*"),
    ("PUT", Q + "/{queue}"): ({}, "update", "queue", "{queue}"),
    ("PATCH", Q + "/{queue}"): ({}, "update", "queue", "{queue}"),
    ("DELETE", Q + "/{queue}"): (None, "delete", "queue", "{queue}"),
    ("POST", Q + "/{queue}/purge"): (
        {"delete_messages_permanently": True}, "purge", "queue", "{queue}"),
    ("POST", Q + "/{queue}/consumers"): (
        {"type": "http_pull"}, "add_consumer", "queue", "{queue}"),
    ("PUT", Q + "/{queue}/consumers/{consumer}"): (
        {"type": "http_pull"}, "update_consumer", "queue", "{consumed}"),
    ("DELETE", Q + "/{queue}/consumers/{consumer}"): (
        None, "remove_consumer", "queue", "{consumed}"),
    ("POST", D): ({"name": "audited"}, "create", "d1_database", "*"),
    ("POST", D + "/{database}/query"): (
        {"sql": "CREATE TABLE a (b)"}, "query", "d1_database", "{database}"),
    ("POST", D + "/{database}/raw"): (
        {"sql": "CREATE TABLE a (b)"}, "query", "d1_database", "{database}"),
    ("DELETE", D + "/{database}"): (
        None, "delete", "d1_database", "{database}"),
    ("POST", B): ({"name": "audited"}, "create", "r2_bucket", "audited"),
    ("PATCH", B + "/{bucket}"): ({"storageClass": "InfrequentAccess"}, "update",
                                 "r2_bucket", "{bucket}"),
    ("DELETE", B + "/{bucket}"): (None, "delete", "r2_bucket", "{bucket}"),
    ("PUT", B + "/{bucket}/objects/{key}"): (
        {"any": "JSON"}, "put_object", "r2_bucket", "{bucket}"),
    ("DELETE", B + "/{bucket}/objects/{key}"): (
        None, "delete_object", "r2_bucket", "{bucket}"),
    ("DELETE", B + "/{bucket}/objects"): (
        ["a", "b"], "delete_objects", "r2_bucket", "{bucket}"),
    ("DELETE", A + "/hostnames/{hostname}"): (
        None, "delete", "hostname", "{hostname}"),
}
EXPECTED = {**OTHERS}
for base in (S, W):
    for (verb, what), (sent, done) in OF_WORKERS.items():
        EXPECTED[verb, f"{base}/{{script}}{what}"] = (
            sent, done, "version" if what in (
                "/versions", "/schedules", "/assets-upload-session", "/try")
            else "script",
            "{script}")
MUTATIONS = sorted(
    (method, path) for method, path, operation in openapi.operations()
    if method != "GET" and "200" in operation["responses"]
    and (method, path) not in CHANGES_NOTHING | DATA)


@pytest.fixture
def api(httpd, client):
    httpd.configure(LOCATION)
    admin = Api(httpd, client)
    other, made = admin.with_token("--role", "admin", "--name", "auditor")
    other.id = made["id"]
    return other


@pytest.fixture
def places(api, tenant):
    """What there is for each change to change."""
    ns = tenant.namespace()
    name = Scripts(api, ns).name()
    for scripts in (Scripts(api, ns), Scripts(api, None)):
        for _ in range(2):
            assert scripts.put(name, CODE).status == 200
    kv = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                {"title": f"audit of {ns}"})
    database = api.ok("POST", f"{api.account}/d1/database",
                      {"name": f"audit-{ns}"})
    queues = [Queue(api), Queue(api)]
    consumer = queues[1].consume()["consumer_id"]
    bucket = api.ok("POST", f"{api.account}/r2/buckets",
                    {"name": f"audit-{ns}"})["name"]
    token = api.ok("POST", f"{api.account}/tokens",
                   {"name": "x", "role": "read"})
    api.ok("PUT", f"{api.account}/hostnames/audit.example",
           {"namespace": ns, "script": name})
    yield {"account": api.account.rpartition("/")[2], "namespace": ns,
           "script": name, "secret": "OLD", "tag": "gone", "kv": kv["id"],
           "token": token["id"], "hostname": "audit.example",
           "database": database["uuid"], "key": "k", "queue": queues[0].id,
           "consumed": queues[1].id, "consumer": consumer,
           "bucket": bucket}
    for queue in queues:
        queue.remove()
    for queue in api.ok("GET", f"{api.account}/queues?name=audited"):
        api.call("DELETE", f"{api.account}/queues/{queue['queue_id']}")
    for path in ("hostnames/audit.example", f"workers/scripts/{name}",
                 f"storage/kv/namespaces/{kv['id']}",
                 f"d1/database/{database['uuid']}", "d1/database/audited",
                 f"r2/buckets/{bucket}/objects/k", f"r2/buckets/{bucket}",
                 "r2/buckets/audited",
                 "workers/dispatch/namespaces/audited"):
        api.call("DELETE", f"{api.account}/{path}")
    for kv in api.ok("GET", f"{api.account}/storage/kv/namespaces"):
        if kv["title"] == "audited":
            api.ok("DELETE", f"{api.account}/storage/kv/namespaces/{kv['id']}")


def filled(value, places):
    if "{consumer}" in value:
        places = {**places, "queue": places["consumed"]}
    return re.sub(r"\{(\w+)\}", lambda m: places.get(m[1], m[0]), value)


def body_of(api, path, sent, places):
    if sent == "deployment":
        versions = api.ok("GET", path.replace("/deployments", "/versions"))
        return {"versions": [{"version_id": versions["items"][-1]["id"],
                              "percentage": 100}]}
    if isinstance(sent, dict):
        return json.loads(filled(json.dumps(sent), {
            k: v for k, v in places.items() if "{" + k + "}" in str(sent)}))
    return sent


def rows(api):
    return api.ok("GET", f"{api.account}/audit?limit=1000")


@pytest.mark.parametrize("method, path", MUTATIONS,
                         ids=lambda v: v.replace("/accounts/{account}", ""))
def test_653_01_leaves_its_row(api, places, method, path):
    sent, action, kind, name = EXPECTED[method, path]
    where = filled(path, places)
    body = body_of(api, where, sent, places)
    before = rows(api)[0]["id"]
    query = "?tags=gone:yes" if (method, path) == ("DELETE", S) else ""
    answer = api.call(method, where + query, body, headers=(
        [("Content-Type", FORM)] if isinstance(body, bytes) else []))
    assert answer.status == 200, answer
    row, = [r for r in rows(api) if r["id"] > before]
    ns = places["namespace"] if "{namespace}" in path else None
    assert row["actor"] == {"id": api.id, "name": "auditor", "source": "api",
                            "ip": "127.0.0.1"}
    assert (row["action"], row["object"]["type"], row["result"]) == \
        (action, kind, "success")
    if kind in ("script", "version", "namespace"):
        assert row["object"]["namespace"] == (
            ns if (method, path) != ("POST", N) else "audited")
    if name == "*":
        made = answer.json["result"]
        assert row["object"]["name"] == (
            made.get("id") or made.get("uuid") or made.get("queue_id"))
    elif name:
        assert row["object"]["name"] == filled(name, places)
    assert SECRET not in json.dumps(row)


def test_653_02_every_change_is_looked_at():
    assert sorted(EXPECTED) == MUTATIONS


def test_653_03_refused_ones_leave_none(api, places):
    """Each once more, by somebody who may not."""
    reader, _ = api.with_token("--role", "read")
    before = rows(api)
    for method, path in MUTATIONS:
        assert reader.call(method, filled(path, places), {}).status == 403
    assert rows(api) == before


def test_653_04_a_renamed_namespace(api, tenant):
    name = tenant.namespace()
    before = rows(api)[0]["id"]
    api.ok("PUT", f"{api.namespaces}/{name}", {"name": name + "-new"})
    new = [r for r in rows(api) if r["id"] > before]
    row, = [r for r in new if r["action"] == "rename"]
    assert row["actor"]["name"] == "auditor"
    assert name in json.dumps(row) and name + "-new" in json.dumps(row)
    api.ok("DELETE", f"{api.namespaces}/{name}-new")


def test_653_05_sql_without_its_values(api, places):
    path = f"{api.account}/d1/database/{places['database']}"

    def noted(verb, body):
        before = rows(api)[0]["id"]
        answer = api.ok("POST", f"{path}/{verb}", body)
        new = [r for r in rows(api) if r["id"] > before]
        assert SECRET not in json.dumps(new)
        assert {r["object"]["name"] for r in new} <= {places["database"]}
        return answer, [(r["action"], r["details"]) for r in new]

    api.ok("POST", f"{path}/query", {"sql": "CREATE TABLE a (b)"})
    assert noted("query", {"sql": "INSERT INTO a VALUES (?), (4711)",
                           "params": [SECRET]})[1] == \
        [("query", {"queries": 1, "sql": ["INSERT INTO a VALUES (?), (?)"]})]
    batch = [{"sql": f"UPDATE a SET b = '{SECRET}' -- {SECRET}"}] * 12
    assert noted("raw", {"batch": batch})[1] == \
        [("query", {"queries": 12, "sql": ["UPDATE a SET b = ?"] * 10})]
    assert noted("query", {"sql": f"SELECT * FROM a WHERE b = '{SECRET}'"}) \
        [1] == []
    assert noted("export", {"output_format": "polling"})[1] == []
    sql = f"INSERT INTO a VALUES ('{SECRET}');".encode()
    made, none = noted("import", {"action": "init"})
    put = api.call("PUT", f"{path}/import/{made['filename']}", sql)
    assert put.status == 200 and none == []
    assert noted("import", {
        "action": "ingest", "filename": made["filename"],
        "etag": put.get("etag").strip('"')})[1] == \
        [("import", {"bytes": len(sql)})]


def test_653_06_an_object_that_comes_in_parts(api, places):
    """Its last step makes it, which is what leaves a row."""
    path = f"{api.account}/r2/buckets/{places['bucket']}/uploads"

    def noted(method, where, body):
        before = rows(api)[0]["id"]
        made = api.ok(method, path + where, body)
        return made, [(r["action"], r["object"]["name"], r["details"])
                      for r in rows(api) if r["id"] > before]

    for ends in (True, False):
        made, none = noted("POST", "", {"key": "k"})
        upload = made["uploadId"]
        assert none == []
        part, none = noted("PUT", f"/{upload}/1?key=k", b"one")
        assert none == []
        if ends:
            assert noted("POST", f"/{upload}", {"key": "k", "parts": [part]}) \
                [1] == [("put_object", places["bucket"], {"key": "k"})]
        else:
            assert noted("DELETE", f"/{upload}?key=k", None)[1] == []
