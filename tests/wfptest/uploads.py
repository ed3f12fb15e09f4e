# SPDX-License-Identifier: Apache-2.0
"""Uploads over the REST API, as clients send them."""

import itertools
import json

NUMBERS = itertools.count(1)
LUA = 'return { fetch = function() return Response.new("%s") end }\n'
B = "----formdata-undici-034075693830"
FORM = f"multipart/form-data; boundary={B}"
SDK7 = "application/javascript"


def part(name, data, filename=None, kind=None):
    head = f'--{B}\r\nContent-Disposition: form-data; name="{name}"'
    if filename is not None:
        head += f'; filename="{filename}"'
    if kind:
        head += f"\r\nContent-Type: {kind}"
    data = data if isinstance(data, bytes) else data.encode()
    return head.encode() + b"\r\n\r\n" + data + b"\r\n"


def form(*parts):
    return b"".join(parts) + f"--{B}--\r\n".encode()


def upload_body(text="hi", **metadata):
    metadata = {"main_module": "worker.lua", **metadata}
    return form(part("metadata", json.dumps(metadata)),
                part("worker.lua", LUA % text, "worker.lua", "text/plain"))


class Scripts:
    """Workers of one namespace (None: of the account) over the API."""

    def __init__(self, api, ns):
        self.api, self.ns = api, ns
        self.path = (f"{api.namespaces}/{ns}/scripts" if ns else
                     f"{api.account}/workers/scripts")

    def name(self):
        return f"up{next(NUMBERS)}"

    def put(self, name, body=None, kind=FORM, query="", headers=(), **meta):
        text = meta.pop("text", "hi")
        return self.api.call("PUT", f"{self.path}/{name}{query}",
                             body or upload_body(text, **meta),
                             headers=[("Content-Type", kind), *headers])

    def made(self, **meta):
        """A new Worker's name."""
        name = self.name()
        answer = self.put(name, **meta)
        assert answer.status == 200, answer
        return name

    def patch(self, name, settings, what="settings"):
        return self.api.call("PATCH", f"{self.path}/{name}/{what}",
                             form(part("settings", json.dumps(settings))),
                             headers=[("Content-Type", FORM)])

    def get(self, name, what=""):
        return self.api.ok("GET", f"{self.path}/{name}{what}")

    def run(self, name):
        return self.api.client.get(f"/_ns/{self.ns}/{name}/").text


def error(answer):
    assert answer.status >= 400, answer
    first = answer.json["errors"][0]
    return answer.status, first["code"], first["message"]
