/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSET_TOKEN_H
#define WFP_ASSET_TOKEN_H

#include <apr_pools.h>

#include "core/result.h"
#include "core/wfp.h"
#include "store/asset_uploads.h"

/**
 * @file
 * The token of an upload session: a JWT (RFC 7519) with the session's id and
 * end, signed with a secret of that session alone. Clients read when it ends
 * (`exp`); whoever has it may upload what the session's manifest names.
 */

/** How long a session lasts, and once more when something came. */
#define WFP_ASSET_SESSION_TIME apr_time_from_sec(3600)

/** A new session's secret. */
apr_status_t wfp_asset_token_secret(const char **psecret, wfp_result_t *res,
                                    apr_pool_t *p) WFP_CHECK;

/** A token of a session that ends when `expires` says. */
apr_status_t wfp_asset_token_make(const char **ptoken,
                                  const wfp_asset_session_t *session,
                                  apr_time_t expires, wfp_result_t *res,
                                  apr_pool_t *p) WFP_CHECK;

/** Has a text the form of one? */
int wfp_asset_token_is(const char *text);

/**
 * The session of a token.
 *
 * @return APR_EACCES with WFP_INVALID: there is none, it is over, or the token
 *         is forged; what the store returns
 */
apr_status_t wfp_asset_token_find(wfp_asset_session_t **psession,
                                  wfp_store_t *store, const char *token,
                                  wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
