# SPDX-License-Identifier: Apache-2.0
"""Queues of one test, over the REST API."""

import base64
import json
import uuid


class Queue:
    """A queue with a name of its own."""

    def __init__(self, api, settings=None):
        self.api, self.name = api, f"q-{uuid.uuid4().hex[:12]}"
        self.all = f"{api.account}/queues"
        self.id = api.ok("POST", self.all, {
            "queue_name": self.name, "settings": settings or {}})["queue_id"]
        self.path = f"{self.all}/{self.id}"

    @property
    def binding(self):
        """Options of wfpctl deploy."""
        return "--binding", f"queue:QUEUE={self.name}"

    def consume(self, worker=None, dead=None, **settings):
        """Give it a consumer: a Worker of the tenant's, or None: who pulls."""
        body = {"type": "http_pull", "settings": settings}
        if worker:
            body.update(type="worker", script_name=worker.name)
            if worker.ns:
                body["dispatch_namespace"] = worker.ns
        if dead:
            body["dead_letter_queue"] = dead.name
        return self.api.ok("POST", f"{self.path}/consumers", body)

    def push(self, *bodies, **options):
        return self.api.ok("POST", f"{self.path}/messages/batch", {
            "messages": [{"body": body, **options} for body in bodies]})

    def pull(self, **options):
        """(messages with their bodies as they were sent, backlog)"""
        got = self.api.ok("POST", f"{self.path}/messages/pull", options)
        return [opened(each) for each in got["messages"]]

    def peek(self):
        got = self.api.ok("POST", f"{self.path}/messages/peek",
                          {"batch_size": 100})
        return [opened(each) for each in got["messages"]]

    def ack(self, *messages, retries=(), delay=None):
        more = {} if delay is None else {"delay_seconds": delay}
        return self.api.ok("POST", f"{self.path}/messages/ack", {
            "acks": [{"lease_id": each["lease_id"]} for each in messages],
            "retries": [{"lease_id": each["lease_id"], **more}
                        for each in retries]})

    @property
    def backlog(self):
        return self.api.ok("GET", f"{self.path}/metrics")["backlog_count"]

    def remove(self):
        self.api.call("DELETE", self.path)


def opened(message):
    """Its body as it was sent."""
    kind = message["metadata"]["CF-Content-Type"]
    body = message["body"]
    if kind != "text":
        body = base64.b64decode(body)
    return {**message, "kind": kind,
            "body": json.loads(body) if kind == "json" else body}


class Queues:
    """Makes queues that are gone after the test."""

    def __init__(self, api):
        self.api, self.made = api, []

    def __call__(self, **settings):
        self.made.append(Queue(self.api, settings))
        return self.made[-1]

    def remove_all(self):
        for queue in self.made:
            queue.remove()
