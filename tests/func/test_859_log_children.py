# SPDX-License-Identifier: Apache-2.0
"""Records that the store keeps, while children end and are killed."""

import http.client

import pytest

from wfptest.api import LOCATION, Api
from wfptest.lua import says
from wfptest.process import kill_now
from wfptest.wait import until

ON = {"observability": {"enabled": True}}


@pytest.fixture
def api(httpd, client):
    httpd.configure(LOCATION)
    return Api(httpd, client)


class Kept:
    """A Worker all of whose requests are kept."""

    def __init__(self, api, tenant):
        self.api, self.made = api, tenant.deploy(says('"ok"'))
        self.path = f"{api.namespaces}/demo/scripts/{self.made.name}"
        api.ok("PATCH", f"{self.path}/script-settings", ON)

    def ask(self, name):
        """Was it answered?"""
        try:
            return self.made.get(f"/{name}").status == 200
        except (OSError, http.client.HTTPException):
            return False  # its child was killed

    def names(self):
        got, cursor = [], ""
        while True:
            answer = self.api.call("GET", f"{self.path}/logs?limit=1000{cursor}")
            assert answer.status == 200, answer
            got += [r["event"]["request"]["url"].rpartition("/")[2]
                    for r in answer.json["result"]]
            if not answer.json["result_info"]["cursor"]:
                return got
            cursor = f"&cursor={answer.json['result_info']['cursor']}"


class TestChildren:
    def test_859_01_are_told_to_end(self, api, httpd, tenant):
        kept = Kept(api, tenant)
        assert kept.ask("one") and kept.ask("two")
        httpd.graceful()
        assert kept.ask("three")
        httpd.stop()
        httpd.configure(LOCATION)
        assert kept.names() == ["three", "two", "one"]

    def test_859_02_are_killed(self, api, httpd, tenant):
        """What was put is stored by another one, once."""
        kept, answered = Kept(api, tenant), []
        for turn in range(4):
            for n in range(50):
                if kept.ask(f"{turn}-{n}"):
                    answered.append(f"{turn}-{n}")
            for pid in httpd.children():
                kill_now(pid)
            until(lambda: kept.ask(f"again-{turn}"), "a new child")
        assert kept.ask("last")
        got = until(lambda: [names for names in [kept.names()]
                             if "last" in names], "the last record")[0]
        assert len(answered) > 100
        assert len(got) == len(set(got))
        # a child may be killed between its answer and its record
        assert len(set(answered) - set(got)) <= 4
