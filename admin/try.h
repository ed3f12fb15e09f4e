/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TRY_H
#define WFP_TRY_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <httpd.h>

#include "core/headers.h"

/**
 * @file
 * A request that the API sends through this very server, to see what a Worker
 * makes of it: what is asked, and what came of it. admin/api_try.c asks,
 * mod_wfp/trial_conn.c does it. All in the pool of the API's request.
 */

/** Most bytes that are kept of an answer's body, and of all records. */
#define WFP_TRY_BODY_MAX    ((apr_size_t)1 << 20)
#define WFP_TRY_RECORDS_MAX ((apr_size_t)1 << 20)

/** Most records that are kept: the rest is counted. */
#define WFP_TRY_RECORDS 64

/** For how long anybody waits for the answer, and how much of it may come. */
#define WFP_TRY_TIME      apr_time_from_sec(60)
#define WFP_TRY_BYTES_MAX ((apr_off_t)64 << 20)

/** Why there is no answer of a Worker. */
typedef enum {
    WFP_TRY_DONE = 0,  /* there is one, of a Worker or an error of its run */
    WFP_TRY_NO_DOOR,   /* no listener leads to a Worker */
    WFP_TRY_NO_WORKER, /* what this URL leads to is not a Worker */
    WFP_TRY_PASSED,    /* passThroughOnException(): the rest is not shown */
    WFP_TRY_MALFORMED, /* httpd refused it before that: raw has its answer */
    WFP_TRY_HEADER,    /* a header that may not be forged: why */
    WFP_TRY_TLS,       /* TLS is spoken there, but not by who asks */
    WFP_TRY_FAILED     /* no memory, no socket */
} wfp_try_e;

typedef struct wfp_try_t {
    /* what is asked: */
    const char *ns; /* the Worker; WFP_ACCOUNT_NS */
    const char *name;
    const char *version_id;               /* NULL: as anybody gets */
    const apr_array_header_t *namespaces; /* const char *: no others are told
                                           * of; NULL: all */
    const char *method;
    const char *host; /* for the Host header */
    int port;
    const char *target;     /* path and query, as they are sent */
    wfp_headers_t *headers; /* without Host and those of the body */
    const char *body;       /* NULL: none */
    apr_size_t body_size;
    /* what came of it: */
    wfp_try_e outcome;
    const char *why;
    const char *request_id;      /* NULL: it came to no Worker */
    const char *raw;             /* status line, fields, empty line, body */
    apr_size_t raw_size;         /* what was kept */
    apr_off_t raw_total;         /* what there was */
    int broken;                  /* the body did not come to its end */
    int reached;                 /* 1: the Worker was run, or its assets were */
    apr_int64_t took_us;         /* until the answer's last byte */
    apr_array_header_t *records; /* const char *: JSON, as they ended */
    int dropped;                 /* records that were too many */
} wfp_try_t;

/** Do it. Returns when it is over, functions of waitUntil included. */
typedef void wfp_try_fn(void *baton, request_rec *r, wfp_try_t *ask);

/** A way in: where a request has to go so that it can reach a Worker. */
typedef struct wfp_door_t {
    const char *url;        /* a suggestion for this Worker */
    const char *dispatcher; /* its name; NULL: built-in routing */
    const char *header;     /* NULL, or what has to have the Worker's name */
    int by_table;           /* only hosts of the table lead to it */
} wfp_door_t;

/** Those that can lead to a Worker: array of wfp_door_t in r's pool. */
typedef apr_array_header_t *wfp_doors_fn(void *baton, request_rec *r,
                                         const char *ns, const char *name);

#endif
