/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A FormData as a multipart/form-data body, in the form that browsers send and
 * core/multipart.h reads. Called by payload.c for the body of a Request or
 * Response.
 */
#include <string.h>

#include "core/crypto.h"
#include "lua_runtime/api/form.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

#define TYPE       "multipart/form-data; boundary="
#define TYPE_SIZE  (sizeof(TYPE) - 1)
#define RANDOM     16
#define BOUNDARY   (2 * RANDOM)
#define ESCAPED    3   /* most bytes that one of a name becomes */
#define AROUND_MAX 256 /* most bytes of a part beside its texts */

/* [-0, +1, -] Push the bytes of value i of the array at t. */
static const char *push_data(lua_State *L, int t, lua_Integer i, size_t *n)
{
    lua_rawgeti(L, t, i);
    if (wfp_api_is_file(L, -1)) {
        lua_getiuservalue(L, -1, WFP_FILE_DATA);
        lua_remove(L, -2);
    }
    return lua_tolstring(L, -1, n);
}

/* [-0, +0, v] */
static void make_boundary(lua_State *L, char text[BOUNDARY + 1])
{
    static const char digits[] = "0123456789abcdef";
    wfp_isolate_t *iso = wfp_isolate_of(L);
    unsigned char data[RANDOM];
    apr_status_t rv;
    int i;

    wfp_meter_critical_begin(iso);
    rv = wfp_crypto_random(data, sizeof(data));
    wfp_meter_critical_end(iso);
    if (rv != APR_SUCCESS) {
        wfp_api_error(L, "Error", NULL, "No random values available");
    }
    for (i = 0; i < RANDOM; i++) {
        text[2 * i] = digits[data[i] >> 4];
        text[2 * i + 1] = digits[data[i] & 15];
    }
    text[BOUNDARY] = '\0';
}

/* [-0, +0, -] Most bytes of the value at idx in a body. */
static apr_uint64_t value_bytes(lua_State *L, int idx)
{
    apr_uint64_t bytes;

    if (!wfp_api_is_file(L, idx)) {
        return lua_rawlen(L, idx);
    }
    lua_getiuservalue(L, idx, WFP_FILE_NAME);
    lua_getiuservalue(L, idx, WFP_FILE_TYPE);
    lua_getiuservalue(L, idx, WFP_FILE_DATA);
    bytes = ESCAPED * (apr_uint64_t)lua_rawlen(L, -3) + lua_rawlen(L, -2)
            + lua_rawlen(L, -1);
    lua_pop(L, 3);
    return bytes;
}

/* [-0, +0, -] Most bytes of the array at t as a body. */
static apr_uint64_t form_bytes(lua_State *L, int t)
{
    lua_Integer i, n = (lua_Integer)lua_rawlen(L, t);
    apr_uint64_t bytes = AROUND_MAX;

    for (i = 1; i < n; i += 2) {
        lua_rawgeti(L, t, i);
        lua_rawgeti(L, t, i + 1);
        bytes += ESCAPED * (apr_uint64_t)lua_rawlen(L, -2) + AROUND_MAX
                 + value_bytes(L, lua_gettop(L));
        lua_pop(L, 2);
    }
    return bytes;
}

/* [-0, +0, -] Does the text stand in a value of the array at t? */
static int occurs(lua_State *L, int t, const char *text)
{
    lua_Integer i, n = (lua_Integer)lua_rawlen(L, t);
    int found = 0;

    for (i = 2; i <= n && !found; i += 2) {
        size_t size;
        const char *s = push_data(L, t, i, &size);

        found = memmem(s, size, text, BOUNDARY) != NULL;
        lua_pop(L, 1);
    }
    return found;
}

/* [-0, +0, v] Append a name or file name as it stands between quotes. */
static void add_quoted(wfp_buffer_t *b, int idx)
{
    size_t n, i;
    const char *s = lua_tolstring(b->L, idx, &n);

    for (i = 0; i < n; i++) {
        switch (s[i]) {
        case '"':
            wfp_buffer_add(b, "%22", 3);
            break;
        case '\r':
            wfp_buffer_add(b, "%0D", 3);
            break;
        case '\n':
            wfp_buffer_add(b, "%0A", 3);
            break;
        case '\0':
            wfp_api_error(b->L, "TypeError", NULL,
                          "FormData: a name with a NUL cannot be sent");
            break;
        case '\\':
            /* would escape what follows */
            if (i + 1 == n || s[i + 1] == '\\') {
                wfp_buffer_byte(b, '\\');
            }
            wfp_buffer_byte(b, '\\');
            break;
        default:
            wfp_buffer_byte(b, s[i]);
        }
    }
}

/* [-0, +0, v] */
static void add_text(wfp_buffer_t *b, const char *s)
{
    wfp_buffer_add(b, s, strlen(s));
}

/* [-0, +0, v] File name and type of the File at idx. */
static void add_file_head(wfp_buffer_t *b, int idx)
{
    const char *type;

    lua_getiuservalue(b->L, idx, WFP_FILE_NAME);
    lua_getiuservalue(b->L, idx, WFP_FILE_TYPE);
    type = lua_tostring(b->L, -1);
    add_text(b, "; filename=\"");
    add_quoted(b, lua_gettop(b->L) - 1);
    add_text(b, "\"\r\nContent-Type: ");
    add_text(b, *type ? type : "application/octet-stream");
    lua_pop(b->L, 2);
}

/* [-0, +0, v] Append the pair at i of the array at t. */
static void add_part(wfp_buffer_t *b, int t, lua_Integer i,
                     const char *boundary)
{
    lua_State *L = b->L;
    size_t n;
    const char *s;

    lua_rawgeti(L, t, i);
    lua_rawgeti(L, t, i + 1);
    add_text(b, "--");
    add_text(b, boundary);
    add_text(b, "\r\nContent-Disposition: form-data; name=\"");
    add_quoted(b, lua_gettop(L) - 1);
    add_text(b, "\"");
    if (wfp_api_is_file(L, -1)) {
        add_file_head(b, lua_gettop(L));
    }
    add_text(b, "\r\n\r\n");
    s = push_data(L, t, i + 1, &n);
    wfp_buffer_add(b, s, n);
    add_text(b, "\r\n");
    lua_pop(L, 3);
}

int wfp_api_form_text(lua_State *L, int idx, const char **ptype)
{
    char type[TYPE_SIZE + BOUNDARY + 1] = TYPE;
    wfp_buffer_t b;
    apr_uint64_t bytes;
    lua_Integer i, n;
    int t;

    if (!wfp_api_form_list(L, idx)) {
        return 0;
    }
    wfp_state_need_invocation(L);
    luaL_checkstack(L, 16, NULL);
    t = lua_gettop(L);
    bytes = form_bytes(L, t);
    wfp_api_need_room(L, 2 * bytes);
    do {
        make_boundary(L, type + TYPE_SIZE);
    } while (occurs(L, t, type + TYPE_SIZE));
    wfp_buffer_init(&b, L);
    b.max = (size_t)-1;
    (void)wfp_buffer_reserve(&b, (size_t)bytes);
    n = (lua_Integer)lua_rawlen(L, t);
    for (i = 1; i < n; i += 2) {
        add_part(&b, t, i, type + TYPE_SIZE);
    }
    add_text(&b, "--");
    add_text(&b, type + TYPE_SIZE);
    add_text(&b, "--\r\n");
    wfp_buffer_push(&b);
    lua_replace(L, t);
    lua_settop(L, t);
    *ptype = wfp_meter_copy(wfp_isolate_of(L), type, TYPE_SIZE + BOUNDARY);
    return 1;
}
