/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.decode against the classes of texts that public collections of JSON
 * cases know: what must be taken and what it means, what must be refused and
 * where, and what a reader may decide (docs/worker-api/json.md says what).
 */
#include "tests/unit/wfp_test.h"

#include "tests/unit/api_state.h"

#define BYTES(s) s, sizeof(s) - 1

static const struct {
    const char *name, *text;
    apr_size_t n;
    const char *again;
} taken[] = {
    { "array, empty", BYTES("[]"), "[]" },
    { "array, blanks in it", BYTES("[ \x09\x0d\x0a]"), "[]" },
    { "array of arrays", BYTES("[[],[[]]]"), "[[],[[]]]" },
    { "array, of all kinds", BYTES("[null,1,\"1\",{}]"), "[null,1,\"1\",{}]" },
    { "array, nulls behind", BYTES("[1,null,null]"), "[1,null,null]" },
    { "array, ends in a string", BYTES("[\"a\"]"), "[\"a\"]" },
    { "false", BYTES("[false]"), "[false]" },
    { "array, blank before", BYTES(" [1]"), "[1]" },
    { "array, newlines",
      BYTES("[1\x0a,\x0d\x0a"
            "2]"),
      "[1,2]" },
    { "object, empty", BYTES("{}"), "{}" },
    { "object, one", BYTES("{\"a\":1}"), "{\"a\":1}" },
    { "object, empty key", BYTES("{\"\":0}"), "{\"\":0}" },
    { "object, NUL in a key", BYTES("{\"a\\u0000b\":1}"), "{\"a\\u0000b\":1}" },
    { "object, double key", BYTES("{\"a\":1,\"a\":2}"), "{\"a\":2}" },
    { "object, same pair twice", BYTES("{\"a\":1,\"a\":1}"), "{\"a\":1}" },
    { "object, blanks", BYTES("{ \"a\" : { } }"), "{\"a\":{}}" },
    { "object, newlines", BYTES("{\x0a\"a\":1\x0a}"), "{\"a\":1}" },
    { "object, escaped key", BYTES("{\"\\u0061\":1}"), "{\"a\":1}" },
    { "object, long key",
      BYTES(
          "{\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\":1}"),
      "{\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\":1}" },
    { "object, bad characters as keys", BYTES("{\"__index\":1}"),
      "{\"__index\":1}" },
    { "number, 0", BYTES("0"), "0" },
    { "number, -0", BYTES("-0"), "0" },
    { "number, -0.0", BYTES("-0.0"), "-0.0" },
    { "number, integer", BYTES("123"), "123" },
    { "number, negative", BYTES("-123"), "-123" },
    { "number, fraction", BYTES("1.5"), "1.5" },
    { "number, 0e1", BYTES("0e1"), "0.0" },
    { "number, 0E+2", BYTES("0E+2"), "0.0" },
    { "number, exponent", BYTES("1e2"), "100.0" },
    { "number, exponent +", BYTES("1e+2"), "100.0" },
    { "number, exponent -", BYTES("1e-2"), "0.01" },
    { "number, exponent, capital", BYTES("1E22"), "1e+22" },
    { "number, fraction and exponent", BYTES("123.456e78"), "1.23456e+80" },
    { "number, close to zero", BYTES("-0.000000000000000000000000000001"),
      "-1e-30" },
    { "number, leading zeros of an exponent", BYTES("1e0002"), "100.0" },
    { "number, 2^53", BYTES("9007199254740992"), "9007199254740992" },
    { "number, 2^53 + 1", BYTES("9007199254740993"), "9007199254740993" },
    { "number, largest integer", BYTES("9223372036854775807"),
      "9223372036854775807" },
    { "number, smallest integer", BYTES("-9223372036854775808"),
      "-9223372036854775808" },
    { "number, largest integer + 1", BYTES("9223372036854775808"),
      "9.223372036854776e+18" },
    { "number, smallest integer - 1", BYTES("-9223372036854775809"),
      "-9.223372036854776e+18" },
    { "number, integer of 30 digits", BYTES("123456789012345678901234567890"),
      "1.2345678901234568e+29" },
    { "number, integer with fraction 0", BYTES("1.0"), "1.0" },
    { "number, 10 zeros", BYTES("10000000000"), "10000000000" },
    { "number, largest double", BYTES("1.7976931348623157e308"),
      "1.7976931348623157e+308" },
    { "number, smallest double", BYTES("5e-324"), "4.94065645841247e-324" },
    { "number, many digits",
      BYTES(
          "0.3333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333"),
      "0.3333333333333333" },
    { "number, 80 digits before the point",
      BYTES(
          "100000000000000000000000000000000000000000000000000000000000000000000000000000000"),
      "1e+80" },
    { "string, empty", BYTES("\"\""), "\"\"" },
    { "string, ascii", BYTES("\"asd \""), "\"asd \"" },
    { "string, all escapes", BYTES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
      "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
    { "string, \\u of ASCII", BYTES("\"\\u0041\""), "\"A\"" },
    { "string, \\u either case", BYTES("\"\\u00e9\\u00E9\""),
      "\"\xc3\xa9\xc3\xa9\"" },
    { "string, \\u of 3 bytes", BYTES("\"\\u20ac\""), "\"\xe2\x82\xac\"" },
    { "string, pair of surrogates", BYTES("\"\\ud834\\udd1e\""),
      "\"\xf0\x9d\x84\x9e\"" },
    { "string, last pair", BYTES("\"\\uDBFF\\uDFFF\""),
      "\"\xf4\x8f\xbf\xbf\"" },
    { "string, first pair", BYTES("\"\\ud800\\udc00\""),
      "\"\xf0\x90\x80\x80\"" },
    { "string, NUL escaped", BYTES("\"\\u0000\""), "\"\\u0000\"" },
    { "string, escaped backslash and u", BYTES("\"\\\\u0041\""),
      "\"\\\\u0041\"" },
    { "string, two escapes", BYTES("\"\\\\n\""), "\"\\\\n\"" },
    { "string, DEL", BYTES("\"\x7f\""), "\"\x7f\"" },
    { "string, comment", BYTES("\"a/*b*/c//d\""), "\"a/*b*/c//d\"" },
    { "string, noncharacter", BYTES("\"\\uffff\""), "\"\xef\xbf\xbf\"" },
    { "string, noncharacter raw", BYTES("\"\xf4\x8f\xbf\xbf\""),
      "\"\xf4\x8f\xbf\xbf\"" },
    { "string, U+2028", BYTES("\"\xe2\x80\xa8\""), "\"\xe2\x80\xa8\"" },
    { "string, UTF-8 of 2, 3, 4 bytes",
      BYTES("\"\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e\""),
      "\"\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e\"" },
    { "string, first of each length",
      BYTES("\"\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80\""),
      "\"\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80\"" },
    { "string, around the surrogates", BYTES("\"\xed\x9f\xbf\xee\x80\x80\""),
      "\"\xed\x9f\xbf\xee\x80\x80\"" },
    { "string, BOM inside", BYTES("\"\xef\xbb\xbf\""), "\"\xef\xbb\xbf\"" },
    { "string, quote escaped at the end", BYTES("\"a\\\"\""), "\"a\\\"\"" },
    { "lonely true", BYTES("true"), "true" },
    { "lonely false", BYTES("false"), "false" },
    { "lonely null", BYTES("null"), "null" },
    { "lonely string", BYTES("\"a\""), "\"a\"" },
    { "lonely integer", BYTES("42"), "42" },
    { "blanks around",
      BYTES(" \x09\x0a\x0d"
            "7\x0d\x0a\x09 "),
      "7" },
    { "number, tiny exponent", BYTES("1e-9999"), "0.0" },
    { "number, tiny negative", BYTES("-1e-400"), "-0.0" },
    { "number, huge exponent of zero", BYTES("0e99999999999999999999"), "0.0" },
};

static const struct {
    const char *name, *text;
    apr_size_t n;
    int offset;
    const char *error;
} refused[] = {
    { "nothing", BYTES(""), 0, "Unexpected end" },
    { "a blank", BYTES(" "), 1, "Unexpected end" },
    { "newline", BYTES("\x0a"), 1, "Unexpected end" },
    { "BOM", BYTES("\xef\xbb\xbf"), 0, "Unexpected character" },
    { "BOM before a value", BYTES("\xef\xbb\xbf{}"), 0,
      "Unexpected character" },
    { "half a BOM", BYTES("\xef\xbb[]"), 0, "Unexpected character" },
    { "UTF-16, little", BYTES("\xff\xfe[\x00]\x00"), 0,
      "Unexpected character" },
    { "UTF-16, big", BYTES("\xfe\xff\x00[\x00]"), 0, "Unexpected character" },
    { "UTF-16, no BOM", BYTES("\x00[\x00]"), 0, "Unexpected character" },
    { "NUL", BYTES("\x00"), 0, "Unexpected character" },
    { "NUL behind", BYTES("[]\x00"), 2, "Unexpected character" },
    { "NUL inside", BYTES("[\x00]"), 1, "Unexpected character" },
    { "form feed", BYTES("[\x0c]"), 1, "Unexpected character" },
    { "vertical tab", BYTES("[\x0b]"), 1, "Unexpected character" },
    { "no-break space", BYTES("[\xc2\xa0]"), 1, "Unexpected character" },
    { "U+2060", BYTES("[\xe2\x81\xa0]"), 1, "Unexpected character" },
    { "single byte", BYTES("\xe5"), 0, "Unexpected character" },
    { "comment", BYTES("[1]/**/"), 3, "Unexpected character" },
    { "comment before", BYTES("/**/[1]"), 0, "Unexpected character" },
    { "line comment", BYTES("[1]//"), 3, "Unexpected character" },
    { "hash comment", BYTES("#[]"), 0, "Unexpected character" },
    { "two values", BYTES("1 2"), 2, "Unexpected character" },
    { "comma behind", BYTES("[],"), 2, "Unexpected character" },
    { "second array", BYTES("[][]"), 2, "Unexpected character" },
    { "bracket behind", BYTES("[]]"), 2, "Unexpected character" },
    { "brace behind", BYTES("{}}"), 2, "Unexpected character" },
    { "text behind", BYTES("{}x"), 2, "Unexpected character" },
    { "capital True", BYTES("True"), 0, "Unexpected character" },
    { "capital NULL", BYTES("NULL"), 0, "Unexpected character" },
    { "nul", BYTES("nul"), 3, "Unexpected end" },
    { "nulll", BYTES("nulll"), 4, "Unexpected character" },
    { "truth", BYTES("truth"), 3, "Unexpected character" },
    { "tru", BYTES("[tru"), 4, "Unexpected end" },
    { "fals]", BYTES("[fals]"), 5, "Unexpected character" },
    { "undefined", BYTES("undefined"), 0, "Unexpected character" },
    { "a word", BYTES("abc"), 0, "Unexpected character" },
    { "single quotes", BYTES("'a'"), 0, "Unexpected character" },
    { "backquotes", BYTES("`a`"), 0, "Unexpected character" },
    { "[", BYTES("["), 1, "Unexpected end" },
    { "[1", BYTES("[1"), 2, "Unexpected end" },
    { "[1,", BYTES("[1,"), 3, "Unexpected end" },
    { "[,", BYTES("[,"), 1, "Unexpected character" },
    { "[,1]", BYTES("[,1]"), 1, "Unexpected character" },
    { "[1,]", BYTES("[1,]"), 3, "Unexpected character" },
    { "[1,,2]", BYTES("[1,,2]"), 3, "Unexpected character" },
    { "[1,,]", BYTES("[1,,]"), 3, "Unexpected character" },
    { "[ , ]", BYTES("[ , ]"), 2, "Unexpected character" },
    { "[1 2]", BYTES("[1 2]"), 3, "Unexpected character" },
    { "[1:2]", BYTES("[1:2]"), 2, "Unexpected character" },
    { "[\"a\":1]", BYTES("[\"a\":1]"), 4, "Unexpected character" },
    { "[}", BYTES("[}"), 1, "Unexpected character" },
    { "]", BYTES("]"), 0, "Unexpected character" },
    { "[x", BYTES("[x"), 1, "Unexpected character" },
    { "[[1]", BYTES("[[1]"), 4, "Unexpected end" },
    { "[*]", BYTES("[*]"), 1, "Unexpected character" },
    { "[(1)]", BYTES("[(1)]"), 1, "Unexpected character" },
    { "[\"a\",", BYTES("[\"a\","), 5, "Unexpected end" },
    { "[\"a", BYTES("[\"a"), 3, "Unterminated string" },
    { "{", BYTES("{"), 1, "Unexpected end" },
    { "{]", BYTES("{]"), 1, "Unexpected character" },
    { "{,", BYTES("{,"), 1, "Unexpected character" },
    { "{\"a\"", BYTES("{\"a\""), 4, "Unexpected end" },
    { "{\"a\":", BYTES("{\"a\":"), 5, "Unexpected end" },
    { "{\"a\":1", BYTES("{\"a\":1"), 6, "Unexpected end" },
    { "{\"a\":1,", BYTES("{\"a\":1,"), 7, "Unexpected end" },
    { "{\"a\":1,}", BYTES("{\"a\":1,}"), 7, "Unexpected character" },
    { "{\"a\":1,,}", BYTES("{\"a\":1,,}"), 7, "Unexpected character" },
    { "{\"a\" 1}", BYTES("{\"a\" 1}"), 5, "Unexpected character" },
    { "{\"a\",1}", BYTES("{\"a\",1}"), 4, "Unexpected character" },
    { "{\"a\"::1}", BYTES("{\"a\"::1}"), 5, "Unexpected character" },
    { "{\"a\":1 \"b\":2}", BYTES("{\"a\":1 \"b\":2}"), 7,
      "Unexpected character" },
    { "{a:1}", BYTES("{a:1}"), 1, "Unexpected character" },
    { "{'a':1}", BYTES("{'a':1}"), 1, "Unexpected character" },
    { "{1:1}", BYTES("{1:1}"), 1, "Unexpected character" },
    { "{null:1}", BYTES("{null:1}"), 1, "Unexpected character" },
    { "{[]:1}", BYTES("{[]:1}"), 1, "Unexpected character" },
    { "{:1}", BYTES("{:1}"), 1, "Unexpected character" },
    { "{\"a\":}", BYTES("{\"a\":}"), 5, "Unexpected character" },
    { "{\"a\":1]", BYTES("{\"a\":1]"), 6, "Unexpected character" },
    { "{{}}", BYTES("{{}}"), 1, "Unexpected character" },
    { "{\"a\":1;}", BYTES("{\"a\":1;}"), 6, "Unexpected character" },
    { "}", BYTES("}"), 0, "Unexpected character" },
    { "key not ended", BYTES("{\"a"), 3, "Unterminated string" },
    { "number +1", BYTES("+1"), 0, "Unexpected character" },
    { "number ++1", BYTES("++1"), 0, "Unexpected character" },
    { "number 01", BYTES("01"), 1, "Unexpected character" },
    { "number 00", BYTES("00"), 1, "Unexpected character" },
    { "number -01", BYTES("-01"), 2, "Unexpected character" },
    { "number -", BYTES("-"), 1, "Unexpected end" },
    { "number --1", BYTES("--1"), 1, "Unexpected character" },
    { "number - 1", BYTES("- 1"), 1, "Unexpected character" },
    { "number -a", BYTES("-a"), 1, "Unexpected character" },
    { "number -.1", BYTES("-.1"), 1, "Unexpected character" },
    { "number .1", BYTES(".1"), 0, "Unexpected character" },
    { "number 1.", BYTES("1."), 2, "Unexpected end" },
    { "number [1.]", BYTES("[1.]"), 3, "Unexpected character" },
    { "number 1.e1", BYTES("1.e1"), 2, "Unexpected character" },
    { "number 1..2", BYTES("1..2"), 2, "Unexpected character" },
    { "number 1.2.3", BYTES("1.2.3"), 3, "Unexpected character" },
    { "number 1e", BYTES("1e"), 2, "Unexpected end" },
    { "number 1e+", BYTES("1e+"), 3, "Unexpected end" },
    { "number 1eE2", BYTES("1eE2"), 2, "Unexpected character" },
    { "number 1e1.5", BYTES("1e1.5"), 3, "Unexpected character" },
    { "number 1e1e1", BYTES("1e1e1"), 3, "Unexpected character" },
    { "number 0e", BYTES("0e"), 2, "Unexpected end" },
    { "number 0e+", BYTES("0e+"), 3, "Unexpected end" },
    { "number 1 000", BYTES("1 000.0"), 2, "Unexpected character" },
    { "number 1_000", BYTES("1_000"), 1, "Unexpected character" },
    { "number 1,5 alone", BYTES("1,5"), 1, "Unexpected character" },
    { "number 0x1", BYTES("0x1"), 1, "Unexpected character" },
    { "number 0x", BYTES("0x"), 1, "Unexpected character" },
    { "number 1a", BYTES("1a"), 1, "Unexpected character" },
    { "number Inf", BYTES("Inf"), 0, "Unexpected character" },
    { "number Infinity", BYTES("Infinity"), 0, "Unexpected character" },
    { "number -Infinity", BYTES("-Infinity"), 1, "Unexpected character" },
    { "number NaN", BYTES("NaN"), 0, "Unexpected character" },
    { "number -NaN", BYTES("-NaN"), 1, "Unexpected character" },
    { "number, wide digit", BYTES("\xef\xbc\x91"), 0, "Unexpected character" },
    { "number with NUL", BYTES("1\x00"), 1, "Unexpected character" },
    { "number, minus and bracket", BYTES("[-]"), 2, "Unexpected character" },
    { "number 1-2", BYTES("1-2"), 1, "Unexpected character" },
    { "string not ended", BYTES("\"a"), 2, "Unterminated string" },
    { "string, one quote", BYTES("\""), 1, "Unterminated string" },
    { "string, escaped end", BYTES("\"\\\""), 3, "Unterminated string" },
    { "string, backslash alone", BYTES("\"\\"), 2, "Unexpected end" },
    { "string, bad escape", BYTES("\"\\a\""), 2, "Unexpected character" },
    { "string, \\x", BYTES("\"\\x00\""), 2, "Unexpected character" },
    { "string, \\'", BYTES("\"\\'\""), 2, "Unexpected character" },
    { "string, escaped NUL", BYTES("\"\\\x00\""), 2, "Unexpected character" },
    { "string, escaped tab", BYTES("\"\\\x09\""), 2, "Unexpected character" },
    { "string, escaped newline", BYTES("\"\\\x0a\""), 2,
      "Unexpected character" },
    { "string, escaped byte", BYTES("\"\\\xe9\""), 2, "Unexpected character" },
    { "string, \\u", BYTES("\"\\u\""), 3, "Unexpected character" },
    { "string, \\u1", BYTES("\"\\u1\""), 4, "Unexpected character" },
    { "string, \\u12", BYTES("\"\\u12\""), 5, "Unexpected character" },
    { "string, \\u123", BYTES("\"\\u123\""), 6, "Unexpected character" },
    { "string, \\u12g4", BYTES("\"\\u12g4\""), 5, "Unexpected character" },
    { "string, \\U", BYTES("\"\\U0041\""), 2, "Unexpected character" },
    { "string, \\u and sign", BYTES("\"\\u+041\""), 3, "Unexpected character" },
    { "string, \\u and blank", BYTES("\"\\u 041\""), 3,
      "Unexpected character" },
    { "string, tab", BYTES("\"\x09\""), 1, "Control character in a string" },
    { "string, newline",
      BYTES("\"a\x0a"
            "b\""),
      2, "Control character in a string" },
    { "string, CR", BYTES("\"\x0d\""), 1, "Control character in a string" },
    { "string, NUL", BYTES("\"\x00\""), 1, "Control character in a string" },
    { "string, U+001F", BYTES("\"\x1f\""), 1, "Control character in a string" },
    { "surrogate, high alone", BYTES("\"\\ud800\""), 1, "Lone surrogate" },
    { "surrogate, high then text", BYTES("\"\\ud800abc\""), 1,
      "Lone surrogate" },
    { "surrogate, high then newline", BYTES("\"\\ud800\\n\""), 1,
      "Lone surrogate" },
    { "surrogate, high then \\u0041", BYTES("\"\\ud800\\u0041\""), 1,
      "Lone surrogate" },
    { "surrogate, two high", BYTES("\"\\ud800\\ud800\""), 1, "Lone surrogate" },
    { "surrogate, two high then low", BYTES("\"\\ud800\\ud800\\udc00\""), 1,
      "Lone surrogate" },
    { "surrogate, low alone", BYTES("\"\\udc00\""), 1, "Lone surrogate" },
    { "surrogate, swapped", BYTES("\"\\udd1e\\ud834\""), 1, "Lone surrogate" },
    { "surrogate, half an escape", BYTES("\"\\ud800\\u\""), 9,
      "Unexpected character" },
    { "surrogate, half an escape 2", BYTES("\"\\ud800\\u1\""), 10,
      "Unexpected character" },
    { "surrogate, end behind", BYTES("\"\\ud800\\"), 1, "Lone surrogate" },
    { "UTF-8, lone continuation", BYTES("\"\x80\""), 1, "Invalid UTF-8" },
    { "UTF-8, cut 2", BYTES("\"\xc3\""), 1, "Invalid UTF-8" },
    { "UTF-8, cut 3", BYTES("\"\xe2\x82\""), 1, "Invalid UTF-8" },
    { "UTF-8, cut 4", BYTES("\"\xf0\x9d\x84\""), 1, "Invalid UTF-8" },
    { "UTF-8, overlong 2", BYTES("\"\xc0\xaf\""), 1, "Invalid UTF-8" },
    { "UTF-8, overlong 3", BYTES("\"\xe0\x80\xaf\""), 1, "Invalid UTF-8" },
    { "UTF-8, overlong 4", BYTES("\"\xf0\x80\x80\xaf\""), 1, "Invalid UTF-8" },
    { "UTF-8, overlong NUL", BYTES("\"\xc0\x80\""), 1, "Invalid UTF-8" },
    { "UTF-8, surrogate", BYTES("\"\xed\xa0\x80\""), 1, "Invalid UTF-8" },
    { "UTF-8, over U+10FFFF", BYTES("\"\xf4\x90\x80\x80\""), 1,
      "Invalid UTF-8" },
    { "UTF-8, five bytes", BYTES("\"\xf8\x88\x80\x80\x80\""), 1,
      "Invalid UTF-8" },
    { "UTF-8, FF", BYTES("\"\xff\""), 1, "Invalid UTF-8" },
    { "UTF-8, Latin-1", BYTES("\"\xe9\""), 1, "Invalid UTF-8" },
    { "UTF-8, bad behind good", BYTES("\"\xc3\xa9\xc3\""), 3, "Invalid UTF-8" },
    { "UTF-8, in a key", BYTES("{\"\xff\":1}"), 2, "Invalid UTF-8" },
    { "UTF-8, outside", BYTES("[\xff]"), 1, "Unexpected character" },
    { "UTF-8, at the end", BYTES("\"a\xc3"), 2, "Invalid UTF-8" },
    { "number, huge exponent", BYTES("[1e9999]"), 1, "Number out of range" },
    { "number, huge negative", BYTES("-1e+9999"), 0, "Number out of range" },
    { "number, huge integer",
      BYTES(
          "10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"),
      0, "Number out of range" },
};

/* Texts whose value a reader may choose: here they are numbers as strtod gives
 * them. */
static const struct {
    const char *text, *again;
} chosen[] = {
    { "1e-9999", "0.0" },
    { "-1e-400", "-0.0" },
    { "0e99999999999999999999", "0.0" },
    { "9223372036854775808", "9.223372036854776e+18" },
    { "18446744073709551616", "1.8446744073709552e+19" },
};

/* Decode n bytes; the JSON text of the value, or "error@offset". */
static const char *decode(lua_State *L, const char *text, apr_size_t n)
{
    lua_pushlstring(L, text, n);
    lua_setglobal(L, "text");
    return api_state_run(
        L, "local ok, v = pcall(json.decode, text) if ok then return "
           "json.encode(v) end assert(v.name == 'SyntaxError') local what = "
           "v.message:match('^(.*) in JSON at offset ' .. v.offset .. '$') "
           "return what .. '@' .. v.offset");
}

static void texts_are_taken(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);
    apr_size_t i;

    for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        const char *got = decode(L, taken[i].text, taken[i].n);

        if (strcmp(got, taken[i].again) != 0) {
            printf("# %s\n", taken[i].name);
        }
        CHECK_STR(got, taken[i].again);
    }
    lua_close(L);
}

