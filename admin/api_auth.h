/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_AUTH_H
#define WFP_API_AUTH_H

#include "admin/api_call.h"

/** @file Who asks, and what a token may do; some of it for the S3 endpoint,
 *  too. */

/** What a token's role is among those of routes. */
wfp_api_role_e wfp_api_auth_role(const wfp_token_t *token);

/** Is it limited to some namespaces, or an S3 key limited to buckets? */
int wfp_api_auth_is_limited(const wfp_token_t *token);

/** How many bytes of an address stand for who asks: an IPv6 one for its /64. */
apr_size_t wfp_api_auth_address_size(const apr_sockaddr_t *address);

/** Count a request for its address; an IPv6 one stands for its /64. @return 0:
 *  it may; else seconds until the next one may */
int wfp_api_auth_count_address(const wfp_api_server_t *server,
                               const request_rec *r);

/** The same for a token. */
int wfp_api_auth_count_token(const wfp_api_server_t *server,
                             const wfp_token_t *token);

/** Count the call for its address: before anything is asked of the store. On
 *  refusal the error is in the answer. */
apr_status_t wfp_api_auth_address(wfp_api_call_t *call) WFP_CHECK;

/**
 * Find the token of a call and see whether it may do what the route does. The
 * store is asked each time, so that a revoked token ends at once everywhere.
 *
 * @return APR_SUCCESS with call->token set (NULL on a public route without
 *         one); otherwise the error is in the answer
 */
apr_status_t wfp_api_auth_check(wfp_api_call_t *call) WFP_CHECK;

/** Take this token for the call's, and count the call for it. On refusal the
 *  error is in the answer. */
apr_status_t wfp_api_auth_token(wfp_api_call_t *call,
                                const wfp_token_t *token) WFP_CHECK;

/** Find the session of a call's cookie, which must be the page's own doing:
 *  call->token is the session's. On refusal the error is in the answer. */
apr_status_t wfp_api_auth_session(wfp_api_call_t *call) WFP_CHECK;

/** Refuse what a page of somewhere else asks. */
apr_status_t wfp_api_auth_foreign(wfp_api_call_t *call);

#endif
