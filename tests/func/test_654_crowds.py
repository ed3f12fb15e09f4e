# SPDX-License-Identifier: Apache-2.0
"""What many clients do at once: versions that are pruned, Workers that are
deleted by tag, tokens that are revoked, requests that are counted."""

import concurrent.futures
import threading
import time

import pytest

from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.rollout import Rollout
from wfptest.tenant import Worker
from wfptest.uploads import Scripts
from wfptest.wait import until

VERIFY = "/user/tokens/verify"


def at_once(*works):
    """All works on threads of their own; the first fault is raised."""
    with concurrent.futures.ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result(120)


def another(api):
    """The same API for another thread."""
    return Api(api.httpd, Client(api.httpd.port), api.token, api.base)


class TestPruning:
    @pytest.fixture
    def scripts(self, httpd, client, tenant):
        httpd.configure((*LOCATION, "WfpVersionsKept 3"))
        return Scripts(Api(httpd, client), tenant.namespace())

    def rollout(self, scripts, name):
        return Rollout(scripts.api,
                       Worker(scripts.api.client, scripts.ns, name))

    def test_654_01_so_many_besides_what_runs(self, scripts):
        name = scripts.made(text="1")
        for number in range(2, 9):
            assert scripts.put(name, text=str(number)).status == 200
        numbers = [v["number"] for v in self.rollout(scripts, name).versions()]
        assert numbers == [8, 7, 6, 5]

    def test_654_02_what_is_deployed_stays(self, scripts):
        name = scripts.made(text="1")
        worker = self.rollout(scripts, name)
        old = worker.versions()[0]["id"]
        assert scripts.put(name, text="2").status == 200
        second = worker.versions()[0]["id"]
        worker.deploy((old, 50), (second, 50))
        for number in range(3, 9):
            scripts.api.ok("POST", f"{worker.path}/versions",
                           (f'return {{ fetch = function() return Response.new('
                            f'"{number}") end }}').encode())
        kept = [v["number"] for v in worker.versions()]
        assert kept == [8, 7, 6, 2, 1]
        assert {scripts.run(name) for _ in range(60)} == {"1", "2"}
        # and goes as the others do when it is no longer
        worker.deploy((worker.versions()[0]["id"], 100))
        assert scripts.put(name, text="9").status == 200
        assert [v["number"] for v in worker.versions()] == [9, 8, 7, 6]

    def test_654_03_while_others_roll_back(self, scripts):
        """No deployment names what is not there, whoever comes first."""
        name = scripts.made(text="0")
        done = threading.Event()
        outcomes = set()

        def upload():
            mine = Scripts(another(scripts.api), scripts.ns)
            try:
                for number in range(25):
                    assert mine.put(name, text=str(number)).status == 200
            finally:
                done.set()

        def roll_back():
            mine = another(scripts.api)
            path = f"{scripts.path}/{name}"
            while not done.is_set():
                items = mine.ok("GET", f"{path}/versions")["items"]
                answer = mine.call("POST", f"{path}/deployments", {
                    "versions": [{"version_id": items[-1]["id"],
                                  "percentage": 100}]})
                outcomes.add(answer.status)
                assert answer.status in (200, 404), answer
                assert mine.client.get(
                    f"/_ns/{scripts.ns}/{name}/").status == 200

        at_once(upload, roll_back, roll_back)
        assert 200 in outcomes
        ids = {v["id"] for v in self.rollout(scripts, name).versions()}
        runs = self.rollout(scripts, name).deployments()[0]["versions"]
        assert {share["version_id"] for share in runs} <= ids
        assert len(ids) <= 5


