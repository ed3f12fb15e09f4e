/* SPDX-License-Identifier: Apache-2.0 */
/* URL, URLSearchParams and the codings of text. */
#include "tests/unit/wfp_test.h"

#include "tests/unit/api_state.h"

static void url_has_parts(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local u = URL.new('https://u:p@Example.com:8443/a/../b?x=1#h') "
        "return table.concat({u.protocol, u.username, u.password, u.host, "
        "u.hostname, u.port, u.pathname, u.search, u.hash, u.origin}, ' ')",
        "https: u p example.com:8443 example.com 8443 /b ?x=1 #h "
        "https://example.com:8443");
    RUN("return URL.new('http://a:80').href", "http://a/");
    RUN("return tostring(URL('../c', 'http://a.example/x/y'))",
        "http://a.example/c");
    RUN("return URL.new('c', URL.new('http://a.example/x/y')):toString()",
        "http://a.example/x/c");
    RUN("return URL.new('c')", "TypeError: Invalid URL: c");
    RUN("return tostring(URL.canParse('c')) .. "
        "tostring(URL.canParse('http://a'))",
        "falsetrue");
    RUN("return URL.new('http://a\\0b/')", "TypeError: Invalid URL");
    RUN("return URL.parse('../c', 'http://a.example/x/y').href .. "
        "tostring(URL.parse('c')) .. tostring(URL.parse('http://a\\0b/'))",
        "http://a.example/cnilnil");
    RUN("return URL.parse()",
        "TypeError: URL: the text must be a string, got nil");
    lua_close(L);
}

static void url_can_be_changed(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local u = URL.new('http://a.example/x?y=1#z') u.pathname = 'n/m' "
        "u.search = 'q=2' u.hash = '' u.port = '8080' u.protocol = 'https' "
        "return u.href",
        "https://a.example:8080/n/m?q=2");
    RUN("local u = URL.new('http://a.example/x') u.host = 'b.example:81' "
        "u.username = 'me' u.password = 's@/' return u.href",
        "http://me:s%40%2F@b.example:81/x");
    RUN("local u = URL.new('http://a.example/x') u.hostname = 'c/d'",
        "TypeError: Invalid hostname");
    RUN("local u = URL.new('http://a.example/x') u.port = 'x'",
        "TypeError: Invalid port");
    RUN("local u = URL.new('http://a.example/x') u.pathname = '/a?b#c d' "
        "return u.href",
        "http://a.example/a%3Fb%23c%20d");
    RUN("local u = URL.new('http://a.example/x') u.origin = 'y'",
        "TypeError: Cannot assign to that property of URL");
    RUN("local u = URL.new('http://a.example/x') u.href = 'http://b/' "
        "return u.href",
        "http://b/");
    RUN("local u = URL.new('http://a.example/x') pcall(function() u.href = "
        "'nonsense' end) return u.href",
        "http://a.example/x");
    lua_close(L);
}

