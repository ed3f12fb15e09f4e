# SPDX-License-Identifier: Apache-2.0
"""Bindings of type version_metadata: a Worker sees which version it is."""

import json

import pytest

from wfptest.rollout import Rollout
from wfptest.uploads import Scripts, form, part
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

TEXT = """return { fetch = function(request, env)
    local v, names = env.VERSION, {}
    for name in pairs(v) do names[#names + 1] = name end
    table.sort(names)
    local ok, err = pcall(function() v.id = "x" end)
    return Response.json{ id = v.id, tag = v.tag, timestamp = v.timestamp,
        names = names, assigned = ok, why = tostring(err) }
end }
"""
BINDING = {"type": "version_metadata", "name": "VERSION"}


def see(worker, **options):
    answer = worker.get(**options)
    assert answer.status == 200, answer
    return answer.json


@pytest.fixture
def worker(tenant):
    return tenant.deploy(TEXT, "--binding", "version_metadata:VERSION")


def test_766_01_a_worker_sees_its_version(api, worker):
    version = Rollout(api, worker).versions()[0]
    seen = see(worker)
    assert seen["id"] == version["id"]
    assert seen["timestamp"][:19] == version["created_on"][:19]
    assert seen["timestamp"].endswith("Z") and len(seen["timestamp"]) == 24
    assert seen["tag"] == ""
    assert seen["names"] == ["id", "tag", "timestamp"]


def test_766_02_it_cannot_be_assigned_to(worker):
    seen = see(worker)
    assert not seen["assigned"] and "TypeError" in seen["why"]


def test_766_03_the_tag_of_an_upload(api, tenant):
    scripts = Scripts(api, "demo")
    worker = tenant.deploy(TEXT)
    meta = {"main_module": "worker.lua", "bindings": [BINDING],
            "annotations": {"workers/tag": "v1.2", "workers/message": "m"}}
    body = form(part("metadata", json.dumps(meta)),
                part("worker.lua", TEXT, "worker.lua", "text/plain"))
    done = scripts.put(worker.name, body)
    assert done.status == 200, done
    assert see(worker)["tag"] == "v1.2"
    assert see(worker)["id"] == Rollout(api, worker).versions()[0]["id"]


def test_766_04_a_new_version_is_another_one(api, tenant, worker):
    before = see(worker)
    tenant.deploy(TEXT, "--binding", "version_metadata:VERSION",
                  name=worker.name)
    second = Rollout(api, worker).versions()[0]["id"]
    until(lambda: see(worker)["id"] == second, "the second version")
    after = see(worker)
    assert after["id"] != before["id"]
    assert after["timestamp"] >= before["timestamp"]
    # a secret makes a version of its own, too
    api.httpd.wfpctl("secret", "put", f"demo/{worker.name}", "K", stdin="x")
    newest = Rollout(api, worker).versions()[0]["id"]
    until(lambda: see(worker)["id"] == newest, "the version with the secret")
    assert newest not in (before["id"], after["id"])


def test_766_05_each_of_a_split_sees_itself(api, tenant, worker):
    tenant.deploy(TEXT, "--binding", "version_metadata:VERSION",
                  name=worker.name)
    rollout = Rollout(api, worker)
    ids = [v["id"] for v in rollout.versions()]
    rollout.deploy((ids[0], 50), (ids[1], 50))
    seen = {see(worker, headers=[("Cloudflare-Workers-Version-Key", str(n))])
            ["id"] for n in range(40)}
    assert seen == set(ids)


def test_766_06_after_a_rollback(api, tenant, worker):
    first = see(worker)
    tenant.deploy(TEXT, "--binding", "version_metadata:VERSION",
                  name=worker.name)
    Rollout(api, worker).deploy((first["id"], 100))
    assert see(worker) == first


def test_766_07_workers_see_their_own(worker, tenant):
    other = tenant.deploy(TEXT, "--binding", "version_metadata:VERSION")
    assert see(other)["id"] != see(worker)["id"]


def test_766_08_settings_give_it_back(api, worker):
    scripts = Scripts(api, "demo")
    assert scripts.get(worker.name, "/settings")["bindings"] == [BINDING]
    assert scripts.get(worker.name, "/bindings") == [BINDING]
    # alone in a PATCH it is whole
    done = scripts.patch(worker.name, {"bindings": [BINDING]})
    assert done.status == 200, done
    assert see(worker)["id"] == Rollout(api, worker).versions()[0]["id"]
