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

/* Who decided: the filter itself said so, or whose module it is. A filter that
 * took another's decision over leaves it that one's. */
static int decided(wfp_egress_t *egress, const wfp_egress_link_t *link, int rv)
{
    int is_changed = egress->decided != WFP_EGRESS_DECLINED
                     && egress->decided != rv;

    if (!egress->by || is_changed) {
        egress->by = link->name ? link->name : "filter";
    }
    egress->decided = rv;
    return rv;
}

int wfp_pipeline_next(wfp_egress_t *egress)
{
    apr_array_header_t *links = apr_optional_hook_get("egress");

    while (links && egress->place < links->nelts) {
        const wfp_egress_link_t *link = &APR_ARRAY_IDX(links, egress->place,
                                                       wfp_egress_link_t);
        int rv;

        egress->place++;
        rv = link->filter(egress);
        if (rv != WFP_EGRESS_DECLINED) {
            return decided(egress, link, rv);
        }
    }
    return WFP_EGRESS_DECLINED;
}

static apr_status_t judge(wfp_egress_t *egress, int rv)
{
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

static apr_status_t run_hop(wfp_egress_t *egress)
{
    apr_status_t rv;

    egress->response = NULL;
    egress->by = NULL;
    egress->record = NULL;
    egress->decided = WFP_EGRESS_DECLINED;
    egress->place = 0;
    rv = judge(egress, wfp_pipeline_next(egress));
    if (egress->note) {
        egress->note(egress, rv);
    }
    return rv;
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

    egress.abi = WFP_EGRESS_ABI;
    egress.api = &wfp_egress_api;
    for (egress.hop = 0;; egress.hop++, req = next) {
        egress.request = req;
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