/* What is assigned, and the href that comes of it, or the error. */
static void setters_take_and_refuse(wfp_test_t *t)
{
    static const struct {
        const char *field, *value, *want;
    } rows[] = {
        { "protocol", "https", "https://u:p@a.b:81/p/x?q=1#h" },
        { "protocol", "HTTPS:", "https://u:p@a.b:81/p/x?q=1#h" },
        { "protocol", "https://evil", "TypeError: Invalid protocol" },
        { "protocol", "https:x", "TypeError: Invalid protocol" },
        { "protocol", "", "TypeError: Invalid protocol" },
        { "protocol", ":", "TypeError: Invalid protocol" },
        { "protocol", "1http", "TypeError: Invalid protocol" },
        { "username", "", "http://:p@a.b:81/p/x?q=1#h" },
        { "username", "a:b@c/", "http://a%3Ab%40c%2F:p@a.b:81/p/x?q=1#h" },
        { "password", "", "http://u@a.b:81/p/x?q=1#h" },
        { "host", "c", "http://u:p@c:81/p/x?q=1#h" },
        { "host", "c:90", "http://u:p@c:90/p/x?q=1#h" },
        { "host", "c:80", "http://u:p@c/p/x?q=1#h" },
        { "host", "[::1]", "http://u:p@[::1]:81/p/x?q=1#h" },
        { "host", "[::1]:8", "http://u:p@[::1]:8/p/x?q=1#h" },
        { "host", "", "TypeError: Invalid host" },
        { "host", "c/d", "TypeError: Invalid host" },
        { "host", "x@c", "TypeError: Invalid host" },
        { "hostname", "127.1", "http://u:p@127.0.0.1:81/p/x?q=1#h" },
        { "hostname", "c:90", "TypeError: Invalid hostname" },
        { "hostname", "c#x", "TypeError: Invalid hostname" },
        { "port", "", "http://u:p@a.b/p/x?q=1#h" },
        { "port", "0080", "http://u:p@a.b/p/x?q=1#h" },
        { "port", "-1", "TypeError: Invalid port" },
        { "port", "80x", "TypeError: Invalid port" },
        { "pathname", "", "http://u:p@a.b:81/?q=1#h" },
        { "pathname", "\\\\x", "http://u:p@a.b:81/x?q=1#h" },
        { "pathname", "/a/../..", "http://u:p@a.b:81/?q=1#h" },
        { "pathname", "//x", "http://u:p@a.b:81//x?q=1#h" },
        { "search", "?", "http://u:p@a.b:81/p/x#h" },
        { "search", "a b#c", "http://u:p@a.b:81/p/x?a%20b%23c#h" },
        { "search", "??x", "http://u:p@a.b:81/p/x??x#h" },
        { "hash", "#", "http://u:p@a.b:81/p/x?q=1" },
        { "hash", "a#b`", "http://u:p@a.b:81/p/x?q=1#a#b%60" },
        { "href", "", "TypeError: Invalid URL: " },
    };
    lua_State *L = api_state_new(t->pool);
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        RUN(apr_psprintf(t->pool,
                         "local u = URL.new('http://u:p@a.b:81/p/x?q=1#h') "
                         "local was = u.href local ok, e = pcall(function() "
                         "u.%s = '%s' end) if not ok and u.href ~= was then "
                         "return 'torn' end return ok and u.href or "
                         "tostring(e)",
                         rows[i].field, rows[i].value),
            rows[i].want);
    }
    RUN("local u = URL.new('http://a/') u.pathname = nil",
        "TypeError: URL.pathname must be a string, got nil");
    RUN("URL.new({})", "TypeError: URL: the text must be a string, got table");
    RUN("URL.new('a', {})",
        "TypeError: URL: the base must be a string, got table");
    lua_close(L);
}

/* Whatever is assigned to another field, the host stays, and href means the
 * same when it is parsed again. */
static void setters_never_move_the_host(wfp_test_t *t)
{
    static const char code[] =
        "local bytes = {'/', '\\\\', '@', ':', '?', '#', '%', '.', '..', '[', "
        "  ']', ' ', 'a', 'b.c', '%2f', '%40', '\\t', '\\n', '\\0', '\\xc3\\xa9', "
        "  '\\xff', '80', 'http', 'https:', '&', '=', '<', '\"', ';'} "
        "local seed = 1 "
        "local function rnd(n) seed = (seed * 1103515245 + 12345) % 2147483648 "
        "  return seed // 65536 % n + 1 end "
        "local fields = {'protocol', 'username', 'password', 'port', "
        "  'pathname', 'search', 'hash'} "
        "local taken = 0 "
        "for i = 1, 20000 do "
        "  local u, text = URL.new('http://u:p@a.b:81/p?q#h'), {} "
        "  for k = 1, rnd(6) do text[k] = bytes[rnd(#bytes)] end "
        "  text = table.concat(text) "
        "  local field = fields[rnd(#fields)] "
        "  local ok = pcall(function() u[field] = text end) "
        "  if u.hostname ~= 'a.b' or URL.new(u.href).href ~= u.href or "
        "    URL.new(u.href).hostname ~= 'a.b' then "
        "    return field .. '=' .. text .. ' ' .. u.href end "
        "  if ok then taken = taken + 1 end end "
        "return taken > 10000 and 'ok' or taken";
    lua_State *L = api_state_new(t->pool);

    RUN(code, "ok");
    lua_close(L);
}

