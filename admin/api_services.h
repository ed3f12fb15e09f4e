/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_SERVICES_H
#define WFP_API_SERVICES_H

#include "admin/api_call.h"

/** @file Account Workers as wrangler looks at them. Handlers as in
 *  api_route.h. */

wfp_api_fn wfp_api_services_get;
wfp_api_fn wfp_api_services_delete;
wfp_api_fn wfp_api_services_references;
wfp_api_fn wfp_api_services_tail_consumers;
wfp_api_fn wfp_api_services_subdomain;
wfp_api_fn wfp_api_services_account_subdomain;
wfp_api_fn wfp_api_services_set_subdomain;
wfp_api_fn wfp_api_services_beta;

#endif
