# SPDX-License-Identifier: Apache-2.0
"""Secrets over the REST API: set, listed, deleted, and seen by nobody but the
Worker."""

import base64
import json

import pytest

from wfptest.api import LOCATION
from wfptest.uploads import Scripts, error, form, part

pytestmark = pytest.mark.one_mpm

WORKER = ('return { fetch = function(req, env) '
          'return Response.new(tostring(env.S)) end }')


def put(scripts, name, key, text, kind="secret_text"):
    return scripts.api.call("PUT", f"{scripts.path}/{name}/secrets",
                            {"name": key, "text": text, "type": kind})


class TestSecrets:
    def test_612_01_life_of_a_secret(self, either):
        name = either.made()
        secrets = f"{either.path}/{name}/secrets"
        assert put(either, name, "S", "x").json["result"] == {
            "name": "S", "type": "secret_text"}
        assert either.api.ok("GET", secrets) == [
            {"name": "S", "type": "secret_text"}]
        assert either.api.ok("GET", f"{secrets}/S?url_encoded=true")["name"] \
            == "S"
        assert either.api.ok("DELETE", f"{secrets}/S") is None
        assert either.api.refused("GET", f"{secrets}/S") == (404, 10056)
        assert either.api.refused("DELETE", f"{secrets}/S") == (404, 10056)

    def test_612_02_bulk(self, either):
        name = either.made()
        put(either, name, "OLD", "x")
        path = f"{either.path}/{name}/secrets-bulk"
        result = either.api.ok("PATCH", path, {"secrets": {
            "A": {"name": "A", "text": "1", "type": "secret_text"},
            "OLD": None}})
        assert result == {"A": {"name": "A", "type": "secret_text"}}
        assert [s["name"] for s in either.get(name, "/secrets")] == ["A"]
        # all or nothing
        assert either.api.refused("PATCH", path, {"secrets": {
            "B": {"text": "1"}, "NOPE": None}}) == (404, 10056)
        assert [s["name"] for s in either.get(name, "/secrets")] == ["A"]

    def test_612_03_refusals(self, either):
        name = either.made(bindings=[
            {"type": "plain_text", "name": "P", "text": "x"}])
        assert error(put(either, name, "a-b", "x"))[:2] == (400, 10052)
        assert error(put(either, name, "P", "x"))[:2] == (400, 10021)
        assert error(put(either, name, "S", 1))[:2] == (400, 10021)
        assert error(put(either, name, "S", "x" * 6000))[:2] == (400, 10054)
        assert error(put(either, name, "S", "x", "secret_key"))[:2] == \
            (400, 10021)
        assert error(put(either, "nobody", "S", "x"))[:2] == (404, 10007)

    def test_612_04_nobody_sees_it_but_the_worker(self, user, httpd):
        text = "vErY-s3cret-of-tenant-612"
        name = user.name()
        answers = [user.put(name, form(
            part("metadata", json.dumps({
                "main_module": "w.lua", "bindings": [
                    {"type": "secret_text", "name": "S", "text": text}]})),
            part("w.lua", WORKER)))]
        answers.append(put(user, name, "S2", text))
        answers.append(user.patch(name, {"bindings": [
            {"type": "secret_text", "name": "S"},
            {"type": "secret_text", "name": "S3", "text": text}]}))
        # refused ones must not tell either
        answers.append(put(user, name, "S2", text, "secret_key"))
        answers.append(user.put(name, form(part(
            "metadata", '{"bindings":[{"text":"%s",' % text))))
        for what in ("", "/settings", "/bindings", "/secrets", "/content",
                     "/script-settings", "/tags"):
            answers.append(user.api.get(f"{user.path}/{name}{what}",
                                        raw=True))
        assert user.run(name) == text
        nowhere(text.encode(), httpd.root, answers)

    def test_612_05_not_at_the_highest_log_level(self, api, tenant, httpd):
        """All logs at their highest, everything that wfpctl says, the key."""
        text = "vErY-s3cret-at-trace8-612"
        httpd.configure([*LOCATION, "LogLevel trace8",
                         'CustomLog logs/access_612 "%r %>s %{wfp-outcome}n"',
                         "WfpLog logs/workers_612"])
        user = Scripts(api, tenant.namespace())
        name = user.made()
        said = [httpd.wfpctl("secret", "put", f"{user.ns}/{name}", "S",
                             stdin=text),
                httpd.wfpctl("--json", "secret", "put", f"{user.ns}/{name}",
                             "S2", stdin=text)]
        user.put(name, form(
            part("metadata", json.dumps({
                "main_module": "w.lua", "bindings": [
                    {"type": "secret_text", "name": "S", "text": text}]})),
            part("w.lua", WORKER)))
        assert user.run(name) == text
        for words in (("get",), ("versions",), ("secret", "delete"),
                      ("secret", "put")):
            more = ["S"] if words[0] == "secret" else []
            for json_too in ([], ["--json"]):
                said.append(httpd.wfpctl(*json_too, *words,
                                         f"{user.ns}/{name}", *more,
                                         check=False, stdin=text * 1000))
        said += [httpd.wfpctl("list", user.ns), httpd.wfpctl("doctor"),
                 httpd.wfpctl("key", "rotate"), httpd.wfpctl("key", "prune")]
        outputs = [(done.stdout + done.stderr).encode() for done in said]
        assert (httpd.root / "logs/access_612").stat().st_size > 0
        assert (httpd.root / "logs/workers_612").stat().st_size > 0
        nowhere(text.encode(), httpd.root, outputs)
        key = bytes.fromhex((httpd.root / "data/key").read_text().strip())
        nowhere(key, httpd.root, outputs, skip=("key",))


def nowhere(text, root, answers, skip=()):
    """It is in no answer and in no file below root: database, its journals,
    logs; neither as it is nor as base64 or hex."""
    places = {str(i): a if isinstance(a, bytes) else a.body
              for i, a in enumerate(answers)}
    for path in root.rglob("*"):
        if path.is_file() and path.suffix not in (".so", ".sock") \
                and path.name not in skip:
            places[str(path)] = path.read_bytes()
    assert any("wfp.db" in place for place in places)
    assert any("error_log" in place for place in places)
    shapes = [text, base64.b64encode(text)[:-4], text.hex().encode()]
    shapes += [base64.b64encode(b"x" * pad + text)[4:-4] for pad in (1, 2)]
    for place, data in places.items():
        for shape in shapes:
            assert shape not in data, f"{shape} in {place}"
