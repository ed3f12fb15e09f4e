# SPDX-License-Identifier: Apache-2.0
"""A Worker's requests and answers among httpd's other modules."""

import gzip
import hashlib
import http.client

import pytest



pytestmark = pytest.mark.one_mpm

MODULES = ("actions", "allowmethods", "asis", "buffer", "cache", "cache_disk",
           "cgid", "deflate", "dir", "env", "expires", "filter", "include",
           "mime", "negotiation", "ratelimit", "sed", "speling", "substitute",
           "usertrack")

# what makes modules act by the end of a file's name
BY_NAME = """
AddType text/html .shtml
AddEncoding x-gzip .gz
AddLanguage fr .fr
AddCharset ISO-8859-5 .cyr
AddHandler cgi-script .cgi
AddHandler type-map .var
AddHandler send-as-is .asis
AddOutputFilter INCLUDES .shtml
Action mine /index.html
AddHandler mine .mine
DirectoryIndex index.html
FallbackResource /index.html
CheckSpelling on
""".strip().splitlines()

FILTERS = {
    "deflate": ["SetOutputFilter DEFLATE"],
    "bytype": ["AddOutputFilterByType DEFLATE text/plain"],
    "subst": ["SetOutputFilter SUBSTITUTE", "Substitute s/one/three/n",
              "SubstituteMaxLineLength 64k"],
    "rate": ["SetOutputFilter RATE_LIMIT", "SetEnv rate-limit 2000"],
    "buffer": ["SetOutputFilter BUFFER", "SetInputFilter BUFFER"],
    "incl": ["Options +Includes", "SetOutputFilter INCLUDES"],
    "expires": ["ExpiresActive on", 'ExpiresDefault "access plus 1 hour"'],
}

# one Worker that does what the first segment of the path says
ACTOR = """
local function pieces(n, piece, last)
    return function()
        n = n - 1
        if n >= 0 then return piece end
        if n == -1 then return last and last() end
    end
end
local does = {}
function does.marks() return '<!--#echo var="DATE_GMT" -->' end
function does.count() N = (N or 0) + 1 return "one " .. N end
function does.torn()
    return pieces(20, ("x"):rep(20000), function() error("too late") end)
end
function does.text() return ("one two\\n"):rep(2000) end
function does.pieces() return pieces(20, ("one two\\n"):rep(100)) end
function does.line() return ("one"):rep(100000) end
function does.lines()
    local n = 0
    return function()
        n = n + 1
        if n == 1 then return ("one\\n"):rep(10000) end
        if n < 40 then return ("one"):rep(10000) end
    end
end
function does.hundred() return ("0123456789"):rep(10) end
function does.size(request) return tostring(#request:text()) end
function does.on(request, to)
    return fetch(to, { method = "POST", body = request.body }):text()
end
function does.document(request)
    return request.method .. " " .. #request:text()
end
does["error"] = function() error("x") end
function does.read(request) request:text() error("x") end
function does.cookie() return "a cookie" end
return { fetch = function(request, env)
    local what = URL.new(request.url).pathname:match("^/?([^/.]*)")
    local status = tonumber(request.headers:get("x-status"))
    if request.url:match("/w/") then
        what = URL.new(request.url).pathname:match("^/w/[^/]*/([^/.]*)")
    end
    local body = (does[what] or does.marks)(request, env.ORIGIN)
    return Response.new(body, { status = status or 200, headers = {
        ["cache-control"] = "max-age=600", ["set-cookie"] = "a=1",
        ["content-type"] = "text/plain", ["x-method"] = request.method } })
end }
"""


def vhost(httpd, name, *lines):
    """A virtual host whose subdomains are Workers."""
    return [f"<VirtualHost 127.0.0.1:{httpd.port}>", f"ServerName {name}",
            f"ServerAlias *.{name}", *lines, "</VirtualHost>"]


