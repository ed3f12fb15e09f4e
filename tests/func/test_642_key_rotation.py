# SPDX-License-Identifier: Apache-2.0
"""wfpctl key rotate and key prune, under load, killed, and refused. Every
request gets a new isolate, so each one opens its secrets."""

import fcntl
import json
import os
import subprocess
import threading
import time

import pytest

from wfptest.client import Client
from wfptest.hosts import Hosts
from wfptest.uploads import FORM, form, part
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

WORKER = """return { fetch = function(req, env)
    return Response.new(env.S0 .. " " .. env.S39 .. " " .. (env.NEW or "-"))
end }"""
WORKERS = 12
SECRETS = 40
NS = "keys"


@pytest.fixture(scope="module")
def hosts(request, build, origin, tmp_path_factory):
    """A server whose Workers have a thousand secrets, in two versions each."""
    folder = tmp_path_factory.mktemp(f"keys-{request.param}")
    made = Hosts(build, folder, origin, pgsql=request.param == "pgsql")
    try:
        made.start()
        api = made.api()
        api.ok("POST", api.namespaces, {"name": NS})
        for number in range(WORKERS):
            for _ in range(2):
                put_worker(api, number)
        yield made
    finally:
        made.remove()


@pytest.fixture
def server(hosts):
    hosts.servers[0].log.begin()
    yield hosts.servers[0]
    assert hosts.unexpected() == []


def put_worker(api, number):
    meta = {"main_module": "w.lua", "bindings": [
        {"type": "secret_text", "name": f"S{i}", "text": f"w{number}-{i}"}
        for i in range(SECRETS)]}
    answer = api.call("PUT", f"{api.namespaces}/{NS}/scripts/w{number}",
                      form(part("metadata", json.dumps(meta)),
                           part("w.lua", WORKER)),
                      headers=[("Content-Type", FORM)])
    assert answer.status == 200, answer


def ask(client, number):
    return client.get(f"/_ns/{NS}/w{number}/").text


def all_open(server):
    """Every Worker finds its secrets."""
    client = Client(server.port)
    for number in range(WORKERS):
        text = ask(client, number)
        assert text.startswith(f"w{number}-0 w{number}-39 "), text


def rotate(server, *options):
    return json.loads(server.wfpctl("--json", "key", "rotate",
                                    *options).stdout)


def prune(server):
    return json.loads(server.wfpctl("--json", "key", "prune").stdout)


def refused(server, *words):
    done = server.wfpctl("key", *words, check=False)
    assert done.returncode == 1 and not done.stdout, done
    return done.stderr


class Reader(threading.Thread):
    """Asks for Workers, one after the other, until it is stopped."""

    def __init__(self, port):
        super().__init__()
        self.client, self.done = Client(port), threading.Event()
        self.wrong, self.count = [], 0

    def run(self):
        while not self.done.is_set():
            number = self.count % WORKERS
            text = ask(self.client, number)
            if not text.startswith(f"w{number}-0 w{number}-39 "):
                self.wrong.append(text)
            self.count += 1

    def end(self):
        self.done.set()
        self.join()
        assert self.wrong == [] and self.count > 0


class Writer(Reader):
    """Puts a secret, and asks for it."""

    def __init__(self, api):
        super().__init__(api.client.port)
        self.api = api

    def run(self):
        while not self.done.is_set():
            number, value = self.count % WORKERS, f"value{self.count}"
            self.api.ok("PUT", f"{self.api.namespaces}/{NS}/scripts/w{number}"
                        "/secrets", {"name": "NEW", "text": value,
                                     "type": "secret_text"})
            text = ask(self.client, number)
            if text != f"w{number}-0 w{number}-39 {value}":
                self.wrong.append(text)
            self.count += 1


@pytest.mark.parametrize("hosts", ["sqlite", "pgsql"], indirect=True,
                         scope="module")
