# SPDX-License-Identifier: Apache-2.0
"""mod_rewrite's rules and mod_alias's Redirect of a server or virtual host,
where Workers are."""

import pytest

from wfptest.api import LOCATION, Api

URL = "return { fetch = function(r) return Response.new(r.url) end }"

PASSES = """
return { fetch = function(r, env, ctx)
    ctx:passThroughOnException()
    error("x")
end }
"""

RULES = r"""
RewriteEngine on
RewriteCond %{HTTP:X-Bad} =1
RewriteRule ^ - [F]
RewriteRule ^/gone - [G]
RewriteRule ^/secure(.*)$ https://%{HTTP_HOST}/s$1 [R=308,L]
RewriteRule ^/x(.*)$ - [E=SEEN:yes]
RewriteRule ^/old/(.*)$ /new/$1 [PT]
RewriteRule ^/ask/(\w+)$ /answer?q=$1 [PT,QSA]
RewriteRule ^/same$ /same?by=rule [PT]
RewriteRule ^/file/(.*)$ /$1
RewriteRule ^/away/(.*)$ http://127.0.0.1:{port}/$1 [P]
RewriteRule ^/leave/(.*)$ /static/$1 [PT]
Redirect /moved https://elsewhere.test/to
Redirect gone /dropped
RedirectMatch 302 ^/match/(.*)$ /matched/$1
Alias /icons/ {root}/htdocs/
ProxyPass /back/ http://127.0.0.1:{port}/
Header set X-Seen %{SEEN}e env=SEEN
"""


def vhost(httpd, name, *lines):
    return [f"<VirtualHost 127.0.0.1:{httpd.port}>", f"ServerName {name}.test",
            f"ServerAlias *.{name}.test", *lines, "</VirtualHost>"]


@pytest.fixture(autouse=True)
def _conf(httpd):
    rules = RULES.replace("{port}", str(httpd.port)).replace(
        "{root}", str(httpd.root)).strip().splitlines()
    httpd.configure([
        *vhost(httpd, "all", "WfpNamespace demo", *rules,
               '<Location "/static/">', "WfpDispatcher off", "</Location>"),
        *vhost(httpd, "part", *rules, '<Location "/new/">',
               "WfpNamespace demo", "</Location>"),
        *vhost(httpd, "path", "RewriteEngine on",
               "RewriteRule ^/app/(.*)$ /w/$1 [PT]", '<Location "/w/">',
               "WfpNamespace demo", "WfpRouteBy path", "</Location>",
               '<Location "/page/">', "SetHandler server-status",
               "</Location>", '<Location "/page/w/">', "SetHandler None",
               "WfpNamespace demo", "WfpRouteBy path", "</Location>"),
        *vhost(httpd, "closed", "RewriteEngine on", "WfpNamespace demo",
               "RewriteRule ^/way/(.*)$ /closed/$1 [PT]",
               '<Location "/closed/">', "Require all denied", "</Location>"),
        *LOCATION])
    static = httpd.root / "htdocs/static"
    static.mkdir(exist_ok=True)
    (static / "a.txt").write_text("a file\n")


@pytest.fixture
def ask(client, tenant):
    worker = tenant.deploy(URL)

    def go(path, host="all", **options):
        answer = client.get(path, host=f"{worker.name}.{host}.test", **options)
        here = f"http://{worker.name}.{host}.test"
        answer.url = answer.text.removeprefix(here)
        return answer
    go.name = worker.name
    return go


