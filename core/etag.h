/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ETAG_H
#define WFP_ETAG_H

#include <apr_pools.h>

#include "core/crypto_digest.h"
#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Etags: a short text that is another one as soon as what it stands for is; and
 * what a change of something depends on (RFC 9110, 13.1.1 and 13.1.2).
 */

/** What something must be to be changed; a NULL: whatever. Lists of etags as
 *  the headers have them, "*": that there is something. */
typedef struct wfp_match_t {
    const char *match;      /* If-Match: it is one of these */
    const char *match_none; /* If-None-Match: it is none of these */
} wfp_match_t;

/**
 * The etag of something that consists of these parts, without quotes, in p.
 * Parts that are cut elsewhere give another one.
 *
 * @return NULL only when OpenSSL is out of memory
 */
const char *wfp_etag_of(const wfp_bytes_t *parts, int count, apr_pool_t *p);

/** The same of texts. A NULL is taken for "". */
const char *wfp_etag_of_texts(const char *const *texts, int count,
                              apr_pool_t *p);

/** Is an etag in a list? "W/" and what a compressing server adds ("-gzip",
 *  "-br") do not count, and quotes need not be there. */
int wfp_etag_is_listed(const char *list, const char *etag);

/**
 * May it be changed?
 *
 * @param match  NULL: by all means
 * @param etag   what it is; NULL: it is not there
 * @param what   "the hostname", for the text
 * @return WFP_CONFLICT with APR_EMISMATCH: it is not what match says
 */
apr_status_t wfp_etag_check(const wfp_match_t *match, const char *etag,
                            const char *what, wfp_result_t *res) WFP_CHECK;

#endif
