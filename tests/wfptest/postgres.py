#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of a test's own: Debian's package, a temporary folder, a free
port on loopback, an unprivileged user (initdb refuses root).

As a program: postgres.py start|stop FOLDER, for a cluster that was made.
"""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile

if __package__:
    from .ports import free_ports
    from .process import state_of
    from .wait import until

SECONDS = 60


def bin_dir():
    """Where the newest installed server's programs are."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"),
                   key=lambda path: int(path.parts[-3]))
    if not found:
        raise RuntimeError("no PostgreSQL server: apt-get install postgresql")
    return found[-1].parent


def as_user(args):
    """The command, as somebody who is not root."""
    if os.geteuid() != 0:
        return args
    return ["setpriv", "--reuid=postgres", "--regid=postgres",
            "--clear-groups", *args]


def control(action, folder, *options):
    """pg_ctl on a cluster."""
    log = pathlib.Path(folder, "log")
    subprocess.run(
        as_user([str(bin_dir() / "pg_ctl"), action, "-w", "-s", "-D",
                 str(pathlib.Path(folder, "data")), "-l", str(log), *options]),
        cwd="/", check=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, timeout=SECONDS)


# backends that wrote to a table, whose commit is on the disk
HELD = """SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l USING (pid)
    WHERE a.wait_event = 'SyncRep' AND l.mode = 'RowExclusiveLock'
    AND l.relation = '{}'::regclass"""


class Postgres:
    """A cluster with one empty database."""

    def __init__(self, book):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wfp-pg-"))
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.port = free_ports(1, book)[0]
        subprocess.run(
            as_user([str(bin_dir() / "initdb"), "-D",
                     str(self.folder / "data"), "-U", "wfp", "-A", "trust",
                     "-E", "UTF8", "--no-locale", "--no-sync"]),
            cwd="/", check=True, capture_output=True, timeout=SECONDS)
        with open(self.folder / "data" / "postgresql.conf", "a",
                  encoding="ascii") as conf:
            conf.write(f"port = {self.port}\n"
                       "listen_addresses = '127.0.0.1'\n"
                       "unix_socket_directories = ''\n"
                       "shared_buffers = 32MB\n"
                       "max_connections = 200\n")
        self.start()

    @property
    def conninfo(self):
        return f"host=127.0.0.1 port={self.port} user=wfp dbname=postgres"

    def start(self):
        control("start", self.folder)

    def stop(self):
        control("stop", self.folder, "-m", "fast")

    def kill(self):
        """All its processes at once, by SIGKILL; start() is a recovery then."""
        note = self.folder / "data/postmaster.pid"
        pid = int(note.read_text(encoding="ascii").split()[0])
        os.kill(pid, signal.SIGSTOP)  # it makes no more of them
        until(lambda: state_of(pid) in "TZ", "the postmaster's stop")
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            all_of_it = [pid, *map(int, file.read().split())]
        for each in all_of_it:
            try:
                os.kill(each, signal.SIGKILL)
            except ProcessLookupError:
                pass
        until(lambda: all(state_of(each) in "ZX" for each in all_of_it),
              "PostgreSQL's end")
        note.unlink(missing_ok=True)
        (self.folder / "data/postgresql.auto.conf").write_text("")

    def hold(self, table):
        """Ends when somebody's commit of rows of the table is on the disk, and
        nobody is told, as it waits for a replica that there is not. kill() is
        the end of that. Somebody must go on writing to the table."""
        def wait_for(replica):
            self.sql(f"ALTER SYSTEM SET synchronous_standby_names = {replica}")
            self.sql("SELECT pg_reload_conf()")

        def held():
            wait_for("nobody")
            try:
                return until(lambda: self.sql(HELD.format(table)) != ["0"],
                             "a commit", 5)
            except AssertionError:  # another table's is in front
                wait_for("''")
                return False
        until(held, f"a commit of {table} that is not answered", 120)

    def sql(self, text):
        """What psql prints of it: a line a row."""
        done = subprocess.run(
            [str(bin_dir() / "psql"), "-X", "-q", "-t", "-A", "-v",
             "ON_ERROR_STOP=1", "-d", self.conninfo, "-c", text], cwd="/",
            check=True, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=SECONDS)
        return done.stdout.splitlines()

    def control_command(self):
        """A program file that takes "start" or "stop"."""
        script = self.folder / "control"
        script.write_text(f"#!/bin/sh\nexec {sys.executable} {__file__} "
                          f"\"$1\" {self.folder}\n", encoding="ascii")
        script.chmod(0o755)
        return script

    def remove(self):
        """Stop it, if it runs, and leave nothing behind."""
        control("stop", self.folder, "-m", "immediate")
        shutil.rmtree(self.folder)


if __name__ == "__main__":
    if sys.argv[1] == "stop":
        control("stop", sys.argv[2], "-m", "fast")
    else:
        control("start", sys.argv[2])
