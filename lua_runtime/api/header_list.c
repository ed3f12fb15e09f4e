/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers of a message that a script makes, as a list in one block of its
 * isolate: most such messages are returned before anybody asks for their
 * Headers object, so none is made of a plain table until somebody does.
 */
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

/* Larger tables are made into Headers at once. */
#define FIELDS_MAX 16

typedef struct block_t {
    wfp_headers_t headers; /* first: this is what others see */
    size_t size;           /* of the text behind the list */
    wfp_header_t list[];
} block_t;

typedef struct field_t {
    const char *name, *value;
    size_t name_size, value_size;
} field_t;

static char *text_of(const block_t *block)
{
    return (char *)(block->list + block->headers.count);
}

/* [-0, +0, -] Read the pair below the top and at the top, both strings.
 * @return 0: it is for Headers.new() to say what is wrong with them */
static int read_field(lua_State *L, field_t *field)
{
    size_t n;

    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING) {
        return 0;
    }
    field->name = lua_tolstring(L, -2, &field->name_size);
    field->value = lua_tolstring(L, -1, &n);
    field->value = wfp_headers_trim(field->value, &n);
    field->value_size = n;
    return wfp_headers_is_name(field->name, field->name_size)
           && wfp_headers_is_value(field->value, n);
}

/* [-0, +0, -] @return how many, -1: not all are plain */
static int read_fields(lua_State *L, int idx, field_t *fields)
{
    int n = 0, top = lua_gettop(L);

    for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
        if (n == FIELDS_MAX || !read_field(L, &fields[n])) {
            lua_settop(L, top);
            return -1;
        }
        n++;
    }
    return n;
}

static int has(const field_t *fields, int n, const char *name)
{
    size_t size = strlen(name);
    int i;

    for (i = 0; i < n; i++) {
        if (fields[i].name_size == size
            && strncasecmp(fields[i].name, name, size) == 0) {
            return 1;
        }
    }
    return 0;
}

static char *put(char *to, const char *s, size_t n)
{
    memcpy(to, s, n);
    to[n] = '\0';
    return to + n + 1;
}

/* [-0, +1, m] The strings of fields are on the stack, or in a table there. */
static const wfp_headers_t *push_block(lua_State *L, const field_t *fields,
                                       int n)
{
    size_t size = 0;
    block_t *block;
    char *to;
    int i;

    for (i = 0; i < n; i++) {
        size += fields[i].name_size + fields[i].value_size + 2;
    }
    block = lua_newuserdatauv(L,
                              sizeof(*block) + (size_t)n * sizeof(wfp_header_t)
                                  + size,
                              0);
    block->headers.pool = NULL; /* it does not grow */
    block->headers.list = block->list;
    block->headers.count = block->headers.room = n;
    block->size = size;
    to = text_of(block);
    for (i = 0; i < n; i++) {
        block->list[i].name = to;
        wfp_headers_lower(to, fields[i].name, fields[i].name_size);
        to += fields[i].name_size;
        *to++ = '\0';
        block->list[i].value = to;
        to = put(to, fields[i].value, fields[i].value_size);
    }
    return &block->headers;
}

const wfp_headers_t *wfp_api_push_header_list(lua_State *L, int idx,
                                              const char *type)
{
    field_t fields[FIELDS_MAX + 1];
    int n;

    if (lua_type(L, idx) != LUA_TTABLE) {
        return NULL;
    }
    luaL_checkstack(L, 8, NULL);
    n = read_fields(L, lua_absindex(L, idx), fields);
    if (n < 0) {
        return NULL;
    }
    if (type && !has(fields, n, "content-type")) {
        fields[n].name = "content-type";
        fields[n].name_size = strlen(fields[n].name);
        fields[n].value = type;
        fields[n].value_size = strlen(type);
        n++;
    }
    return push_block(L, fields, n);
}

wfp_headers_t *wfp_api_header_list_to_core(lua_State *L,
                                           const wfp_headers_t *list)
{
    const block_t *block = (const block_t *)list;
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_headers_t *out;
    const char *from;
    char *text;
    int i;

    wfp_meter_charge(iso, sizeof(*out) + block->size
                              + 2 * (size_t)list->count * sizeof(wfp_header_t)
                              + 256);
    wfp_meter_critical_begin(iso);
    out = wfp_headers_make(wfp_state_pool(L));
    from = text_of(block);
    text = apr_pmemdup(out->pool, from, block->size);
    for (i = 0; i < list->count; i++) {
        wfp_headers_addn(out, text + (list->list[i].name - from),
                         text + (list->list[i].value - from));
    }
    wfp_meter_critical_end(iso);
    return out;
}
