# SPDX-License-Identifier: Apache-2.0
"""Traffic that is split between versions."""

import pytest

from wfptest.api import LOCATION
from wfptest.rollout import TEXT, Rollout
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

KEY = "Cloudflare-Workers-Version-Key"
OVERRIDES = "Cloudflare-Workers-Version-Overrides"
KEYS = [f"client-{i}" for i in range(200)]


def make(api, tenant, ns="demo"):
    """A Worker with the versions new and old; new runs."""
    worker = tenant.deploy(TEXT % "old", ns=ns)
    tenant.deploy(TEXT % "new", ns=ns, name=worker.name)
    rollout = Rollout(api, worker)
    rollout.new, rollout.old = [v["id"] for v in rollout.versions()]
    return rollout


@pytest.fixture
def user(api, tenant):
    return make(api, tenant)


def texts(ask, keys=KEYS):
    """{key: what its client sees}"""
    seen = {}
    for key in keys:
        answer = ask(headers=[(KEY, key)])
        assert answer.status == 200, answer
        seen[key] = answer.text
    return seen


class TestShares:
    def test_631_01_both_run_without_a_key(self, user):
        user.deploy((user.new, 50), (user.old, 50))
        seen = set()
        until(lambda: seen.add(user.worker.get().text) or
              seen == {"new", "old"}, "both versions")

    def test_631_02_a_key_sticks(self, user):
        user.deploy((user.new, 50), (user.old, 50))
        first = texts(user.worker.get)
        assert 70 < list(first.values()).count("new") < 130
        assert texts(user.worker.get) == first

    def test_631_03_growing_moves_nobody_back(self, user):
        user.deploy((user.old, 90), (user.new, 10))
        before = texts(user.worker.get)
        for percent in (30.5, 75, 100):
            user.deploy(*[(id, p) for id, p in ((user.old, 100 - percent),
                                                (user.new, percent)) if p])
            after = texts(user.worker.get)
            assert all(after[key] == "new" for key, text in before.items()
                       if text == "new")
            before = after
        assert set(before.values()) == {"new"}

    def test_631_04_end_of_a_split(self, user):
        for _ in range(5):
            user.deploy((user.new, 50), (user.old, 50))
            assert set(texts(user.worker.get, KEYS[:20]).values()) == \
                {"new", "old"}
            user.deploy((user.old, 100))
            assert set(texts(user.worker.get, KEYS[:20]).values()) == {"old"}

    def test_631_05_isolates_are_of_one_version(self, api, tenant):
        """Also when the namespace's settings are newer than both versions."""
        ns = tenant.namespace()
        user = make(api, tenant, ns)
        user.deploy((user.new, 50), (user.old, 50))
        first = texts(user.worker.get)
        api.ok("PATCH", f"{api.namespaces}/{ns}", {"limits": {"cpu_ms": 40}})
        assert texts(user.worker.get) == first
        assert set(first.values()) == {"new", "old"}

    def test_631_06_shown(self, user):
        done = user.deploy((user.old, 99.75), (user.new, 0.25))
        assert done["versions"] == [
            {"version_id": user.new, "percentage": 0.25},
            {"version_id": user.old, "percentage": 99.75}]
        assert user.deployments()[0] == done

    def test_631_07_refused_splits(self, user):
        assert user.refused((user.new, 50), (user.old, 49)) == (400, 10012)
        assert user.refused((user.new, 50), (user.new, 50)) == (400, 10012)
        assert user.worker.get().text == "new"

    def test_631_08_limits_are_the_versions(self, api, tenant):
        source = ("return { fetch = function() while true do end end }")
        worker = tenant.deploy(source, "--limit", "cpu_ms=10", "--limit",
                               "instructions=1000000000000")
        tenant.deploy(TEXT % "new", name=worker.name)
        user = Rollout(api, worker)
        new, old = [v["id"] for v in user.versions()]
        user.deploy((new, 100), (old, 0))
        answer = worker.get(headers=[(OVERRIDES, f'{worker.name}="{old}"')])
        assert answer.status == 503
        assert answer.get("X-Wfp-Error") == "cpu_limit"


class TestOverrides:
    def test_631_20_picks_one(self, user):
        user.deploy((user.new, 100), (user.old, 0))
        assert set(texts(user.worker.get).values()) == {"new"}
        for id, text in ((user.old, "old"), (user.new, "new")):
            for value in (f'{user.worker.name}="{id}"',
                          f'other="x", {user.worker.name}="{id}";a=1'):
                assert user.worker.get(headers=[(OVERRIDES, value)]).text == \
                    text

    @pytest.mark.parametrize("value", [
        '%s="00000000-0000-4000-8000-000000000000"', "%s=1", '%s="', "", "%s",
        'x%s="{old}"', '"{old}"'])
    def test_631_21_others_change_nothing(self, user, value):
        user.deploy((user.new, 100), (user.old, 0))
        value = value.replace("%s", user.worker.name).replace("{old}", user.old)
        assert user.worker.get(headers=[(OVERRIDES, value)]).text == "new"

    def test_631_22_not_deployed(self, user):
        """A version that the deployment does not have is out of reach."""
        value = f'{user.worker.name}="{user.old}"'
        assert user.worker.get(headers=[(OVERRIDES, value)]).text == "new"

    def test_631_23_dispatcher_decides(self, httpd, client, api, tenant):
        user = make(api, tenant)
        router = tenant.deploy("""
            return { fetch = function(request, env)
                local path = URL.new(request.url).pathname
                local onward = Request.new(request)
                if path == "/r/public" then
                    onward.headers:delete("%s")
                end
                return env.DISPATCHER:get("%s"):fetch(onward)
            end }""" % (OVERRIDES, user.worker.name), "--binding",
                               "dispatch_namespace:DISPATCHER=demo", ns=None)
        httpd.configure((*LOCATION, '<Location "/r/">',
                         f"WfpDispatcher {router.name}", "</Location>"))
        user.deploy((user.new, 100), (user.old, 0))
        headers = [(OVERRIDES, f'{user.worker.name}="{user.old}"')]
        assert client.get("/r/preview", headers=headers).text == "old"
        assert client.get("/r/public", headers=headers).text == "new"


class TestAccountWorkers:
    def test_631_30_outermost(self, httpd, client, api, tenant):
        user = make(api, tenant, None)
        httpd.configure((*LOCATION, '<Location "/r/">',
                         f"WfpDispatcher {user.worker.name}", "</Location>"))

        def ask(headers):
            return client.get("/r/", headers=headers)

        user.deploy((user.new, 50), (user.old, 50))
        first = texts(ask)
        assert set(first.values()) == {"new", "old"}
        assert texts(ask) == first
        value = f'{user.worker.name}="{user.old}"'
        assert ask([(OVERRIDES, value)]).text == "old"
