/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DEPLOY_H
#define WFP_DEPLOY_H

#include <apr_pools.h>

#include "admin/metadata.h"
#include "admin/upload.h"
#include "admin/upload_form.h"
#include "core/keyring.h"
#include "core/limits.h"
#include "core/result.h"
#include "core/wfp.h"
#include "lua_runtime/isolate.h"
#include "store/scripts.h"

/**
 * @file
 * How the API makes a version of a Worker, whichever route asks: all is checked,
 * secrets are sealed, and what the version before has is merged in inside the
 * store's transaction. A refusal stores nothing.
 */

typedef struct wfp_deploy_t {
    wfp_store_t *store;
    wfp_keyring_t *keys; /* seal secrets */
    const wfp_limit_policy_t *policy;
    const wfp_runtime_t *runtime; /* of this process */
    const char *ns;               /* WFP_ACCOUNT_NS for an account Worker */
    const char *name;
    wfp_put_t put;          /* of it: actor, action, no_traffic, if_match,
                             * if_latest, versions_kept; the rest is filled in:
                             * put.script is the new version */
    wfp_upload_seen_t seen; /* filled in where code came: its top level */
} wfp_deploy_t;

/**
 * New code.
 *
 * @param form  its modules; form->field is not looked at
 * @param meta  what else the version has; its secrets are sealed here
 * @return APR_SUCCESS; WFP_INVALID, WFP_STARTUP_LIMIT: refused; else what
 *         wfp_scripts_put() and wfp_metadata_apply() return
 */
apr_status_t wfp_deploy_code(wfp_deploy_t *d, const wfp_upload_form_t *form,
                             wfp_metadata_t *meta, wfp_result_t *res,
                             apr_pool_t *p) WFP_CHECK;

/** The code stays, only what meta (a PATCH) says changes. */
apr_status_t wfp_deploy_settings(wfp_deploy_t *d, wfp_metadata_t *meta,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * The code stays, bindings change one by one.
 *
 * @param change  as wfp_merge_fn, on next->bindings, which are base's
 */
apr_status_t wfp_deploy_bindings(wfp_deploy_t *d, wfp_merge_fn *change,
                                 void *baton, wfp_result_t *res,
                                 apr_pool_t *p) WFP_CHECK;

/** Seal a secret of d's Worker. @param psealed in p */
apr_status_t wfp_deploy_seal(const char **psealed, const wfp_deploy_t *d,
                             const char *key, const char *text,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