class TestRotation:
    def test_642_01_under_load(self, hosts, server):
        path = hosts.key()
        old = path.read_text().splitlines()[0]
        threads = [Reader(server.port), Reader(server.port),
                   Writer(hosts.api())]
        for thread in threads:
            thread.start()
        try:
            until(lambda: all(t.count for t in threads), "load")
            first = rotate(server)
            second = rotate(server)
        finally:
            for thread in threads:
                thread.end()
        assert first["secrets"] >= 2 * WORKERS * SECRETS
        assert second["secrets"] >= first["secrets"]
        keys = path.read_text().splitlines()
        assert old in keys and keys.index(old) == 2
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.stat().st_uid == path.parent.stat().st_uid
        all_open(server)
        # nothing needs the old keys: a server that never knew them
        assert prune(server)["keys"] == 1
        assert path.read_text().splitlines() == keys[:1]
        all_open(server)
        server.graceful()
        all_open(server)
        server.stop()
        hosts.start()
        all_open(server)

    def test_642_02_killed_anywhere(self, hosts, server):
        """Sooner and later on the way; at last one goes on to the end."""
        begun = time.monotonic()
        rotate(server)
        whole = time.monotonic() - begun
        before = hosts.key().read_text().splitlines()
        command = [str(server.build / "wfpctl"), "--config", str(server.conf),
                   "key", "rotate"]
        reader = Reader(server.port)
        reader.start()
        killed = 0
        try:
            for step in range(10):
                if len(hosts.key().read_text().splitlines()) > 6:
                    rotate(server)
                    prune(server)
                    before = hosts.key().read_text().splitlines()
                with subprocess.Popen(command, env=server.server_env(),
                                      stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL) as process:
                    try:
                        process.wait(whole * (step % 5) / 5)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        killed += 1
                all_open(server)
                keys = hosts.key().read_text().splitlines()
                assert keys[len(keys) - len(before):] == before
        finally:
            reader.end()
        assert killed >= 2  # those that got no time at all
        # as many keys as are allowed may be there by now, most in use
        rotate(server)
        prune(server)
        rotate(server)
        assert prune(server)["keys"] == 1
        server.graceful()
        all_open(server)

    def test_642_03_a_prepared_key(self, hosts, server):
        prune(server)
        old = hosts.key().read_text().strip()
        assert rotate(server, "--prepare")["prepared"] is True
        lines = hosts.key().read_text().splitlines()
        assert lines[0] == old and lines[1].startswith("next ")
        assert "has a prepared key already" in refused(server, "rotate",
                                                       "--prepare")
        all_open(server)
        prune(server)
        assert hosts.key().read_text().splitlines() == lines
        assert rotate(server)["prepared"] is False
        assert hosts.key().read_text().splitlines() == [
            lines[1].removeprefix("next "), old]
        all_open(server)
        prune(server)

    def test_642_04_it_is_in_the_audit(self, hosts, server):
        prune(server)
        rotate(server)
        api = hosts.api()
        entry = api.ok("GET", f"{api.account}/audit?limit=1")[0]
        assert entry["action"] == "rotate"
        assert entry["object"]["type"] == "key"
        prune(server)


@pytest.mark.parametrize("hosts", ["sqlite"], indirect=True, scope="module")
class TestRefusals:
    @pytest.fixture(autouse=True)
    def _nothing_changes(self, hosts, server):
        before = hosts.key().read_text()
        yield
        assert hosts.key().read_text() == before
        all_open(server)
        server.graceful()
        all_open(server)

    @pytest.mark.parametrize("words", ["rotate", "prune"])
    def test_642_05_a_file_that_others_may_read(self, hosts, server, words):
        hosts.key().chmod(0o640)
        try:
            assert "mode 0600 is wanted" in refused(server, words)
        finally:
            hosts.key().chmod(0o600)

    @pytest.mark.parametrize("words", ["rotate", "prune"])
    def test_642_06_the_wrong_file(self, hosts, server, words):
        right = hosts.key().read_text()
        hosts.key().write_text("ab" * 32 + "\n")
        try:
            said = refused(server, words)
            assert "does not open with the server's key" in said
            assert hosts.key().read_text() == "ab" * 32 + "\n"
            all_open(server)  # what runs still knows the right one
        finally:
            hosts.key().write_text(right)

    def test_642_07_no_key_file(self, hosts, server):
        for text in ("", "no key\n", "ab" * 32 + "\n" + "ab" * 32 + "\n"):
            right = hosts.key().read_text()
            hosts.key().write_text(text)
            try:
                assert "64 hex digits" in refused(server, "rotate")
            finally:
                hosts.key().write_text(right)

    def test_642_08_a_link(self, hosts, server):
        elsewhere = hosts.key().with_name("elsewhere")
        hosts.key().rename(elsewhere)
        hosts.key().symlink_to(elsewhere)
        try:
            assert "a link" in refused(server, "rotate")
        finally:
            elsewhere.rename(hosts.key())

    def test_642_09_two_at_a_time(self, hosts, server):
        lock = hosts.key().with_name("key-lock")
        with lock.open("a", encoding="ascii") as file:
            os.chown(lock, *hosts.key().stat()[4:6])
            fcntl.flock(file, fcntl.LOCK_EX)
            assert "is locked" in refused(server, "rotate")
            assert "is locked" in refused(server, "prune")

    def test_642_10_eight_keys_are_enough(self, hosts, server):
        right = hosts.key().read_text()
        first = right.splitlines()[0]
        hosts.key().write_text("".join(
            f"{line}\n" for line in [first, *(f"{n}0" * 32
                                              for n in range(1, 8))]))
        try:
            assert "wfpctl key prune" in refused(server, "rotate")
            assert prune(server)["keys"] == 1
        finally:
            assert hosts.key().read_text().splitlines() == [first]
            hosts.key().write_text(right)
