/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_DEPLOYMENTS_H
#define WFP_API_DEPLOYMENTS_H

#include "admin/api_route.h"

/** @file Routes of a Worker's deployments, in two forms like those of
 *  api_versions.h. */

wfp_api_fn wfp_api_deployments_list;
wfp_api_fn wfp_api_deployments_add;
wfp_api_fn wfp_api_deployments_rollback;

#endif
