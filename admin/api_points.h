/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_POINTS_H
#define WFP_API_POINTS_H

#include "admin/api_call.h"

/** @file Data points of Analytics Engine: which datasets there are, and sums. */

apr_status_t wfp_api_points_datasets(wfp_api_call_t *call);

/** Counts, sums, averages, least and greatest of a dataset's points, by group;
 *  at most 1,000,000 points are looked at, at most 1,000 groups told. */
apr_status_t wfp_api_points_query(wfp_api_call_t *call);

#endif