static void texts_are_refused(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);
    apr_size_t i;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        const char *got = decode(L, refused[i].text, refused[i].n);
        const char *want = apr_psprintf(t->pool, "%s@%d", refused[i].error,
                                        refused[i].offset);

        if (strcmp(got, want) != 0) {
            printf("# %s\n", refused[i].name);
        }
        CHECK_STR(got, want);
    }
    lua_close(L);
}

static void texts_are_decided(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);
    apr_size_t i;

    for (i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++) {
        CHECK_STR(decode(L, chosen[i].text, strlen(chosen[i].text)),
                  chosen[i].again);
    }
    lua_close(L);
}

/* A text cut anywhere, or with a byte put anywhere, never does more than fail
 * within the text. */
static void cut_texts_fail_inside(wfp_test_t *t)
{
    static const char whole[] = "{\"a\":[1,-2.5e3,true,null,\"x\\ud834\\udd1e"
                                "\\n\"],\"b\":{\"\":false}}";
    lua_State *L = api_state_new(t->pool);

    lua_pushstring(L, whole);
    lua_setglobal(L, "whole");
    RUN("json.decode(whole) for n = 0, #whole - 1 do local ok, e = "
        "pcall(json.decode, whole:sub(1, n)) if ok or e.offset > n then return "
        "n end end return 'ok'",
        "ok");
    RUN("for n = 0, #whole do for _, c in ipairs{'\\0', '\\xff', '#'} do local "
        "ok, e = pcall(json.decode, whole:sub(1, n) .. c .. whole:sub(n + 1)) "
        "if (not ok and (e.offset < n - 11 or e.offset > n + 1)) then return n "
        ".. e.message end end end return 'ok'",
        "ok");
    lua_close(L);
}

