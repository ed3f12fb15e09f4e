/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HOST_MEMO_H
#define WFP_HOST_MEMO_H

#include <apr_pools.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Which hosts have no entry of their own in the table of hostnames, in shared
 * memory: those that a wildcard serves, and those that nothing serves. Hosts
 * are what anybody sends, so the room is bounded and outside the registry, and
 * a flood of hosts pushes out only what is remembered here. All of it is
 * forgotten at once when the table changes. No locks: any thread of any child
 * may call anything at any time.
 */

typedef struct wfp_host_memo_t wfp_host_memo_t;

/** What is known of a host: WFP_HOST_MEMO_NONE, or where in it the wildcard that
 *  serves it begins (core/hostname.h). */
#define WFP_HOST_MEMO_NONE 0xffffu

/** @note start scope (parent, alone); shared with children forked later */
apr_status_t wfp_host_memo_create(wfp_host_memo_t **pmemo, wfp_result_t *res,
                                  apr_pool_t *p) WFP_CHECK;

/** The table's number: to be asked before the table is, for
 *  wfp_host_memo_put(). */
apr_uint64_t wfp_host_memo_turn(const wfp_host_memo_t *memo);

/** @param host n bytes, normalised @return 0: nothing is known */
apr_uint32_t wfp_host_memo_get(wfp_host_memo_t *memo, const char *host,
                               apr_size_t n);

/** Remember what the table said. @param turn when it was asked */
void wfp_host_memo_put(wfp_host_memo_t *memo, apr_uint64_t turn,
                       const char *host, apr_size_t n, apr_uint32_t what);

/** The table has changed: nothing that was found before holds. */
void wfp_host_memo_forget(wfp_host_memo_t *memo);

#endif
