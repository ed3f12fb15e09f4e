/* SPDX-License-Identifier: Apache-2.0 */
/*
 * string.pack, packsize and unpack: C-like layouts described by a format. Each
 * option costs a step, the result is bounded. Called by lib_string.c.
 */
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "lua_runtime/lib.h"

/* sizes here fit an int, as the stock library wants them */
#define SIZE_LIMIT ((size_t)INT_MAX)
/* largest integer of a format, in bytes */
#define INTEGER_MAX   16
#define NATIVE_ALIGN  8
#define NATIVE_LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define INTEGER_SIZE  ((int)sizeof(lua_Integer))

typedef enum {
    ITEM_INT,
    ITEM_UINT,
    ITEM_FLOAT,
    ITEM_DOUBLE,
    ITEM_CHARS,   /* c[n] */
    ITEM_STRING,  /* s[n] */
    ITEM_ZSTRING, /* z */
    ITEM_PADDING, /* x */
    ITEM_ALIGN,   /* X */
    ITEM_NONE     /* a change of the settings */
} wfp_item_e;

/* A format being read. */
typedef struct wfp_pack_t {
    lua_State *L;
    const char *format;
    wfp_steps_t steps;
    int is_little;
    int align_max;
    /* the current item */
    wfp_item_e item;
    int size;  /* bytes */
    int align; /* bytes of padding before it */
} wfp_pack_t;

static void begin(wfp_pack_t *f, lua_State *L)
{
    f->L = L;
    f->format = luaL_checkstring(L, 1);
    f->steps = wfp_lib_steps(L);
    f->is_little = NATIVE_LITTLE;
    f->align_max = 1;
}

/* A number in the format, or absent when there is none. */
static int read_number(wfp_pack_t *f, int absent)
{
    int n = 0;

    if (!wfp_lib_is_digit(*f->format)) {
        return absent;
    }
    do {
        n = n * 10 + (*f->format++ - '0');
    } while (wfp_lib_is_digit(*f->format) && n <= (INT_MAX - 9) / 10);
    return n;
}

/* [-0, +0, v] The size of an integer. */
static int read_size(wfp_pack_t *f, int absent)
{
    int n = read_number(f, absent);

    if (n > INTEGER_MAX || n <= 0) {
        luaL_error(f->L, "integral size (%d) out of limits [1,%d]", n,
                   INTEGER_MAX);
    }
    return n;
}

static wfp_item_e item(wfp_pack_t *f, wfp_item_e which, size_t size)
{
    f->size = (int)size;
    return which;
}

/* Options that change the settings. */
static wfp_item_e read_setting(wfp_pack_t *f, char option)
{
    switch (option) {
    case ' ':
        break;
    case '<':
        f->is_little = 1;
        break;
    case '>':
        f->is_little = 0;
        break;
    case '=':
        f->is_little = NATIVE_LITTLE;
        break;
    case '!':
        f->align_max = read_size(f, NATIVE_ALIGN);
        break;
    default:
        luaL_error(f->L, "invalid format option '%c'", option);
    }
    return ITEM_NONE;
}

/* Strings and padding. */
static wfp_item_e read_other(wfp_pack_t *f, char option)
{
    switch (option) {
    case 's':
        return item(f, ITEM_STRING, (size_t)read_size(f, sizeof(size_t)));
    case 'c':
        f->size = read_number(f, -1);
        if (f->size == -1) {
            luaL_error(f->L, "missing size for format option 'c'");
        }
        return ITEM_CHARS;
    case 'z':
        return ITEM_ZSTRING;
    case 'x':
        return item(f, ITEM_PADDING, 1);
    case 'X':
        return ITEM_ALIGN;
    default:
        return read_setting(f, option);
    }
}