static void depth_is_bounded(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("return #json.decode(('['):rep(200) .. (']'):rep(200))", "1");
    RUN("return type(json.decode(('{\"a\":'):rep(200) .. '1' .. "
        "('}'):rep(200)))",
        "table");
    RUN("return json.decode(('['):rep(201))",
        "SyntaxError: Nesting deeper than 200 in JSON at offset 200");
    RUN("return json.decode(('{\"a\":'):rep(201))",
        "SyntaxError: Nesting deeper than 200 in JSON at offset 1000");
    RUN("return json.decode(('['):rep(1000000))",
        "SyntaxError: Nesting deeper than 200 in JSON at offset 200");
    RUN("return json.decode(('[{\"\":'):rep(100000))",
        "SyntaxError: Nesting deeper than 200 in JSON at offset 500");
    RUN("return json.decode('[' .. ('[],'):rep(1000) .. '[]]')[1001] ~= nil "
        "and 'wide'",
        "wide");
    lua_close(L);
}

static void types_are_kept(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local o = {} for _, s in ipairs{'1', '-0', '9007199254740993', "
        "'9223372036854775807', '-9223372036854775808', "
        "'9223372036854775808', '-9223372036854775809', '1.0', '1e0', '-0.0'} "
        "do o[#o + 1] = math.type(json.decode(s)):sub(1, 1) end return "
        "table.concat(o)",
        "iiiiifffff");
    RUN("return tostring(json.decode('9007199254740993') == 9007199254740993) "
        ".. tostring(json.decode('9223372036854775807') == math.maxinteger) .. "
        "tostring(json.decode('-9223372036854775808') == math.mininteger)",
        "truetruetrue");
    RUN("return json.encode(json.decode('[[],{},[{}],{\"a\":[]}]'))",
        "[[],{},[{}],{\"a\":[]}]");
    RUN("local v = json.decode('[null]') return #v .. tostring(v[1] == "
        "json.null) .. tostring(JSON.null == json.null)",
        "1truetrue");
    RUN("return json.decode('{\"a\":null}').a == nil and 'lost' or 'kept'",
        "kept");
    RUN("return tostring(getmetatable(json.decode('[]')))", "false");
    lua_close(L);
}

