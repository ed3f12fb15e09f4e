/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SHOW_SCHEDULE_H
#define WFP_SHOW_SCHEDULE_H

#include "core/json.h"
#include "store/schedules.h"

/** @file How schedules and their runs are shown, by the API and wfpctl alike. */

/** {"schedules": []} of a list of wfp_schedule_t *. */
wfp_json_t *wfp_show_schedule_list(const apr_array_header_t *list,
                                   apr_pool_t *p);

/** Runs, of a list of wfp_schedule_run_t *. */
wfp_json_t *wfp_show_schedule_runs(const apr_array_header_t *list,
                                   apr_pool_t *p);

#endif
