/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DATA_POINTS_H
#define WFP_DATA_POINTS_H

#include "store/store.h"

/** @file Data points of Analytics Engine. Kept for 90 days, and the newest
 *  1,000,000 of a dataset. */

#define WFP_DATA_POINTS_AGE  apr_time_from_sec(90 * 86400)
#define WFP_DATA_POINTS_KEPT 1000000

typedef struct wfp_data_point_t {
    const char *id; /* of its own: a second insert is none */
    const char *dataset;
    apr_time_t time;
    const char *ns;     /* of the Worker that wrote it; WFP_ACCOUNT_NS */
    const char *worker; /* its name */
    const char *point;  /* as core/point.h writes it */
} wfp_data_point_t;

/** All of them, or none. */
apr_status_t wfp_data_points_insert(wfp_store_t *store,
                                    const wfp_data_point_t *points, int n,
                                    wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Which points are wanted, and where a page begins. */
typedef struct wfp_data_points_page_t {
    const char *dataset;
    const char *ns;   /* of Workers of that namespace; NULL: of all */
    apr_time_t since; /* that time or later */
    apr_time_t until; /* earlier than that */
    apr_time_t after; /* behind this one and its id; 0 and "": the first page */
    const char *after_id;
} wfp_data_points_page_t;

/** Points of a page. */
#define WFP_DATA_POINTS_PAGE 1000

/** The next page, by time. @param plist  wfp_data_point_t, in p */
apr_status_t wfp_data_points_page(apr_array_header_t **plist,
                                  wfp_store_t *store,
                                  const wfp_data_points_page_t *page,
                                  wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

typedef struct wfp_dataset_t {
    const char *name;
    apr_int64_t points;
    apr_time_t first;
    apr_time_t last;
} wfp_dataset_t;

/** The datasets that have points, by name. @param ns  count those of Workers of
 *  that namespace; NULL: of all @param plist  wfp_dataset_t */
apr_status_t wfp_data_points_datasets(apr_array_header_t **plist,
                                      wfp_store_t *store, const char *ns,
                                      wfp_result_t *res,
                                      apr_pool_t *p) WFP_CHECK;

/** Delete some of what is too old or too much. No writer of the store waits for
 *  more than some milliseconds. @param pmore  there is more than fits into a call
 *  @param kept  points of a dataset */
apr_status_t wfp_data_points_prune(int *pmore, wfp_store_t *store,
                                   apr_int64_t kept, apr_time_t now,
                                   wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
