/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_R2_H
#define WFP_API_R2_H

#include <lua.h>

#include "core/r2.h"
#include "lua_runtime/api/classes.h"
#include "lua_runtime/ops.h"

/** @file Calls of an R2 bucket, as r2*.c see them. */

/** Greatest number of milliseconds that is a time. */
#define WFP_API_R2_TIME_MAX 253402300799000.0

/** What is called on. */
typedef struct wfp_api_r2_t {
    const wfp_binding_t *binding; /* lives as long as the isolate */
} wfp_api_r2_t;

/** Stack slots of a method that makes a call, after wfp_api_r2_begin(). */
enum {
    WFP_API_R2_SELF = 1, /* the bucket, or the upload */
    WFP_API_R2_KEY,
    WFP_API_R2_VALUE,
    WFP_API_R2_OPTIONS,
    WFP_API_R2_CALL, /* userdata: wfp_r2_call_t */
    WFP_API_R2_HELD  /* table: what the call points to */
};

/** [-args, +6, e] Bring the stack into that order, with a call of that verb. */
wfp_r2_call_t *wfp_api_r2_begin(lua_State *L, wfp_r2_verb_e verb);

/** [-0, +n, v] Make the call; to be returned. */
int wfp_api_r2_start(lua_State *L, const wfp_binding_t *binding,
                     wfp_ops_finish_fn *finish);

/** [-1, +0, v] The string on the top, without NULs, held for the call. */
const char *wfp_api_r2_hold(lua_State *L, const char *what);

/** [-0, +0, m] Memory for the call, zeroed, held. */
void *wfp_api_r2_room(lua_State *L, apr_size_t bytes);

/** [-0, +0, v] The value at idx, as bytes or as a source, is the call's. */
void wfp_api_r2_read_value(lua_State *L, wfp_r2_call_t *call, int idx);

/** [-0, +0, v] The call went wrong: let go, raise. */
int wfp_api_r2_fail(lua_State *L, const wfp_op_t *op);

/** [-0, +0, -] What it was answered with is not needed any more. */
void wfp_api_r2_let_go(lua_State *L, wfp_r2_call_t *call);

/** [-0, +0, v] Of the option table at idx: httpMetadata, customMetadata,
 *  storageClass. */
void wfp_api_r2_read_meta(lua_State *L, wfp_r2_call_t *call, int idx);

/** [-0, +0, v] onlyIf, range, one of the checksums; of the table at idx. */
void wfp_api_r2_read_condition(lua_State *L, wfp_r2_call_t *call, int idx);
void wfp_api_r2_read_range(lua_State *L, wfp_r2_call_t *call, int idx);
void wfp_api_r2_read_sums(lua_State *L, wfp_r2_call_t *call, int idx);

/** [-0, +1, m] Push an R2Object; call: of a get, with its body, else NULL.
 *  @param all  1: with metadata */
void wfp_api_r2_push_object(lua_State *L, const wfp_r2_object_t *object,
                            wfp_r2_call_t *call, int all);

/** [-0, +1, e] Methods of a bucket: createMultipartUpload(key, options?),
 *  resumeMultipartUpload(key, id). */
int wfp_api_r2_create_upload(lua_State *L);
int wfp_api_r2_resume_upload(lua_State *L);

extern const wfp_class_t wfp_api_r2_class;

#endif
