/* SPDX-License-Identifier: Apache-2.0 */
/*
 * R2MultipartUpload: an object that is put in parts. It knows its key and id,
 * whether there is such an upload shows when it is used.
 */
#include <string.h>

#include "lua_runtime/api/r2.h"

typedef struct upload_t {
    const wfp_binding_t *binding;
} upload_t;

/* user values, and fields in their order */
enum {
    V_KEY = 1,
    V_ID
};
static const char *const fields[] = { "key", "uploadId", NULL };

static const wfp_class_t upload_class;

/* [-2, +1, m] Push the upload of the key and id on the top. */
static void push_upload(lua_State *L, const wfp_binding_t *binding)
{
    upload_t *upload = wfp_class_new(L, &upload_class, sizeof(*upload), V_ID);

    upload->binding = binding;
    lua_insert(L, -3);
    lua_setiuservalue(L, -3, V_ID);
    lua_setiuservalue(L, -2, V_KEY);
}

/* [-0, +1, v] wfp_ops_finish_fn */
static int created(lua_State *L, const wfp_op_t *op)
{
    const wfp_api_r2_t *r2 = lua_touserdata(L, WFP_API_R2_SELF);

    if (op->rv != APR_SUCCESS) {
        return wfp_api_r2_fail(L, op);
    }
    lua_pushvalue(L, WFP_API_R2_KEY);
    lua_pushstring(L, op->r2->upload_id);
    wfp_api_r2_let_go(L, op->r2);
    push_upload(L, r2->binding);
    return 1;
}

/* [-0, +1, e] */
int wfp_api_r2_create_upload(lua_State *L)
{
    const wfp_api_r2_t *r2 = wfp_class_check(L, 1, &wfp_api_r2_class);
    wfp_r2_call_t *call = wfp_api_r2_begin(L, WFP_R2_CREATE_UPLOAD);

    lua_pushvalue(L, WFP_API_R2_KEY);
    call->key = wfp_api_r2_hold(L, "The key");
    if (lua_istable(L, WFP_API_R2_VALUE)) {
        wfp_api_r2_read_meta(L, call, WFP_API_R2_VALUE);
    }
    return wfp_api_r2_start(L, r2->binding, created);
}

/* [-0, +1, e] */
int wfp_api_r2_resume_upload(lua_State *L)
{
    const wfp_api_r2_t *r2 = wfp_class_check(L, 1, &wfp_api_r2_class);
    size_t n;

    lua_settop(L, 3);
    (void)wfp_class_text(L, 2, "The key", &n);
    (void)wfp_class_text(L, 3, "The upload's id", &n);
    push_upload(L, r2->binding);
    return 1;
}

/* [-args, +6, e] A call of the upload at 1; its first argument is at the slot of
 * the key from then on, the second at that of the value. */
static wfp_r2_call_t *begin(lua_State *L, const wfp_binding_t **pbinding,
                            wfp_r2_verb_e verb)
{
    const upload_t *upload = wfp_class_check(L, 1, &upload_class);
    wfp_r2_call_t *call = wfp_api_r2_begin(L, verb);

    *pbinding = upload->binding;
    lua_getiuservalue(L, 1, V_KEY);
    call->key = wfp_api_r2_hold(L, "The key");
    lua_getiuservalue(L, 1, V_ID);
    call->upload_id = wfp_api_r2_hold(L, "The upload's id");
    return call;
}

/* [-0, +0, v] The part number at idx. */
static int read_number(lua_State *L, int idx)
{
    int ok;
    lua_Integer n = lua_tointegerx(L, idx, &ok);

    if (!ok || n < 1 || n > WFP_R2_PARTS_MAX) {
        wfp_api_error(L, "TypeError", NULL,
                      "Part number must be between 1 and %d (inclusive).",
                      WFP_R2_PARTS_MAX);
    }
    return (int)n;
}

