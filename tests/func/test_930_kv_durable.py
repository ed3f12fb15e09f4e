# SPDX-License-Identifier: Apache-2.0
"""KV while processes are killed: what was answered is there."""

import http.client
import os
import signal
import socket
import threading
import uuid

import pytest

from wfptest.api import LOCATION, Api
from wfptest.wait import until

SCRIPT = """return { fetch = function(request, env)
    local key = request.headers:get("key")
    if request.method == "POST" then
        env.KV:put(key, (key .. "."):rep(200), { metadata = key })
        return Response.new("put")
    end
    local got = env.KV:getWithMetadata(key)
    if not got.value then return Response.new("none") end
    local whole = got.value == (key .. "."):rep(200) and got.metadata == key
    return Response.new(whole and "whole" or "torn")
end }"""


class Writers:
    """Clients that put one key after the other."""

    def __init__(self, worker, count=4):
        self.worker, self.done, self.began = worker, [], []
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(n,))
                        for n in range(count)]

    def write(self, number):
        turn = 0
        while not self.ending.is_set():
            turn += 1
            key = f"{number}-{turn}"
            self.began.append(key)
            try:
                answer = self.worker.post(b"", headers=[("key", key)])
                if (answer.status, answer.text) == (200, "put"):
                    self.done.append(key)
            except (OSError, http.client.HTTPException):
                continue

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.more(20)
        return self

    def more(self, count):
        wanted = len(self.done) + count
        until(lambda: len(self.done) >= wanted, "puts")

    def __exit__(self, *what):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def check(self):
        """Each that was answered is there, none of the others is torn."""
        for key in self.began:
            found = self.worker.get(headers=[("key", key)]).text
            assert found == "whole" or (found == "none"
                                        and key not in self.done), key


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


@pytest.fixture
def worker(httpd, client, tenant):
    httpd.configure(LOCATION)
    api = Api(httpd, client)
    path = f"{api.account}/storage/kv/namespaces"
    number = api.ok("POST", path, {"title": str(uuid.uuid4())})["id"]
    yield tenant.deploy(SCRIPT, "--binding", f"kv_namespace:KV={number}")
    tenant.remove_all()
    api.ok("DELETE", f"{path}/{number}")


def test_930_01_children_are_killed(httpd, worker):
    with Writers(worker) as writers:
        for _ in range(5):
            victim = min(httpd.children())
            httpd.log.expect("AH00052")
            os.kill(victim, signal.SIGKILL)
            until(lambda victim=victim: victim not in httpd.children(),
                  "the child's end")
            writers.more(20)
    writers.check()


def test_930_02_all_are_killed_at_once(httpd, worker):
    for _ in range(2):
        with Writers(worker) as writers:
            writers.more(20)
            httpd.log.expect("AH00098")
            os.killpg(httpd.process.pid, signal.SIGKILL)
            httpd.process.wait()
            until(lambda: not is_open(httpd.port), "the end of all")
        httpd.start()
        writers.check()
