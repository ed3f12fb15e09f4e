# SPDX-License-Identifier: Apache-2.0
"""Graceful restarts with another configuration than before."""

import json
import re
import shutil

import pytest

from wfptest.api import LOCATION, Api
from wfptest.lua import says, worker
from wfptest.wait import until

# what of a configuration is the module's
OURS = re.compile(r"^ *(Wfp|LoadModule wfp_module)")


def become(httpd, text):
    """Restart gracefully with this whole configuration."""
    httpd.conf.write_text(text)
    httpd.running = text
    httpd.graceful()


def becomes(one, *wanted):
    """Wait for (status, text or error): children of before may still take
    connections when those of after have begun."""
    def seen():
        answer = one.get()
        return (answer.status, answer.error or answer.text) == wanted

    until(seen, f"an answer {wanted}")


def without_module(text):
    """That configuration as if the module were not installed."""
    lines = [line for line in text.splitlines() if not OURS.match(line)]
    return re.sub(r" wfp:\w+$", "", "\n".join(lines), flags=re.M) + "\n"


def vhosts(httpd, names, *lines):
    return [line for name in names for line in
            (f"<VirtualHost 127.0.0.1:{httpd.port}>", f"ServerName {name}",
             f"ServerAlias *.{name}", "WfpNamespace demo", *lines,
             f'WfpLog "logs/{name}.json"', "</VirtualHost>")]


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure([])
    database = httpd.database
    yield
    httpd.database = database
    httpd.stop()


class TestKeys:
    """The key file is gone, or no key file, at a restart."""

    @pytest.mark.parametrize("how", ["gone", "no keys"])
    def test_905_40_those_of_before_go_on(self, tenant, httpd, client, how):
        httpd.configure(LOCATION)
        api = Api(httpd, client)
        made = tenant.deploy(worker("return Response.new(env.S or 'none')"))
        path = f"{api.namespaces}/{made.ns}/scripts/{made.name}/secrets"

        def put(text):
            api.ok("PUT", path, json.dumps(
                {"name": "S", "type": "secret_text", "text": text}).encode())
            becomes(made, 200, text)

        put("before")
        file, kept = (httpd.root / "data" / name for name in ("key", "kept"))
        shutil.copy2(file, kept)
        if how == "gone":
            file.unlink()
        else:
            file.write_text("nothing\n")
        httpd.log.expect("WFP0316", r"\[wfp:crit.*WFP0301",
                         "AH00020|AH00014|AH00016")
        httpd.graceful()
        httpd.graceful()  # with keys that were kept, not read
        assert sum("WFP0316" in line for line in httpd.log.lines()) == 2
        becomes(made, 200, "before")
        put("after")
        assert "WFP0301" in httpd.start_refused(LOCATION)
        shutil.copy2(kept, file)
        httpd.configure(LOCATION)
        becomes(made, 200, "after")


@pytest.mark.one_mpm
class TestDatabase:
    """Another store behind the same server."""

    def test_905_01_nothing_of_the_first_is_served(self, tenant, httpd,
                                                   client):
        both = tenant.deploy(says('"first"'), name="both")
        gone = tenant.deploy(says('"gone"'), name="gone")
        assert (both.get().text, gone.get().text) == ("first", "gone")
        httpd.database = f'sqlite3 "{httpd.root}/data/second.db"'
        text = httpd.config([])
        httpd.conf.write_text(text)
        httpd.wfpctl("init")
        httpd.wfpctl("namespace", "create", "demo")
        # its changes have numbers that the first's had not come to
        for _ in range(6):
            tenant.deploy(says('"second"'), name="both")
        become(httpd, text)
        becomes(both, 200, "second")
        becomes(gone, 404, "worker_not_found")

    def test_905_02_one_that_is_not_there(self, tenant, httpd, client):
        """It is no reason to end all that a server serves."""
        here = tenant.deploy(says('"here"'))
        first = httpd.config([])
        assert here.get().text == "here"
        httpd.log.expect(r"\[wfp:error\]")
        httpd.database = f'sqlite3 "{httpd.root}/data/none/none.db"'
        become(httpd, httpd.config([]))
        becomes(here, 503, "store_unavailable")
        assert client.get("/index.html").text == "static\n"
        become(httpd, first)
        becomes(here, 200, "here")


@pytest.mark.one_mpm
class TestSizes:
    def test_905_10_registry(self, tenant, httpd):
        made = [tenant.deploy(says(f'"{n}"')) for n in range(5)]
        for size in ("1M", "96M", "1M"):
            become(httpd, httpd.config([f"WfpRegistrySize {size}",
                                        "WfpKvCache off"]))
            assert [one.get().text for one in made] == list("01234")

    def test_905_11_data(self, tenant, httpd, client):
        """Values of another folder are other values."""
        first = httpd.config(LOCATION)
        httpd.configure(LOCATION)
        api = Api(httpd, client)
        space = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                       {"title": "values"})["id"]
        kept = tenant.deploy(worker("""
            if request.method == "POST" then env.KV:put("k", "v") end
            return Response.new(tostring(env.KV:get("k")))"""),
                             "--binding", f"kv_namespace:KV={space}")
        assert kept.post(b"").text == "v"
        other = httpd.root / "data/other"
        other.mkdir()
        shutil.copystat(httpd.root / "data", other)
        shutil.chown(other, (httpd.root / "data").owner())
        become(httpd, httpd.config([
            *LOCATION, f'WfpDataDir "{other}"',
            f'WfpKeyFile "{httpd.root}/data/key"']))
        becomes(kept, 200, "nil")
        become(httpd, first)
        becomes(kept, 200, "v")


class TestHosts:
    def test_905_20_more_and_fewer(self, tenant, httpd, client):
        one = tenant.deploy(says('"one"'))

        def served(name):
            return client.get("/", host=f"{one.name}.{name}").text == "one"

        for names in (["a.test"], ["a.test", "b.test", "c.test"],
                      ["c.test"], ["b.test", "a.test"]):
            become(httpd, httpd.config(vhosts(httpd, names)))
            # what is no name of a virtual host any more is the first one's
            assert all(served(name) for name in ("a.test", "b.test", "c.test"))
            assert all((httpd.root / f"logs/{name}.json").exists()
                       for name in names)

    def test_905_21_what_holds_for_one(self, tenant, httpd, client):
        """Values of a host are its own after the others have changed."""
        slow = tenant.deploy(worker("while true do end"))

        def error(name):
            return client.get("/", host=f"{slow.name}.{name}").error

        for order in (["a.test", "b.test"], ["b.test", "a.test"]):
            rows = []
            for name in order:
                limit = "cpu_ms 20" if name == "a.test" else \
                    "instructions 1000"
                rows += vhosts(httpd, [name], f"WfpLimit {limit}")
            become(httpd, httpd.config(rows))
            until(lambda: error("a.test") == "cpu_limit", "its own limit")
            until(lambda: error("b.test") == "instruction_limit", "its own")


class TestModule:
    def test_905_30_out_and_in_again(self, tenant, httpd, client):
        here = tenant.deploy(says('"here"'))
        text = httpd.config(["WfpLog logs/all.json"])
        become(httpd, text)
        assert here.get().text == "here"
        for _ in range(2):
            become(httpd, without_module(text))
            until(lambda: here.get().status == 404, "httpd alone")
            assert client.get("/index.html").text == "static\n"
            become(httpd, text)
            becomes(here, 200, "here")
