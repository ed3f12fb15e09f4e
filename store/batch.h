/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_BATCH_H
#define WFP_BATCH_H

#include "core/wfp.h"
#include "store/dbd.h"

/**
 * @file
 * Group commit: mutations that threads of one process ask for at the same time
 * share a transaction, and so one wait for the disk. Inside store/ only.
 */

typedef struct wfp_batch_t wfp_batch_t;

/** The queue of a store. */
apr_status_t wfp_batch_make(wfp_batch_t **pbatch, apr_pool_t *p) WFP_CHECK;

/** Do a mutation: wfp_dbd_run() with WFP_DBD_WRITE. Another thread may run fn
 *  while the caller waits; each mutation is taken back on its own. */
apr_status_t wfp_batch_write(wfp_store_t *store, wfp_dbd_fn *fn, void *baton,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
