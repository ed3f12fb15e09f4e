/* SPDX-License-Identifier: Apache-2.0 */
/* json and JSON: strict in both directions. */
#include "tests/unit/wfp_test.h"

#include "tests/unit/api_state.h"

static void json_encodes_strictly(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("return json.encode({1, 2.0, 0.1, 'x', true, json.null})",
        "[1,2.0,0.1,\"x\",true,null]");
    RUN("return json.encode(math.mininteger) .. json.encode(1e300) .. "
        "json.encode(-0.0)",
        "-92233720368547758081e+300-0.0");
    RUN("return JSON.stringify('a\"\\\\\\n\\0\\127/\xc3\xa9')",
        "\"a\\\"\\\\\\n\\u0000\x7f/\xc3\xa9\"");
    RUN("return json.encode({}) .. json.encode(json.array{}) .. "
        "json.encode(json.decode('[]')) .. json.encode(json.decode('{}'))",
        "{}[][]{}");
    RUN("local t = json.decode('[1]') t[1] = nil return json.encode(t)", "[]");
    RUN("return json.encode({[3]='x'})", "{\"3\":\"x\"}");
    RUN("return json.encode(nil)", "null");
    RUN("return json.encode(0/0)", "TypeError: NaN cannot be encoded as JSON");
    RUN("return json.encode({1/0})",
        "TypeError: Infinity cannot be encoded as JSON");
    RUN("return json.encode({a=print})",
        "TypeError: function cannot be encoded as JSON");
    RUN("return json.encode(Headers.new())",
        "TypeError: Headers cannot be encoded as JSON");
    RUN("return json.encode({[true]=1})",
        "TypeError: a key that is no string cannot be encoded as JSON");
    RUN("local t = {} t.a = {t} return json.encode(t)",
        "TypeError: a cycle cannot be encoded as JSON");
    RUN("local t = {} return json.encode({t, t})", "[{},{}]");
    RUN("local t = 1 for i = 1, 200 do t = {t} end return #json.encode(t)",
        "401");
    RUN("local t = 1 for i = 1, 201 do t = {t} end return json.encode(t)",
        "TypeError: a table nested deeper than 200 cannot be encoded as JSON");
    RUN("return json.encode('\\xff')",
        "TypeError: invalid UTF-8 cannot be encoded as JSON");
    RUN("return json.encode(setmetatable({a=1}, {__index=error, "
        "__pairs=error, __len=error}))",
        "{\"a\":1}");
    RUN("return json.encode(URL.new('http://a/'))", "\"http://a/\"");
    lua_close(L);
}

static void json_decodes_strictly(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local v = json.decode(' {\"a\" : [ 1 , -2.5e1, true,null ] } ') "
        "return v.a[1] + v.a[2] .. tostring(v.a[4] == json.null)",
        "-24.0true");
    RUN("return math.type(json.decode('9223372036854775807')) .. "
        "math.type(json.decode('9223372036854775808')) .. "
        "math.type(json.decode('-9223372036854775808')) .. "
        "math.type(json.decode('1e0'))",
        "integerfloatintegerfloat");
    RUN("return json.decode('\"\\\\u00e9\\\\ud83d\\\\ude00\\\\n\\\\/\"')",
        "\xc3\xa9\xf0\x9f\x98\x80\n/");
    RUN("return json.decode('{\"a\":1,\"a\":2}').a", "2");
    RUN("return JSON.parse('3')", "3");
    RUN("return json.decode('')",
        "SyntaxError: Unexpected end in JSON at offset 0");
    RUN("local ok, e = pcall(json.decode, '[1, x]') return e.offset .. "
        "e.message",
        "4Unexpected character in JSON at offset 4");
    RUN("return json.decode('[1,]')",
        "SyntaxError: Unexpected character in JSON at offset 3");
    RUN("return json.decode('01')",
        "SyntaxError: Unexpected character in JSON at offset 1");
    RUN("return json.decode('1.')",
        "SyntaxError: Unexpected end in JSON at offset 2");
    RUN("return json.decode('nul')",
        "SyntaxError: Unexpected end in JSON at offset 3");
    RUN("return json.decode('\"a')",
        "SyntaxError: Unterminated string in JSON at offset 2");
    RUN("return json.decode('\"\\n\"')",
        "SyntaxError: Control character in a string in JSON at offset 1");
    RUN("return json.decode('\"\\\\ud800\"')",
        "SyntaxError: Lone surrogate in JSON at offset 1");
    RUN("return json.decode('\"\\xc0\\x80\"')",
        "SyntaxError: Invalid UTF-8 in JSON at offset 1");
    RUN("return json.decode('\"\\xed\\xa0\\x80\"')",
        "SyntaxError: Invalid UTF-8 in JSON at offset 1");
    RUN("return json.decode('1e999')",
        "SyntaxError: Number out of range in JSON at offset 0");
    RUN("return json.decode('[] []')",
        "SyntaxError: Unexpected character in JSON at offset 3");
    RUN("return json.decode('{a:1}')",
        "SyntaxError: Unexpected character in JSON at offset 1");
    RUN("return #json.decode(('['):rep(200) .. (']'):rep(200))", "1");
    RUN("return json.decode(('['):rep(201))",
        "SyntaxError: Nesting deeper than 200 in JSON at offset 200");
    RUN("return json.decode({})",
        "TypeError: json.decode: the text must be a string, got table");
    lua_close(L);
}

static void json_round_trips(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("for i = 1, 2000 do local n = (i * 7919 % 1000003) / 997 "
        "if json.decode(json.encode(n)) ~= n then return n end end return "
        "'ok'",
        "ok");
    RUN("local s = {} for i = 0, 127 do s[#s + 1] = string.char(i) end s = "
        "table.concat(s):rep(50) return tostring(json.decode(json.encode(s)) "
        "== s)",
        "true");
    RUN("return tostring(json.null) .. type(json.null)", "nulluserdata");
    RUN("return json.array(setmetatable({}, {}))",
        "TypeError: json.array: the table has a metatable");
    RUN("return json.encode(json.array{a=1})",
        "TypeError: an array with other keys cannot be encoded as JSON");
    lua_close(L);
}

static const wfp_test_case_t cases[] = {
    { "json: encodes strictly", json_encodes_strictly },
    { "json: decodes strictly", json_decodes_strictly },
    { "json: round trips", json_round_trips },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
