/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSET_CONFIG_H
#define WFP_ASSET_CONFIG_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/json.h"
#include "core/result.h"
#include "core/wfp.h"
#include "services/asset_rules.h"

/** @file How a version's assets are served: metadata's assets.config. */

typedef enum {
    WFP_HTML_AUTO = 0, /* "auto-trailing-slash" */
    WFP_HTML_FORCE,
    WFP_HTML_DROP,
    WFP_HTML_NONE
} wfp_html_e;

typedef enum {
    WFP_MISS_NONE = 0,
    WFP_MISS_PAGE, /* "404-page" */
    WFP_MISS_APP   /* "single-page-application" */
} wfp_miss_e;

typedef struct wfp_asset_config_t {
    wfp_html_e html;
    wfp_miss_e miss;
    int worker_first;                 /* 1: nothing is served before it */
    apr_array_header_t *worker_rules; /* wfp_asset_pattern_t *: it is first */
    apr_array_header_t *asset_rules;  /* the same: it is not, these win */
    int navigates;                    /* 1: a browser that goes to a page gets
                                       * what `miss` says, not the Worker */
    int no_worker;                    /* 1: there is nothing but assets */
    wfp_asset_rules_t *rules;
} wfp_asset_config_t;

/** Most bytes of `_headers`, and of `_redirects`. */
#define WFP_ASSET_TEXT_MAX ((apr_size_t)256 * 1024)

/**
 * Read it.
 *
 * @param obj    the object; NULL: all as it is when nothing is said
 * @param notes  const char *: gets what was passed over; may be NULL
 * @return APR_EINVAL with WFP_INVALID and a text that names the member
 */
apr_status_t wfp_asset_config_read(wfp_asset_config_t **pconfig,
                                   const wfp_json_t *obj,
                                   apr_array_header_t *notes, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

#endif
