/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_R2_UPLOADS_H
#define WFP_API_R2_UPLOADS_H

#include "admin/api_call.h"

/** @file Objects of an R2 bucket that come in parts. */

wfp_api_fn wfp_api_r2_uploads_create;
wfp_api_fn wfp_api_r2_uploads_put_part;
wfp_api_fn wfp_api_r2_uploads_complete;
wfp_api_fn wfp_api_r2_uploads_abort;

#endif