static void params_follow_their_url(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local u = URL.new('http://a/?x=1&y=a+b%20c') local p = "
        "u.searchParams p:append('z', '&=') p:set('x', 5) return "
        "p:get('y') .. u.href",
        "a b chttp://a/?x=5&y=a+b+c&z=%26%3D");
    RUN("local u = URL.new('http://a/?x=1') local p = u.searchParams u.search "
        "= '?q=3' return p:get('q') .. tostring(p:get('x'))",
        "3nil");
    RUN("local u = URL.new('http://a/?x=1') u.searchParams:delete('x') return "
        "u.href",
        "http://a/");
    lua_close(L);
}

static void params_are_a_list(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local p = URLSearchParams.new('?b=1&a=2&b=3&c') return "
        "p:toString() .. p.size .. table.concat(p:getAll('b'), ',') .. "
        "p:get('c')",
        "b=1&a=2&b=3&c=41,3");
    RUN("local p = URLSearchParams('b=1&a=2&b=3') p:sort() return "
        "tostring(p)",
        "a=2&b=1&b=3");
    RUN("local p = URLSearchParams('b=1&a=2&b=3') p:set('b', '9') return "
        "tostring(p)",
        "b=9&a=2");
    RUN("local p = URLSearchParams('b=1&a=2&b=3') p:delete('b', '3') return "
        "tostring(p) .. tostring(p:has('b', '3')) .. tostring(p:has('b'))",
        "b=1&a=2falsetrue");
    RUN("local o = '' for k, v in pairs(URLSearchParams{{'x', 1}, {'y', 'z'}})"
        " do o = o .. k .. v end return o",
        "x1yz");
    RUN("return tostring(URLSearchParams{q='a b'})", "q=a+b");
    RUN("return URLSearchParams{q={}}",
        "TypeError: URLSearchParams.new: the value must be a string, got table");
    RUN("return Response.new(URLSearchParams{q='x'}).headers:get("
        "'content-type')",
        "application/x-www-form-urlencoded;charset=UTF-8");
    lua_close(L);
}

static void params_are_made_of(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

#define MADE(init, want)                                                       \
    RUN("local p = URLSearchParams.new(" init ") return p.size .. ' ' .. "     \
        "tostring(p)",                                                         \
        want)
    MADE("", "0 ");
    MADE("nil", "0 ");
    MADE("''", "0 ");
    MADE("'?'", "0 ");
    MADE("'??a'", "1 %3Fa=");
    MADE("'&&a=b=c&=&'", "2 a=b%3Dc&=");
    MADE("'a+b=c%20d&%41=%zz&x=%'", "3 a+b=c+d&A=%25zz&x=%25");
    MADE("'a=1;b=2#c'", "1 a=1%3Bb%3D2%23c");
    MADE("'a=%00%ff'", "1 a=%00%FF");
    MADE("'*-._~!\\'()'", "1 *-._%7E%21%27%28%29=");
    MADE("{}", "0 ");
    MADE("{q='a b'}", "1 q=a+b");
    MADE("{{'b', 1}, {'a', 2.5}, {'b', ''}}", "3 b=1&a=2.5&b=");
    MADE("URLSearchParams.new('a=1&a=2')", "2 a=1&a=2");
    MADE("7", "1 7=");
    MADE("true",
         "TypeError: URLSearchParams.new: init must be a string, got boolean");
    MADE("{{'a'}}", "TypeError: URLSearchParams.new: each parameter must be a "
                    "pair of name and value");
    MADE("{{'a', 'b', 'c'}}", "TypeError: URLSearchParams.new: each parameter "
                              "must be a pair of name and value");
    MADE("{'a', 'b'}", "TypeError: URLSearchParams.new: each parameter must be "
                       "a pair of name and value");
    MADE("{{'a', {}}}",
         "TypeError: URLSearchParams.new: the value must be a string, got "
         "table");
    MADE("{[true]='x'}", "TypeError: URLSearchParams.new: the name must be a "
                         "string, got boolean");
    MADE("setmetatable({}, {__index = error, __pairs = error, __len = error})",
         "0 ");
#undef MADE
    lua_close(L);
}

