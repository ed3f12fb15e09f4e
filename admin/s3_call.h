/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_CALL_H
#define WFP_S3_CALL_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <httpd.h>

#include "admin/api.h"
#include "admin/s3_error.h"
#include "admin/s3_sign.h"
#include "admin/s3_xml.h"
#include "core/body.h"
#include "core/r2.h"
#include "core/result.h"
#include "store/audit.h"
#include "store/tokens.h"

/**
 * @file
 * One request to the S3 endpoint: what was asked, by whom, and the answer. All
 * in call->pool, all on the request's thread.
 */

/** What a request's body must be, by its signature. */
typedef enum {
    WFP_S3_UNSIGNED = 0,
    WFP_S3_SIGNED,  /* payload: its SHA-256 */
    WFP_S3_CHUNKED, /* aws-chunked, each chunk signed */
    WFP_S3_CHUNKED_UNSIGNED
} wfp_s3_body_e;

/** How a request was signed: what its body's chunks are signed with, too. */
typedef struct wfp_s3_proof_t {
    wfp_s3_body_e body;
    int trailer;         /* of a chunked body: headers follow it */
    const char *payload; /* what was signed for the body */
    const char *time;
    const char *scope;
    char signature[WFP_S3_SIGN_SIZE];
    unsigned char key[WFP_S3_SIGN_KEY_SIZE];
} wfp_s3_proof_t;

typedef struct wfp_s3_call_t {
    apr_pool_t *pool; /* the request's */
    request_rec *r;
    const wfp_api_server_t *server;
    const char *path;   /* encoded, as it was sent */
    const char *bucket; /* decoded; NULL: none */
    const char *key;    /* decoded; NULL: none */
    apr_table_t *query; /* decoded, each once */
    const wfp_token_t *token;
    wfp_s3_proof_t proof;
    const char *id;   /* of the request, for its answer */
    wfp_result_t res; /* for what is asked of the rooms below */

    /* the answer */
    wfp_s3_error_e error;
    const char *message; /* of the error */
    int retry_after_s;
    int status;                /* HTTP */
    apr_bucket_brigade *bytes; /* of an answer that is written; NULL: none */
    wfp_body_t *body;          /* or streamed; NULL: none */
    int body_read;             /* the request's, to its end */
} wfp_s3_call_t;

/** Read what is asked: bucket, key, query. On failure the error is in the
 *  answer.
 *
 *  @param base  where the endpoint begins in the path: "" or "/s3"
 *  @param host  of a bucket's name and "." before the server's; "" or the
 *               request's Host */
apr_status_t wfp_s3_call_read(wfp_s3_call_t *call, const char *base,
                              const char *host) WFP_CHECK;

/** A header of the request, or NULL. */
const char *wfp_s3_call_header(const wfp_s3_call_t *call, const char *name);

/** A parameter of the query, or NULL. */
const char *wfp_s3_call_query(const wfp_s3_call_t *call, const char *name);

/** A whole number of the query. @return where it is not given *pn stays; an
 *  error is in the answer when it is none, or not within min and max */
apr_status_t wfp_s3_call_number(apr_int64_t *pn, wfp_s3_call_t *call,
                                const char *name, apr_int64_t min,
                                apr_int64_t max) WFP_CHECK;

/** Say what is wrong; the first call holds. @param fmt NULL: the table's text
 *  @return APR_EGENERAL, so that a handler can end with it */
apr_status_t wfp_s3_call_fail(wfp_s3_call_t *call, wfp_s3_error_e error,
                              const char *fmt, ...) WFP_PRINTF(3, 4);

/** Do a call of R2 on a bucket that the token may reach. On failure the error is
 *  in the answer. @note a failure of call's own (its body's) comes first */
apr_status_t wfp_s3_call_run(wfp_s3_call_t *call, const char *bucket,
                             wfp_r2_call_t *r2) WFP_CHECK;

/** A row of the audit about what is about to be done with a key. @param key NULL:
 *  with count keys */
apr_status_t wfp_s3_call_audit(wfp_s3_call_t *call, const char *action,
                               const char *key, int count) WFP_CHECK;

/** May the token of the call reach this bucket? Else the error is in the
 *  answer. */
apr_status_t wfp_s3_call_reach(wfp_s3_call_t *call,
                               const char *bucket) WFP_CHECK;

/** Who asks, for the store's mutations. In the call's pool. */
const wfp_actor_t *wfp_s3_call_actor(const wfp_s3_call_t *call);

/** Begin an answer of XML, 200. */
void wfp_s3_call_xml(wfp_s3_xml_t *xml, wfp_s3_call_t *call, const char *root);

/** A header of the answer; one whose value cannot stand there is left out.
 *  @return 0: it was */
int wfp_s3_call_set(wfp_s3_call_t *call, const char *name, const char *value);

/** An etag as a header. */
void wfp_s3_call_set_etag(wfp_s3_call_t *call, const char *etag);

/** Send the answer. @return for httpd's handler hook */
int wfp_s3_call_send(wfp_s3_call_t *call);

#endif
