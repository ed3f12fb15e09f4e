/* SPDX-License-Identifier: Apache-2.0 */
/*
 * d1 bindings: env.DB:prepare(sql) gives a statement, bind(...) another one
 * with its parameters; first, all, run, raw, batch and exec are calls of the
 * host. What a call is given stays in the arena, held by the caller's stack:
 * the host is done with it before the isolate goes.
 */
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/ops.h"
#include "lua_runtime/state.h"

/* Statements of one batch. */
#define BATCH_MAX 1000

typedef struct database_t {
    const wfp_binding_t *binding; /* lives as long as the isolate */
} database_t;

typedef struct statement_t {
    const wfp_binding_t *binding;
    int count; /* of parameters */
} statement_t;

/* user values of a statement */
enum {
    V_SQL = 1,
    V_VALUES,  /* userdata: wfp_sql_value_t of each parameter; nil: none */
    V_STRINGS, /* table that holds what they point to */
    V_COUNT = V_STRINGS
};

static const wfp_class_t database_class, statement_class;

void wfp_api_push_d1(lua_State *L, const wfp_binding_t *binding)
{
    database_t *d = wfp_class_new(L, &database_class, sizeof(*d), 0);

    d->binding = binding;
}

/* ---- statements --------------------------------------------------------------- */

/* [-0, +1, e] database:prepare(sql) */
static int l_database_prepare(lua_State *L)
{
    const database_t *d = wfp_class_check(L, 1, &database_class);
    statement_t *s;
    size_t n;

    (void)wfp_class_text(L, 2, "prepare: the statement", &n);
    s = wfp_class_new(L, &statement_class, sizeof(*s), V_COUNT);
    s->binding = d->binding;
    lua_pushvalue(L, 2);
    lua_tostring(L, -1);
    lua_setiuservalue(L, -2, V_SQL);
    return 1;
}

/* Bytes that are no UTF-8, or have a NUL, are a blob. */
static int is_text(const char *s, size_t n)
{
    size_t i, k;

    for (i = 0; i < n; i += k) {
        k = (unsigned char)s[i] < 0x80 ? s[i] != '\0'
                                       : wfp_api_utf8(s + i, n - i);
        if (k == 0) {
            return 0;
        }
    }
    return 1;
}

/* [-0, +0, v] What a parameter's type is called, for one that is refused. */
static int refuse(lua_State *L, int idx)
{
    int type = lua_type(L, idx);
    const char *value = type == LUA_TTABLE      ? "[table]"
                        : type == LUA_TFUNCTION ? "[function]"
                        : type == LUA_TTHREAD   ? "[coroutine]"
                                                : "[object]";

    return wfp_api_error(L, "Error", "d1_error",
                         "D1_TYPE_ERROR: Type '%s' not supported for value "
                         "'%s'",
                         type == LUA_TUSERDATA ? "object"
                                               : lua_typename(L, type),
                         value);
}

/* [-0, +0, v] The parameter at idx; strings table: where it is held. */
static void read_param(lua_State *L, wfp_sql_value_t *value, int idx,
                       int strings)
{
    size_t n;

    switch (lua_type(L, idx)) {
    case LUA_TNIL:
        value->kind = WFP_SQL_NULL;
        break;
    case LUA_TBOOLEAN:
        value->kind = WFP_SQL_INT;
        value->u.i = lua_toboolean(L, idx);
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, idx)) {
            value->kind = WFP_SQL_INT;
            value->u.i = lua_tointeger(L, idx);
        }
        else {
            value->kind = WFP_SQL_REAL;
            value->u.d = lua_tonumber(L, idx);
        }
        break;
    case LUA_TSTRING:
        value->s = lua_tolstring(L, idx, &n);
        value->u.n = n;
        value->kind = is_text(value->s, n) ? WFP_SQL_TEXT : WFP_SQL_BLOB;
        lua_pushvalue(L, idx);
        lua_rawseti(L, strings, (lua_Integer)lua_rawlen(L, strings) + 1);
        break;
    default:
        if (!wfp_api_is_null(L, idx)) {
            refuse(L, idx);
        }
        value->kind = WFP_SQL_NULL;
    }
}

/* [-0, +1, e] statement:bind(...) */
static int l_statement_bind(lua_State *L)
{
    const statement_t *from = wfp_class_check(L, 1, &statement_class);
    int n = lua_gettop(L) - 1, i;
    wfp_sql_value_t *values;
    statement_t *s;

    luaL_checkstack(L, 8, NULL);
    s = wfp_class_new(L, &statement_class, sizeof(*s), V_COUNT);
    s->binding = from->binding;
    s->count = n;
    lua_getiuservalue(L, 1, V_SQL);
    lua_setiuservalue(L, n + 2, V_SQL);
    values = lua_newuserdatauv(L, sizeof(*values) * ((size_t)n + 1), 0);
    lua_newtable(L);
    memset(values, 0, sizeof(*values) * (size_t)n);
    for (i = 0; i < n; i++) {
        read_param(L, &values[i], i + 2, n + 4);
    }
    lua_setiuservalue(L, n + 2, V_STRINGS);
    lua_setiuservalue(L, n + 2, V_VALUES);
    return 1;
}