class TestRules:
    def test_260_01_without_one_that_fits(self, ask):
        for path in ("/", "/a?b=%20", "/a%2Fb%00/%C3%A9"):
            assert ask(path).url == path

    def test_260_02_forbidden(self, httpd, ask):
        for path in ("/", "/a%2Fb", "/old/x"):
            assert ask(path, headers=[("X-Bad", "1")]).status == 403
        assert ask("/gone").status == ask("/%67one").status == 410

    def test_260_03_redirects(self, ask):
        answer = ask("/secure/x?y")
        assert answer.status == 308
        assert answer.get("location") == f"https://{ask.name}.all.test/s/x?y"

    def test_260_04_environment(self, ask):
        assert ask("/xy").get("x-seen") == "yes"
        assert ask("/y").get("x-seen") is None

    @pytest.mark.parametrize("sent, seen", [
        ("/old/a", "/new/a"), ("/old/a?b=1", "/new/a?b=1"),
        ("/old/a%20b/%C3%A9", "/new/a%20b/%c3%a9"),
        ("/old/a%23b", "/new/a%23b"), ("/old/a%2525", "/new/a%2525"),
        ("/old/a%252Fb", "/new/a%252Fb"), ("/ask/a?b=2", "/answer?q=a&b=2"),
        ("/same", "/same?by=rule"), ("/old/a%2Fb", "/new/a%2Fb")])
    def test_260_05_passed_on(self, ask, sent, seen):
        """The Worker is asked for what the rules made of it."""
        assert ask(sent).url == seen

    def test_260_06_to_a_file(self, ask):
        """Without PT the new path is a file's, as httpd has it."""
        assert ask("/file/static/a.txt").text == "a file\n"
        assert ask("/file/none").status == 404

    def test_260_07_to_a_proxy(self, ask):
        assert ask("/away/static/a.txt").text == "a file\n"

    def test_260_08_to_where_none_is(self, ask):
        assert ask("/leave/a.txt").text == "a file\n"

    def test_260_09_into_a_worker(self, ask):
        """From where there is none."""
        assert ask("/old/a%20b?c", "part").url == "/new/a%20b?c"
        assert ask("/old/a%252Fb", "part").url == "/new/a%252Fb"
        answer = ask(f"/app/{ask.name}/x", "path")
        assert answer.url == f"/w/{ask.name}/x"

    def test_260_10_guards_of_the_new_path(self, httpd, ask):
        httpd.log.expect("AH01630")
        assert ask("/way/x", "closed").status == 403

    def test_260_11_let_through(self, httpd, client, tenant):
        """The rules are asked for what was sent, once more."""
        name = tenant.deploy(PASSES).name
        (httpd.root / "htdocs/new").mkdir(exist_ok=True)
        (httpd.root / "htdocs/new/a.txt").write_text("new\n")
        assert client.get("/old/a.txt", host=f"{name}.all.test"
                          ).text == "new\n"

    def test_260_12_tried(self, httpd, client, ask):
        """Nothing but Workers is tried, wherever the rules lead."""
        api = Api(httpd, client)
        path = f"{api.namespaces}/demo/scripts/{ask.name}/try"

        def url(sent):
            return {"url": f"http://{ask.name}.all.test:{httpd.port}{sent}"}

        done = api.ok("POST", path, url("/old/a"))
        assert done["response"]["body"] == url("/new/a")["url"]
        done = api.ok("POST", path, url("/secure"))
        assert (done["response"]["status"], done["reached"]) == (308, False)
        for sent in ("/file/static/a.txt", "/away/a", "/leave/a.txt"):
            assert api.refused("POST", path, url(sent)) == (400, 10012)

    def test_260_13_no_handler(self, client, ask):
        """SetHandler none undoes that of a scope around."""
        answer = ask(f"/page/w/{ask.name}/x", "path")
        assert answer.url == f"/page/w/{ask.name}/x"
        assert "Apache Status" in ask("/page/", "path").text

    def test_260_14_h2(self, httpd, client, ask):
        if httpd.mpm == "prefork":
            pytest.skip("mod_http2 does not serve HTTP/2 under prefork")

        def told(path, *options):
            return client.h2(path, *options, host=f"{ask.name}.all.test")

        for sent, seen in (("/a%2Fb?c", "/a%2Fb?c"),
                           ("/old/a%20b?c", "/new/a%20b?c"),
                           ("/ask/a?b=2", "/answer?q=a&b=2")):
            assert told(sent).text == f"http://{ask.name}.all.test{seen}"
        assert told("/old/x", "-H", "X-Bad: 1").status == 403
        assert told("/secure/x").status == 308
        assert told("/xy").get("x-seen") == "yes"
        for path in ("/file/static/a.txt", "/away/static/a.txt",
                     "/leave/a.txt"):
            assert told(path).text == "a file\n"


class TestRedirect:
    def test_261_01_of_a_virtual_host(self, ask):
        answer = ask("/moved/x?y")
        assert (answer.status, answer.get("location")) == \
            (302, "https://elsewhere.test/to/x?y")
        assert ask("/dropped").status == 410
        assert ask("/match/a").get("location").endswith("/matched/a")

    def test_261_02_a_claim_beats_alias_and_proxy(self, ask):
        for path in ("/icons/index.html", "/back/static/a.txt"):
            assert ask(path).url == path
