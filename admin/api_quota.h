/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_QUOTA_H
#define WFP_API_QUOTA_H

#include "admin/api_route.h"

/** @file Routes about what Workers used of services, and may use. */

wfp_api_fn wfp_api_quota_script;
wfp_api_fn wfp_api_quota_namespace;

#endif
