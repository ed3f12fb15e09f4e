/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_HEALTH_H
#define WFP_API_HEALTH_H

#include "admin/api_route.h"

/** @file How the server is: for load balancers, and for who has a token. */

wfp_api_fn wfp_api_health_get;

#endif
