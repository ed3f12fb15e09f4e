/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTMLRewriter: selectors with their handlers, to be used for any number of
 * responses. A selector that is not known is refused when it is given.
 */
#include <string.h>
#include <strings.h>

#include "lua_runtime/api/html.h"
#include "lua_runtime/state.h"

/* User values: arrays. */
enum {
    HANDLERS = 1,
    DOCUMENT,
    SELECTORS,
    VALUES = SELECTORS
};

typedef struct rewriter_t {
    char unused;
} rewriter_t;

static const wfp_class_t rewriter_class;

/* [-0, +1, e] HTMLRewriter.new() */
static int l_rewriter_new(lua_State *L)
{
    int i;

    (void)wfp_class_new(L, &rewriter_class, sizeof(rewriter_t), VALUES);
    for (i = 1; i <= VALUES; i++) {
        lua_newtable(L);
        lua_setiuservalue(L, -2, i);
    }
    return 1;
}

/* [-0, +0, m] wfp_html_alloc_fn of a program that is only tried: its blocks are
 * left on the stack. */
static void *alloc_on_stack(void *baton, void *old, apr_size_t bytes)
{
    luaL_checkstack(baton, 1, NULL);
    return lua_newuserdatauv(baton, bytes, 0);
}

/* [-0, +0, v] Is the selector at 2 one? */
static void check_selector(lua_State *L)
{
    wfp_html_memory_t memory = { alloc_on_stack, L };
    wfp_html_program_t program;
    wfp_html_fault_t fault;
    int top = lua_gettop(L);
    size_t n;
    const char *s;

    if (lua_type(L, 2) != LUA_TSTRING) {
        wfp_api_error(L, "TypeError", NULL,
                      "HTMLRewriter.on: the selector must be a string, got %s",
                      luaL_typename(L, 2));
    }
    s = lua_tolstring(L, 2, &n);
    wfp_html_selector_init(&program, &memory);
    if (wfp_html_selector_parse(&program, s, n, 0, &fault) != APR_SUCCESS) {
        lua_pushlstring(L, s + fault.at, fault.size);
        wfp_api_error(L, "TypeError", NULL,
                      "HTMLRewriter.on: selector \"%s\": %s: \"%s\"", s,
                      fault.what, lua_tostring(L, -1));
    }
    lua_settop(L, top);
}

/* [-0, +0, v] Append the functions of the table at arg, by these names, to the
 * array at slot to; false for those that are not there. */
static void add_handlers(lua_State *L, int arg, int to,
                         const char *const *names, const char *method)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, to);
    int i;

    if (lua_type(L, arg) != LUA_TTABLE) {
        wfp_api_error(L, "TypeError", NULL,
                      "HTMLRewriter.%s: the handlers must be a table, got %s",
                      method, luaL_typename(L, arg));
    }
    for (i = 0; names[i]; i++) {
        int type = wfp_class_raw(L, arg, names[i]);

        if (type != LUA_TFUNCTION && type != LUA_TNIL) {
            wfp_api_error(L, "TypeError", NULL,
                          "HTMLRewriter.%s: handler \"%s\" must be a function, "
                          "got %s",
                          method, names[i], luaL_typename(L, -1));
        }
    }
    for (i = 0; names[i]; i++) {
        if (wfp_class_raw(L, arg, names[i]) == LUA_TNIL) {
            lua_pushboolean(L, 0);
            lua_replace(L, -2);
        }
        lua_rawseti(L, to, n + i + 1);
    }
}

