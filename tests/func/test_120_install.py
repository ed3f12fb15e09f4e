# SPDX-License-Identifier: Apache-2.0
"""What `make install` leaves is all that a server needs: httpd runs the
installed module with wfp.load and wfp.conf as shipped, wfpctl finds its schema.
"""

import os
import re
import shutil
import socket
import subprocess

import pytest

from wfptest.client import Client
from wfptest.httpd import MPM_CONF, place, server_user
from wfptest.ports import free_ports
from wfptest.wait import until

WORKER = """return { fetch = function(request)
  return Response.new("installed: " .. request.method) end }
"""


@pytest.fixture(scope="module")
def tree(build, tmp_path_factory):
    """make install, into a folder of its own."""
    dest = tmp_path_factory.mktemp("install", numbered=True)
    done = subprocess.run(
        ["make", "-s", "-C", str(build), "install", f"DESTDIR={dest}"],
        text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return dest


@pytest.fixture(scope="module")
def installed(tree):
    """{file name: path} of what was installed."""
    return {path.name: path for path in tree.rglob("*") if path.is_file()}


class TestInstall:
    """The installed files work without the tree that they were built in."""

    def test_120_01_files(self, tree, installed):
        assert {"mod_wfp.so", "mod_wfp.h", "wfpctl", "wfpctl.1", "wfp.load",
                "wfp.conf", "001_first.sql", "index.html", "router.js"} <= set(installed)
        assert not [name for name in installed if name.endswith((".a", ".o"))]
        # wfp.load names the place where the module will be
        named = installed["wfp.load"].read_text().split()[-1]
        assert (tree / named.lstrip("/")).is_file()

    def test_120_02_nothing_names_the_build(self, installed, build):
        for name in ("wfpctl", "mod_wfp.so"):
            text = subprocess.run(["readelf", "-d", str(installed[name])],
                                  text=True, capture_output=True,
                                  check=True).stdout
            assert "RUNPATH" not in text and "RPATH" not in text
            assert str(build) not in text

    def test_120_03_every_example_of_the_configuration_is_legal(
            self, httpd, installed):
        text = installed["wfp.conf"].read_text()
        # what a line names must be there; what it may write is ours
        text = text.replace("/var/lib/wfp", str(httpd.root / "data"))
        text = text.replace("/var/log/apache2", str(httpd.root / "logs"))
        text = text.replace("*:80", f"*:{httpd.port}")
        # a comment in words begins with "# ", an example with "#"
        lines = [line[1:] if re.match(r"#[^\s#]", line) else line
                 for line in text.splitlines()]
        # one database at a time
        lines = [line for line in lines if "pgsql" not in line]
        assert sum(line.startswith("Wfp") for line in lines) > 20
        code, output = httpd.configtest(lines)
        assert code == 0, output

    @pytest.mark.parametrize("routing", [
        "WfpNamespace production\nWfpRouteBy header:X-Worker",
        "WfpDispatcher front"], ids=["built-in", "dispatcher"])
    def test_120_04_serves(self, httpd, installed, tmp_path_factory,
                           routing):
        root = place(tmp_path_factory.mktemp("serve", numbered=True) / "root")
        port, = free_ports(1, httpd.root.parent / "ports")
        server = Installed(httpd, installed, root, port, routing)
        try:
            server.begin()
            answer = Client(port).get("/", headers=[("X-Worker", "hello")])
            assert (answer.status, answer.text) == (200, "installed: GET")
        finally:
            server.end()

    def test_120_05_uninstalled(self, build, tmp_path):
        """Nothing is left but folders that others use as well."""
        for target in ("install", "uninstall"):
            subprocess.run(["make", "-s", "-C", str(build), target,
                            f"DESTDIR={tmp_path}"], check=True,
                           capture_output=True)
        left = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")
                if path.is_file() or "wfp" in path.name]
        assert left == []

    def test_120_06_a2enmod_finds_what_it_needs(self, httpd, installed):
        line = installed["wfp.load"].read_text().splitlines()[0]
        assert line.startswith("# Depends: ")
        for name in line.split()[2:]:
            assert (httpd.modules / f"mod_{name}.so").is_file()


class Installed:
    """A server of the installed files only."""

    def __init__(self, httpd, installed, root, port, routing):
        self.httpd, self.root, self.port = httpd, root, port
        self.conf = root / "httpd.conf"
        self.process = None
        # the user whose children these are must reach them
        for name in ("mod_wfp.so", "wfpctl", "001_first.sql"):
            shutil.copy(installed[name], root)
        schema = root / "schema"
        shutil.copytree(installed["001_first.sql"].parents[1], schema)
        self.schema = schema
        load = installed["wfp.load"].read_text()
        load = re.sub(r"\S+/mod_wfp\.so", str(root / "mod_wfp.so"), load)
        self.conf.write_text(self.text(load, installed, routing))

    def text(self, load, installed, routing):
        mpm = self.httpd.mpm
        modules = self.httpd.modules
        lines = [f"ServerRoot {self.root}", f"PidFile {self.root}/pid",
                 f"DefaultRuntimeDir {self.root}",
                 f"ErrorLog {self.root}/logs/error_log",
                 f"Listen 127.0.0.1:{self.port}", "ServerName localhost",
                 f"LoadModule mpm_{mpm}_module {modules}/mod_mpm_{mpm}.so",
                 f"LoadModule authz_core_module {modules}/mod_authz_core.so",
                 load, installed["wfp.conf"].read_text(), MPM_CONF[mpm],
                 f"WfpDatabase sqlite3 {self.root}/data/wfp.db",
                 f"WfpDataDir {self.root}/data", routing]
        if os.getuid() == 0:
            lines.append("User {}\nGroup {}".format(*server_user()))
        return "\n".join(lines) + "\n"

    def wfpctl(self, *args):
        done = subprocess.run(
            [str(self.root / "wfpctl"), "--config", str(self.conf), *args],
            text=True, capture_output=True, check=False,
            env={**self.httpd.server_env(),
                 "WFP_SCHEMA_DIR": str(self.schema)})
        assert done.returncode == 0, done.stdout + done.stderr

    def begin(self):
        worker = self.root / "worker.lua"
        worker.write_text(WORKER)
        self.wfpctl("init")
        self.wfpctl("namespace", "create", "production")
        self.wfpctl("deploy", "production/hello", str(worker))
        self.wfpctl("deploy", "front", str(worker))
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", self.httpd.binary,
             "-DFOREGROUND", "-f", str(self.conf)],
            env=self.httpd.server_env(), stdin=subprocess.DEVNULL,
            start_new_session=True)
        until(self.answers, "the installed module to serve")

    def answers(self):
        assert self.process.poll() is None, \
            (self.root / "logs/error_log").read_text()
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def end(self):
        if self.process:
            self.process.terminate()
            self.process.wait(60)
        shutil.rmtree(self.root)
