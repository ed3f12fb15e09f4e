/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Codings of text: encodeURIComponent, decodeURIComponent, btoa, atob, hex,
 * base64url. Strings are 8-bit clean on both sides.
 */
#include <string.h>

#include "lua_runtime/api/classes.h"

static const char hex_digits[] = "0123456789ABCDEF0123456789abcdef";

int wfp_api_hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* [-0, +0, -] */
static int is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || (c && strchr("-_.!~*'()", c));
}

/* [-0, +1, e] encodeURIComponent(s) */
static int l_encode_uri_component(lua_State *L)
{
    size_t n, i;
    const char *s = wfp_class_text(L, 1, "encodeURIComponent: the text", &n);
    wfp_buffer_t b;

    wfp_buffer_init(&b, L);
    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];

        if (is_unreserved(c)) {
            wfp_buffer_byte(&b, s[i]);
        }
        else {
            wfp_buffer_byte(&b, '%');
            wfp_buffer_byte(&b, hex_digits[c >> 4]);
            wfp_buffer_byte(&b, hex_digits[c & 15]);
        }
    }
    wfp_buffer_push(&b);
    return 1;
}

/* [-0, +1, e] decodeURIComponent(s) */
static int l_decode_uri_component(lua_State *L)
{
    size_t n, i;
    const char *s = wfp_class_text(L, 1, "decodeURIComponent: the text", &n);
    wfp_buffer_t b;

    wfp_buffer_init(&b, L);
    for (i = 0; i < n; i++) {
        if (s[i] != '%') {
            wfp_buffer_byte(&b, s[i]);
            continue;
        }
        if (n - i < 3 || wfp_api_hex_value(s[i + 1]) < 0
            || wfp_api_hex_value(s[i + 2]) < 0) {
            return wfp_api_error(L, "URIError", NULL, "URI malformed");
        }
        wfp_buffer_byte(&b, (char)(wfp_api_hex_value(s[i + 1]) << 4
                                   | wfp_api_hex_value(s[i + 2])));
        i += 2;
    }
    wfp_buffer_push(&b);
    return 1;
}

/* [-0, +1, e] hex.encode(s) */
static int l_hex_encode(lua_State *L)
{
    size_t n, i;
    const char *s = wfp_class_text(L, 1, "hex.encode: the text", &n);
    wfp_buffer_t b;

    wfp_buffer_init(&b, L);
    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];

        wfp_buffer_byte(&b, hex_digits[16 + (c >> 4)]);
        wfp_buffer_byte(&b, hex_digits[16 + (c & 15)]);
    }
    wfp_buffer_push(&b);
    return 1;
}

/* [-0, +1, e] hex.decode(s) */
static int l_hex_decode(lua_State *L)
{
    size_t n, i;
    const char *s = wfp_class_text(L, 1, "hex.decode: the text", &n);
    wfp_buffer_t b;

    wfp_buffer_init(&b, L);
    for (i = 0; i + 1 < n; i += 2) {
        int high = wfp_api_hex_value(s[i]), low = wfp_api_hex_value(s[i + 1]);

        if (high < 0 || low < 0) {
            break;
        }
        wfp_buffer_byte(&b, (char)(high << 4 | low));
    }
    if (i < n) {
        return wfp_api_error(L, "TypeError", NULL, "Invalid hex text");
    }
    wfp_buffer_push(&b);
    return 1;
}

static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* [-0, +1, v] */
static void encode64(lua_State *L, const char *text, size_t n, int pad)
{
    const char *digits = pad ? base64 : base64url;
    const unsigned char *s = (const unsigned char *)text;
    size_t i;
    wfp_buffer_t b;

    wfp_buffer_init(&b, L);
    for (i = 0; i < n; i += 3) {
        size_t left = n - i;
        unsigned v = (unsigned)s[i] << 16;

        v |= left > 1 ? (unsigned)s[i + 1] << 8 : 0;
        v |= left > 2 ? s[i + 2] : 0;
        wfp_buffer_byte(&b, digits[v >> 18]);
        wfp_buffer_byte(&b, digits[v >> 12 & 63]);
        if (left > 1 || pad) {
            wfp_buffer_byte(&b, left > 1 ? digits[v >> 6 & 63] : '=');
        }
        if (left > 2 || pad) {
            wfp_buffer_byte(&b, left > 2 ? digits[v & 63] : '=');
        }
    }
    wfp_buffer_push(&b);
    lua_replace(L, b.idx);
}

