/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_R2_OBJECTS_H
#define WFP_API_R2_OBJECTS_H

#include "admin/api_call.h"
#include "core/r2.h"

/** @file Objects of an R2 bucket, whose bytes pass as streams, and their list. */

wfp_api_fn wfp_api_r2_objects_list;
wfp_api_fn wfp_api_r2_objects_get;
wfp_api_fn wfp_api_r2_objects_put;
wfp_api_fn wfp_api_r2_objects_delete;
wfp_api_fn wfp_api_r2_objects_delete_many;

/**
 * Do a call of the service with the bucket of the path. On failure the error is in
 * the answer.
 *
 * @param action  of a mutation, for the audit, which has the key, of several
 *                their count; NULL
 */
apr_status_t wfp_api_r2_objects_run(wfp_api_call_t *call, wfp_r2_call_t *r2,
                                    const char *action) WFP_CHECK;

/** An object that was put. */
wfp_json_t *wfp_api_r2_objects_show(const wfp_r2_object_t *object,
                                    apr_pool_t *p);

#endif
