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

static void globals_that_come_later_are_absent(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("for _, n in ipairs{'parallel', 'HTMLRewriter', 'xml', "
        "'caches', 'AbortController', 'AbortSignal'} do if _G[n] ~= nil then "
        "return n end end return tostring(crypto.subtle)",
        "nil");
    lua_close(L);
}

static const wfp_test_case_t cases[] = {
    { "url: parts", url_has_parts },
    { "url: setters", url_can_be_changed },
    { "params: follow their URL", params_follow_their_url },
    { "params: a list", params_are_a_list },
    { "text: codings", text_codings },
    { "globals: absent ones", globals_that_come_later_are_absent },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