void wfp_api_to_base64url(lua_State *L, const char *s, size_t n)
{
    encode64(L, s, n, 0);
}

/* [-0, +1, e] */
static int encode64_arg(lua_State *L, const char *what, int pad)
{
    size_t n;
    const char *s = wfp_class_text(L, 1, what, &n);

    encode64(L, s, n, pad);
    return 1;
}

/* [-0, +1, v] The decoded text, 0: it is none and nothing was pushed. White
 * space passes where pad. */
static int decode64(lua_State *L, const char *s, size_t n, int pad)
{
    const char *digits = pad ? base64 : base64url;
    size_t i, count = 0, equals = 0;
    unsigned v = 0;
    wfp_buffer_t b;

    wfp_buffer_init(&b, L);
    for (i = 0; i < n; i++) {
        const char *at = s[i] ? memchr(digits, s[i], 64) : NULL;

        if (pad && s[i] && strchr(" \t\n\f\r", s[i])) {
            continue;
        }
        if (s[i] == '=') {
            equals++;
            continue;
        }
        if (!at || equals) {
            break;
        }
        v = v << 6 | (unsigned)(at - digits);
        if (++count % 4 == 0) {
            wfp_buffer_byte(&b, (char)(v >> 16));
            wfp_buffer_byte(&b, (char)(v >> 8));
            wfp_buffer_byte(&b, (char)v);
            v = 0;
        }
    }
    if (i < n || count % 4 == 1
        || (equals && (count % 4 == 0 || count % 4 + equals != 4))) {
        lua_pop(L, 1);
        return 0;
    }
    if (count % 4 >= 2) {
        v <<= 6 * (4 - count % 4);
        wfp_buffer_byte(&b, (char)(v >> 16));
    }
    if (count % 4 == 3) {
        wfp_buffer_byte(&b, (char)(v >> 8));
    }
    wfp_buffer_push(&b);
    lua_replace(L, b.idx);
    return 1;
}

int wfp_api_from_base64url(lua_State *L, const char *s, size_t n)
{
    return decode64(L, s, n, 0);
}

/* [-0, +1, e] */
static int decode64_arg(lua_State *L, const char *what, int pad)
{
    size_t n;
    const char *s = wfp_class_text(L, 1, what, &n);

    if (!decode64(L, s, n, pad)) {
        return wfp_api_error(L, pad ? "InvalidCharacterError" : "TypeError",
                             NULL, "Invalid base64 text");
    }
    return 1;
}

/* [-0, +1, e] btoa(s) */
static int l_btoa(lua_State *L)
{
    return encode64_arg(L, "btoa: the text", 1);
}

/* [-0, +1, e] atob(s) */
static int l_atob(lua_State *L)
{
    return decode64_arg(L, "atob: the text", 1);
}

/* [-0, +1, e] base64url.encode(s) */
static int l_base64url_encode(lua_State *L)
{
    return encode64_arg(L, "base64url.encode: the text", 0);
}

/* [-0, +1, e] base64url.decode(s) */
static int l_base64url_decode(lua_State *L)
{
    return decode64_arg(L, "base64url.decode: the text", 0);
}

void wfp_api_open_text(lua_State *L)
{
    static const luaL_Reg hex[] = {
        { "encode", l_hex_encode },
        { "decode", l_hex_decode },
        { NULL, NULL },
    };
    static const luaL_Reg url[] = {
        { "encode", l_base64url_encode },
        { "decode", l_base64url_decode },
        { NULL, NULL },
    };

    lua_pushcfunction(L, l_encode_uri_component);
    lua_setglobal(L, "encodeURIComponent");
    lua_pushcfunction(L, l_decode_uri_component);
    lua_setglobal(L, "decodeURIComponent");
    lua_pushcfunction(L, l_btoa);
    lua_setglobal(L, "btoa");
    lua_pushcfunction(L, l_atob);
    lua_setglobal(L, "atob");
    luaL_newlib(L, hex);
    lua_setglobal(L, "hex");
    luaL_newlib(L, url);
    lua_setglobal(L, "base64url");
}
