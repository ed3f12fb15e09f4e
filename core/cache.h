/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CACHE_H
#define WFP_CACHE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/message.h"
#include "core/wfp.h"

/**
 * @file
 * A call of the Cache API, and the rules of HTTP that it goes by (RFC 9110, 9111),
 * as Cloudflare's cache does: what may be kept, for how long, and what a request
 * with conditions or a range gets. Vary is not looked at, but for "*".
 */

/** Most bytes of a body, of all header fields, of a cache's name, of a URL. */
#define WFP_CACHE_BODY_MAX    (4 * 1024 * 1024)
#define WFP_CACHE_HEADERS_MAX (16 * 1024)
#define WFP_CACHE_NAME_MAX    1023
#define WFP_CACHE_URL_MAX     (16 * 1024)

/** Nothing is kept for longer, in seconds: a year. */
#define WFP_CACHE_TTL_MAX 31536000

typedef enum {
    WFP_CACHE_MATCH = 0,
    WFP_CACHE_PUT,
    WFP_CACHE_DELETE
} wfp_cache_verb_e;

typedef struct wfp_cache_call_t {
    wfp_cache_verb_e verb;
    const char *owner; /* id of the Worker: nobody else sees it */
    const char *cache; /* its name; NULL: caches.default */
    const char *url;
    const wfp_headers_t
        *headers;            /* MATCH: of the request; PUT: of the response */
    int status;              /* PUT */
    const char *status_text; /* PUT */
    const char *body;        /* PUT */
    apr_size_t body_size;    /* PUT */
    apr_int64_t ttl;         /* PUT: seconds, as wfp_cache_may_keep() said */
    apr_size_t max;          /* MATCH: most bytes of a body */
    /* filled in: */
    int found;            /* DELETE: there was one */
    wfp_response_t *resp; /* MATCH; NULL: there is none */
    apr_size_t kept;      /* MATCH: bytes that resp takes */
    apr_pool_t *pool;     /* MATCH: resp's */
} wfp_cache_call_t;

/**
 * May a response be kept?
 *
 * @param pttl  for how many seconds, >= 1
 * @return NULL: it may; else why not, for the Worker: static text
 */
const char *wfp_cache_may_keep(apr_int64_t *pttl, int status,
                               const wfp_headers_t *headers, apr_time_t now);

/** How old the response was when it came, in seconds, as Age says. */
apr_int64_t wfp_cache_age(const wfp_headers_t *headers);

/** Does Vary say "*"? */
int wfp_cache_varies_always(const wfp_headers_t *headers);

/** Is this field kept with a response? Not what is of one connection only, its
 *  length, and Set-Cookie. */
int wfp_cache_keeps_field(const char *name);

/** Does the request say that it has what the response is? Then it gets 304. */
int wfp_cache_not_modified(const wfp_headers_t *request,
                           const wfp_headers_t *response);

typedef enum {
    WFP_CACHE_WHOLE = 0,
    WFP_CACHE_PART,
    WFP_CACHE_NO_PART /* the range is beyond the end: 416 */
} wfp_cache_range_e;

/** What a request wants of size bytes. @param pfrom, pto first and last byte of
 *  a part */
wfp_cache_range_e wfp_cache_range(apr_uint64_t *pfrom, apr_uint64_t *pto,
                                  const wfp_headers_t *request,
                                  const wfp_headers_t *response,
                                  apr_uint64_t size);

#endif
