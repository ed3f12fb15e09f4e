/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_ACCOUNT_H
#define WFP_API_ACCOUNT_H

#include "admin/api_route.h"

/** @file User, accounts, memberships: what there is one of here. */

wfp_api_fn wfp_api_account_verify;
wfp_api_fn wfp_api_account_user;
wfp_api_fn wfp_api_account_list;
wfp_api_fn wfp_api_account_get;
wfp_api_fn wfp_api_account_memberships;

/** Routes of kinds that this version has not. */
wfp_api_fn wfp_api_account_unsupported;

#endif
