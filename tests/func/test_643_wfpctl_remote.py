# SPDX-License-Identifier: Apache-2.0
"""wfpctl --url: the same commands by the REST API of a server elsewhere."""

import json
import os
import pathlib
import re
import socket
import subprocess

import pytest

from test_640_wfpctl import given
from wfptest.api import first_token
from wfptest.httpd import first_existing

pytestmark = pytest.mark.one_mpm

ROOT = pathlib.Path(__file__).resolve().parents[2]
HELLO = "return { fetch = function() return Response.new('hi') end }\n"
TELLS = ("return { fetch = function(req, env) return Response.new("
         "tostring(env.S) .. ' ' .. tostring(env.V)) end }\n")


class Remote:
    """wfpctl with nothing of the server's but its address and a token."""

    def __init__(self, httpd, folder):
        self.httpd, self.folder = httpd, folder
        self.url = f"http://127.0.0.1:{httpd.port}/client/v4"
        self.token = first_token(httpd)
        self.command = str(first_existing(httpd.build / "wfpctl"))

    def run(self, *args, stdin="", address=True, **env):
        if address:
            args = ("--url", self.url, "--token", self.token, *args)
        clean = {k: v for k, v in self.httpd.server_env().items()
                 if not k.startswith("WFP_")}
        return subprocess.run([self.command, *args], text=True,
                              capture_output=True, check=False, timeout=120,
                              env={**clean, **env}, cwd=self.folder,
                              **given(stdin))

    def ok(self, *args, **options):
        done = self.run(*args, **options)
        assert done.returncode == 0 and not done.stderr, \
            f"{args}: {done.stderr}{done.stdout}"
        return done.stdout

    def json(self, *args, **options):
        return json.loads(self.ok("--json", *args, **options))

    def refused(self, *args, code=1, **options):
        done = self.run(*args, **options)
        assert done.returncode == code and not done.stdout, \
            f"{args}: {done.returncode} {done.stderr}{done.stdout}"
        return done.stderr

    def file(self, text, name="worker.lua"):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)


@pytest.fixture
def remote(api, tmp_path):
    return Remote(api.httpd, tmp_path)


@pytest.fixture
def ns(remote):
    name = "remote643"
    remote.ok("namespace", "create", name)
    yield name
    remote.ok("namespace", "delete", name)


