/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_INFLATE_H
#define WFP_INFLATE_H

#include <apr_errno.h>
#include <apr_pools.h>

#include "core/wfp.h"

/**
 * @file
 * Bytes that were packed by deflate, unpacked step by step, and some packed: the
 * one place that speaks to zlib. Used by one thread at a time.
 */

typedef enum {
    WFP_INFLATE_GZIP = 0, /* RFC 1952: one or more members */
    WFP_INFLATE_DEFLATE   /* RFC 1950, or RFC 1951 without it, as some send */
} wfp_inflate_e;

typedef struct wfp_inflate_t wfp_inflate_t;

/** Bytes that one takes at most. */
#define WFP_INFLATE_COST (48 * 1024)

/** A fresh one; all its memory is p's. @return APR_SUCCESS or APR_ENOMEM */
apr_status_t wfp_inflate_make(wfp_inflate_t **pz, wfp_inflate_e kind,
                              apr_pool_t *p) WFP_CHECK;

/**
 * Go on: take bytes of the input, give bytes of the output, until either is
 * used up. Output that did not fit comes with the next step, which may have no
 * input.
 *
 * @param pdata  the next byte of the input; moved on
 * @param pn     bytes there; what is left
 * @param proom  room at out, at least 1; what was not filled
 * @return APR_SUCCESS; APR_EINVAL: these are no such bytes; APR_ENOMEM
 */
apr_status_t wfp_inflate_step(wfp_inflate_t *z, const char **pdata,
                              apr_size_t *pn, char *out,
                              apr_size_t *proom) WFP_CHECK;

/** May the input end here: was it whole, or was there none? */
int wfp_inflate_is_whole(const wfp_inflate_t *z);

/**
 * Pack bytes as small as zlib can, as gzip. For what is packed once: it takes time
 * and 300 KB meanwhile.
 *
 * @param pout  in p
 * @return APR_SUCCESS or APR_ENOMEM
 */
apr_status_t wfp_inflate_pack(const char **pout, apr_size_t *pn,
                              const char *data, apr_size_t n,
                              apr_pool_t *p) WFP_CHECK;

#endif
