/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SERVICES_KV_H
#define WFP_SERVICES_KV_H

#include <apr_pools.h>

#include "core/kv.h"
#include "core/result.h"
#include "services/kv_cache.h"
#include "store/store.h"

/**
 * @file
 * Where the values of KV namespaces are: with a SQLite store one file each below
 * WfpDataDir, with PostgreSQL rows of the store. What was put is on disk and
 * seen by all from the moment the put returns. Any thread.
 */

typedef struct wfp_kv_t wfp_kv_t;

/** A call waits no longer than that, whatever it asks for. */
#define WFP_KV_WAIT_MAX apr_time_from_sec(10)

/** What there is to work with; texts stay the caller's. */
typedef struct wfp_kv_config_t {
    wfp_store_t *store;    /* of this child */
    int in_store;          /* 1: values are its rows */
    const char *data_dir;  /* WfpDataDir */
    wfp_kv_cache_t *cache; /* of the server; NULL: nothing is remembered */
    apr_int64_t bytes_max; /* of one namespace; 0: no bound */
} wfp_kv_config_t;

/** child scope. @param p  with an allocator for several threads */
apr_status_t wfp_kv_create(wfp_kv_t **pkv, const wfp_kv_config_t *config,
                           apr_pool_t *p) WFP_CHECK;

/**
 * Do a call.
 *
 * @param ns    id of the namespace: the caller knows that it may
 * @param plog  a text for the operator when it is his business, else NULL; in
 *              res->pool
 * @param res   what the asker may be told: WFP_KV_ERROR with a text like
 *              Cloudflare's ("KV PUT failed: ..."), WFP_BODY_TOO_LARGE,
 *              WFP_STORE_UNAVAILABLE, WFP_QUOTA_EXCEEDED: it would be larger
 *              than bytes_max
 * @return APR_NOTFOUND: there is no such namespace, and something was put;
 *         APR_ENOSPC with WFP_BODY_TOO_LARGE: more than call->max; APR_EBUSY:
 *         it did not come to its turn in time; any other: it failed. Nothing
 *         was written then, or that is not known: the database went away
 */
apr_status_t wfp_kv_run(wfp_kv_t *kv, const char *ns, wfp_kv_call_t *call,
                        const char **plog, wfp_result_t *res) WFP_CHECK;

/** Bytes of all values of a namespace with what keeping them takes; 0: none, or
 *  it is not known. */
apr_int64_t wfp_kv_size(wfp_kv_t *kv, const char *ns, wfp_result_t *res,
                        apr_pool_t *p);

/** The namespace was deleted: its values go. */
void wfp_kv_forget(wfp_kv_t *kv, const char *ns, apr_pool_t *p);

/** The store's changes say that this was written, perhaps by another host.
 *  @param name of wfp_kv_change_name(); NULL: not known what */
apr_status_t wfp_kv_changed(wfp_kv_t *kv, const char *name,
                            wfp_result_t *res) WFP_CHECK;

/** All changes that the store had at that moment have been told. */
void wfp_kv_followed(wfp_kv_t *kv, apr_time_t when);

/**
 * A bounded step of removing what has expired; to be called a few times a
 * second by one process of the host. Nobody sees expired values anyway.
 *
 * @return APR_SUCCESS, or why this step failed: the next takes the next file
 */
apr_status_t wfp_kv_sweep(wfp_kv_t *kv, wfp_result_t *res) WFP_CHECK;

#endif
