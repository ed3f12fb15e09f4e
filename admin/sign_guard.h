/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SIGN_GUARD_H
#define WFP_SIGN_GUARD_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Who gave wrong tokens at the admin page's sign-in, in memory that all children
 * share: after WFP_SIGN_GUARD_FREE of them an address waits 1 s before the next
 * try, and twice as long after each that is wrong again, up to 15 min. An hour
 * without one forgets it. No locks: any thread of any child may ask at any time.
 */

#define WFP_SIGN_GUARD_FREE   5
#define WFP_SIGN_GUARD_MAX_S  900
#define WFP_SIGN_GUARD_LAYOUT 2

typedef struct wfp_sign_guard_t wfp_sign_guard_t;

/** Make it (anonymous, shared with children forked later), nobody known.
 *  @note start scope (parent, alone) */
apr_status_t wfp_sign_guard_create(wfp_sign_guard_t **pguard, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

/**
 * Begin a try. It counts as a wrong one until it is forgiven, so that tries at
 * the same time count each.
 *
 * @param who  whose; any bytes
 * @param n    of who
 * @return 0: it may; else whole seconds until the next may: this one is not
 *         counted. Of thousands of addresses at a time some may be forgotten
 */
int wfp_sign_guard_try(wfp_sign_guard_t *guard, const void *who, apr_size_t n,
                       apr_time_t now);

/** The try was not a wrong token. What was wrong before stays. */
void wfp_sign_guard_forgive(wfp_sign_guard_t *guard, const void *who,
                            apr_size_t n, apr_time_t now);

#endif
