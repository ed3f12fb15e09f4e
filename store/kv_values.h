/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_KV_VALUES_H
#define WFP_KV_VALUES_H

#include <apr_pools.h>

#include "core/kv.h"
#include "store/audit.h"
#include "store/store.h"

/**
 * @file
 * Values of KV namespaces as rows of the store: where it is PostgreSQL, so that
 * all its hosts have the same. With a SQLite store they are files of their own
 * (services/kv_file.h).
 */

/**
 * Do a call; what it fills in is in call->pool.
 *
 * @param ns         id of the namespace
 * @param bytes_max  of all its values; 0: no bound
 * @return APR_SUCCESS; APR_NOTFOUND with WFP_NOT_FOUND: a put, and there is no
 *         such namespace; APR_ENOSPC with WFP_BODY_TOO_LARGE: more than
 *         call->max, with WFP_INTERNAL: a put would make more than bytes_max;
 *         else as store.h says
 */
apr_status_t wfp_kv_values_run(wfp_store_t *store, const char *ns,
                               wfp_kv_call_t *call, apr_int64_t bytes_max,
                               wfp_result_t *res) WFP_CHECK;

/** Remove values that have expired. @param max most of them @param pcount how
 *  many it were */
apr_status_t wfp_kv_values_sweep(int *pcount, wfp_store_t *store, int max,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
