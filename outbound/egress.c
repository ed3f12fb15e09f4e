/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What filters of other modules may call: they cannot link with the module,
 * which shows httpd one symbol only, so each call brings this table along.
 */
#include "outbound/egress.h"

#include <apr_strings.h>

#include "outbound/pipeline.h"

static int refuse(wfp_egress_t *egress, const char *why)
{
    return wfp_result_set(egress->result, WFP_EGRESS_BLOCKED, APR_EACCES,
                          "Egress blocked: %s", why);
}

static wfp_request_t *change_request(wfp_egress_t *egress)
{
    wfp_request_t *copy = apr_pmemdup(egress->pool, egress->request,
                                      sizeof(*copy));

    copy->headers = wfp_headers_clone(copy->headers, egress->pool);
    egress->request = copy;
    return copy;
}

static wfp_response_t *answer(wfp_egress_t *egress, int status,
                              const char *data, apr_size_t n)
{
    wfp_response_t *resp = wfp_response_make(status, egress->pool);

    if (wfp_response_may_have_body(status)) {
        resp->body = wfp_body_mem(apr_pstrmemdup(egress->pool, data, n), n,
                                  egress->pool);
    }
    egress->response = resp;
    return resp;
}

const wfp_egress_api_t wfp_egress_api = {
    wfp_pipeline_next, refuse,          change_request,  answer,
    wfp_headers_get,   wfp_headers_add, wfp_headers_set, wfp_headers_unset,
    wfp_body_make,     wfp_body_read,   wfp_body_cancel, wfp_result_set,
};
