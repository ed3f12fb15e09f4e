# SPDX-License-Identifier: Apache-2.0
"""Assets while processes are killed: a deploy that was answered has all of its
files, whole; what nobody has goes. And two hosts of one PostgreSQL, each with a
folder of its own."""

import hashlib
import http.client
import itertools
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import threading
import time

import pytest

from test_930_kv_durable import is_open
from wfptest.assets import Site, hash_of
from wfptest.hosts import Hosts
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm
LINES = ("WfpApiRate 100000 1min", '<Location "/client/v4">',
         "    SetHandler wfp-api", "</Location>")
NUMBERS = itertools.count(1)
# deploys of a Worker before its writer takes another one: fewer than versions
# are kept
TURNS = 6
# deploys that writers are ahead of what a test waits for: there is always one
# to be killed in
AHEAD = 12
LOST = (OSError, http.client.HTTPException)


def files_of(number, turn):
    """Those of one deploy. The large one is more than one write."""
    name = f"{number}-{turn}."
    return {"/turn.txt": f"{turn}", "/same.css": f"of {number}",
            f"/only{turn}.txt": name, "/empty.bin": b"",
            "/large.bin": name.encode() * (300000 // len(name))}


def is_whole(site, number, turn):
    """All files of that deploy, and none of the one before."""
    for path, data in files_of(number, turn).items():
        found = site.get(path)
        assert found.status == 200, (site.name, turn, path, found)
        assert found.body == (data if isinstance(data, bytes)
                              else data.encode()), (site.name, turn, path)
    assert site.told(f"/only{turn - 1}.txt")[0] == 404


class Writer(threading.Thread):
    """Deploys one version after the other, each through a session of its own;
    one that is not answered well once more."""

    def __init__(self, api, ns, number, tokens):
        super().__init__()
        self.api, self.ns, self.number = api, ns, number
        self.tokens, self.ending = tokens, threading.Event()
        self.sites = []  # of each: (Site, turns that began, those answered)
        self.count = 0
        self.wrong = None

    def run(self):
        try:
            while True:
                self.tokens.acquire()
                if self.ending.is_set():
                    break
                if self.count % TURNS == 0:
                    site = Site(self.api, self.ns,
                                f"w{self.number}-{self.count // TURNS}")
                    self.sites.append((site, [], []))
                self.deploy(self.count + 1, *self.sites[-1])
        except BaseException as error:
            self.wrong = error
            raise

    def deploy(self, turn, site, began, answered):
        began.append(turn)
        while not self.ending.is_set():
            try:
                if self.steps(site, turn):
                    answered.append(turn)
                    self.count += 1
                    return
            except LOST:
                pass

    def steps(self, site, turn):
        """Was all of it answered well? One file a request."""
        files = files_of(self.number, turn)
        answer = site.session(site.manifest(files))
        if answer.status != 200:
            return False
        jwt = answer.json["result"]["jwt"]
        for name in sum(answer.json["result"]["buckets"], []):
            answer = site.send(jwt, site.parts(files, [name]))
            if answer.status not in (201, 202):
                return False
        jwt = answer.json["result"].get("jwt", jwt)
        return site.put(jwt, code="", meta={
            "annotations": {"workers/message": f"{turn}"}}).status == 200

    def check(self):
        for site, began, answered in self.sites:
            self.check_site(site, began, max(answered, default=0))
            for turn in answered:
                self.check_version(site, turn)

    def check_site(self, site, began, last):
        """What is served: the last that was answered, or one that began after
        it and whose answer was lost."""
        status, text = site.told("/turn.txt")
        if status == 404 and not last:
            return
        assert status == 200, (site.name, last, status, text)
        assert int(text) >= last and int(text) in began
        is_whole(site, self.number, int(text))

    def check_version(self, site, turn):
        """Each that was answered is still there, and can be served."""
        path = f"{site.scripts.path}/{site.name}"
        listed = self.api.ok("GET", f"{path}/versions?limit=100")["items"]
        version = next(each["id"] for each in listed if
                       each["annotations"]["workers/message"] == f"{turn}")
        self.api.ok("POST", f"{path}/deployments", {
            "strategy": "percentage",
            "versions": [{"version_id": version, "percentage": 100}]})
        is_whole(site, self.number, turn)


class Writers:
    def __init__(self, api, ns, count=3):
        self.tokens = threading.Semaphore(AHEAD)
        self.all = [Writer(api, ns, n, self.tokens) for n in range(count)]
        api.ok("POST", api.namespaces, {"name": ns})

    def __enter__(self):
        for writer in self.all:
            writer.start()
        self.more(3)
        return self

    def more(self, count):
        """So many deploys later."""
        def done():
            assert not any(writer.wrong for writer in self.all)
            return sum(writer.count for writer in self.all)
        wanted = done() + count
        self.tokens.release(count)
        until(lambda: done() >= wanted, "deploys", 120)

    def __exit__(self, *what):
        for writer in self.all:
            writer.ending.set()
        self.tokens.release(len(self.all))
        for writer in self.all:
            writer.join()

    def check(self):
        for writer in self.all:
            assert writer.wrong is None
            writer.check()

    def asked_of(self, api):
        """From now on another host is, which hears of the last deploys soon."""
        for writer in self.all:
            writer.api = api
            for site, _, answered in writer.sites:
                site.api = site.scripts.api = api
                last = max(answered, default=0)
                until(lambda site=site, last=last: not last
                      or site.get("/turn.txt").status == 200
                      and int(site.get("/turn.txt").text) >= last,
                      f"{site.name} {last}")


def folder_of(server):
    return pathlib.Path(server.root) / "data" / "assets"


def none_is_torn(server):
    """Every file that is no temporary one is named by the digest of its
    bytes."""
    for path in folder_of(server).glob("*/*"):
        if not path.name.startswith("new."):
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name


def kill_all(server):
    server.log.expect("AH00098")
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()
    until(lambda: not is_open(server.port), "the end of all")
    none_is_torn(server)
    server.start()


def kill_one(server):
    server.log.expect("AH00052")
    victim = random.choice(server.children())
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        return
    until(lambda: victim not in server.children(), "the child's end")


@pytest.fixture(scope="module")
def made():
    """Writers by name: later tests look at what the earlier ones deployed."""
    return {}


@pytest.fixture(scope="module")
def own(build, origin, tmp_path_factory):
    """A server that has no other assets."""
    hosts = Hosts(build, tmp_path_factory.mktemp("assets"), origin, pgsql=False)
    try:
        hosts.start(LINES)
        yield hosts
    finally:
        hosts.remove()


@pytest.fixture
def server(own):
    own.servers[0].log.begin()
    yield own.servers[0]
    assert own.unexpected() == []


class TestKilled:
    def test_775_01_children(self, own, server, made):
        with Writers(own.api(), "children") as writers:
            for _ in range(6):
                kill_one(server)
                writers.more(random.randint(1, 3))
        writers.check()
        none_is_torn(server)
        made["children"] = writers

    def test_775_02_all_at_once(self, own, server, made):
        with Writers(own.api(), "all", 6) as writers:
            for _ in range(8):
                writers.more(random.randint(1, 3))
                kill_all(server)
        writers.check()
        made["all"] = writers

    def test_775_03_what_is_left_is_swept(self, own, server, made):
        """Nothing but what versions have: no temporary file, no file that never
        got into a version."""
        with Writers(own.api(), "rest", 1) as writers:
            pass
        site = Site(own.api(), "rest", "never")
        lost = {"/lost.txt": "of no version"}
        site.uploaded(lost)
        server.stop()
        orphan = folder_of(server) / ("0" * 32)
        orphan.mkdir()
        owners = list(folder_of(server).iterdir())
        for owner in owners:
            (owner / "new.left").write_bytes(b"of a writer that died")
        self.own_as(orphan, owners)
        with sqlite3.connect(f"{server.root}/data/wfp.db") as db:
            db.execute("UPDATE asset_sessions SET expires = 1")
        db.close()
        before = time.time() - 7200
        for path in folder_of(server).glob("*/*"):
            os.utime(path, (before, before))
        server.start()
        # one owner a second
        until(lambda: not orphan.exists()
              and not list(folder_of(server).glob("*/new.*")),
              "the end of what was left", 60 + 10 * len(owners))
        begun = site.begun(lost)
        assert begun["buckets"] == [[hash_of(b"of no version", "/lost.txt")]]
        for each in (*made.values(), writers):
            each.check()
        until(lambda: self.on_disk(server) == self.of_versions(server),
              "nothing but what versions have")

    @staticmethod
    def own_as(orphan, owners):
        """The children's, as all others."""
        if os.geteuid() == 0:
            stat = orphan.parent.stat()
            for path in (orphan, *(each / "new.left" for each in owners)):
                os.chown(path, stat.st_uid, stat.st_gid)

    @staticmethod
    def on_disk(server):
        """{owner: names}"""
        return {owner.name: {path.name for path in owner.iterdir()}
                for owner in folder_of(server).iterdir()}

    @staticmethod
    def of_versions(server):
        """What must be there: each version's index, and a file for each digest
        that the store knows."""
        wanted = {}
        with sqlite3.connect(f"file:{server.root}/data/wfp.db?mode=ro",
                             uri=True) as db:
            for reference, in db.execute(
                    "SELECT assets FROM versions WHERE assets <> ''"):
                owner, index = reference.split("/")
                wanted.setdefault(owner, set()).add(index)
            for owner, digest in db.execute(
                    "SELECT owner_id, digest FROM asset_files"):
                wanted.setdefault(owner, set()).add(digest)
        db.close()
        return wanted

    def test_775_04_and_on(self, own, server):
        with Writers(own.api(), "after") as writers:
            writers.more(3)
        writers.check()


# ---- two hosts ------------------------------------------------------------------


@pytest.fixture(scope="module")
def hosts(build, origin, tmp_path_factory):
    both = Hosts(build, tmp_path_factory.mktemp("assets-hosts"), origin,
                 pgsql=True, count=2)
    try:
        both.start(LINES)
        yield both
    finally:
        both.remove()


class Pair:
    """One Worker, as both hosts know it."""

    def __init__(self, hosts, ns):
        self.hosts = hosts
        self.sites = [Site(hosts.api(n), ns, "site") for n in (0, 1)]
        self.near, self.far = self.sites

    def served(self, site, turn):
        """It comes to that host: then it is whole at once."""
        until(lambda: site.told("/turn.txt") == (200, f"{turn}"), f"{turn}")
        is_whole(site, 0, turn)


@pytest.fixture
def pair(hosts):
    for server in hosts.servers:
        server.log.begin()
    api = hosts.api()
    ns = f"hosts{next(NUMBERS)}"
    api.ok("POST", api.namespaces, {"name": ns})
    yield Pair(hosts, ns)
    api.ok("DELETE", f"{api.namespaces}/{ns}")
    assert hosts.unexpected() == []


class TestTwoHosts:
    def test_775_10_what_one_is_told_the_other_serves(self, hosts, pair):
        for turn in range(1, 7):
            told = pair.sites[turn % 2]
            told.deploy(files_of(0, turn), code="")
            for site in pair.sites:
                pair.served(site, turn)
        names = [{path.relative_to(folder_of(server)) for path
                  in folder_of(server).glob("*/*")} for server in hosts.servers]
        assert names[0] == names[1]

    def test_775_11_each_step_at_another_host(self, pair):
        for turn in (1, 2):
            files = files_of(0, turn)
            begun = pair.near.begun(files)
            # what one has, the other does not ask for
            assert sorted(pair.far.begun(files)["buckets"][0]) == \
                sorted(begun["buckets"][0])
            for n, name in enumerate(begun["buckets"][0]):
                answer = pair.sites[n % 2].send(
                    begun["jwt"], pair.near.parts(files, [name]))
            assert pair.far.begun(files)["buckets"] == []
            done = pair.far.put(answer.json["result"]["jwt"], code="")
            assert done.status == 200, done
            for site in pair.sites:
                pair.served(site, turn)

    def test_775_12_a_folder_that_is_lost(self, hosts, pair):
        """As on a new host: all comes from the database again."""
        pair.near.deploy(files_of(0, 1), code="")
        pair.served(pair.far, 1)
        server = hosts.servers[1]
        server.stop()
        shutil.rmtree(folder_of(server))
        server.start()
        pair.served(pair.far, 1)
        pair.far.deploy(files_of(0, 2), code="")
        pair.served(pair.near, 2)

    def test_775_13_the_other_is_killed_while_it_fetches(self, hosts, pair):
        server = hosts.servers[1]
        for turn in range(1, 7):
            pair.near.deploy(files_of(0, turn), code="")
            ending = threading.Event()
            wrong = []

            def read(turn=turn, ending=ending, wrong=wrong):
                """Whatever comes of a version is whole."""
                want = files_of(0, turn)["/large.bin"]
                while not ending.is_set():
                    try:
                        found = pair.far.get(f"/only{turn}.txt").status
                        body = pair.far.get("/large.bin").body
                    except LOST:
                        continue
                    if found == 200 and body != want:
                        wrong.append(body[:100])
            readers = [threading.Thread(target=read) for _ in range(3)]
            for reader in readers:
                reader.start()
            try:
                (kill_all if turn % 3 == 0 else kill_one)(server)
                pair.served(pair.far, turn)
            finally:
                ending.set()
                for reader in readers:
                    reader.join()
            assert wrong == []

    def test_775_14_while_the_database_is_down(self, hosts, pair):
        """A host goes on serving what it has."""
        for server in hosts.servers:
            server.log.expect("WFP0201", "WFP0202", "WFP0203", "WFP0204",
                              "WFP2902")
        pair.near.deploy(files_of(0, 1), code="")
        for site in pair.sites:
            pair.served(site, 1)
        hosts.postgres.stop()
        try:
            for server in hosts.servers:
                server.log.wait_for("WFP0203")
            for site in pair.sites:
                for _ in range(10):
                    is_whole(site, 0, 1)
        finally:
            hosts.postgres.start()
        # a child that was refused does not try again for a second
        for site in pair.sites:
            until(lambda api=site.api: all(
                api.call("GET", api.namespaces).status == 200
                for _ in range(60)), "every child's API to answer again")
        for server in hosts.servers:
            server.log.wait_for("WFP0204")

    def test_775_15_one_is_killed_the_other_has_it_all(self, hosts, pair):
        server = hosts.servers[0]
        with Writers(hosts.api(0), f"killed{next(NUMBERS)}") as writers:
            for kill in (kill_one, kill_all, kill_one):
                kill(server)
                writers.more(random.randint(1, 3))
        writers.check()
        writers.asked_of(hosts.api(1))
        writers.check()
