/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_SCRIPTS_H
#define WFP_API_SCRIPTS_H

#include "admin/api_call.h"
#include "admin/deploy.h"

/** @file Workers: list, upload, look, delete; one or all with a tag. Handlers
 *  as in api_route.h. */

wfp_api_fn wfp_api_scripts_list;
wfp_api_fn wfp_api_scripts_delete_some;
wfp_api_fn wfp_api_scripts_put;
wfp_api_fn wfp_api_scripts_get;
wfp_api_fn wfp_api_scripts_delete;

/** What an upload is answered with, in p. */
wfp_json_t *wfp_api_scripts_show_uploaded(const wfp_deploy_t *d, apr_pool_t *p);

#endif
