/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CHANGES_H
#define WFP_CHANGES_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "store/store.h"

/**
 * @file
 * The log of changes that servers follow. Numbers are taken from one counter
 * row locked inside the transaction, so they commit in order: nothing with a
 * lower number appears later.
 */

typedef enum {
    WFP_CHANGE_SCRIPT = 0, /* ns, name: made, changed or deleted */
    WFP_CHANGE_NAMESPACE,  /* ns: settings changed, made or deleted */
    WFP_CHANGE_VERSION,    /* ns, name: a version that does not run yet */
    WFP_CHANGE_HOSTNAME,   /* name: the hostname */
    WFP_CHANGE_TOKEN,      /* name: its id */
    WFP_CHANGE_KV,         /* name: id of a KV namespace */
    WFP_CHANGE_D1,         /* name: id of a D1 database */
    WFP_CHANGE_QUEUE,      /* name: id of a queue */
    WFP_CHANGE_KEY,        /* secrets were sealed with another key */
    WFP_CHANGE_RENUMBERED, /* ns, name: id of a version that has another number
                            * and other bindings now */
    WFP_CHANGE_R2,         /* name: of an R2 bucket */
    WFP_CHANGE_KV_VALUE,   /* name: wfp_kv_change_name() of what was written */
    WFP_CHANGE_COUNT
} wfp_change_e;

typedef struct wfp_change_t {
    apr_int64_t stamp;
    wfp_change_e kind;
    const char *ns;
    const char *name; /* "" for a namespace, else ns is "" when there is
                       * none */
    int deleted;
} wfp_change_t;

/**
 * Changes after a number, oldest first.
 *
 * @param plist    array of wfp_change_t; empty when nothing happened
 * @param platest  number of the last change there is
 * @param plost    1: changes after `since` have been pruned: forget everything
 * @param max      most rows
 */
apr_status_t wfp_changes_since(apr_array_header_t **plist, apr_int64_t *platest,
                               int *plost, wfp_store_t *store,
                               apr_int64_t since, int max, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

#endif
