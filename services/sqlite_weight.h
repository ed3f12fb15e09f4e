/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SQLITE_WEIGHT_H
#define WFP_SQLITE_WEIGHT_H

#include <apr_pools.h>

#include "core/wfp.h"

/**
 * @file
 * What a statement becomes when SQLite has put in each view and CTE wherever it
 * is named: an estimate from above, in tokens, made before the library begins,
 * since nothing stops it while it does that. 30 CTEs of two uses each would be
 * 2^30 copies.
 */

typedef struct wfp_sqlite_weight_t {
    apr_int64_t tokens; /* after expansion */
    apr_int64_t
        makers; /* of these: parentheses and operators, each of which may
                         * hold a value or go through one */
} wfp_sqlite_weight_t;

typedef struct wfp_sqlite_views_t wfp_sqlite_views_t;

/** An empty list, in p. */
wfp_sqlite_views_t *wfp_sqlite_views_make(apr_pool_t *p);

/** Add a view or trigger (its text as in sqlite_schema); names and texts stay
 *  in place. A trigger is nobody's to name. */
void wfp_sqlite_views_add(wfp_sqlite_views_t *views, const char *name,
                          const char *sql, apr_size_t n, int is_trigger);

/** A copy that can have more, in p. */
wfp_sqlite_views_t *wfp_sqlite_views_copy(const wfp_sqlite_views_t *views,
                                          apr_pool_t *p);

/** The same for a name as it is written in SQL, quoted or not. */
void wfp_sqlite_views_add_token(wfp_sqlite_views_t *views, const char *token,
                                const char *sql, apr_size_t n);

/**
 * Weigh a statement with these views.
 *
 * @param p  for the time of the call
 * @return 0: it is more than max tokens, or too much to tell
 */
int wfp_sqlite_weigh(wfp_sqlite_weight_t *weight, wfp_sqlite_views_t *views,
                     const char *sql, apr_size_t n, apr_int64_t max,
                     apr_pool_t *p);

/** Weigh all views and triggers. @return as above, for their sum */
int wfp_sqlite_weigh_all(wfp_sqlite_weight_t *weight, wfp_sqlite_views_t *views,
                         apr_int64_t max, apr_pool_t *p);

#endif
