/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_ASSET_LIST_H
#define WFP_API_ASSET_LIST_H

#include "admin/api_route.h"

/** @file Which static assets a Worker has. */

wfp_api_fn wfp_api_asset_list_get;

#endif
