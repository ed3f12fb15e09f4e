/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_KV_H
#define WFP_API_KV_H

#include <lua.h>

#include "core/kv.h"
#include "lua_runtime/api/classes.h"
#include "lua_runtime/ops.h"

/** @file Calls of a KV namespace, as kv.c and kv_get.c see them. */

typedef enum {
    WFP_API_KV_TEXT = 0, /* arrayBuffer, too */
    WFP_API_KV_JSON,
    WFP_API_KV_STREAM
} wfp_api_kv_as_e;

/** A call and what shall become of its answer; in a userdata on the stack of
 *  the function, as what it points to. */
typedef struct wfp_api_kv_ask_t {
    wfp_kv_call_t call; /* first: it comes back with the op */
    wfp_api_kv_as_e as;
    int with_metadata;
    int many;        /* a table of keys was given */
    apr_size_t room; /* for values, in the isolate */
    wfp_kv_item_t items[1];
} wfp_api_kv_ask_t;

extern const wfp_class_t wfp_api_kv_class;

/** [-0, +1, m] Push a call of n items. */
wfp_api_kv_ask_t *wfp_api_kv_push_ask(lua_State *L, wfp_kv_verb_e verb, int n);

/** [-0, +0, v] Raise it. @param method as errors name the call */
int wfp_api_kv_refuse(lua_State *L, const char *method,
                      const wfp_kv_fault_t *fault);

/** [-0, +0, v] The key at idx, a string from then on, as the first item's. */
void wfp_api_kv_read_key(lua_State *L, wfp_api_kv_ask_t *ask, int idx);

/** [-0, +n, v] Make the call of the namespace at 1; to be returned. */
int wfp_api_kv_start(lua_State *L, wfp_api_kv_ask_t *ask,
                     wfp_ops_finish_fn *finish);

/** [-0, +0, -] What the call was answered with is not needed any more. */
void wfp_api_kv_let_go(lua_State *L, wfp_kv_call_t *call);

/** [-0, +0, v] The call went wrong: let go, raise. */
int wfp_api_kv_fail(lua_State *L, const wfp_op_t *op);

/** [-1, +1, v] JSON text on the top becomes its value; nil stays. */
void wfp_api_kv_decode(lua_State *L);

/** [-0, +1, e] kv:get(key or keys, type or options?), kv:getWithMetadata(...) */
int wfp_api_kv_get(lua_State *L);
int wfp_api_kv_get_with_metadata(lua_State *L);

#endif