@pytest.fixture(scope="module")
def lines(httpd):
    def host(name, *lines):
        return vhost(httpd, name, "WfpNamespace demo", *lines)

    load = [f'LoadModule {n}_module "{httpd.modules}/mod_{n}.so"'
            for n in MODULES]
    cache = httpd.root / "cache"
    cache.mkdir(exist_ok=True)
    cache.chmod(0o777)
    cached = ["CacheEnable disk /", "CacheIgnoreNoLastMod On",
              "CacheIgnoreHeaders Set-Cookie"]
    rows = [*load, "TypesConfig /dev/null", f'ScriptSock "{httpd.root}/sock"',
            f'CacheRoot "{cache}"', "CacheDirLevels 1", "CacheDirLength 1",
            *host("plain.test"), *host("name.test", *BY_NAME, "<Location />",
                                       "Options +MultiViews +Includes",
                                       "</Location>"),
            *host("quick.test", *cached),
            *host("late.test", "CacheQuickHandler off", *cached),
            *host("inflate.test", "SetInputFilter DEFLATE"),
            *host("doc.test", "ErrorDocument 500 /document",
                  "ErrorDocument 404 /document"),
            *host("loop.test", "ErrorDocument 500 /error"),
            *host("notrace.test", "TraceEnable off"),
            *host("track.test", "CookieTracking on"),
            *host("if.test", "<If \"req('X-No') == '1'\">",
                  "Require all denied", "</If>"),
            *host("moved.test", '<Location "/old">',
                  'Redirect 302 "http://elsewhere.test/new"', "</Location>",
                  "<If \"req('X-Insecure') == '1'\">",
                  'Redirect 301 "https://secure.test/"', "</If>"),
            *vhost(httpd, "within.test", '<Location "/w/">',
                   "WfpNamespace demo", "WfpRouteBy path", "</Location>",
                   f'<Directory "{httpd.root}/htdocs">', "RewriteEngine on",
                   "RewriteRule ^in/(.*)$ /w/$1 [L]", "</Directory>"),
            *vhost(httpd, "named.test", '<Location "/a b/@1/">',
                   "WfpNamespace demo", "WfpRouteBy path", "</Location>"),
            *host("guarded.test", '<Location "/~me/a b">',
                  "Require all denied", "</Location>",
                  '<Location "/private">', "Require all denied",
                  "</Location>"),
            *host("only.test", "<Location />", "AllowMethods GET POST",
                  "</Location>"),
            *vhost(httpd, "pages.test", '<Location "/w/">',
                   "WfpNamespace demo", "WfpRouteBy path", "</Location>",
                   f'<Directory "{httpd.root}/htdocs">', "Options +Includes",
                   "</Directory>", "AddType text/html .shtml",
                   "AddOutputFilter INCLUDES .shtml")]
    for name, filters in FILTERS.items():
        rows += host(f"{name}.test", "<Location />", *filters, "</Location>")
    return rows


@pytest.fixture(autouse=True)
def _conf(httpd, lines):
    httpd.configure(lines)


@pytest.fixture
def actor(tenant, origin):
    return tenant.deploy(ACTOR, "--var", f"ORIGIN={origin.url}/count")


@pytest.fixture
def ask(client, actor):
    """ask(HOST, PATH): of the actor, by that virtual host."""
    def go(host, path="/", method="GET", **options):
        return client.request(method, path, host=f"{actor.name}.{host}.test",
                              **options)
    return go


def told(answer):
    """What of an answer is the same when it is asked for again."""
    return answer.status, answer.body, sorted(
        (name, value) for name, value in answer.headers
        if name.lower() not in ("date", "connection", "upgrade"))


def is_torn(ask, *args, **options):
    """Does the client see that it is not whole?"""
    try:
        ask(*args, **options)
    except (http.client.IncompleteRead, ConnectionError):
        return True
    return False


class TestNames:
    """A URL is no file's name."""

    def test_250_01_its_end_means_nothing(self, ask):
        for end in ("shtml", "gz", "tar.gz", "fr", "cyr", "cgi", "var",
                    "asis", "mine", "css", "html"):
            path = f"/marks.{end}"
            assert told(ask("name", path)) == told(ask("plain", path)), end

    def test_250_02_nor_does_a_folder(self, ask):
        for path in ("/", "/marks/", "/marks", "/index.htm"):
            assert told(ask("name", path)) == told(ask("plain", path)), path


