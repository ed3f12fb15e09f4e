# SPDX-License-Identifier: Apache-2.0
"""Polling with a deadline: what tests do instead of sleeping."""

import threading
import time


def until(condition, what, seconds=60, pause=0.02):
    """The first true value of condition(); AssertionError when none came."""
    deadline = time.monotonic() + seconds
    tick = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        tick.wait(pause)
