/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SERVICES_R2_H
#define WFP_SERVICES_R2_H

#include <apr_pools.h>

#include "core/r2.h"
#include "core/result.h"
#include "store/store.h"

/**
 * @file
 * R2: what objects there are is rows of the store (store/r2_buckets.h has the
 * buckets), their bytes are files below WfpDataDir, named by ids and never by
 * keys. An object is seen whole or not at all: its file is on the disk before
 * its row is. What a call was answered with is durable. Any thread.
 */

typedef struct wfp_r2_t wfp_r2_t;

/**
 * child scope.
 *
 * @param store     of this child; NULL: every call is WFP_STORE_UNAVAILABLE
 * @param data_dir  WfpDataDir; of hosts that share a store it is shared, too
 * @param bytes_max  of each bucket, parts of uploads included; 0: no bound
 * @param p         with an allocator for several threads
 */
apr_status_t wfp_r2_create(wfp_r2_t **pr2, wfp_store_t *store,
                           const char *data_dir, apr_int64_t bytes_max,
                           apr_pool_t *p) WFP_CHECK;

/**
 * Do a call (core/r2.h says what each verb takes and gives).
 *
 * The bytes of a put are read from call->source in pieces, and written on the
 * calling thread; nothing of them stays in memory. A source that fails fails
 * the call with its own result, and nothing is put. A GET's body gives file
 * buckets to a reader that sets body->takes_files, else memory.
 *
 * @param bucket  its name: the caller knows that it may
 * @param plog    a text for the operator when it is his business, else NULL; in
 *                res->pool
 * @param res     what the asker may be told: WFP_R2_ERROR with Cloudflare's text
 *                ("put: ... (10037)"), call->fault says which;
 *                WFP_STORE_UNAVAILABLE; WFP_TIMEOUT: until; WFP_CPU_LIMIT:
 *                cpu_max_ns; cancel's reason; or why the source failed
 * @return APR_SUCCESS; else nothing was done, or that is not known: the database
 *         went away
 */
apr_status_t wfp_r2_run(wfp_r2_t *r2, const char *bucket, wfp_r2_call_t *call,
                        const char **plog, wfp_result_t *res) WFP_CHECK;

/**
 * A bounded step of removing files that no object has (any more) and uploads
 * that are too old; to be called a few times a second by one process of the
 * host. Safe beside calls of any process.
 *
 * @return APR_SUCCESS, or why this step failed: the next goes on
 */
apr_status_t wfp_r2_sweep(wfp_r2_t *r2, wfp_result_t *res) WFP_CHECK;

#endif
