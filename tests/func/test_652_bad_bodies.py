# SPDX-License-Identifier: Apache-2.0
"""Bodies that are wrong in one thing, on every route that takes one: the
answer names it, and nothing is stored."""

import json

import pytest

from wfptest.api import LOCATION, Api
from wfptest.store import dump
from wfptest.uploads import B, FORM, Scripts, form, part, upload_body

pytestmark = pytest.mark.one_mpm

NONE = "00000000-0000-4000-8000-000000000000"
TEXTS = (1, 1.5, True, [], {}, ["x"])
FLAGS = (1, "yes", [], {})
ARRAYS = (1, "x", True, {})
OBJECTS = (1, "x", True, [], [{}])
SHARE = {"version_id": NONE, "percentage": 100}

# (route, a body that has nothing wrong, {member: values that are}, code)
TYPED = [
    ("POST {N}", {"name": "typed"}, {
        "name": (*TEXTS, None, "", "a/b", "x" * 64), "trusted_workers": FLAGS,
        "egress": (*TEXTS, None, "all"), "limits": OBJECTS, "outbound": OBJECTS,
        "egress_allow": (*ARRAYS, [1], ["a b"], ["x"] * 101),
        "egress_deny": (*ARRAYS, [None], ["10.0.0.0/99"])}, 10012),
    ("PATCH {N}/demo", {}, {
        "name": (*TEXTS, "a/b"), "trusted_workers": FLAGS, "egress": TEXTS,
        "limits": (*OBJECTS, {"cpu_ms": "1"}, {"cpu_ms": -1}, {"none": 1},
                   {"cpu_ms": 1e99}),
        "outbound": (*OBJECTS, {}, {"service": 1}),
        "egress_allow": ARRAYS, "egress_deny": ARRAYS}, 10012),
    ("POST {A}/tokens", {"name": "typed", "role": "read"}, {
        "name": (*TEXTS, None, "x" * 121), "role": (*TEXTS, None, "root"),
        "namespaces": (*ARRAYS, [1], ["a/b"], ["x"] * 101),
        "expires_on": (*TEXTS, "soon", "2001-01-01", "2999-02-31",
                       "2999-01-01T25:00:00Z", "2999-01-01T00:00:61Z")}, 10012),
    ("POST {K}", {}, {"title": (*TEXTS, None, "", "x" * 513)}, 10019),
    ("POST {S}/kept/deployments", {"versions": [SHARE]}, {
        "strategy": (*TEXTS, "other"), "versions": (
            *ARRAYS, [], [1], [SHARE] * 11, [{}], [{"version_id": NONE}]),
        "annotations": OBJECTS}, 10012),
    ("POST {S}/kept/rollback", {}, {
        "version_id": (*TEXTS, "x" * 65), "message": (*TEXTS, "x" * 1001)},
     10012),
    ("PUT {S}/kept/secrets", {"name": "A", "text": "b"}, {
        "text": (*TEXTS, None), "type": (*TEXTS, "secret_key")}, 10021),
    ("PUT {S}/kept/secrets", {"name": "A", "text": "b"}, {
        "text": ("x" * 5121,)}, 10054),
    ("PUT {S}/kept/secrets", {"name": "A", "text": "b"}, {
        "name": (*TEXTS, None, "", "1a", "a-b", "x" * 64)}, 10052),
    ("PATCH {S}/kept/secrets-bulk", {}, {
        "secrets": (*OBJECTS, {}, {"A": 1}, {"A": []}, {"A": {}},
                    {"A": {"text": 1}}, {"A": {"text": "x", "type": 1}},
                    {"A": {"text": "x", "name": 1}},
                    {"A": {"text": "x", "name": "B"}})}, 10021),
]
# Where the answer has another word for a member.
NAMED = {"limits": "limit", "text": "A", "name": "", "title": "",
         "secrets": "", "versions": ""}
METADATA = {
    "bindings": (*ARRAYS, [1], [{}], [{"type": "ai", "name": "AI"}],
                 [{"type": "plain_text", "name": "1", "text": ""}],
                 [{"type": "plain_text", "name": "A", "text": 1}],
                 [{"type": "service", "name": "A", "service": 1}],
                 [{"type": "inherit", "name": 1}]),
    "tags": (*ARRAYS, [1], ["a,b"], ["a&b"], [""], list("abcdefghi"),
             ["x" * 64]),
    "limits": (*OBJECTS, {"cpu_ms": "1"}, {"cpu_ms": 0}, {"none": 1}),
    "keep_bindings": (*ARRAYS, [1]), "annotations": (
        *OBJECTS, {"workers/message": 1}, {"workers/tag": "x" * 101}),
    "compatibility_date": (*TEXTS, "today", "2026-1-1"),
    "compatibility_flags": (*ARRAYS, [1]), "logpush": FLAGS,
    "observability": OBJECTS, "placement": OBJECTS,
    "tail_consumers": (*ARRAYS, [1]), "usage_model": TEXTS,
    "egress": (*TEXTS, "all"), "migrations": (1, "x", {"tag": "v1"}),
    "assets": (1, {"jwt": "x"}), "schedules": (1, ["* * * * *"])}
