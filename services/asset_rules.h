/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSET_RULES_H
#define WFP_ASSET_RULES_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/headers.h"
#include "core/wfp.h"

/**
 * @file
 * The texts `_headers` and `_redirects` of a Worker's assets, read and applied.
 * A line that is none is passed over and told in a note, as Cloudflare's own
 * tools do.
 */

#define WFP_ASSET_LINE_MAX      2000
#define WFP_ASSET_HEADER_RULES  100
#define WFP_ASSET_STATIC_RULES  2000
#define WFP_ASSET_DYNAMIC_RULES 100

/** Steps that the rules of one request may make, together. */
#define WFP_ASSET_BUDGET 200000

typedef struct wfp_asset_rules_t wfp_asset_rules_t;

/** What a rule is asked with. */
typedef struct wfp_asset_place_t {
    const char *host; /* without port */
    const char *path; /* as the client sent it, without query */
} wfp_asset_place_t;

/** Where a redirect leads. */
typedef struct wfp_asset_redirect_t {
    int status; /* 200: another path's asset is the answer */
    const char *to;
} wfp_asset_redirect_t;

/**
 * Read both texts; NULL is none. They live as long as p.
 *
 * @param has_html  html_handling is not "none": rules that would go round for
 *                  ever then are passed over
 * @param notes     const char *: gets what was passed over; may be NULL
 */
wfp_asset_rules_t *wfp_asset_rules_read(const char *headers,
                                        const char *redirects, int has_html,
                                        apr_array_header_t *notes,
                                        apr_pool_t *p);

/** The first redirect of a place. @return 1: there is one */
int wfp_asset_rules_redirect(wfp_asset_redirect_t *to,
                             const wfp_asset_rules_t *rules,
                             const wfp_asset_place_t *place, int *pbudget,
                             apr_pool_t *p);

/** Set and remove headers of an answer as all rules of its place say. */
void wfp_asset_rules_headers(wfp_headers_t *headers,
                             const wfp_asset_rules_t *rules,
                             const wfp_asset_place_t *place, int *pbudget,
                             apr_pool_t *p);

#endif
