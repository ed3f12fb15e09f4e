# SPDX-License-Identifier: Apache-2.0
"""What WfpLog has of each invocation."""

import json
import pathlib

from .wait import until


class Records:
    """Reads the records written since it was made."""

    LINE = "WfpLog logs/workers.log"

    def __init__(self, httpd):
        self.path = pathlib.Path(httpd.root) / "logs/workers.log"
        self.start = self.path.stat().st_size if self.path.exists() else 0

    def all(self):
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self.start)
            return [json.loads(line) for line in file.read().splitlines()]

    def of(self, name, seconds=10):
        """The first record of a Worker; waits for it."""
        return until(lambda: next((r for r in self.all()
                                   if r["scriptName"] == name), None),
                     f"a record of {name}", seconds)