/* [-0, +1, v] wfp_ops_finish_fn */
static int part_done(lua_State *L, const wfp_op_t *op)
{
    if (op->rv != APR_SUCCESS) {
        return wfp_api_r2_fail(L, op);
    }
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, op->r2->part_number);
    lua_setfield(L, -2, "partNumber");
    lua_pushstring(L, op->r2->etag);
    lua_setfield(L, -2, "etag");
    wfp_api_r2_let_go(L, op->r2);
    return 1;
}

/* [-0, +1, e] upload:uploadPart(number, value) */
static int l_upload_part(lua_State *L)
{
    const wfp_binding_t *binding;
    wfp_r2_call_t *call = begin(L, &binding, WFP_R2_PUT_PART);

    call->part_number = read_number(L, WFP_API_R2_KEY);
    wfp_api_r2_read_value(L, call, WFP_API_R2_VALUE);
    return wfp_api_r2_start(L, binding, part_done);
}

/* [-0, +1, v] wfp_ops_finish_fn */
static int completed(lua_State *L, const wfp_op_t *op)
{
    if (op->rv != APR_SUCCESS) {
        return wfp_api_r2_fail(L, op);
    }
    wfp_api_r2_push_object(L, op->r2->object, NULL, 1);
    wfp_api_r2_let_go(L, op->r2);
    return 1;
}

/* [-0, +1, e] upload:complete(parts) */
static int l_upload_complete(lua_State *L)
{
    const wfp_binding_t *binding;
    wfp_r2_call_t *call = begin(L, &binding, WFP_R2_COMPLETE);
    wfp_r2_part_t *parts;
    lua_Unsigned n, i;

    n = lua_istable(L, WFP_API_R2_KEY) ? lua_rawlen(L, WFP_API_R2_KEY) : 0;
    if (!lua_istable(L, WFP_API_R2_KEY) || n > WFP_R2_PARTS_MAX) {
        return wfp_api_error(L, "TypeError", NULL,
                             "complete: an array of at most %d parts is needed",
                             WFP_R2_PARTS_MAX);
    }
    parts = wfp_api_r2_room(L, (apr_size_t)n * sizeof(*parts));
    for (i = 0; i < n; i++) {
        if (lua_rawgeti(L, WFP_API_R2_KEY, (lua_Integer)i + 1) != LUA_TTABLE) {
            return wfp_api_error(L, "TypeError", NULL,
                                 "complete: a part is a table with partNumber "
                                 "and etag");
        }
        (void)wfp_class_raw(L, -1, "partNumber");
        parts[i].number = read_number(L, -1);
        (void)wfp_class_raw(L, -2, "etag");
        parts[i].etag = wfp_api_r2_hold(L, "etag");
        lua_pop(L, 2);
    }
    call->parts = parts;
    call->count = (int)n;
    return wfp_api_r2_start(L, binding, completed);
}

/* [-0, +0, v] wfp_ops_finish_fn */
static int aborted(lua_State *L, const wfp_op_t *op)
{
    if (op->rv != APR_SUCCESS) {
        return wfp_api_r2_fail(L, op);
    }
    wfp_api_r2_let_go(L, op->r2);
    return 0;
}

/* [-0, +0, e] upload:abort() */
static int l_upload_abort(lua_State *L)
{
    const wfp_binding_t *binding;

    (void)begin(L, &binding, WFP_R2_ABORT);
    return wfp_api_r2_start(L, binding, aborted);
}

/* [-0, +1, e] __index */
static int l_upload_index(lua_State *L)
{
    int field;

    (void)wfp_class_check(L, 1, &upload_class);
    field = wfp_class_field(L);
    if (field) {
        lua_getiuservalue(L, 1, field);
    }
    return 1;
}

static const luaL_Reg methods[] = {
    { "uploadPart", l_upload_part },
    { "complete", l_upload_complete },
    { "abort", l_upload_abort },
    { NULL, NULL },
};
static const wfp_class_t upload_class = {
    "R2MultipartUpload", methods, fields, l_upload_index, NULL, NULL,
};
