/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FormData and its files. A form is a flat array of names and values; a value
 * is a string or a File, an object of name, type and bytes that nothing can
 * change. Bodies become forms in form_read.c, forms bodies in form_write.c.
 */
#include "lua_runtime/api/form.h"

typedef struct object_t {
    char unused; /* all of it is in user values */
} object_t;

/* fields of a File; the first three are its user values, too */
enum {
    FIELD_NAME = WFP_FILE_NAME,
    FIELD_TYPE = WFP_FILE_TYPE,
    FIELD_SIZE = WFP_FILE_DATA
};
static const char *const file_fields[] = { "name", "type", "size", NULL };

static const wfp_class_t form_class;
static const wfp_class_t file_class;

int wfp_api_is_file(lua_State *L, int idx)
{
    return wfp_class_test(L, idx, &file_class) != NULL;
}

void wfp_api_make_file(lua_State *L)
{
    (void)wfp_class_new(L, &file_class, sizeof(object_t), 3);
    lua_insert(L, -4);
    lua_setiuservalue(L, -4, WFP_FILE_DATA);
    lua_setiuservalue(L, -3, WFP_FILE_TYPE);
    lua_setiuservalue(L, -2, WFP_FILE_NAME);
}

/* [-0, +1, e] */
static int l_file_index(lua_State *L)
{
    int id = wfp_class_field(L);

    if (id == 0) {
        return 1;
    }
    (void)wfp_class_check(L, 1, &file_class);
    lua_getiuservalue(L, 1, id);
    if (id == FIELD_SIZE) {
        lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
    }
    return 1;
}

/* [-0, +1, e] file:text(), :bytes(), :arrayBuffer() */
static int l_file_text(lua_State *L)
{
    (void)wfp_class_check(L, 1, &file_class);
    lua_getiuservalue(L, 1, WFP_FILE_DATA);
    return 1;
}

void wfp_api_make_form(lua_State *L)
{
    (void)wfp_class_new(L, &form_class, sizeof(object_t), 1);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, 1);
}

int wfp_api_form_list(lua_State *L, int idx)
{
    if (!wfp_class_test(L, idx, &form_class)) {
        return 0;
    }
    lua_getiuservalue(L, idx, 1);
    return 1;
}

/* [-0, +1, e] FormData.new() */
static int l_form_new(lua_State *L)
{
    if (!lua_isnoneornil(L, 1)) {
        return wfp_api_error(L, "TypeError", NULL,
                             "FormData.new: no argument expected, got %s",
                             luaL_typename(L, 1));
    }
    lua_newtable(L);
    wfp_api_make_form(L);
    return 1;
}

/* [-0, +1, v] Push the member of the table at 3 that describes a file. */
static void push_member(lua_State *L, const char *method, const char *key,
                        const char *missing)
{
    if (wfp_class_raw(L, 3, key) == LUA_TNIL && missing) {
        lua_pop(L, 1);
        lua_pushstring(L, missing);
    }
    wfp_api_list_need(L, &form_class, method, lua_gettop(L), key);
}

/* [-0, +1, v] Push a File of the table at 3. */
static void push_file(lua_State *L, const char *method)
{
    size_t n;
    const char *type;

    push_member(L, method, "name", "blob");
    push_member(L, method, "type", "");
    type = lua_tolstring(L, -1, &n);
    if (!wfp_headers_is_value(type, n)) {
        wfp_api_error(L, "TypeError", NULL,
                      "FormData.%s: type must be a media type", method);
    }
    push_member(L, method, "data", NULL);
    wfp_api_make_file(L);
}

/* [-0, +0, v] The value at 3 becomes a string or a File, with the name at 4
 * where one is given. */
