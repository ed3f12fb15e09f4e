/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transformed body: a function that gives the next chunk, as any body
 * function that a script could write, so it is read, limited and broken off as
 * those are. It pulls the source, calls handlers, and puts out tokens with what
 * the handlers asked for. Made by html_rewriter.c.
 */
#include <string.h>

#include "lua_runtime/api/html.h"
#include "lua_runtime/meter.h"

/* What an element's end takes, in an array of WFP_HTML_LATER. */
enum {
    LATER_APPENDED = 1,
    LATER_AFTER,
    LATER_HANDLERS,
    LATER_NAME,
    LATER_FLAGS
};
enum {
    LATER_DROP_END = 1,
    LATER_GONE = 2
};

/* A tag may take this part of what a library call may make. */
#define RESULT_PART 2

/* [-0, +0, m] wfp_html_alloc_fn: blocks hang in the stream's table. */
static void *alloc(void *baton, void *old, apr_size_t bytes)
{
    wfp_html_stream_t *st = baton;
    void *block;

    luaL_checkstack(st->L, 4, NULL);
    block = lua_newuserdatauv(st->L, bytes, 0);
    lua_rawsetp(st->L, st->refs, block);
    if (old) {
        lua_pushnil(st->L);
        lua_rawsetp(st->L, st->refs, old);
    }
    return block;
}

/* ---- tokens ---------------------------------------------------------------------- */

/* [-0, +0, e] Text, comment, doctype. */
static void take_piece(wfp_html_stream_t *st, const wfp_class_t *cls, int kind,
                       int document_kind)
{
    const wfp_html_token_t *token = &st->page.token;

    if (!wfp_html_turn_is_wanted(st, kind, document_kind)) {
        wfp_html_output_token(st);
        return;
    }
    if (token->partial) {
        wfp_api_error(st->L, "Error", NULL,
                      "HTMLRewriter: a comment is too large for its handler");
    }
    wfp_html_turn_run(st, cls, kind, document_kind);
    wfp_html_output_value(st, WFP_HTML_BEFORE);
    if (st->drop_token) {
        wfp_html_output_value(st, WFP_HTML_INSTEAD);
    }
    else if (lua_rawgeti(st->L, WFP_HTML_SLOT_REFS, WFP_HTML_EDITED)
             == LUA_TSTRING) {
        wfp_html_output_put(st, "<!--", 4);
        wfp_html_output_string(st, -1);
        wfp_html_output_put(st, "-->", 3);
    }
    else {
        wfp_html_output_token(st);
    }
    lua_settop(st->L, WFP_HTML_SLOT_TOP);
    wfp_html_output_value(st, WFP_HTML_AFTER);
    wfp_html_turn_forget(st);
}

