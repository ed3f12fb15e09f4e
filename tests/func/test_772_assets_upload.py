# SPDX-License-Identifier: Apache-2.0
"""Upload sessions of assets, and who must not get what through them."""

import base64
import json
import pathlib
import sqlite3

import pytest

from wfptest.api import LOCATION, Api
from wfptest.assets import WORKER, Site, hash_of
from wfptest.uploads import FORM, LUA, form, part

pytestmark = pytest.mark.one_mpm

FILES = {"/a.txt": "the text", "/b.css": "b { }", "/c/d.html": "<p>"}
H = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def api(httpd, client):
    httpd.configure([*LOCATION])
    return Api(httpd, client)


@pytest.fixture
def ns(tenant):
    return tenant.namespace()


@pytest.fixture
def site(api, ns):
    return Site(api, ns)


def payload(jwt):
    text = jwt.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def files_of(httpd):
    """Names below WfpDataDir/assets, {owner: {names}}."""
    root = pathlib.Path(httpd.root) / "data" / "assets"
    return {d.name: {f.name for f in d.iterdir()} for d in root.iterdir()}


class TestSessions:
    def test_772_01_the_whole_way(self, site):
        begun = site.begun(FILES)
        assert sorted(sum(begun["buckets"], [])) == sorted(
            e["hash"] for e in site.manifest(FILES).values())
        assert payload(begun["jwt"])["exp"] > 0
        half = dict(list(FILES.items())[:1])
        first = site.send(begun["jwt"], site.parts(half))
        assert (first.status, first.json["result"]) == (202, {})
        rest = site.send(begun["jwt"],
                         site.parts(dict(list(FILES.items())[1:])))
        assert rest.status == 201
        done = rest.json["result"]["jwt"]
        answer = site.put(done)
        assert answer.json["result"]["has_assets"] is True
        assert site.told("/a.txt") == (200, "the text")
        assert site.told("/c/d") == (200, "<p>")

    def test_772_02_what_is_there_is_not_asked_for(self, site):
        jwt = site.uploaded(FILES)
        again = site.begun(FILES)
        assert again["buckets"] == []
        assert site.put(again["jwt"]).status == 200
        more = site.begun({**FILES, "/e.txt": "new"})
        assert more["buckets"] == [[hash_of(b"new", "/e.txt")]]
        assert site.put(jwt).status == 200  # a token is good for more versions

    def test_772_03_an_empty_manifest(self, site):
        begun = site.begun({})
        assert begun["buckets"] == []
        assert site.put(begun["jwt"]).status == 200
        assert site.told("/a.txt") == (200, WORKER)

    def test_772_04_files_alike_are_sent_once(self, site):
        same = {"hash": H, "size": 3}
        begun = site.session({"/a": same, "/b": same}).json["result"]
        assert begun["buckets"] == [[H]]
        done = site.send(begun["jwt"], {H: (base64.b64encode(b"abc"),
                                            "text/plain")})
        assert site.put(done.json["result"]["jwt"]).status == 200
        assert site.told("/a") == site.told("/b") == (200, "abc")

    def test_772_05_buckets(self, site):
        manifest = {f"/{i}": {"hash": f"{i:032x}", "size": 1}
                    for i in range(1001)}
        manifest["/large"] = {"hash": H, "size": 25 << 20}
        buckets = site.session(manifest).json["result"]["buckets"]
        assert [len(bucket) for bucket in buckets] == [500, 500, 1, 1]

    def test_772_06_account_workers(self, api):
        site = Site(api, None)
        assert site.put(site.uploaded(FILES)).status == 200
        listed = api.ok("GET", f"{api.account}/workers/scripts")
        assert [w["has_assets"] for w in listed if w["id"] == site.name] == \
            [True]
        api.ok("DELETE", f"{site.scripts.path}/{site.name}")

    def test_772_07_another_worker_may_attach(self, api, ns):
        one, other = Site(api, ns), Site(api, ns)
        assert other.put(one.uploaded(FILES)).status == 200
        assert other.told("/a.txt") == (200, "the text")
        # it is not the owner of what it shows: it uploads its own
        assert len(sum(other.begun(FILES)["buckets"], [])) == 3
        api.ok("DELETE", f"{one.scripts.path}/{one.name}") \
            if one.put(assets=False).status == 200 else None
        assert other.told("/a.txt") == (200, "the text")

    @pytest.mark.parametrize("manifest", [
        None, [], "x", {"a": {"hash": H, "size": 1}}, {"/a": 1},
        {"/a": {"hash": H}}, {"/a": {"size": 1}},
        {"/a": {"hash": H, "size": -1}}, {"/a": {"hash": H, "size": 1.5}},
        {"/a": {"hash": H, "size": "1"}}, {"/a": {"hash": H + "0", "size": 1}},
        {"/a": {"hash": "../" + H[3:], "size": 1}},
        {"/a": {"hash": "g" + H[1:], "size": 1}},
        {"/a": {"hash": H, "size": (25 << 20) + 1}},
        {"/a\u0001": {"hash": H, "size": 1}},
        {"/" + "a" * 1024: {"hash": H, "size": 1}},
        {"/a": {"hash": H, "size": 1}, "/b": {"hash": H, "size": 2}},
    ], ids=repr)
    def test_772_08_bad_manifests(self, site, manifest):
        answer = site.session(manifest)
        assert (answer.status, answer.json["errors"][0]["code"]) == (400, 10021)

    def test_772_09_too_many_files(self, site):
        entry = {"hash": H, "size": 1}
        assert site.session({f"/{i}": entry for i in range(20000)}
                            ).status == 200
        assert site.session({f"/{i}": entry for i in range(20001)}
                            ).status == 400

    def test_772_10_no_such_namespace(self, api):
        answer = Site(api, "nowhere").session({})
        assert (answer.status, answer.json["errors"][0]["code"]) == (404,
                                                                     100119)