SETTINGS = ("PATCH {S}/kept/settings", "PATCH {S}/kept/script-settings")
UPLOADS = ("PUT {S}/kept", "POST {S}/kept/versions", "PUT {S}/new")
BODIES = [route for route, *_ in TYPED] + [
    *SETTINGS, "PUT {S}/kept/tags", "POST {W}/subdomain"]


@pytest.fixture
def scripts(httpd, client, tenant):
    httpd.configure(LOCATION)
    made = Scripts(Api(httpd, client), tenant.namespace())
    assert made.put("kept").status == 200
    return made


class Asker:
    """Sends bodies, collects those whose answers are not what they should
    be."""

    def __init__(self, scripts):
        api = self.api = scripts.api
        self.account = Scripts(api, None).made()
        self.places = {"A": api.account, "N": api.namespaces,
                       "S": scripts.path,
                       "K": f"{api.account}/storage/kv/namespaces",
                       "W": f"{api.account}/workers/scripts/{self.account}"}
        self.before, self.wrong = dump(api.httpd), []

    def expect(self, route, body, expected, named="", kind=None):
        method, _, path = route.partition(" ")
        for key, place in self.places.items():
            path = path.replace("{%s}" % key, place)
        answer = self.api.call(method, path, body, headers=[
            ("Content-Type", kind)] if kind else [])
        error = (answer.json["errors"] or [{"code": 0, "message": ""}])[0]
        if (answer.status, error["code"]) != expected \
                or named not in error["message"]:
            self.wrong.append((route, repr(body)[:100], answer.status, error))

    def end(self):
        assert self.wrong == [], "\n".join(map(str, self.wrong))
        assert dump(self.api.httpd) == self.before
        self.api.ok("DELETE", f"{self.api.account}/workers/scripts/"
                    f"{self.account}")


@pytest.fixture
def asker(scripts):
    one = Asker(scripts)
    yield one
    one.end()


class TestTypes:
    def test_652_01_json(self, asker):
        for route, good, members, code in TYPED:
            for name, values in members.items():
                for value in values:
                    asker.expect(route, {**good, name: value}, (400, code),
                                 NAMED.get(name, name))

    def test_652_02_metadata(self, asker):
        for name, values in METADATA.items():
            for value in values:
                for route in UPLOADS:
                    asker.expect(route, upload_body("x", **{name: value}),
                                 (400, 10021), "", FORM)
                for route in SETTINGS:
                    asker.expect(route, {name: value}, (400, 10021))

    def test_652_06_a_name_and_a_type(self, asker):
        """Too little for an upload; of settings, what is there already."""
        for kind in ("plain_text", "json", "service", "kv_namespace"):
            bindings = [{"type": kind, "name": "A"}]
            for route in UPLOADS:
                asker.expect(route, upload_body("x", bindings=bindings),
                             (400, 10021), '"A"', FORM)
            for route in SETTINGS:
                asker.expect(route, {"bindings": bindings}, (400, 10057),
                             '"A"')

    def test_652_03_what_is_wrong_is_named(self, asker):
        for name in METADATA:
            if name in ("migrations", "schedules"):
                continue
            for route in UPLOADS:
                asker.expect(route, upload_body("x", **{name: 1}),
                             (400, 10021), name.partition("_")[0], FORM)

    def test_652_04_unknown_members(self, asker):
        for route, good in (("POST {N}", {"name": "x"}), ("PATCH {N}/demo", {}),
                            ("POST {A}/tokens", {"name": "x", "role": "read"}),
                            ("POST {S}/kept/rollback", {})):
            asker.expect(route, {**good, "namespace": "x"}, (400, 10012),
                         '"namespace" is not known')

    def test_652_05_they_are_told_elsewhere(self, scripts):
        api = scripts.api
        answer = api.call("PUT", f"{scripts.path}/kept/secrets",
                          {"name": "A", "text": "b", "colour": "red"})
        assert answer.status == 200
        assert answer.json["messages"] == [
            {"code": 10012, "message": '"colour" is not known and was ignored'}]
        version = api.ok("GET", f"{scripts.path}/kept/versions")["items"][0]
        answer = api.call("POST", f"{scripts.path}/kept/deployments", {
            "versions": [{"version_id": version["id"], "percentage": 100}],
            "force": True})
        assert '"force"' in answer.json["messages"][0]["message"]
        answer = scripts.put("kept", colour="red")
        assert '"colour"' in answer.json["messages"][0]["message"]


