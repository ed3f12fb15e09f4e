/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_VERSIONS_H
#define WFP_API_VERSIONS_H

#include "admin/api_route.h"

/** @file Routes of a Worker's versions; the same for user Workers and for
 *  account Workers, whose path has no {namespace}. */

wfp_api_fn wfp_api_versions_list;
wfp_api_fn wfp_api_versions_get;
wfp_api_fn wfp_api_versions_add;

/** Say what call->res says of a version. @return rv */
apr_status_t wfp_api_versions_failed(struct wfp_api_call_t *call,
                                     apr_status_t rv);

#endif