static void params_methods(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

#define ON(call, want)                                                         \
    RUN("local p = URLSearchParams.new('c=1&a=x&c=2&B=3&a=y&c=1') " call, want)
    ON("p:sort() return p:toString()", "B=3&a=x&a=y&c=1&c=2&c=1");
    ON("p:delete('c', '1') return p:toString()", "a=x&c=2&B=3&a=y");
    ON("p:delete('c', 1) return p:toString()", "a=x&c=2&B=3&a=y");
    ON("p:delete('c', nil) return p:toString()", "a=x&B=3&a=y");
    ON("return tostring(p:has('c', '2')) .. tostring(p:has('c', '3')) .. "
       "tostring(p:has('b'))",
       "truefalsefalse");
    ON("p:set('c', 9) p:set('n', '') return p:toString()",
       "c=9&a=x&B=3&a=y&n=");
    ON("return table.concat(p:getAll('c'), ',') .. #p:getAll('z')", "1,2,10");
    ON("local o = {} for k, v in p:entries() do o[#o + 1] = k .. v end for k "
       "in p:keys() do o[#o + 1] = k end for v in p:values() do o[#o + 1] = v "
       "end return table.concat(o)",
       "c1axc2B3ayc1cacBac1x23y1");
    ON("local n = 0 for k in pairs(p) do p:append('z', n) n = n + 1 end return "
       "n .. ' ' .. p.size",
       "6 12");
    ON("p.size = 3", "TypeError: Cannot assign to read only property 'size'");
    ON("p:get()",
       "TypeError: URLSearchParams.get: the name must be a string, got nil");
    ON("p:append('a')", "TypeError: URLSearchParams.append: the value must be "
                        "a string, got nil");
    ON("p:set({}, 'a')", "TypeError: URLSearchParams.set: the name must be a "
                         "string, got table");
    ON("p:has('a', {})", "TypeError: URLSearchParams.has: the value must be a "
                         "string, got table");
    ON("p:delete()", "TypeError: URLSearchParams.delete: the name must be a "
                     "string, got nil");
    ON("p.get('a', 'b')", "TypeError: URLSearchParams expected, got string "
                          "(call methods with a colon)");
#undef ON
    RUN("local t = {} for i = 1, 500 do t[i] = {tostring(i % 7), i} end local "
        "p = URLSearchParams.new(t) p:sort() local last, n = '', 0 for k, v in "
        "pairs(p) do if k ~= last then last, n = k, 0 end if tonumber(v) <= n "
        "then return 'unstable' end n = tonumber(v) end return p.size",
        "500");
    lua_close(L);
}

/* Bad texts of each coding: all are refused. */
static void codings_refuse(wfp_test_t *t)
{
    static const char *const uri[] = { "%",   "%4",  "a%4", "%zz",
                                       "%4z", "%-1", "% 1", NULL };
    static const char *const base64[] = {
        "Y",    "Y===",  "YQ=",  "YQ===",   "YQ==YQ==", "Y=Q=",     "=",
        "====", "YWJj=", "a-_b", "YQ\\0==", "YQ==\\0",  "YQ\xa0==", NULL,
    };
    static const char *const base64url[] = { "A",     "AB=",   "AB+/", "A B",
                                             "AB\\n", "AB\\0", NULL };
    static const char *const hex[] = { "4",   "4g",   "0x41", "4 1",
                                       "41 ", "4\\0", "+1",   NULL };
    static const struct {
        const char *call, *error;
        const char *const *texts;
    } codings[] = {
        { "decodeURIComponent", "URIError", uri },
        { "atob", "InvalidCharacterError", base64 },
        { "base64url.decode", "TypeError", base64url },
        { "hex.decode", "TypeError", hex },
    };
    lua_State *L = api_state_new(t->pool);
    size_t i, k;

    for (i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
        for (k = 0; codings[i].texts[k]; k++) {
            RUN(apr_psprintf(t->pool,
                             "local ok, e = pcall(%s, '%s') return ok and "
                             "'taken' or e.name",
                             codings[i].call, codings[i].texts[k]),
                codings[i].error);
        }
    }
    RUN("for _, f in ipairs{encodeURIComponent, decodeURIComponent, btoa, atob,"
        " hex.encode, hex.decode, base64url.encode, base64url.decode} do for _,"
        " v in ipairs{{}, true, print} do local ok, e = pcall(f, v) if ok or "
        "e.name ~= 'TypeError' then return tostring(e) end end end return 'ok'",
        "ok");
    RUN("btoa()", "TypeError: btoa: the text must be a string, got no value");
    RUN("atob({})", "TypeError: atob: the text must be a string, got table");
    RUN("hex.decode()",
        "TypeError: hex.decode: the text must be a string, got no value");
    RUN("base64url.encode()",
        "TypeError: base64url.encode: the text must be a string, got no value");
    RUN("encodeURIComponent()",
        "TypeError: encodeURIComponent: the text must be a string, got no value");
    lua_close(L);
}

