# SPDX-License-Identifier: Apache-2.0
"""What httpd says of its configuration, asked once for each. wfpctl starts
httpd to learn it: half of the time that a deploy takes, where the deploy is not
what is tested."""

import hashlib

PROGRAM = """#!/bin/sh
# In httpd's place, as wfpctl calls it; $SAID: where its answer is kept.
if [ ! -f "$SAID" ]; then
    '{binary}' "$@" >"$SAID.$$" || exit
    mv "$SAID.$$" "$SAID"
fi
exec cat "$SAID"
"""


class Said:
    """The answers of one server's httpd."""

    def __init__(self, httpd):
        self.httpd = httpd
        self.program = httpd.root / "said"
        self.program.write_text(PROGRAM.format(binary=httpd.binary))
        self.program.chmod(0o755)

    def env(self):
        """With it wfpctl asks the program."""
        conf = hashlib.sha256(self.httpd.conf.read_bytes()).hexdigest()
        return {"WFP_HTTPD": str(self.program),
                "SAID": f"{self.program}-{conf[:16]}"}
