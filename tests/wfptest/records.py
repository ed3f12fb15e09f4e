# SPDX-License-Identifier: Apache-2.0
"""What WfpLog has of each invocation."""

import json
import pathlib
import time

from .wait import until


class Records:
    """Reads the records of invocations that began since it was made. They are
    written a little later than they end, so earlier ones may come too."""

    LINE = "WfpLog logs/workers.log"

    def __init__(self, httpd):
        self.path = pathlib.Path(httpd.root) / "logs/workers.log"
        self.start = self.path.stat().st_size if self.path.exists() else 0
        time.sleep(0.002)
        self.since = int(time.time() * 1000)

    def all(self):
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self.start)
            whole = file.read().rpartition(b"\n")[0]
        found = [json.loads(line) for line in whole.splitlines()]
        return [r for r in found if r["eventTimestamp"] >= self.since]

    def of(self, name, seconds=60):
        """The first record of a Worker; waits for it."""
        return until(lambda: next((r for r in self.all()
                                   if r["scriptName"] == name), None),
                     f"a record of {name}", seconds)

    def under(self, request_id, name=None, seconds=60):
        """The record of an invocation by its request's id; waits for it."""
        return until(lambda: next((
            r for r in self.all() if r["requestId"] == request_id
            and name in (None, r["scriptName"])), None),
            f"a record of {request_id}", seconds)