static void codings_take_all_bytes(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local all = {} for i = 0, 255 do all[i + 1] = string.char(i) end all "
        "= table.concat(all) for n = 0, 256 do local s = all:sub(1, n) for _, "
        "c in ipairs{{encodeURIComponent, decodeURIComponent}, {btoa, atob}, "
        "{base64url.encode, base64url.decode}, {hex.encode, hex.decode}} do if "
        "c[2](c[1](s)) ~= s then return n end end end return 'ok'",
        "ok");
    RUN("return encodeURIComponent('\xc3\xa9\xf0\x9f\x98\x80!\\'()*-._~\\0')"
        " .. encodeURIComponent(1.5)",
        "%C3%A9%F0%9F%98%80!'()*-._~%001.5");
    RUN("return decodeURIComponent('a+%2B%c3%A9') .. hex.encode("
        "decodeURIComponent('%FF'))",
        "a++\xc3\xa9"
        "ff");
    RUN("return atob('YR==') .. atob('') .. base64url.decode('YR') .. "
        "base64url.decode('')",
        "aa");
    RUN("return hex.decode('') .. hex.encode('')", "");
    lua_close(L);
}

static void text_codings(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("return encodeURIComponent('a b/\xc3\xa9~')", "a%20b%2F%C3%A9~");
    RUN("return decodeURIComponent('a%20b%2f')", "a b/");
    RUN("return decodeURIComponent('%zz')", "URIError: URI malformed");
    RUN("return btoa('a') .. btoa('ab') .. btoa('abc') .. btoa('')",
        "YQ==YWI=YWJj");
    RUN("return atob('YQ==') .. atob('YWI') .. atob(' YW Jj\\n')", "aababc");
    RUN("return atob('Y')", "InvalidCharacterError: Invalid base64 text");
    RUN("return atob('YQ=')", "InvalidCharacterError: Invalid base64 text");
    RUN("return base64url.encode('\\xfb\\xff') .. "
        "hex.encode(base64url.decode('-_8'))",
        "-_8fbff");
    RUN("return base64url.decode('+/8')", "TypeError: Invalid base64 text");
    RUN("return hex.encode('\\0\\xAB') .. hex.decode('4a4B')", "00abJK");
    RUN("return hex.decode('4')", "TypeError: Invalid hex text");
    RUN("return #crypto.randomUUID() .. #crypto.getRandomValues(5)", "365");
    RUN("return tostring(crypto.timingSafeEqual('a', 'a')) .. "
        "tostring(crypto.timingSafeEqual('a', 'b'))",
        "truefalse");
    RUN("return crypto.timingSafeEqual('a', 'ab')",
        "TypeError: Input buffers must have the same byte length");
    RUN("return Date.now()", "1700000000000");
    lua_close(L);
}

static const wfp_test_case_t cases[] = {
    { "url: parts", url_has_parts },
    { "url: setters", url_can_be_changed },
    { "url: setters take and refuse", setters_take_and_refuse },
    { "url: setters never move the host", setters_never_move_the_host },
    { "params: constructor", params_are_made_of },
    { "params: methods", params_methods },
    { "text: bad input", codings_refuse },
    { "text: all bytes", codings_take_all_bytes },
    { "params: follow their URL", params_follow_their_url },
    { "params: a list", params_are_a_list },
    { "text: codings", text_codings },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
