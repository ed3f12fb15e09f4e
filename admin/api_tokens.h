/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_TOKENS_H
#define WFP_API_TOKENS_H

#include "admin/api_route.h"

/** @file API tokens: only admins that are not limited to namespaces. */

wfp_api_fn wfp_api_tokens_list;
wfp_api_fn wfp_api_tokens_create;
wfp_api_fn wfp_api_tokens_revoke;

#endif
