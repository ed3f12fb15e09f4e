# SPDX-License-Identifier: Apache-2.0
"""A dispatch namespace gets another name, and everything comes along."""

import json

import pytest

from wfptest.api import LOCATION, Api
from wfptest.lua import says, worker
from wfptest.rollout import Rollout
from wfptest.tenant import Worker
from wfptest.uploads import Scripts, form, part

ASK = """
    local ok, r = pcall(function()
        return env.D:get("%s"):fetch("http://user/"):text()
    end)
    return Response.new(ok and r or tostring(r.code))"""


pytestmark = pytest.mark.one_mpm

FRONT = "front615"
KEY = "Cloudflare-Workers-Version-Key"


@pytest.fixture
def api(httpd, client):
    httpd.configure((*LOCATION, '<Location "/front/">',
                     f"    WfpDispatcher {FRONT}", "</Location>"))
    return Api(httpd, client)


class Shop:
    """A namespace with a Worker that tells its secret, and its dispatchers: an
    account Worker and one of another namespace."""

    def __init__(self, api, tenant):
        self.api, self.ns = api, tenant.namespace()
        self.path = f"{api.namespaces}/{self.ns}"
        self.new = f"{self.ns}-new"
        self.user = tenant.deploy(says('"secret " .. env.S'), ns=self.ns)
        api.ok("PUT", f"{self.path}/scripts/{self.user.name}/secrets",
               {"name": "S", "text": "hush", "type": "secret_text"})
        front = worker(ASK % self.user.name)
        self.inner = tenant.deploy(front, "--binding",
                                   f"dispatch_namespace:D={self.ns}")
        Scripts(api, None).put(FRONT, form(
            part("metadata", json.dumps({
                "main_module": "w.lua", "bindings": [
                    {"type": "dispatch_namespace", "name": "D",
                     "namespace": self.ns}]})),
            part("w.lua", front)))

    def fronts(self):
        """What both say; it is the same."""
        texts = {self.inner.get().text, self.api.client.get("/front/x").text}
        assert len(texts) == 1
        return texts.pop()

    def get(self, ns):
        return self.api.client.get(f"/_ns/{ns}/{self.user.name}/")

    def rename(self, to=None, method="PUT", **settings):
        return self.api.ok(method, self.path,
                           {"name": to or self.new, **settings})


@pytest.fixture
def shop(api, tenant):
    made = Shop(api, tenant)
    assert made.get(made.ns).text == made.fronts() == "secret hush"
    yield made
    api.ok("DELETE", f"{api.account}/workers/scripts/{FRONT}")


class TestRename:
    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_615_01_all_come_along_at_once(self, api, shop, method):
        before = api.ok("GET", shop.path)
        shop.get(shop.new)  # that there is none is remembered
        made = shop.rename(method=method, trusted_workers=True)
        assert made["namespace_name"] == shop.new
        assert made["trusted_workers"] is True
        # before anything else is asked: no old isolate serves
        assert shop.get(shop.new).text == "secret hush"
        assert shop.fronts() == "secret hush"
        assert shop.get(shop.ns).error == "worker_not_found"
        assert api.refused("GET", shop.path) == (404, 100119)
        got = api.ok("GET", f"{api.namespaces}/{shop.new}")
        assert got["namespace_id"] == before["namespace_id"]
        assert got["script_count"] == 1

    def test_615_02_there_and_back(self, api, shop):
        shop.rename()
        assert shop.get(shop.new).text == "secret hush"
        api.ok("PUT", f"{api.namespaces}/{shop.new}", {"name": shop.ns})
        assert shop.get(shop.ns).text == "secret hush"
        assert shop.fronts() == "secret hush"
        assert shop.get(shop.new).error == "worker_not_found"

    def test_615_03_the_old_name_is_free(self, api, shop, tenant):
        shop.rename()
        api.ok("POST", api.namespaces, {"name": shop.ns})
        other = tenant.deploy(says('"other"'), ns=shop.ns, name=shop.user.name)
        assert other.get().text == "other"
        assert shop.fronts() == "secret hush"

    def test_615_04_a_name_that_was_deleted(self, api, shop, tenant):
        """What was there before under the new name hides nothing."""
        shop.rename()
        late = Shop(api, tenant)
        api.ok("DELETE", f"{api.namespaces}/{shop.new}")
        assert shop.inner.get().text == "worker_not_found"
        late.rename(shop.new)
        assert late.get(shop.new).text == "secret hush"

    def test_615_05_refusals(self, api, shop, tenant):
        taken = tenant.namespace()
        assert api.refused("PUT", shop.path, {"name": taken}) == (400, 100120)
        assert api.refused("PUT", f"{api.namespaces}/missing",
                           {"name": "x"}) == (404, 100119)
        limited, _ = api.with_token("--role", "admin", "--namespace", shop.ns)
        assert limited.refused("PUT", shop.path, {"name": shop.new}) == \
            (403, 10000)
        assert limited.ok("PUT", shop.path, {"name": shop.ns})
        assert shop.get(shop.ns).text == "secret hush"

    def test_615_06_tokens_and_hostnames(self, api, shop):
        limited, _ = api.with_token("--role", "read", "--namespace", shop.ns)
        host = f"{api.account}/hostnames/{shop.ns}.example.com"
        api.ok("PUT", host, {"namespace": shop.ns, "script": shop.user.name})
        shop.rename()
        assert limited.get(f"{api.namespaces}/{shop.new}").status == 200
        assert [n["namespace_name"] for n in
                limited.ok("GET", api.namespaces)] == [shop.new]
        assert api.ok("GET", host)["namespace"] == shop.new
        api.ok("DELETE", host)

    def test_615_07_split_traffic(self, api, shop, tenant):
        """Each version of a split comes along, the dispatcher's, too."""
        tenant.deploy(says('"secret " .. "hush"'), ns=shop.ns,
                      name=shop.user.name)
        rollouts = [Rollout(api, shop.user),
                    Rollout(api, Worker(api.client, None, FRONT))]
        put = Scripts(api, None)
        put.patch(FRONT, {"tags": ["again"]})
        for rollout in rollouts:
            new, old = [v["id"] for v in rollout.versions()][:2]
            rollout.deploy((new, 50), (old, 50))
        keys = [[(KEY, f"client-{n}")] for n in range(20)]

        def seen(path):
            return {api.client.get(path, headers=key).text for key in keys}
        assert seen(f"/_ns/{shop.ns}/{shop.user.name}/") == {"secret hush"}
        assert seen("/front/x") == {"secret hush"}
        shop.rename()
        assert seen(f"/_ns/{shop.new}/{shop.user.name}/") == {"secret hush"}
        assert seen("/front/x") == {"secret hush"}