/* [-0, +0, v] Read one option; sets f->size. */
static wfp_item_e read_option(wfp_pack_t *f)
{
    char option = *f->format++;

    f->size = 0;
    switch (option) {
    case 'b':
        return item(f, ITEM_INT, sizeof(char));
    case 'B':
        return item(f, ITEM_UINT, sizeof(char));
    case 'h':
        return item(f, ITEM_INT, sizeof(short));
    case 'H':
        return item(f, ITEM_UINT, sizeof(short));
    case 'i':
        return item(f, ITEM_INT, (size_t)read_size(f, sizeof(int)));
    case 'I':
        return item(f, ITEM_UINT, (size_t)read_size(f, sizeof(int)));
    case 'l':
        return item(f, ITEM_INT, sizeof(long));
    case 'L':
        return item(f, ITEM_UINT, sizeof(long));
    case 'j':
        return item(f, ITEM_INT, sizeof(lua_Integer));
    case 'J':
        return item(f, ITEM_UINT, sizeof(lua_Integer));
    case 'T':
        return item(f, ITEM_UINT, sizeof(size_t));
    case 'f':
        return item(f, ITEM_FLOAT, sizeof(float));
    case 'n':
    case 'd':
        return item(f, ITEM_DOUBLE, sizeof(double));
    default:
        return read_other(f, option);
    }
}

/* [-0, +0, v] Read the next item, which would begin at offset. */
static void next_item(wfp_pack_t *f, size_t offset)
{
    int align;

    if (f->steps-- == 0) {
        wfp_lib_too_much(f->L);
    }
    f->item = read_option(f);
    align = f->size;
    if (f->item == ITEM_ALIGN) {
        wfp_item_e next = ITEM_CHARS;

        if (*f->format != '\0') {
            next = read_option(f);
            align = f->size;
        }
        if (next == ITEM_CHARS || align == 0) {
            luaL_argerror(f->L, 1, "invalid next option for option 'X'");
        }
        f->size = 0;
    }
    f->align = 0;
    if (align <= 1 || f->item == ITEM_CHARS) {
        return;
    }
    if (align > f->align_max) {
        align = f->align_max;
    }
    if ((align & (align - 1)) != 0) {
        luaL_argerror(f->L, 1, "format asks for alignment not power of 2");
    }
    f->align = (align - (int)(offset & (size_t)(align - 1))) & (align - 1);
}

/* Write an integer of size bytes; bytes beyond a Lua integer are its sign. */
static void put_integer(const wfp_pack_t *f, char *to, lua_Unsigned n,
                        int is_negative)
{
    int i;

    for (i = 0; i < f->size; i++) {
        char *at = f->is_little ? to + i : to + f->size - 1 - i;

        if (i < INTEGER_SIZE) {
            *at = (char)(n >> (8 * i) & 0xff);
        }
        else {
            *at = is_negative ? '\xff' : '\0';
        }
    }
}

/* [-0, +0, v] Read an integer of size bytes. */
static lua_Integer get_integer(const wfp_pack_t *f, const char *s,
                               int is_signed)
{
    lua_Unsigned n = 0;
    int i, used = f->size < INTEGER_SIZE ? f->size : INTEGER_SIZE;

    for (i = used - 1; i >= 0; i--) {
        n = n << 8 | (unsigned char)s[f->is_little ? i : f->size - 1 - i];
    }
    if (f->size < INTEGER_SIZE && is_signed) {
        lua_Unsigned sign = (lua_Unsigned)1 << (f->size * 8 - 1);

        return (lua_Integer)((n ^ sign) - sign);
    }
    for (i = INTEGER_SIZE; i < f->size; i++) {
        int fill = is_signed && (lua_Integer)n < 0 ? 0xff : 0;

        if ((unsigned char)s[f->is_little ? i : f->size - 1 - i] != fill) {
            luaL_error(f->L, "%d-byte integer does not fit into Lua Integer",
                       f->size);
        }
    }
    return (lua_Integer)n;
}

/* Copy a C number, in the format's byte order. */
static void copy_ordered(const wfp_pack_t *f, char *to, const char *from)
{
    int i;

    for (i = 0; i < f->size; i++) {
        to[i] = from[f->is_little == NATIVE_LITTLE ? i : f->size - 1 - i];
    }
}

