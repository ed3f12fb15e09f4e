/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSET_PATTERN_H
#define WFP_ASSET_PATTERN_H

#include <apr_pools.h>

#include "core/wfp.h"

/**
 * @file
 * Patterns of `_headers`, `_redirects` and run_worker_first: a path in which
 * "*" stands for any bytes and ":name" for a piece without "/". A match takes
 * what comes first as long as it can be. Tenants write the patterns and clients
 * the paths: a match costs no more than its budget.
 */

/** Most "*" and ":name" of one pattern. */
#define WFP_ASSET_VARS_MAX 16

typedef struct wfp_asset_pattern_t wfp_asset_pattern_t;

/** What the variables of a pattern stood for; texts of the path, not ended. */
typedef struct wfp_asset_match_t {
    int count;
    const char *at[WFP_ASSET_VARS_MAX];
    apr_size_t n[WFP_ASSET_VARS_MAX];
} wfp_asset_match_t;

/**
 * Read a pattern; its text lives as long as p.
 *
 * @param globs  1: "*" may stand there several times, ":" is nothing special;
 *               0: one "*" at most, and no name twice
 * @return NULL: it is none of these, or has too many variables
 */
wfp_asset_pattern_t *wfp_asset_pattern_read(const char *text, int globs,
                                            apr_pool_t *p);

/** Has it variables? */
int wfp_asset_pattern_is_dynamic(const wfp_asset_pattern_t *pattern);

/**
 * Match n bytes of a path, whole.
 *
 * @param pbudget  steps that may be made; what was made is taken off. Without
 *                 any, nothing matches
 * @return 1: *match is filled in
 */
int wfp_asset_pattern_match(wfp_asset_match_t *match,
                            const wfp_asset_pattern_t *pattern,
                            const char *path, apr_size_t n, int *pbudget);

/** text with ":name" (and ":splat" for "*") replaced by what they stood for; in
 *  p. Names that the pattern has not stay; so do all that would make more bytes
 *  than the budget has left, from which they are taken. */
const char *wfp_asset_pattern_fill(const char *text,
                                   const wfp_asset_pattern_t *pattern,
                                   const wfp_asset_match_t *match, int *pbudget,
                                   apr_pool_t *p);

#endif
