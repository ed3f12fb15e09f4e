/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_SIGN_H
#define WFP_S3_SIGN_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/wfp.h"

/**
 * @file
 * Signatures, version 4, as S3 has them: what is signed of a request, and with
 * which key. Who asks, and whether that is so, is s3_auth.c's.
 */

#define WFP_S3_SIGN_ALGORITHM "AWS4-HMAC-SHA256"

/** Bytes of a signing key; of a signature in text, with its NUL. */
#define WFP_S3_SIGN_KEY_SIZE 32
#define WFP_S3_SIGN_SIZE     65

/** SHA-256 of nothing. */
extern const char wfp_s3_sign_nothing[WFP_S3_SIGN_SIZE];

/** A request as it is signed. */
typedef struct wfp_s3_sign_t {
    const char *method;
    const char *path;           /* encoded, as it was sent */
    const char *query;          /* the same, without "?"; NULL: none */
    const char *omit;           /* a parameter that is not signed, or NULL */
    const char *names;          /* of headers, lower case: "host;x-amz-date" */
    const apr_table_t *headers; /* the request's */
    const char *payload;        /* what stands for the body */
    const char *time;           /* "20260131T235959Z" */
    const char *scope;          /* "20260131/REGION/s3/aws4_request" */
} wfp_s3_sign_t;

/**
 * Text as S3 encodes it: all but A-Z a-z 0-9 - . _ ~ becomes %XX.
 *
 * @param n      bytes of text
 * @param slash  1: "/" stays
 */
const char *wfp_s3_sign_encode(const char *text, apr_size_t n, int slash,
                               apr_pool_t *p);

/** The canonical request. @return APR_EINVAL: path or query is badly encoded,
 *  or a header that is signed is not there */
apr_status_t wfp_s3_sign_canonical(const char **ptext,
                                   const wfp_s3_sign_t *sign,
                                   apr_pool_t *p) WFP_CHECK;

/** The key of a scope's day, region and service. @return APR_EGENERAL: OpenSSL
 *  could not */
apr_status_t wfp_s3_sign_key(unsigned char key[WFP_S3_SIGN_KEY_SIZE],
                             const char *secret, const char *scope,
                             apr_pool_t *p) WFP_CHECK;

/** Sign a text: 64 hex digits. */
apr_status_t wfp_s3_sign_text(char out[WFP_S3_SIGN_SIZE],
                              const unsigned char key[WFP_S3_SIGN_KEY_SIZE],
                              const char *text, apr_pool_t *p) WFP_CHECK;

/** Sign a request. @return as wfp_s3_sign_canonical() and wfp_s3_sign_text() */
apr_status_t wfp_s3_sign_request(char out[WFP_S3_SIGN_SIZE],
                                 const unsigned char key[WFP_S3_SIGN_KEY_SIZE],
                                 const wfp_s3_sign_t *sign,
                                 apr_pool_t *p) WFP_CHECK;

#endif
