/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_UPLOAD_H
#define WFP_UPLOAD_H

#include <apr_pools.h>

#include "core/limits.h"
#include "core/result.h"
#include "core/script.h"
#include "lua_runtime/isolate.h"

/**
 * @file
 * The one check of an upload, used by wfpctl and the API before anything is
 * stored: names, sizes, counts, bindings, limits, syntax of every Lua module,
 * and the top level run in a throw-away isolate under the start-up limit.
 */

/** Bytes of a script in all, of one Lua module; counts. worker-api 8. */
#define WFP_UPLOAD_BYTES_MAX     (10 * 1024 * 1024)
#define WFP_UPLOAD_LUA_BYTES_MAX (1024 * 1024)
#define WFP_UPLOAD_VARS_MAX      128
#define WFP_UPLOAD_VAR_BYTES_MAX 5120
#define WFP_UPLOAD_TAGS_MAX      8
#define WFP_UPLOAD_BINDINGS_MAX  1000 /* variables and all others */

/**
 * Are a version's bindings, tags and limits sound? The part of
 * wfp_upload_check() for what a change of settings makes.
 *
 * @param res  WFP_INVALID with a text that names what is wrong
 */
apr_status_t wfp_upload_check_settings(const wfp_script_t *script,
                                       const wfp_limit_policy_t *policy,
                                       wfp_result_t *res) WFP_CHECK;

/** What is seen when its top level runs. */
typedef struct wfp_upload_seen_t {
    apr_int64_t startup_us;       /* how long it took */
    apr_array_header_t *handlers; /* that it returns: const char * */
} wfp_upload_seen_t;

/**
 * Is this script fit to be stored?
 *
 * @param runtime  of this process, from wfp_run_child_init(): how fast it is
 * @param seen     filled in when it is
 * @param res      WFP_INVALID with a text that names what is wrong
 *                 ("worker.lua:3: ..."), WFP_STARTUP_LIMIT
 */
apr_status_t wfp_upload_check(wfp_script_t *script,
                              const wfp_limit_policy_t *policy,
                              const wfp_runtime_t *runtime,
                              wfp_upload_seen_t *seen, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

#endif
