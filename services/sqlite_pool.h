/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SQLITE_POOL_H
#define WFP_SQLITE_POOL_H

#include "services/sqlite.h"

/**
 * @file
 * Connections that are kept open between calls, each with the statements that
 * it was asked for lately. Any thread takes one and gives it back.
 */

typedef struct wfp_sqlite_pool_t wfp_sqlite_pool_t;
typedef struct wfp_sqlite_held_t wfp_sqlite_held_t;

/**
 * child scope.
 *
 * @param how       of all; lives as long as the pool
 * @param idle_max  connections that nobody uses
 */
apr_status_t wfp_sqlite_pool_create(wfp_sqlite_pool_t **ppool,
                                    const wfp_sqlite_open_t *how, int idle_max,
                                    apr_pool_t *p) WFP_CHECK;

/** Take a connection to a file; a new one when none is idle, or when the file
 *  is another by now. As wfp_sqlite_open(). */
apr_status_t wfp_sqlite_pool_take(wfp_sqlite_held_t **pheld,
                                  wfp_sqlite_pool_t *pool, const char *path,
                                  wfp_result_t *res) WFP_CHECK;

/** Give it back: unbound, statements reset. A transaction that is open is
 *  undone. */
void wfp_sqlite_pool_give(wfp_sqlite_held_t *held);

/** Close the idle ones of a file. */
void wfp_sqlite_pool_drop(wfp_sqlite_pool_t *pool, const char *path);

wfp_sqlite_t *wfp_sqlite_pool_db(wfp_sqlite_held_t *held);

/**
 * The statement of a text, kept or new, as wfp_sqlite_prepare(); it is given
 * back with wfp_sqlite_pool_release().
 */
apr_status_t wfp_sqlite_pool_prepare(wfp_sqlite_stmt_t **pstmt,
                                     wfp_sqlite_held_t *held, const char *sql,
                                     apr_size_t n, apr_size_t *pused,
                                     wfp_result_t *res) WFP_CHECK;

/** stale: it cannot be run again. */
void wfp_sqlite_pool_release(wfp_sqlite_held_t *held, wfp_sqlite_stmt_t *stmt,
                             int stale);

#endif