/* [-0, +0, m] Keep what the end of the element at depth takes. */
static void keep_for_end(wfp_html_stream_t *st, apr_uint32_t depth)
{
    static const int keys[] = { WFP_HTML_APPENDED, WFP_HTML_AFTER,
                                WFP_HTML_END_HANDLERS, WFP_HTML_NAME };
    lua_State *L = st->L;
    int i, found = st->drop_end;

    lua_rawgeti(L, WFP_HTML_SLOT_REFS, WFP_HTML_LATER);
    lua_createtable(L, LATER_FLAGS, 0);
    for (i = 0; i < 4; i++) {
        found |= lua_rawgeti(L, WFP_HTML_SLOT_REFS, keys[i]) != LUA_TNIL;
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushinteger(L, (st->drop_end ? LATER_DROP_END : 0)
                           | (st->gone ? LATER_GONE : 0));
    lua_rawseti(L, -2, LATER_FLAGS);
    if (found) {
        lua_rawseti(L, -2, (lua_Integer)depth);
        st->later++;
    }
    lua_settop(L, WFP_HTML_SLOT_TOP);
}

/* [-0, +0, e] */
static void take_start_tag(wfp_html_stream_t *st)
{
    apr_uint32_t depth = st->page.closes + 1;
    int leaf = st->page.element->leaf;

    if (!wfp_html_turn_is_wanted(st, WFP_HTML_ON_ELEMENT, 0)) {
        wfp_html_output_token(st);
        return;
    }
    wfp_html_turn_run(st, &wfp_html_element_class, WFP_HTML_ON_ELEMENT, 0);
    wfp_html_output_value(st, WFP_HTML_BEFORE);
    if (st->drop_token) {
        wfp_html_output_value(st, WFP_HTML_INSTEAD);
    }
    else if (lua_rawgeti(st->L, WFP_HTML_SLOT_REFS, WFP_HTML_EDITED)
             == LUA_TSTRING) {
        wfp_html_output_string(st, -1);
    }
    else {
        wfp_html_output_token(st);
    }
    lua_settop(st->L, WFP_HTML_SLOT_TOP);
    if (leaf) {
        wfp_html_output_value(st, WFP_HTML_AFTER);
    }
    else {
        if (!st->gone) {
            wfp_html_output_value(st, WFP_HTML_INNER);
        }
        if (st->touched || st->drop_end) {
            keep_for_end(st, depth);
        }
        if (st->drop_content && !st->removed) {
            st->removed = depth;
        }
    }
    wfp_html_turn_forget(st);
}

/* [-0, +0, e] The element's own end tag; what it takes is at LATER_SLOT. */
#define LATER_SLOT (WFP_HTML_SLOT_TOP + 1)

static void put_end_tag(wfp_html_stream_t *st, lua_Integer flags)
{
    const wfp_html_token_t *token = &st->page.token;
    lua_State *L = st->L;
    const char *s;
    size_t n;

    wfp_html_turn_begin(st);
    if (lua_rawgeti(L, LATER_SLOT, LATER_HANDLERS) == LUA_TTABLE) {
        lua_Integer i, count = (lua_Integer)lua_rawlen(L, -1);

        wfp_html_node_push(L, WFP_HTML_SLOT_STREAM, &wfp_html_end_tag_class);
        lua_insert(L, -2);
        for (i = 1; i <= count; i++) {
            wfp_html_turn_call(L, LATER_SLOT + 1, i);
        }
    }
    st->turn++;
    lua_settop(L, LATER_SLOT);
    wfp_html_output_value(st, WFP_HTML_BEFORE);
    if (!st->drop_token && !(flags & LATER_DROP_END)) {
        if (lua_rawgeti(L, LATER_SLOT, LATER_NAME) == LUA_TSTRING) {
            s = lua_tolstring(L, -1, &n);
            wfp_html_tag_push_renamed(L, token->raw, token->size, s, n);
            wfp_html_output_string(st, -1);
        }
        else {
            wfp_html_output_token(st);
        }
        lua_settop(L, LATER_SLOT);
    }
    wfp_html_output_value(st, WFP_HTML_AFTER);
    wfp_html_turn_forget(st);
}

/* [-0, +0, e] The element at depth ends; own: by the end tag at hand. */
static void close_element(wfp_html_stream_t *st, apr_uint32_t depth, int own)
{
    lua_State *L = st->L;
    lua_Integer flags;

    if (st->removed == depth) {
        st->removed = 0;
    }
    if (st->later) {
        lua_rawgeti(L, WFP_HTML_SLOT_REFS, WFP_HTML_LATER);
        lua_rawgeti(L, -1, (lua_Integer)depth);
        lua_remove(L, -2);
    }
    if (lua_type(L, LATER_SLOT) != LUA_TTABLE) {
        if (own) {
            wfp_html_output_token(st);
        }
        lua_settop(L, WFP_HTML_SLOT_TOP);
        return;
    }
    lua_rawgeti(L, WFP_HTML_SLOT_REFS, WFP_HTML_LATER);
    lua_pushnil(L);
    lua_rawseti(L, -2, (lua_Integer)depth);
    lua_pop(L, 1);
    st->later--;
    lua_rawgeti(L, LATER_SLOT, LATER_FLAGS);
    flags = lua_tointeger(L, -1);
    lua_rawgeti(L, LATER_SLOT, LATER_APPENDED);
    if (!(flags & LATER_GONE)) {
        wfp_html_output_string(st, -1);
    }
    lua_settop(L, LATER_SLOT);
    if (own) {
        put_end_tag(st, flags);
    }
    lua_rawgeti(L, LATER_SLOT, LATER_AFTER);
    wfp_html_output_string(st, -1);
    lua_settop(L, WFP_HTML_SLOT_TOP);
}

/* [-0, +0, e] The elements that a token ends, innermost first. */
static void close_elements(wfp_html_stream_t *st)
{
    const wfp_html_page_t *page = &st->page;
    apr_uint32_t depth;

    for (depth = page->depth; depth > page->closes; depth--) {
        if (st->later || st->removed || page->ends) {
            close_element(st, depth, page->ends && depth == page->closes + 1);
        }
    }
}

/* [-0, +0, e] */
static void take_token(wfp_html_stream_t *st)
{
    const wfp_html_page_t *page = &st->page;

    switch (page->token.kind) {
    case WFP_HTML_TEXT:
        take_piece(st, &wfp_html_text_class, WFP_HTML_ON_TEXT,
                   WFP_HTML_ON_DOCUMENT_TEXT);
        break;
    case WFP_HTML_COMMENT:
        take_piece(st, &wfp_html_comment_class, WFP_HTML_ON_COMMENTS,
                   WFP_HTML_ON_DOCUMENT_COMMENTS);
        break;
    case WFP_HTML_DOCTYPE:
        take_piece(st, &wfp_html_doctype_class, 0, WFP_HTML_ON_DOCTYPE);
        break;
    case WFP_HTML_START_TAG:
        close_elements(st);
        take_start_tag(st);
        break;
    case WFP_HTML_END_TAG:
        close_elements(st);
        if (!page->ends) {
            wfp_html_output_token(st);
        }
        break;
    default:
        wfp_html_output_token(st);
    }
}

/* [-0, +0, e] */
static void take_end(wfp_html_stream_t *st)
{
    close_elements(st);
    if (wfp_html_turn_is_wanted(st, 0, WFP_HTML_ON_END)) {
        wfp_html_turn_run(st, &wfp_html_document_end_class, 0, WFP_HTML_ON_END);
        wfp_html_output_value(st, WFP_HTML_BEFORE);
        wfp_html_turn_forget(st);
    }
    wfp_html_output_end(st);
    st->ended = 1;
}

/* [-0, +0, e] The next chunk of the source. */
static void read_source(wfp_html_stream_t *st)
{
    lua_State *L = st->L;
    size_t n;
    const char *s;

    lua_rawgeti(L, WFP_HTML_SLOT_REFS, WFP_HTML_SOURCE);
    wfp_api_read_body(L, WFP_HTML_SLOT_TOP + 1);
    if (lua_isnil(L, -1)) {
        wfp_html_page_end(&st->page);
    }
    else {
        s = lua_tolstring(L, -1, &n);
        wfp_html_page_feed(&st->page, s, n);
    }
    lua_settop(L, WFP_HTML_SLOT_TOP);
}

/* [-0, +0, e] One token, or more to read.
 * @return 0: what is there should go out first */
static int step(wfp_html_stream_t *st)
{
    switch (wfp_html_page_next(&st->page)) {
    case WFP_HTML_PAGE_TOKEN:
        take_token(st);
        return st->out->n < WFP_BODY_CHUNK;
    case WFP_HTML_PAGE_MORE:
        if (st->out->n > 0) {
            return 0;
        }
        read_source(st);
        return 1;
    case WFP_HTML_PAGE_END:
        take_end(st);
        return 0;
    default:
        return wfp_api_error(st->L, "Error", NULL, "HTMLRewriter: %s",
                             st->page.fault);
    }
}

/* [-0, +1, e] upvalue 1: the stream; the next chunk, nil at the end */
static int l_html_chunk(lua_State *L)
{
    wfp_html_stream_t *st = lua_touserdata(L, lua_upvalueindex(1));
    wfp_buffer_t out;

    if (st->busy) {
        return wfp_api_error(L, "TypeError", NULL,
                             "A transformed body was read by its own handler, "
                             "or after it had failed");
    }
    lua_settop(L, 0);
    luaL_checkstack(L, 24, NULL);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_getiuservalue(L, WFP_HTML_SLOT_STREAM, 1);
    wfp_buffer_init(&out, L);
    st->busy = 1;
    st->L = L;
    st->refs = WFP_HTML_SLOT_REFS;
    st->out = &out;
    while (!st->ended && step(st)) {
    }
    st->busy = 0;
    if (out.n == 0) {
        lua_pushnil(L);
    }
    else {
        wfp_buffer_push(&out);
    }
    return 1;
}

/* ---- making one ------------------------------------------------------------------ */

/* [-0, +0, m] A copy of the array at slot from becomes a value. */
static void copy_array(lua_State *L, int refs, int key, int from)
{
    lua_Integer i, n = (lua_Integer)lua_rawlen(L, from);

    lua_createtable(L, (int)n, 0);
    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, from, i);
        lua_rawseti(L, -2, i);
    }
    lua_rawseti(L, refs, key);
}

