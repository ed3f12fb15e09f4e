/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other objects that handlers of HTMLRewriter get: TextChunk, Comment,
 * Doctype, EndTag, DocumentEnd. Small classes over the token of this turn.
 */
#include <string.h>

#include "core/html_doctype.h"
#include "lua_runtime/api/html.h"

#define REFS 4 /* slot of the stream's table, behind three arguments */

/* [-0, +1, v] Three arguments, then the stream's table. */
static wfp_html_stream_t *begin(lua_State *L, const wfp_class_t *cls)
{
    lua_settop(L, 3);
    return wfp_html_node_check(L, cls);
}

/* [-0, +0, v] __newindex: the value at 3 for the one settable field */
static void need_field(lua_State *L, const char *field)
{
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";

    if (strcmp(key, field) != 0) {
        wfp_api_error(L, "TypeError", NULL,
                      "Cannot assign to read only property '%s'", key);
    }
    if (!lua_isstring(L, 3)) {
        wfp_api_error(L, "TypeError", NULL, "%s must be a string, got %s",
                      field, luaL_typename(L, 3));
    }
}

/* ---- TextChunk ---------------------------------------------------------------- */

enum {
    TEXT_TEXT = 1,
    TEXT_LAST,
    TEXT_REMOVED
};
static const char *const text_fields[] = { "text", "lastInTextNode", "removed",
                                           NULL };

/* [-0, +1, e] */
static int l_text_index(lua_State *L)
{
    int id = wfp_class_field(L);
    const wfp_html_stream_t *st;

    if (id == 0) {
        return 1;
    }
    st = begin(L, &wfp_html_text_class);
    switch (id) {
    case TEXT_TEXT:
        lua_pushlstring(L, st->page.token.text, st->page.token.text_size);
        break;
    case TEXT_LAST:
        lua_pushboolean(L, st->page.token.last);
        break;
    default:
        lua_pushboolean(L, st->drop_token);
    }
    return 1;
}

static const luaL_Reg content_methods[] = {
    { "before", wfp_html_node_before },
    { "after", wfp_html_node_after },
    { "replace", wfp_html_node_replace },
    { "remove", wfp_html_node_remove },
    { NULL, NULL },
};
const wfp_class_t wfp_html_text_class = {
    "TextChunk", content_methods, text_fields, l_text_index, NULL, NULL,
};

/* ---- Comment ------------------------------------------------------------------ */

enum {
    COMMENT_TEXT = 1,
    COMMENT_REMOVED
};
static const char *const comment_fields[] = { "text", "removed", NULL };

/* [-0, +1, e] */
static int l_comment_index(lua_State *L)
{
    int id = wfp_class_field(L);
    const wfp_html_stream_t *st;

    if (id == 0) {
        return 1;
    }
    st = begin(L, &wfp_html_comment_class);
    if (id == COMMENT_REMOVED) {
        lua_pushboolean(L, st->drop_token);
    }
    else if (lua_rawgeti(L, REFS, WFP_HTML_EDITED) == LUA_TNIL) {
        lua_pushlstring(L, st->page.token.text, st->page.token.text_size);
    }
    return 1;
}

/* Would the text end the comment by itself? */
static int ends_comment(const char *s, size_t n)
{
    size_t i;

    if (n && (s[0] == '>' || (n > 1 && s[0] == '-' && s[1] == '>'))) {
        return 1;
    }
    for (i = 0; i + 2 < n; i++) {
        if (s[i] == '-' && s[i + 1] == '-'
            && (s[i + 2] == '>'
                || (s[i + 2] == '!' && i + 3 < n && s[i + 3] == '>'))) {
            return 1;
        }
    }
    return 0;
}

/* [-0, +0, e] comment.text = text */
static int l_comment_newindex(lua_State *L)
{
    wfp_html_stream_t *st = begin(L, &wfp_html_comment_class);
    const char *s;
    size_t n;

    need_field(L, "text");
    s = lua_tolstring(L, 3, &n);
    if (ends_comment(s, n)) {
        return wfp_api_error(L, "TypeError", NULL,
                             "text must not end the comment");
    }
    lua_pushvalue(L, 3);
    lua_rawseti(L, REFS, WFP_HTML_EDITED);
    st->touched = 1;
    return 0;
}

const wfp_class_t wfp_html_comment_class = {
    "Comment",       content_methods,    comment_fields,
    l_comment_index, l_comment_newindex, NULL,
};

/* ---- Doctype ------------------------------------------------------------------ */

enum {
    DOCTYPE_NAME = 1,
    DOCTYPE_PUBLIC,
    DOCTYPE_SYSTEM
};
static const char *const doctype_fields[] = { "name", "publicId", "systemId",
                                              NULL };

/* [-0, +1, m] The text, or nil. */
static void push_part(lua_State *L, const char *s, size_t n)
{
    if (s) {
        lua_pushlstring(L, s, n);
    }
    else {
        lua_pushnil(L);
    }
}

/* [-0, +1, e] */
static int l_doctype_index(lua_State *L)
{
    int id = wfp_class_field(L);
    const wfp_html_stream_t *st;
    wfp_html_doctype_t doctype;

    if (id == 0) {
        return 1;
    }
    st = begin(L, &wfp_html_doctype_class);
    wfp_html_doctype_parse(&doctype, st->page.token.text,
                           st->page.token.text_size);
    switch (id) {
    case DOCTYPE_NAME:
        push_part(L, doctype.name, doctype.name_size);
        break;
    case DOCTYPE_PUBLIC:
        push_part(L, doctype.public_id, doctype.public_size);
        break;
    default:
        push_part(L, doctype.system_id, doctype.system_size);
    }
    return 1;
}

static const luaL_Reg no_methods[] = { { NULL, NULL } };
const wfp_class_t wfp_html_doctype_class = {
    "Doctype", no_methods, doctype_fields, l_doctype_index, NULL, NULL,
};

/* ---- EndTag ------------------------------------------------------------------- */

static const char *const end_fields[] = { "name", NULL };

/* [-0, +1, e] */
static int l_end_tag_index(lua_State *L)
{
    wfp_html_stream_t *st;
    size_t n, end;
    const char *s;

    if (wfp_class_field(L) == 0) {
        return 1;
    }
    st = begin(L, &wfp_html_end_tag_class);
    s = wfp_html_tag_text(L, st, REFS, &n);
    end = wfp_html_attr_name_end(s, n);
    wfp_html_tag_push_lower(L, s + 2, end - 2);
    return 1;
}

static const luaL_Reg end_methods[] = {
    { "before", wfp_html_node_before },
    { "after", wfp_html_node_after },
    { "remove", wfp_html_node_remove },
    { NULL, NULL },
};
const wfp_class_t wfp_html_end_tag_class = {
    "EndTag", end_methods, end_fields, l_end_tag_index, NULL, NULL,
};

/* ---- DocumentEnd -------------------------------------------------------------- */

/* [-0, +1, e] documentEnd:append(content, options) */
static int l_document_end_append(lua_State *L)
{
    wfp_html_stream_t *st = begin(L, &wfp_html_document_end_class);

    wfp_html_node_push_content(L, "append");
    wfp_html_node_join(L, st, REFS, WFP_HTML_BEFORE, 0);
    lua_settop(L, 1);
    return 1;
}

static const luaL_Reg document_end_methods[] = {
    { "append", l_document_end_append },
    { NULL, NULL },
};
const wfp_class_t wfp_html_document_end_class = {
    "DocumentEnd", document_end_methods, NULL, NULL, NULL, NULL,
};
