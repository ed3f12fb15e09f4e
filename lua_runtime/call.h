/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CALL_H
#define WFP_CALL_H

#include <apr_errno.h>
#include <lua.h>

#include "core/result.h"
#include "lua_runtime/frame.h"

/**
 * @file
 * A protected call in a frame of its own: how run.c and isolate.c reach Lua.
 */

/**
 * Call fn(arg as light userdata) on the isolate's current coroutine.
 *
 * @param res  the error value that came out of fn, or the limit that ended
 *             the isolate; worker, namespace and version are filled in
 * @return APR_SUCCESS; APR_EINTR: left, the isolate is dead; any other value:
 *         an error, the isolate lives
 */
apr_status_t wfp_call(wfp_isolate_t *iso, wfp_budget_t *budget,
                      lua_CFunction fn, void *arg, wfp_result_t *res) WFP_CHECK;

/** Say whose error res is (NULL: nobody wants to know), unless an inner
 *  Worker's was passed on. */
void wfp_call_sign(wfp_result_t *res, const wfp_isolate_t *iso);

#endif
