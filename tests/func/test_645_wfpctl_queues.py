# SPDX-License-Identifier: Apache-2.0
"""wfpctl schedules and queues: in the store of either database, and by a server's
API, with the same words."""

import os
import pty
import re
import shutil

import pytest

from test_640_wfpctl import HELLO, Ctl
from test_643_wfpctl_remote import Remote
from wfptest import tap
from wfptest.postgres import Postgres

pytestmark = pytest.mark.one_mpm


class Local(Ctl):
    def worker(self, name):
        self.ok("deploy", name, self.folder(HELLO))


class Far(Remote):
    def worker(self, name):
        self.ok("deploy", name, self.file(HELLO))


@pytest.fixture(scope="module")
def postgres():
    server = Postgres(tap.BUILD / "results" / "ports")
    yield server
    server.remove()


@pytest.fixture(params=["sqlite3", "pgsql", "remote"])
def ctl(request, tmp_path):
    """With the namespace q645 and the Workers tick and q645/user."""
    root = None
    if request.param == "remote":
        api = request.getfixturevalue("api")
        made = Far(api.httpd, tmp_path)
    else:
        database = None
        if request.param == "pgsql":
            server = request.getfixturevalue("postgres")
            database = f'pgsql "{server.conninfo}"'
        made = Local(database)
        root = made.root
        made.ok("init")
    made.ok("namespace", "create", "q645")
    made.worker("tick645")
    made.worker("q645/user")
    yield made
    for queue in made.ok("queues", "list").split():
        if queue.startswith("q645"):
            made.ok("queues", "delete", queue)
    made.ok("delete", "tick645")
    made.ok("namespace", "delete", "q645")
    if root:
        shutil.rmtree(root)


class TestSchedules:
    def test_645_01_put_list_runs(self, ctl):
        assert ctl.ok("schedules", "list", "tick645") == ""
        said = ctl.ok("schedules", "put", "tick645", "*/5 * * * *",
                      "0 6 * * mon")
        assert sorted(said.splitlines()) == ["*/5 * * * *", "0 6 * * mon"]
        rows = ctl.json("schedules", "list", "tick645")
        assert {row["cron"] for row in rows} == {"*/5 * * * *", "0 6 * * mon"}
        assert all(row["created_on"].endswith("Z") for row in rows)
        assert ctl.json("schedules", "runs", "tick645") == []
        assert ctl.ok("schedules", "put", "q645/user", "1 2 3 4 *") == \
            "1 2 3 4 *\n"
        assert ctl.ok("schedules", "put", "tick645") == ""
        assert ctl.ok("schedules", "list", "tick645") == ""

    def test_645_02_refused(self, ctl):
        for args, words in (
                (("tick645", "61 * * * *"), "invalid cron string '61"),
                (("tick645", "* * * * *", "* * * * *"), "there twice"),
                (("nobody645", "* * * * *"), ""),
                (("q645/nobody", "* * * * *"), "")):
            assert words in ctl.refused("schedules", "put", *args)
        assert ctl.ok("schedules", "list", "tick645") == ""
        ctl.refused("schedules", "list", "nobody645")
        ctl.refused("schedules", "runs", "nobody645")