class TestUploads:
    @pytest.fixture
    def begun(self, site):
        return site.session({"/a": {"hash": H, "size": 3}}).json["result"]

    @pytest.mark.parametrize("data", [
        b"", b"YWI=", b"YWJjZA==", b"YWJj!", b"abc", b"YW Jj", b"Y"])
    def test_772_20_what_is_not_the_file(self, site, begun, data):
        answer = site.send(begun["jwt"], {H: (data, "text/plain")})
        assert answer.status == 400
        assert site.put(begun["jwt"]).status == 400

    def test_772_21_what_was_not_asked_for(self, site, begun):
        other = hash_of(b"x")
        for name in (other, "", "../a", H.upper() + "x"):
            answer = site.send(begun["jwt"], {name: (b"YWJj", "text/plain")})
            assert answer.status == 400, name

    def test_772_22_without_base64(self, site, begun):
        for query in ("", "?base64=false"):
            answer = site.send(begun["jwt"], {H: (b"YWJj", "text/plain")},
                               query)
            assert answer.status == 400

    def test_772_23_types(self, site):
        manifest = {f"/{i}": {"hash": f"{i:032x}", "size": 1}
                    for i in range(3)}
        begun = site.session(manifest).json["result"]
        done = site.send(begun["jwt"], {
            f"{0:032x}": (b"YQ==", "text/x; charset=utf-8"),
            f"{1:032x}": (b"YQ==", "application/null"),
            f"{2:032x}": (b"YQ==", None)})
        assert site.put(done.json["result"]["jwt"]).status == 200
        assert [site.get(f"/{i}").get("Content-Type") for i in range(3)] == [
            "text/x; charset=utf-8", None, None]
        answer = site.send(begun["jwt"], {f"{0:032x}": (b"YQ==", "a" * 201)})
        assert answer.status == 400

    def test_772_24_a_body_that_is_no_form(self, site, begun):
        path = f"{site.api.account}/workers/assets/upload?base64=true"
        api = Api(site.api.httpd, site.api.client, None)
        for body, kind in ((b"x", "text/plain"), (b"x", FORM),
                           (form()[:-9], FORM)):
            answer = api.call("POST", path, body, headers=[
                ("Content-Type", kind),
                ("Authorization", f"Bearer {begun['jwt']}")])
            assert answer.status == 400

    def test_772_25_a_large_file(self, site):
        data = b"\x00\xff" * (4 << 20)
        site.deploy({"/large": data})
        assert site.get("/large").body == data


