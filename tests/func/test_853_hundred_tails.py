# SPDX-License-Identifier: Apache-2.0
"""A hundred live tails at once: more than there are threads or processes of
httpd's, each gets its records, and all end."""

import threading
from concurrent import futures

import pytest

from wfptest.api import LOCATION, Api
from wfptest.lua import says
from wfptest.tailing import path_of
from wfptest.tails import Events, Socket
from wfptest.wait import until

WORKERS = 10
EACH = 10
STATUS = ['<Location "/server-status">', "SetHandler server-status",
          "</Location>"]


@pytest.fixture
def api(httpd, client):
    httpd.configure([*LOCATION, *STATUS])
    return Api(httpd, client)


class Hundred:
    """Tails of ten Workers, half of each kind."""

    def __init__(self, api, tenant):
        self.api = api
        self.made = [tenant.deploy(says('"ok"')) for _ in range(WORKERS)]
        self.tails = []  # (Worker, reader)

    def path(self, made):
        return path_of(self.api, made.ns, made.name)

    def open_of(self, made):
        for n in range(EACH):
            if n % 2:
                tail = Socket(self.api.ok("POST", f"{self.path(made)}/tails"
                                          )["url"])
                assert tail.status == 101
            else:
                tail = Events(self.api, self.path(made))
                assert tail.status == 200
            self.tails.append((made, tail))

    def open(self):
        with futures.ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(self.open_of, self.made))

    def close(self):
        for _, tail in self.tails:
            tail.close()

    def end(self):
        """Those that are there, by the API."""
        for made in self.made:
            for tail in self.api.ok("GET", f"{self.path(made)}/tails"):
                self.api.call("DELETE", f"{self.path(made)}/tails/{tail['id']}")

    def count(self):
        return sum(len(self.api.ok("GET", f"{self.path(made)}/tails"))
                   for made in self.made)

    def busy(self):
        """Of httpd's threads, or processes, those that do something; the one
        that tells it, too."""
        text = self.api.client.get("/server-status?auto").text
        return int(next(line for line in text.splitlines()
                        if line.startswith("BusyWorkers:")).split()[1])


@pytest.fixture
def hundred(api, tenant):
    tails = Hundred(api, tenant)
    try:
        tails.open()
        yield tails
    finally:
        tails.close()
        tails.end()


class TestHundred:
    def test_853_01_all_get_the_record(self, hundred):
        """Whichever child answers, and whichever serves the tail; none has a
        thread for itself."""
        assert hundred.count() == WORKERS * EACH
        until(lambda: hundred.busy() == 1, "no thread to be held")

        def ask(made):
            for n in range(5):
                assert made.get(f"/{n}").status == 200
        threads = [threading.Thread(target=ask, args=(made,))
                   for made in hundred.made]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for made, tail in hundred.tails:
            for n in range(5):
                record = tail.record()
                assert record["scriptName"] == made.name
                assert record["event"]["request"]["url"].endswith(f"/{n}")
        # more than there may be of one Worker
        one_more = Events(hundred.api, hundred.path(hundred.made[0]))
        assert one_more.status == 429
        one_more.close()
        until(lambda: hundred.busy() == 1, "no thread to be held")

    def test_853_02_all_are_ended(self, hundred):
        """Who reads is told, and every place is free again."""
        hundred.end()
        assert hundred.count() == 0
        for _, tail in hundred.tails:
            if isinstance(tail, Events):
                assert tail.event() == ("end", {"reason": "over"})
            else:
                op, data = tail.frame()
                assert op == 8 and data[:2] == b"\x03\xe8"
            with pytest.raises(EOFError):
                tail.more()
        # as many find room
        hundred.close()
        hundred.tails = []
        hundred.open()
        assert hundred.count() == WORKERS * EACH

    def test_853_03_readers_that_go(self, hundred):
        """Without a word: the places of events are free soon; a WebSocket's
        tail waits for it until it is over."""
        hundred.close()
        until(lambda: hundred.count() == WORKERS * EACH // 2,
              "those that may not come again to be gone")