class TestByTag:
    @pytest.fixture
    def scripts(self, httpd, client, tenant):
        httpd.configure(LOCATION)
        return Scripts(Api(httpd, client), tenant.namespace())

    def test_654_10_those_with_the_tag_only(self, scripts):
        plans = {scripts.made(tags=tags): tags for tags in (
            ["free"], ["free", "old"], ["paid"], ["paid", "old"], [])}
        gone = scripts.api.ok("DELETE", scripts.path + "?tags=old:yes,paid:no")
        names = [n for n, tags in plans.items() if tags == ["free", "old"]]
        assert gone == {"deleted": [{"id": names[0]}], "deleted_count": 1,
                        "has_more": False}
        left = {s["id"] for s in scripts.api.ok("GET", scripts.path)}
        assert left == set(plans) - set(names)
        assert scripts.api.client.get(
            f"/_ns/{scripts.ns}/{names[0]}/").error == "worker_not_found"

    @pytest.mark.parametrize("query", ["", "?tags=", "?tags=a:no", "?limit=5",
                                       "?tags=a:yes&limit=0"])
    def test_654_11_never_all(self, scripts, query):
        name = scripts.made(tags=["b"])
        assert scripts.api.refused("DELETE", scripts.path + query) == \
            (400, 10012)
        assert scripts.api.refused("DELETE", scripts.path + "/" + query) == \
            (400, 10012)
        assert scripts.run(name) == "hi"

    def test_654_12_in_portions(self, scripts):
        for _ in range(5):
            scripts.made(tags=["many"])
        path = scripts.path + "?tags=many:yes&limit=2"
        counts = [(g["deleted_count"], g["has_more"]) for g in (
            scripts.api.ok("DELETE", path) for _ in range(4))]
        assert counts == [(2, True), (2, True), (1, False), (0, False)]

    def test_654_13_while_others_deploy(self, scripts):
        """A Worker whose deploy was answered last is there; one whose deletion
        was is not: whichever the store did last."""
        names = [scripts.name() for _ in range(4)]
        done = threading.Event()

        def deploy(name):
            mine = Scripts(another(scripts.api), scripts.ns)
            for number in range(15):
                assert mine.put(name, tags=["churn"],
                                text=str(number)).status == 200

        def delete():
            mine = another(scripts.api)
            while not done.is_set():
                gone = mine.ok("DELETE", scripts.path + "?tags=churn:yes")
                assert gone["deleted_count"] == len(gone["deleted"])

        def deploy_all():
            try:
                at_once(*[lambda name=name: deploy(name) for name in names])
            finally:
                done.set()

        at_once(deploy_all, delete, delete)
        there = {s["id"] for s in scripts.api.ok("GET", scripts.path)}
        for name in names:
            answer = scripts.api.client.get(f"/_ns/{scripts.ns}/{name}/")
            assert (answer.status == 200) is (name in there), name
        scripts.api.ok("DELETE", scripts.path + "?tags=churn:yes")
        assert scripts.api.ok("GET", scripts.path) == []


class TestRate:
    WINDOW = 8

    @pytest.fixture
    def api(self, httpd, client):
        # the address has 400
        httpd.configure((*LOCATION[1:], f"WfpApiRate 40 {self.WINDOW}s"))
        return Api(httpd, client)

    def fill(self, api, count=200):
        """Ask until the share is used up; the answer, and when it was asked
        for."""
        for _ in range(count):
            began = time.monotonic()
            answer = api.get(VERIFY)
            if answer.status == 429:
                return answer, began
        raise AssertionError("there is no limit")

    def test_654_20_retry_after_is_right(self, api):
        """Nothing is answered before; whole seconds, rounded up."""
        one, _ = api.with_token("--role", "read")
        late, began = self.fill(one)
        wait = int(late.get("Retry-After"))
        assert 1 <= wait <= self.WINDOW
        until(lambda: one.get(VERIFY).status == 200, "the next window",
              pause=0.1)
        assert time.monotonic() - began > wait - 1

    def test_654_21_no_token_pays_for_another(self, api):
        tokens = [api.with_token("--role", "read")[0] for _ in range(3)]
        self.fill(tokens[0])
        for other in tokens[1:]:
            assert other.get(VERIFY).status == 200

    def test_654_22_what_is_refused_is_not_done(self, api):
        one, _ = api.with_token("--role", "admin")
        self.fill(one)
        answer = one.call("POST", one.namespaces, {"name": "too-fast"})
        if answer.status == 429:
            assert answer.json["errors"][0]["code"] == 971
            assert api.refused("GET", f"{api.namespaces}/too-fast") == \
                (404, 100119)
        else:  # a new window
            api.ok("DELETE", f"{api.namespaces}/too-fast")

    def test_654_23_an_address_with_many_tokens(self, httpd, client):
        httpd.configure((*LOCATION[1:], "WfpApiRate 4 1min"))
        api = Api(httpd, client)
        others = [api.with_token("--role", "read")[0] for _ in range(15)]
        got = [other.get(VERIFY).status
               for _ in range(6) for other in others]
        assert set(got) == {200, 429}
        # two windows at most
        assert 20 <= got.count(200) <= 80


class TestRevoked:
    def test_654_30_at_once_in_all_children(self, httpd, client):
        """Clients that never stop asking, over new connections."""
        httpd.configure(LOCATION)
        api = Api(httpd, client)
        for _ in range(5):
            made = api.ok("POST", f"{api.account}/tokens",
                          {"name": "short", "role": "read"})
            done, revoked, late = threading.Event(), threading.Event(), []

            def ask():
                mine = Api(httpd, Client(httpd.port), made["value"])
                while not done.is_set():
                    was = revoked.is_set()
                    status = mine.call("GET", VERIFY, headers=[
                        ("Connection", "close")]).status
                    if was:
                        late.append(status)

            def revoke():
                api.ok("DELETE", f"{api.account}/tokens/{made['id']}")
                revoked.set()
                while len(late) < 40:
                    threading.Event().wait(0.01)
                done.set()

            at_once(revoke, *[ask] * 6)
            assert set(late) == {401}
