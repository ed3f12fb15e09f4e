/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_VERSIONS_H
#define WFP_VERSIONS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "store/store.h"

/** @file Versions of Workers in the store. */

/** Undeployed versions kept of a Worker where nobody says otherwise. */
#define WFP_VERSIONS_KEPT 20

typedef struct wfp_version_info_t {
    const char *id;
    apr_int64_t number;
    apr_time_t created;
    const char *author;
    const char *source;
    const char *message;
    const char *tag;
    const char *etag;
    apr_int64_t size; /* bytes of all modules */
    int deployed;     /* 1: it runs */
} wfp_version_info_t;

/** Newest first: array of wfp_version_info_t *. WFP_WORKER_NOT_FOUND. */
apr_status_t wfp_versions_list(apr_array_header_t **plist, wfp_store_t *store,
                               const char *ns, const char *name,
                               wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * Deploy a version that is kept, to 100 %. Gets a new stamp.
 *
 * @param id       UUID; NULL: the one before the deployed one
 * @param pstamp   the change's number
 * @return WFP_NOT_FOUND when there is no such version
 */
apr_status_t wfp_versions_deploy(apr_int64_t *pstamp, wfp_store_t *store,
                                 const char *ns, const char *name,
                                 const char *id, const char *author,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
