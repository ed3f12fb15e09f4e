/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SCRIPTS_H
#define WFP_SCRIPTS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/script.h"
#include "store/store.h"

/**
 * @file
 * Workers in the store: account scripts (namespace WFP_ACCOUNT_NS) and user
 * scripts. What runs is the deployed version.
 */

/** A row of a list. */
typedef struct wfp_script_info_t {
    const char *ns;
    const char *name;
    const char *version_id;
    apr_int64_t number;
    apr_int64_t stamp;
    apr_time_t created; /* of the script */
    apr_time_t modified;
    const char *etag; /* hex digest of its modules */
    apr_array_header_t *tags;
} wfp_script_info_t;

typedef struct wfp_put_t {
    wfp_script_t *script; /* version_id, number, stamp, created filled in;
                             * secret_text bindings arrive sealed */
    const char *message;  /* annotation workers/message, "" none */
    const char *author;   /* who: token name, "wfpctl" */
    const char *source;   /* "wfpctl", "api" */
    int keep_secrets;     /* 1: secret_text bindings that the upload does not
                             * name are carried over from the version before */
    int versions_kept;    /* undeployed versions kept, at least 1 */
} wfp_put_t;

/**
 * Upload and deploy to 100 %: one transaction. Makes the script when it is
 * new. WFP_NOT_FOUND when the namespace, or a service/namespace that a binding
 * names, does not exist.
 */
apr_status_t wfp_scripts_put(wfp_store_t *store, wfp_put_t *put,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** The deployed version, whole. APR_NOTFOUND with WFP_WORKER_NOT_FOUND. */
apr_status_t wfp_scripts_get(wfp_script_t **pscript, wfp_store_t *store,
                             const char *ns, const char *name,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** By name: array of wfp_script_info_t *. WFP_NOT_FOUND: no such namespace */
apr_status_t wfp_scripts_list(apr_array_header_t **plist, wfp_store_t *store,
                              const char *ns, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

/** @param pstamp the change's number */
apr_status_t wfp_scripts_delete(apr_int64_t *pstamp, wfp_store_t *store,
                                const char *ns, const char *name,
                                wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
