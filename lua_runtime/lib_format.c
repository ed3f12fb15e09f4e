/* SPDX-License-Identifier: Apache-2.0 */
/*
 * string.format. Width and precision have two digits at most, so one item is
 * small; the whole result is bounded. No address is ever shown: %p gives the
 * object's serial number. Called by lib_string.c.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lua_runtime/lib.h"
#include "lua_runtime/pattern.h"
#include "lua_runtime/sandbox.h"

/* a conversion specification, with its '%', a length modifier and the NUL */
#define SPEC_MAX 32
/* an item but for "%f" and "%s": two digits of width or precision */
#define ITEM_MAX 120
/* "%.99f" of the largest number */
#define ITEM_MAX_F (110 + 308)
/* from here on a string without precision is longer than any width */
#define LONG_STRING 100

/* Flags that a conversion may have. */
#define FLAGS_FLOAT    "-+ #0"
#define FLAGS_HEX      "-#0"
#define FLAGS_INTEGER  "-+ 0"
#define FLAGS_UNSIGNED "-0"
#define FLAGS_TEXT     "-"

/* One format call. */
typedef struct wfp_format_t {
    lua_State *L;
    luaL_Buffer result;
    char spec[SPEC_MAX]; /* "%5.1f" */
    int arg;             /* of the current item */
} wfp_format_t;

/* Read the specification behind a '%' at s. @return behind it */
static const char *read_spec(wfp_format_t *f, const char *s)
{
    size_t n = strspn(s, "-+ #.0123456789") + 1;

    if (n >= SPEC_MAX - 10) {
        luaL_error(f->L, "invalid format (too long)");
    }
    f->spec[0] = '%';
    memcpy(f->spec + 1, s, n); /* with the conversion; maybe the final NUL */
    f->spec[n + 1] = '\0';
    return s + n;
}

static const char *skip_two_digits(const char *s)
{
    s += wfp_lib_is_digit(*s);
    s += wfp_lib_is_digit(*s);
    return s;
}

/* [-0, +0, v] Only these flags, and the precision only where it is allowed. */
static void check_spec(wfp_format_t *f, const char *flags, int has_precision)
{
    const char *s = f->spec + 1;

    s += strspn(s, flags);
    if (*s != '0') { /* '0' is a flag: no width begins with it */
        s = skip_two_digits(s);
        if (*s == '.' && has_precision) {
            s = skip_two_digits(s + 1);
        }
    }
    if (!(wfp_pattern_bytes[(unsigned char)*s] & WFP_BYTE_ALPHA)) {
        luaL_error(f->L, "invalid conversion specification: '%s'", f->spec);
    }
}

/* the specifications are checked: the compiler cannot see it */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void add_int(wfp_format_t *f, int n)
{
    char *to = luaL_prepbuffsize(&f->result, ITEM_MAX);

    luaL_addsize(&f->result, (size_t)snprintf(to, ITEM_MAX, f->spec, n));
}

static void add_integer(wfp_format_t *f, lua_Integer n)
{
    size_t end = strlen(f->spec);
    char *to = luaL_prepbuffsize(&f->result, ITEM_MAX);

    f->spec[end + 2] = '\0';
    f->spec[end + 1] = f->spec[end - 1];
    f->spec[end] = f->spec[end - 1] = 'l';
    luaL_addsize(&f->result,
                 (size_t)snprintf(to, ITEM_MAX, f->spec, (long long)n));
}

static void add_float(wfp_format_t *f, lua_Number n, size_t max)
{
    char *to = luaL_prepbuffsize(&f->result, max);

    luaL_addsize(&f->result, (size_t)snprintf(to, max, f->spec, n));
}

static void add_text(wfp_format_t *f, const char *s, size_t max)
{
    char *to = luaL_prepbuffsize(&f->result, max);

    luaL_addsize(&f->result, (size_t)snprintf(to, max, f->spec, s));
}

#pragma GCC diagnostic pop