/* [-0, +?, v] Append the number in argument arg. */
static void pack_number(wfp_pack_t *f, luaL_Buffer *b, int arg)
{
    char *to;
    lua_Integer n, limit;
    float single;
    double number;

    switch (f->item) {
    case ITEM_FLOAT:
        single = (float)luaL_checknumber(f->L, arg);
        to = luaL_prepbuffsize(b, INTEGER_MAX);
        copy_ordered(f, to, (const char *)&single);
        break;
    case ITEM_DOUBLE:
        number = luaL_checknumber(f->L, arg);
        to = luaL_prepbuffsize(b, INTEGER_MAX);
        copy_ordered(f, to, (const char *)&number);
        break;
    default:
        n = luaL_checkinteger(f->L, arg);
        if (f->size < INTEGER_SIZE && f->item == ITEM_INT) {
            limit = (lua_Integer)1 << (f->size * 8 - 1);
            luaL_argcheck(f->L, -limit <= n && n < limit, arg,
                          "integer overflow");
        }
        else if (f->size < INTEGER_SIZE) {
            limit = (lua_Integer)1 << (f->size * 8);
            luaL_argcheck(f->L, (lua_Unsigned)n < (lua_Unsigned)limit, arg,
                          "unsigned overflow");
        }
        to = luaL_prepbuffsize(b, INTEGER_MAX);
        put_integer(f, to, (lua_Unsigned)n, f->item == ITEM_INT && n < 0);
    }
    luaL_addsize(b, (size_t)f->size);
}

static void add_zeros(luaL_Buffer *b, size_t n)
{
    while (n > 0) {
        size_t some = n < LUAL_BUFFERSIZE ? n : LUAL_BUFFERSIZE;

        memset(luaL_prepbuffsize(b, some), 0, some);
        luaL_addsize(b, some);
        n -= some;
    }
}

/* [-0, +?, v] Append the string in argument arg. */
static void pack_string(wfp_pack_t *f, luaL_Buffer *b, int arg)
{
    size_t n;
    const char *s = luaL_checklstring(f->L, arg, &n);

    wfp_lib_reserve(f->L, luaL_bufflen(b) + n + (size_t)f->size);
    switch (f->item) {
    case ITEM_CHARS:
        luaL_argcheck(f->L, n <= (size_t)f->size, arg,
                      "string longer than given size");
        luaL_addlstring(b, s, n);
        add_zeros(b, (size_t)f->size - n);
        break;
    case ITEM_STRING:
        luaL_argcheck(f->L,
                      f->size >= (int)sizeof(size_t)
                          || n < (size_t)1 << (f->size * 8),
                      arg, "string length does not fit in given size");
        put_integer(f, luaL_prepbuffsize(b, INTEGER_MAX), n, 0);
        luaL_addsize(b, (size_t)f->size);
        luaL_addlstring(b, s, n);
        break;
    default: /* ITEM_ZSTRING */
        luaL_argcheck(f->L, strlen(s) == n, arg, "string contains zeros");
        luaL_addlstring(b, s, n + 1);
    }
}

/* [-0, +1, e] pack(fmt, ...) */
static int string_pack(lua_State *L)
{
    size_t max = wfp_lib_result_max(L);
    int arg = 1;
    luaL_Buffer b;
    wfp_pack_t f;

    begin(&f, L);
    lua_pushnil(L); /* between the arguments and the buffer: a missing one is
                       seen as nil */
    luaL_buffinit(L, &b);
    while (*f.format) {
        next_item(&f, luaL_bufflen(&b));
        add_zeros(&b, (size_t)f.align);
        switch (f.item) {
        case ITEM_INT:
        case ITEM_UINT:
        case ITEM_FLOAT:
        case ITEM_DOUBLE:
            pack_number(&f, &b, ++arg);
            break;
        case ITEM_CHARS:
        case ITEM_STRING:
        case ITEM_ZSTRING:
            pack_string(&f, &b, ++arg);
            break;
        case ITEM_PADDING:
            add_zeros(&b, 1);
            break;
        default:
            break;
        }
        if (luaL_bufflen(&b) > max) {
            return wfp_lib_too_large(L);
        }
    }
    luaL_pushresult(&b);
    return 1;
}

