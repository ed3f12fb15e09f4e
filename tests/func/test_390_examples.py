# SPDX-License-Identifier: Apache-2.0
"""The Workers of examples/, deployed by the commands of their own README and
called."""

import hashlib
import hmac
import json
import pathlib
import re
import shlex
import uuid

import pytest

from wfptest.api import LOCATION
from wfptest.client import Client
from wfptest.lua import says, worker
from wfptest.tailing import tail
from wfptest.tenant import Tenant
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
# those of the quickstart, which deploys them itself
QUICKSTART = {"customer-a", "customer-b", "dispatcher", "outbound"}
# in C: test_560_egress_filters.py
MODULES = {"egress-module"}


def hosts(httpd):
    return [
        f"<VirtualHost *:{httpd.port}>", "ServerName workers.test",
        "ServerAlias *.workers.test", "WfpNamespace demo",
        "WfpRouteBy subdomain", "</VirtualHost>",
        f"<VirtualHost *:{httpd.port}>", "ServerName platform.test",
        "ServerAlias *.platform.test", "WfpDispatcher dispatcher",
        "</VirtualHost>",
        f"<VirtualHost *:{httpd.port}>", "ServerName plans.test",
        "ServerAlias *.plans.test", "WfpDispatcher plans-dispatcher",
        "</VirtualHost>", f"<VirtualHost *:{httpd.port}>",
        "ServerName errors.test", "WfpDispatcher tail-errors",
        "</VirtualHost>"]


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure(hosts(httpd))


class Example:
    """A deployed example, asked by its host name."""

    def __init__(self, client, name):
        self.client, self.name = client, name

    def request(self, method, path="/", host=None, **options):
        return self.client.request(
            method, path, host=host or f"{self.name}.workers.test", **options)

    def get(self, path="/", **options):
        return self.request("GET", path, **options)

    def post(self, body, path="/", **options):
        return self.request("POST", path, body=body, **options)


@pytest.fixture
def namespace_id(api, tenant):
    """Of a KV namespace of the test's own."""
    path = f"{api.account}/storage/kv/namespaces"
    made = api.ok("POST", path, {"title": str(uuid.uuid4())})["id"]
    yield made
    tenant.remove_all()
    api.ok("DELETE", f"{path}/{made}")


@pytest.fixture
def deploy(httpd, client, origin, tenant):
    """deploy(name): runs the deploy command of its README."""
    def run(name, namespace_id=""):
        text = (EXAMPLES / name / "README.md").read_text()
        [line] = re.findall(rf"^    wfpctl (deploy \S+ examples/{name}\b.*)$",
                            text, re.M)
        line = line.replace("production", "demo")
        line = line.replace("http://origin.example", origin.url)
        line = line.replace("NAMESPACE_ID", namespace_id)
        _, full, folder, *options = shlex.split(line)
        assert folder == f"examples/{name}"
        httpd.wfpctl("deploy", full, str(ROOT / folder), *options)
        tenant.made.append(full)
        return Example(client, name)
    return run


