/* SPDX-License-Identifier: Apache-2.0 */
/* The egress filters in their order, and again for every hop. */
#include "outbound/pipeline.h"

#include <apr_strings.h>

#include "tests/unit/wfp_test.h"

/* what the filters did, and what they shall do */
static const char *trace;
static int mode;

enum {
    ANSWER,
    REDIRECT,
    LOOP,
    REFUSE,
    SILENT,
    EMPTY,
    BARE
};

static int count_filter(wfp_egress_t *e)
{
    trace = apr_psprintf(e->pool, "%scount%d(%s) ", trace, e->hop,
                         e->request->url);
    return WFP_EGRESS_DECLINED;
}

/* Replaces the request, as an outbound Worker's fetch would. */
static int rewrite_filter(wfp_egress_t *e)
{
    trace = apr_pstrcat(e->pool, trace, "rewrite ", NULL);
    e->request = apr_pmemdup(e->pool, e->request, sizeof(*e->request));
    e->request->method = "REWRITTEN";
    return WFP_EGRESS_DECLINED;
}

static int client_filter(wfp_egress_t *e)
{
    trace = apr_pstrcat(e->pool, trace, e->request->method, " ", NULL);
    switch (mode) {
    case REFUSE:
        return wfp_result_set(e->result, WFP_EGRESS_BLOCKED, APR_EACCES, NULL);
    case BARE:
        return APR_ECONNREFUSED;
    case SILENT:
        return WFP_EGRESS_DECLINED;
    case EMPTY:
        return WFP_EGRESS_OK;
    default:
        break;
    }
    e->response = wfp_response_make(200, e->pool);
    e->response->body = wfp_body_mem("x", 1, e->pool);
    if (mode == LOOP || (mode == REDIRECT && e->hop < 2)) {
        e->response->status = 302;
        wfp_headers_add(e->response->headers, "Location",
                        apr_psprintf(e->pool, "/%d", e->hop + 1));
    }
    return WFP_EGRESS_OK;
}