static void values_are_encoded(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

#define ENCODES(value, want) RUN("return json.encode(" value ")", want)
    ENCODES("", "null");
    ENCODES("json.null", "null");
    ENCODES("{1, 2, 3}", "[1,2,3]");
    ENCODES("{[1] = 'a', [2] = 'b'}", "[\"a\",\"b\"]");
    ENCODES("{[2] = 'b'}", "{\"2\":\"b\"}");
    ENCODES("{[1.5] = 1}", "{\"1.5\":1}");
    ENCODES("{[-1] = 1}", "{\"-1\":1}");
    ENCODES("{[0] = 1}", "{\"0\":1}");
    ENCODES("{[2^53] = 1}", "{\"9007199254740992\":1}");
    ENCODES("json.array{1, nil, 3}", "[1,null,3]");
    ENCODES("json.array()", "[]");
    ENCODES("{json.null, {}}", "[null,{}]");
    ENCODES("'\\0\\31\\127 / \\\\ \"'", "\"\\u0000\\u001f\x7f / \\\\ \\\"\"");
    ENCODES("'\\b\\f\\n\\r\\t'", "\"\\b\\f\\n\\r\\t\"");
    ENCODES("math.maxinteger", "9223372036854775807");
    ENCODES("math.mininteger", "-9223372036854775808");
    ENCODES("1e15", "1e+15");
    ENCODES("100.0", "100.0");
    ENCODES("0.1 + 0.2", "0.30000000000000004");
    ENCODES("2^63", "9.223372036854776e+18");
    ENCODES("-0.0", "-0.0");
    ENCODES("{true, false}", "[true,false]");
    RUN("local t = json.decode(json.encode{1, 2, x = 3}) return t['1'] + "
        "t['2'] + t.x",
        "6");
    RUN("local t = json.decode(json.encode{1, nil, 3}) return t['1'] + t['3']",
        "4");
    RUN("local a = {1} return json.encode{a, a, {a}}", "[[1],[1],[[1]]]");
    RUN("return JSON.stringify{1} .. json.encode(JSON.array{}) .. "
        "JSON.parse('[2]')[1]",
        "[1][]2");
    RUN("return json.encode(env.SETTINGS) == json.encode(json.decode("
        "json.encode(env.SETTINGS))) and 'view'",
        "view");
    RUN("return json.encode(setmetatable({x = 1}, {__pairs = error, __index = "
        "error, __len = error, __name = 'X', __tostring = error}))",
        "{\"x\":1}");
#undef ENCODES
    lua_close(L);
}