class TestExamples:
    """One test an example."""

    def test_390_01_json_api(self, deploy):
        api = deploy("json-api")
        assert [p["id"] for p in api.get("/products").json] == \
            ["book", "pen", "lamp"]
        assert [p["id"] for p in
                api.get("/products?max_cents=2000").json] == ["book", "pen"]
        assert api.get("/products/pen").json["cents"] == 199
        assert api.get("/products/p%65n/").json["cents"] == 199
        assert api.request("HEAD", "/products").status == 200
        assert api.get("/products?max_cents=x").status == 400
        assert api.get("/products?max_cents=0").text == "[]"
        assert api.get("/products/none").status == 404
        assert api.get("/").json == {"error": "not found"}
        answer = api.request("DELETE", "/products")
        assert (answer.status, answer.get("allow")) == (405, "GET")
        order = {"items": [{"id": "pen", "count": 3},
                           {"id": "book", "count": 1}]}
        answer = api.post(json.dumps(order).encode(), "/quotes")
        assert (answer.status, answer.json) == (201, {"cents": 1847})
        for body, status in ((b"{", 400), (b"[]", 422), (b"3", 422),
                             (b'{"items":[{"id":"pen","count":0}]}', 422),
                             (b'{"items":[{"id":"x","count":1}]}', 422),
                             (b'{"items":[7]}', 422)):
            assert api.post(body, "/quotes").status == status, body

    def test_390_02_reverse_proxy(self, deploy, origin):
        proxy = deploy("reverse-proxy")
        answer = proxy.post(b"body", "/echo?a=b%20c", headers=[
            ("Cookie", "session=1"), ("Authorization", "Basic eA=="),
            ("X-Forwarded-For", "192.0.2.1"), ("X_Forwarded_For", "192.0.2.1"),
            ("Via", "1.1 forged"), ("X-Kept", "yes")])
        told = answer.json
        sent = {name.lower(): value for name, value in told["headers"]}
        assert told["method"] == "POST" and told["body"] == "body"
        assert told["path"] == "/echo?a=b%20c"
        assert sent["x-kept"] == "yes"
        assert sent["x-original-host"] == "reverse-proxy.workers.test"
        assert not {"cookie", "authorization", "x-forwarded-for",
                    "x_forwarded_for", "via"} & set(sent)
        assert answer.get("x-content-type-options") == "nosniff"
        assert proxy.get("/headers").getall("set-cookie") == []
        answer = proxy.get(f"/redirect/302?to={origin.url}/echo%3Fx")
        assert (answer.status, answer.get("location")) == (
            302, "http://reverse-proxy.workers.test/echo?x")
        answer = proxy.get("/redirect/301?to=http://other.example/")
        assert answer.get("location") == "http://other.example/"
        assert proxy.get("/broken/nothing").status == 502

    def test_390_03_ab_test(self, deploy):
        test = deploy("ab-test")
        seen = set()
        for _ in range(200):
            answer = test.get()
            variant = re.match(r"variant=([ab]); Path=/; ",
                               answer.get("set-cookie"))[1]
            assert f"Variant {variant.upper()}" in answer.text
            seen.add(variant)
            if seen == {"a", "b"}:
                break
        assert seen == {"a", "b"}
        for cookie in ("variant=b", "x=y; variant=b", " variant = b ;z=1"):
            answer = test.get(headers=[("Cookie", cookie)])
            assert "Variant B" in answer.text
            assert answer.get("set-cookie") is None
            assert answer.get("vary") == "cookie"
        answer = test.get(headers=[("Cookie", "variant=c")])
        assert answer.get("set-cookie").startswith("variant=")

    def test_390_04_webhook(self, deploy, httpd):
        hook = deploy("webhook")
        secret = re.search(r"printf %s \"(.+?)\" \| wfpctl (secret put) "
                           r"production/webhook (\w+)",
                           (EXAMPLES / "webhook/README.md").read_text())
        httpd.wfpctl("secret", "put", "demo/webhook", secret[3],
                     stdin=secret[1])
        body = b'{"zen": "Keep it logically awesome."}'

        def sign(text, key=secret[1]):
            return [("X-Hub-Signature-256", "sha256=" + hmac.new(
                key.encode(), text, hashlib.sha256).hexdigest())]

        assert hook.post(body, headers=sign(body)).status == 204
        assert hook.post(body, headers=sign(body + b" ")).status == 401
        assert hook.post(body, headers=sign(body, "other")).status == 401
        assert hook.post(body).status == 401
        for bad in ("", "sha256=", "sha256=zz", "sha1=00", "sha256=00"):
            assert hook.post(body, headers=[
                ("X-Hub-Signature-256", bad)]).status == 401
        assert hook.post(b"no json", headers=sign(b"no json")).status == 400
        assert hook.get().status == 405

    def test_390_05_fan_out(self, deploy, origin):
        answer = deploy("fan-out").get()
        assert [(a["url"], a["status"]) for a in answer.json] == [
            (f"{origin.url}/echo", 200), (f"{origin.url}/slow/200", 200)]
        assert answer.json[1]["body"] == "slow"

    def test_390_06_stream_transform(self, deploy):
        transform = deploy("stream-transform")
        text = (b"paid with 4111 1111 1111 1111\nor 4111-1111-1111-1111.\r\n"
                b"tel. 0123456789\nlast 4111111111111111")
        want = (b"paid with **** **** **** 1111\nor ****-****-****-1111.\r\n"
                b"tel. 0123456789\nlast ************1111")
        assert transform.post(text).body == want
        for size in (1, 7, 30):
            chunks = (text[at:at + size] for at in range(0, len(text), size))
            assert transform.post(chunks).body == want
        large = (b"nothing to hide here\n" * 100 + text + b"\n") * 100
        assert transform.post(large).body == (
            b"nothing to hide here\n" * 100 + want + b"\n") * 100  # 220 KB
        assert transform.get().status == 400

    def test_390_07_plans_dispatcher(self, deploy, tenant):
        names = ("plan-free", "customer-a")
        for name in names:
            tenant.deploy(says("ctx.props.plan"), name=name)
        front = deploy("plans-dispatcher")
        free = [front.get(host="plan-free.plans.test") for _ in range(60)]
        assert free[0].text == "free"
        limited = [a for a in free if a.status == 429]
        assert limited and len(limited) < 60
        assert int(limited[0].get("retry-after")) == 1
        assert {front.get(host="customer-a.plans.test").text
                for _ in range(20)} == {"pro"}
        assert front.get(host="nobody.plans.test").status == 404

    def test_390_08_html_rewriting(self, deploy):
        answer = deploy("html-rewriting").get()
        page = (EXAMPLES / "html-rewriting/page.html").read_text()
        want = page.replace(
            "http://old.example", "http://html-rewriting.workers.test").replace(
            '<img src="/a.png" alt="A">',
            '<img src="/a.png" alt="A" loading="lazy">').replace(
            '<script src="https://tracker.example/t.js"></script>', "").replace(
            "<!-- build 4711 -->", "").replace("{{currency}}", "EUR").replace(
            "<body>", '<body><p class="banner">Free shipping today</p>'
        ).replace("</body>", "Made &lt;here&gt;</body>")
        assert answer.get("content-type") == "text/html; charset=utf-8"
        assert answer.text == want

    def test_390_10_tail_errors(self, deploy, namespace_id, tenant, api, httpd):
        httpd.configure([*LOCATION, *hosts(httpd)])
        front = deploy("tail-errors", namespace_id)
        made = tenant.deploy(worker("""
            if request.url:find("bad") then error("no such thing") end
            return Response.new("ok")"""))
        tail(api, made, front.name)
        assert made.get("/good").status == 200
        assert made.get("/bad").status == 500
        told = json.loads(until(
            lambda: front.get(host="errors.test").text.strip(), "the error"))
        assert (told["worker"], told["outcome"]) == (made.name, "exception")
        assert told["message"].endswith("no such thing")
        assert told["url"].endswith("/bad")

    def test_390_09_metered_kv(self, deploy, namespace_id, tenant, api):
        front = deploy("metered-kv", namespace_id).name
        code = worker("""
            local KV = env.KV
            local out = json.array{}
            for i, call in ipairs(request:json()) do
                local ok, got = pcall(function()
                    return KV[call[1]](KV, table.unpack(call, 2)) end)
                out[i] = ok and (got == nil and json.null or got)
                    or { error = got.message }
            end
            return Response.json(out)""")

        def customer(props):
            made = tenant.deploy(code, "--binding",
                                 f"service:KV={front},{json.dumps(props)}")
            return lambda *calls: made.post(json.dumps(calls).encode()).json

        name, other = uuid.uuid4().hex, uuid.uuid4().hex
        shop = customer({"customer": name, "valueMax": 8})
        guest = customer({"customer": name, "readOnly": True})
        assert shop(["put", "a", "one"], ["get", "a"], ["put", "b", "[1,2]"],
                    ["get", "b", "json"], ["get", "none"]) == [
                        None, "one", None, [1, 2], None]
        assert shop(["put", "a", "x" * 9], ["put", "", "x"], ["get"]) == [
            {"error": "worker.lua:51: the plan's values have 8 bytes at most"},
            *2 * [{"error": "worker.lua:17: a key must be a string that is not "
                   "empty"}]]
        listed, = shop(["list", {"prefix": "a"}])
        assert [key["name"] for key in listed["keys"]] == ["a"]
        assert guest(["get", "a"])[0] == "one"
        for call in (["put", "a", "two"], ["delete", "a"]):
            assert "read-only" in guest(call)[0]["error"]
        # another customer's keys, whatever the name looks like
        thief = customer({"customer": other})
        assert thief(["get", "a"], ["get", f"../{name}/a"],
                     ["get", f"{name}/a"]) == [None] * 3
        assert thief(["list"])[0]["keys"] == []
        assert "no customer" in customer({})(["get", "a"])[0]["error"]
        assert shop(["delete", "a"], ["get", "a"]) == [None, None]
        # each call that was let through is in the dataset
        path = f"{api.account}/analytics_engine/datasets/kv-calls/query"
        ask = {"select": ["count"], "group_by": ["index1", "blob1"]}

        def counted():
            rows = api.ok("POST", path, ask)
            return {row["blob1"]: row["count"] for row in rows
                    if row["index1"] == name}
        until(lambda: counted() == {"put": 2, "get": 5, "delete": 1,
                                    "list": 1}, "the points to be stored")

    def test_390_20_each_example_has_a_test_and_a_readme(self):
        here = pathlib.Path(__file__).parent
        tested = set(re.findall(
            r'(?:deploy|serve)\("([\w-]+)"', "".join(
                (here / name).read_text() for name in (
                    "test_390_examples.py", "test_391_examples_dev.py"))))
        there = {p.name for p in EXAMPLES.iterdir() if p.is_dir()}
        assert there - QUICKSTART - MODULES == tested
        index = (EXAMPLES / "README.md").read_text()
        for name in there:
            assert f"({name}/" in index


