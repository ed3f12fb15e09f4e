/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_SECRETS_H
#define WFP_API_SECRETS_H

#include "admin/api_call.h"

/** @file Secrets of a Worker; no answer has a value. Handlers as in
 *  api_route.h. */

wfp_api_fn wfp_api_secrets_list;
wfp_api_fn wfp_api_secrets_put;
wfp_api_fn wfp_api_secrets_get;
wfp_api_fn wfp_api_secrets_delete;
wfp_api_fn wfp_api_secrets_bulk;

#endif
