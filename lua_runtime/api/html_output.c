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

/* [-0, +0, m] "<" ended a text: what follows by now must not make a tag of it,
 * as "script>" would when the tag between the two was removed. */
static void settle_angle(wfp_html_stream_t *st, int as_it_was)
{
    const char *s = as_it_was ? "</" : "&lt;/";
    size_t less = st->open_angle == 2 ? 0 : 1;

    st->open_angle = 0;
    wfp_buffer_add(st->out, s, strlen(s) - less);
}

void wfp_html_output_put(wfp_html_stream_t *st, const char *s, size_t n)
{
    if (n == 0 || st->removed) {
        return;
    }
    if (st->open_angle) {
        settle_angle(st, *s == '<' && st->open_angle == 1);
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

/* How many bytes at the text's end would be a tag's with others behind them? */
static size_t open_end(const wfp_html_token_t *token)
{
    size_t n = token->size;

    if (n && token->raw[n - 1] == '<') {
        return 1;
    }
    return n > 1 && memcmp(token->raw + n - 2, "</", 2) == 0 ? 2 : 0;
}

/* [-0, +0, m] */
static void put_text(wfp_html_stream_t *st)
{
    const wfp_html_token_t *token = &st->page.token;
    size_t open = open_end(token);

    wfp_html_output_put(st, token->raw, token->size - open);
    if (open && !st->removed) {
        if (st->open_angle) {
            settle_angle(st, 1);
        }
        st->open_angle = open & 3;
        st->angle_end = token->offset + token->size;
    }
}

void wfp_html_output_token(wfp_html_stream_t *st)
{
    const wfp_html_token_t *token = &st->page.token;
    int is_long = token->kind == WFP_HTML_COMMENT && token->size >= 4
                  && memcmp(token->raw, "<!--", 4) == 0;
    const char *end = is_long ? "-->" : ">";

    if (st->open_angle && st->angle_end == token->offset && token->size
        && !st->removed) {
        settle_angle(st, 1);
    }
    if (token->kind == WFP_HTML_TEXT) {
        put_text(st);
        return;
    }
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
    if (st->open_angle) {
        settle_angle(st, 1);
    }
    if (st->has_tail) {
        st->has_tail = 0;
        lua_rawgeti(st->L, WFP_HTML_SLOT_REFS, WFP_HTML_TAIL);
        wfp_html_output_string(st, -1);
        lua_pop(st->L, 1);
    }
}
