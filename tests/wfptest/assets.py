# SPDX-License-Identifier: Apache-2.0
"""Static assets of Workers, uploaded as Cloudflare's clients do."""

import base64
import hashlib
import json
import mimetypes

from .uploads import B, FORM, LUA, Scripts, form, part

# what a Worker says where its assets do not answer
WORKER = "the Worker"


def hash_of(data, path=""):
    """A client's name of a file: any 32 hex digits will do."""
    return hashlib.sha256(data + path.encode()).hexdigest()[:32]


def as_bytes(data):
    return data if isinstance(data, bytes) else data.encode()


def type_of(path):
    return mimetypes.guess_type(path)[0] or "application/null"


class Site:
    """One Worker and its files. ns None: an account Worker."""

    def __init__(self, api, ns, name=None):
        self.api, self.ns = api, ns
        self.scripts = Scripts(api, ns)
        self.name = name or self.scripts.name()

    # ---- the three steps -------------------------------------------------

    def manifest(self, files):
        return {path: {"hash": hash_of(as_bytes(data), path),
                       "size": len(as_bytes(data))}
                for path, data in files.items()}

    def session(self, manifest, **more):
        return self.api.call(
            "POST", f"{self.scripts.path}/{self.name}/assets-upload-session",
            {"manifest": manifest}, **more)

    def begun(self, files):
        answer = self.session(self.manifest(files))
        assert answer.status == 200, answer
        return answer.json["result"]

    def send(self, jwt, parts, query="?base64=true"):
        """parts: {hash: (bytes as they go, type)}"""
        body = form(*(part(name, data, name, kind)
                      for name, (data, kind) in parts.items()))
        headers = [("Content-Type", FORM)]
        if jwt:
            headers.append(("Authorization", f"Bearer {jwt}"))
        api = type(self.api)(self.api.httpd, self.api.client, None)
        return api.call(
            "POST", f"{self.api.account}/workers/assets/upload{query}", body,
            headers=headers)

    def parts(self, files, wanted=None, types=None):
        """What is sent of files: of those that are wanted."""
        found = {}
        for path, data in files.items():
            name = hash_of(as_bytes(data), path)
            if wanted is None or name in wanted:
                kind = (types or {}).get(path) or type_of(path)
                found[name] = base64.b64encode(as_bytes(data)), kind
        return found

    def uploaded(self, files, types=None):
        """The token of files that are all there."""
        begun = self.begun(files)
        jwt = begun["jwt"]
        for bucket in begun["buckets"]:
            answer = self.send(jwt, self.parts(files, bucket, types))
            assert answer.status in (201, 202), answer
            jwt = answer.json["result"].get("jwt", jwt)
        return jwt

    def put(self, jwt=None, code=None, bindings=(), assets=True, **config):
        """Upload the Worker. code "": nothing but assets."""
        meta = config.pop("meta", {})
        if assets:
            meta = {"assets": {**({"jwt": jwt} if jwt else {}),
                               "config": config}, **meta}
        parts = []
        if code != "":
            meta = {"main_module": "worker.lua", "bindings": [
                {"type": "assets", "name": "ASSETS"}, *bindings], **meta}
            parts = [part("worker.lua", code or LUA % WORKER, "worker.lua",
                          "text/plain")]
        return self.api.call(
            "PUT", f"{self.scripts.path}/{self.name}",
            form(part("metadata", json.dumps(meta)), *parts),
            headers=[("Content-Type", FORM)])

    def deploy(self, files, code=None, types=None, **config):
        answer = self.put(self.uploaded(files, types), code, **config)
        assert answer.status == 200, answer
        return self

    # ---- asking ------------------------------------------------------------

    @property
    def base(self):
        return f"/_ns/{self.ns}/{self.name}"

    def request(self, method, path="/", **options):
        return self.api.client.request(method, self.base + path, **options)

    def get(self, path="/", **options):
        return self.request("GET", path, **options)

    def told(self, path, **options):
        """(status, body or where it is redirected to)"""
        answer = self.get(path, **options)
        if 300 <= answer.status < 400 and answer.get("Location"):
            return answer.status, answer.get("Location").removeprefix(self.base)
        return answer.status, answer.text