class TestJson:
    def test_652_10_no_json(self, asker):
        deep = b'{"a":' + b"[" * 64 + b"]" * 64 + b"}"
        for route in BODIES:
            code = (400, 10021) if "settings" in route else (400, 10012)
            for body in (b"{", b'{"a":1', b'{"a":"\xff"}', b"\x00",
                         b'{"a":1}x', b'{"a":1e999}', deep,
                         b'{"a":1,"a":2}', b'{"a":"\\u0000"}',
                         b'{"a":[{"b":1,"b":2}]}', b'\xef\xbb\xbf{}',
                         b'{"a":1}\x00'):
                asker.expect(route, body, code)

    def test_652_11_empty(self, asker):
        for route in BODIES:
            if "rollback" not in route:
                code = 10021 if "settings" in route or "tags" in route \
                    else 10012
                asker.expect(route, b"", (400, code))

    def test_652_12_too_large(self, asker):
        for route in BODIES:
            large = 17 << 20 if "settings" in route else 1 << 20
            asker.expect(route, b"{" + b" " * large + b"}", (413, 10413))

    def test_652_13_metadata(self, asker):
        deep = "[" * 64 + "]" * 64
        for text, named in (("", ""), ("{", ""), ("[]", "metadata"),
                            ("null", "metadata"), ("\x00", "NUL"),
                            ('{"main_module":"w.lua","main_module":"w.lua"}',
                             "duplicate"),
                            ('{"a":%s}' % deep, "nested deeper than 64"),
                            ('"text"', "metadata"), ('{"a":1e999}', "")):
            for route in UPLOADS:
                body = form(part("metadata", text),
                            part("w.lua", "return {}", "w.lua"))
                asker.expect(route, body, (400, 10021), named, FORM)
        for route in UPLOADS:
            body = form(part("metadata", b'{"a":"\xff"}'),
                        part("w.lua", "return {}", "w.lua"))
            asker.expect(route, body, (400, 10021), "byte 0xff", FORM)

    def test_652_14_upload_too_large(self, asker):
        body = form(part("metadata", '{"main_module":"w.lua"}'),
                    part("w.lua", b"-" * (16 << 20), "w.lua"))
        for route in (*UPLOADS, "PUT {S}/kept/content"):
            asker.expect(route, body, (413, 10413), "", FORM)
        body = upload_body("x" * (1 << 20))
        for route in (*UPLOADS, "PUT {S}/kept/content"):
            asker.expect(route, body, (413, 10027), "1 MB", FORM)


class TestCounts:
    def test_652_15_many_of_a_kind(self, asker):
        """What looks for doubles does not look at what is too many anyway."""
        tags = [f"t{i}" for i in range(400000)]
        bindings = [{"type": "plain_text", "name": f"B{i}", "text": ""}
                    for i in range(100000)]
        inherited = [{"type": "inherit", "name": f"B{i}"} for i in range(1001)]
        for route in UPLOADS:
            for members, named in (({"tags": tags}, "more than 8 tags"),
                                   ({"bindings": bindings}, "more than 1000"),
                                   ({"bindings": inherited}, "more than 1000")):
                asker.expect(route, upload_body("x", **members), (400, 10021),
                             named, FORM)


class TestForms:
    """Forms that end too early, or are none."""

    def test_652_20_cut_anywhere(self, asker):
        whole = upload_body("x")
        routes = (*UPLOADS[:2], "PUT {S}/kept/content")
        cuts = {0, 1, 2, len(whole) - 3}
        at = whole.find(B.encode())
        while at >= 0:
            cuts |= {at - 4, at - 2, at - 1, at, at + len(B), at + len(B) + 1,
                     at + len(B) + 2}
            at = whole.find(B.encode(), at + 1)
        cuts |= set(range(0, len(whole) - 4, 11))
        for cut in sorted(c for c in cuts if 0 <= c <= len(whole) - 3):
            for route in routes:
                asker.expect(route, whole[:cut], (400, 10021), "", FORM)

    def test_652_21_settings_cut_anywhere(self, asker):
        whole = form(part("settings", json.dumps({"tags": ["cut"]})))
        for cut in range(0, len(whole) - 3, 5):
            for route in SETTINGS:
                asker.expect(route, whole[:cut], (400, 10021), "", FORM)

    @pytest.mark.parametrize("kind", [
        "multipart/form-data", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=other", "multipart/mixed; boundary=x",
        "multipart/form-data; boundary=" + "x" * 71])
    def test_652_22_boundaries(self, asker, kind):
        for route in UPLOADS:
            asker.expect(route, b"no form at all {", (400, 10021), "", kind)

    def test_652_23_bad_forms(self, asker):
        code = part("w.lua", "return {}", "w.lua")
        meta = part("metadata", '{"main_module":"w.lua"}')
        for body in (form(), form(code), form(meta), form(meta, meta, code),
                     form(meta, part("", "return {}", "")),
                     form(meta, code, code),
                     form(meta, part("../w.lua", "return {}", "../w.lua"), code),
                     form(meta, part("a\x01b", "x", "a\x01b"), code),
                     form(meta, part("metadata[tags][]", "a"), code),
                     form(part("metadata[a", "x"), code),
                     form(part("metadata[main_module]", "w.lua\x00"), code),
                     form(meta, *[part(f"f{i}", "x", f"f{i}")
                                  for i in range(2000)], code)):
            for route in (*UPLOADS[:2], "PUT {S}/kept/content"):
                asker.expect(route, body, (400, 10021), "", FORM)
