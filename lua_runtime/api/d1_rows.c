/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a D1 database as Lua values. NULL is nil, so a table of a row has no
 * such field; texts and blobs are strings.
 */
#include "lua_runtime/api/classes.h"

void wfp_api_d1_push_value(lua_State *L, const wfp_sql_value_t *value)
{
    switch (value->kind) {
    case WFP_SQL_INT:
        lua_pushinteger(L, (lua_Integer)value->u.i);
        break;
    case WFP_SQL_REAL:
        lua_pushnumber(L, value->u.d);
        break;
    case WFP_SQL_TEXT:
    case WFP_SQL_BLOB:
        lua_pushlstring(L, value->s, value->u.n);
        break;
    default:
        lua_pushnil(L);
    }
}

/* [-0, +n, m] the columns' names, once for all rows */
static int push_names(lua_State *L, const wfp_sql_result_t *result)
{
    int first = lua_gettop(L) + 1, i;

    luaL_checkstack(L, result->columns + 8, NULL);
    for (i = 0; i < result->columns; i++) {
        lua_pushstring(L, result->names[i]);
    }
    return first;
}

void wfp_api_d1_push_rows(lua_State *L, const wfp_sql_result_t *result)
{
    int first = push_names(L, result), i;
    const wfp_sql_row_t *row;
    lua_Integer n = 0;

    lua_createtable(L, (int)(result->rows & 0xffffff), 0);
    for (row = result->first; row; row = row->next) {
        lua_createtable(L, 0, result->columns);
        for (i = 0; i < result->columns; i++) {
            lua_pushvalue(L, first + i);
            wfp_api_d1_push_value(L, &row->values[i]);
            lua_rawset(L, -3);
        }
        lua_rawseti(L, -2, ++n);
    }
    wfp_api_mark_array(L);
    if (result->columns > 0) {
        lua_replace(L, first);
        lua_settop(L, first);
    }
}

/* [-1, +1, m] */
static void add_names(lua_State *L, const wfp_sql_result_t *result)
{
    int i;

    lua_createtable(L, result->columns, 0);
    for (i = 0; i < result->columns; i++) {
        lua_pushstring(L, result->names[i]);
        lua_rawseti(L, -2, i + 1);
    }
    wfp_api_mark_array(L);
    lua_rawseti(L, -2, 1);
}

void wfp_api_d1_push_raw(lua_State *L, const wfp_sql_result_t *result,
                         int names)
{
    const wfp_sql_row_t *row;
    lua_Integer n = names;
    int i;

    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, (int)(result->rows & 0xffffff) + names, 0);
    if (names) {
        add_names(L, result);
    }
    for (row = result->first; row; row = row->next) {
        lua_createtable(L, result->columns, 0);
        for (i = 0; i < result->columns; i++) {
            wfp_api_d1_push_value(L, &row->values[i]);
            lua_rawseti(L, -2, i + 1);
        }
        wfp_api_mark_array(L);
        lua_rawseti(L, -2, ++n);
    }
    wfp_api_mark_array(L);
}

/* [-0, +0, m] */
static void set_int(lua_State *L, const char *key, apr_int64_t n)
{
    lua_pushinteger(L, (lua_Integer)n);
    lua_setfield(L, -2, key);
}

void wfp_api_d1_push_meta(lua_State *L, const wfp_sql_result_t *result)
{
    lua_createtable(L, 0, 8);
    lua_pushnumber(L, (lua_Number)result->duration_us / 1000);
    lua_setfield(L, -2, "duration");
    set_int(L, "changes", result->changes);
    set_int(L, "last_row_id", result->last_rowid);
    set_int(L, "rows_read", result->rows_read);
    set_int(L, "rows_written", result->rows_written);
    set_int(L, "size_after", result->size_after);
    lua_pushboolean(L, result->changed_db);
    lua_setfield(L, -2, "changed_db");
    lua_pushliteral(L, "wfp");
    lua_setfield(L, -2, "served_by");
}
