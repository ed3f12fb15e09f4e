/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_D1_QUERY_H
#define WFP_API_D1_QUERY_H

#include "admin/api_route.h"

/** @file SQL for a D1 database: rows as objects, or as arrays (raw). */

wfp_api_fn wfp_api_d1_query;
wfp_api_fn wfp_api_d1_query_raw;

#endif
