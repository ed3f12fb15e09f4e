/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_NAMESPACES_H
#define WFP_API_NAMESPACES_H

#include "admin/api_route.h"

/** @file Dispatch namespaces and their settings. */

wfp_api_fn wfp_api_namespaces_create;
wfp_api_fn wfp_api_namespaces_get;
wfp_api_fn wfp_api_namespaces_update;
wfp_api_fn wfp_api_namespaces_delete;

#endif
