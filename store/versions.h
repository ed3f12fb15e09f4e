/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_VERSIONS_H
#define WFP_VERSIONS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/script.h"
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
    int deployed;     /* 1: it is in the current deployment */
} wfp_version_info_t;

/** Newest first: array of wfp_version_info_t *. WFP_WORKER_NOT_FOUND. */
apr_status_t wfp_versions_list(apr_array_header_t **plist, wfp_store_t *store,
                               const char *ns, const char *name,
                               wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * A version by id, whole.
 *
 * @param pscript  stamp is the version's: it never changes
 * @param pinfo    NULL, or its row in the list
 * @return WFP_WORKER_NOT_FOUND; WFP_NOT_FOUND: the Worker has no such version
 */
apr_status_t wfp_versions_get(wfp_script_t **pscript,
                              wfp_version_info_t **pinfo, wfp_store_t *store,
                              const char *ns, const char *name, const char *id,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
