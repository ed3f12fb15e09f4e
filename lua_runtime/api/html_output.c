/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes out of a stream: nothing of an element whose content was removed,
 * and nothing that would become a part of markup that the page did not finish.
 * Called by html_stream.c.
 */
#include <string.h>

#include "lua_runtime/api/html.h"

/* [-0, +0, m] Something follows markup that was not finished: it must not
 * become a part of that. */
static void settle_tail(wfp_html_stream_t *st)
{
    const char *s;
    size_t n;

    st->has_tail = 0;
    if (st->tail_end) {
        lua_rawgeti(st->L, WFP_HTML_SLOT_REFS, WFP_HTML_TAIL);
        s = lua_tolstring(st->L, -1, &n);
        wfp_buffer_add(st->out, s, n);
        wfp_buffer_add(st->out, st->tail_end, strlen(st->tail_end));
        lua_pop(st->L, 1);
    }
}

void wfp_html_output_put(wfp_html_stream_t *st, const char *s, size_t n)
{
    if (n == 0 || st->removed) {
        return;
    }
    if (st->has_tail) {
        settle_tail(st);
    }
    wfp_buffer_add(st->out, s, n);
}

void wfp_html_output_string(wfp_html_stream_t *st, int idx)
{
    size_t n;
    const char *s;

    if (lua_type(st->L, idx) == LUA_TSTRING) {
        s = lua_tolstring(st->L, idx, &n);
        wfp_html_output_put(st, s, n);
    }
}

void wfp_html_output_value(wfp_html_stream_t *st, int key)
{
    if (st->touched) {
        lua_rawgeti(st->L, WFP_HTML_SLOT_REFS, key);
        wfp_html_output_string(st, -1);
        lua_pop(st->L, 1);
    }
}

void wfp_html_output_token(wfp_html_stream_t *st)
{
    const wfp_html_token_t *token = &st->page.token;
    int is_long = token->kind == WFP_HTML_COMMENT && token->size >= 4
                  && memcmp(token->raw, "<!--", 4) == 0;
    const char *end = is_long ? "-->" : ">";

    if (token->partial) {
        st->partial_end = st->partial_end ? st->partial_end : end;
        end = st->partial_end;
        st->partial_end = token->last ? NULL : end;
    }
    if (!token->unfinished || st->removed) {
        wfp_html_output_put(st, token->raw, token->size);
        return;
    }
    st->has_tail = 1;
    st->tail_end = token->kind == WFP_HTML_MARKUP ? NULL : end;
    lua_pushlstring(st->L, token->raw, token->size);
    lua_rawseti(st->L, WFP_HTML_SLOT_REFS, WFP_HTML_TAIL);
}


void wfp_html_output_end(wfp_html_stream_t *st)
{
    if (st->has_tail) {
        st->has_tail = 0;
        lua_rawgeti(st->L, WFP_HTML_SLOT_REFS, WFP_HTML_TAIL);
        wfp_html_output_string(st, -1);
        lua_pop(st->L, 1);
    }
}
