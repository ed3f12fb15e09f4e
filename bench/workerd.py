# SPDX-License-Identifier: Apache-2.0
"""workerd, the runtime of Cloudflare Workers, as something to compare with:
its npm package of one version, installed below the build folder."""

import pathlib
import shutil
import signal
import socket
import subprocess

from wfptest.wait import until

VERSION = "1.20261117.1"


def install(build):
    """(path of the binary, None) or (None, why there is none)."""
    folder = build / f"bench/workerd-{VERSION}"
    found = next(folder.glob("node_modules/@cloudflare/workerd-*/bin/workerd"),
                 None)
    if found:
        return found, None
    if not shutil.which("npm"):
        return None, "npm is not installed"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts",
             "--prefix", str(folder), f"workerd@{VERSION}"], text=True,
            capture_output=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return None, f"npm could not fetch workerd@{VERSION} in time"
    found = next(folder.glob("node_modules/@cloudflare/workerd-*/bin/workerd"),
                 None)
    if done.returncode or not found:
        return None, f"npm install workerd@{VERSION}: " \
            + (done.stderr.strip().split("\n") or [""])[-1]
    return found, None


class Workerd:
    """One process with Workers, each behind a port of its own."""

    def __init__(self, binary, folder, workers, ports):
        """workers: {name: JavaScript}; every Worker reaches every other by
        its name in env, and the network on loopback."""
        self.binary, self.folder = binary, pathlib.Path(folder)
        self.ports = dict(zip(workers, ports))
        self.process = None
        self.folder.mkdir(parents=True, exist_ok=True)
        services, sockets = [], []
        for name, text in workers.items():
            (self.folder / f"{name}.js").write_text(text)
            bindings = ", ".join(f'(name = "{other}", service = "{other}")'
                                 for other in workers if other != name)
            services.append(
                f'(name = "{name}", worker = (modules = [(name = "{name}.js", '
                f'esModule = embed "{name}.js")], compatibilityDate = '
                f'"2025-01-01", bindings = [{bindings}], '
                'globalOutbound = "loopback"))')
            sockets.append(f'(name = "{name}", address = "127.0.0.1:'
                           f'{self.ports[name]}", http = (), '
                           f'service = "{name}")')
        services.append('(name = "loopback", network = '
                        '(allow = ["local", "private"]))')
        (self.folder / "config.capnp").write_text(
            'using Workerd = import "/workerd/workerd.capnp";\n'
            "const config :Workerd.Config = (services = ["
            + ",\n".join(services) + "],\nsockets = [" + ",\n".join(sockets)
            + "]);\n")

    def start(self):
        with (self.folder / "log").open("ab") as out:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", str(self.binary), "serve",
                 str(self.folder / "config.capnp")], stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, cwd=self.folder,
                start_new_session=True)
        for port in self.ports.values():
            until(lambda: self.listens(port), "workerd to listen", 30)

    def listens(self, port):
        if self.process.poll() is not None:
            raise SystemExit("workerd ended: "
                             + (self.folder / "log").read_text()[-2000:])
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        """It has nothing to finish, and may be in a loop."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()