class TestTokens:
    """Who has not got the token of a session gets nowhere with it."""

    def test_772_30_forged(self, site, api, httpd):
        begun = site.begun(FILES)
        other = Site(api, site.ns).begun(FILES)
        head, body, sign = begun["jwt"].split(".")
        later = base64.urlsafe_b64encode(json.dumps({
            **payload(begun["jwt"]), "exp": 2 ** 40}).encode()
        ).decode().rstrip("=")
        none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
        forged = [
            f"{head}.{later}.{sign}", f"{none}.{body}.", f"{head}.{body}.",
            f"{head}.{other['jwt'].split('.')[1]}.{sign}", f"{head}.{body}",
            f"{head}.{body}.{sign[:-2]}", f"{head}.{body}.{sign}.", "a.b.c",
            "..", f"{head}.e30.{sign}", f"{head}.W10.{sign}",
            api.token, "x" * 5000 + "..", f"{head}.{body}.{sign}A"]
        for jwt in forged:
            answer = site.send(jwt, site.parts(FILES))
            assert (answer.status, answer.json["errors"][0]["code"]) == (
                401, 10000), jwt
            answer = site.put(jwt)
            assert answer.status == 400, jwt
        assert site.send(None, site.parts(FILES)).status == 400

    def test_772_31_over(self, site, httpd):
        begun = site.begun(FILES)
        sql(httpd, "UPDATE asset_sessions SET expires = 1")
        assert site.send(begun["jwt"], site.parts(FILES)).status == 401
        assert site.put(begun["jwt"]).status == 400

    def test_772_32_is_no_token_of_the_api(self, site, httpd, client):
        jwt = site.uploaded(FILES)
        for path in ("/accounts", f"{site.scripts.path}"):
            assert Api(httpd, client, jwt).refused("GET", path) == (401, 10000)

    def test_772_33_not_before_all_is_there(self, site):
        begun = site.begun(FILES)
        answer = site.put(begun["jwt"])
        assert (answer.status, answer.json["errors"][0]["code"]) == (400, 10021)
        assert "not all files" in answer.json["errors"][0]["message"]
        site.send(begun["jwt"], site.parts({"/a.txt": "the text"}))
        assert site.put(begun["jwt"]).status == 400

    def test_772_34_of_another_namespace(self, api, ns, tenant):
        jwt = Site(api, ns).uploaded(FILES)
        mine = tenant.namespace()
        limited, _ = api.with_token("--role", "deploy", "--namespace", mine,
                                    "--name", f"for {mine}")
        answer = Site(limited, mine).put(jwt)
        assert (answer.status, answer.json["errors"][0]["code"]) == (403, 10000)
        assert Site(limited, ns).session({}).status == 403


def sql(httpd, text):
    with sqlite3.connect(f"{httpd.root}/data/wfp.db", timeout=30) as db:
        db.execute(text)


class TestIsolation:
    """A hash is a name within one Worker's files."""

    def test_772_40_claiming_anothers_hash(self, api, ns):
        victim = Site(api, ns).deploy({"/secret.txt": "geheim"})
        thief = Site(api, ns)
        claimed = {"/x": {"hash": hash_of(b"geheim", "/secret.txt"),
                          "size": 6}}
        begun = thief.session(claimed).json["result"]
        assert begun["buckets"] == [[hash_of(b"geheim", "/secret.txt")]]
        assert thief.put(begun["jwt"]).status == 400
        # nor does its own content under that name go anywhere else
        name = hash_of(b"geheim", "/secret.txt")
        done = thief.send(begun["jwt"], {name: (base64.b64encode(b"poison"),
                                                "text/plain")})
        assert thief.put(done.json["result"]["jwt"]).status == 200
        assert thief.told("/x") == (200, "poison")
        assert victim.told("/secret.txt") == (200, "geheim")
        again = victim.begun({"/secret.txt": "geheim"})
        assert again["buckets"] == []
        assert victim.put(again["jwt"]).status == 200
        assert victim.told("/secret.txt") == (200, "geheim")

    def test_772_41_the_next_of_its_name(self, api, ns):
        one = Site(api, ns).deploy({"/secret.txt": "geheim"})
        api.ok("DELETE", f"{one.scripts.path}/{one.name}")
        begun = one.session({"/x": {
            "hash": hash_of(b"geheim", "/secret.txt"), "size": 6}})
        assert len(begun.json["result"]["buckets"]) == 1
        assert one.put(begun.json["result"]["jwt"]).status == 400

    def test_772_42_a_token_goes_with_its_worker(self, api, ns):
        one = Site(api, ns).deploy({"/secret.txt": "geheim"})
        jwt = one.begun({"/secret.txt": "geheim"})["jwt"]
        api.ok("DELETE", f"{one.scripts.path}/{one.name}")
        assert one.put(jwt).status == 400

    def test_772_43_the_same_name_in_two_namespaces(self, api, ns, tenant):
        one = Site(api, ns).deploy({"/f": "one"})
        other = Site(api, tenant.namespace(), one.name)
        assert len(other.begun({"/f": "one"})["buckets"]) == 1
        other.deploy({"/f": "two"})
        assert (one.told("/f"), other.told("/f")) == ((200, "one"),
                                                      (200, "two"))

    def test_772_44_content_under_anothers_name(self, api, ns):
        """The server's own digest says where bytes are: an index cannot be
        replaced by a file that claims its name."""
        one = Site(api, ns).deploy({"/f": "good"})
        begun = one.session({"/f": {"hash": H, "size": 4}}).json["result"]
        done = one.send(begun["jwt"], {H: (base64.b64encode(b"evil"),
                                           "text/plain")})
        assert done.status == 201 and one.told("/f") == (200, "good")


