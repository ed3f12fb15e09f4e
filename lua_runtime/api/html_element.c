/* SPDX-License-Identifier: Apache-2.0 */
/* Element of HTMLRewriter: a start tag, its attributes, and what is to become
 * of its content. Values of attributes are those of the page, not decoded. */
#include <string.h>

#include "lua_runtime/api/html.h"

#define REFS 4 /* slot of the stream's table, behind three arguments */

enum {
    FIELD_TAG_NAME = 1,
    FIELD_NAMESPACE,
    FIELD_REMOVED
};
static const char *const fields[] = { "tagName", "namespaceURI", "removed",
                                      NULL };

/* [-0, +1, v] Three arguments, then the stream's table. */
static wfp_html_stream_t *begin(lua_State *L)
{
    lua_settop(L, 3);
    return wfp_html_node_check(L, &wfp_html_element_class);
}

/* [-0, +1, e] */
static int l_element_index(lua_State *L)
{
    static const char *const namespaces[] = {
        "http://www.w3.org/1999/xhtml",
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1998/Math/MathML",
    };
    int id = wfp_class_field(L);
    wfp_html_stream_t *st;

    if (id == 0) {
        return 1;
    }
    st = begin(L);
    switch (id) {
    case FIELD_TAG_NAME:
        if (lua_rawgeti(L, REFS, WFP_HTML_NAME) == LUA_TNIL) {
            wfp_html_tag_push_lower(L, st->page.token.text,
                                    st->page.token.text_size);
        }
        break;
    case FIELD_NAMESPACE:
        lua_pushstring(L, namespaces[st->page.element->ns]);
        break;
    default:
        lua_pushboolean(L, st->drop_token);
    }
    return 1;
}

/* [-0, +0, v] A name to look for. */
static void get_name(lua_State *L, const char *method, int arg,
                     wfp_html_text_t *name)
{
    if (!lua_isstring(L, arg)) {
        wfp_api_error(L, "TypeError", NULL,
                      "%s: the name must be a string, got %s", method,
                      luaL_typename(L, arg));
    }
    name->s = lua_tolstring(L, arg, &name->n);
}

/* [-0, +0, v] A name that a tag or attribute can be given. */
static void need_name(lua_State *L, const char *method, int arg, int is_tag,
                      wfp_html_text_t *name)
{
    size_t i;

    get_name(L, method, arg, name);
    for (i = 0; i < name->n; i++) {
        unsigned char c = (unsigned char)name->s[i];

        if (c <= ' ' || c == 0x7f || strchr("\"'<>/=", c)) {
            break;
        }
    }
    if (i < name->n || name->n == 0
        || (is_tag
            && ((name->s[0] | 0x20) < 'a' || (name->s[0] | 0x20) > 'z'))) {
        wfp_api_error(L, "TypeError", NULL, "%s: invalid name", method);
    }
}

/* [-0, +0, e] element.tagName = name */
static int l_element_newindex(lua_State *L)
{
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    wfp_html_stream_t *st = begin(L);
    wfp_html_text_t name;
    const char *s;
    size_t n;

    if (strcmp(key, "tagName") != 0) {
        return wfp_api_error(L, "TypeError", NULL,
                             "Cannot assign to read only property '%s'", key);
    }
    need_name(L, "tagName", 3, 1, &name);
    s = wfp_html_tag_text(L, st, REFS, &n);
    wfp_html_tag_push_renamed(L, s, n, name.s, name.n);
    lua_rawseti(L, REFS, WFP_HTML_EDITED);
    lua_pushvalue(L, 3);
    lua_rawseti(L, REFS, WFP_HTML_NAME);
    st->touched = 1;
    return 0;
}

/* [-0, +2, v] Is the attribute at 2 there? */
static int find(wfp_html_text_t *value, lua_State *L, const char *method)
{
    wfp_html_stream_t *st = begin(L);
    wfp_html_text_t name;
    wfp_html_attr_t attr;
    const char *s;
    size_t n;

    get_name(L, method, 2, &name);
    s = wfp_html_tag_text(L, st, REFS, &n);
    if (!wfp_html_tag_find(&attr, s, n, name.s, name.n)) {
        return 0;
    }
    value->s = s + attr.value;
    value->n = attr.value_end - attr.value;
    return 1;
}

/* [-0, +1, e] element:getAttribute(name) */
static int l_element_get_attribute(lua_State *L)
{
    wfp_html_text_t value;

    if (find(&value, L, "getAttribute")) {
        lua_pushlstring(L, value.s, value.n);
    }
    else {
        lua_pushnil(L);
    }
    return 1;
}

/* [-0, +1, e] element:hasAttribute(name) */
static int l_element_has_attribute(lua_State *L)
{
    wfp_html_text_t value;

    lua_pushboolean(L, find(&value, L, "hasAttribute"));
    return 1;
}

/* [-0, +1, e] element:setAttribute(name, value) */
static int l_element_set_attribute(lua_State *L)
{
    wfp_html_stream_t *st = begin(L);
    wfp_html_text_t name, value;
    const char *s;
    size_t n;

    need_name(L, "setAttribute", 2, 0, &name);
    if (!lua_isstring(L, 3)) {
        return wfp_api_error(L, "TypeError", NULL,
                             "setAttribute: the value must be a string, got %s",
                             luaL_typename(L, 3));
    }
    value.s = lua_tolstring(L, 3, &value.n);
    s = wfp_html_tag_text(L, st, REFS, &n);
    wfp_html_tag_push_set(L, s, n, &name, &value);
    lua_rawseti(L, REFS, WFP_HTML_EDITED);
    st->touched = 1;
    lua_settop(L, 1);
    return 1;
}

