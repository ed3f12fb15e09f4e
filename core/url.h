/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_URL_H
#define WFP_URL_H

#include <apr_pools.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * The only URL parser: curl's, so that policy, redirects, scripts and the
 * transport agree about every URL (url_plain.c reads those that can be read in
 * one way only). Texts are first brought into the form that
 * browsers give them: "\" in a path is "/", "%2e" segments are dots, spaces
 * and bytes that may not stand raw are encoded.
 */

typedef struct wfp_url_t {
    const char *scheme;   /* lower case */
    const char *user;     /* "" when none */
    const char *password; /* "" when none */
    const char *host;     /* lower-case ASCII; an IPv6 address in brackets;
                           * an IPv4 address as four decimal numbers; "" in a
                           * file URL */
    int port;             /* the scheme's default when none was given */
    int port_given;       /* 1: not the scheme's default */
    const char *path;     /* at least "/" */
    const char *query;    /* with "?", "" when none */
    const char *fragment; /* with "#", "" when none */
} wfp_url_t;

/**
 * Parse an absolute URL, or one relative to base.
 *
 * @param base  absolute URL or NULL
 * @param res   WFP_EXCEPTION named TypeError: "Invalid URL: ..." (at most
 *              200 bytes of it)
 * @return APR_SUCCESS or APR_EINVAL; *url untouched then. Any scheme that curl
 *         knows is accepted: fetch itself refuses all but http and https.
 *         Refused besides: over 65536 bytes, control characters, IPv6 zones
 */
apr_status_t wfp_url_parse(wfp_url_t *url, const char *text, const char *base,
                           wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** The URL as text again, in p; without the fragment when asked so. */
const char *wfp_url_text(const wfp_url_t *url, int fragment, apr_pool_t *p);

/** "http://host[:port]", in p; the port only where not the default. */
const char *wfp_url_origin(const wfp_url_t *url, apr_pool_t *p);

/** Same scheme, host and port? */
int wfp_url_same_origin(const wfp_url_t *a, const wfp_url_t *b);

#endif