static void values_are_refused(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

#define REFUSES(value, what)                                                   \
    RUN("return json.encode(" value ")",                                       \
        "TypeError: " what " cannot be encoded as JSON")
    REFUSES("0/0", "NaN");
    REFUSES("{-(0/0)}", "NaN");
    REFUSES("{a = math.huge}", "Infinity");
    REFUSES("-math.huge", "Infinity");
    REFUSES("{[math.huge] = 1}", "Infinity");
    REFUSES("print", "function");
    REFUSES("{json.encode}", "function");
    REFUSES("coroutine.create(print)", "thread");
    REFUSES("{Headers.new()}", "Headers");
    REFUSES("request", "Request");
    REFUSES("{[true] = 1}", "a key that is no string");
    REFUSES("{[{}] = 1}", "a key that is no string");
    REFUSES("{[print] = 1}", "a key that is no string");
    REFUSES("{[json.null] = 1}", "a key that is no string");
    REFUSES("{[1] = 'a', ['1'] = 'b', c = 1}", "a key that stands twice");
    REFUSES("{['2'] = 'a', [2] = 'b'}", "a key that stands twice");
    REFUSES("json.array{1, x = 2}", "an array with other keys");
    REFUSES("json.array{[3] = 1}", "an array with other keys");
    REFUSES("'\\xff'", "invalid UTF-8");
    REFUSES("{['\\xc0\\x80'] = 1}", "invalid UTF-8");
    REFUSES("'\\xed\\xa0\\x80'", "invalid UTF-8");
    REFUSES("'a\\xe2\\x82'", "invalid UTF-8");
#undef REFUSES
#define CYCLE(code) RUN(code, "TypeError: a cycle cannot be encoded as JSON")
    CYCLE("local t = {} t[1] = t return json.encode(t)");
    CYCLE("local t = {} t.a = {b = {t}} return json.encode(t)");
    CYCLE("local a, b = {}, {} a.b = b b.a = a return json.encode(a)");
    CYCLE("local t = json.array{} t[1] = {x = t} return json.encode(t)");
#undef CYCLE
    RUN("return json.array(7)",
        "TypeError: json.array: the argument must be a table, got number");
    RUN("return JSON.parse()",
        "TypeError: json.decode: the text must be a string, got no value");
    lua_close(L);
}

