# SPDX-License-Identifier: Apache-2.0
"""D1 and KV rows while processes are killed: what was answered is there, and
no get says what was before."""

import os
import signal
import uuid

import pytest

from test_930_kv_durable import SCRIPT, Writers, is_open
from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.hosts import Hosts, PatientWorker
from wfptest.tenant import Tenant
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

D1 = """return { fetch = function(request, env)
    local key = request.headers:get("key")
    if request.method == "POST" then
        env.DB:batch({
            env.DB:prepare("INSERT INTO t VALUES (?, ?)"):bind(key, 1),
            env.DB:prepare("INSERT INTO t VALUES (?, ?)"):bind(key, 2) })
        return Response.new("put")
    end
    local n = env.DB:prepare("SELECT count(*) AS n FROM t WHERE k = ?")
        :bind(key):first("n")
    return Response.new(n == 0 and "none" or n == 2 and "whole" or "torn")
end }"""


@pytest.fixture
def database(httpd, client, tenant):
    httpd.configure(LOCATION)
    api = Api(httpd, client)
    path = f"{api.account}/d1/database"
    number = api.ok("POST", path, {"name": f"d{uuid.uuid4().hex}"})["uuid"]
    api.ok("POST", f"{path}/{number}/query",
           {"sql": "CREATE TABLE t (k TEXT, n INTEGER)"})
    yield tenant.deploy(D1, "--binding", f"d1:DB={number}")
    tenant.remove_all()
    api.ok("DELETE", f"{path}/{number}")


def test_785_01_d1_and_children_that_are_killed(httpd, database):
    with Writers(database, 3) as writers:
        for _ in range(3):
            victim = min(httpd.children())
            httpd.log.expect("AH00052")
            os.kill(victim, signal.SIGKILL)
            until(lambda victim=victim: victim not in httpd.children(),
                  "the child's end")
            writers.more(10)
    writers.check()


def test_785_02_d1_and_all_killed_at_once(httpd, database):
    with Writers(database, 3) as writers:
        writers.more(10)
        httpd.log.expect("AH00098")
        os.killpg(httpd.process.pid, signal.SIGKILL)
        httpd.process.wait()
        until(lambda: not is_open(httpd.port), "the end of all")
    httpd.start()
    writers.check()


@pytest.fixture(scope="module")
def hosts(build, origin, tmp_path_factory):
    made = Hosts(build, tmp_path_factory.mktemp("durable"), origin, pgsql=True)
    try:
        made.start()
        yield made
    finally:
        made.remove()


def test_785_10_kv_rows_and_postgresql_killed(hosts):
    server = hosts.servers[0]
    for tag in ("WFP0201", "WFP0202", "WFP0203", "WFP0204", "WFP2501"):
        server.log.expect(tag)
    client = Client(server.port)
    tenant, api = Tenant(server, client), hosts.api()
    number = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                    {"title": str(uuid.uuid4())})["id"]
    worker = tenant.deploy(SCRIPT, "--binding", f"kv_namespace:KV={number}")
    with Writers(worker, 3) as writers:
        for _ in range(2):
            writers.more(10)
            hosts.postgres.kill()
            hosts.postgres.start()
            writers.more(10)
    writers.worker = PatientWorker(worker)
    writers.check()
