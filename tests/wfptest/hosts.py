# SPDX-License-Identifier: Apache-2.0
"""Servers with a store of their own, and several of one PostgreSQL."""

import os
import shutil

from .api import LOCATION, Api
from .client import Client
from .httpd import Httpd
from .postgres import Postgres
from .wait import until

# a new isolate for every request, so that each one opens its secrets
FRESH = (*LOCATION, "WfpIsolateReuse off")


class Hosts:
    """One store and `count` servers of it, each with its own folder and its
    own copy of the key file, as on machines of their own."""

    def __init__(self, build, folder, origin, *, pgsql, count=1):
        self.postgres = Postgres(folder.parent / "ports") if pgsql else None
        database = f'pgsql "{self.postgres.conninfo}"' if pgsql else None
        self.servers = []
        try:
            for number in range(count):
                server = Httpd(build, folder / f"host{number}", "event",
                               origin, "info", database)
                self.servers.append(server)
                if number:
                    server.token = self.servers[0].token
                    self.copy_key(number)
                else:
                    server.need_store()
        except BaseException:
            self.remove()
            raise

    def start(self, lines=FRESH):
        for server in self.servers:
            server.configure(lines)
            server.log.begin()

    def api(self, number=0):
        server = self.servers[number]
        return Api(server, Client(server.port))

    def key(self, number=0):
        """Path of a host's key file."""
        return self.servers[number].root / "data/key"

    def copy_key(self, number):
        """As an operator does: beside it, then in its place."""
        beside = self.key(number).with_name("key-copy")
        shutil.copy2(self.key(), beside)
        if os.geteuid() == 0:
            owner = self.key(number).parent.stat()
            os.chown(beside, owner.st_uid, owner.st_gid)
        beside.rename(self.key(number))

    def unexpected(self):
        return [line for server in self.servers
                for line in server.log.unexpected()]

    def remove(self):
        for server in self.servers:
            server.stop()
        if self.postgres:
            self.postgres.remove()


class PatientApi(Api):
    """Asks once more while the store does not answer: for some time after the
    database came back each process has connections that have ended. Not for
    while it goes: what was refused then may have been done."""

    def call(self, *args, **options):
        def once():
            answer = super(PatientApi, self).call(*args, **options)
            return answer if answer.status != 503 else None
        return until(once, "the store", 60, 0.1)


class PatientWorker:
    """The same for a Worker that is only asked."""

    def __init__(self, worker):
        self.worker = worker

    def get(self, *args, **options):
        def once():
            answer = self.worker.get(*args, **options)
            return answer if answer.status < 500 else None
        return until(once, "the Worker", 60, 0.1)