class TestVersions:
    def test_772_50_keep_assets(self, site):
        site.deploy(FILES)
        assert site.put(assets=False, meta={"keep_assets": True}).status == 200
        assert site.told("/a.txt") == (200, "the text")
        kept = site.put(meta={"keep_assets": True}, html_handling="none")
        assert kept.status == 200
        assert site.told("/c/d") == (200, WORKER)
        assert site.told("/c/d.html") == (200, "<p>")

    def test_772_51_not_kept(self, site):
        site.deploy(FILES)
        answer = site.put(assets=False)
        assert answer.json["result"]["has_assets"] is False
        assert site.told("/a.txt") == (200, WORKER)

    def test_772_52_changes_that_keep_the_code(self, site):
        site.deploy(FILES)
        site.scripts.patch(site.name, {"tags": ["a"]})
        assert site.told("/a.txt") == (200, "the text")
        site.api.ok("PUT", f"{site.scripts.path}/{site.name}/secrets",
                    {"name": "S", "text": "x", "type": "secret_text"})
        assert site.told("/a.txt") == (200, "the text")
        answer = site.api.call(
            "PUT", f"{site.scripts.path}/{site.name}/content",
            form(part("metadata", '{"main_module":"worker.lua"}'),
                 part("worker.lua", LUA % "new", "worker.lua", "text/plain")),
            headers=[("Content-Type", FORM)])
        assert answer.status == 200
        assert site.told("/a.txt") == (200, "the text")
        assert site.told("/none") == (200, "new")

    def test_772_53_rollback(self, site):
        site.deploy({"/a.txt": "one"})
        site.deploy({"/a.txt": "two", "/b.txt": "b"})
        assert site.told("/a.txt") == (200, "two")
        site.api.ok("POST", f"{site.scripts.path}/{site.name}/rollback", {})
        assert site.told("/a.txt") == (200, "one")
        assert site.told("/b.txt") == (200, WORKER)

    def test_772_54_gradual(self, site):
        site.deploy({"/a.txt": "one"})
        site.deploy({"/a.txt": "two"})
        path = f"{site.scripts.path}/{site.name}"
        new, old = [v["id"] for v in site.api.ok(
            "GET", f"{path}/versions")["items"]][:2]
        site.api.ok("POST", f"{path}/deployments", {
            "strategy": "percentage", "versions": [
                {"version_id": new, "percentage": 50},
                {"version_id": old, "percentage": 50}]})
        for version, text in ((new, "two"), (old, "one")):
            got = site.get("/a.txt", headers=[
                ("Cloudflare-Workers-Version-Overrides",
                 f'{site.name}="{version}"')])
            assert got.text == text

    def test_772_55_refused_uploads_change_nothing(self, site):
        site.deploy(FILES)
        jwt = site.uploaded({"/a.txt": "other"})
        for meta in ({"assets": 1}, {"assets": {"jwt": 1}},
                     {"assets": {"jwt": jwt, "x": 1}}, {"assets": {"jwt": "x"}},
                     {"assets": {"config": {}}}, {"keep_assets": "yes"}):
            assert site.put(assets=False, meta=meta).status == 400, meta
        for config in ({"html_handling": "x"}, {"not_found_handling": 1},
                       {"run_worker_first": "x"}, {"run_worker_first": []},
                       {"run_worker_first": ["a"]},
                       {"run_worker_first": ["!/a"]},
                       {"run_worker_first": ["/" + "a" * 100]},
                       {"run_worker_first": ["/a"] * 101},
                       {"_headers": 1}, {"_redirects": "x" * 262145},
                       {"unknown": 1}):
            answer = site.put(jwt, **config)
            assert (answer.status, answer.json["errors"][0]["code"]) == (
                400, 10021), config
        assert site.put(jwt, code="this is no Lua").status == 400
        assert site.told("/a.txt") == (200, "the text")

    def test_772_56_nothing_but_assets(self, site):
        site.deploy(FILES, code="", not_found_handling="single-page-application")
        assert site.told("/a.txt") == (200, "the text")
        assert site.told("/none") == (404, "")
        assert site.request("POST", "/none").status == 404

    def test_772_57_notes(self, site):
        jwt = site.uploaded(FILES)
        answer = site.put(jwt, _redirects="/a", _headers="x: y")
        told = [m["message"] for m in answer.json["messages"]]
        assert any("_redirects line 1" in m for m in told)
        assert any("_headers line 1" in m for m in told)

    def test_772_58_a_binding_without_assets(self, site):
        code = ('return { fetch = function(request, env) '
                'return env.ASSETS:fetch(request) end }')
        assert site.put(code=code, assets=False).status == 200
        assert site.told("/x") == (404, "")
