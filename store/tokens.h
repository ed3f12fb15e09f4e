/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TOKENS_H
#define WFP_TOKENS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "store/audit.h"
#include "store/store.h"

/** @file API tokens. Only their SHA-256 is stored. */

typedef struct wfp_token_t {
    const char *id; /* 32 hex digits */
    const char *name;
    const char *role;               /* "admin", "deploy", "read" */
    apr_array_header_t *namespaces; /* const char *; empty: all */
    apr_time_t created;
    apr_time_t expires; /* 0: never */
} wfp_token_t;

/** Make one; *psecret (40 characters) is known only here. */
apr_status_t wfp_tokens_create(const char **psecret, wfp_store_t *store,
                               wfp_token_t *token, const wfp_actor_t *actor,
                               wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Array of wfp_token_t *. */
apr_status_t wfp_tokens_list(apr_array_header_t **plist, wfp_store_t *store,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** WFP_NOT_FOUND: there is none. */
apr_status_t wfp_tokens_revoke(wfp_store_t *store, const char *id,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/** WFP_NOT_FOUND: unknown or expired. */
apr_status_t wfp_tokens_verify(wfp_token_t **ptoken, wfp_store_t *store,
                               const char *secret, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

#endif
