# SPDX-License-Identifier: Apache-2.0
"""Uploads of Workers over the REST API: every generation of clients' bodies,
what is refused, what stays, and that the next request sees what a 200 says."""

import concurrent.futures
import json

import pytest

from wfptest.uploads import FORM, LUA, SDK7, Scripts, error, form, part, \
    upload_body

pytestmark = pytest.mark.one_mpm

META = json.dumps({"main_module": "worker.lua", "tags": ["t"]})
FILE = ("worker.lua", "text/x-lua")
STUB = part("stub.js", "export default {};\n", "stub.js",
            "application/javascript+module")
GENERATIONS = {
    "wrangler": (FORM, form(part("metadata", META), STUB, part(
        "worker.lua", LUA % "hi", "worker.lua", "text/plain"))),
    "curl": (FORM, form(part("metadata", META, kind="application/json"), part(
        "worker.lua", LUA % "hi", "a.lua", "application/octet-stream"))),
    "sdk4": (FORM, form(part("metadata", META, "metadata"), part(
        "0", LUA % "hi", *FILE)) + b"\r\n"),
    "sdk6": (FORM, form(part("metadata", META, "metadata"), part(
        "files", LUA % "hi", *FILE)) + b"\r\n"),
    "sdk7": (SDK7, form(part("metadata[main_module]", "worker.lua"),
                        part("metadata[tags][]", "t"),
                        part("files[]", LUA % "hi", *FILE))),
    "sdk7text": (SDK7, form(part("metadata", META),
                            part("files[]", LUA % "hi", *FILE))),
    "stub": (FORM, form(part("metadata", META.replace("worker.lua", "stub.js")),
                        STUB, part("app.lua", LUA % "hi", "app.lua"))),
}


class TestBodies:
    @pytest.mark.parametrize("client_name", GENERATIONS)
    def test_610_01_every_generation(self, user, client_name):
        kind, body = GENERATIONS[client_name]
        name = user.name()
        answer = user.put(name, body, kind)
        assert answer.status == 200, answer
        result = answer.json["result"]
        assert result["id"] == name and result["etag"]
        assert isinstance(result["startup_time_ms"], int)
        assert result["handlers"] == ["fetch"]
        assert user.run(name) == "hi"
        assert user.get(name, "/tags") == ["t"]

    def test_610_05_its_handlers(self, user):
        name = user.name()
        for names in (["fetch", "scheduled", "queue", "tail"], ["queue"], []):
            fields = "".join(f"{each} = function() end, " for each in names)
            source = f"return {{ {fields} other = function() end, tale = 1 }}"
            answer = user.put(name, source.encode(), "text/plain")
            assert answer.json["result"]["handlers"] == names

    def test_610_02_raw_script(self, user):
        name = user.name()
        assert user.put(name, (LUA % "raw").encode(), SDK7).status == 200
        assert user.run(name) == "raw"
        content = user.api.get(f"{user.path}/{name}/content", raw=True)
        assert content.body == (LUA % "raw").encode()

    def test_610_03_content_comes_back_as_it_came(self, user):
        name = user.name()
        text = "-- \x00 \xff\r\n--".encode("latin-1")
        body = form(part("metadata", META), part("lib/a.bin", text, "x"),
                    part("worker.lua", LUA % "hi", "worker.lua"))
        assert user.put(name, body).status == 200
        content = user.api.get(f"{user.path}/{name}/content", raw=True)
        assert content.get("cf-entrypoint") == "worker.lua"
        again = user.name()
        back = user.put(again, content.body, content.get("Content-Type"),
                        headers=[("CF-WORKER-MAIN-MODULE-PART",
                                  content.get("cf-entrypoint"))])
        assert back.status == 200, back
        first = user.get(name)["script"]["etag"]
        assert user.get(again)["script"]["etag"] == first

    def test_610_04_content_keeps_all_else(self, either):
        name = either.made(tags=["t"], limits={"cpu_ms": 20}, bindings=[
            {"type": "plain_text", "name": "A", "text": "x"}])
        before = either.get(name, "/settings")
        answer = either.api.call(
            "PUT", f"{either.path}/{name}/content", upload_body("new"),
            headers=[("Content-Type", FORM)])
        assert answer.status == 200, answer
        assert either.get(name, "/settings") == before
        assert either.api.refused(
            "PUT", f"{either.path}/{either.name()}/content", upload_body("x"),
            headers=[("Content-Type", FORM)]) == (404, 10007)


