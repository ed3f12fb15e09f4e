/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_USAGE_H
#define WFP_API_USAGE_H

#include "admin/api_route.h"

/** @file Routes about what Workers did: requests, errors, time, bytes. */

wfp_api_fn wfp_api_usage_script;
wfp_api_fn wfp_api_usage_namespace;
wfp_api_fn wfp_api_usage_all;

#endif
