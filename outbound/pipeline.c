/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the egress filters for a subrequest and for every hop after it. The
 * host's fetch calls it; it knows neither the filters nor what they do. What
 * no filter answers goes nowhere.
 */
#include "outbound/pipeline.h"

#include <apr_strings.h>

#include "outbound/redirect.h"

/* An entry of an optional hook, as APR's macros lay it out
 * (APR_DECLARE_EXTERNAL_HOOK in apr_hooks.h); APR exports no type for it. */
typedef struct wfp_egress_link_t {
    wfp_HOOK_egress_t *filter;
    const char *name;
    const char *const *before;
    const char *const *after;
    int order;
} wfp_egress_link_t;

/* The first filter that does not decline decides. */
static int run_filters(wfp_egress_t *egress)
{
    apr_array_header_t *links = apr_optional_hook_get("egress");
    int i, rv = WFP_EGRESS_DECLINED;

    for (i = 0; links && i < links->nelts && rv == WFP_EGRESS_DECLINED; i++) {
        rv = APR_ARRAY_IDX(links, i, wfp_egress_link_t).filter(egress);
    }
    return rv;
}

static apr_status_t run_hop(wfp_egress_t *egress)
{
    int rv = run_filters(egress);

    if (rv == WFP_EGRESS_DECLINED) {
        return wfp_result_set(egress->result, WFP_EGRESS_BLOCKED, APR_EACCES,
                              "Egress blocked: nothing sends this request");
    }
    if (rv != WFP_EGRESS_OK) {
        return egress->result && egress->result->code == WFP_OK
                   ? wfp_result_set(egress->result, WFP_NETWORK_ERROR, rv, NULL)
                   : rv;
    }
    if (!egress->response) {
        return wfp_result_set(egress->result, WFP_INTERNAL, APR_EGENERAL,
                              "An egress filter answered without a response");
    }
    return APR_SUCCESS;
}

/* The response as the asking Worker sees it: it may be another Worker's. */
static wfp_response_t *as_seen(const wfp_response_t *resp,
                               const wfp_request_t *req, int hop)
{
    wfp_response_t *seen = apr_pmemdup(resp->pool, resp, sizeof(*resp));

    seen->url = req->url;
    seen->redirected = hop > 0;
    return seen;
}

apr_status_t wfp_pipeline_run(wfp_egress_t *first)
{
    wfp_request_t *req = first->request, *next;
    wfp_egress_t egress = *first;
    apr_status_t rv;

    for (egress.hop = 0;; egress.hop++, req = next) {
        egress.request = req;
        egress.response = NULL;
        rv = run_hop(&egress);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        rv = wfp_redirect_next(&next, req, egress.response, egress.hop,
                               egress.result);
        if ((rv != APR_SUCCESS || next) && egress.response->body) {
            wfp_body_cancel(egress.response->body);
        }
        if (rv != APR_SUCCESS) {
            return rv;
        }
        if (!next) {
            break;
        }
    }
    first->response = as_seen(egress.response, req, egress.hop);
    return APR_SUCCESS;
}