# what a customer sends -> what a visitor gets, without the doctype
PAGES = {
    "plain": ('<h1 class="a">x</h1><a href="/b?c=d&amp;e">f</a>', None),
    "script": ("a<script>steal()</script>b", "ab"),
    "abrupt comment": ("<!--><script>steal()</script>-->", "-->"),
    "dash comment": ("<!---><script>steal()</script>", ""),
    "comment": ("a<!-- <b> -->c", "ac"),
    "escaped script": ("<script><!--<script></script>x</script>y", "y"),
    "textarea": ("<textarea><script>steal()</script></textarea>x", "x"),
    "title": ("<title><script>a</script></title>x", None),
    "title end": ("<title><!--</title><script>a</script>-->",
                  "<title><!--</title>-->"),
    "noscript": ("<noscript><p title='</noscript><img onerror=x>'>",
                 "<img>'>"),
    "svg": ("a<svg><script>steal()</script></svg>b", "ab"),
    "svg title": ("<svg><title><!--</title><script>x</script>--></svg>y", "y"),
    "svg style": ("<svg><style><img src=x onerror=y></style></svg>z",
                  "<img src=x></style></svg>z"),
    "breaks out": ("<svg><desc><script>x</script></desc><p onclick=y>z",
                   "<p>z"),
    "math": ("<math><mi><b onclick=x>y</b></mi></math>z", "z"),
    "events": ('<p onclick="x" OnLoad=y a=b lang=en>c</p>',
               "<p lang=en>c</p>"),
    "odd names": ("<p \"b <c='d' =e lang=f/onclick=g>h", "<p lang=f/onclick=g>h"),
    "glued": ("<img alt='a'onerror=b src='c'>", "<img alt='a' src='c'>"),
    "twice": ("<a href='/x' href='javascript:y'>z", "<a>z"),
    "javascript": ("<a href='javascript:x'>y", "<a>y"),
    "upper case": ("<a href=' JavaScript:x'>y", "<a>y"),
    "reference": ("<a href='&#106;avascript:x'>y", "<a>y"),
    "colon": ("<a href='javascript&colon;x'>y", "<a>y"),
    "tab": ("<a href='java\tscript:x'>y", "<a>y"),
    "data": ("<img src='data:text/html,x'><a href=vbscript:x>y",
             "<img><a>y"),
    "good urls": ("<a href='HTTPS://a.example/b:c'>d<a href='#e'>f"
                  "<a href='mailto:g@h'>i<a href='j/k:l'>", None),
    "style": ("<p style='x'>a</p><style>b</style>c", "<p>a</p>c"),
    "base": ("<base href=//x/><link rel=stylesheet href=y><meta http-equiv="
             "refresh content=z>a", "a"),
    "form": ("<form action=x><input name=y><button>z</button></form>", "z"),
    "object": ("<object data=x><b>y</b></object><embed src=z>a", "a"),
    "split tag": ("<<x>script>steal()<<x>/script>",
                  "&lt;script>steal()&lt;/script>"),
    "split by a comment": ("<<!---->img src=x onerror=y>",
                           "&lt;img src=x onerror=y>"),
    "unfinished tag": ("a<img src=x onerror=y ", "a"),
    "unfinished comment": ("a<!-- x", "a"),
    "plaintext": ("a<plaintext><b>", "a"),
    "CDATA": ("<![CDATA[<script>x</script>]]>", "x</script>]]>"),
    "iframe": ("<iframe srcdoc='<script>'></iframe>a", "a"),
    "template": ("<template><script>x</script></template>a", "a"),
    "php": ("<?php echo '<b>' ?>a", "' ?>a"),
}


