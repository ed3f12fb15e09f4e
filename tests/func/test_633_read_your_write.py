# SPDX-License-Identifier: Apache-2.0
"""A deploy that the API has answered is what every child serves."""

import threading

import pytest

from wfptest.client import Client

DEPLOYS = 1000
READERS = 6


def lua(number):
    return (f"return {{ fetch = function() return Response.new('{number}') "
            "end }").encode()


@pytest.fixture
def worker(api):
    name = "ryw"
    api.ok("POST", api.namespaces, {"name": name})
    yield f"{api.namespaces}/{name}/scripts/one", f"/_ns/{name}/one/"
    api.ok("DELETE", f"{api.namespaces}/{name}")


class Reader(threading.Thread):
    """Asks again and again, over new connections, so that every child is met.
    `answered` is what was deployed when a question began."""

    def __init__(self, port, path, answered, done):
        super().__init__()
        self.client, self.path = Client(port), path
        self.answered, self.done = answered, done
        self.wrong, self.count = [], 0

    def run(self):
        while not self.done.is_set():
            least = self.answered[0]
            answer = self.client.get(self.path,
                                     headers=[("Connection", "close")])
            self.count += 1
            if answer.status != 200 or int(answer.text) < least:
                self.wrong.append((least, answer.status, answer.text[:200]))


def test_633_01_no_request_sees_an_older_version(api, worker, httpd):
    httpd.log.expect("AH00161")  # prefork: a reader or two have to wait
    route, path = worker
    api.ok("PUT", route, lua(0))
    answered, done = [0], threading.Event()
    readers = [Reader(httpd.port, path, answered, done)
               for _ in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, DEPLOYS + 1):
            api.ok("PUT", route, lua(number))
            answered[0] = number
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert [wrong for reader in readers for wrong in reader.wrong] == []
    assert all(reader.count for reader in readers)
