/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SESSION_COOKIE_H
#define WFP_SESSION_COOKIE_H

#include <apr_pools.h>
#include <httpd.h>

/** @file What a browser shows of a session of the admin page: the cookie, and
 *  what proves that the page itself asks. Request scope. */

#define WFP_SESSION_COOKIE_NAME "wfp_session"

/** The header that repeats what GET session told. */
#define WFP_SESSION_COOKIE_PROOF "X-Wfp-CSRF"

/** The secret of the request's cookie; NULL: none that can be one. */
const char *wfp_session_cookie_get(request_rec *r);

/** Let the browser keep a secret for so many seconds; 0: forget it. @param base
 *  the page's Location without a slash at the end: it is sent nowhere else */
void wfp_session_cookie_set(request_rec *r, const char *base,
                            const char *secret, apr_int64_t lasts_s);

/** What the page must show with all that changes something: made of the secret,
 *  which no script can read. */
const char *wfp_session_cookie_proof(const char *secret, apr_pool_t *p);

/** Does the request show it? */
int wfp_session_cookie_is_proved(request_rec *r, const char *secret);

/** Does a page of this server ask, or a person who typed the address, as far
 *  as the browser says? (Origin, Sec-Fetch-Site) */
int wfp_session_cookie_is_own(request_rec *r);

#endif
