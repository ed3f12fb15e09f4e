# SPDX-License-Identifier: Apache-2.0
"""R2 while processes are killed: what was answered is there and whole, nothing
is torn, and files that nobody asks for go."""

import http.client
import os
import pathlib
import signal
import threading
import time
import uuid

import pytest

from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.tenant import Tenant
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm
SCRIPT = """return { fetch = function(request, env)
    local key = request.headers:get("key")
    if request.method == "PUT" then
        env.B:put(key, request.body, { customMetadata = { of = key } })
        return Response.new("put")
    end
    local got = env.B:get(key)
    if not got then return Response.new("none") end
    return Response.new(got.body, { headers = { ["of"] = got.customMetadata.of } })
end }"""
# a body of so many pieces is more than one write, and takes a while
PIECES = 20


def body_of(key):
    return [(key + ".").encode() * 1500] * PIECES


class Writers:
    """Clients that put one object after the other; every third in the place of
    the one before."""

    def __init__(self, worker, count=3):
        self.worker, self.done, self.began = worker, {}, {}
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(n,))
                        for n in range(count)]

    def write(self, number):
        turn = 0
        while not self.ending.is_set():
            turn += 1
            key = f"{number}-{turn // 3}"
            self.began[key] = self.began.get(key, 0) + 1
            try:
                answer = self.worker.request("PUT", body=iter(body_of(key)),
                                             headers=[("key", key)])
                if (answer.status, answer.text) == (200, "put"):
                    self.done[key] = True
            except (OSError, http.client.HTTPException):
                continue

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.more(5)
        return self

    def more(self, count):
        wanted = len(self.done) + count
        until(lambda: len(self.done) >= wanted, "puts")

    def __exit__(self, *what):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def check(self):
        """Each that was answered is there, and whatever is there is whole."""
        for key in self.began:
            found = self.worker.get(headers=[("key", key)])
            if found.text == "none":
                assert key not in self.done, key
                continue
            assert found.body == b"".join(body_of(key)), key
            assert found.get("of") == key


def files(httpd):
    """Files of R2 below WfpDataDir."""
    return {path for path in (pathlib.Path(httpd.root) / "data" / "r2"
                              ).glob("*/*") if path.is_file()}


@pytest.fixture(scope="module")
def place(httpd):
    """An account with a bucket and the Worker that uses it."""
    httpd.configure([*LOCATION, "WfpSyncInterval 1"])
    client = Client(httpd.port)
    api, tenant = Api(httpd, client), Tenant(httpd, client)
    name = f"b-{uuid.uuid4()}"
    path = f"{api.account}/r2/buckets"
    api.ok("POST", path, {"name": name})
    yield tenant.deploy(SCRIPT, "--binding", f"r2_bucket:B={name}")
    tenant.remove_all()
    while keys := api.ok("GET", f"{path}/{name}/objects"):
        for each in keys:
            api.ok("DELETE", f"{path}/{name}/objects/{each['key']}")
    api.ok("DELETE", f"{path}/{name}")


def test_724_01_children_are_killed(httpd, place):
    with Writers(place) as writers:
        for _ in range(4):
            victim = min(httpd.children())
            httpd.log.expect("AH00052")
            os.kill(victim, signal.SIGKILL)
            until(lambda victim=victim: victim not in httpd.children(),
                  "the child's end")
            writers.more(5)
    writers.check()


def test_724_02_all_are_killed_at_once(httpd, place):
    with Writers(place) as writers:
        writers.more(5)
        httpd.log.expect("AH00098")
        os.killpg(httpd.process.pid, signal.SIGKILL)
        httpd.process.wait()
    httpd.start()
    writers.check()


def test_724_03_orphans_are_swept(httpd, place):
    """What killed processes left, and what never was an object's: gone once it
    is old; what is an object's stays, as old as it may be."""
    folder = pathlib.Path(httpd.root) / "data" / "r2"
    stat = next(iter(files(httpd))).stat()
    orphans = []
    for path in ("000/" + "0" * 32, "abc/abc" + "1" * 29, "abc/new.left"):
        orphan = folder / path
        orphan.parent.mkdir(exist_ok=True)
        orphan.write_bytes(b"x")
        os.chown(orphan, stat.st_uid, stat.st_gid)
        os.chown(orphan.parent, stat.st_uid, stat.st_gid)
        orphans.append(orphan)
    young = folder / "abc" / ("abc" + "2" * 29)
    young.write_bytes(b"x")
    os.chown(young, stat.st_uid, stat.st_gid)
    before = time.time() - 7200
    for path in files(httpd) - {young}:
        os.utime(path, (before, before))
    httpd.graceful()
    until(lambda: not any(orphan.exists() for orphan in orphans),
          "the end of the orphans", 120)
    assert young.exists()
    young.unlink()
    with Writers(place) as writers:
        writers.more(3)
    writers.check()


def test_724_04_those_before_are_whole(httpd, place):
    """After the sweep: all that is listed can be read."""
    listed = place.get(headers=[("key", "0-1")])
    assert listed.body == b"".join(body_of("0-1"))
