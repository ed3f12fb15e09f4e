/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_R2_H
#define WFP_API_R2_H

#include "admin/api_call.h"
#include "core/r2.h"

/** @file R2 buckets, and what their objects' routes share. */

wfp_api_fn wfp_api_r2_list;
wfp_api_fn wfp_api_r2_create;
wfp_api_fn wfp_api_r2_get;
wfp_api_fn wfp_api_r2_update;
wfp_api_fn wfp_api_r2_delete;

/** One host has no jurisdictions: the header may name "default" only. On failure
 *  the error is in the answer. */
apr_status_t wfp_api_r2_check_place(wfp_api_call_t *call) WFP_CHECK;

/** A storage class of the request, or NULL. On failure the error is in the
 *  answer. */
apr_status_t wfp_api_r2_read_class(const char **pclass, wfp_api_call_t *call,
                                   const char *given) WFP_CHECK;

/** Say why the store failed with rv. @return rv */
apr_status_t wfp_api_r2_failed(wfp_api_call_t *call, apr_status_t rv);

#endif
