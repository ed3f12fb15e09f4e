/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_R2_BUCKETS_H
#define WFP_R2_BUCKETS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "store/audit.h"
#include "store/store.h"

/** @file R2 buckets: what a binding of type r2_bucket names. Their objects are
 *  not here: services/r2.h. */

typedef struct wfp_r2_bucket_t {
    const char *id; /* 32 hex digits; another for each of that name */
    const char *name;
    const char *storage_class; /* of objects whose put says none */
    apr_time_t created;
    apr_int64_t objects; /* how many there are */
    apr_int64_t bytes;   /* of all of them */
} wfp_r2_bucket_t;

/** Make one; bucket->name, a valid name, and storage_class are read, the rest
 *  filled in. WFP_CONFLICT with APR_EEXIST: there is one of that name. */
apr_status_t wfp_r2_buckets_create(wfp_store_t *store, wfp_r2_bucket_t *bucket,
                                   const wfp_actor_t *actor, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

/** WFP_NOT_FOUND when there is none of that name. */
apr_status_t wfp_r2_buckets_get(wfp_r2_bucket_t **pbucket, wfp_store_t *store,
                                const char *name, wfp_result_t *res,
                                apr_pool_t *p) WFP_CHECK;

/** Which buckets, in which order. */
typedef struct wfp_r2_buckets_ask_t {
    const char *contains; /* in the name; NULL: whatever */
    const char *after;    /* names behind that one; NULL: from the first */
    int descending;
    int limit;
} wfp_r2_buckets_ask_t;

/**
 * One page, by name.
 *
 * @param plist  array of wfp_r2_bucket_t *
 * @param pmore  1: there are more; ask with after the last one's name
 */
apr_status_t wfp_r2_buckets_list(apr_array_header_t **plist, int *pmore,
                                 wfp_store_t *store,
                                 const wfp_r2_buckets_ask_t *ask,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Set the storage class of objects to come. WFP_NOT_FOUND. */
apr_status_t wfp_r2_buckets_update(wfp_r2_bucket_t **pbucket,
                                   wfp_store_t *store, const char *name,
                                   const char *storage_class,
                                   const wfp_actor_t *actor, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

/** Delete. WFP_NOT_FOUND; WFP_CONFLICT with APR_ENOTEMPTY: it has objects.
 *  Uploads that were not completed go with it. */
apr_status_t wfp_r2_buckets_delete(wfp_store_t *store, const char *name,
                                   const wfp_actor_t *actor, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

#endif
