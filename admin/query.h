/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_QUERY_H
#define WFP_QUERY_H

#include <apr_pools.h>

#include "core/wfp.h"

/** @file The query of a URL, as the API and the S3 endpoint read it. */

/** One "name=value". */
typedef struct wfp_query_pair_t {
    const char *raw;     /* the name as it came */
    apr_size_t raw_size; /* its bytes */
    const char *name;    /* decoded; NULL: it or the value is badly encoded, has
                          * a NUL or is no UTF-8 */
    const char *value;   /* decoded; "" where there is no "=" */
} wfp_query_pair_t;

/**
 * The next pair at *pat, which moves behind it. Empty ones, as of "&&", are
 * passed over.
 *
 * @param p  the texts'
 * @return 0: no more
 */
int wfp_query_next(wfp_query_pair_t *pair, const char **pat, apr_pool_t *p);

/** A whole number without sign or blank. @return -1: text is none, or has more
 *  digits than fit */
apr_int64_t wfp_query_number(const char *text);

#endif