class TestFilters:
    """What httpd's filters make of an answer."""

    @pytest.mark.parametrize("name", FILTERS)
    def test_251_01_whole(self, ask, name):
        whole = b"one two\n" * 2000
        if name == "subst":
            whole = whole.replace(b"one", b"three")
        for path in ("/text", "/pieces"):
            answer = ask(name, path, headers=[("Accept-Encoding", "gzip")])
            body = answer.body
            if name in ("deflate", "bytype"):
                assert answer.get("content-encoding") == "gzip"
                body = gzip.decompress(body)
            assert body == whole
            head = ask(name, path, "HEAD")
            assert (head.status, head.body) == (200, b"")

    @pytest.mark.parametrize("name", FILTERS)
    def test_251_02_torn(self, httpd, ask, name):
        httpd.log.expect("AH01328")  # a line too long to look into
        assert is_torn(ask, name, "/torn",
                       headers=[("Accept-Encoding", "gzip")])

    @pytest.mark.parametrize("path", ["/line", "/lines"])
    def test_251_03_a_filter_gives_up(self, httpd, ask, path):
        """At once, with the whole body in memory, and on the way."""
        httpd.log.expect("AH01328")
        assert is_torn(ask, "subst", path)

    def test_251_04_of_the_request(self, ask):
        """The length that was sent is not that of what the Worker reads."""
        data = b"".join(hashlib.sha256(b"%d" % n).hexdigest().encode()
                        for n in range(2000))
        sent = {"body": gzip.compress(data),
                "headers": [("Content-Encoding", "gzip")]}
        assert ask("inflate", "/size", "POST", **sent).text == str(len(data))
        assert f'"bytes": {len(data)}' in \
            ask("inflate", "/on", "POST", **sent).text

    def test_251_05_ranges(self, ask):
        def part(value):
            return ask("plain", "/hundred", headers=[("Range", value)])

        assert (part("bytes=3-5").status, part("bytes=3-5").text) == \
            (206, "345")
        assert part("bytes=-2").get("content-range") == "bytes 98-99/100"
        assert part("bytes=0-1,4-5").get("content-type").startswith(
            "multipart/byteranges")
        past = part("bytes=100-")
        assert (past.status, past.text.count("<html>")) == (416, 1)
        assert part("lines=1-2").status == 200


class TestCaches:
    """mod_cache in front of a Worker."""

    @pytest.mark.parametrize("host", ["quick", "late"])
    def test_252_01_whole(self, ask, host):
        assert {ask(host, "/count").text for _ in range(3)} == {"one 1"}

    @pytest.mark.parametrize("host", ["quick", "late"])
    def test_252_02_torn_is_not_kept(self, ask, host):
        for _ in range(3):
            assert is_torn(ask, host, "/torn")

    @pytest.mark.parametrize("host", ["quick", "late"])
    def test_252_03_errors_are_not_kept(self, ask, host):
        for _ in range(2):
            answer = ask(host, "/error")
            assert (answer.status, answer.get("age")) == (500, None)


class TestDocuments:
    """A Worker as the document of an error, and as a part of a page."""

    @pytest.mark.parametrize("body", [None, b"x" * 100000])
    def test_253_01_status_stays(self, ask, body):
        method = "POST" if body else "GET"
        answer = ask("doc", "/error", method, body=body)
        assert answer.status == 500
        # nobody had read it
        assert answer.text == f"GET {len(body or b'')}"
        assert ask("doc", "/read", method, body=body).text == "GET 0"

    def test_253_02_unless_it_says_another(self, ask):
        assert ask("doc", "/error", headers=[("X-Status", "410")]
                   ).status == 410

    def test_253_03_that_fails_too(self, ask):
        answer = ask("loop", "/error")
        assert (answer.status, answer.text.count("<html>")) == (500, 1)

    def test_253_04_part_of_a_page(self, client, httpd, actor):
        def page(what):
            path = httpd.root / f"htdocs/{what}.shtml"
            path.write_text(f'a<!--#include virtual="/w/{actor.name}/{what}"'
                            ' -->b')
            return client.post(f"/{what}.shtml", b"q=1",
                               host="x.pages.test").text

        assert page("document") == "aGET 0b"
        assert page("hundred") == "a" + "0123456789" * 10 + "b"
        assert page("error").startswith('a{"error":{"code":"exception"')
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            page("torn")


