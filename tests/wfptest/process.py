# SPDX-License-Identifier: Apache-2.0
"""What the kernel says of processes."""

import os
import pathlib
import signal

from .wait import until


def state_of(pid):
    """As ps has it, "Z" too for one that has gone."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return "Z"
    return stat.rpartition(")")[2].split()[0]


def children_of(pid):
    """Those that have not ended, and those of whose end it has yet to hear."""
    path = f"/proc/{pid}/task/{pid}/children"
    return [int(child) for child in pathlib.Path(path).read_text().split()]


def kill_now(pid):
    """At once, and to its end: until then it may accept connections, which are
    reset."""
    os.kill(pid, signal.SIGKILL)
    until(lambda: state_of(pid) in "ZX", f"the end of {pid}")