static wfp_egress_t *run(wfp_test_t *t, int what, apr_status_t *rv)
{
    wfp_egress_t *e = apr_pcalloc(t->pool, sizeof(*e));

    apr_hook_global_pool = t->pool;
    APR_OPTIONAL_HOOK(wfp, egress, client_filter, NULL, NULL,
                      APR_HOOK_REALLY_LAST);
    APR_OPTIONAL_HOOK(wfp, egress, rewrite_filter, NULL, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(wfp, egress, count_filter, NULL, NULL,
                      APR_HOOK_REALLY_FIRST);
    apr_hook_sort_all();
    trace = "";
    mode = what;
    e->pool = t->pool;
    e->request = wfp_request_make("GET", "http://a.example/", t->pool);
    e->result = apr_palloc(t->pool, sizeof(*e->result));
    wfp_result_init(e->result, t->pool);
    *rv = wfp_pipeline_run(e);
    apr_hook_deregister_all();
    return e;
}

static void filters_run_in_order(wfp_test_t *t)
{
    apr_status_t rv;
    wfp_egress_t *e = run(t, ANSWER, &rv);

    CHECK_INT(rv, 0);
    CHECK_STR(trace, "count0(http://a.example/) rewrite REWRITTEN ");
    CHECK_INT(e->response->status, 200);
    CHECK_STR(e->response->url, "http://a.example/");
    CHECK(!e->response->redirected);
    CHECK_STR(e->request->method, "GET");
}

static void each_hop_passes_them_all(wfp_test_t *t)
{
    apr_status_t rv;
    wfp_egress_t *e = run(t, REDIRECT, &rv);

    CHECK_INT(rv, 0);
    CHECK_STR(trace, "count0(http://a.example/) rewrite REWRITTEN "
                     "count1(http://a.example/1) rewrite REWRITTEN "
                     "count2(http://a.example/2) rewrite REWRITTEN ");
    CHECK_STR(e->response->url, "http://a.example/2");
    CHECK(e->response->redirected);
    CHECK(!e->response->body->used);
}

static void redirects_end(wfp_test_t *t)
{
    apr_status_t rv;
    wfp_egress_t *e = run(t, LOOP, &rv);

    CHECK(rv != 0);
    CHECK_INT(e->result->code, WFP_TOO_MANY_REDIRECTS);
    CHECK(strstr(trace, "count20(") && !strstr(trace, "count21("));
    CHECK(!e->response);
}

static void refusals_and_faults(wfp_test_t *t)
{
    apr_status_t rv;

    CHECK_INT(run(t, REFUSE, &rv)->result->code, WFP_EGRESS_BLOCKED);
    CHECK_INT(rv, APR_EACCES);
    CHECK_INT(run(t, BARE, &rv)->result->code, WFP_NETWORK_ERROR);
    CHECK_INT(rv, APR_ECONNREFUSED);
    CHECK_INT(run(t, SILENT, &rv)->result->code, WFP_EGRESS_BLOCKED);
    CHECK(rv != 0);
    CHECK_INT(run(t, EMPTY, &rv)->result->code, WFP_INTERNAL);
    CHECK(rv != 0);
}

static void no_filter_no_way_out(wfp_test_t *t)
{
    wfp_egress_t e = { .pool = t->pool };
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    e.request = wfp_request_make("GET", "http://a.example/", t->pool);
    e.result = &res;
    CHECK(wfp_pipeline_run(&e) != 0);
    CHECK_INT(res.code, WFP_EGRESS_BLOCKED);
}

/* ---- next(), and who decided ------------------------------------------------- */

static const char *noted;

static void note(wfp_egress_t *e, int outcome)
{
    noted = apr_psprintf(e->pool, "%s%s:%d;", noted, e->by, outcome);
}

static int wrap_filter(wfp_egress_t *e)
{
    int rv = e->api->next(e);

    trace = apr_pstrcat(e->pool, trace, "back ", NULL);
    if (mode == REFUSE && rv == WFP_EGRESS_OK) {
        return e->api->refuse(e, "seen enough");
    }
    if (mode == EMPTY) {
        return WFP_EGRESS_DECLINED; /* once more? no: it was sent */
    }
    e->api->headers_set(e->response->headers, "X-Wrapped", "1");
    return rv;
}

static int origin_filter(wfp_egress_t *e)
{
    trace = apr_pstrcat(e->pool, trace,
                        e->abi == WFP_EGRESS_ABI ? "sent " : "abi? ", NULL);
    e->by = "origin";
    (void)e->api->answer(e, 200, "abc", 3);
    return WFP_EGRESS_OK;
}

static wfp_egress_t *run_wrapped(wfp_test_t *t, int what, apr_status_t *rv)
{
    wfp_egress_t *e = apr_pcalloc(t->pool, sizeof(*e));

    apr_hook_global_pool = t->pool;
    apr_hook_debug_current = "mod_wrap.c";
    APR_OPTIONAL_HOOK(wfp, egress, origin_filter, NULL, NULL, 1000);
    APR_OPTIONAL_HOOK(wfp, egress, wrap_filter, NULL, NULL, APR_HOOK_MIDDLE);
    apr_hook_sort_all();
    trace = noted = "";
    mode = what;
    e->note = note;
    e->pool = t->pool;
    e->request = wfp_request_make("GET", "http://a.example/", t->pool);
    e->result = apr_palloc(t->pool, sizeof(*e->result));
    wfp_result_init(e->result, t->pool);
    *rv = wfp_pipeline_run(e);
    apr_hook_deregister_all();
    return e;
}

static void a_filter_sees_the_response(wfp_test_t *t)
{
    apr_status_t rv;
    wfp_egress_t *e = run_wrapped(t, ANSWER, &rv);

    CHECK_INT(rv, 0);
    CHECK_STR(trace, "sent back ");
    CHECK_STR(wfp_headers_get(e->response->headers, "X-Wrapped"), "1");
    CHECK_STR(noted, "origin:0;");
}

static void a_filter_refuses_the_response(wfp_test_t *t)
{
    apr_status_t rv;
    wfp_egress_t *e = run_wrapped(t, REFUSE, &rv);

    CHECK(rv != 0);
    CHECK_STR(e->result->message, "Egress blocked: seen enough");
    CHECK(strstr(noted, "mod_wrap.c:"));
    CHECK(!e->response);
}

static void what_was_sent_is_not_sent_again(wfp_test_t *t)
{
    apr_status_t rv;

    (void)run_wrapped(t, EMPTY, &rv);
    CHECK(rv != 0);
    CHECK_STR(trace, "sent back ");
}

static const wfp_test_case_t cases[] = {
    { "filters run in order", filters_run_in_order },
    { "each hop passes them all", each_hop_passes_them_all },
    { "redirects end", redirects_end },
    { "refusals and faults", refusals_and_faults },
    { "no filter, no way out", no_filter_no_way_out },
    { "a filter sees the response", a_filter_sees_the_response },
    { "a filter refuses the response", a_filter_refuses_the_response },
    { "what was sent is not sent again", what_was_sent_is_not_sent_again },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
