/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_OPENAPI_H
#define WFP_API_OPENAPI_H

#include "admin/api_route.h"

/** @file The API's description of itself. */

wfp_api_fn wfp_api_openapi_get;

/** admin/openapi.json as a text; made by make. */
extern const char wfp_api_openapi_text[];

#endif
