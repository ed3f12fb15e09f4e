# SPDX-License-Identifier: Apache-2.0
"""How much httpd's children grow."""

import pathlib
import re
import threading


def resident(pid):
    """Anonymous memory of a process in bytes."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", text)[1]) * 1024


class Watch(threading.Thread):
    """The most that the children grow while the block runs."""

    def __init__(self, httpd):
        super().__init__(daemon=True)
        self.pids = httpd.children()
        self.before = {pid: resident(pid) for pid in self.pids}
        self.growth, self.over = 0, threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            for pid in self.pids:
                try:
                    self.growth = max(self.growth,
                                      resident(pid) - self.before[pid])
                except FileNotFoundError:
                    pass

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *why):
        self.over.set()
        self.join()