/* [-1, +?, v] Append the string on the top, made of argument f->arg. */
static void add_string(wfp_format_t *f)
{
    size_t n;
    const char *s = lua_tolstring(f->L, -1, &n);

    if (f->spec[2] == '\0') {
        wfp_lib_reserve(f->L, luaL_bufflen(&f->result) + n);
        luaL_addvalue(&f->result);
        return;
    }
    luaL_argcheck(f->L, n == strlen(s), f->arg, "string contains zeros");
    check_spec(f, FLAGS_TEXT, 1);
    if (n >= LONG_STRING && !strchr(f->spec, '.')) {
        wfp_lib_reserve(f->L, luaL_bufflen(&f->result) + n);
        luaL_addvalue(&f->result);
        return;
    }
    /* the buffer must be on the top when it grows; the argument's slot keeps
       the string meanwhile */
    lua_replace(f->L, f->arg);
    add_text(f, s, ITEM_MAX);
}

/* A serial number, or "(null)" for what has no identity. */
static void add_identity(wfp_format_t *f)
{
    lua_State *L = f->L;
    char text[32];
    lua_Integer n;

    luaL_checkany(L, f->arg);
    check_spec(f, FLAGS_TEXT, 0);
    f->spec[strlen(f->spec) - 1] = 's';
    n = wfp_sandbox_serial(L, f->arg);
    if (n == 0) {
        add_text(f, "(null)", ITEM_MAX);
        return;
    }
    snprintf(text, sizeof(text), "#%lld", (long long)n);
    add_text(f, text, ITEM_MAX);
}

/* A string between quotes that the parser reads back. */
static void add_quoted(wfp_format_t *f, const char *s, size_t n)
{
    luaL_Buffer *b = &f->result;
    char code[8];

    wfp_lib_check_pass(f->L, n);
    wfp_lib_reserve(f->L, luaL_bufflen(b) + n);
    luaL_addchar(b, '"');
    for (; n > 0; n--, s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\' || c == '\n') {
            luaL_addchar(b, '\\');
            luaL_addchar(b, (char)c);
        }
        else if (wfp_pattern_bytes[c] & WFP_BYTE_CNTRL) {
            snprintf(code, sizeof(code),
                     wfp_lib_is_digit(s[1]) ? "\\%03d" : "\\%d", c);
            luaL_addstring(b, code);
        }
        else {
            luaL_addchar(b, (char)c);
        }
    }
    luaL_addchar(b, '"');
}

static void add_float_literal(wfp_format_t *f, lua_Number n)
{
    char text[ITEM_MAX];

    if (isinf(n)) {
        luaL_addstring(&f->result, n > 0 ? "1e9999" : "-1e9999");
    }
    else if (isnan(n)) {
        luaL_addstring(&f->result, "(0/0)");
    }
    else {
        snprintf(text, sizeof(text), "%a", n);
        luaL_addstring(&f->result, text);
    }
}

/* %q */
static void add_literal(wfp_format_t *f)
{
    lua_State *L = f->L;
    char text[ITEM_MAX];
    lua_Integer i;
    size_t n;
    const char *s;

    if (f->spec[2] != '\0') {
        luaL_error(L, "specifier '%%q' cannot have modifiers");
    }
    switch (lua_type(L, f->arg)) {
    case LUA_TSTRING:
        s = lua_tolstring(L, f->arg, &n);
        add_quoted(f, s, n);
        break;
    case LUA_TNUMBER:
        if (!lua_isinteger(L, f->arg)) {
            add_float_literal(f, lua_tonumber(L, f->arg));
            break;
        }
        i = lua_tointeger(L, f->arg);
        snprintf(text, sizeof(text), i == LUA_MININTEGER ? "0x%llx" : "%lld",
                 (long long)i);
        luaL_addstring(&f->result, text);
        break;
    case LUA_TNIL:
    case LUA_TBOOLEAN:
        luaL_tolstring(L, f->arg, NULL);
        luaL_addvalue(&f->result);
        break;
    default:
        luaL_argerror(L, f->arg, "value has no literal form");
    }
}

