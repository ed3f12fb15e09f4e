# SPDX-License-Identifier: Apache-2.0
"""Restarts, killed children, a store that is gone."""

import http.client
import threading

import pytest

from wfptest.api import LOCATION, Api
from wfptest.lua import says, worker
from wfptest.process import kill_now
from wfptest.wait import until


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure([])


class Load:
    """Clients that ask again and again until told to stop."""

    def __init__(self, target, clients=4):
        self.target, self.answers, self.errors = target, 0, []
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.ask)
                        for _ in range(clients)]

    def ask(self):
        while not self.ending.is_set():
            try:
                answer = self.target.get()
                if (answer.status, answer.text) != (200, "here"):
                    self.errors.append(repr(answer))
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(repr(error))
            self.answers += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.more(20)
        return self

    def more(self, count):
        """Wait until that many more were answered."""
        wanted = self.answers + count
        until(lambda: self.answers >= wanted, "answers under load")

    def __exit__(self, *what):
        self.ending.set()
        for thread in self.threads:
            thread.join()


class TestGraceful:
    """A graceful restart."""

    def test_900_01_nothing_is_lost(self, tenant, httpd):
        made = tenant.deploy(says('"here"'))
        with Load(made) as load:
            for _ in range(3):
                httpd.graceful()
                load.more(50)
        assert load.errors == []

    def test_900_02_running_request_ends(self, tenant, httpd, origin):
        made = tenant.deploy(worker(
            f'return fetch("{origin.url}/slow/1500")'))
        origin.requests.clear()
        texts = []
        thread = threading.Thread(
            target=lambda: texts.append(made.get().text))
        thread.start()
        until(lambda: origin.requests, "the subrequest")
        httpd.graceful()
        thread.join()
        assert texts == ["slow"]

    def test_900_03_deploy_and_restart(self, tenant, httpd):
        made = tenant.deploy(says('"one"'))
        assert made.get().text == "one"
        tenant.deploy(says('"two"'), name=made.name)
        httpd.graceful()
        until(lambda: made.get().text == "two", "the new version")

    def test_900_04_runaways_do_not_hold_it_up(self, tenant, httpd):
        made = tenant.deploy(worker("while true do end"), "--limit",
                             "instructions=1000000000000", "--limit",
                             "cpu_ms=500")
        threads = [threading.Thread(target=made.get) for _ in range(3)]
        for thread in threads:
            thread.start()
        before = set(httpd.children())
        httpd.graceful()
        for thread in threads:
            thread.join()
        until(lambda: not before & set(httpd.children()), "old children")


class TestKilledChild:
    """A child that dies."""

    def kill_one(self, httpd):
        """Kill a child; wait until httpd has noticed, and has others. prefork
        makes another only when too few are idle."""
        victim = min(httpd.children())
        kill_now(victim)
        until(lambda: set(httpd.children()) - {victim}
              and victim not in httpd.children(), "its end")

    def test_910_01_others_serve_on(self, tenant, httpd):
        made = tenant.deploy(says('"here"'))
        assert made.get().text == "here"
        for _ in range(3):
            self.kill_one(httpd)
            until(lambda: answers(made), "an answer")
        assert {made.get().text for _ in range(20)} == {"here"}

    def test_910_02_under_load(self, tenant, httpd):
        made = tenant.deploy(says('"here"'))
        with Load(made) as load:
            self.kill_one(httpd)
            load.more(50)
        # at most those that the dead child had in its hands
        assert len(load.errors) < 40
        assert made.get().text == "here"


def answers(target):
    """Does it answer? A connection may die with its child."""
    try:
        return target.get().text == "here"
    except (OSError, http.client.HTTPException):
        return False


class TestStoreGone:
    """The database cannot be reached."""

    @pytest.fixture
    def hidden(self, httpd):
        """Call it to take the store away; it comes back after the test."""
        data = httpd.root / "data"
        names = ("wfp.db", "wfp.db-wal", "wfp.db-shm")

        def hide():
            (data / "away").mkdir()
            for name in names:
                if (data / name).exists():
                    (data / name).rename(data / "away" / name)
            (data / "wfp.db").mkdir()

        def show():
            if not (data / "away").exists():
                return
            (data / "wfp.db").rmdir()
            for name in names:
                if (data / "away" / name).exists():
                    (data / "away" / name).rename(data / name)
            (data / "away").rmdir()
        hide.show = show
        yield hide
        show()
        httpd.running = None
        httpd.configure([])

    def test_920_01_known_workers_serve_on(self, tenant, httpd, hidden):
        made = tenant.deploy(says('"here"'))
        assert made.get().text == "here"
        httpd.log.expect(r"\[wfp:", r"\[dbd")
        hidden()
        httpd.graceful()
        for _ in range(10):
            assert made.get().text == "here"
        unknown = tenant.client.get("/_ns/demo/never-seen/")
        assert (unknown.status, unknown.error) == (503, "store_unavailable")
        assert int(unknown.get("retry-after")) > 0
        hidden.show()
        until(lambda: tenant.client.get("/_ns/demo/never-seen/").status == 404,
              "the store to be found again")

    def test_920_09_the_api_says_so(self, tenant, httpd, hidden):
        httpd.configure(LOCATION)
        made = tenant.deploy(says('"here"'))
        assert made.get().text == "here"
        api = Api(httpd, tenant.client)
        path, health = api.namespaces, f"{api.account}/healthz"
        httpd.log.expect(r"\[wfp:", r"\[dbd")
        hidden()
        httpd.graceful()
        for method, body in (("GET", None), ("POST", {"name": "x"})):
            answer = api.call(method, path, body)
            assert answer.status == 503
            assert answer.json["errors"][0]["code"] == 10503
            assert "wfp.db" not in answer.text
            assert int(answer.get("Retry-After")) > 0
        none = Api(httpd, tenant.client, None)
        assert none.ok("GET", health) == {"status": "degraded"}
        assert made.get().text == "here"
        hidden.show()
        until(lambda: api.get(path).status == 200,
              "the store to be found again")
