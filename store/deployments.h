/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DEPLOYMENTS_H
#define WFP_DEPLOYMENTS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/script.h"
#include "core/split.h"
#include "store/audit.h"
#include "store/store.h"

/**
 * @file
 * Deployments of a Worker: which versions get which share of its traffic. The
 * newest is the current one; some 100 before it are remembered.
 */

typedef struct wfp_deployment_t {
    const char *id; /* UUID made of the stamp */
    apr_int64_t stamp;
    apr_time_t created;
    const char *author;
    const char *source;
    const char *message;
    apr_array_header_t *shares; /* wfp_share_t */
} wfp_deployment_t;

/** Deploy, and who wants it. */
typedef struct wfp_rollout_t {
    const char *ns;
    const char *name;
    const apr_array_header_t *shares; /* wfp_share_t: 1 to WFP_SPLIT_MAX kept
                                       * versions, each once, that sum up to
                                       * WFP_SPLIT_ALL */
    const char *version_id;           /* for a rollback, or NULL */
    const char *message;              /* "" none */
    const char *if_match;             /* as in wfp_put_t */
    const wfp_actor_t *actor;
} wfp_rollout_t;

/**
 * Deploy versions.
 *
 * @param pdeployment  what runs now
 * @return WFP_WORKER_NOT_FOUND; WFP_NOT_FOUND: there is no such version;
 *         WFP_INVALID: shares; WFP_CONFLICT with APR_EMISMATCH: if_match
 */
apr_status_t wfp_deployments_add(wfp_deployment_t **pdeployment,
                                 wfp_store_t *store,
                                 const wfp_rollout_t *deploy, wfp_result_t *res,
                                 apr_pool_t *p) WFP_CHECK;

/**
 * Give all traffic to deploy->version_id; NULL: to the version that was
 * deployed before, i.e. the newest below the one that runs that ever ran.
 * shares are not looked at. Otherwise as wfp_deployments_add().
 */
apr_status_t wfp_deployments_rollback(wfp_deployment_t **pdeployment,
                                      wfp_store_t *store,
                                      const wfp_rollout_t *deploy,
                                      wfp_result_t *res,
                                      apr_pool_t *p) WFP_CHECK;

/** What runs of a Worker. */
typedef struct wfp_running_t {
    wfp_script_t *script;       /* the one version that runs, whole; while
                                 * traffic is split the newest of them,
                                 * without modules */
    apr_array_header_t *shares; /* wfp_share_t, newest first; NULL: one
                                 * version runs */
} wfp_running_t;

/** script->stamp is the deployment's. WFP_WORKER_NOT_FOUND; all in p. */
apr_status_t wfp_deployments_running(wfp_running_t *running, wfp_store_t *store,
                                     const char *ns, const char *name,
                                     wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

/** Newest first: array of wfp_deployment_t *. @param limit most of them */
apr_status_t wfp_deployments_list(apr_array_header_t **plist,
                                  wfp_store_t *store, const char *ns,
                                  const char *name, int limit,
                                  wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
