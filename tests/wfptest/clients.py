# SPDX-License-Identifier: Apache-2.0
"""Clients of the REST API from npm, unmodified, as script/test installed them
in the build folder: programs of tests/clients with Cloudflare's SDK, wrangler."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess

from . import tap
from .api import account_id

PROGRAMS = tap.ROOT / "tests" / "clients"
FOLDER = tap.BUILD / "clients"
MODULES = FOLDER / "node_modules"
SECONDS = 120
QUIET = {"WRANGLER_SEND_METRICS": "false", "NO_COLOR": "1", "CI": "1",
         "WRANGLER_SEND_ERROR_REPORTS": "false", "NO_UPDATE_NOTIFIER": "1"}


def node():
    """The node of the lock file."""
    found = sorted(MODULES.glob("node-linux-*/bin/node"))
    assert found, f"no node in {MODULES}: script/test installs it"
    return found[0]


def run(args, cwd, env, stdin=""):
    return subprocess.run([str(each) for each in args], cwd=cwd, text=True,
                          capture_output=True, timeout=SECONDS, input=stdin,
                          errors="replace", check=False,
                          env={"PATH": os.environ["PATH"], **env})


def url(api):
    return f"http://127.0.0.1:{api.httpd.port}{api.base}"


def sdk(program, api):
    """(lines of passed checks, what failed) of a program of tests/clients."""
    data = f"http://127.0.0.1:{api.httpd.port}/_ns/{{ns}}/{{name}}/"
    # node looks for packages beside the program
    here = FOLDER / "programs"
    here.mkdir(exist_ok=True)
    for path in PROGRAMS.glob("*.mjs"):
        (here / path.name).write_bytes(path.read_bytes())
    done = run([node(), program], here,
               {"WFP_API": url(api), "WFP_TOKEN": api.token,
                "WFP_ACCOUNT": account_id(api.httpd), "WFP_DATA": data})
    lines = done.stdout.splitlines()
    passed = [line for line in lines if line.startswith("ok ")]
    wrong = [line for line in lines if not line.startswith("ok ")]
    if wrong and wrong[-1] == f"1..{len(passed)}" and not done.returncode:
        wrong = []
    return passed, "\n".join(wrong + done.stderr.splitlines())


class Wrangler:
    """wrangler in a project folder of its own."""

    def __init__(self, api, folder):
        self.folder = pathlib.Path(folder)
        self.env = {**QUIET, "HOME": str(folder),
                    "CLOUDFLARE_API_BASE_URL": url(api),
                    "CLOUDFLARE_API_TOKEN": api.token,
                    "CLOUDFLARE_ACCOUNT_ID": account_id(api.httpd)}

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    @contextlib.contextmanager
    def running(self, *args):
        """A command that runs until the block ends: its output so far."""
        told = self.folder / "told"
        with open(told, "wb") as out, subprocess.Popen(
                [str(node()), MODULES / "wrangler" / "bin" / "wrangler.js",
                 *args], cwd=self.folder, stdout=out, stderr=out,
                stdin=subprocess.DEVNULL, start_new_session=True,
                env={"PATH": os.environ["PATH"], **self.env}) as process:
            try:
                yield told.read_text
            finally:
                os.killpg(process.pid, signal.SIGTERM)

    def run(self, *args, stdin="", check=True):
        """stdout and stderr of a command."""
        done = run([node(), MODULES / "wrangler" / "bin" / "wrangler.js",
                    *args], self.folder, self.env, stdin)
        told = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
        assert not check or done.returncode == 0, f"{args}: {told}"
        return told
