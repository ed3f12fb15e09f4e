/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TRANSFER_H
#define WFP_TRANSFER_H

#include <apr_pools.h>
#include <curl/curl.h>

#include "admin/wfpctl/remote.h"

/** @file One request to a REST API, and its answer. For remote.c. */

/** What is asked. */
typedef struct wfp_transfer_t {
    const char *method;
    const char *url;
    const char *token;            /* header line */
    const char *ca;               /* file of certificates, or NULL */
    const char *body;             /* JSON, or NULL */
    curl_mime *form;              /* or NULL */
    const char *sent_type;        /* header line, or NULL */
    wfp_remote_stream_fn *stream; /* what comes goes there, without end */
    void *baton;
} wfp_transfer_t;

/** What came. */
typedef struct wfp_transferred_t {
    apr_pool_t *pool;
    char *data; /* ends with a NUL that does not count */
    apr_size_t size;
    apr_size_t room;
    const char *entry; /* the header cf-entrypoint, or NULL */
    const char *type;  /* its Content-Type, or NULL */
    long status;
} wfp_transferred_t;

/**
 * Ask and wait, for 120 s at most if it is no stream.
 *
 * @param answer  in p
 * @return NULL; or why there is no answer, in libcurl's words
 */
const char *wfp_transfer_run(wfp_transferred_t *answer, CURL *curl,
                             const wfp_transfer_t *transfer, apr_pool_t *p);

#endif
