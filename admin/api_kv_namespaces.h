/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_KV_NAMESPACES_H
#define WFP_API_KV_NAMESPACES_H

#include "admin/api_route.h"

/** @file KV namespaces: what there is of them in the control plane. */

wfp_api_fn wfp_api_kv_namespaces_list;
wfp_api_fn wfp_api_kv_namespaces_create;
wfp_api_fn wfp_api_kv_namespaces_get;
wfp_api_fn wfp_api_kv_namespaces_rename;
wfp_api_fn wfp_api_kv_namespaces_delete;

#endif
