/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_SCHEDULES_H
#define WFP_API_SCHEDULES_H

#include "admin/api_call.h"

/** @file Schedules of a Worker. Handlers as in api_route.h. */

wfp_api_fn wfp_api_schedules_list;
wfp_api_fn wfp_api_schedules_put;
wfp_api_fn wfp_api_schedules_runs;

#endif
