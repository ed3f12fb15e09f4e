/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SESSIONS_H
#define WFP_SESSIONS_H

#include <apr_pools.h>
#include <apr_time.h>

#include "store/audit.h"
#include "store/store.h"
#include "store/tokens.h"

/** @file Who is signed in to the admin page: a secret of the browser's that
 *  stands for a token, for a time. Only its SHA-256 is stored. */

/** Sessions that a token can have; the oldest ends for one more. */
#define WFP_SESSIONS_MAX 100

typedef struct wfp_session_t {
    const wfp_token_t *token;
    apr_time_t created;
    apr_time_t expires; /* never after the token's */
} wfp_session_t;

/**
 * Sign in. Sessions that are over go in the same transaction.
 *
 * @param psecret  40 characters, known only here
 * @param session  token is read; the times are filled in
 * @param lasts    how long it is to be, us
 */
apr_status_t wfp_sessions_create(const char **psecret, wfp_store_t *store,
                                 wfp_session_t *session,
                                 apr_interval_time_t lasts,
                                 const wfp_actor_t *actor, wfp_result_t *res,
                                 apr_pool_t *p) WFP_CHECK;

/** The session of a secret, with its token as it is now. WFP_NOT_FOUND: there
 *  is none, or it or its token has expired. */
apr_status_t wfp_sessions_find(wfp_session_t **psession, wfp_store_t *store,
                               const char *secret, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/** Sign out: the secret is nobody's from now on. WFP_NOT_FOUND: it was not
 *  anybody's. */
apr_status_t wfp_sessions_end(wfp_store_t *store, const char *secret,
                              const wfp_actor_t *actor, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

#endif
