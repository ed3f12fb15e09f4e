/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all objects that a handler gets have in common: they are good while
 * their handler runs, and content can be put before, behind and in place of
 * them. What is asked for is noted; html_stream.c puts it out.
 */
#include <string.h>

#include "lua_runtime/api/html.h"

static const wfp_class_t *const classes[] = {
    &wfp_html_text_class,    &wfp_html_element_class,
    &wfp_html_comment_class, &wfp_html_end_tag_class,
    &wfp_html_doctype_class, &wfp_html_document_end_class,
};

void wfp_html_node_push(lua_State *L, int idx, const wfp_class_t *cls)
{
    wfp_html_stream_t *st = lua_touserdata(L, idx);
    wfp_html_node_t *node;

    idx = lua_absindex(L, idx);
    node = wfp_class_new(L, cls, sizeof(*node), 1);
    node->stream = st;
    node->turn = st->turn;
    lua_pushvalue(L, idx);
    lua_setiuservalue(L, -2, 1);
}

/* [-0, +0, v] */
static const wfp_html_node_t *any(lua_State *L)
{
    size_t i;

    for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        wfp_html_node_t *node = wfp_class_test(L, 1, classes[i]);

        if (node) {
            return node;
        }
    }
    return wfp_class_check(L, 1, &wfp_html_element_class);
}

wfp_html_stream_t *wfp_html_node_check(lua_State *L, const wfp_class_t *cls)
{
    const wfp_html_node_t *node = cls ? wfp_class_check(L, 1, cls) : any(L);

    /* the turn is even while no handler runs */
    if (node->turn != node->stream->turn) {
        wfp_api_error(L, "TypeError", NULL,
                      "An object of HTMLRewriter was used after its handler "
                      "had ended");
    }
    (void)lua_getiuservalue(L, 1, 1);
    (void)lua_getiuservalue(L, -1, 1);
    lua_remove(L, -2);
    return node->stream;
}

/* [-0, +1, m] */
static void push_escaped(lua_State *L, const char *s, size_t n)
{
    wfp_buffer_t b;
    size_t i, from = 0;

    wfp_buffer_init(&b, L);
    for (i = 0; i < n; i++) {
        const char *entity = s[i] == '<'   ? "&lt;"
                             : s[i] == '>' ? "&gt;"
                             : s[i] == '&' ? "&amp;"
                                           : NULL;

        if (entity) {
            wfp_buffer_add(&b, s + from, i - from);
            wfp_buffer_add(&b, entity, strlen(entity));
            from = i + 1;
        }
    }
    wfp_buffer_add(&b, s + from, n - from);
    wfp_buffer_push(&b);
    lua_remove(L, b.idx);
}

void wfp_html_node_push_content(lua_State *L, const char *method)
{
    const char *s;
    size_t n;
    int html = 0;

    if (!lua_isstring(L, 2)) {
        wfp_api_error(L, "TypeError", NULL,
                      "%s: the content must be a string, got %s", method,
                      luaL_typename(L, 2));
    }
    if (lua_type(L, 3) == LUA_TTABLE) {
        (void)wfp_class_raw(L, 3, "html");
        html = lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
    else if (!lua_isnoneornil(L, 3)) {
        wfp_api_error(L, "TypeError", NULL,
                      "%s: the options must be a table, got %s", method,
                      luaL_typename(L, 3));
    }
    s = lua_tolstring(L, 2, &n);
    if (html) {
        lua_pushvalue(L, 2);
        return;
    }
    push_escaped(L, s, n);
}

void wfp_html_node_join(lua_State *L, wfp_html_stream_t *st, int refs, int key,
                        int in_front)
{
    st->touched = 1;
    if (lua_rawgeti(L, refs, key) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_rawseti(L, refs, key);
        return;
    }
    if (!in_front) {
        lua_insert(L, -2);
    }
    lua_concat(L, 2);
    lua_rawseti(L, refs, key);
}

int wfp_html_node_before(lua_State *L)
{
    wfp_html_stream_t *st;

    lua_settop(L, 3);
    st = wfp_html_node_check(L, NULL);
    wfp_html_node_push_content(L, "before");
    wfp_html_node_join(L, st, 4, WFP_HTML_BEFORE, 0);
    lua_settop(L, 1);
    return 1;
}

int wfp_html_node_after(lua_State *L)
{
    wfp_html_stream_t *st;

    lua_settop(L, 3);
    st = wfp_html_node_check(L, NULL);
    wfp_html_node_push_content(L, "after");
    wfp_html_node_join(L, st, 4, WFP_HTML_AFTER, 1);
    lua_settop(L, 1);
    return 1;
}

/* An element goes with its content and its end tag. */
static void drop(wfp_html_stream_t *st)
{
    st->drop_token = 1;
    st->drop_content = 1;
    st->drop_end = 1;
    st->gone = 1;
}

int wfp_html_node_replace(lua_State *L)
{
    wfp_html_stream_t *st;

    lua_settop(L, 3);
    st = wfp_html_node_check(L, NULL);
    wfp_html_node_push_content(L, "replace");
    lua_rawseti(L, 4, WFP_HTML_INSTEAD);
    st->touched = 1;
    drop(st);
    lua_settop(L, 1);
    return 1;
}

int wfp_html_node_remove(lua_State *L)
{
    lua_settop(L, 1);
    drop(wfp_html_node_check(L, NULL));
    lua_settop(L, 1);
    return 1;
}
