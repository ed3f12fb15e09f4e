/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_CONTENT_H
#define WFP_API_CONTENT_H

#include "admin/api_call.h"

/** @file A Worker's modules. Handlers as in api_route.h. */

wfp_api_fn wfp_api_content_get;
wfp_api_fn wfp_api_content_put;

#endif
