/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LEDGER_GROUPS_H
#define WFP_LEDGER_GROUPS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/ledger.h"
#include "store/store.h"

/**
 * @file
 * What Workers did (store/ledger_rows.h) by namespace, Worker and time at once,
 * account Workers among them.
 */

/** Most groups of an answer. */
#define WFP_LEDGER_GROUPS_MAX 10000

typedef struct wfp_ledger_groups_ask_t {
    const char *ns; /* of this one only, "" for account Workers; NULL: all */
    const char *script; /* of those of that name only; NULL: all */
    apr_int64_t since;  /* seconds since the epoch: rows that begin then */
    apr_int64_t until;  /* or later, but before that */
    apr_int64_t span;   /* of a group, in seconds; 0: not by time */
    int by_ns;
    int by_script;
    int with_requests; /* no groups without any */
    apr_int64_t
        limit; /* most groups; the first are read no further than needed */
    apr_time_t deadline; /* of core/clock's time; 0: none */
} wfp_ledger_groups_ask_t;

typedef struct wfp_ledger_group_t {
    const char *ns;     /* "" of account Workers, and when not by_ns */
    const char *script; /* "" when not by_script */
    apr_int64_t time;   /* when it begins; 0 when not by time */
    apr_uint64_t n[WFP_LEDGER_TOLD];
} wfp_ledger_group_t;

/**
 * List groups.
 *
 * @param plist  wfp_ledger_group_t, by time, ns, script
 * @return WFP_INVALID: more than WFP_LEDGER_GROUPS_MAX, of which limit would be the
 *         first; or not done by the deadline
 */
apr_status_t wfp_ledger_groups_list(apr_array_header_t **plist,
                                    wfp_store_t *store,
                                    const wfp_ledger_groups_ask_t *ask,
                                    wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
