/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_KV_BULK_H
#define WFP_API_KV_BULK_H

#include "admin/api_route.h"

/** @file Many values of a KV namespace by one call. */

wfp_api_fn wfp_api_kv_bulk_put;
wfp_api_fn wfp_api_kv_bulk_delete;
wfp_api_fn wfp_api_kv_bulk_get;

#endif
