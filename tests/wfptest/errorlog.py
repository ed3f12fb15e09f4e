# SPDX-License-Identifier: Apache-2.0
"""httpd's error log as a test result."""

import re

from .wait import until

LEVEL = re.compile(r"^\[[^]]*\] \[\w*:(emerg|alert|crit|error|warn)\]")
DEATH = re.compile(r"AH0005[0-9]|AddressSanitizer|ThreadSanitizer"
                   r"|LeakSanitizer|UndefinedBehavior|: runtime error: "
                   r"|stack smashing|free\(\): |double free|malloc\(\): ")


class ErrorLog:
    """Reads what was written since the test began."""

    def __init__(self, path):
        self.path = path
        self.start = 0
        self.expected = []

    def begin(self):
        """A new test: nothing is expected, old lines do not count."""
        self.start = self.size()
        self.expected = []

    def size(self):
        """Bytes so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    def text(self, offset):
        """What was written after the first offset bytes."""
        if not self.path.exists():
            return ""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read().decode("utf-8", "replace")

    def expect(self, *patterns):
        """Lines with these tags (or regexes) are no fault of this test. Who
        kills children (AH00052) may hear that it was one after the other:
        event says so when the next one goes before it looked again."""
        if "AH00052" in patterns:
            patterns += ("AH1039[23]",)
        self.expected += [re.compile(p) for p in patterns]

    def lines(self):
        """The lines since begin()."""
        return self.text(self.start).splitlines()

    def unexpected(self):
        """Warnings, errors, deaths and sanitizer reports nobody expected."""
        return [line for line in self.lines()
                if (LEVEL.match(line) or DEATH.search(line))
                and not any(p.search(line) for p in self.expected)]

    def around(self):
        """What to show of a log with such lines: its end."""
        return "\n".join(self.lines()[-30:])

    def wait_for(self, pattern, seconds=60):
        """The first line since begin() that matches."""
        regex = re.compile(pattern)
        return until(lambda: next((line for line in self.lines()
                                   if regex.search(line)), None),
                     f"{pattern} in the error log", seconds)