/* [-0, +1, e] rewriter:on(selector, handlers) */
static int l_rewriter_on(lua_State *L)
{
    static const char *const names[] = { "element", "text", "comments", NULL };
    lua_Integer n;

    (void)wfp_class_check(L, 1, &rewriter_class);
    lua_settop(L, 3);
    check_selector(L);
    lua_getiuservalue(L, 1, SELECTORS);
    lua_getiuservalue(L, 1, HANDLERS);
    n = (lua_Integer)lua_rawlen(L, 4);
    if (n == WFP_HTML_OWNERS_MAX) {
        return wfp_api_error(L, "RangeError", NULL,
                             "HTMLRewriter.on: too many handlers");
    }
    add_handlers(L, 3, 5, names, "on");
    lua_pushvalue(L, 2);
    lua_rawseti(L, 4, n + 1);
    lua_settop(L, 1);
    return 1;
}

/* [-0, +1, e] rewriter:onDocument(handlers) */
static int l_rewriter_on_document(lua_State *L)
{
    static const char *const names[] = { "doctype", "comments", "text", "end",
                                         NULL };

    (void)wfp_class_check(L, 1, &rewriter_class);
    lua_settop(L, 2);
    lua_getiuservalue(L, 1, DOCUMENT);
    if (lua_rawlen(L, 3)
        >= (size_t)WFP_HTML_OWNERS_MAX * WFP_HTML_ON_DOCUMENT_COUNT) {
        return wfp_api_error(L, "RangeError", NULL,
                             "HTMLRewriter.onDocument: too many handlers");
    }
    add_handlers(L, 2, 3, names, "onDocument");
    lua_settop(L, 1);
    return 1;
}

/* [-0, +0, v] A body that is compressed cannot be read as HTML. */
static void need_identity(lua_State *L, int headers)
{
    const char *coding;

    wfp_api_push_header(L, headers, "content-encoding");
    coding = lua_tostring(L, -1);
    if (coding && *coding && strcasecmp(coding, "identity") != 0) {
        wfp_api_error(L, "TypeError", NULL,
                      "HTMLRewriter.transform: the body has content-encoding "
                      "%s; ask the origin for accept-encoding identity",
                      coding);
    }
    lua_pop(L, 1);
}

/* [-0, +1, e] rewriter:transform(response) */
static int l_rewriter_transform(lua_State *L)
{
    wfp_payload_t *payload;
    int i;

    (void)wfp_class_check(L, 1, &rewriter_class);
    lua_settop(L, 2);
    payload = wfp_class_test(L, 2, &wfp_api_response_class);
    if (!payload) {
        return wfp_api_error(L, "TypeError", NULL,
                             "HTMLRewriter.transform: Response expected, got "
                             "%s",
                             luaL_typename(L, 2));
    }
    wfp_api_check_generation(L, payload->generation);
    wfp_api_push_payload_headers(L, 2);
    need_identity(L, 3);
    wfp_api_push_payload_body(L, 2);
    if (lua_type(L, 4) != LUA_TNIL) {
        wfp_api_move_body(L, 4);
        lua_replace(L, 4);
    }
    wfp_api_clone_response(L, 2);
    wfp_api_push_payload_headers(L, 5);
    wfp_api_drop_header(L, 6, "content-length");
    lua_settop(L, 5);
    if (lua_type(L, 4) != LUA_TNIL) {
        for (i = 1; i <= VALUES; i++) {
            lua_getiuservalue(L, 1, i);
        }
        wfp_html_stream_push(L, 4, 5 + HANDLERS, 5 + DOCUMENT, 5 + SELECTORS);
        wfp_html_stream_function(L);
        wfp_api_set_body(L, 5, lua_touserdata(L, 5), lua_gettop(L));
        lua_settop(L, 5);
    }
    return 1;
}

static const luaL_Reg methods[] = {
    { "on", l_rewriter_on },
    { "onDocument", l_rewriter_on_document },
    { "transform", l_rewriter_transform },
    { NULL, NULL },
};
static const wfp_class_t rewriter_class = {
    "HTMLRewriter", methods, NULL, NULL, NULL, NULL,
};

void wfp_api_open_html_rewriter(lua_State *L)
{
    wfp_class_global(L, "HTMLRewriter", l_rewriter_new, NULL);
}
