/* SPDX-License-Identifier: Apache-2.0 */
/* The API's description of itself. */
#include "admin/api_openapi.h"

#include <string.h>

#include "admin/api_call.h"

apr_status_t wfp_api_openapi_get(wfp_api_call_t *call)
{
    return wfp_api_answer_raw(call, "application/json", wfp_api_openapi_text,
                              strlen(wfp_api_openapi_text));
}
