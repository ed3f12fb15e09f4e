/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_MESSAGE_H
#define WFP_MESSAGE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/body.h"
#include "core/headers.h"
#include "core/wfp.h"

/**
 * @file
 * Requests and responses as they travel between httpd, isolates and the
 * outbound client, without httpd. They live in the pool of the top request
 * and are handed on by pointer: a message that is passed on unread is never
 * copied. Who receives one may read it; who wants to change it makes a new one
 * (headers are cloned then).
 */

typedef enum {
    WFP_REDIRECT_FOLLOW = 0,
    WFP_REDIRECT_MANUAL,
    WFP_REDIRECT_ERROR
} wfp_redirect_e;

/** What only a trusted Worker sees of the client: request.cf. */
typedef struct wfp_cf_t {
    const char *client_ip;
    const char *http_protocol; /* "HTTP/1.1" */
    const char *tls_version;   /* NULL without TLS */
    const char *tls_cipher;
    const char *host; /* that the client asked for, NULL: none */
} wfp_cf_t;

typedef struct wfp_request_t {
    apr_pool_t *pool;
    const char *method;
    const char *url;        /* absolute */
    wfp_headers_t *headers; /* never NULL */
    wfp_body_t *body;       /* NULL: none */
    wfp_redirect_e redirect;
    apr_int64_t timeout_ms; /* 0: the server's */
    apr_time_t abort_at;    /* the sender waits until then, the body included
                             * (AbortSignal.timeout); 0: no such time */
    const wfp_cf_t *cf;     /* NULL where it must not be seen */
} wfp_request_t;

typedef struct wfp_response_t {
    apr_pool_t *pool;
    int status;              /* 101, 200..599 */
    const char *status_text; /* never NULL, may be "" */
    wfp_headers_t *headers;  /* never NULL */
    wfp_body_t *body;        /* NULL: none */
    const char *url;         /* after redirects; "" for a made one */
    unsigned redirected : 1;
} wfp_response_t;

/** A GET of url with no headers and no body. url is not copied. */
wfp_request_t *wfp_request_make(const char *method, const char *url,
                                apr_pool_t *p);

/** A response with no headers and no body. */
wfp_response_t *wfp_response_make(int status, apr_pool_t *p);

/** The reason phrase of RFC 9110 (15), "" for an unknown status. */
const char *wfp_response_reason(int status);

/** May a response of this status carry a body (not 1xx, 204, 205, 304)? */
int wfp_response_may_have_body(int status);

#endif
