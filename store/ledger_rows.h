/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LEDGER_ROWS_H
#define WFP_LEDGER_ROWS_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "core/ledger.h"
#include "store/store.h"

/**
 * @file
 * What Workers did, of all servers, by time. Rows are of a minute; two days later
 * they are summed to hours, 35 days later to days, and these are kept for 400.
 */

/** Spans, in seconds. */
#define WFP_LEDGER_ROWS_MINUTE 60
#define WFP_LEDGER_ROWS_HOUR   3600
#define WFP_LEDGER_ROWS_DAY    86400

/** How long rows of a span stay, in seconds. */
#define WFP_LEDGER_ROWS_MINUTES_KEPT ((apr_int64_t)2 * WFP_LEDGER_ROWS_DAY)
#define WFP_LEDGER_ROWS_HOURS_KEPT   ((apr_int64_t)35 * WFP_LEDGER_ROWS_DAY)
#define WFP_LEDGER_ROWS_DAYS_KEPT    ((apr_int64_t)400 * WFP_LEDGER_ROWS_DAY)

/** Most buckets of an answer, and groups. */
#define WFP_LEDGER_ROWS_BUCKETS 1500
#define WFP_LEDGER_ROWS_GROUPS  1000

/** Put what a server counted. @param items  wfp_ledger_item_t, sorted */
apr_status_t wfp_ledger_rows_put(wfp_store_t *store,
                                 const apr_array_header_t *items,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Sum up and forget what is old. @param now  wall clock */
apr_status_t wfp_ledger_rows_roll(wfp_store_t *store, apr_time_t now,
                                  wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

typedef enum {
    WFP_LEDGER_ROWS_BY_TIME = 0,
    WFP_LEDGER_ROWS_BY_SCRIPT,
    WFP_LEDGER_ROWS_BY_TAG, /* a Worker with two tags counts for each */
    WFP_LEDGER_ROWS_BY_NAMESPACE
} wfp_ledger_rows_by_e;

/** What the first of a list has most of. */
typedef enum {
    WFP_LEDGER_ROWS_NAMES = 0, /* nothing: they are in the order of names */
    WFP_LEDGER_ROWS_MOST_REQUESTS,
    WFP_LEDGER_ROWS_MOST_ERRORS,
    WFP_LEDGER_ROWS_MOST_CPU
} wfp_ledger_rows_order_e;

typedef struct wfp_ledger_rows_ask_t {
    const char *ns; /* NULL: all dispatch namespaces, by time or by
                         * namespace; account Workers do not count there: what
                         * a dispatcher passes on is the user Worker's */
    const apr_array_header_t *only; /* without ns: const char *, of these
                                     * namespaces only; NULL: of all */
    const char *script;             /* by time: NULL: all of the namespace */
    wfp_ledger_rows_by_e by;
    apr_int64_t since, until;      /* seconds since the epoch */
    apr_int64_t span;              /* by time: of a bucket, in seconds */
    const char *after;             /* by name: only names behind that; NULL */
    wfp_ledger_rows_order_e order; /* by script or namespace */
    apr_int64_t limit;             /* with an order: most rows */
} wfp_ledger_rows_ask_t;

typedef struct wfp_ledger_rows_t {
    const char *name; /* script, tag or namespace; by time "" */
    apr_int64_t time; /* by time: when the bucket begins */
    apr_uint64_t n[WFP_LEDGER_TOLD];
} wfp_ledger_rows_t;

/**
 * What was counted. Buckets that are finer than what is kept of a time hold
 * nothing but the one that the hour or day begins with.
 *
 * @param plist  wfp_ledger_rows_t, by time (at most WFP_LEDGER_ROWS_BUCKETS) or
 *               by name (at most WFP_LEDGER_ROWS_GROUPS, and one more when there
 *               are more), or in another order (at most ask->limit)
 */
apr_status_t wfp_ledger_rows_list(apr_array_header_t **plist,
                                  wfp_store_t *store,
                                  const wfp_ledger_rows_ask_t *ask,
                                  wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