/* [-0, +1, e] packsize(fmt) */
static int string_packsize(lua_State *L)
{
    wfp_pack_t f;
    size_t total = 0;

    begin(&f, L);
    while (*f.format) {
        size_t size;

        next_item(&f, total);
        luaL_argcheck(L, f.item != ITEM_STRING && f.item != ITEM_ZSTRING, 1,
                      "variable-length format");
        size = (size_t)f.size + (size_t)f.align;
        luaL_argcheck(L, total <= SIZE_LIMIT - size, 1,
                      "format result too large");
        total += size;
    }
    lua_pushinteger(L, (lua_Integer)total);
    return 1;
}

/* [-0, +1, v] Push the number at s. */
static void unpack_number(const wfp_pack_t *f, const char *s)
{
    float single;
    double number;

    switch (f->item) {
    case ITEM_FLOAT:
        copy_ordered(f, (char *)&single, s);
        lua_pushnumber(f->L, (lua_Number)single);
        break;
    case ITEM_DOUBLE:
        copy_ordered(f, (char *)&number, s);
        lua_pushnumber(f->L, number);
        break;
    default:
        lua_pushinteger(f->L, get_integer(f, s, f->item == ITEM_INT));
    }
}

/* [-0, +1, v] Push the string at s, of which left bytes are there. @return
   bytes it takes beyond its fixed size */
static size_t unpack_string(const wfp_pack_t *f, const char *s, size_t left)
{
    size_t n;
    const char *end;

    switch (f->item) {
    case ITEM_CHARS:
        lua_pushlstring(f->L, s, (size_t)f->size);
        return 0;
    case ITEM_STRING:
        n = (size_t)get_integer(f, s, 0);
        luaL_argcheck(f->L, n <= left - (size_t)f->size, 2,
                      "data string too short");
        lua_pushlstring(f->L, s + f->size, n);
        return n;
    default: /* ITEM_ZSTRING */
        end = memchr(s, '\0', left);
        luaL_argcheck(f->L, end, 2, "unfinished string for format 'z'");
        lua_pushlstring(f->L, s, (size_t)(end - s));
        return (size_t)(end - s) + 1;
    }
}

/* [-0, +n, e] unpack(fmt, s [, pos]) */
static int string_unpack(lua_State *L)
{
    wfp_pack_t f;
    size_t len, pos;
    const char *s;
    int n = 0;

    begin(&f, L);
    s = luaL_checklstring(L, 2, &len);
    pos = wfp_lib_start(luaL_optinteger(L, 3, 1), len) - 1;
    luaL_argcheck(L, pos <= len, 3, "initial position out of string");
    while (*f.format) {
        next_item(&f, pos);
        luaL_argcheck(L, (size_t)f.align + (size_t)f.size <= len - pos, 2,
                      "data string too short");
        pos += (size_t)f.align;
        luaL_checkstack(L, 2, "too many results");
        switch (f.item) {
        case ITEM_INT:
        case ITEM_UINT:
        case ITEM_FLOAT:
        case ITEM_DOUBLE:
            unpack_number(&f, s + pos);
            n++;
            break;
        case ITEM_CHARS:
        case ITEM_STRING:
        case ITEM_ZSTRING:
            pos += unpack_string(&f, s + pos, len - pos);
            n++;
            break;
        default:
            break;
        }
        pos += (size_t)f.size;
    }
    lua_pushinteger(L, (lua_Integer)pos + 1);
    return n + 1;
}

static const luaL_Reg functions[] = {
    { "pack", string_pack },
    { "packsize", string_packsize },
    { "unpack", string_unpack },
    { NULL, NULL },
};

void wfp_lib_pack_open(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