/* [-0, +0, -] The statement at idx as the host takes it. */
static void read_statement(lua_State *L, wfp_sql_query_t *query, int idx)
{
    const statement_t *s = lua_touserdata(L, idx);
    size_t n;

    lua_getiuservalue(L, idx, V_SQL);
    query->sql = lua_tolstring(L, -1, &n);
    query->n = n;
    lua_getiuservalue(L, idx, V_VALUES);
    query->params = lua_touserdata(L, -1);
    query->count = s->count;
    lua_pop(L, 2);
}

/* ---- calls --------------------------------------------------------------------- */

/* [-0, +0, v] What went wrong; prefix: whose error it is. */
static int raise_as(lua_State *L, const wfp_op_t *op, const char *prefix)
{
    wfp_result_t res = op->res;

    if (res.code != WFP_D1_ERROR && res.code != WFP_NOT_FOUND) {
        return wfp_api_raise(L, &res);
    }
    luaL_checkstack(L, 2, NULL);
    res.code = WFP_D1_ERROR;
    res.name = "Error";
    res.message = lua_pushfstring(L, "%s: %s", prefix, res.message);
    return wfp_api_raise(L, &res);
}

/* [-0, +n, v] Make the call that has the queries (on the stack, or held by it)
 *  and finish. */
static int call(lua_State *L, const wfp_binding_t *binding, wfp_sql_mode_e mode,
                wfp_sql_query_t *queries, int count, wfp_ops_finish_fn *finish)
{
    wfp_op_t op = { .kind = WFP_OP_SQL };

    op.sql.database = binding->target;
    op.sql.mode = mode;
    op.sql.queries = queries;
    op.sql.count = count;
    return wfp_ops_call(L, &op, finish);
}

/* [-0, +n, v] the same for the statement at 1 alone */
static int call_one(lua_State *L, int only_first, wfp_ops_finish_fn *finish)
{
    const statement_t *s = wfp_class_check(L, 1, &statement_class);
    wfp_op_t op = { .kind = WFP_OP_SQL };
    wfp_sql_query_t *query;

    wfp_state_need_invocation(L);
    lua_settop(L, 2);
    query = lua_newuserdatauv(L, sizeof(*query), 0);
    read_statement(L, query, 1);
    op.sql.database = s->binding->target;
    op.sql.queries = query;
    op.sql.count = 1;
    op.sql.only_first = only_first;
    return wfp_ops_call(L, &op, finish);
}

/* [-0, +1, m] {success=, results=, meta=} */
static void push_result(lua_State *L, const wfp_sql_result_t *result)
{
    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, 0, 3);
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "success");
    wfp_api_d1_push_rows(L, result);
    lua_setfield(L, -2, "results");
    wfp_api_d1_push_meta(L, result);
    lua_setfield(L, -2, "meta");
}

/* [-0, +1, v] */
static int all_done(lua_State *L, const wfp_op_t *op)
{
    if (op->rv != APR_SUCCESS) {
        return raise_as(L, op, "D1_ERROR");
    }
    push_result(L, op->answer->first);
    wfp_ops_drop_answer(L, op);
    return 1;
}

/* [-0, +1, e] statement:all(), statement:run() */
static int l_statement_all(lua_State *L)
{
    return call_one(L, 0, all_done);
}

/* Column of that name; -1: there is none. The last of several, as in a row's
 * table. */
static int column_of(const wfp_sql_result_t *result, const char *name)
{
    int i = result->columns;

    do {
        i--;
    } while (i >= 0 && strcmp(result->names[i], name) != 0);
    return i;
}

/* [-0, +1, v] the column's name, or nil, is at 2 */
static int first_done(lua_State *L, const wfp_op_t *op)
{
    const wfp_sql_result_t *result;
    int column = -1, is_missing = 0;

    if (op->rv != APR_SUCCESS) {
        return raise_as(L, op, "D1_ERROR");
    }
    result = op->answer->first;
    if (!result->first) {
        lua_pushnil(L);
    }
    else if (lua_isnil(L, 2)) {
        wfp_sql_result_t one = *result;

        one.first->next = NULL;
        one.rows = 1;
        wfp_api_d1_push_rows(L, &one);
        lua_rawgeti(L, -1, 1);
    }
    else {
        column = column_of(result, lua_tostring(L, 2));
        is_missing = column < 0;
        if (!is_missing) {
            wfp_api_d1_push_value(L, &result->first->values[column]);
        }
    }
    wfp_ops_drop_answer(L, op);
    if (is_missing) {
        return wfp_api_error(L, "Error", "d1_error",
                             "D1_COLUMN_NOTFOUND: Column not found (%s)",
                             lua_tostring(L, 2));
    }
    return 1;
}

/* [-0, +1, e] statement:first(column?) */
static int l_statement_first(lua_State *L)
{
    size_t n;

    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) {
        (void)wfp_class_text(L, 2, "first: the column", &n);
        lua_tostring(L, 2);
    }
    return call_one(L, 1, first_done);
}

