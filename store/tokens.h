/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TOKENS_H
#define WFP_TOKENS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "store/audit.h"
#include "store/list.h"
#include "store/secrets.h"
#include "store/store.h"

/** @file API tokens. Only their SHA-256 is stored. One that is an S3 key, too, has
 *  a second secret, which must be read again to verify signatures: it is sealed. */

typedef struct wfp_token_t {
    const char *id; /* 32 hex digits */
    const char *name;
    const char *role;               /* "admin", "deploy", "read" */
    apr_array_header_t *namespaces; /* const char *; empty: all */
    apr_time_t created;
    apr_time_t expires;          /* 0: never */
    const char *s3_sealed;       /* NULL or "": it is no S3 key */
    apr_array_header_t *buckets; /* const char *; that the S3 key is limited to;
                                  * NULL or empty: all. With some it reaches the
                                  * namespaces above only, none when empty */
} wfp_token_t;

/** A new secret of 40 characters: 240 random bits. */
apr_status_t wfp_tokens_secret(const char **psecret, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/** A new token's id, where it must be known before the token is made. */
apr_status_t wfp_tokens_id(const char **pid, wfp_result_t *res,
                           apr_pool_t *p) WFP_CHECK;

/** Make one; *psecret (40 characters) is known only here. An id that token has
 *  already (wfp_tokens_id()) stays. */
apr_status_t wfp_tokens_create(const char **psecret, wfp_store_t *store,
                               wfp_token_t *token, const wfp_actor_t *actor,
                               wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Array of wfp_token_t *, the oldest first. */
apr_status_t wfp_tokens_list(apr_array_header_t **plist, wfp_store_t *store,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Which tokens. */
typedef struct wfp_tokens_ask_t {
    wfp_list_t which;
    const char *bucket; /* only S3 keys that reach it; NULL: all tokens */
    int is_down;        /* the newest first */
} wfp_tokens_ask_t;

/** One page. @param ptotal how many there are of such names */
apr_status_t wfp_tokens_page(apr_array_header_t **plist, apr_int64_t *ptotal,
                             wfp_store_t *store, const wfp_tokens_ask_t *ask,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** WFP_NOT_FOUND: there is none. */
apr_status_t wfp_tokens_revoke(wfp_store_t *store, const char *id,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/** WFP_NOT_FOUND: unknown or expired. */
apr_status_t wfp_tokens_verify(wfp_token_t **ptoken, wfp_store_t *store,
                               const char *secret, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/** Is the token of an id still good? For what it began and what goes on.
 *  @return APR_NOTFOUND with WFP_NOT_FOUND: it was revoked, or has expired */
apr_status_t wfp_tokens_still(wfp_store_t *store, const char *id,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** The token of an id, for whoever verifies a signature made with its S3 secret.
 *  WFP_NOT_FOUND: there is none, it is expired, or no S3 key. */
apr_status_t wfp_tokens_s3(wfp_token_t **ptoken, wfp_store_t *store,
                           const char *id, wfp_result_t *res,
                           apr_pool_t *p) WFP_CHECK;

/** All S3 secrets that were gone through. */
typedef struct wfp_tokens_reseal_t {
    apr_int64_t seen;    /* secrets, */
    apr_int64_t changed; /* those sealed anew */
} wfp_tokens_reseal_t;

/**
 * Go through the sealed S3 secrets of all tokens, in one transaction. The
 * function gets ns "", name the token's id and key WFP_TOKENS_S3_KEY.
 *
 * @param only_look  1: the function seals nothing
 * @return what the function returned, or the store's failure
 */
apr_status_t wfp_tokens_reseal(wfp_tokens_reseal_t *done, wfp_store_t *store,
                               const wfp_reseal_t *reseal, int only_look,
                               wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** No Worker's secret has such a key. */
#define WFP_TOKENS_S3_KEY "S3 key"

#endif
