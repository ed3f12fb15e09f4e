/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_D1_INSIDE_H
#define WFP_D1_INSIDE_H

#include "services/d1.h"
#include "services/sqlite_pool.h"

/** @file Connections for one call. For services/d1*.c. */

typedef struct wfp_d1_session_t {
    wfp_sqlite_held_t *held;
    wfp_sqlite_t *db;
    wfp_result_t *res;
} wfp_d1_session_t;

/** A connection to a database, to be given back with wfp_sqlite_pool_give(); or
 *  WFP_NOT_FOUND, or WFP_D1_ERROR. */
apr_status_t wfp_d1_take(wfp_sqlite_held_t **pheld, wfp_d1_t *d1,
                         const char *id, wfp_result_t *res) WFP_CHECK;

/** Bytes that a database may have. */
apr_int64_t wfp_d1_bytes_max(const wfp_d1_t *d1);

/** A connection to a database, bounded to 30 s; or as wfp_d1_run(). */
apr_status_t wfp_d1_session_begin(wfp_d1_session_t *session, wfp_d1_t *d1,
                                  const char *id, wfp_result_t *res) WFP_CHECK;

void wfp_d1_session_end(wfp_d1_session_t *session);

#endif
