# SPDX-License-Identifier: Apache-2.0
"""Bindings to what the REST API made, in Workers that wfpctl deploys."""

import uuid

import pytest

from wfptest.lua import worker

pytestmark = pytest.mark.one_mpm

USES = worker("""
    env.KV:put("k", "of KV")
    env.BUCKET:put("o", "of R2")
    env.QUEUE:send("of a queue")
    return Response.json{ kv = env.KV:get("k"),
        r2 = env.BUCKET:get("o"):text(),
        d1 = env.DB:prepare("SELECT 'of D1' AS a"):first("a"),
        assets = env.ASSETS:fetch("http://any.example/x").status }""")


def test_641_01_of_every_service(api, tenant, queue):
    name = f"b-{uuid.uuid4().hex[:12]}"
    one = queue()
    one.consume()
    kv = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                {"title": name})["id"]
    db = api.ok("POST", f"{api.account}/d1/database", {"name": name})["uuid"]
    api.ok("POST", f"{api.account}/r2/buckets", {"name": name})
    made = tenant.deploy(
        USES, "--binding", f"kv_namespace:KV={kv}", "--binding",
        f"d1:DB={db}", "--binding", f"r2_bucket:BUCKET={name}", "--binding",
        "assets:ASSETS", *one.binding)
    assert made.get().json == {"kv": "of KV", "r2": "of R2", "d1": "of D1",
                               "assets": 404}
    assert [each["body"] for each in one.pull()] == ["of a queue"]
    listed = api.ok("GET", f"{api.namespaces}/demo/scripts/{made.name}"
                    "/bindings")
    assert {each["name"]: each["type"] for each in listed} == {
        "KV": "kv_namespace", "DB": "d1", "BUCKET": "r2_bucket",
        "ASSETS": "assets", "QUEUE": "queue"}
    tenant.remove_all()
    api.ok("DELETE", f"{api.account}/r2/buckets/{name}/objects/o")
    api.ok("DELETE", f"{api.account}/r2/buckets/{name}")
    api.ok("DELETE", f"{api.account}/d1/database/{db}")
    api.ok("DELETE", f"{api.account}/storage/kv/namespaces/{kv}")


@pytest.mark.parametrize("binding", [
    "kv_namespace:X=" + "0" * 32, "r2_bucket:X=no-such", "queue:X=no-such",
    "d1:X=00000000-0000-4000-8000-000000000000"])
def test_641_02_what_is_not_there(tenant, binding):
    done = tenant.deploy(worker(""), "--binding", binding, check=False)
    assert done.returncode == 1
    assert "X" in done.stderr or "no-such" in done.stderr or \
        "0000" in done.stderr
