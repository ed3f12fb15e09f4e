/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ARCHIVE_H
#define WFP_ARCHIVE_H

#include <apr_pools.h>

#include "core/json_out.h"
#include "mod_wfp/invoke.h"
#include "mod_wfp/server.h"

/**
 * @file
 * Records on their way to the store (WfpLogRetention). Threads that serve requests
 * put them into a ring of their own and never wait; in each child a thread takes
 * them out, one child at a time, a bounded number a second. A store that is slow
 * or gone leaves them in the ring; what finds no room there is counted and gone.
 * The ring is of all generations: a restart loses none. The same thread takes old
 * records out of the store.
 */

/** Of the shared memory. */
#define WFP_ARCHIVE_LAYOUT 2

/** What became of them. */
typedef struct wfp_archive_stats_t {
    apr_uint64_t stored;
    apr_uint64_t dropped; /* found no room, or the store refused them */
} wfp_archive_stats_t;

/** start scope. */
apr_status_t wfp_archive_create(wfp_archive_t **parchive, wfp_result_t *res,
                                apr_pool_t *p) WFP_CHECK;

/** Start the thread; at its end it stores what is left. child scope. */
apr_status_t wfp_archive_start(wfp_server_t *server, apr_pool_t *p) WFP_CHECK;

/** Wake the thread if it sleeps and something was put since this was asked last.
 *  By the logger's thread, which looks often. */
void wfp_archive_wake(wfp_archiver_t *archiver);

/** Are records kept at all? */
int wfp_archive_is_on(const wfp_server_t *server);

/** What stands before a record. @param kinds  core/log_kind.h */
void wfp_archive_head(wfp_json_out_t *out, const wfp_host_ctx_t *ctx,
                      apr_int64_t kinds);

/** A head, the line of the Worker's key, and the record. Any thread. */
void wfp_archive_put(const wfp_host_ctx_t *ctx, const char *data, apr_size_t n);

/** Read the counters. */
void wfp_archive_stats(wfp_archive_stats_t *stats,
                       const wfp_archive_t *archive);

#endif
