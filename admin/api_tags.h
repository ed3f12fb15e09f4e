/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_TAGS_H
#define WFP_API_TAGS_H

#include "admin/api_call.h"

/** @file Tags of a Worker. Handlers as in api_route.h. */

wfp_api_fn wfp_api_tags_list;
wfp_api_fn wfp_api_tags_put_all;
wfp_api_fn wfp_api_tags_put;
wfp_api_fn wfp_api_tags_delete;

#endif
