/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_R2_OBJECTS_H
#define WFP_API_R2_OBJECTS_H

#include "admin/api_call.h"

/** @file Objects of an R2 bucket, whose bytes pass as streams, and their list. */

wfp_api_fn wfp_api_r2_objects_list;
wfp_api_fn wfp_api_r2_objects_get;
wfp_api_fn wfp_api_r2_objects_put;
wfp_api_fn wfp_api_r2_objects_delete;

#endif