REFUSED = [
    ("syntax", {"text": '" .. '}, 400, 10021, "worker.lua:1:"),
    ("tags", {"tags": [str(i) for i in range(9)]}, 400, 10021, "8 tags"),
    ("tag", {"tags": ["a,b"]}, 400, 10021, "a,b"),
    ("type", {"bindings": [{"type": "ai", "name": "X"}]}, 400, 10021,
     'type "ai" is not supported'),
    ("variable", {"bindings": [{"type": "plain_text", "name": "X",
                                "text": "x" * 5121}]}, 400, 10054, "'X'"),
    ("json", {"bindings": [{"type": "json", "name": "X",
                            "json": ["x" * 5121]}]}, 400, 10054, "'X'"),
    ("secret", {"bindings": [{"type": "secret_text", "name": "X",
                              "text": "x" * 5121}]}, 400, 10054, "X"),
    ("variables", {"bindings": [{"type": "plain_text", "name": f"X{n}",
                                 "text": "x"} for n in range(129)]}, 400,
     10055, "128"),
    ("feature", {"migrations": {"tag": "v1"}}, 400, 10021,
     '"migrations" is not supported'),
    ("limit", {"limits": {"cpu_ms": -1}}, 400, 10021, "cpu_ms"),
    ("main", {"main_module": "no.lua"}, 400, 10021, "no.lua"),
    ("kv", {"bindings": [{"type": "kv_namespace", "name": "X",
                          "namespace_id": "f" * 32}]}, 400, 10041, "f" * 32),
    ("service", {"bindings": [{"type": "service", "name": "X",
                               "service": "nobody"}]}, 400, 10144, "nobody"),
    ("namespace", {"bindings": [{"type": "dispatch_namespace", "name": "X",
                                 "namespace": "nowhere"}]}, 400, 100119,
     "nowhere"),
]


class TestRefusals:
    @pytest.mark.parametrize("meta, status, code, text",
                             [row[1:] for row in REFUSED],
                             ids=[row[0] for row in REFUSED])
    def test_610_10_the_old_version_stays_live(self, user, meta, status, code,
                                               text):
        name = user.made(text="old")
        etag = user.get(name)["script"]["etag"]
        got = error(user.put(name, **meta))
        assert got[:2] == (status, code) and text in got[2]
        assert user.run(name) == "old"
        assert user.get(name)["script"]["etag"] == etag
        fresh = user.name()
        assert user.put(fresh, **meta).status == status
        assert user.api.refused("GET", f"{user.path}/{fresh}") == (404, 10092)

    def test_610_11_no_handler_and_too_large(self, user):
        body = form(part("metadata", META), part("worker.lua", "return {}"))
        assert error(user.put(user.name(), body))[:2] == (400, 10068)
        body = form(part("metadata", META),
                    part("worker.lua", "--" + "x" * 1100000))
        assert error(user.put(user.name(), body))[:2] == (413, 10027)

    def test_610_12_unknown_members_are_told(self, user):
        answer = user.put(user.name(), colour="red", logpush=True)
        assert answer.status == 200
        told = [m["message"] for m in answer.json["messages"]]
        assert told == ['"colour" is not known and was ignored',
                        '"logpush" is kept, but has no effect on this server']

    def test_610_13_missing_namespace(self, api):
        nowhere = Scripts(api, "nowhere")
        assert error(nowhere.put("x"))[:2] == (404, 100119)
        assert api.refused("GET", nowhere.path) == (404, 100119)

    def test_610_14_missing_worker(self, either):
        gone = f"{either.path}/{either.name()}"
        for what in ("content", "settings", "script-settings", "bindings",
                     "secrets", "tags"):
            assert either.api.refused("GET", f"{gone}/{what}") == (404, 10007)
        assert either.api.refused("DELETE", gone) == (404, 10007)


class TestBindings:
    A = {"type": "plain_text", "name": "A", "text": "x"}
    S = {"type": "secret_text", "name": "S", "text": "hidden"}

    def test_610_20_replaced_kept_inherited(self, either):
        name = either.made(bindings=[self.A, self.S])
        either.put(name, bindings=[{"type": "json", "name": "J", "json": [1]}],
                   keep_bindings=["secret_text"])
        assert [b["name"] for b in either.get(name, "/bindings")] == ["J", "S"]
        either.put(name, bindings=[{"type": "inherit", "name": "J"}])
        assert either.get(name, "/bindings") == [
            {"type": "json", "name": "J", "json": [1]}]

    def test_610_21_strict_inheritance(self, either):
        name = either.made()
        inherit = [{"type": "inherit", "name": "NOPE"}]
        assert error(either.put(name, query="?bindings_inherit=strict",
                                bindings=inherit))[:2] == (400, 10057)
        assert either.put(name, bindings=inherit).status == 200

    def test_610_22_a_service_of_the_same_namespace(self, user):
        callee = user.made(text="callee")
        name = user.name()
        body = form(
            part("metadata", json.dumps({
                "main_module": "worker.lua", "bindings": [
                    {"type": "service", "name": "SVC", "service": callee}]})),
            part("worker.lua", "return { fetch = function(req, env) "
                               "return env.SVC:fetch(req) end }"))
        assert user.put(name, body).status == 200
        assert user.run(name) == "callee"
        assert user.get(name, "/bindings")[0]["service"] == callee

    def test_610_23_not_one_of_another_namespace(self, api, tenant):
        mine, others = (Scripts(api, tenant.namespace()) for _ in range(2))
        theirs = others.made()
        assert error(mine.put(mine.name(), bindings=[
            {"type": "service", "name": "X", "service": theirs}]))[:2] == \
            (400, 10144)


