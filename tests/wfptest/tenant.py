# SPDX-License-Identifier: Apache-2.0
"""Workers deployed for one test and removed after it."""

import itertools
import pathlib
import shutil
import tempfile

NUMBERS = itertools.count(1)


class Worker:
    """A deployed user Worker, asked through /_ns/NAMESPACE/NAME."""

    def __init__(self, client, ns, name):
        self.client, self.ns, self.name = client, ns, name

    @property
    def path(self):
        return f"/_ns/{self.ns}/{self.name}"

    def request(self, method, path="/", **options):
        return self.client.request(method, self.path + path, **options)

    def get(self, path="/", **options):
        return self.request("GET", path, **options)

    def post(self, body, path="/", **options):
        return self.request("POST", path, body=body, **options)


class Tenant:
    """Deploys by wfpctl. A name is never used twice: what other tests did
    cannot be seen, and no test waits for a change to be noticed."""

    def __init__(self, httpd, client):
        self.httpd, self.client = httpd, client
        self.made = []

    def deploy(self, source, *options, ns="demo", name=None, check=True):
        """A Worker from a text, or from a table {file name: text}. ns None:
        an account script. check False: the finished wfpctl process."""
        name = name or f"w{next(NUMBERS)}"
        files = source if isinstance(source, dict) else {"worker.lua": source}
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.httpd.root))
        folder.chmod(0o755)
        try:
            for path, data in files.items():
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data if isinstance(data, bytes)
                                   else data.encode())
            full = f"{ns}/{name}" if ns else name
            done = self.httpd.wfpctl("deploy", full, str(folder), *options,
                                     check=check, quick=True)
        finally:
            shutil.rmtree(folder)
        if not done.returncode:
            self.made.append(full)
        return Worker(self.client, ns, name) if check else done

    def namespace(self, *options):
        """A namespace of this test's own."""
        name = f"ns{next(NUMBERS)}"
        self.httpd.wfpctl("namespace", "create", name, *options,
                          quick=True)
        return name

    def remove_all(self):
        """Namespaces stay: they cost nothing and end with the session."""
        for full in reversed(self.made):
            self.httpd.wfpctl("delete", full, "--force", check=False,
                              quick=True)
        self.made = []
