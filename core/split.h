/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SPLIT_H
#define WFP_SPLIT_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/wfp.h"

/**
 * @file
 * How the traffic of a Worker is split between versions (a gradual
 * deployment), which version a request gets, and the packed form of a split
 * (the body of a registry entry).
 */

/** Most versions of one deployment. */
#define WFP_SPLIT_MAX 10

/** All of the traffic: shares are hundredths of a percent. */
#define WFP_SPLIT_ALL 10000

/** One version's share of the traffic. */
typedef struct wfp_share_t {
    const char *version_id; /* UUID text */
    int share;              /* 0..WFP_SPLIT_ALL; 0: only by override */
} wfp_share_t;

/**
 * A number for wfp_split_pick() that is always the same for the same key.
 *
 * @param key  any bytes
 * @return 0 .. WFP_SPLIT_ALL - 1
 */
int wfp_split_point(const char *key, apr_size_t n);

/**
 * The version that a point falls on. When shares move from the last version
 * to the first or back, no other key changes its version.
 *
 * @param shares  wfp_share_t; not empty
 * @param point   0 .. WFP_SPLIT_ALL - 1
 */
const char *wfp_split_pick(const apr_array_header_t *shares, int point);

/**
 * What a header `Cloudflare-Workers-Version-Overrides` says of a Worker: a
 * dictionary of RFC 8941 whose value for it is a string.
 *
 * @param shares  the version must be one of them
 * @return the version's id (of shares); NULL: the header does not name one
 */
const char *wfp_split_override(const apr_array_header_t *shares,
                               const char *header, const char *worker);

/** Pack into one block, in p. */
void wfp_split_pack(const char **pblob, apr_size_t *psize,
                    const apr_array_header_t *shares, apr_pool_t *p);

/** The split packed in a block. @param pshares wfp_share_t, in p
 *  @return APR_EINVAL: not a well-formed block */
apr_status_t wfp_split_unpack(apr_array_header_t **pshares, const char *blob,
                              apr_size_t size, apr_pool_t *p) WFP_CHECK;

#endif
