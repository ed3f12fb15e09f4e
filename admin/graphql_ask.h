/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_GRAPHQL_ASK_H
#define WFP_GRAPHQL_ASK_H

#include "admin/graphql.h"
#include "core/ledger.h"
#include "store/ledger_groups.h"

/** @file What is asked of workersInvocationsAdaptive: its columns, filter, order. */

/** How runs ended, in Cloudflare's words. */
typedef enum {
    WFP_GRAPHQL_SUCCESS = 0,
    WFP_GRAPHQL_EXCEPTION,
    WFP_GRAPHQL_RESOURCES,
    WFP_GRAPHQL_NOT_FOUND,
    WFP_GRAPHQL_SHED,
    WFP_GRAPHQL_DISCONNECTED,
    WFP_GRAPHQL_INTERNAL,
    WFP_GRAPHQL_STATUS_COUNT,
    WFP_GRAPHQL_ALL = WFP_GRAPHQL_STATUS_COUNT /* however they did */
} wfp_graphql_status_e;

/** Name of each but WFP_GRAPHQL_ALL. */
extern const char *const wfp_graphql_ask_status_names[WFP_GRAPHQL_STATUS_COUNT];

/** What a column shows. */
typedef enum {
    WFP_GRAPHQL_TIME, /* arg: seconds of a group */
    WFP_GRAPHQL_NAMESPACE,
    WFP_GRAPHQL_SCRIPT,
    WFP_GRAPHQL_STATUS,
    WFP_GRAPHQL_REQUESTS,
    WFP_GRAPHQL_ERRORS,
    WFP_GRAPHQL_DISCONNECTS,
    WFP_GRAPHQL_FIGURE,   /* arg: wfp_ledger_e; not known by status */
    WFP_GRAPHQL_QUANTILE, /* of the CPU time; arg: of 1000; not known by status */
    WFP_GRAPHQL_CONSTANT /* arg */
} wfp_graphql_kind_e;

typedef struct wfp_graphql_column_t {
    const char *part; /* "sum" */
    const char *name;
    wfp_graphql_kind_e kind;
    int arg;
} wfp_graphql_column_t;

/** Find one. @return NULL: there is none */
const wfp_graphql_column_t *wfp_graphql_ask_column(const char *part,
                                                   const char *name);

/** Parts that columns are of, ended by NULL. */
extern const char *const wfp_graphql_ask_parts[];

/** Most columns that an order may name. */
#define WFP_GRAPHQL_ORDER_MAX 8

typedef struct wfp_graphql_order_t {
    const wfp_graphql_column_t *column;
    int is_down;
} wfp_graphql_order_t;

typedef struct wfp_graphql_ask_t {
    wfp_ledger_groups_ask_t groups; /* its limit: of the statement */
    int by_status;
    wfp_graphql_status_e only; /* WFP_GRAPHQL_ALL: those of any */
    wfp_graphql_order_t order[WFP_GRAPHQL_ORDER_MAX];
    int order_count;
    apr_int64_t limit; /* of what is shown */
} wfp_graphql_ask_t;

/** Read the field's arguments and what it selects. @return APR_EINVAL,
 *  WFP_INVALID in res: that cannot be answered */
apr_status_t wfp_graphql_ask_read(wfp_graphql_ask_t *ask,
                                  const wfp_graphql_field_t *field,
                                  wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
