/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LEASES_H
#define WFP_LEASES_H

#include <apr_pools.h>

#include "store/store.h"

/**
 * @file
 * Leases: which server does what only one of all may do. One is had for a time by
 * the database's clock and renewed; each holder after another has a greater
 * number, the fence. What is done under a lease is done in transactions that look
 * whether the fence still holds (wfp_leases_check() in store/lease_check.h), so a
 * holder that was away for too long changes nothing any more. No mutations that a
 * server follows.
 */

/**
 * Take a lease that is free or over, or that the same holder has: from then on
 * it has a new fence, and who had the old one is shut out.
 *
 * @param pfence  0: somebody else has it
 * @param holder  a name of one's own
 */
apr_status_t wfp_leases_take(apr_int64_t *pfence, wfp_store_t *store,
                             const char *name, const char *holder,
                             apr_int64_t ms, wfp_result_t *res,
                             apr_pool_t *p) WFP_CHECK;

/** Have it for that long from now. @return APR_EMISMATCH with WFP_CONFLICT: it
 *  is another's by now */
apr_status_t wfp_leases_renew(wfp_store_t *store, const char *name,
                              apr_int64_t fence, apr_int64_t ms,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Give it back; nothing happens when it is another's. */
apr_status_t wfp_leases_release(wfp_store_t *store, const char *name,
                                apr_int64_t fence, wfp_result_t *res,
                                apr_pool_t *p) WFP_CHECK;

#endif