class TestMethods:
    """Which methods are a Worker's."""

    def say(self, client, actor, host, line):
        got = client.raw(f"{line} HTTP/1.1\r\nHost: {actor.name}.{host}.test"
                         "\r\nX-Said: 1\r\nConnection: close\r\n\r\n".encode())
        head, _, body = got.partition(b"\r\n\r\n")
        return int(head.split()[1]), head, body

    def test_254_01_trace_is_httpds(self, client, httpd, actor):
        httpd.log.expect("AH00566")
        status, head, body = self.say(client, actor, "plain", "TRACE /")
        assert status == 200 and b"message/http" in head and b"X-Said" in body
        status, head, _ = self.say(client, actor, "notrace", "TRACE /")
        assert status == 405 and b"x-method" not in head

    def test_254_02_options_of_the_server(self, client, actor):
        status, head, body = self.say(client, actor, "plain", "OPTIONS *")
        assert (status, body) == (200, b"") and b"x-method" not in head
        assert b"x-method: OPTIONS" in self.say(client, actor, "plain",
                                                "OPTIONS /")[1]

    def test_254_03_no_tunnel(self, client, actor):
        status, head, _ = self.say(client, actor, "plain",
                                   f"CONNECT {actor.name}.plain.test:80")
        assert status == 405 and b"x-method" not in head

    def test_254_04_others_unless_refused(self, httpd, ask):
        httpd.log.expect("AH01623")
        assert ask("plain", "/", "M-SEARCH").get("x-method") == "M-SEARCH"
        assert ask("only", "/", "M-SEARCH").status == 405
        assert ask("only", "/").status == 200


class TestOthers:
    def test_255_01_cookies_of_both(self, ask):
        kinds = {value.split("=")[0] for value in
                 ask("track", "/").getall("set-cookie")}
        assert kinds == {"a", "Apache"}

    def test_255_02_if(self, httpd, ask):
        httpd.log.expect("AH01630")
        assert ask("if", "/").status == 200
        assert ask("if", "/", headers=[("X-No", "1")]).status == 403

    def test_255_03_redirects(self, ask, actor):
        answer = ask("moved", "/old/x?z")
        assert (answer.status, answer.get("location")) == \
            (302, "http://elsewhere.test/new?z")
        answer = ask("moved", "/x", headers=[("X-Insecure", "1")])
        assert (answer.status, answer.get("location")) == \
            (301, "https://secure.test/")
        assert ask("moved", "/hundred").status == 200

    def test_255_04_rewritten_in_a_folder(self, client, actor):
        """An internal redirect is claimed as a request is."""
        answer = client.get(f"/in/{actor.name}/hundred", host="x.within.test")
        assert answer.get("x-method") == "GET"

    def test_255_05_guarded_however_it_is_written(self, httpd, ask):
        httpd.log.expect("AH01630")
        for path in ("/private", "/%70rivate/x", "//private", "/x/../private",
                     "/x/%2e%2e/private", "/./private", "/private?x",
                     "/%7Eme/a%20b", "/~me/a%20b", "/%7eme/a%20b/c",
                     "/~me/a%20b/%00", "/~me/a%20b/%2F"):
            assert ask("guarded", path).status == 403, path
        for path in ("/hundred", "/~me/a%2520b", "/%2Fprivate", "/a%00"):
            assert ask("guarded", path).status == 200, path

    def test_255_06_below_any_name(self, client, actor):
        for path in ("/a%20b/@1", "/%61%20b/%401"):
            answer = client.get(f"{path}/{actor.name}/hundred%2F",
                                host="x.named.test")
            assert answer.get("x-method") == "GET", path