class TestSanitiser:
    """Pages that pass the dispatcher of the quickstart."""

    @pytest.fixture(scope="class")
    def front(self, httpd):
        made = Tenant(httpd, Client(httpd.port))
        made.deploy(says("'out'"), ns=None, name="outbound")
        made.made.append("dispatcher")
        httpd.wfpctl("deploy", "dispatcher", str(EXAMPLES / "dispatcher"),
                     "--binding", "dispatch_namespace:DISPATCHER=demo",
                     "--outbound", "outbound:customer")
        yield
        made.remove_all()

    @pytest.fixture
    def visit(self, front, client, tenant):
        """Deploy a customer's Worker and visit it."""
        def run(source, name=None):
            made = tenant.deploy(source, name=name)
            return client.request("GET", "/", host=made.name
                                  + ".platform.test")
        return run

    def page(self, text, size, kind="text/html"):
        """A Worker that sends a page in pieces."""
        return worker(f"""
            local page, at = {json.dumps(text)}, 1 - {size}
            return Response.new(function() at = at + {size}
                return at <= #page and page:sub(at, at + {size - 1}) or nil
            end, {{headers={{["content-type"]="{kind}"}}}})""")

    @pytest.mark.parametrize("name", PAGES)
    def test_390_30_hostile_pages(self, visit, name):
        text, want = PAGES[name]
        want = "<!doctype html>\n" + (text if want is None else want) + "\n"
        for size in (1, 1000):
            answer = visit(self.page(text, size))
            assert answer.text == want
            assert answer.get("content-type") == "text/html; charset=utf-8"
            assert answer.get("content-security-policy").startswith("sandbox")

    def test_390_31_a_page_that_is_read_in_two_ways(self, visit):
        answer = visit(self.page("<select><title></select><b>", 1000))
        assert answer.error == "exception"

    def test_390_32_other_types(self, visit):
        answer = visit(self.page("<svg onload=x>", 1000, "image/svg+xml"))
        assert answer.text == "<svg onload=x>"
        assert answer.get("x-content-type-options") == "nosniff"
        assert answer.get("content-security-policy").startswith("sandbox")

    def test_390_33_a_plan_buys_scripts(self, visit):
        source = self.page("<script>mine()</script>", 1000)
        assert visit(source, "customer-a").text == "<script>mine()</script>"