class TestSettings:
    def test_610_30_patch_changes_what_it_names(self, either):
        name = either.made(tags=["t"], bindings=[TestBindings.A],
                           compatibility_date="2026-01-01",
                           limits={"cpu_ms": 20})
        answer = either.patch(name, {"tags": ["u"], "limits": None})
        assert answer.status == 200, answer
        result = answer.json["result"]
        assert result == either.get(name, "/settings")
        assert (result["tags"], result["limits"]) == (["u"], {})
        assert result["compatibility_date"] == "2026-01-01"
        assert result["bindings"] == [TestBindings.A]

    def test_610_31_what_belongs_to_the_worker(self, either):
        name = either.made()
        answer = either.api.call(
            "PATCH", f"{either.path}/{name}/script-settings",
            {"logpush": True, "tags": ["t"]})
        assert answer.json["result"] == {
            "logpush": True, "observability": {
                "enabled": True, "head_sampling_rate": 1,
                "logs": {"enabled": True, "head_sampling_rate": 1,
                         "invocation_logs": False}},
            "tags": ["t"], "tail_consumers": []}

    def test_610_32_tags_one_by_one(self, either):
        name = either.made(tags=["a"])
        tags = f"{either.path}/{name}/tags"
        assert either.api.ok("PUT", f"{tags}/b%2Fc") is None
        assert either.api.ok("PUT", f"{tags}/a") is None
        assert either.api.ok("GET", tags) == ["a", "b/c"]
        assert either.api.ok("DELETE", f"{tags}/a") is None
        assert either.api.ok("PUT", tags, ["x", "y"]) == ["x", "y"]
        assert either.api.refused("PUT", tags, {"x": 1}) == (400, 10021)
        assert either.api.refused("PUT", tags, list("abcdefghi")) == \
            (400, 10021)


class TestLists:
    def test_610_40_by_tag_and_page(self, user):
        names = [user.made(tags=["odd" if i % 2 else "even"])
                 for i in range(5)]
        odd = user.api.ok("GET", f"{user.path}?tags=odd:yes")
        assert [w["id"] for w in odd] == names[1::2]
        none = user.api.ok("GET", f"{user.path}?tags=odd:yes,even:yes")
        assert none == []
        assert user.api.refused("GET", f"{user.path}?tags=odd") == (400, 10012)
        seen, cursor = [], ""
        while True:
            page = user.api.get(f"{user.path}?limit=2&cursor={cursor}").json
            seen += [w["script"]["id"] for w in page["result"]]
            cursor = page["result_info"]["cursor"]
            if not cursor:
                break
        assert seen == names

    def test_610_41_bulk_delete(self, user):
        names = [user.made(tags=["go"]) for _ in range(3)]
        stays = user.made()
        assert user.run(names[0]) == "hi"
        path = f"{user.path}?tags=go:yes&limit=2"
        first = user.api.ok("DELETE", path)
        assert (first["deleted_count"], first["has_more"]) == (2, True)
        gone = user.api.client.get(f"/_ns/{user.ns}/{names[0]}/")
        assert gone.status == 404
        second = user.api.ok("DELETE", path)
        assert (second["deleted_count"], second["has_more"]) == (1, False)
        assert [w["id"] for w in user.api.ok("GET", user.path)] == [stays]
        assert user.api.refused("DELETE", user.path)[0] == 400


class TestConcurrency:
    def test_610_50_if_match(self, either):
        name = either.made()
        etag = either.put(name).json["result"]["etag"]
        match = [("If-Match", f'"{etag}"')]
        assert either.put(name, text="two", headers=match).status == 200
        assert error(either.put(name, text="three", headers=match))[:2] == \
            (412, 10412)

    def test_610_51_a_200_is_what_runs(self, user):
        name = user.made(text="0")
        for i in range(1, 30):
            assert user.put(name, text=str(i)).status == 200
            assert user.run(name) == str(i)

    def test_610_52_simultaneous_uploads_are_all_recorded(self, user):
        name = user.made()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(
                lambda i: user.put(name, text=f"w{i}", bindings=[
                    {"type": "plain_text", "name": "N", "text": f"w{i}"}]),
                range(16)))
        assert [a.status for a in answers] == [200] * 16
        assert len({a.json["result"]["deployment_id"] for a in answers}) == 16
        # whichever was last, it is whole
        assert user.get(name, "/bindings")[0]["text"] == user.run(name)

    def test_610_53_secrets_set_meanwhile_are_not_lost(self, user):
        name = user.made()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            def one(i):
                if i % 2:
                    return user.put(name, keep_bindings=["secret_text"])
                return user.api.call(
                    "PUT", f"{user.path}/{name}/secrets",
                    {"name": f"S{i}", "text": "x", "type": "secret_text"})
            answers = list(pool.map(one, range(16)))
        assert [a.status for a in answers] == [200] * 16
        assert len(user.get(name, "/secrets")) == 8