/* [-0, +0, m] Which handlers are there? */
static void read_wants(lua_State *L, wfp_html_stream_t *st, int handlers,
                       int documents)
{
    lua_Integer i, n = (lua_Integer)lua_rawlen(L, handlers);

    for (i = 0; i < n; i++) {
        if (lua_rawgeti(L, handlers, i + 1) == LUA_TFUNCTION) {
            st->wants[i / WFP_HTML_ON_COUNT] |=
                (apr_byte_t)(1 << (i % WFP_HTML_ON_COUNT + 1));
        }
        lua_pop(L, 1);
    }
    st->owners = (apr_uint32_t)(n / WFP_HTML_ON_COUNT);
    n = (lua_Integer)lua_rawlen(L, documents);
    for (i = 0; i < n; i++) {
        if (lua_rawgeti(L, documents, i + 1) == LUA_TFUNCTION) {
            st->document_wants |=
                (apr_byte_t)(1 << (i % WFP_HTML_ON_DOCUMENT_COUNT + 1));
        }
        lua_pop(L, 1);
    }
    st->documents = (apr_uint32_t)(n / WFP_HTML_ON_DOCUMENT_COUNT);
}

/* [-0, +0, v] The selectors, which were all tried by on(). */
static void read_selectors(lua_State *L, wfp_html_stream_t *st, int selectors)
{
    wfp_html_fault_t fault;
    apr_uint32_t i;

    for (i = 0; i < st->owners; i++) {
        size_t n;
        const char *s;

        lua_rawgeti(L, selectors, (lua_Integer)i + 1);
        s = lua_tolstring(L, -1, &n);
        if (wfp_html_selector_parse(&st->program, s, n, i, &fault)
            != APR_SUCCESS) {
            wfp_api_error(L, "TypeError", NULL, "HTMLRewriter: %s", fault.what);
        }
        lua_pop(L, 1);
    }
}