class TestQueues:
    def test_645_09_its_consumer_goes_by_force(self, ctl):
        ctl.worker("gone645")
        ctl.ok("queues", "create", "q645f")
        ctl.ok("queues", "consume", "q645f", "gone645")
        keyboard, terminal = pty.openpty()
        said = ctl.refused("delete", "gone645", stdin=terminal)
        assert "queue q645f (its consumer)" in said and "force" in said
        assert "gone645" in ctl.ok("list").split()
        assert ctl.ok("delete", "gone645", "--force", stdin=terminal) \
            == "Deleted gone645\n"
        os.close(keyboard)
        os.close(terminal)
        assert ctl.json("queues", "get", "q645f")["consumers"] == []

    def test_645_08_a_script_is_taken_at_its_word(self, ctl):
        ctl.worker("gone646")
        ctl.ok("queues", "create", "q645g")
        ctl.ok("queues", "consume", "q645g", "gone646")
        assert ctl.ok("delete", "gone646") == "Deleted gone646\n"
        assert ctl.json("queues", "get", "q645g")["consumers"] == []

    def test_645_10_one_life(self, ctl):
        assert ctl.ok("queues", "create", "q645a", "--delay", "7") == \
            "Created queue q645a\n"
        made = ctl.json("queues", "get", "q645a")
        assert made["settings"] == {
            "delivery_delay": 7, "delivery_paused": False,
            "message_retention_period": 345600}
        assert made["backlog_count"] == 0 and made["consumers"] == []
        ctl.ok("queues", "set", "q645a", "--retention", "3600")
        ctl.ok("queues", "pause", "q645a")
        now = ctl.json("queues", "get", "q645a")["settings"]
        assert now == {"delivery_delay": 7, "delivery_paused": True,
                       "message_retention_period": 3600}
        assert "delay 7 s, retention 3600 s, paused" in \
            ctl.ok("queues", "get", "q645a")
        assert ctl.ok("queues", "resume", "q645a") == "Resumed queue q645a\n"
        assert not ctl.json("queues", "get",
                            "q645a")["settings"]["delivery_paused"]
        assert "q645a" in ctl.ok("queues", "list").split()
        assert ctl.ok("queues", "purge", "q645a") == "Purged queue q645a\n"
        assert ctl.ok("queues", "delete", "q645a") == "Deleted queue q645a\n"
        assert "q645a" not in ctl.ok("queues", "list").split()

    def test_645_11_consumers(self, ctl):
        ctl.ok("queues", "create", "q645b")
        ctl.ok("queues", "create", "q645dead")
        ctl.ok("queues", "consume", "q645b", "tick645", "--batch-size", "5",
               "--max-retries", "1", "--dead-letter", "q645dead")
        one, = ctl.json("queues", "get", "q645b")["consumers"]
        assert (one["script_name"], one["dead_letter_queue"]) == (
            "tick645", "q645dead")
        assert one["settings"]["batch_size"] == 5
        assert one["settings"]["max_wait_time_ms"] == 5000
        ctl.ok("queues", "consume", "q645b", "q645/user")
        again, = ctl.json("queues", "get", "q645b")["consumers"]
        assert again["dispatch_namespace"] == "q645"
        assert again["settings"]["batch_size"] == 10
        assert re.search("^consumer q645/user$",
                         ctl.ok("queues", "get", "q645b"), re.M)
        ctl.ok("queues", "release", "q645b")
        assert ctl.json("queues", "get", "q645b")["consumers"] == []
        assert "nobody consumes" in ctl.refused("queues", "release", "q645b")

    def test_645_12_refused(self, ctl):
        for args, code in (
                (("create", "no such name"), 1), (("get", "nothing645"), 1),
                (("delete", "nothing645"), 1), (("purge", "nothing645"), 1),
                (("pause", "nothing645"), 1), (("release", "nothing645"), 1),
                (("consume", "nothing645", "tick645"), 1),
                (("create", "q645c", "--delay", "43201"), 2),
                (("create", "q645c", "--delay", "x"), 2),
                (("create", "q645c", "--retention", "59"), 2),
                (("consume", "q645c", "tick645", "--batch-size", "0"), 2),
                (("consume", "q645c"), 2), (("nonsense",), 2), ((), 2)):
            ctl.refused("queues", *args, code=code)
        assert "q645c" not in ctl.ok("queues", "list").split()

    def test_645_13_twice_and_who_is_not_there(self, ctl):
        ctl.ok("queues", "create", "q645d")
        ctl.refused("queues", "create", "q645d")
        ctl.refused("queues", "consume", "q645d", "nobody645")
        ctl.refused("queues", "consume", "q645d", "tick645",
                    "--dead-letter", "nothing645")
        assert ctl.json("queues", "get", "q645d")["consumers"] == []


class TestBacklog:
    def test_645_20_what_is_purged_is_gone(self, api, tmp_path, tenant):
        """Of a server that runs: by its API, and in its store."""
        far = Remote(api.httpd, tmp_path)
        far.ok("queues", "create", "q645e")
        try:
            made = tenant.deploy("""return { fetch = function(request, env)
                env.Q:send("x") return Response.new("sent") end }""",
                "--binding", "queue:Q=q645e")
            for run in (far.ok, lambda *a: api.httpd.wfpctl(*a).stdout):
                assert made.get().text == "sent"
                assert "backlog 1 messages" in run("queues", "get", "q645e")
                assert f"producer {made.ns}/{made.name}" in \
                    run("queues", "get", "q645e")
                run("queues", "purge", "q645e")
                assert "backlog 0 messages, 0 bytes" in \
                    run("queues", "get", "q645e")
        finally:
            far.ok("queues", "delete", "q645e")
