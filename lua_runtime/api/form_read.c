/* SPDX-License-Identifier: Apache-2.0 */
/*
 * formData() of Request and Response. A multipart body is read as it comes, so
 * that only its parts are in memory; each byte of them is in the isolate's
 * arena. core/multipart.h says what is taken for a multipart body.
 */
#include "core/multipart.h"
#include "lua_runtime/api/form.h"
#include "lua_runtime/meter.h"

/* What a DATA or END event and a part's head cost of the steps that one call
 * may take; bytes of data are found by memchr. */
#define STEPS_EVENT  4
#define STEPS_HEAD   512
#define STEPS_A_BYTE (1.0 / 64)

typedef struct reader_t {
    lua_State *L;
    wfp_multipart_t *m;
    int list;      /* slot of the flat array */
    lua_Integer n; /* its length */
    wfp_buffer_t part;
    double steps;
    double steps_max;
} reader_t;

/* [-0, +0, v] */
static void refuse(lua_State *L, const char *what)
{
    wfp_api_error(L, "TypeError", NULL, "formData: %s", what);
}

/* [-0, +0, v] */
static void count(reader_t *r, double steps)
{
    r->steps += steps;
    if (r->steps > r->steps_max) {
        wfp_api_error(r->L, "RangeError", NULL, "too much work");
    }
}

/* [-0, +1, v] A part begins: its name, the file's name or false, its type and
 * a slot for its data are pushed. */
static void begin_part(reader_t *r)
{
    const wfp_multipart_part_t *part = &r->m->part;
    lua_State *L = r->L;

    count(r, STEPS_HEAD);
    lua_pushstring(L, part->name);
    if (part->filename) {
        lua_pushstring(L, part->filename);
    }
    else {
        lua_pushboolean(L, 0);
    }
    lua_pushstring(L, part->type ? part->type : "text/plain");
    wfp_buffer_init(&r->part, L);
    r->part.max = (size_t)-1; /* wfp_api_need_room() says what fits */
}

/* [-0, +0, v] */
static void add_data(reader_t *r)
{
    const wfp_multipart_t *m = r->m;

    count(r, STEPS_EVENT + (double)m->n * STEPS_A_BYTE);
    if (m->n > r->part.room - r->part.n) {
        wfp_api_need_room(r->L, 2 * ((apr_uint64_t)r->part.n + m->n));
    }
    wfp_buffer_add(&r->part, m->data, m->n);
}

/* [-4, +0, v] The part is whole: its value joins the list. */
static void end_part(reader_t *r)
{
    lua_State *L = r->L;
    int name = r->part.idx - 3;

    count(r, STEPS_EVENT);
    wfp_api_need_room(L, r->part.n);
    wfp_buffer_push(&r->part);
    lua_replace(L, r->part.idx);
    if (lua_toboolean(L, name + 1)) {
        wfp_api_make_file(L);
    }
    lua_rawseti(L, r->list, r->n + 2);
    lua_settop(L, name);
    lua_rawseti(L, r->list, r->n + 1);
    r->n += 2;
}

/* [-0, +0, v] All events of the next n bytes of the body. */
static void read_piece(reader_t *r, const char *s, size_t n)
{
    wfp_multipart_e event;

    wfp_multipart_feed(r->m, s, n);
    while ((event = wfp_multipart_next(r->m)) != WFP_MULTIPART_MORE) {
        switch (event) {
        case WFP_MULTIPART_BEGIN:
            begin_part(r);
            break;
        case WFP_MULTIPART_DATA:
            add_data(r);
            break;
        case WFP_MULTIPART_END:
            end_part(r);
            break;
        default:
            refuse(r->L, r->m->wrong);
        }
    }
}

/* [-0, +1, v] Push the flat array of the multipart body at slot body. */
static void push_multipart(lua_State *L, const char *type, int body)
{
    reader_t r;
    int piece;

    r.L = L;
    r.n = 0;
    r.steps = 0;
    r.steps_max = (double)wfp_meter_steps_max(wfp_isolate_of(L));
    r.m = lua_newuserdatauv(L, sizeof(*r.m), 0);
    if (wfp_multipart_init(r.m, type, 0) != APR_SUCCESS) {
        refuse(L, r.m->wrong);
    }
    lua_newtable(L);
    r.list = lua_gettop(L);
    lua_pushnil(L);
    piece = lua_gettop(L);
    while (!lua_isnil(L, body)) {
        size_t n;
        const char *s;

        wfp_api_read_body(L, body);
        lua_replace(L, piece);
        if (lua_isnil(L, piece)) {
            break;
        }
        s = lua_tolstring(L, piece, &n);
        read_piece(&r, s, n);
    }
    if (wfp_multipart_finish(r.m) != APR_SUCCESS) {
        refuse(L, r.m->wrong);
    }
    lua_settop(L, r.list);
    lua_remove(L, r.list - 1);
}

void wfp_api_read_form(lua_State *L, int type, int body)
{
    const char *text = lua_tostring(L, type), *s;
    size_t n;

    luaL_checkstack(L, 24, NULL);
    if (wfp_multipart_is_type(text, "multipart/form-data")) {
        push_multipart(L, text, body);
    }
    else if (wfp_multipart_is_type(text, "application/x-www-form-urlencoded")) {
        lua_pushliteral(L, "");
        if (!lua_isnil(L, body)) {
            wfp_api_slurp_body(L, body);
        }
        s = lua_tolstring(L, -1, &n);
        wfp_api_push_urlencoded(L, s, n);
    }
    else {
        refuse(L, "Content-Type must be multipart/form-data or "
                  "application/x-www-form-urlencoded");
    }
    wfp_api_make_form(L);
}