/* [-0, +1, e] element:removeAttribute(name) */
static int l_element_remove_attribute(lua_State *L)
{
    wfp_html_stream_t *st = begin(L);
    wfp_html_text_t name;
    wfp_html_attr_t attr;
    const char *s;
    size_t n;

    get_name(L, "removeAttribute", 2, &name);
    s = wfp_html_tag_text(L, st, REFS, &n);
    if (wfp_html_tag_find(&attr, s, n, name.s, name.n)) {
        wfp_html_tag_push_without(L, s, n, &name);
        lua_rawseti(L, REFS, WFP_HTML_EDITED);
        st->touched = 1;
    }
    lua_settop(L, 1);
    return 1;
}

/* [-0, +(1|2), e] upvalues: the tag's text, where to go on */
static int l_attributes_next(lua_State *L)
{
    wfp_html_scan_t scan;
    size_t n;
    const char *s = lua_tolstring(L, lua_upvalueindex(1), &n);

    wfp_html_attr_init(&scan, (size_t)lua_tointeger(L, lua_upvalueindex(2)));
    if (wfp_html_attr_scan(&scan, s, n) != WFP_HTML_SCAN_ATTR) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, (lua_Integer)scan.attr.end);
    lua_replace(L, lua_upvalueindex(2));
    wfp_html_tag_push_lower(L, s + scan.attr.name,
                            scan.attr.name_end - scan.attr.name);
    lua_pushlstring(L, s + scan.attr.value,
                    scan.attr.value_end - scan.attr.value);
    return 2;
}

/* [-0, +1, e] element:attributes(), an iterator of the tag as it is now */
static int l_element_attributes(lua_State *L)
{
    wfp_html_stream_t *st = begin(L);
    size_t n;
    const char *s = wfp_html_tag_text(L, st, REFS, &n);

    lua_pushlstring(L, s, n);
    lua_pushinteger(L, (lua_Integer)wfp_html_attr_name_end(s, n));
    lua_pushcclosure(L, l_attributes_next, 2);
    return 1;
}

/* [-0, +0, e] content inside the element; a leaf has none */
static int put_inside(lua_State *L, const char *method, int key, int in_front)
{
    wfp_html_stream_t *st = begin(L);

    wfp_html_node_push_content(L, method);
    if (!st->page.element->leaf) {
        wfp_html_node_join(L, st, REFS, key, in_front);
    }
    lua_settop(L, 1);
    return 1;
}

/* [-0, +1, e] element:prepend(content, options) */
static int l_element_prepend(lua_State *L)
{
    return put_inside(L, "prepend", WFP_HTML_INNER, 1);
}

/* [-0, +1, e] element:append(content, options) */
static int l_element_append(lua_State *L)
{
    return put_inside(L, "append", WFP_HTML_APPENDED, 0);
}

/* [-0, +1, e] element:setInnerContent(content, options) */
static int l_element_set_inner_content(lua_State *L)
{
    wfp_html_stream_t *st = begin(L);

    wfp_html_node_push_content(L, "setInnerContent");
    if (!st->page.element->leaf) {
        lua_rawseti(L, REFS, WFP_HTML_INNER);
        lua_pushnil(L);
        lua_rawseti(L, REFS, WFP_HTML_APPENDED);
        st->drop_content = 1;
        st->touched = 1;
    }
    lua_settop(L, 1);
    return 1;
}

/* [-0, +1, e] element:removeAndKeepContent() */
static int l_element_remove_and_keep_content(lua_State *L)
{
    wfp_html_stream_t *st = begin(L);

    st->drop_token = 1;
    st->drop_end = 1;
    lua_settop(L, 1);
    return 1;
}

/* [-0, +1, e] element:onEndTag(handler) */
static int l_element_on_end_tag(lua_State *L)
{
    wfp_html_stream_t *st = begin(L);

    if (lua_type(L, 2) != LUA_TFUNCTION) {
        return wfp_api_error(L, "TypeError", NULL,
                             "onEndTag: the handler must be a function, got %s",
                             luaL_typename(L, 2));
    }
    if (st->page.element->leaf) {
        return wfp_api_error(L, "TypeError", NULL,
                             "onEndTag: this element has no end tag");
    }
    if (lua_rawgeti(L, REFS, WFP_HTML_END_HANDLERS) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawseti(L, REFS, WFP_HTML_END_HANDLERS);
    }
    lua_pushvalue(L, 2);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    st->touched = 1;
    lua_settop(L, 1);
    return 1;
}

static const luaL_Reg methods[] = {
    { "getAttribute", l_element_get_attribute },
    { "hasAttribute", l_element_has_attribute },
    { "setAttribute", l_element_set_attribute },
    { "removeAttribute", l_element_remove_attribute },
    { "attributes", l_element_attributes },
    { "before", wfp_html_node_before },
    { "after", wfp_html_node_after },
    { "prepend", l_element_prepend },
    { "append", l_element_append },
    { "replace", wfp_html_node_replace },
    { "setInnerContent", l_element_set_inner_content },
    { "remove", wfp_html_node_remove },
    { "removeAndKeepContent", l_element_remove_and_keep_content },
    { "onEndTag", l_element_on_end_tag },
    { NULL, NULL },
};
const wfp_class_t wfp_html_element_class = {
    "Element", methods, fields, l_element_index, l_element_newindex, NULL,
};
