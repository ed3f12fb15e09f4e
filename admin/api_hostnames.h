/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_HOSTNAMES_H
#define WFP_API_HOSTNAMES_H

#include "admin/api_route.h"

/** @file Hostnames: which Worker serves a host (WfpRouteBy table). */

wfp_api_fn wfp_api_hostnames_list;
wfp_api_fn wfp_api_hostnames_get;
wfp_api_fn wfp_api_hostnames_put;
wfp_api_fn wfp_api_hostnames_delete;

#endif