/* [-0, +1, v] whether names are wanted is at 2 */
static int raw_done(lua_State *L, const wfp_op_t *op)
{
    if (op->rv != APR_SUCCESS) {
        return raise_as(L, op, "D1_ERROR");
    }
    wfp_api_d1_push_raw(L, op->answer->first, lua_toboolean(L, 2));
    wfp_ops_drop_answer(L, op);
    return 1;
}

/* [-0, +1, e] statement:raw{columnNames=} */
static int l_statement_raw(lua_State *L)
{
    lua_settop(L, 2);
    if (lua_istable(L, 2)) {
        (void)wfp_class_raw(L, 2, "columnNames");
        lua_replace(L, 2);
    }
    else if (!lua_isnil(L, 2)) {
        return wfp_api_error(L, "TypeError", NULL,
                             "raw: the options must be a table");
    }
    return call_one(L, 0, raw_done);
}

/* [-0, +1, v] */
static int batch_done(lua_State *L, const wfp_op_t *op)
{
    const wfp_sql_result_t *result;
    lua_Integer n = 0;

    if (op->rv != APR_SUCCESS) {
        return raise_as(L, op, "D1_ERROR");
    }
    lua_newtable(L);
    for (result = op->answer->first; result; result = result->next) {
        push_result(L, result);
        lua_rawseti(L, -2, ++n);
    }
    wfp_api_mark_array(L);
    wfp_ops_drop_answer(L, op);
    return 1;
}

/* [-0, +1, e] database:batch(statements): slot 3 holds the statements, whatever
 * becomes of the table */
static int l_database_batch(lua_State *L)
{
    const database_t *d = wfp_class_check(L, 1, &database_class);
    wfp_sql_query_t *queries;
    lua_Unsigned n, i;

    wfp_state_need_invocation(L);
    lua_settop(L, 2);
    n = lua_istable(L, 2) ? lua_rawlen(L, 2) : 0;
    if (n == 0 || n > BATCH_MAX) {
        return wfp_api_error(L, "TypeError", NULL,
                             "batch: an array of 1 to %d statements is needed",
                             BATCH_MAX);
    }
    lua_createtable(L, (int)n, 0);
    queries = lua_newuserdatauv(L, sizeof(*queries) * (size_t)n, 0);
    for (i = 0; i < n; i++) {
        const statement_t *s;

        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        s = wfp_class_test(L, -1, &statement_class);
        if (!s || s->binding != d->binding) {
            return wfp_api_error(L, "TypeError", NULL,
                                 "batch: element %d is no statement of this "
                                 "database",
                                 (int)i + 1);
        }
        read_statement(L, &queries[i], 5);
        lua_rawseti(L, 3, (lua_Integer)i + 1);
    }
    return call(L, d->binding, WFP_SQL_BATCH, queries, (int)n, batch_done);
}

/* [-0, +1, v] */
static int exec_done(lua_State *L, const wfp_op_t *op)
{
    if (op->rv != APR_SUCCESS) {
        return raise_as(L, op, "D1_EXEC_ERROR");
    }
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, (lua_Integer)op->answer->statements);
    lua_setfield(L, -2, "count");
    lua_pushnumber(L, (lua_Number)op->answer->duration_us / 1000);
    lua_setfield(L, -2, "duration");
    wfp_ops_drop_answer(L, op);
    return 1;
}

/* [-0, +1, e] database:exec(sql) */
static int l_database_exec(lua_State *L)
{
    const database_t *d = wfp_class_check(L, 1, &database_class);
    wfp_sql_query_t *query;
    size_t n;

    wfp_state_need_invocation(L);
    lua_settop(L, 2);
    (void)wfp_class_text(L, 2, "exec: the statements", &n);
    query = lua_newuserdatauv(L, sizeof(*query), 0);
    memset(query, 0, sizeof(*query));
    query->sql = lua_tolstring(L, 2, &n);
    query->n = n;
    return call(L, d->binding, WFP_SQL_SCRIPT, query, 1, exec_done);
}

/* [-0, +0, v] */
static int l_database_unsupported(lua_State *L)
{
    return wfp_api_error(L, "Error", "unsupported",
                         "D1_ERROR: dump and withSession are not supported");
}

static const luaL_Reg database_methods[] = {
    { "prepare", l_database_prepare },
    { "batch", l_database_batch },
    { "exec", l_database_exec },
    { "dump", l_database_unsupported },
    { "withSession", l_database_unsupported },
    { NULL, NULL },
};
static const wfp_class_t database_class = {
    "D1Database", database_methods, NULL, NULL, NULL, NULL,
};

static const luaL_Reg statement_methods[] = {
    { "bind", l_statement_bind }, { "first", l_statement_first },
    { "all", l_statement_all },   { "run", l_statement_all },
    { "raw", l_statement_raw },   { NULL, NULL },
};
static const wfp_class_t statement_class = {
    "D1PreparedStatement", statement_methods, NULL, NULL, NULL, NULL,
};
