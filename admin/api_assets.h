/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_ASSETS_H
#define WFP_API_ASSETS_H

#include "admin/api_call.h"

/** @file Static assets: upload sessions. */

wfp_api_fn wfp_api_assets_session;
wfp_api_fn wfp_api_assets_upload;

/** What rv says; or the error of a quota in the answer, if it was one. */
apr_status_t wfp_api_assets_too_much(wfp_api_call_t *call,
                                     apr_status_t rv) WFP_CHECK;

#endif
