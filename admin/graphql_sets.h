/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_GRAPHQL_SETS_H
#define WFP_GRAPHQL_SETS_H

#include "admin/graphql.h"
#include "store/store.h"

/** @file What of an account can be asked in GraphQL: one function a data set. */

/**
 * Answer a field of an account.
 *
 * @param prows     an array of objects with what the field selects
 * @param deadline  of core/clock's time: it answers by then, or with WFP_INVALID
 * @return APR_EINVAL, WFP_INVALID in res: it is asked for what is not known
 */
typedef apr_status_t wfp_graphql_set_fn(wfp_json_t **prows, wfp_store_t *store,
                                        const wfp_graphql_field_t *field,
                                        apr_time_t deadline, wfp_result_t *res,
                                        apr_pool_t *p);

/** workersInvocationsAdaptive: what Workers did. */
wfp_graphql_set_fn wfp_graphql_runs;

/** r2StorageAdaptiveGroups: how large a bucket is now. */
wfp_graphql_set_fn wfp_graphql_buckets;

#endif
