# SPDX-License-Identifier: Apache-2.0
"""Workers with a `tail` handler, and what they were given."""

import json

from .records import Records
from .wait import until

# Says what it was given; paths of requests are words for it.
LISTENER = """
return {
    fetch = function() return Response.new("x") end,
    tail = function(events, env, ctx) %s end,
}"""
SAY = "console.log(json.encode(events))"


def path_of(api, ns, name):
    return (f"{api.namespaces}/{ns}/scripts/{name}" if ns else
            f"{api.account}/workers/scripts/{name}")


def tail(api, made, *consumers):
    """Its records go there from now on. consumers: names, or "NS/NAME"."""
    told = [{"service": name.rpartition("/")[2],
             **({"namespace": name.partition("/")[0]} if "/" in name else {})}
            for name in consumers]
    return api.ok("PATCH", f"{path_of(api, made.ns, made.name)}"
                  "/script-settings", {"tail_consumers": told})


class Listener:
    """A consumer that is deployed; looks at WfpLog."""

    def __init__(self, httpd, tenant, body=SAY, ns=None, *options):
        self.worker = tenant.deploy(LISTENER % body, *options, ns=ns)
        self.name, self.ns = self.worker.name, ns
        self.records = Records(httpd)

    @property
    def called(self):
        return f"{self.ns}/{self.name}" if self.ns else self.name

    def runs(self):
        """Records of its handler."""
        return [r for r in self.records.all() if r["scriptName"] == self.name
                and "consumedEvents" in r["event"]]

    def run(self):
        return until(self.runs, f"{self.name} to be given something", 30)[0]

    def batches(self):
        """What each run said that it was given."""
        return [json.loads("".join(r["logs"][0]["message"]))
                for r in self.runs() if r["logs"]]

    def events(self, count=1):
        """The first events, at least so many."""
        def look():
            found = [e for batch in self.batches() for e in batch]
            return found if len(found) >= count else None
        return until(look, f"{self.name} to be given {count} events", 30)
