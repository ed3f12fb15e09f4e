/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose turn it is: which handlers a token has, and calling them. Their object
 * is good from the turn's beginning to its end. Called by html_stream.c.
 */
#include "lua_runtime/api/html.h"

void wfp_html_turn_begin(wfp_html_stream_t *st)
{
    st->turn++;
    st->drop_token = st->drop_content = st->drop_end = 0;
    st->gone = st->touched = 0;
}

void wfp_html_turn_forget(wfp_html_stream_t *st)
{
    int key;

    for (key = 1; st->touched && key <= WFP_HTML_TURN_VALUES; key++) {
        lua_pushnil(st->L);
        lua_rawseti(st->L, WFP_HTML_SLOT_REFS, key);
    }
    st->touched = 0;
}

void wfp_html_turn_call(lua_State *L, int node, lua_Integer index)
{
    if (lua_rawgeti(L, -1, index) == LUA_TFUNCTION) {
        lua_pushvalue(L, node);
        lua_call(L, 1, 0);
    }
    else {
        lua_pop(L, 1);
    }
}

static int applies(const wfp_html_stream_t *st, apr_uint32_t owner, int kind)
{
    if (!(st->wants[owner] >> kind & 1)) {
        return 0;
    }
    return kind == WFP_HTML_ON_ELEMENT
               ? wfp_html_match_has(&st->page.match, st->page.element, owner)
               : st->page.match.active[owner] > 0;
}

int wfp_html_turn_is_wanted(const wfp_html_stream_t *st, int kind,
                            int document_kind)
{
    apr_uint32_t i;

    if (document_kind && st->document_wants >> document_kind & 1) {
        return 1;
    }
    for (i = 0; kind && i < st->owners; i++) {
        if (applies(st, i, kind)) {
            return 1;
        }
    }
    return 0;
}

void wfp_html_turn_run(wfp_html_stream_t *st, const wfp_class_t *cls, int kind,
                       int document_kind)
{
    lua_State *L = st->L;
    apr_uint32_t i;

    wfp_html_turn_begin(st);
    wfp_html_node_push(L, WFP_HTML_SLOT_STREAM, cls);
    if (document_kind && st->document_wants >> document_kind & 1) {
        lua_rawgeti(L, WFP_HTML_SLOT_REFS, WFP_HTML_DOCUMENT);
        for (i = 0; i < st->documents; i++) {
            wfp_html_turn_call(L, WFP_HTML_SLOT_TOP + 1,
                               (lua_Integer)i * WFP_HTML_ON_DOCUMENT_COUNT
                                   + document_kind);
        }
        lua_pop(L, 1);
    }
    if (kind) {
        lua_rawgeti(L, WFP_HTML_SLOT_REFS, WFP_HTML_HANDLERS);
        for (i = 0; i < st->owners; i++) {
            if (applies(st, i, kind)) {
                wfp_html_turn_call(L, WFP_HTML_SLOT_TOP + 1,
                                   (lua_Integer)i * WFP_HTML_ON_COUNT + kind);
            }
        }
    }
    lua_settop(L, WFP_HTML_SLOT_TOP);
    st->turn++;
}