/* make(depth) gives a value of any kind; same(a, b) compares by type. */
static const char round_trip[] =
    "local seed = 7 "
    "local function rnd(n) seed = (seed * 1103515245 + 12345) % 2147483648 "
    "  return seed // 65536 % n end "
    "local make "
    "local kinds = { "
    "  function() return rnd(2) == 1 end, "
    "  function() return (rnd(32768) - 16384) << rnd(50) end, "
    "  function() return rnd(32768) / 7.0 * 10.0 ^ (rnd(600) - 300) end, "
    "  function() return json.null end, "
    "  function() local s = {} for i = 1, rnd(9) do s[i] = utf8.char("
    "    ({rnd(128), rnd(2048), 0xe000 + rnd(4096), 0x10000 + rnd(32768)})"
    "    [rnd(4) + 1]) end return table.concat(s) end, "
    "  function(d) local t = json.array{} for i = 1, rnd(5) do "
    "    t[i] = make(d + 1) end return t end, "
    "  function(d) local t = {} for i = 1, rnd(5) do "
    "    t['k' .. rnd(99)] = make(d + 1) end return t end, "
    "} "
    "function make(d) return kinds[rnd(d > 5 and 5 or 7) + 1](d) end "
    "local function same(a, b) "
    "  if type(a) ~= 'table' or type(b) ~= 'table' then "
    "    return a == b and math.type(a) == math.type(b) end "
    "  for k, v in pairs(a) do if not same(v, b[k]) then return false end end "
    "  for k in pairs(b) do if a[k] == nil then return false end end "
    "  return true end "
    "for i = 1, 2000 do local v = make(0) "
    "  if not same(v, json.decode(json.encode(v))) then "
    "    return json.encode(v) end end "
    "return 'ok'";

static void values_come_back(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN(round_trip, "ok");
    lua_close(L);
}

static const wfp_test_case_t cases[] = {
    { "json: texts that are taken", texts_are_taken },
    { "json: texts that are refused", texts_are_refused },
    { "json: texts that are decided", texts_are_decided },
    { "json: cut texts", cut_texts_fail_inside },
    { "json: depth", depth_is_bounded },
    { "json: types", types_are_kept },
    { "json: values that are encoded", values_are_encoded },
    { "json: values that are refused", values_are_refused },
    { "json: values come back", values_come_back },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