class TestWorkers:
    def test_643_01_deploy_and_look(self, remote, ns, client):
        folder = remote.folder / "shop"
        remote.file(TELLS, "shop/worker.lua")
        remote.file("return {}\n", "shop/lib/util.lua")
        remote.file("a\0b", "shop/data.bin")
        remote.file("export default {}", "shop/app.js")
        remote.file("secret", "shop/.hidden")
        made = remote.json(
            "deploy", f"{ns}/shop", str(folder), "--var", "V=v 1",
            "--binding", "secret_text:S=s1", "--binding", 'json:J={"a":[1]}',
            "--tag", "pro", "--tag", "b c", "--limit", "cpu_ms=20",
            "--egress", "none", "--message", "first one")
        assert made["namespace"] == ns and made["name"] == "shop"
        assert client.get(f"/_ns/{ns}/shop/").text == "s1 v 1"
        got = remote.json("get", f"{ns}/shop")
        there = json.loads(remote.httpd.wfpctl("--json", "get",
                                               f"{ns}/shop").stdout)
        assert there.pop("stamp") > 0

        def sort(doc):
            for key in ("modules", "bindings"):
                doc[key].sort(key=lambda row: row["name"])
            return doc

        assert sort(got) == sort(there)
        assert {m["name"] for m in got["modules"]} == {
            "worker.lua", "lib/util.lua", "data.bin", "app.js"}
        assert "s1" not in json.dumps(got)
        said = remote.ok("get", f"{ns}/shop").splitlines()
        assert sorted(said) == sorted(remote.httpd.wfpctl(
            "get", f"{ns}/shop").stdout.splitlines())

    def test_643_02_secrets_stay_bindings_do_not(self, remote, ns, client):
        path = remote.file(TELLS)
        remote.ok("deploy", f"{ns}/w", path, "--var", "V=1")
        said = remote.ok("secret", "put", f"{ns}/w", "S", stdin="hush\n")
        assert said == f"Set secret S of {ns}/w\n"
        assert client.get(f"/_ns/{ns}/w/").text == "hush 1"
        remote.ok("deploy", f"{ns}/w", path)
        assert client.get(f"/_ns/{ns}/w/").text == "hush nil"
        assert remote.json("secret", "delete", f"{ns}/w", "S") == {
            "name": "S", "type": "secret_text"}
        assert "10056" in remote.refused("secret", "delete", f"{ns}/w", "S")
        assert client.get(f"/_ns/{ns}/w/").text == "nil nil"

    def test_643_03_versions_and_rollback(self, remote, ns, client):
        for number in range(25):
            remote.ok("deploy", f"{ns}/w", remote.file(
                HELLO.replace("hi", f"hi {number}")), "--message",
                f"number {number}")
        rows = remote.json("versions", f"{ns}/w")
        local = json.loads(remote.httpd.wfpctl("--json", "versions",
                                               f"{ns}/w").stdout)
        assert rows == local and len(rows) == 21  # more than a page
        assert remote.ok("versions", f"{ns}/w") == remote.httpd.wfpctl(
            "versions", f"{ns}/w").stdout
        remote.ok("rollback", f"{ns}/w")
        assert client.get(f"/_ns/{ns}/w/").text == "hi 23"
        assert remote.json("rollback", f"{ns}/w", rows[5]["id"]) == {
            "namespace": ns, "name": "w"}
        assert client.get(f"/_ns/{ns}/w/").text == "hi 19"
        assert [v["number"] for v in remote.json("versions", f"{ns}/w")
                if v["deployed"]] == [20]
        assert "404" in remote.refused("rollback", f"{ns}/w", "nonsense")

    def test_643_04_list_and_delete(self, remote, ns, api):
        path = remote.file(HELLO)
        for name in ("a", "b"):
            remote.ok("deploy", f"{ns}/{name}", path)
        remote.ok("deploy", "front643", path, "--binding",
                  f"dispatch_namespace:D={ns}")
        assert remote.ok("list", ns) == "a\nb\n"
        assert "front643" in remote.ok("list").split()
        assert [row["name"] for row in remote.json("list", ns)] == ["a", "b"]
        assert remote.json("get", "front643")["bindings"] == [
            {"type": "dispatch_namespace", "name": "D", "namespace": ns}]
        assert remote.ok("delete", f"{ns}/a") == f"Deleted {ns}/a\n"
        remote.ok("delete", "front643")
        assert remote.ok("list", ns) == "b\n"
        assert "10007" in remote.refused("delete", f"{ns}/a")

    def test_643_05_refused_code_says_where(self, remote, ns):
        said = remote.refused("deploy", f"{ns}/w", remote.file("x ="))
        assert "worker.lua:1" in said and "10021" in said
        assert "100119" in remote.refused("deploy", "nowhere643/w",
                                          remote.file(HELLO))
        assert "is not there" in remote.refused("deploy", f"{ns}/w",
                                                "missing.lua")

    def test_643_16_assets_of_somebody_else(self, remote, ns):
        """Nothing is served that is not the folder's, or that it leaves out."""
        worker = remote.file(HELLO, "code/worker.lua")
        remote.file("of the operator", "secret/key.txt")
        remote.file("home", "site/index.html")
        site = remote.folder / "site"
        (site / "key.txt").symlink_to("../secret/key.txt")

        def refused():
            return remote.refused("deploy", f"{ns}/site", worker, "--assets",
                                  str(site))
        assert "key.txt: is a link out of the folder" in refused()
        (site / "key.txt").unlink()
        (site / "keys").symlink_to(remote.folder / "secret")
        assert "keys: is a link out of the folder" in refused()
        (site / "keys").unlink()
        os.mkfifo(site / "pipe")
        assert "pipe: is neither file nor folder" in refused()
        (site / "pipe").unlink()
        remote.file("index.html\n", "site/.assetsignore")
        assert ".assetsignore: what it leaves out would be served" in refused()
        (site / ".assetsignore").unlink()
        (site / "again.html").symlink_to("index.html")
        remote.ok("deploy", f"{ns}/site", worker, "--assets", str(site))