/* A plain "%d". */
static void add_decimal(wfp_format_t *f, lua_Integer n)
{
    char digits[24];
    char *at = digits + sizeof(digits);
    lua_Unsigned rest = n < 0 ? 0u - (lua_Unsigned)n : (lua_Unsigned)n;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (n < 0) {
        *--at = '-';
    }
    luaL_addlstring(&f->result, at, (size_t)(digits + sizeof(digits) - at));
}

/* Integers: the flags differ. */
static void add_any_integer(wfp_format_t *f, char conversion)
{
    lua_Integer n = luaL_checkinteger(f->L, f->arg);

    if (f->spec[2] == '\0' && (conversion == 'd' || conversion == 'i')) {
        add_decimal(f, n);
        return;
    }
    switch (conversion) {
    case 'd':
    case 'i':
        check_spec(f, FLAGS_INTEGER, 1);
        break;
    case 'u':
        check_spec(f, FLAGS_UNSIGNED, 1);
        break;
    default:
        check_spec(f, FLAGS_HEX, 1);
    }
    add_integer(f, n);
}

static void add_any_float(wfp_format_t *f, size_t max)
{
    lua_Number n = luaL_checknumber(f->L, f->arg);

    check_spec(f, FLAGS_FLOAT, 1);
    add_float(f, n, max);
}

/* "%s". Most are plain and short: they need no copy on the stack. */
static void add_any_string(wfp_format_t *f)
{
    if (f->spec[2] == '\0' && lua_type(f->L, f->arg) == LUA_TSTRING) {
        size_t n;
        const char *s = lua_tolstring(f->L, f->arg, &n);

        if (n < LONG_STRING) {
            luaL_addlstring(&f->result, s, n);
            return;
        }
    }
    wfp_sandbox_tostring(f->L, f->arg, NULL);
    add_string(f);
}

/* One item, whose specification is read. */
static void add_item(wfp_format_t *f, char conversion)
{
    switch (conversion) {
    case 'c':
        check_spec(f, FLAGS_TEXT, 0);
        add_int(f, (int)luaL_checkinteger(f->L, f->arg));
        break;
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        add_any_integer(f, conversion);
        break;
    case 'a':
    case 'A':
        check_spec(f, FLAGS_FLOAT, 1);
        add_any_float(f, ITEM_MAX);
        break;
    case 'e':
    case 'E':
    case 'g':
    case 'G':
        add_any_float(f, ITEM_MAX);
        break;
    case 'f':
        add_any_float(f, ITEM_MAX_F);
        break;
    case 'p':
        add_identity(f);
        break;
    case 'q':
        add_literal(f);
        break;
    case 's':
        add_any_string(f);
        break;
    default:
        luaL_error(f->L, "invalid conversion '%s' to 'format'", f->spec);
    }
}

/* [-0, +1, e] format(fmt, ...) */
static int string_format(lua_State *L)
{
    int top = lua_gettop(L);
    size_t n, max = wfp_lib_result_max(L);
    const char *s = luaL_checklstring(L, 1, &n);
    const char *end = s + n, *percent;
    wfp_format_t f;

    f.L = L;
    f.arg = 1;
    wfp_lib_check_pass(L, n);
    luaL_buffinit(L, &f.result);
    while ((percent = memchr(s, '%', (size_t)(end - s)))) {
        luaL_addlstring(&f.result, s, (size_t)(percent - s));
        s = percent + 1;
        if (*s == '%') {
            luaL_addchar(&f.result, '%');
            s++;
            continue;
        }
        if (++f.arg > top) {
            return luaL_argerror(L, f.arg, "no value");
        }
        s = read_spec(&f, s);
        add_item(&f, s[-1]);
        if (luaL_bufflen(&f.result) > max) {
            return wfp_lib_too_large(L);
        }
    }
    luaL_addlstring(&f.result, s, (size_t)(end - s));
    luaL_pushresult(&f.result);
    return 1;
}

static const luaL_Reg functions[] = {
    { "format", string_format },
    { NULL, NULL },
};

void wfp_lib_format_open(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
