# SPDX-License-Identifier: Apache-2.0
"""Versions and deployments of a Worker over the REST API."""

TEXT = 'return { fetch = function() return Response.new("%s") end }'


class Rollout:
    """The routes of one Worker."""

    def __init__(self, api, worker):
        self.api, self.worker = api, worker
        base = (f"{api.namespaces}/{worker.ns}/scripts" if worker.ns
                else f"{api.account}/workers/scripts")
        self.path = f"{base}/{worker.name}"

    def versions(self, query=""):
        return self.api.ok("GET", f"{self.path}/versions{query}")["items"]

    def deployments(self):
        return self.api.ok("GET", f"{self.path}/deployments")["deployments"]

    def body(self, *shares, **more):
        return {"strategy": "percentage", **more,
                "versions": [{"version_id": id, "percentage": percent}
                             for id, percent in shares]}

    def deploy(self, *shares, **more):
        return self.api.ok("POST", f"{self.path}/deployments",
                           self.body(*shares, **more))

    def refused(self, *shares, **more):
        return self.api.refused("POST", f"{self.path}/deployments",
                                self.body(*shares, **more))