class TestObjects:
    def test_643_06_namespaces(self, remote, ns):
        remote.ok("namespace", "set", ns, "--limit", "cpu_ms=20", "--limit",
                  "subrequests=5", "--egress", "none", "--egress-allow",
                  "10.0.0.0/8", "--egress-allow", ":81", "--egress-deny",
                  "*.example.com", "--trusted")
        got = remote.json("namespace", "set", ns, "--limit", "cpu_ms=",
                          "--egress-allow", "off", "--no-trusted")
        assert got["limits"] == {"subrequests": 5}
        assert got["egress"] == "none" and got["egress_allow"] == []
        assert got["egress_deny"] == ["*.example.com"]
        assert got["trusted_workers"] is False
        assert ns in remote.ok("namespace", "list").split()
        assert "100120" in remote.refused("namespace", "create", ns)
        assert "100119" in remote.refused("namespace", "set", "nope643",
                                          "--trusted")
        remote.refused("namespace", "set", ns, "--egress", "all", code=2)

    def test_643_07_tokens(self, remote, ns):
        made = remote.json("token", "create", "--role", "read",
                           "--namespace", ns, "--name", "ci",
                           "--expires-in", "3")
        assert made["role"] == "read" and made["namespaces"] == [ns]
        assert f"{made['id']} read   {ns} ci" in remote.ok(
            "token", "list").splitlines()
        limited = ("--url", remote.url, "--token", made["token"])
        assert remote.ok(*limited, "list", ns, address=False) == ""
        assert "403" in remote.refused(*limited, "delete", f"{ns}/w",
                                       address=False)
        assert remote.ok("token", "revoke", made["id"])
        assert "401" in remote.refused(*limited, "list", ns, address=False)
        remote.refused("token", "create", code=2)

    def test_643_15_s3_keys(self, remote, ns):
        made = remote.json("token", "create", "--role", "read", "--s3",
                           "--bucket", "photos", "--name", "pics")
        assert made["access_key_id"] == made["id"] and made["s3"]
        assert len(made["secret_access_key"]) == 40
        here = remote.httpd.wfpctl("token", "create", "--role", "read",
                                   "--s3").stdout
        assert "\ns3 secret " in here
        listed = remote.ok("token", "list").splitlines()
        assert f"{made['id']} read   * s3:photos pics" in listed
        for words in (("--bucket", "photos"), ("--s3", "--namespace", ns)):
            remote.refused("token", "create", "--role", "read", *words, code=2)
        remote.ok("token", "revoke", made["id"])


    def test_643_14_hostnames(self, remote, ns, api):
        remote.ok("deploy", f"{ns}/w", remote.file(HELLO))
        remote.ok("deploy", "front643", remote.file(HELLO))
        made = remote.json("hostname", "put", "Shop.643.test", f"{ns}/w",
                           "--metadata", '{"plan": "pro"}')
        assert made == api.ok("GET", f"{api.account}/hostnames/shop.643.test")
        assert made["metadata"] == {"plan": "pro"}
        assert remote.ok("hostname", "put", "*.643.test", "front643") == \
            "Set hostname *.643.test to front643\n"
        remote.ok("hostname", "put", "[2001:db8::643]", f"{ns}/w")
        here = remote.httpd.wfpctl("hostname", "list").stdout
        assert remote.ok("hostname", "list") == here
        assert f"shop.643.test {ns}/w\n" in here
        assert remote.json("hostname", "list") == json.loads(
            remote.httpd.wfpctl("--json", "hostname", "list").stdout)
        for host in ("shop.643.test", "*.643.test", "[2001:db8::643]"):
            assert remote.ok("hostname", "delete", host) == \
                f"Deleted hostname {host}\n"
            assert "10404" in remote.refused("hostname", "delete", host)
        remote.ok("delete", "front643")
        for words, says in (
                (("a..b", f"{ns}/w"), "10012"), (("", f"{ns}/w"), "40"),
                (("a.test", f"{ns}/none"), "10007"),
                (("a.test", "nope643/w"), "100119"),
                (("a.test", f"{ns}/w", "--metadata", "{"), "metadata"),
                (("a.test", f"{ns}/w", "--metadata", "[]"), "10012")):
            assert says in remote.refused("hostname", "put", *words)
        assert "643.test" not in remote.ok("hostname", "list")

    def test_643_15_more_hostnames_than_a_page(self, remote, ns, api):
        remote.ok("deploy", f"{ns}/w", remote.file(HELLO))
        hosts = [f"h{n:04}.643.test" for n in range(1005)]
        for host in hosts:
            api.ok("PUT", f"{api.account}/hostnames/{host}",
                   {"namespace": ns, "script": "w"})
        assert [row["hostname"] for row in remote.json("hostname", "list")
                if row["hostname"].endswith(".643.test")] == hosts
        assert [row["hostname"] for row in json.loads(remote.httpd.wfpctl(
            "--json", "hostname", "list").stdout)
            if row["hostname"].endswith(".643.test")] == hosts