static void convert(lua_State *L, const char *method)
{
    if (lua_type(L, 3) == LUA_TTABLE) {
        push_file(L, method);
        lua_replace(L, 3);
    }
    if (wfp_api_is_file(L, 3)) {
        if (!lua_isnil(L, 4)) {
            wfp_api_list_need(L, &form_class, method, 4, "filename");
            lua_pushvalue(L, 4);
            lua_getiuservalue(L, 3, WFP_FILE_TYPE);
            lua_getiuservalue(L, 3, WFP_FILE_DATA);
            wfp_api_make_file(L);
            lua_replace(L, 3);
        }
        return;
    }
    if (!lua_isstring(L, 3)) {
        wfp_api_error(L, "TypeError", NULL,
                      "FormData.%s: the value must be a string or a file, "
                      "got %s",
                      method, luaL_typename(L, 3));
    }
    if (!lua_isnil(L, 4)) {
        wfp_api_error(L, "TypeError", NULL,
                      "FormData.%s: a filename needs a file as value", method);
    }
    (void)lua_tolstring(L, 3, NULL);
}

/* [-0, +0, v] Object, name, value and filename of append and set. */
static void need_entry(lua_State *L, const char *method)
{
    (void)wfp_class_check(L, 1, &form_class);
    lua_settop(L, 4);
    wfp_api_list_need(L, &form_class, method, 2, "name");
    convert(L, method);
}

/* [-0, +0, e] form:append(name, value, filename?) */
static int l_form_append(lua_State *L)
{
    need_entry(L, "append");
    wfp_api_list_push(L, &form_class);
    wfp_api_list_append(L, 5, 2, 3);
    return 0;
}

/* [-0, +0, e] form:set(name, value, filename?) */
static int l_form_set(lua_State *L)
{
    need_entry(L, "set");
    wfp_api_list_set(L, &form_class);
    lua_setiuservalue(L, 1, 1);
    return 0;
}

/* [-0, +0, e] form:delete(name) */
static int l_form_delete(lua_State *L)
{
    wfp_api_list_delete(L, &form_class, 0);
    lua_setiuservalue(L, 1, 1);
    return 0;
}

/* [-0, +1, e] form:get(name) */
static int l_form_get(lua_State *L)
{
    return wfp_api_list_get(L, &form_class);
}

/* [-0, +1, e] form:getAll(name) */
static int l_form_get_all(lua_State *L)
{
    return wfp_api_list_get_all(L, &form_class);
}

/* [-0, +1, e] form:has(name) */
static int l_form_has(lua_State *L)
{
    return wfp_api_list_has(L, &form_class, 0);
}

/* [-0, +1, e] form:entries(), pairs(form) */
static int l_form_entries(lua_State *L)
{
    return wfp_api_list_iterate(L, &form_class, 1, 2);
}

/* [-0, +1, e] form:keys() */
static int l_form_keys(lua_State *L)
{
    return wfp_api_list_iterate(L, &form_class, 1, 1);
}

/* [-0, +1, e] form:values() */
static int l_form_values(lua_State *L)
{
    return wfp_api_list_iterate(L, &form_class, 2, 1);
}

static const luaL_Reg file_methods[] = {
    { "text", l_file_text },
    { "bytes", l_file_text },
    { "arrayBuffer", l_file_text },
    { NULL, NULL },
};
static const wfp_class_t file_class = {
    "File", file_methods, file_fields, l_file_index, NULL, NULL,
};
static const luaL_Reg form_methods[] = {
    { "append", l_form_append },   { "delete", l_form_delete },
    { "get", l_form_get },         { "getAll", l_form_get_all },
    { "has", l_form_has },         { "set", l_form_set },
    { "entries", l_form_entries }, { "keys", l_form_keys },
    { "values", l_form_values },   { NULL, NULL },
};
static const luaL_Reg form_meta[] = {
    { "__pairs", l_form_entries },
    { NULL, NULL },
};
static const wfp_class_t form_class = {
    "FormData", form_methods, NULL, NULL, NULL, form_meta,
};

void wfp_api_open_form(lua_State *L)
{
    wfp_class_global(L, "FormData", l_form_new, NULL);
}