void wfp_html_stream_push(lua_State *L, int body, int handlers, int documents,
                          int selectors)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_html_page_limits_t limits = { WFP_HTML_TOKEN_BYTES, WFP_HTML_DEPTH,
                                      WFP_HTML_STEPS };
    wfp_html_stream_t *st;
    apr_size_t part = wfp_meter_result_max(iso) / RESULT_PART;

    luaL_checkstack(L, 16, NULL);
    st = lua_newuserdatauv(L, sizeof(*st), 1);
    memset(st, 0, sizeof(*st));
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, -3, 1);
    st->L = L;
    st->refs = lua_gettop(L);
    limits.steps_max = wfp_meter_steps_max(iso);
    if (limits.token_max > part) {
        limits.token_max = part;
    }
    lua_pushvalue(L, body);
    lua_rawseti(L, st->refs, WFP_HTML_SOURCE);
    lua_newtable(L);
    lua_rawseti(L, st->refs, WFP_HTML_LATER);
    copy_array(L, st->refs, WFP_HTML_HANDLERS, handlers);
    copy_array(L, st->refs, WFP_HTML_DOCUMENT, documents);
    read_wants(L, st, handlers, documents);
    st->memory.alloc = alloc;
    st->memory.baton = st;
    wfp_html_selector_init(&st->program, &st->memory);
    read_selectors(L, st, selectors);
    wfp_html_page_init(&st->page, &st->program, &limits, &st->memory);
    lua_settop(L, st->refs - 1);
}

void wfp_html_stream_function(lua_State *L)
{
    lua_pushcclosure(L, l_html_chunk, 1);
}