class TestAddress:
    def test_643_08_environment_and_file(self, remote, ns):
        env = {"WFP_API": remote.url + "/", "WFP_TOKEN": remote.token}
        assert ns in remote.ok("namespace", "list", address=False, **env)
        token = pathlib.Path(remote.file(remote.token + "\n", "token"))
        token.chmod(0o600)
        words = ("--token-file", str(token), "namespace", "list")
        assert ns in remote.ok(*words, address=False, WFP_API=remote.url)
        token.chmod(0o644)
        assert "mode 0600" in remote.refused(*words, address=False,
                                             WFP_API=remote.url)
        # the store, where a configuration is named
        assert ns in remote.ok("--config", str(remote.httpd.conf), "namespace",
                               "list", address=False, **env,
                               WFP_SCHEMA_DIR="/")

    @pytest.mark.parametrize("words", [
        ("init",), ("doctor",), ("key", "rotate"), ("key", "prune")],
        ids=" ".join)
    def test_643_09_commands_of_the_server_itself(self, remote, words):
        assert "on the server itself" in remote.refused(*words)

    def test_643_10_wrong_calls(self, remote):
        for words, env in (
                (("--url", remote.url, "list"), {}),
                (("--token", "x", "list"), {}),
                (("--url", "ftp://127.0.0.1/", "--token", "x", "list"), {}),
                (("--url", remote.url, "--config", "x", "list"), {}),
                (("list",), {"WFP_API": remote.url})):
            remote.refused(*words, address=False, code=2, **env)
        assert "no token" in remote.refused(
            "--url", remote.url, "--token", "a\r\nX: b", "list",
            address=False)

    def test_643_11_what_does_not_answer(self, remote):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{closed.getsockname()[1]}"
            said = remote.refused("--json", "--url", url, "--token", "x",
                                  "list", address=False)
            assert json.loads(said)["error"]["code"] == "network_error"
        said = remote.refused("--url", remote.url.replace("/client/v4", ""),
                              "--token", "x", "list", address=False)
        assert "client/v4" in said
        assert "401" in remote.refused("--url", remote.url, "--token", "wrong",
                                       "list", address=False)

    def test_643_12_names_are_parts_of_a_path(self, remote, ns):
        remote.ok("deploy", f"{ns}/w", remote.file(HELLO))
        for name in ("../w", "w/../../..", "w?x=1", "w#", "w%2f..", " w"):
            assert remote.refused("delete", f"{ns}/{name}")
        assert remote.ok("list", ns) == "w\n"


def test_643_13_examples_of_the_page(remote):
    """What docs/operations/wfpctl.md shows, as it is shown."""
    page = (ROOT / "docs/operations/wfpctl.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.M | re.S)
    assert blocks
    remote.file(HELLO, "shop/worker.lua")
    env = {**os.environ, "PATH": f"{pathlib.Path(remote.command).parent}:"
           + os.environ["PATH"], "WFP_API": remote.url,
           "WFP_TOKEN": remote.token, "TOKEN": "hush"}
    env.pop("WFP_CONFIG", None)
    for block in blocks:
        done = subprocess.run(["bash", "-euc", block], cwd=remote.folder,
                              env=env, text=True, capture_output=True,
                              check=False, timeout=120)
        assert done.returncode == 0, f"{block}: {done.stderr}{done.stdout}"
