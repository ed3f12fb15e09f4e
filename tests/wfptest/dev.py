# SPDX-License-Identifier: Apache-2.0
"""A `wfpctl dev` that runs, and what it says."""

import json
import signal
import subprocess
import urllib.error
import urllib.request

from wfptest.httpd import first_existing
from wfptest.wait import until


class Dev:
    """httpd: whose programs and environment; its server is not asked."""

    def __init__(self, httpd, folder, *args, ready=True):
        self.folder = folder
        self.out = folder / "dev.out"
        self.err = folder / "dev.err"
        temp = folder / "tmp"
        temp.mkdir(exist_ok=True)
        folder.chmod(0o711)
        env = {k: v for k, v in httpd.server_env().items()
               if not k.startswith("WFP_") or k == "WFP_HTTPD"}
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = subprocess.Popen(
                [str(first_existing(httpd.build / "wfpctl")), "--json", "dev",
                 "--port", "0", *args], stdout=out, stderr=err,
                env={**env, "TMPDIR": str(temp), "WFP_API": "http://no.example"})
        self.temp = temp
        if ready:
            self.site = until(lambda: self.lines() and self.lines()[0],
                              "its addresses", seconds=60)
            self.deployed(1)

    def lines(self):
        """The whole lines that it printed."""
        text = self.out.read_text()
        return [json.loads(line)
                for line in text[:text.rfind("\n") + 1].splitlines()]

    def refusals(self):
        return [json.loads(line)["error"]["message"]
                for line in self.err.read_text().splitlines()]

    def deployed(self, count):
        """Wait until so many versions were."""
        return until(lambda: [x for x in self.lines() if "version_id" in x
                              ][count - 1:], f"version {count}", seconds=60)

    def records(self):
        return [x for x in self.lines() if "outcome" in x]

    def get(self, path="/", data=None, headers=None, method=None):
        """(status, text, headers)"""
        request = urllib.request.Request(
            self.site["url"] + path[1:], data, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(), error.headers

    def stop(self, sent=signal.SIGINT):
        """Its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sent)
        return self.process.wait(60)
